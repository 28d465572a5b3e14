"""States to render, the strict Slack's verdict on them, and a hunt for what a lead smuggled in."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

from bot.desk import home as desk_home
from bot.desk.home import Home, Load, Overview, Page, Rep, Reps, Unowned, Week
from bot.desk.queue import Queue
from bot.desk.report import MOST_SHOWN, Explained, Figures, Several, Shown, T
from bot.desk.team import TeamShown
from bot.playground.letters import checked_message
from bot.playground.settings import Refusal
from bot.playground.view_rules import checked_view
from bot.slack.views.card import Message
from scoring.assigning import Choice, Skipped
from scoring.contract import Definition
from scoring.definition import read_definition
from scoring.funnel import Funnel
from scoring.handoff import Handoff
from scoring.qualify import Verdict
from scoring.receipt import Part, Score
from scoring.routing import Route
from scoring.stages import CLOSED
from scoring.team import read_team
from scoring.worth import Worth
from storage.leads import Known
from tests.world import ADA as WORLDS_ADA
from tests.world import DEFINITION, MONDAY_9, TEAM

ADA: dict[str, Any] = {**WORLDS_ADA}
LINK = "https://slack.example/archives/C0EMEA/p1"
TEAM_READ = read_team(TEAM)
DEFINITION_READ = read_definition(DEFINITION)
WORTH = Worth(DEFINITION_READ.threshold, Fraction(18, 100))
DEMO: dict[str, Any] = {
    "points": 50,
    "label": "Demo request: Enterprise demo",
    "side": "intent",
    "kind": "intent",
    "level": "high",
    "occurred": int(MONDAY_9.timestamp()),
}
FIT: dict[str, Any] = {"side": "fit", "kind": "fit", "level": None, "occurred": None}
RECEIPT = (
    {**FIT, "points": 20, "label": "VP"},
    {**FIT, "points": 10, "label": "50–500 employees"},
    {**FIT, "points": 10, "label": "Target industry: software"},
    DEMO,
)
PEOPLE = ("U0ANN", "U0BOB", "U0CAT", "U0MAX", "U0MIA", "U0ADA", "U0SUE")

_OURS = re.compile(
    rf"<@(?:{'|'.join(PEOPLE)})>|<#C0(?:EMEA|ALL)>|<!date\^\d+\^\{{date_short_pretty\}} \{{time\}}\|[\w :]+>"
    rf"|<{re.escape(LINK)}\|Open the card>"
    r"|`[^`\s]+@[^`\s]+`"  # an address, to be copied
)
_ENTITY = re.compile(r"&(?:amp|lt|gt);")
_EMOJI = re.compile(r":[\w+'\-]+:")
_OPENING = re.compile(r"^\s*(?:&gt;|[•◦▪\-+] |\d+[.)] )", re.MULTILINE)
_TURNING = set("\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff")


def handoff(**changes: Any) -> Handoff:
    """Ada's hand-off: a demo request on Monday at nine, first touch promised within 5 working minutes."""
    made: dict[str, Any] = {
        "id": 1, "lead_id": 1, "version": 1, "tier": "demo", "tier_rank": 0, "why": "fast_track",
        "segment": "EMEA", "channel": "C0EMEA", "pool": ("U0ANN", "U0BOB"), "stage": "mql", "owner": None,
        "fit": 40, "intent": 50, "receipt": RECEIPT, "fit_check": False, "returning": False, "stale": False,
        "flag": None, "crossed_at": MONDAY_9, "clock": "business", "allowance": timedelta(minutes=5),
        "started_at": MONDAY_9, "used": timedelta(0), "since": MONDAY_9,
        "due_at": MONDAY_9 + timedelta(minutes=5), "accepted_at": None, "touched_at": None, "sql_at": None,
        "ae": None, "bant": None, "ended_at": None, "reason": None, "note": None, "again_on": None, "n": 1,
        "card_id": 1,
    }  # fmt: skip
    return Handoff(**made | changes)


