"""Something about leads came in: stored, scored, qualified, routed and handed over in one transaction."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from sqlmodel import Session

from bot.desk import announce, customers, follow, spot_checks
from bot.desk.desk import Agreed, Desk
from bot.desk.hand_over import Crossing, hand_over, past_of
from bot.desk.spot_checks import Below
from scoring.arrival import Arrival
from scoring.emails import company_domain
from scoring.handoff import Handoff
from scoring.lead import Lead
from scoring.past import Past
from scoring.qualify import Standing, Verdict, qualify
from scoring.receipt import Score
from scoring.score import score
from scoring.stages import Refused
from storage import assignments, bundles, funnel, handoffs, leads, people, repeats, tombstones
from storage.leads import Judged, Known
from storage.people import Suppressed

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a request. *received* counts every event, *duplicates* those already known.

    *fresh* are leads nobody knew before; *unknown* counts signals the definition does not name.
    """

    received: int
    duplicates: int
    fresh: int
    updated: int
    handoffs: int
    unknown: dict[str, int]


@dataclass(frozen=True, slots=True)
class Around:
    """What is known of a request's leads beside their facts and activities, by lead.

    *nurtured* went to marketing's nurture the last time: sales never saw them, so no end keeps them away.
    """

    open: dict[int, Handoff]
    past: dict[int, Past]
    nurtured: frozenset[int]


def receive(desk: Desk, arrivals: Sequence[Arrival], *, live: bool = True) -> Received:
    """Take in *arrivals*. With *live* False they are history: recorded and scored, and nobody is told.

    Raises:
        sqlalchemy.exc.OperationalError: the database cannot take it; nothing was kept.
    """
    return receive_together(desk, [arrivals], live=live).all


@dataclass(frozen=True, slots=True)
class Together:
    """What became of several requests in one transaction; *each* counts the duplicates of one request."""

    all: Received
    each: tuple[int, ...]


def receive_together(desk: Desk, requests: Sequence[Sequence[Arrival]], *, live: bool = True) -> Together:
    """Take in several requests, which are about different people, in one transaction: all or none.

    What an erased person did before the erasure counts as a duplicate.

    Raises:
        sqlalchemy.exc.OperationalError: the database cannot take it; nothing was kept.
        Refused: somebody was erased, and without BATON_SECRET nobody can tell whether this is about them.
    """
    for look in range(leads.LOOKS, 0, -1):
        try:
            return _received(desk, requests, live=live)
        except leads.GoneMeanwhile as gone:
            if look == 1:
                raise gone.refusal from gone
            log.info("a lead was erased or merged while something about it came in; it is looked up again")
    raise AssertionError("the last look returns or raises")


def _received(desk: Desk, requests: Sequence[Sequence[Arrival]], *, live: bool) -> Together:
    arrivals = [arrival for request in requests for arrival in request]
    with desk.database.writing() as session:
        agreed = desk.agreed(session)
        taken = leads.take_in(session, arrivals, spared(desk, agreed, live=live))
        unknown = _report_unknown(session, taken.stored, agreed, desk.clock.business())
        done = judge(session, desk, agreed, list(taken.known.values()), live=live)
        stored = {id(arrival) for arrival in taken.stored}
        again = [arrival for arrival in arrivals if live and id(arrival) not in stored]
        altered = repeats.altered(session, again) if again else []
    if done.letters:
        desk.wake()
    _log(done.handoffs, altered)
    received = Received(
        received=len(arrivals),
        duplicates=len(arrivals) - len(taken.stored),
        fresh=taken.fresh,
        updated=len(taken.known) - taken.fresh,
        handoffs=len(done.handoffs),
        unknown=unknown,
    )
    return Together(received, tuple(sum(id(each) not in stored for each in request) for request in requests))


MOST_NAMED = 20
"""Altered events that one request's log names."""


def _log(made: Sequence[int], altered: Sequence[Arrival]) -> None:
    for handoff in made:
        log.info("a lead was handed over", extra={"handoff": handoff})
    for event in altered[:MOST_NAMED]:
        log.warning(
            "an event came again with another body; the first stays",
            extra={"source": event.source, "event_id": event.event, "of": len(altered)},
        )


def spared(desk: Desk, agreed: Agreed, *, live: bool) -> leads.Spared | None:
    """What leaves out the erased; None where nobody ever was.

    Raises:
        Refused: somebody was, and without BATON_SECRET nobody can tell whether this is about them.
    """
    if not agreed.erasures:
        return None
    if not desk.secret:
        raise Refused(
            "People were erased from this database, and without BATON_SECRET nobody can tell whether this is "
            "about them. Set the one that serve has."
        )
    return partial(tombstones.of_the_living, secret=desk.secret, dated=live)


def listing_key(desk: Desk, agreed: Agreed) -> bytes:
    """The key of erased people's entries on the suppression list; empty where nobody was erased."""
    return desk.secret if agreed.erasures else b""


def _report_unknown(
    session: Session, stored: Sequence[Arrival], agreed: Agreed, at: datetime
) -> dict[str, int]:
    """ "An unknown signal is kept, worth 0, reported"."""
    intent = agreed.definition.intent
    unknown = Counter(a.signal for a in stored if a.signal is not None and a.signal not in intent)
    if unknown:  # or named in a condition alone: gathering those reads the whole definition
        known = agreed.definition.known_signals
        unknown = Counter({signal: times for signal, times in unknown.items() if signal not in known})
    funnel.report_unknown(session, unknown, at)
    return dict(unknown)


@dataclass(frozen=True, slots=True)
class Done:
    """What judging led to: new hand-offs, and whether there may be something to send."""

    handoffs: Sequence[int]
    letters: bool


