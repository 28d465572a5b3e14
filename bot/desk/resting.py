"""An owner wants quiet: nudges put off for a while, or the clock paused for an agreed reason."""

from datetime import timedelta

from bot.desk import company, ladder
from bot.desk.bench import Bench, Decision, Mistaken, decide
from bot.desk.desk import Desk, calendar_for
from scoring import sla
from scoring.handoff import Handoff
from scoring.roster import Snooze
from scoring.stages import Refused

LENGTHS = {
    "15m": timedelta(minutes=15),
    "30m": timedelta(minutes=30),
    "1h": timedelta(hours=1),
    "2h": timedelta(hours=2),
    "4h": timedelta(hours=4),
    "8h": timedelta(hours=8),
}
"""What the form offers; the team's `snooze: longest` bounds it, and is offered itself."""


def lengths(policy: Snooze) -> dict[str, timedelta]:
    """The lengths within *policy*, by code, the longest one last."""
    offered = {code: length for code, length in LENGTHS.items() if length < policy.longest}
    return offered | {"longest": policy.longest}


def may_snooze(desk: Desk, handoff: int, rep: str) -> Handoff:
    """The first on its card of which *rep* may put off the nudges now. Raises Refused where there is none."""
    return company.who_may(desk, handoff, rep, _check_snooze)[0]


def _check_snooze(bench: Bench) -> None:
    bench.check("snooze")
    handoff, rep, policy = bench.handoff, bench.rep, bench.team.snooze
    if handoff.owner != rep:
        raise Refused(f"Nudges for this lead go to <@{handoff.owner}>; only they can put them off.")
    if handoff.snoozes >= policy.times:
        times = "once" if policy.times == 1 else f"{policy.times} times"
        raise Refused(
            f"You have put this lead off {times}, which is all your team allows. Touch it, or give it to somebody else."
            if policy.times
            else "Your team does not allow nudges to be put off. Touch the lead, or give it to somebody else."
        )


def snooze(desk: Desk, handoff: int, rep: str, length: str, *, seal: str | None = None) -> Handoff:
    """Put off the owner's nudges by *length*, a code of `lengths`. The clock and what the managers hear go on.

    Raises:
        Refused: it is over, somebody else's, or put off as often as the team allows.
        Mistaken: no such length.
    """

    def case(bench: Bench) -> Decision | None:
        _check_snooze(bench)
        wanted = lengths(bench.team.snooze).get(length)
        if wanted is None:
            raise Mistaken({"length": "Choose how long; your team allows no other length."})
        values = {"snoozed_until": bench.now + wanted, "snoozes": bench.handoff.snoozes + 1}
        return Decision("snooze", values, "handoff.snoozed")

    return decide(desk, handoff, rep, case, seal, company.who_can(_check_snooze))


def may_pause(desk: Desk, handoff: int, rep: str) -> Handoff:
    """The first on its card of which *rep* may pause the clock now. Raises Refused where there is none."""
    return company.who_may(desk, handoff, rep, _check_pause)[0]


def _check_pause(bench: Bench) -> None:
    bench.check("pause")
    handoff, rep, now, definition = bench.handoff, bench.rep, bench.now, bench.definition
    if not definition.pause_reasons:
        raise Refused("Your definition lists no reason for which the clock may pause, so it runs on.")
    if handoff.owner != rep:
        raise Refused(f"Only <@{handoff.owner}>, whose lead it is, can pause its clock.")
    if not handoff.wants_touch or handoff.due_at is None:
        raise Refused("No first-touch clock runs for this lead, so there is nothing to pause.")
    if handoff.due_at <= now:
        raise Refused("The first touch is overdue already, so a pause would change nothing. Touch it now.")
    if handoff.paused_until is not None and handoff.paused_until > now:
        raise Refused("The clock stands still already. Choose Resume when you go on.")
    if definition.pause_limit <= used_up(handoff):
        raise Refused(
            "This lead was paused for as long as your definition allows. Touch it, or give it back."
        )


def used_up(handoff: Handoff) -> timedelta:
    """How long the clock stood still in pauses that are over."""
    if handoff.paused_at is None or handoff.paused_until is None:
        return handoff.paused
    return handoff.paused + (handoff.paused_until - handoff.paused_at)


def pause(desk: Desk, handoff: int, rep: str, reason: str, *, seal: str | None = None) -> Handoff:
    """Let the first-touch clock stand still for one of the definition's reasons, for as long as that allows in all.

    "Pause only for the listed reasons (`pause: {reasons, limit}`)"; it runs again by itself, or on `resume`.

    Raises:
        Refused: it is over, somebody else's, overdue, paused already or for long enough.
        Mistaken: no such reason.
    """

    def case(bench: Bench) -> Decision | None:
        _check_pause(bench)
        before, definition = bench.handoff, bench.definition
        if reason not in definition.pause_reasons:
            raise Mistaken({"reason": "Choose one of the reasons that your definition lists."})
        clock = before.running(bench.team.opening_grace)
        if clock is None:
            raise Refused("No first-touch clock runs for this lead, so there is nothing to pause.")
        spent = used_up(before)
        until = bench.now + (definition.pause_limit - spent)
        calendar = calendar_for(bench.team, before.owner, before.segment)
        values = {
            **ladder.clock_columns(sla.paused(clock, calendar, bench.now, until), calendar),
            "paused_at": bench.now,
            "paused_until": until,
            "paused_s": int(spent.total_seconds()),
            "pause_reason": reason,
        }
        return Decision("pause", values, "handoff.paused")

    return decide(desk, handoff, rep, case, seal, company.who_can(_check_pause))


def resume(desk: Desk, handoff: int, rep: str, *, seal: str | None = None) -> Handoff:
    """Let a paused clock run again.

    Raises:
        Refused: it is over, somebody else's, or not paused.
    """

    def case(bench: Bench) -> Decision | None:
        _check_resume(bench)
        before = bench.handoff
        clock = before.running(bench.team.opening_grace)
        calendar = calendar_for(bench.team, before.owner, before.segment)
        values = ladder.woken(before, bench.now)
        if clock is not None and before.touched_at is None:
            values |= ladder.clock_columns(sla.resumed(clock, bench.now), calendar)
        return Decision("resume", values, "handoff.resumed")

    return decide(desk, handoff, rep, case, seal, company.who_can(_check_resume))


def _check_resume(bench: Bench) -> None:
    bench.check("resume")
    until = bench.handoff.paused_until
    if until is None or until <= bench.now:
        raise Refused("This lead's clock runs; there is nothing to resume.")
