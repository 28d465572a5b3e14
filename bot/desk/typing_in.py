"""A person types what is unknown of a lead: it outranks every source, and the lead is judged again at once.

Source: SEMANTICS "Hold asks for enrichment … and the owner may type what is missing; people's facts outrank
sources'".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from bot.desk.desk import Agreed, Desk, presser
from bot.desk.receive import judge
from scoring import roles
from scoring.asked import Compared, compared, wanted
from scoring.handoff import Handoff
from scoring.lead import Fact
from scoring.qualify import Standing, qualify
from scoring.stages import Refused
from storage import cards, handoffs, leads, outbox, requests
from storage.leads import Known
from storage.outbox import Letter

MOST_ASKED = 10
"""Inputs of one form; a longer one nobody fills in."""

NOTE_RANK = 50
GONE = "Baton does not know this lead any more, or its data was erased, so nothing was changed."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a form asks of a lead. *rules*: what each attribute is compared with, those not asked here too."""

    lead: int
    name: str
    names: tuple[str, ...]
    rules: Mapping[str, Compared]


def asked(desk: Desk, user: str, *, lead: int = 0, handoff: int = 0, filled: bool = False) -> Wanted:
    """What is worth typing about a lead, by its id or one of its hand-offs'; *filled*: it was typed already.

    Raises:
        Refused: there is none, *user* may not, or everything the rules compare is known.
    """
    with desk.database.reading() as session:
        agreed = desk.agreed(session)
        if handoff:
            found = handoffs.get(session, handoff)
            lead = found.lead_id if found is not None else 0
        roles.check_member(presser(agreed.team, user))
        known = _living(leads.load(session, [lead]), lead)
        _check(agreed, user, handoffs.open_of(session, [lead]).get(lead))
        rules = _rules(agreed, known, desk.clock.business())
        names = wanted(_held(agreed, known, desk.clock.business()), frozenset(known.facts), rules, MOST_ASKED)
    if not names and not filled:
        raise Refused("Everything your definition and your segments ask about this lead is known already.")
    return Wanted(lead, _name(known), tuple(names), rules)


def _living(found: Mapping[int, Known], lead: int) -> Known:
    known = found.get(lead)
    if known is None or known.erased_at is not None:
        raise Refused(GONE)
    return known


def _check(agreed: Agreed, user: str, having: Handoff | None) -> None:
    """Raises Refused unless *user* may type facts of a lead whose open hand-off this is."""
    owner, pool = (having.owner, having.pool) if having is not None else (None, ())
    roles.check_facts(presser(agreed.team, user), owner, pool)


def _held(agreed: Agreed, known: Known, now: datetime) -> tuple[str, ...]:
    """What gates on hold lack, whatever else stops the lead."""
    return qualify(known.lead, known.activities, agreed.definition, Standing(), now).wanted


def _rules(agreed: Agreed, known: Known, now: datetime) -> dict[str, Compared]:
    rules = compared(agreed.definition, agreed.team)
    beside = ("title", *_held(agreed, known, now))
    return rules | {name: Compared(name, "text", ()) for name in beside if name not in rules}


def _name(known: Known) -> str:
    name = " ".join(str(known.facts[key]) for key in ("first_name", "last_name") if known.facts.get(key))
    return name or known.email or "Somebody without a name"


@dataclass(frozen=True, slots=True)
class Typed:
    """What a person typed: the attributes they filled in, and the facts that follow, classified."""

    names: Sequence[str]
    facts: Mapping[str, Fact]


def type_facts(desk: Desk, user: str, lead: int, typed: Typed, *, seal: str | None = None) -> None:
    """Store what *user* knows of a lead, and judge it anew; where nothing was typed nothing changes.

    Raises:
        Refused: there is none (any more), or *user* may not.
    """
    with desk.database.writing() as session:
        agreed = desk.agreed(session)
        if seal is not None and not requests.first_time(session, seal, desk.clock.real()):
            return
        roles.check_member(presser(agreed.team, user))
        known = _living(leads.load(session, [lead], lock=True), lead)
        having = handoffs.open_of(session, [lead], lock=True).get(lead)
        _check(agreed, user, having)
        if not typed.facts:
            return
        leads.type_in(known, typed.facts, user, int(desk.clock.business().timestamp()))
        judge(session, desk, agreed, [known], live=True)
        if having is not None:
            cards.changed(session, [having.card_id], desk.clock.real())
            _tell(session, desk, having, user, typed.names)
    desk.wake()


def _tell(session: Session, desk: Desk, handoff: Handoff, user: str, names: Sequence[str]) -> None:
    """The card's thread hears who typed what: the attributes, not what they are."""
    if handoff.card_id is None:
        return
    at = desk.clock.business().isoformat()
    body = {"view": "typed", "by": user, "names": list(names)}
    letter = Letter(
        f"typed:{handoff.id}:{at}:{user}", "note", f"post:{handoff.channel}", desk.clock.real(), NOTE_RANK,
        card_id=handoff.card_id, handoff_id=handoff.id, body=body,
    )  # fmt: skip
    outbox.put(session, [letter])
