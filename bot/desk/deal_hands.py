"""An SQL or an opportunity changes hands: it is given to another account executive, and keeps everything else."""

from collections.abc import Sequence
from typing import Any

from bot.desk import ladder, notices, steps
from bot.desk.bench import Bench, Decision, Mistaken
from scoring import assigning, closing
from scoring.assigning import Floor
from scoring.handoff import Handoff
from scoring.roster import Team
from storage import assignments, deadlines
from storage.assignments import Given

STAGES = ("sql", "opportunity")
"""Where a hand-off is a deal: it has no pool to go back to, and goes from one account executive to another."""


def closers(team: Team) -> Sequence[str]:
    """Who may be given a deal: the account executives (a team without any: who works leads), then the managers."""
    everybody = [*(team.ae or team.with_role("sdr")), *team.managers]
    return list(dict.fromkeys(each for each in everybody if team.person(each) is not None))


def given(bench: Bench, to: str | None, note: str) -> Decision:
    """What is written when *to* gets the deal: stage, SDR, amount and close date stay, and its clocks run on.

    An SQL that was accepted stays accepted; one that still waits for its account executive waits for *to*.

    Raises:
        Mistaken: *to* cannot be given it.
    """
    waits = bool(bench.awaited)
    person = _checked(bench, to)
    said = steps.Step("assign", bench.rep, to=person if person != bench.rep else None, words=note)

    def also(b: Bench) -> None:
        (steps.hand_on if waits else steps.note)(b, said)
        taken = closing.holder(b.handoff, b.team.ae)
        row = Given(b.handoff.id, b.handoff.segment, person, "reassigned", b.now, by=b.rep, taken_from=taken)
        assignments.note(b.session, [row])

    def last(b: Bench) -> None:
        if not waits and said.to is not None:
            step = f"{steps.GIVEN} {b.handoff.n + 1} {person}"
            deadlines.notify(b.session, person, b.handoff.id, step, b.now)
            notices.wake(b.session, [person], b.now)

    values = {"ae": person} if waits else _taken_over(bench, person)
    return Decision("assign", values, "handoff.assigned", also=also, last=last)


def _taken_over(bench: Bench, person: str) -> dict[str, Any]:
    handoff = bench.handoff
    values = {"owner": person, "assigned_at": bench.now, "routed": None, **ladder.woken(handoff, bench.now)}
    if bench.team.ae or handoff.ae is not None:
        values |= {"ae": person, "ae_accepted_at": handoff.ae_accepted_at or bench.now}
    return values


def _checked(bench: Bench, to: str | None) -> str:
    if to is None:
        raise Mistaken({"person": "A deal has no pool to go back to; choose an account executive."})
    if to == closing.holder(bench.handoff, bench.team.ae):
        raise Mistaken({"person": "They have it already; choose somebody else."})
    if to not in closers(bench.team):
        raise Mistaken({"person": "They take no deals; choose an account executive or a manager."})
    check_there(bench, to)
    return to


def check_there(bench: Bench, to: str) -> None:
    """ "Departed, deactivated or absent reps never receive a lead" (MISSION N10); a person may load somebody full.

    Raises:
        Mistaken: *to* is none of the team, has left or is away.
    """
    floor = Floor({}, assignments.departed(bench.session, [to]))
    lack = assigning.lacking(bench.team, to, floor, bench.now)
    if lack is not None and lack.why in ("away", "departed", "unknown"):
        name = assigning.name_of(bench.team, to)
        raise Mistaken({"person": f"{name} {assigning.LACKS[lack.why]}; choose somebody who is there."})


def is_deal(handoff: Handoff) -> bool:
    """Whether it is an SQL or an opportunity."""
    return handoff.stage in STAGES
