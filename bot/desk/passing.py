"""A lead changes hands: a person gives it to another, and somebody who goes away passes all theirs on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session

from bot.desk import announce, assign, company, deal_hands, ladder, steps
from bot.desk.assign import Place, Sharing
from bot.desk.bench import Bench, Decision, Mistaken, decide, looked_at
from bot.desk.desk import Agreed, Desk
from scoring import assigning, closing
from scoring.assigning import Choice, Floor, How
from scoring.handoff import Handoff
from scoring.roster import Team
from storage import assignments, cards, handoffs, moves, outbox
from storage.moves import Move
from storage.outbox import Letter

POOL = "pool"
"""In a form: to nobody, so that the pool may claim it."""

RANK = 45
"""Of the note that says so: as nudges, after the cards."""


def handed(
    handoff: Handoff, person: str | None, team: Team, now: datetime, said: str | None = None
) -> dict[str, Any]:
    """The columns of a hand-off that *person* (None: its pool) has from *now* on and has yet to accept."""
    return {
        "stage": "mql",
        "owner": person,
        "accepted_at": None,
        "assigned_at": now if person else None,
        "routed": said,
        **ladder.handed_to(handoff, person, team, now),
    }


@dataclass(frozen=True, slots=True)
class Hands:
    """How a lead changes hands: the choice, who decided it (None: Baton), and what they said of it.

    *quiet*: where it goes to its pool, the managers hear of it from the caller.
    """

    choice: Choice
    by: str | None = None
    said: str | None = None
    note: str = ""
    quiet: bool = False


def give(
    session: Session, desk: Desk, agreed: Agreed, handoff: Handoff, hands: Hands, *, speaks: bool = True
) -> Handoff | None:
    """Let *handoff*, whose row is held, change hands; None where it changed meanwhile.

    Not *speaks*: it goes with another one of its card, of which the thread and the managers hear.
    """
    now, person = desk.clock.business(), hands.choice.person
    values = handed(handoff, person, agreed.team, now, hands.said)
    action = "assign" if person else "release"
    source = "slack" if hands.by else "routing"
    changed = moves.move(session, handoff, Move(action, hands.by, now, values, source=source))
    if changed is None:
        return None
    ladder.schedule(session, changed, desk.definition(session, handoff.version), agreed.team)
    cards.changed(session, [changed.card_id], desk.clock.real())
    announce.outgoing(session, desk, changed, "handoff.assigned" if person else "handoff.released")
    announce.nurture(session, desk, handoff, changed)
    noted(session, desk, handoff, changed, hands)
    if speaks:
        announced(session, desk, handoff, changed, hands)
    if person is None:
        beside = () if speaks else (changed.id,)
        assign.look_again(session, desk, agreed, [changed], beside=beside, wake=False, tell=not hands.quiet)
    return changed


def noted(session: Session, desk: Desk, before: Handoff, after: Handoff, hands: Hands) -> None:
    """The ledger has a line."""
    now = desk.clock.business()
    row = assign.line(after.id, after.segment, hands.choice, now, by=hands.by, taken_from=before.owner)
    assignments.note(session, [row])


def announced(session: Session, desk: Desk, before: Handoff, after: Handoff, hands: Hands) -> None:
    """The card's thread has a note that calls whoever has it now."""
    body: dict[str, object] = {
        "view": "handed", "to": after.owner, "from": before.owner, "how": hands.choice.how, "by": hands.by,
        "note": hands.note, "said": hands.said,
    }  # fmt: skip
    if after.owner is None:
        body["step"] = "handed"  # it calls the pool, so it waits for the pool's hours
    letter = Letter(
        steps.handed_key(after.id, after.n), "note", f"post:{after.channel}", desk.clock.real(), RANK,
        card_id=after.card_id, handoff_id=after.id, body=body,
    )  # fmt: skip
    outbox.put(session, [letter])


def may_reassign(desk: Desk, handoff: int, rep: str) -> Handoff:
    """The hand-off, if *rep* may give it to somebody else now: asked before the form opens.

    Raises:
        Refused: it is over, somebody else's, or *rep* may not.
    """
    return looked_at(desk, handoff, rep, "assign")


