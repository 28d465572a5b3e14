"""A rep answers: accept, reject, log a touch, qualify, end, take back. The desk never calls Slack.

Each use case reads the hand-off, lets scoring decide, and writes under a condition: if somebody was faster
the WHERE lets nothing through, and the case is decided again on what they left.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session

from bot.desk import announce, ladder
from bot.desk.desk import Agreed, Desk, found, presser, where
from scoring import dispositions, roles, stages
from scoring.contract import Definition
from scoring.dispositions import Attempts, Disposition, Patience
from scoring.emails import company_domain
from scoring.handoff import KINDS, OUTCOMES, TWO_WAY, UNDO_WITHIN, Handoff, Touch
from scoring.stages import Action, Refused, Where
from scoring.team import Team
from storage import cards, handoffs, leads, moves, people, requests
from storage.moves import Move
from storage.people import Suppressed

TRIES = 5
"""How often a case is decided again when others keep changing the hand-off; more than ever press at once."""

TWICE = timedelta(minutes=1)
"""Within this time a second press of the same person is a double click, not a second meeting."""

BANT = ("budget", "authority", "need", "timeline")
BANT_ANSWERS = {"yes": "Yes", "can_get": "Can get it", "no": "No", "unknown": "Unknown"}


class Mistaken(Exception):
    """A form is not filled in rightly: field to sentence."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__("; ".join(fields.values()))
        self.fields = fields


@dataclass(frozen=True, slots=True)
class Bench:
    """One attempt at a use case: the transaction, what was agreed, and the hand-off as read just now."""

    session: Session
    desk: Desk
    agreed: Agreed
    definition: Definition
    handoff: Handoff
    rep: str
    now: datetime

    @property
    def team(self) -> Team:
        """The team in force."""
        return self.agreed.team

    @property
    def where(self) -> Where:
        """Where the hand-off stands."""
        return where(self.handoff, self.definition)

    def check(self, action: Action) -> None:
        """Raises Refused unless this rep may do this, and it leads anywhere from here."""
        taken = self.handoff.owner
        roles.check_member(presser(self.team, self.rep))
        if not self.handoff.open:
            raise Refused(self._over())
        if action in ("accept", "reject") and self.where.accepted and taken != self.rep:
            raise Refused(f"<@{taken}> accepted this lead first.")
        roles.check_decide(presser(self.team, self.rep), taken, self.handoff.pool)
        if not stages.legal(action, self.where):
            raise Refused(_not_now(action, self.where, self.rep))

    def _over(self) -> str:
        label = stages.label(self.handoff.stage, self.definition.labels)
        closer = self.handoff.last.by if self.handoff.last else self.handoff.owner
        by = f" by <@{closer}>" if closer else ""
        return f"This lead was closed{by} as {label}, so nothing was changed."


@dataclass(frozen=True, slots=True)
class Decision:
    """What a use case wants written, and what else follows in the same transaction."""

    action: str
    values: dict[str, Any]
    announced: str
    reason: str | None = None
    undoes: int | None = None
    also: Callable[[Bench], None] | None = None


def _decide(
    desk: Desk, handoff_id: int, rep: str, case: Callable[[Bench], Decision | None], seal: str | None
) -> Handoff:
    """Run *case* until its write goes through; None from it means there is nothing to do (a double click).

    *seal* is the request's signature: a request that was decided before changes nothing, whatever it asks.
    """
    for _ in range(TRIES):
        with desk.database.writing() as session:
            agreed = desk.agreed(session)
            if seal is not None and not requests.first_time(session, seal, desk.clock.real()):
                return found(session, handoff_id)
            handoff = found(session, handoff_id)
            definition = desk.definition(session, handoff.version)
            bench = Bench(session, desk, agreed, definition, handoff, rep, desk.clock.business())
            decision = case(bench)
            if decision is None:
                return handoff
            changed = _write(bench, decision)
            if changed is None:
                session.rollback()  # or the next try would find this request decided already
        if changed is not None:
            desk.wake()
            return changed
    raise Refused("Others are changing this lead right now, so nothing was saved. Press again.")


