"""What falls due and changes a hand-off's owner: the ladder takes it from who did not touch it, and a pool that had
nobody gets somebody.

Decided one at a time, because each holds the hand-off's row and its segment's credits.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta

from bot.desk import assign, ladder, notices
from bot.desk.assign import Place, Sharing
from bot.desk.due import Case
from bot.desk.passing import Hands, give
from scoring import assigning, bundling
from scoring.handoff import Handoff
from storage import assignments, bundles, cards, deadlines, handoffs, moves
from storage.moves import Move

STUCK = "reassign"
"""The step of a notice: it was reassigned once by itself and lies again, or there is nobody else."""

A_MOMENT = timedelta(seconds=1)
"""A hand-off on which somebody is pressing is looked at again after this."""


def by_itself(case: Case) -> None:
    """The ladder's last rung: the lead goes to the next who is there, once a hand-off; then the managers decide.

    "Reassignment to the next who is there, never back to the last owner, at most one automatic reassignment."
    "With an attempt logged nothing is reassigned automatically"; of several on a card, an attempt on anybody counts.
    """
    found = bundles.held(case.session, int(case.row.subject))
    if found is None:
        case.postpone(case.now + A_MOMENT)  # somebody is pressing on it right now
        return
    handoff, beside = found[0], bundling.together(*found)
    if not handoff.wants_touch or any(each.touches for each in (handoff, *found[1])):
        case.needless()
        return
    if case.waits(ladder.reader_calendar(case.agreed, handoff).next_open(case.now)):
        return
    if deadlines.any_due(case.session, ladder.FIRST_TOUCH, case.row.subject, case.now):
        return  # what is overdue is said before it changes hands
    first = bundling.tightest((handoff, *beside))
    if first is not None and first is not handoff:
        _goes_along(case, first)
        return
    before = assignments.of_handoff(case.session, handoff.id)
    if any(given.how == "by_itself" for given in before):
        case.done()
        _tell_managers(case, handoff)
        return
    last = [handoff.owner] if handoff.owner else [_last_owner(case, each) for each in (handoff, *beside)]
    _to_the_next(case, handoff, beside, frozenset(each for each in last if each is not None))


def _goes_along(case: Case, first: Handoff) -> None:
    """The whole card goes with the one whose time was up first; due in the same moment, it goes first."""
    if deadlines.any_due(case.session, ladder.REASSIGN, str(first.id), case.now):
        case.postpone(case.now + A_MOMENT)
    else:
        case.done()


def _last_owner(case: Case, handoff: Handoff) -> str | None:
    before = assignments.of_handoff(case.session, handoff.id)
    return next((given.taken_from for given in reversed(before) if given.taken_from), None)


def _to_the_next(case: Case, handoff: Handoff, beside: Sequence[Handoff], last: Collection[str]) -> None:
    place = Place(handoff.segment, "round_robin", handoff.pool)
    sharing = Sharing(case.session, case.agreed, case.now)
    sharing.hold([place])
    choice = sharing.give(place, besides=last).choice
    others = any(each not in last and case.agreed.team.person(each) for each in handoff.pool)
    if choice.person is None:
        case.done()
    if choice.person is None and (handoff.owner is None or not others):
        _tell_managers(case, handoff)
        return
    # The row stays open where somebody has it now: after the tier's time with them the managers decide.
    hands = Hands(replace(choice, how="by_itself"), quiet=True)
    given = _given(case, sharing, (handoff, *beside), place, hands)
    if given and choice.person is None:
        _tell_managers(case, handoff)


def _given(case: Case, sharing: Sharing, all_of_them: Sequence[Handoff], place: Place, hands: Hands) -> bool:
    """Whether the hand-offs of a card, whose rows are held, changed hands, the first of them as *hands* says."""
    session, desk, agreed = case.session, case.desk, case.agreed
    for _ in all_of_them[1:]:
        sharing.give_too(place, hands.choice)
    sharing.keep()
    given = [give(session, desk, agreed, each, hands, speaks=each is all_of_them[0]) for each in all_of_them]
    return given[0] is not None


def _tell_managers(case: Case, handoff: Handoff) -> None:
    for manager in case.agreed.team.managers:
        deadlines.notify(case.session, manager, handoff.id, f"{STUCK} {handoff.n}", case.now)
    notices.wake(case.session, case.agreed.team.managers, case.now)


def find_owner(case: Case) -> None:
    """A lead that nobody could be given: its pool is looked at again."""
    sharing = Sharing(case.session, case.agreed, case.now)
    asked = handoffs.get(case.session, int(case.row.subject))
    sharing.hold_companies([asked.company if asked is not None else None])  # before hand-offs, as everywhere
    found = bundles.held(case.session, int(case.row.subject))
    if found is None:
        case.postpone(case.now + A_MOMENT)
        return
    handoff, beside = found[0], bundling.together(*found)
    team = case.agreed.team
    place = Place.of(team, handoff.segment, handoff.pool, handoff.company)
    if handoff.owner is not None or handoff.stage != "mql" or place.assign == "claim":
        deadlines.forget(case.session, case.row)  # not done: its pool may have to be looked at once more
        return
    sharing.hold_shares([place])
    had_it = frozenset(person for each in (handoff, *beside) for person in _had_it(case, each))
    verdict = sharing.give(place, besides=had_it)
    if verdict.choice.person is None:
        due = assign.later(team, handoff.id, place, case.now)
        case.postpone(due.due_at if due else case.now + assigning.LOOK_AGAIN)
        return
    deadlines.forget(case.session, case.row)
    _given(case, sharing, (handoff, *beside), place, Hands(verdict.choice, None, verdict.said))


def _had_it(case: Case, handoff: Handoff) -> frozenset[str]:
    """From whom the ladder took it, and who had it last and gave it back: "never back to the last owner"."""
    before = assignments.of_handoff(case.session, handoff.id)
    taken = {given.taken_from for given in before if given.how == "by_itself" or given is before[-1]}
    return frozenset(each for each in taken if each is not None)


def pause_over(case: Case) -> None:
    """A pause has lasted as long as it may: the clock runs again by itself, and whoever looks sees that it does."""
    handoff = handoffs.held(case.session, int(case.row.subject))
    if handoff is None:
        case.postpone(case.now + A_MOMENT)
        return
    case.done()
    if handoff.paused_until is None or handoff.paused_until > case.now or not handoff.open:
        return
    move = Move("resume", None, case.now, ladder.woken(handoff, case.now), source="clock")
    changed = moves.move(case.session, handoff, move)
    if changed is not None:
        definition = case.desk.definition(case.session, handoff.version)
        ladder.schedule(case.session, changed, definition, case.agreed.team)
        cards.changed(case.session, [changed.card_id], case.desk.clock.real())


OWNERS = {ladder.REASSIGN: by_itself, assign.ASSIGN: find_owner, ladder.PAUSED: pause_over}
"""What falls due and changes the hand-off itself: decided one at a time, because it holds the hand-off's row."""