def candidates(desk: Desk, handoff: Handoff) -> list[tuple[str, str]]:
    """Whom it may be given to, each with their name and what speaks against it, best first."""
    now = desk.clock.business()
    with desk.database.reading() as session:
        team = desk.agreed(session).team
        having = closing.holder(handoff, team.ae)
        asked = [each for each in _possible(team, handoff) if each != having]
        floor = Floor(assignments.loads(session, asked), assignments.departed(session, asked))
    found = []
    for person in asked:
        lack = assigning.lacking(team, person, floor, now)
        if lack is None or lack.why in ("full", "off_shift"):
            words = f" ({assigning.LACKS[lack.why]})" if lack else ""
            found.append((lack is not None, person, assigning.name_of(team, person) + words))
    return [(person, words) for _, person, words in sorted(found, key=lambda each: each[0])]


def _possible(team: Team, handoff: Handoff) -> Sequence[str]:
    """The pool first, then everybody else who works leads; of a deal, who closes deals."""
    if deal_hands.is_deal(handoff):
        return deal_hands.closers(team)
    everybody = [*handoff.pool, *team.with_role("sdr"), *team.managers]
    return list(dict.fromkeys(each for each in everybody if team.person(each) is not None))


def reassign(
    desk: Desk, handoff: int, rep: str, to: str | None, note: str = "", *, seal: str | None = None
) -> Handoff:
    """Give it, and all on its bundle, to *to*, or with None back to its pool; from SQL on it alone, from one account
    executive to another.

    Raises:
        Refused: it is over, somebody else's, or *rep* may not.
        Mistaken: *to* cannot be given it.
    """

    def case(bench: Bench) -> Decision | None:
        bench.check("assign")
        if deal_hands.is_deal(bench.handoff):
            return deal_hands.given(bench, to, note.strip())
        if to is not None and to == bench.handoff.owner:
            raise Mistaken({"person": "They have it already; choose somebody else."})
        if to is None and bench.handoff.owner is None:
            raise Mistaken({"person": "It is in the pool already; choose somebody."})
        if to is not None:
            _check_fit(bench, to)
        hands = Hands(Choice(to, "reassigned" if to else "pool"), rep, None, note.strip())

        def also(bench: Bench) -> None:
            after = handoffs.many(bench.session, [bench.handoff.id])[bench.handoff.id]
            noted(bench.session, desk, bench.handoff, after, hands)
            if bench.first:
                announced(bench.session, desk, bench.handoff, after, hands)

        values = handed(bench.handoff, to, bench.team, bench.now)
        action, told = ("assign", "handoff.assigned") if to else ("release", "handoff.released")
        return Decision(action, values, told, also=also)

    return decide(desk, handoff, rep, case, seal, company.everybody("assign"))


def _check_fit(bench: Bench, to: str) -> None:
    if to not in _possible(bench.team, bench.handoff):
        raise Mistaken({"person": "They are not of this pool and no SDR; choose somebody who works leads."})
    deal_hands.check_there(bench, to)


@dataclass(frozen=True, slots=True)
class Passed:
    """What became of somebody's leads: to how many each colleague was given, and how many went to their pools."""

    given: dict[str, int]
    pooled: int

    @property
    def count(self) -> int:
        """All that were passed on."""
        return sum(self.given.values()) + self.pooled


def pass_on(session: Session, desk: Desk, agreed: Agreed, person: str, by: str) -> Passed:
    """Give everything *person* works on to whoever is there, by turns; where nobody is, or the pool claims, to that.

    What is an SQL or further along stays: it has no pool to go back to. Where some went to their pools the managers
    have something new to read, for which the caller wakes them after everything else it writes.
    """
    mine = [each for each in handoffs.held_of(session, person) if each.stage in ("mql", "sal")]
    sharing = Sharing(session, agreed, desk.clock.business())
    places = [Place.of(agreed.team, each.segment, each.pool, None) for each in mine]
    sharing.hold(places)
    given: dict[str, int] = {}
    pooled = 0
    chosen: dict[int, Choice] = {}
    for handoff, place in zip(mine, places, strict=True):
        with_it = chosen.get(handoff.card_id or 0) if handoff.bundled else None
        if with_it is None:
            choice = sharing.give(place, besides={person}).choice
        else:
            choice = with_it
            sharing.give_too(place, choice)
        chosen[handoff.card_id or 0] = choice
        how: How = "passed_on" if choice.person else "pool"
        hands = Hands(replace(choice, how=how), by)
        if give(session, desk, agreed, handoff, hands, speaks=with_it is None) is None:
            continue
        to = choice.person
        pooled += to is None
        if to is not None:
            given[to] = given.get(to, 0) + 1
    sharing.keep()
    return Passed(given, pooled)