def _write(bench: Bench, decision: Decision) -> Handoff | None:
    change = Move(
        decision.action, bench.rep, bench.now, decision.values, decision.reason,
        undoable=decision.action != "undo", undoes=decision.undoes,
    )  # fmt: skip
    changed = moves.move(bench.session, bench.handoff, change)
    if changed is None:
        return None
    if decision.also is not None:
        decision.also(bench)
        changed = found(bench.session, bench.handoff.id)
    ladder.schedule(bench.session, changed, bench.definition, bench.team)
    cards.changed(bench.session, [changed.card_id], bench.desk.clock.real())
    announce.outgoing(bench.session, bench.desk, changed, decision.announced)
    return changed


def accept(desk: Desk, handoff: int, rep: str, *, seal: str | None = None) -> Handoff:
    """Give the hand-off to *rep* if nobody has it yet; pressing twice is pressing once.

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
        return Decision("accept", values, "handoff.accepted")

    return _decide(desk, handoff, rep, case, seal)


def may_reject(desk: Desk, handoff: int, rep: str, action: Action = "reject") -> Handoff:
    """The hand-off, if *rep* may end it now: asked before the form opens.

    Raises:
        Refused: it is over, somebody else's, or *rep* may not.
    """
    return _looked_at(desk, handoff, rep, action)


def _looked_at(desk: Desk, handoff_id: int, rep: str, action: Action) -> Handoff:
    with desk.database.reading() as session:
        agreed = desk.agreed(session)
        handoff = found(session, handoff_id)
        definition = desk.definition(session, handoff.version)
        Bench(session, desk, agreed, definition, handoff, rep, desk.clock.business()).check(action)
        return handoff


def end(desk: Desk, handoff: int, rep: str, given: Disposition, *, seal: str | None = None) -> Handoff:
    """Reject (before acceptance) or recycle (after it) with a reason.

    Raises:
        Refused: it is over, somebody else's, or *rep* may not.
        Mistaken: the form's fields need correcting.
    """

    def case(bench: Bench) -> Decision | None:
        action: Action = (
            "recycle" if bench.where.accepted or bench.handoff.stage in ("sql", "opportunity") else "reject"
        )
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
        return Decision(action, values, f"handoff.{reason.stage}", given.code, also=_suppress(given.code))

    return _decide(desk, handoff, rep, case, seal)


def _patience(definition: Definition) -> Patience:
    return Patience(definition.unreachable_attempts, definition.unreachable_over)


def _attempts(bench: Bench) -> Attempts:
    touches = bench.handoff.touches
    return Attempts(len(touches), bench.now - touches[0].at if touches else timedelta(0))


def _suppress(code: str) -> Callable[[Bench], None]:
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


def may_touch(desk: Desk, handoff: int, rep: str) -> Handoff:
    """The hand-off, if *rep* may log a touch now. Raises Refused otherwise."""
    return _looked_at(desk, handoff, rep, "touch")


def touch(
    desk: Desk,
    handoff: int,
    rep: str,
    tried: Touch,
    note: str = "",
    *,
    seal: str | None = None,
    once: bool = False,
) -> Handoff:
    """Log a try to reach the lead; the first one stops the first-touch clock.

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

    return _decide(desk, handoff, rep, case, seal)


def _same(tried: Touch, other: Touch) -> bool:
    return (tried.kind, tried.outcome, tried.by) == (other.kind, other.outcome, other.by)


def may_qualify(desk: Desk, handoff: int, rep: str) -> Handoff:
    """The hand-off, if *rep* may qualify it now: accepted, and a conversation is logged.

    Raises:
        Refused: it is not; the sentence says to log the touch.
    """
    looked = _looked_at(desk, handoff, rep, "qualify")
    _check_conversation(looked)
    return looked


