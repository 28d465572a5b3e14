"""The desk at work without a Slack around it: use cases, a database and a clock that stands still."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from bot.clock import MovableClock
from bot.desk import govern
from bot.desk.desk import Desk, open_database
from bot.desk.govern import Files
from bot.desk.receive import Received, receive
from bot.intake.native import arrivals_of
from scoring.funnel import Funnel, Moved
from scoring.handoff import Handoff, Touch
from scoring.stages import Refused
from storage import funnel, handoffs
from storage.tables import DeadlineRow, HandoffRow, OutboxRow, TransitionRow
from tests.world import ADA, DEFINITION, MONDAY_9, TEAM

AGES = timedelta(days=4_000)


@dataclass
class Shift:
    """Leads come in, reps answer, time passes; read back what was written."""

    desk: Desk
    clock: MovableClock
    _events: list[int] = field(default_factory=lambda: [0])

    @property
    def now(self) -> datetime:
        """Business time."""
        return self.clock.business()

    def event(self, signal: str | None = None, lead: Mapping[str, Any] = ADA, **more: Any) -> dict[str, Any]:
        """An event as a sender writes it, just now unless told."""
        self._events[0] += 1
        made = {
            "id": f"evt-{self._events[0]}",
            "occurred_at": self.now.isoformat(),
            "lead": dict(lead),
            **more,
        }
        return made | ({"signal": signal} if signal else {})

    def arrive(self, *events: Mapping[str, Any], live: bool = True) -> Received:
        """Events in one request."""
        body = json.dumps({"events": list(events)}).encode()
        return receive(self.desk, arrivals_of(body, self.now), live=live)

    def demo(self, lead: Mapping[str, Any] = ADA) -> int:
        """A demo request; gives the new hand-off's id."""
        self.arrive(self.event("demo_request", lead))
        return self.newest()

    def tried(self, rep: str, kind: str = "call", outcome: str = "reached") -> Touch:
        """A try to reach the lead, now."""
        return Touch(kind, outcome, rep, self.now)

    def newest(self) -> int:
        """The newest hand-off's id, 0 where there is none."""
        return max((row.id or 0 for row in self.rows()), default=0)

    def rows(self) -> list[HandoffRow]:
        """Every hand-off, oldest first."""
        with self.desk.database.reading() as session:
            return list(session.scalars(select(HandoffRow).order_by(col(HandoffRow.id))))

    def handoff(self, id_: int = 1) -> Handoff:
        """A hand-off as it is now."""
        with self.desk.database.reading() as session:
            found = handoffs.get(session, id_)
            assert found is not None
            return found

    def actions(self, id_: int = 1) -> list[str]:
        """What happened to a hand-off, in order."""
        with self.desk.database.reading() as session:
            query = select(TransitionRow).where(col(TransitionRow.handoff_id) == id_)
            return [row.action for row in session.scalars(query.order_by(col(TransitionRow.n)))]

    def due(self, id_: int = 1) -> dict[tuple[str, str], datetime]:
        """The deadlines a hand-off still has, by kind and step."""
        with self.desk.database.reading() as session:
            query = select(DeadlineRow).where(
                col(DeadlineRow.subject) == str(id_), col(DeadlineRow.state) == "open"
            )
            return {(row.kind, row.step): row.due_at for row in session.scalars(query)}

    def due_of(self, reader: str) -> dict[tuple[str, str], datetime]:
        """The lists a person is still to get, by kind and step."""
        with self.desk.database.reading() as session:
            query = select(DeadlineRow).where(
                col(DeadlineRow.subject) == reader, col(DeadlineRow.state) == "open"
            )
            return {(row.kind, row.step): row.due_at for row in session.scalars(query)}

    def letters(self, kind: str) -> list[OutboxRow]:
        """What is to be sent of one kind."""
        with self.desk.database.reading() as session:
            query = select(OutboxRow).where(col(OutboxRow.kind) == kind).order_by(col(OutboxRow.id))
            return list(session.scalars(query))

    def figures(self) -> Funnel:
        """The funnel of all time."""
        with self.desk.database.reading() as session:
            return funnel.funnel(session, self.now - AGES, self.now + AGES)

    def moves(self) -> list[Moved]:
        """The log of all time."""
        with self.desk.database.reading() as session:
            return funnel.moves(session, self.now - AGES, self.now + AGES)


def raise_shift(url: str, *, definition: str = DEFINITION, team: str = TEAM, webhooks: bool = False) -> Shift:
    """A desk on *url*, its clock at Monday nine o'clock."""
    clock = MovableClock(MONDAY_9, running=False)
    desk = Desk(open_database(url, "serve"), clock, webhooks=webhooks)
    govern.first_start(desk, Files(definition, team))
    return Shift(desk, clock)


def refusal(press: Any, *given: Any) -> str:
    """The sentence with which *press* is refused; fails where it is not."""
    try:
        press(*given)
    except Refused as refused:
        return refused.sentence
    raise AssertionError(f"{press.__name__}{given[1:]} was not refused")
