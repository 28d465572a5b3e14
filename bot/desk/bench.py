"""One attempt at a use case: what it reads, how it writes, and how a race is decided. The desk never calls Slack.

Each use case reads the hand-off, lets scoring decide, and writes under a condition: if somebody was faster
the WHERE lets nothing through, and the case is decided again on what they left.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from sqlmodel import Session

from bot.desk import announce, ladder
from bot.desk.desk import Agreed, Desk, found, presser, where
from scoring import closing, roles, stages
from scoring.contract import Definition
from scoring.handoff import Handoff
from scoring.stages import Action, Refused, Where
from scoring.team import Team
from storage import bundles, cards, handoffs, leads, moves, requests
from storage.moves import Move

TRIES = 5
"""How often a case is decided again when others keep changing the hand-off; more than ever press at once."""


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
    first: bool = True
    """Of several hand-offs that one press is about, the first: it alone speaks."""

    @classmethod
    def at(cls, session: Session, desk: Desk, handoff_id: int, rep: str) -> "Bench":
        """The bench as of now. Raises Refused where there is no such hand-off."""
        agreed = desk.agreed(session)
        handoff = found(session, handoff_id)
        definition = desk.definition(session, handoff.version)
        return cls(session, desk, agreed, definition, handoff, rep, desk.clock.business())

    def about(self, handoff: Handoff, *, first: bool = True) -> "Bench":
        """The same press, about another hand-off."""
        definition = self.desk.definition(self.session, handoff.version)
        return replace(self, handoff=handoff, definition=definition, first=first)

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
        if action == "ae_accept" and self.handoff.stage == "sql" and self.where.with_ae:
            raise Refused(f"<@{taken}> accepted this lead first.")
        self._check_role(action)
        if not stages.legal(action, self.where):
            raise Refused(_not_now(action, self.where, self.rep))

    def _check_role(self, action: Action) -> None:
        who, handoff, aes = presser(self.team, self.rep), self.handoff, self.awaited
        if action == "ae_accept" and handoff.stage != "sql":
            return  # which leads nowhere, whoever asks
        if action == "ae_accept" or (action == "opportunity" and aes):
            roles.check_take(who, handoff.ae, aes)
        elif action == "assign" and handoff.stage in ("sql", "opportunity"):
            roles.check_deal(who, handoff.owner, closing.takers(handoff.ae, ()))
        elif action in ("send_back", "opportunity", "won", "lost"):
            roles.check_deal(who, handoff.owner, aes or closing.takers(handoff.ae, ()))
        else:
            roles.check_decide(who, handoff.owner, handoff.pool)

    @property
    def awaited(self) -> tuple[str, ...]:
        """The account executives who may accept this SQL; nobody where none is waited for, or the team has none."""
        if self.handoff.stage != "sql" or self.where.with_ae:
            return ()
        return closing.takers(self.handoff.ae, self.team.ae)

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
    last: Callable[[Bench], None] | None = None
    """What is remembered for readers: after everything else, because a tick holds deadlines when it comes to that."""


Case = Callable[[Bench], Decision | None]
"""Decides about one hand-off; None: there is nothing to do (a double click)."""


class Among(Protocol):
    """Which of the hand-offs on a bundle's card a press is about, the bench being at the one that was pressed; none:
    that one alone. May raise what the case may."""

    def __call__(self, bench: Bench, on_it: Sequence[Handoff], /) -> Sequence[Handoff]:
        """Those it is about, of *on_it*, whose rows are held."""


def decide(
    desk: Desk,
    handoff_id: int,
    rep: str,
    case: Case,
    seal: str | None,
    among: Among | None = None,
    *,
    leads_too: bool = False,
) -> Handoff:
    """Run *case* until its write goes through; on a bundle's card for all that *among* says, in one transaction.

    *seal* is the request's signature: a request that was decided before changes nothing, whatever it asks.
    *leads_too*: hold the leads before the hand-offs, for a case that may open one again.
    """
    for _ in range(TRIES):
        with desk.database.writing() as session:
            if seal is not None and not requests.first_time(session, seal, desk.clock.real()):
                return found(session, handoff_id)
            bench = Bench.at(session, desk, handoff_id, rep)
            benches = [bench] if among is None else _benches(bench, among, leads_too=leads_too)
            changed = _write_all(benches, case)
            if changed is None:
                session.rollback()  # or the next try would find this request decided already
        if changed is not None:
            if changed:
                desk.wake()
            return next((each for each in changed if each.id == handoff_id), benches[0].handoff)
    raise Refused("Others are changing this lead right now, so nothing was saved. Press again.")


def _benches(bench: Bench, among: Among, *, leads_too: bool) -> list[Bench]:
    """A bench for each hand-off that the press is about; on a bundle's card their rows are held."""
    card = bench.handoff.card_id
    if not bench.handoff.bundled or card is None:
        return [bench]
    if leads_too:
        for lead in sorted({each.lead_id for each in handoffs.of_card(bench.session, card)}):
            leads.hold(bench.session, lead)
    on_it = bundles.hold(bench.session, card)
    pressed = next(bench.about(each) for each in on_it if each.id == bench.handoff.id)
    chosen = among(pressed, on_it) or [pressed.handoff]
    return [pressed.about(each, first=each is chosen[0]) for each in chosen]


def _write_all(benches: Sequence[Bench], case: Case) -> list[Handoff] | None:
    """What was changed; None where somebody was faster, and all is to be decided again."""
    made = []
    for bench in benches:
        decision = case(bench)
        changed = write(bench, decision) if decision is not None else bench.handoff
        if changed is None:
            return None
        if decision is not None:
            made.append(changed)
    return made


def write(bench: Bench, decision: Decision) -> Handoff | None:
    """Write one decision and what follows from it; None where somebody was faster."""
    change = Move(
        decision.action, bench.rep, bench.now, decision.values, decision.reason,
        undoable=decision.action not in ("undo", "reopen"), undoes=decision.undoes,
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
    announce.nurture(bench.session, bench.desk, bench.handoff, changed)
    if decision.last is not None:
        decision.last(bench)
    return changed


def looked_at(desk: Desk, handoff_id: int, rep: str, action: Action) -> Handoff:
    """The hand-off, if *rep* may do this now: asked before a form opens. Raises Refused otherwise."""
    with desk.database.reading() as session:
        bench = Bench.at(session, desk, handoff_id, rep)
        bench.check(action)
        return bench.handoff


def _not_now(action: Action, at: Where, rep: str) -> str:
    if action in ("accept", "reject") and at.owner == rep:
        return "You have accepted this lead already. Use the buttons its card shows now."
    if action in ("qualify", "touch") and at.stage == "mql" and not at.accepted:
        return f"{'Accept' if at.sal else 'Claim'} this lead first; then log the touch and qualify it."
    return "That is not possible for this lead any more. Use the buttons its card shows now."
