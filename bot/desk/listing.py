"""The suppression list: marketing and managers list and lift; nothing that is open is closed by it.

Source: SEMANTICS "Suppression list: customers and competitors by company domain, opted-out by address; marketing or
a manager lists and lifts, with an expiry".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from bot.desk.desk import Agreed, Desk, presser
from bot.desk.receive import listing_key
from scoring import roles
from scoring.dispositions import NOTE_LIMIT
from scoring.emails import company_domain, email_kind, normalise
from scoring.stages import Refused
from scoring.team import Team
from storage import findings, people, requests, suppression
from storage.findings import Occurrence
from storage.people import Suppressed
from storage.suppression import Listed

__all__ = ["PAGE", "USAGE", "Changed", "Entry", "Listed", "Page", "add", "entry_of", "lift", "page"]

REASONS = ("customer", "competitor", "opted_out")
"""Why somebody is on the list."""

PAGE = 25
"""Rows of one answer."""

USAGE = "Type `/mql suppression add engines.example customer until 2027-01-31 what to know`."
_DAY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the list, counted from 1, the newest row first; *count* rows there are in all."""

    rows: Sequence[Listed]
    page: int
    count: int
    team: Team
    now: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """What a person lists: as they may type it, until the end of which day, and what they note."""

    value: str
    reason: str | None = None
    until: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of it: the entry as it stands, the hand-offs that are open and stay so, rows lifted."""

    kind: str
    value: str
    reason: str = ""
    until: date | None = None
    open: int = 0
    rows: int = 0


def page(desk: Desk, user: str, number: int = 1) -> Page:
    """The list.

    Raises:
        Refused: *user* is neither of marketing nor a manager, or there is no such page.
    """
    with desk.database.reading() as session:
        agreed = _agreed(session, desk, user)
        rows, count = suppression.listed(session, (number - 1) * PAGE, PAGE)
    if number > 1 and not rows:
        raise Refused(f"The list has {count} entries, so there is no page {number}.")
    return Page(rows, number, count, agreed.team, desk.clock.business())


def _agreed(session: Session, desk: Desk, user: str) -> Agreed:
    agreed = desk.agreed(session)
    roles.check_leader(presser(agreed.team, user))
    return agreed


def entry_of(words: Sequence[str]) -> Entry:
    """`VALUE [REASON] [until YYYY-MM-DD] [note…]` as typed.

    Raises:
        Refused: there is no value, or the date is none.
    """
    if not words:
        raise Refused(f"Whom? {USAGE}")
    value, *rest = words
    reason = rest.pop(0).lower() if rest and rest[0].lower() in REASONS else None
    until = None
    if rest and rest[0].lower() == "until":
        rest.pop(0)
        until = _day(rest.pop(0) if rest else "")
    elif rest and _DAY.fullmatch(rest[0]):
        until = _day(rest.pop(0))
    return Entry(value, reason, until, " ".join(rest))


def _day(word: str) -> date:
    try:
        return date.fromisoformat(word)
    except ValueError:
        said = f'"{word[:20]}" is no date' if word else "The date is missing"
        raise Refused(f"{said}, so nothing was listed. Write it as in until 2027-01-31.") from None


def add(desk: Desk, user: str, entry: Entry, *, seal: str | None = None) -> Changed:
    """List a company or an address.

    Raises:
        Refused: *user* may not, it is neither, it is everybody's, the day is past, or the reason does not fit.
    """
    with desk.database.writing() as session:
        agreed = _agreed(session, desk, user)
        kind, value = _kind_and_value(entry.value)
        reason = entry.reason or ("customer" if kind == "domain" else "opted_out")
        if kind == "domain" and reason == "opted_out":
            raise Refused(
                "A company does not opt out, a person does, so nothing was listed. List the person's address."
            )
        if len(entry.note) > NOTE_LIMIT:
            raise Refused(
                f"The note is longer than {NOTE_LIMIT:,} characters, so nothing was listed. Shorten it."
            )
        until = _end_of(entry.until, agreed.team, desk.clock.business())
        if seal is None or requests.first_time(session, seal, desk.clock.real()):
            listed = Suppressed(kind, value, reason, until)
            ids = suppression.put(session, listed, user, entry.note.strip() or None, desk.clock.business())
            _note(session, desk, user, "suppression_listed", {"kind": kind, "reason": reason, "entries": ids})
        return Changed(kind, value, reason, entry.until, suppression.open_of(session, value))


def _end_of(day: date | None, team: Team, now: datetime) -> datetime | None:
    """When the entry ends: with that day, in the team's time zone."""
    if day is None:
        return None
    zone = ZoneInfo(team.timezone)
    if day < now.astimezone(zone).date():
        raise Refused(f"{day} is past, so nothing was listed. Name a day to come, or leave it out.")
    try:
        return datetime.combine(day + timedelta(days=1), time(), zone)
    except OverflowError:
        return None


def _kind_and_value(word: str) -> tuple[str, str]:
    """What was meant: an address, or the registrable domain of a company."""
    typed = word.strip().lower()
    if "@" in typed.removeprefix("@"):
        address = normalise(typed)
        if address is None:
            raise Refused(f'"{word[:60]}" is not an e-mail address, so nothing was changed. {USAGE}')
        return "address", address
    host = re.sub(r"^https?://", "", typed.removeprefix("@")).partition("/")[0].removeprefix("www.")
    kind, domain = email_kind(f"anybody@{host}"), company_domain(f"anybody@{host}")
    if kind is None:
        raise Refused(
            f'"{word[:60]}" is neither a company\'s domain nor an e-mail address, so nothing was changed. {USAGE}'
        )
    if domain is None:
        raise Refused(f"{host} is everybody's, so nothing was changed. List the person's address instead.")
    return "domain", domain


def lift(desk: Desk, user: str, word: str, *, seal: str | None = None) -> Changed:
    """Take a company or an address off the list, whoever said so, also the end of a hand-off.

    Raises:
        Refused: *user* may not, it is not on the list, or it is an erased person's.
    """
    with desk.database.writing() as session:
        agreed = _agreed(session, desk, user)
        kind, value = _kind_and_value(word)
        if seal is not None and not requests.first_time(session, seal, desk.clock.real()):
            return Changed(kind, value)
        gone = suppression.lift(session, value)
        if gone:
            _note(session, desk, user, "suppression_lifted", {"kind": kind, "entries": gone})
            return Changed(kind, value, rows=len(gone))
        now, key = desk.clock.business(), listing_key(desk, agreed)
        left = people.suppressed(session, [value], now, key) if key else {}
    if value in left:
        raise Refused("Somebody whose data was erased asked for this, so it stays on the list.")
    raise Refused(
        f"{value} is not on the suppression list, so nothing was changed. /mql suppression shows it."
    )


def _note(session: Session, desk: Desk, user: str, action: str, detail: dict[str, object]) -> None:
    """Who changed the list must be answered for: rows and reasons, no address."""
    findings.note(session, [Occurrence(desk.clock.real(), action, None, user, detail)])
