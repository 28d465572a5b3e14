"""The team file after the first start: a changed one is shown to the admins, who take it or keep what is stored."""

import re
from dataclasses import dataclass
from datetime import datetime
from difflib import unified_diff

from sqlmodel import Session

from bot.desk.desk import Desk, presser
from bot.desk.team_change import Edited, Sheet, change_team, open_sheet
from scoring import roles
from scoring.stages import Refused
from storage import contracts, findings, offers, outbox, requests
from storage.findings import Occurrence
from storage.offers import Offer
from storage.outbox import Letter

SEEN = "team_file_seen"
"""The setting that holds the digest of the file at the last start: only a file that changed since is offered."""

SHORT = 12
"""Characters of the digest a button carries."""

RANK = 40
CONTEXT = 2
"""Lines shown around each difference."""

_SHORT = re.compile(f"[0-9a-f]{{{SHORT}}}")


@dataclass(frozen=True, slots=True)
class Difference:
    """A changed file: the lines of a unified diff from the stored text to it, and how many were added and removed."""

    short: str
    version: int
    lines: tuple[str, ...]
    added: int
    removed: int


def look_at(session: Session, desk: Desk, written: str, now: datetime) -> str | None:
    """Offer the file to the admins where it changed since the last start; gives a sentence where it differs.

    After edits in Slack the stored text differs for good reason, so a file that nobody touched is not offered again.
    """
    stored, digest = contracts.current_team(session), contracts.digest(written)
    seen = contracts.settings(session).get(SEEN)
    contracts.remember(session, SEEN, digest)
    if stored is None or stored.digest == digest:
        return None
    known = offers.offered(session, digest)
    waits = known is not None and known.taken is None
    if not waits and seen != digest:
        _offer(session, desk, offers.offer(session, written, now))
        waits = True
    return difference(stored.version, waits=waits)


def difference(version: int, *, waits: bool) -> str:
    """The sentence about a file that differs from the stored *version*; *waits*: the admins were asked."""
    ask = (
        "An admin decides in Slack whether it is taken."
        if waits
        else "Edit the team by /mql team; a file that changed is shown to the admins when serve starts."
    )
    return f"The team file differs from the stored version {version}, and the stored one counts. {ask}"


def _offer(session: Session, desk: Desk, made: Offer) -> None:
    channel = desk.agreed(session).team.channels.admin
    body = {"view": "team_file", "channel": channel, "digest": made.digest}
    key = f"team_file:{made.digest[:SHORT]}:{made.at:%Y-%m-%d %H:%M:%S}"
    outbox.put(session, [Letter(key, "notice", f"post:{channel}", desk.clock.real(), RANK, body=body)])


def shown(desk: Desk, digest: str) -> Difference | None:
    """What the admins are asked about; None where it was decided, or nothing differs any more."""
    with desk.database.reading() as session:
        made, stored = offers.offered(session, digest), contracts.current_team(session)
    if made is None or stored is None or made.taken is not None or stored.digest == made.digest:
        return None
    lines = tuple(unified_diff(stored.text.splitlines(), made.text.splitlines(), lineterm="", n=CONTEXT))[2:]
    added, removed = (sum(line.startswith(sign) for line in lines) for sign in "+-")
    return Difference(digest[:SHORT], stored.version, lines, added, removed)


def take(desk: Desk, user: str, short: str, *, seal: str | None = None) -> None:
    """The changed file becomes the team, as any other change of it.

    Raises:
        Refused: *user* is no admin, there is no such file, or it was decided already.
    """

    def edit(sheet: Sheet) -> Edited | None:
        made = _undecided(sheet, short)
        offers.decide(sheet.session, made, sheet.user, sheet.now, taken=True)
        return Edited(made.text, "took the changed team file.", {"file": short})

    change_team(desk, user, edit, seal=seal)


def keep(desk: Desk, user: str, short: str, *, seal: str | None = None) -> None:
    """The stored team stays; the file is not offered again until it changes.

    Raises:
        Refused: *user* is no admin, there is no such file, or it was decided already.
    """
    with desk.database.writing() as session:
        sheet = open_sheet(session, desk, user)
        if seal is not None and not requests.first_time(session, seal, desk.clock.real()):
            return
        made = _undecided(sheet, short)
        offers.decide(session, made, user, sheet.now, taken=False)
        findings.note(session, [Occurrence(sheet.now, "team_file_kept", None, user, {"file": short})])
        channel, editor = sheet.team.channels.admin, sheet.team.people[user].name
        what = f"kept the stored team, version {sheet.version.version}; the changed file is not taken."
        body = {"view": "team", "channel": channel, "by": editor, "what": what}
        key = f"team_file_kept:{short}:{made.at:%Y-%m-%d %H:%M:%S}"
        outbox.put(session, [Letter(key, "notice", f"post:{channel}", desk.clock.real(), RANK, body=body)])
    desk.wake()


def _undecided(sheet: Sheet, short: str) -> Offer:
    """The offer, for an admin."""
    roles.check_admin(presser(sheet.team, sheet.user))
    made = offers.offered(sheet.session, short) if _SHORT.fullmatch(short) else None
    if made is None:
        raise Refused(
            "Baton does not know this file, so nothing was changed. Restart serve to be asked again."
        )
    if made.taken is not None:
        done = "took it" if made.taken else "kept the stored team"
        raise Refused(f"<@{made.decided_by}> {done} already, so nothing was changed.")
    return made