def judge(session: Session, desk: Desk, agreed: Agreed, known: Sequence[Known], *, live: bool) -> Done:
    """Score and qualify leads whose rows are held, keep what is known of them, and hand over who crosses."""
    now = desk.clock.business()
    around = _around(session, agreed, known, now)
    judged: list[Judged] = []
    crossings: list[Crossing] = []
    below: list[Below] = []
    wanted: dict[int, Sequence[str]] = {}
    at = int(now.timestamp())
    told = 0
    stopped = partial(entries_of, session, now=now, secret=listing_key(desk, agreed))
    for case, verdict, entry in _heard(stopped, agreed, around, known, now):
        one, worth = case.known, case.score
        judged.append(Judged(one, worth.fit, worth.intent, at, verdict.wanted))
        if not live:
            continue
        if verdict.wanted:
            wanted[one.id] = verdict.wanted
        if one.id in around.open:
            follow.while_open(session, desk, agreed, around.open[one.id], one)
        elif entry is not None:
            told += customers.tell(session, desk, agreed, one, entry)
        elif verdict.tier is not None and not (verdict.tier.nurture and one.id in around.nurtured):
            crossings.append(Crossing(one, worth, verdict, verdict.tier))
        else:
            below.append(Below(one, worth, verdict))
    leads.keep(session, judged)
    announce.enrichment_wanted(session, desk, wanted)
    checks = spot_checks.pick(session, desk, agreed, below, stopped=stopped)
    made = hand_over(session, desk, agreed, [*crossings, *checks]) if crossings or checks else []
    spot_checks.handed_over(
        session, desk, agreed, dict(zip(_ids(checks), made[len(crossings) :], strict=False))
    )
    return Done(made, letters=bool(made or wanted or around.open or told))


def _ids(crossings: Sequence[Crossing]) -> list[int]:
    return [each.known.id for each in crossings]


Stopped = Callable[[Sequence[Known]], dict[int, Suppressed]]
"""What of the suppression list stops some of these leads, by lead."""


@dataclass(frozen=True, slots=True)
class _Case:
    """A lead to be judged: as stored, as scoring reads it, and its score."""

    known: Known
    lead: Lead
    score: Score


def _heard(
    stopped: Stopped, agreed: Agreed, around: Around, known: Sequence[Known], now: datetime
) -> list[tuple[_Case, Verdict, Suppressed | None]]:
    """Each lead with its score, its verdict, and what of the suppression list stops it.

    Most events lead to nothing the suppression list could stop; only the others are looked up there.
    """
    heard: list[tuple[_Case, Verdict]] = []
    for one in known:
        lead = one.lead
        returning = one.id in around.past
        worth = score(lead, one.activities, agreed.definition, now, returning=returning)
        case = _Case(one, lead, worth)
        heard.append((case, _verdict(case, agreed, around, now)))
    stoppable = [
        case.known
        for case, verdict in heard
        if verdict.tier is not None or verdict.wanted or customers.requests_of(case.known, agreed.definition)
    ]
    listed = stopped(stoppable)
    return [
        (case, _verdict(case, agreed, around, now, suppression_words(entry)) if entry else verdict, entry)
        for case, verdict in heard
        for entry in (listed.get(case.known.id),)
    ]


def _verdict(
    case: _Case, agreed: Agreed, around: Around, now: datetime, suppressed: str | None = None
) -> Verdict:
    one = case.known
    standing = Standing(suppressed, around.past.get(one.id), frozenset(one.arrived))
    since_the_end = None if one.id in around.past else case.score
    return qualify(case.lead, one.activities, agreed.definition, standing, now, score=since_the_end)


def _around(session: Session, agreed: Agreed, known: Sequence[Known], now: datetime) -> Around:
    ids = handoffs.leads_with_any(session, [one.id for one in known])
    if ids and len(known) > 1:
        # Companies before hand-offs, as everywhere: one of these leads may join a card on which another one is.
        companies = {domain for one in known if one.email and (domain := company_domain(one.email))}
        assignments.hold_known_companies(session, companies)
        bundles.hold_with_leads(session, ids, companies, now - agreed.team.bundle)
    past, nurtured = past_of(session, ids)
    changed = {one.id for one in known if one.facts_changed}
    return Around(
        handoffs.open_of(session, ids, lock=True),
        {
            lead: replace(end, facts_changed=end.facts_changed or lead in changed)
            for lead, end in past.items()
        },
        nurtured,
    )


def suppression_of(
    session: Session, known: Sequence[Known], now: datetime, secret: bytes = b""
) -> dict[int, str]:
    """Why each of these leads may not be handed over, for those that may not, by lead.

    *secret*: the key under which erased people's addresses are listed; empty where nobody was erased.
    """
    found = entries_of(session, known, now, secret)
    return {lead: suppression_words(entry) for lead, entry in found.items()}


def entries_of(
    session: Session, known: Sequence[Known], now: datetime, secret: bytes = b""
) -> dict[int, Suppressed]:
    """What of the suppression list stops these leads, by lead; *secret* as above."""
    values = {one.id: [v for v in (one.email, company_domain(one.email)) if v] for one in known if one.email}
    listed = people.suppressed(session, {v for vs in values.values() for v in vs}, now, secret)
    hits = {lead: next((listed[v] for v in mine if v in listed), None) for lead, mine in values.items()}
    return {lead: hit for lead, hit in hits.items() if hit is not None}


def suppression_words(entry: Suppressed) -> str:
    """The sentence that names the entry, and who may lift it."""
    what = "This address" if entry.kind == "address" else f"This company ({entry.value})"
    said = f"{what} is on the suppression list ({entry.reason}), so it is not handed over."
    if entry.erased:
        return f"{said} It is an erased person's, so it stays there."
    return f"{said} Marketing or a manager can lift it: /mql suppression lift {entry.value}."
