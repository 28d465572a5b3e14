"""A lead with an open hand-off does something: its thread hears of it; a higher tier shortens the clock."""

from sqlmodel import Session

from bot.desk import ladder, replies, thread
from bot.desk.desk import Agreed, Desk, calendar_for
from bot.desk.hand_over import past_of, receipt
from scoring import sla
from scoring.contract import Definition
from scoring.handoff import Handoff
from scoring.lead import Activity
from scoring.past import Past
from scoring.qualify import Standing, failed_hard_gates, is_stale, tier_of
from scoring.score import score
from scoring.sla import Promise
from storage import cards, moves
from storage.leads import Known
from storage.moves import Move


def while_open(session: Session, desk: Desk, agreed: Agreed, handoff: Handoff, known: Known) -> None:
    """ "New activity goes to its thread and may raise its tier; a higher tier shortens the due time"."""
    definition = desk.definition(session, handoff.version)
    worth_telling = [
        activity.event
        for activity in known.activities
        if activity.event in known.arrived and _speaks(activity, definition)
    ]
    past = past_of(session, [known.id])[0].get(known.id)
    raised = _raise_tier(session, desk, agreed, handoff, known, past)
    _flag(session, desk, raised or handoff, known, past)
    replies.ask(session, desk, handoff, known)
    if handoff.card_id is None:
        return
    if raised is not None and raised.tier_rank < handoff.tier_rank:
        thread.raised(session, desk, raised, worth_telling)
    elif worth_telling:
        thread.tell(session, desk, handoff, worth_telling)


def _speaks(activity: Activity, definition: Definition) -> bool:
    """Opens and the like would fill the thread; they count where a rule counts them."""
    row = definition.intent.get(activity.signal)
    return row is not None and row.level != "passive"


def _raise_tier(
    session: Session, desk: Desk, agreed: Agreed, handoff: Handoff, known: Known, past: Past | None
) -> Handoff | None:
    """The hand-off after a raise, or None where its tier stays."""
    now = desk.clock.business()
    definition = desk.definition(session, handoff.version)
    worth = score(known.lead, known.activities, definition, now, returning=past is not None)
    since = past.ended_at if past else None
    tier = tier_of(
        known.lead,
        known.activities,
        definition,
        worth if since is None else score(known.lead, known.activities, definition, now, since=since),
        now=now,
        since=since,
        returning=handoff.returning,
        fit_check=handoff.fit_check,
    )
    if tier.nurture or not (tier.rank < handoff.tier_rank or _wakes(handoff, known, definition)):
        return None
    values = {
        "tier": tier.name,
        "tier_rank": tier.rank,
        "fit": worth.fit,
        "intent": worth.intent,
        "receipt": receipt(worth.parts),
    }
    calendar = calendar_for(agreed.team, handoff.owner, handoff.segment)
    clock = handoff.running(agreed.team.opening_grace)
    promise = Promise(tier.clock, tier.first_touch)
    if clock is not None and handoff.touched_at is None:
        values |= ladder.clock_columns(sla.shortened(clock, promise, calendar, now), calendar)
    elif _is_news(handoff, known):
        started = sla.start(promise, now, calendar, agreed.team.opening_grace)
        values |= {"stale": False, **ladder.clock_columns(started, calendar)}
    raised = moves.move(session, handoff, Move("raise", None, now, values, source="scoring"))
    if raised is None:
        return None
    cards.changed(session, [handoff.card_id], desk.clock.real())
    ladder.schedule(session, raised, definition, agreed.team)
    return raised


def _is_news(handoff: Handoff, known: Known) -> bool:
    """Whether something fresh came for a hand-off that history made, and nobody has touched it yet."""
    fresh = (each for each in known.activities if each.event in known.arrived and not is_stale(each))
    return handoff.stale and handoff.touched_at is None and any(fresh)


def _wakes(handoff: Handoff, known: Known, definition: Definition) -> bool:
    """Old news gets its clock when the lead asks anew, though its tier may be the same as then."""
    rows = (definition.intent.get(each.signal) for each in known.activities if each.event in known.arrived)
    return _is_news(handoff, known) and any(row is not None and row.fast_track for row in rows)


def _flag(session: Session, desk: Desk, handoff: Handoff, known: Known, past: Past | None) -> None:
    """ "A fact that now fails a hard gate flags an open card and closes nothing"."""
    now = desk.clock.business()
    definition = desk.definition(session, handoff.version)
    failed = failed_hard_gates(known.lead, known.activities, definition, Standing(past=past), now)
    flag = f"Fails the gate: {'; '.join(gate.label for gate in failed)}." if failed else None
    if flag == handoff.flag:
        return
    if moves.move(session, handoff, Move("flag", None, now, {"flag": flag}, source="scoring")):
        cards.changed(session, [handoff.card_id], desk.clock.real())
