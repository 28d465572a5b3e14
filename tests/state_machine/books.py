"""What the database says, read beside the running Batons."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from scoring.funnel import reached_by
from storage import chain, funnel
from storage.engine import Database
from storage.tables import (
    ActivityRow,
    CardRow,
    DeadlineRow,
    HandoffRow,
    LeadRow,
    OutboxRow,
    TransitionRow,
)

TO_DO = ("first_touch", "decide", "ae_accept", "opportunity", "close_date", "follow_up")
IN_FLIGHT = ("new", "sending", "unknown")
AGES = timedelta(days=4_000)


@dataclass(frozen=True)
class Line:
    """A line of the log: which hand-off, its number, what was done, by whom."""

    handoff: int
    n: int
    action: str
    actor: str | None


class Books:
    """Reads one database."""

    def __init__(self, url: str) -> None:
        self._database = Database(url, "read")
        self._read_to = 0

    def close(self) -> None:
        """Give the connections back."""
        self._database.close()

    def rows(self, query: Any) -> list[Any]:
        """All rows of a query for one table."""
        with self._database.reading() as session:
            return list(session.scalars(query).all())

    def new_lines(self) -> list[Line]:
        """What was written into the log since the last look."""
        log = select(TransitionRow).where(col(TransitionRow.id) > self._read_to)
        found = self.rows(log.order_by(col(TransitionRow.id)))
        self._read_to = max((row.id for row in found), default=self._read_to)
        return [Line(row.handoff_id, row.n, row.action, row.actor) for row in found]

    def handoffs(self) -> list[HandoffRow]:
        """Every hand-off, oldest first."""
        return self.rows(select(HandoffRow).order_by(col(HandoffRow.id)))

    def email_of(self, handoff: int) -> str:
        """The address of a hand-off's lead."""
        lead = select(LeadRow).join(HandoffRow, col(HandoffRow.lead_id) == col(LeadRow.id))
        return str(self.rows(lead.where(col(HandoffRow.id) == handoff))[0].email)

    def facts(self) -> dict[str, dict[str, Any]]:
        """Address to facts."""
        return {row.email: row.facts for row in self.rows(select(LeadRow)) if row.email}

    def events(self) -> Counter[str]:
        """How often each event id is kept."""
        return Counter(self.rows(select(col(ActivityRow.event))))

    def to_do(self) -> dict[int, set[str]]:
        """Hand-off to the kinds of deadlines it still has."""
        query = select(DeadlineRow).where(col(DeadlineRow.state) == "open", col(DeadlineRow.kind).in_(TO_DO))
        found: dict[int, set[str]] = {}
        for row in self.rows(query):
            found.setdefault(int(row.subject), set()).add(row.kind)
        return found

    def letters(self) -> dict[int, OutboxRow]:
        """Everything ever to be sent, by its number."""
        return {row.id: row for row in self.rows(select(OutboxRow))}

    def under_way(self) -> list[OutboxRow]:
        """What is still to be sent."""
        return self.rows(select(OutboxRow).where(col(OutboxRow.state).in_(IN_FLIGHT)))

    def cards(self) -> dict[int, CardRow]:
        """Every card by its number."""
        return {row.id: row for row in self.rows(select(CardRow))}

    def funnel(self, now: datetime) -> tuple[dict[str, int], dict[str, int]]:
        """The funnel's figures as they are reported, and as a replay of the log gives them."""
        with self._database.reading() as session:
            reported = funnel.funnel(session, now - AGES, now + AGES)
            return reported.reached, reached_by(funnel.moves(session, now - AGES, now + AGES))

    def broken_chains(self) -> list[str]:
        """Where a log's chain of hashes is not what it must be."""
        found = []
        for handoff in self.handoffs():
            log = select(TransitionRow).where(col(TransitionRow.handoff_id) == handoff.id)
            head = None
            for number, row in enumerate(self.rows(log.order_by(col(TransitionRow.n))), start=1):
                head = chain.link(head, row.model_dump())
                if (row.n, row.link) != (number, head):
                    found.append(f"hand-off {handoff.id}, line {row.n}")
            if handoff.head != head:
                found.append(f"hand-off {handoff.id}, its head")
        return found