def _check_conversation(handoff: Handoff) -> None:
    if not any(tried.outcome in TWO_WAY for tried in handoff.touches):
        raise Refused(
            "Qualify needs a conversation with this lead, and none is logged. Press Log first touch when you "
            "reached them, they replied or you met."
        )


@dataclass(frozen=True, slots=True)
class Bant:
    """Four answers, who takes the opportunity, and a note."""

    answers: dict[str, str]
    ae: str | None = None
    note: str = ""


def qualify(desk: Desk, handoff: int, rep: str, given: Bant, *, seal: str | None = None) -> Handoff:
    """Make it an SQL: a person says so, after a conversation, with BANT answered.

    Raises:
        Refused: no conversation is logged, it is over, somebody else's, or *rep* may not.
        Mistaken: an answer the definition requires is missing or says no.
    """

    def case(bench: Bench) -> Decision | None:
        bench.check("qualify")
        _check_conversation(bench.handoff)
        wrong = _bant_problems(given.answers, bench.definition)
        if given.ae is not None and bench.team.person(given.ae) is None:
            wrong["ae"] = "This person is not in Baton's team file; choose one who is."
        if wrong:
            raise Mistaken(wrong)
        values: dict[str, Any] = {"stage": "sql", "sql_at": bench.now, "ae": given.ae, "bant": given.answers}
        if given.note.strip():
            values["note"] = given.note.strip()
        return Decision("qualify", values, "handoff.qualified")

    return _decide(desk, handoff, rep, case, seal)


def _bant_problems(bant: dict[str, str], definition: Definition) -> dict[str, str]:
    wrong = {name: "Choose one of the answers." for name in BANT if bant.get(name) not in BANT_ANSWERS}
    for name in definition.required_bant:
        if bant.get(name) in ("no", "unknown"):
            wrong[name] = (
                f"Your definition of an SQL requires {name}. "
                "Recycle the lead instead, or qualify it once this is settled."
            )
    return wrong


def undo(desk: Desk, handoff: int, rep: str, *, seal: str | None = None) -> Handoff:
    """Take back one's own last press, within ten minutes and if nobody acted since.

    Raises:
        Refused: too late, somebody acted since, or it was another's press.
    """

    def case(bench: Bench) -> Decision | None:
        last = bench.handoff.last
        roles.check_member(presser(bench.team, rep))
        if last is None:
            raise Refused("There is nothing to undo on this lead. Use the buttons on its card.")
        if last.by != rep:
            raise Refused(f"<@{last.by}> pressed last; only they can undo it.")
        if bench.now - last.at > UNDO_WITHIN:
            raise Refused("That was more than ten minutes ago, so it stays. Ask a manager.")
        before = bench.handoff.undo
        again = handoffs.open_of(bench.session, [bench.handoff.lead_id]).get(bench.handoff.lead_id)
        if again is not None and again.id != bench.handoff.id:
            raise Refused("This lead has come back with a new card meanwhile, so the old one stays closed.")
        if before is None:
            raise Refused("There is nothing to undo on this lead. Use the buttons on its card.")
        return Decision(
            "undo",
            moves.restored(before),
            "handoff.undone",
            undoes=last.n,
            also=lambda b: _take_back(b, last.n),
        )

    return _decide(desk, handoff, rep, case, seal)


def _take_back(bench: Bench, n: int) -> None:
    moves.undo_touch(bench.session, bench.handoff.id, n, bench.now)
    people.unsuppress(bench.session, bench.handoff.id)


def _not_now(action: Action, at: Where, rep: str) -> str:
    if action in ("accept", "reject") and at.owner == rep:
        return "You have accepted this lead already. Use the buttons its card shows now."
    if action in ("qualify", "touch") and at.stage == "mql" and not at.accepted:
        return "Accept this lead first; then log the touch and qualify it."
    return "That is not possible for this lead any more. Use the buttons its card shows now."


def parse_date(value: str | None) -> date | None:
    """A date picker's value, or None; a malformed one (a forged form) is None too."""
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        return None