def shown(facts: dict[str, Any] | None = None, definition: Definition | None = None, **changes: Any) -> Shown:
    """What a view gets; Ada's facts, and the tests' definition and team, unless told."""
    given = {**ADA, "timezone": "Europe/Berlin"} if facts is None else facts
    made = handoff(**{name: value for name, value in changes.items() if name not in ("signed", "history")})
    contract = definition or DEFINITION_READ
    return Shown(
        handoff=made,
        facts=given,
        email=given.get("email"),
        definition=contract,
        tier=contract.tiers[0],
        signed=changes.get("signed", False),
        team=TEAM_READ,
        calendar=TEAM_READ.calendar,
        history=changes.get("history", ()),
    )


def accepted(facts: dict[str, Any] | None = None, **changes: Any) -> Shown:
    """Ann accepted it two minutes after it came in."""
    at = MONDAY_9 + timedelta(minutes=2)
    return shown(facts, **{"stage": "sal", "owner": "U0ANN", "accepted_at": at, **changes})


def explained(facts: dict[str, Any] | None = None, **changes: Any) -> Explained:
    """What /mql lead and /mql why get."""
    given = {**ADA} if facts is None else facts
    parts = changes.pop(
        "parts", (Part("intent", "intent", "demo_request", 50, "Demo", "high", None, None, "e"),)
    )
    worth = Score(0, sum(part.points for part in parts), parts, 1)
    verdict = Verdict(True, "fast_track", None, False, False, False, None, ("It asked for sales.",), ())
    made: dict[str, Any] = {
        "known": Known(1, given.get("email"), given, {}, 0, None),
        "score": worth, "verdict": verdict, "version": 1, "definition": DEFINITION_READ,
        "team": TEAM_READ, "history": (), "route": Route(TEAM_READ.segments[0], "C0EMEA", ("U0ANN",), ()),
        "choice": Choice("U0ANN", "round_robin", (Skipped("U0BOB", "away", MONDAY_9),)), "worth": WORTH,
    }  # fmt: skip
    return Explained(**made | changes)


def queue(mine: Iterable[Shown], unclaimed: Iterable[Shown], on_hold: dict[str, int] | None = None) -> Queue:
    """What /mql queue gets."""
    listed, waiting = tuple(mine), tuple(unclaimed)
    links = {shown.handoff.id: LINK for shown in (*listed, *waiting)}
    return Queue(several(listed), several(waiting), on_hold or {}, "sdr", MONDAY_9, WORTH, links)


