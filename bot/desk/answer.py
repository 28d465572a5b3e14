"""A rep answers: accept, log a touch, end with a reason."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from bot.desk import company, ladder
from bot.desk.bench import Bench, Decision, Mistaken, decide
from bot.desk.desk import Desk
from scoring import bundling, dispositions, stages
from scoring.contract import Definition
from scoring.dispositions import Attempts, Disposition, Patience
from scoring.emails import company_domain
from scoring.handoff import KINDS, OUTCOMES, Handoff, Touch
from scoring.stages import Action, Refused
from storage import assignments, leads, moves, people
from storage.assignments import Given
from storage.people import Suppressed

TWICE = timedelta(minutes=1)
"""Within this time a second press of the same person is a double click, not a second meeting."""


def accept(desk: Desk, handoff: int, rep: str, *, seal: str | None = None) -> Handoff:
    """Give the hand-off, and all on its bundle, to *rep* if nobody has it yet; pressing twice is pressing once.

    Raises:
        Refused: somebody was first (the sentence names them), it is over, or *rep* may not.
    """

    def case(bench: Bench) -> Decision | None:
        if bench.handoff.open and bench.handoff.owner == rep and bench.where.accepted:
            return None
        bench.check("accept")
        values: dict[str, Any] = {
            "stage": stages.accepted_stage(bench.definition.sal),
            "owner": rep,
            "accepted_at": bench.now,
            **ladder.handed_to(bench.handoff, rep, bench.team, bench.now),
        }
        claimed = None if bench.handoff.owner == rep else _claimed
        return Decision("accept", values, "handoff.accepted", also=claimed)

    return decide(desk, handoff, rep, case, seal, _with_one_owner)


def _with_one_owner(bench: Bench, on_it: Sequence[Handoff]) -> Sequence[Handoff]:
    """All on the card; nobody takes the newcomers alone from who works on their colleagues already.

    Raises:
        Refused: another than the owner presses, who has accepted some of them.
    """
    chosen = company.everybody("accept")(bench, on_it)
    owner = bench.handoff.owner
    others = len(bundling.together(bench.handoff, on_it)) - len(chosen)
    if owner not in (None, bench.rep) and others and bench.handoff in chosen:
        raise Refused(
            f"<@{owner}> works on others of this card already, and a company has one owner. To take all of them, "
            "give the card to yourself by its ⋯ menu."
        )
    return chosen


def _claimed(bench: Bench) -> None:
    """The ledger counts what somebody took as what they were given."""
    before = bench.handoff
    row = Given(
        before.id, before.segment, bench.rep, "claim", bench.now, by=bench.rep, taken_from=before.owner
    )
    assignments.note(bench.session, [row])


def may_reject(desk: Desk, handoff: int, rep: str, action: Action = "reject") -> tuple[Handoff, ...]:
    """Those on its card that *rep* may end now: asked before the form opens.

    Raises:
        Refused: it is over, somebody else's, or *rep* may not.
    """
    return company.who_may(
        desk,
        handoff,
        rep,
        lambda bench: bench.check(action if bench.handoff.id == handoff else _ending(bench)),
    )


def _ending(bench: Bench) -> Action:
    accepted = bench.where.accepted or bench.handoff.stage in ("sql", "opportunity")
    return "recycle" if accepted else "reject"


def end(
    desk: Desk,
    handoff: int,
    rep: str,
    given: Disposition,
    *,
    seal: str | None = None,
    people: Sequence[int] | None = None,
) -> Handoff:
    """Reject (before acceptance) or recycle (after it) with a reason.

    *people*: of a bundle, the hand-offs that are meant; None where nobody was asked.

    Raises:
        Refused: it is over, somebody else's, or *rep* may not.
        Mistaken: the form's fields need correcting.
    """

    def case(bench: Bench) -> Decision | None:
        action = _ending(bench)
        bench.check(action)
        wrong = dispositions.problems(
            given, attempts=_attempts(bench), patience=_patience(bench.definition), today=bench.now.date()
        )
        if wrong:
            raise Mistaken(wrong)
        reason = dispositions.reason(given.code)
        values: dict[str, Any] = {
            "stage": reason.stage,
            "owner": bench.handoff.owner or rep,
            "ended_at": bench.now,
            "reason": given.code,
            "note": given.note.strip() or None,
            "again_on": given.again_on if reason.needs_date else None,
        }
        return Decision(action, values, f"handoff.{reason.stage}", given.code, also=suppress(given.code))

    return decide(desk, handoff, rep, case, seal, company.these(people))


def _patience(definition: Definition) -> Patience:
    return Patience(definition.unreachable_attempts, definition.unreachable_over)


def _attempts(bench: Bench) -> Attempts:
    touches = bench.handoff.touches
    return Attempts(len(touches), bench.now - touches[0].at if touches else timedelta(0))


def suppress(code: str) -> Callable[[Bench], None]:
    """ "Customers and competitors by company domain, opted-out by address"; free mail has no company."""

    def also(bench: Bench) -> None:
        by = dispositions.reason(code).suppress_by
        email = leads.load(bench.session, [bench.handoff.lead_id])[bench.handoff.lead_id].email
        if by is None or email is None:
            return
        domain = company_domain(email) if by == "domain" else None
        entry = Suppressed("domain", domain, code) if domain else Suppressed("address", email, code)
        people.suppress(bench.session, entry, bench.handoff.id, bench.now)

    return also


def may_touch(desk: Desk, handoff: int, rep: str) -> tuple[Handoff, ...]:
    """Those on its card with whom *rep* may log a touch now. Raises Refused where there is none."""
    return company.who_may(desk, handoff, rep, lambda bench: bench.check("touch"))


def touch(
    desk: Desk,
    handoff: int,
    rep: str,
    tried: Touch,
    note: str = "",
    *,
    seal: str | None = None,
    once: bool = False,
    people: Sequence[int] | None = None,
) -> Handoff:
    """Log a try to reach the lead; the first one stops the first-touch clock.

    *people*: of a bundle, the hand-offs that are meant; None where nobody was asked.

    *once*: for a button that asks nothing more; pressed twice within TWICE it is one touch.

    Raises:
        Refused: it is over, somebody else's, or *rep* may not.
        Mistaken: no such kind or outcome.
    """
    wrong = {}
    if tried.kind not in KINDS:
        wrong["kind"] = "Choose how you tried: call, e-mail or meeting."
    if tried.outcome not in OUTCOMES:
        wrong["outcome"] = "Choose how it went."
    if wrong:
        raise Mistaken(wrong)

    def case(bench: Bench) -> Decision | None:
        bench.check("touch")
        if once and any(_same(tried, each) and bench.now - each.at < TWICE for each in bench.handoff.touches):
            return None
        values = {} if bench.handoff.touched_at else {"touched_at": bench.now}
        made = Touch(tried.kind, tried.outcome, rep, bench.now)
        return Decision(
            "touch",
            values,
            "handoff.touched",
            also=lambda b: moves.log_touch(b.session, b.handoff, made, note.strip()),
        )

    return decide(desk, handoff, rep, case, seal, company.these(people))


def _same(tried: Touch, other: Touch) -> bool:
    return (tried.kind, tried.outcome, tried.by) == (other.kind, other.outcome, other.by)


def parse_date(value: str | None) -> date | None:
    """A date picker's value, or None; a malformed one (a forged form) is None too."""
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        return None
