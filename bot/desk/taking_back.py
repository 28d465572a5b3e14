"""Undo and Reopen: a press is taken back, and what followed from it."""

from typing import Any

from bot.desk import company, ladder, steps, team_change
from bot.desk.bench import Bench, Decision, decide
from bot.desk.deal import checked_note
from bot.desk.desk import Desk, presser
from scoring import roles
from scoring.handoff import UNDO_WITHIN, Handoff, Pressed
from scoring.stages import Refused
from storage import assignments, deadlines, handoffs, leads, moves, people


class OnlyReopen(Refused):
    """Too late for Undo, or another's press: a manager may still reopen it."""


def undo(desk: Desk, handoff: int, rep: str, *, seal: str | None = None) -> Handoff:
    """Take back one's own last press, within ten minutes and if nobody acted since.

    Raises:
        OnlyReopen: too late, or it was another's press.
        Refused: there is nothing to take back, or the lead has come back.
    """

    def case(bench: Bench) -> Decision | None:
        _hold(bench)
        last, values = _pressed(bench)
        if last.by != rep:
            raise OnlyReopen(f"<@{last.by}> pressed last; only they can undo it.")
        if bench.now - last.at > UNDO_WITHIN:
            raise OnlyReopen(
                "That was more than ten minutes ago, so it stays. A manager can reopen it with a note: "
                "the same Undo, or /mql lead EMAIL."
            )

        def also(b: Bench) -> None:
            _take_back(b, last)
            steps.taken_back(b, last)

        return Decision("undo", values, "handoff.undone", undoes=last.n, also=also)

    return decide(desk, handoff, rep, case, seal, company.same_press, leads_too=True)


def may_reopen(desk: Desk, handoff: int, rep: str) -> Handoff:
    """The hand-off, if *rep* may take back its last press, however long ago. Raises Refused otherwise."""
    with desk.database.reading() as session:
        bench = Bench.at(session, desk, handoff, rep)
        roles.check_manager(presser(bench.team, rep))
        _pressed(bench)
        return bench.handoff


def reopen(desk: Desk, handoff: int, rep: str, note: str, *, seal: str | None = None) -> Handoff:
    """ "Later a manager's Reopen with a note": as if the last press had never been.

    Raises:
        Refused: *rep* is no manager, there is nothing to take back, or the lead has come back.
        Mistaken: there is no note, or it is too long.
    """

    def case(bench: Bench) -> Decision | None:
        roles.check_manager(presser(bench.team, rep))
        _hold(bench)
        last, values = _pressed(bench)
        words = checked_note(note, "Say in a few words why; the card's thread shows it.")
        values["note"] = values.get("note") or words
        said = steps.Step("reopen", rep, words=words, undone=last.action)

        def also(b: Bench) -> None:
            _take_back(b, last)
            if b.first:
                steps.note(b, said)

        return Decision("reopen", values, "handoff.reopened", undoes=last.n, also=also)

    return decide(desk, handoff, rep, case, seal, company.same_press, leads_too=True)


def _pressed(bench: Bench) -> tuple[Pressed, dict[str, Any]]:
    """The press that can be taken back, and the columns as they were before it.

    Raises:
        Refused: there is none, or the lead has come back with another open hand-off.
    """
    roles.check_member(presser(bench.team, bench.rep))
    last, before, lead = bench.handoff.last, bench.handoff.undo, bench.handoff.lead_id
    if last is None or before is None:
        raise Refused("There is nothing to undo on this lead. Use the buttons on its card.")
    again = handoffs.open_of(bench.session, [lead]).get(lead)
    if again is not None and again.id != bench.handoff.id:
        raise Refused("This lead has come back with a new card meanwhile, so the old one stays closed.")
    values = moves.restored(before)
    # Its clock runs on as if nobody had pressed: on the hours, and for the pool, that the team got meanwhile.
    as_it_was = moves.with_columns(bench.handoff, values)
    values |= team_change.caught_up(bench.session, as_it_was, last.at, bench.now)
    return last, _still_there(bench, values)


def _still_there(bench: Bench, values: dict[str, Any]) -> dict[str, Any]:
    """Whoever had it may have left the team since: then it goes back to its pool."""
    owner = values.get("owner")
    if owner is None or bench.team.person(owner) is not None or values.get("stage") not in ("mql", "sal"):
        return values
    return values | {"owner": None, "stage": "mql", "accepted_at": None, "assigned_at": None, "routed": None}


def _hold(bench: Bench) -> None:
    """What is over must not come back by itself at this moment: one open hand-off a lead."""
    if not bench.handoff.open:
        leads.hold(bench.session, bench.handoff.lead_id)


def _take_back(bench: Bench, last: Pressed) -> None:
    moves.undo_touch(bench.session, bench.handoff.id, last.n, bench.now)
    people.unsuppress(bench.session, bench.handoff.id)
    if last.action in ("accept", "assign", "release"):
        assignments.take_back(bench.session, bench.handoff.id, last.by, last.at, bench.now)
    # All that is due follows from how it stood before: also a weekly look that the press had moved on.
    deadlines.cancel(bench.session, ladder.OF_A_HANDOFF, str(bench.handoff.id))