def pages(items: Iterable[Shown], name: str, number: int = 1) -> Page:
    """A page of a list of Home."""
    found, most = tuple(items), desk_home.PER_PAGE[name]
    total = max(1, -(-len(found) // most))
    return Page(found[most * (number - 1) : most * number], len(found), number, total)


def home(leads: Sequence[Shown], *, reader: str = "U0ANN", everything: bool = False, number: int = 1) -> Home:
    """What Home gets: *leads* on every list that the reader has, or on all lists there are."""
    person = TEAM_READ.people[reader]
    work = leads if everything or person.role == "sdr" else ()
    deals = leads if everything or person.role == "ae" else ()
    rep = Rep(person, Load(3, 2, 1), MONDAY_9 + timedelta(days=1), TEAM_READ.calendar.zone)
    overview = Overview(
        Reps((rep,) * desk_home.PER_PAGE["reps"], 500, number, 42),
        tuple(Unowned(shown.handoff.segment, 7, MONDAY_9 - timedelta(days=2)) for shown in leads),
        pages(leads, "spot_checks", number), pages(leads, "decisions", number),
        {str(shown.facts.get("source", "country")): 3 for shown in leads},
    )  # fmt: skip
    leads_all = everything or person.role in ("manager", "admin", "marketing")
    return Home(
        person, TEAM_READ, MONDAY_9, pages(work, "mine", number), pages(work, "pools", number),
        pages(deals, "to_accept", number), pages(deals, "deals", number), Week(5, 4, 3, 1, 3, 2),
        overview if leads_all else None, WORTH, {shown.handoff.id: LINK for shown in leads}, {},
    )  # fmt: skip


def several(items: Iterable[T]) -> Several[T]:
    """A list as views get it."""
    found = tuple(items)
    return Several(found[:MOST_SHOWN], len(found))


def figures(definition: Definition | None = None, **changes: Any) -> Figures:
    """What /mql funnel gets."""
    made: dict[str, Any] = {
        "leads": 500,
        "qualified": 120,
        "reached": {"mql": 120, "sal": 60},
        "ended": {},
        "reasons": {},
    }
    return Figures(Funnel(**made | changes), 30, MONDAY_9, definition or DEFINITION_READ, 1, False)


def team(asker: str, written: str = TEAM, version: int = 1) -> TeamShown:
    """What /mql team and the team's forms get, on Monday at nine."""
    read = read_team(written)
    person = read.people[asker]
    return TeamShown(read, version, person, person.role in ("manager", "admin"), MONDAY_9)


def refused(message: Message) -> list[str]:
    """Why the strict Slack would not take *message*; nothing where it does."""
    try:
        checked_message({"text": message.text, "blocks": message.blocks})
    except Refusal as refusal:
        return [refusal.error, *(str(each) for each in refusal.messages)]
    return []


def refused_view(view: Any) -> list[str]:
    """Why the strict Slack would not open *view*; nothing where it does."""
    try:
        checked_view(view, view["type"])
    except Refusal as refusal:
        return [refusal.error, *(str(each) for each in refusal.messages)]
    return []


def texts(value: Any) -> Iterator[dict[str, Any]]:
    """Every text object below *value*."""
    if isinstance(value, list):
        for one in value:
            yield from texts(one)
    elif isinstance(value, dict):
        if value.get("type") in ("mrkdwn", "plain_text"):
            yield value
        for one in value.values():
            yield from texts(one)


def smuggled(blocks: Any, text: str = "", own_marks: str = "*") -> list[str]:
    """What of a lead's text Slack would read as its own; *own_marks* are those that our words use."""
    found = [problem for each in texts(blocks) for problem in _in_object(each, own_marks)]
    return found + _in_mrkdwn(text, own_marks)


def _in_object(value: dict[str, Any], own_marks: str) -> list[str]:
    text = value["text"]
    if value["type"] == "plain_text":
        return _strange(text) + (["an angle bracket in plain text"] if re.search("[<>]", text) else [])
    loose = [] if value.get("verbatim") is True else [f"Slack links this by itself: {text[:80]}"]
    return loose + _in_mrkdwn(text, own_marks)


def _in_mrkdwn(text: str, own_marks: str) -> list[str]:
    left = _OURS.sub("", text)
    found = _strange(left)
    if re.search("[<>]", left):
        found.append(f"a token of Slack's: {left[:200]}")
    if "&" in _ENTITY.sub("", left):
        found.append(f"a broken entity: {left[:200]}")
    if _EMOJI.search(left):
        found.append(f"an emoji code: {left[:200]}")
    if any(mark in left for mark in "*_~`" if mark not in own_marks):
        found.append(f"formatting: {left[:200]}")
    if _OPENING.search(left):
        found.append(f"a quote or a list: {left[:200]}")
    return found


def _strange(text: str) -> list[str]:
    odd = [ch for ch in text if ch != "\n" and (ch in _TURNING or unicodedata.category(ch) in ("Cc", "Cs"))]
    return [f"a character nobody sees: {odd[0]!r}"] if odd else []


def stars(blocks: Any) -> int:
    """How many asterisks the mrkdwn below *blocks* holds: a lead must not add one."""
    return sum(each["text"].count("*") for each in texts(blocks) if each["type"] == "mrkdwn")


def ended(stage: str = "recycled", **changes: Any) -> Handoff:
    """A hand-off that is over."""
    assert stage in CLOSED
    at = MONDAY_9 + timedelta(hours=1)
    return handoff(**{"stage": stage, "owner": "U0ANN", "ended_at": at, "reason": "no_budget", **changes})


def wordy(text: str) -> Definition:
    """The tests' definition with *text*, at most 500 characters, wherever it may hold words of its own."""
    words = text[:500]
    labels = dict.fromkeys(
        ("mql", "sal", "sql", "opportunity", "won", "recycled", "disqualified", "lost"), words
    )
    tiers = tuple(replace(tier, name=words, play=words) for tier in DEFINITION_READ.tiers)
    intent = {name: replace(row, label=words) for name, row in DEFINITION_READ.intent.items()}
    return replace(DEFINITION_READ, name=words, labels=labels, tiers=tiers, intent=intent)
