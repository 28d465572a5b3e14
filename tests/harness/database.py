"""The second log: what the database holds, read by plain SQL. The only file here that knows its tables."""

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine, Row, create_engine, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

IN_FLIGHT = "('new', 'sending', 'unknown')"


@dataclass(frozen=True, slots=True)
class Letter:
    """Something that was to be sent."""

    id: int
    key: str
    kind: str
    state: str
    handoff_id: int | None
    attempts: int
    error: str | None
    body: dict[str, Any]

    @property
    def view(self) -> str:
        """What it says, such as nudge or breach."""
        return str(self.body.get("view", ""))


@dataclass(frozen=True, slots=True)
class Rows:
    """Everything the comparison needs; a row has the columns of its query as attributes."""

    events: Mapping[str, str | None]
    handoffs: list[Any]
    moves: list[Any]
    letters: list[Letter]
    steps: dict[str, list[str]]
    late: int
    findings: list[str]


@dataclass
class Books:
    """A reader of the database at *url*, beside the replicas."""

    url: str
    folder: Path = field(default_factory=Path)

    def __post_init__(self) -> None:
        url = make_url(self.url)
        if url.get_backend_name() == "sqlite":
            path = quote(str(self.folder / (url.database or "")))
            self._engine: Engine = create_engine(
                f"sqlite:///file:{path}?mode=ro&uri=true", poolclass=NullPool, connect_args={"timeout": 5}
            )
        else:
            self._engine = create_engine(url, pool_size=2, connect_args={"options": "-c timezone=utc"})

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def ask(self, statement: str, **values: object) -> list[Row[Any]]:
        """The rows; tried again for a while where the database is away or being recovered."""
        for _ in range(50):
            with suppress(OperationalError), self._engine.connect() as connection:
                return list(connection.execute(text(statement), values))
            time.sleep(0.1)
        with self._engine.connect() as connection:
            return list(connection.execute(text(statement), values))

    def sending(self) -> dict[int, int]:
        """Letters in somebody's hands: id to the fence of the claim."""
        return {row.id: row.fence for row in self.ask("SELECT id, fence FROM outbox WHERE state = 'sending'")}

    def claims(self, ids: list[int]) -> dict[int, tuple[int, str]]:
        """Fence and state of these letters."""
        listed = ", ".join(str(int(id_)) for id_ in ids) or "0"
        rows = self.ask(f"SELECT id, fence, state FROM outbox WHERE id IN ({listed})")
        return {row.id: (row.fence, row.state) for row in rows}

    def in_flight(self) -> int:
        """Letters that are still to be sent."""
        return int(self.ask(f"SELECT count(*) FROM outbox WHERE state IN {IN_FLIGHT}")[0][0])

    def due_before(self, moment: datetime) -> int:
        """Steps that were due before *moment* and are not decided."""
        statement = "SELECT count(*) FROM deadline WHERE state = 'open' AND due_at < :moment"
        return int(self.ask(statement, moment=self._time(moment))[0][0])

    def hot_steps(self) -> int:
        """Steps of the hot tier's ladder that are still to come."""
        statement = (
            "SELECT count(*) FROM deadline d JOIN handoff h ON CAST(h.id AS TEXT) = d.subject "
            "WHERE d.kind = 'first_touch' AND d.state = 'open' AND h.tier = 'hot'"
        )
        return int(self.ask(statement)[0][0])

    def _hot_ladders(self) -> dict[str, list[str]]:
        """What became of the hot tier's steps, by hand-off: shown beside a nudge that is missing."""
        found: dict[str, list[str]] = {}
        for row in self.ask(
            "SELECT d.subject, d.step, d.state, d.due_at, d.decided_at FROM deadline d JOIN handoff h "
            "ON CAST(h.id AS TEXT) = d.subject WHERE d.kind = 'first_touch' AND h.tier = 'hot' ORDER BY d.due_at"
        ):
            found.setdefault(row.subject, []).append(
                f"{row.step} {row.state} due {row.due_at} at {row.decided_at}"
            )
        return found

    def findings(self) -> list[str]:
        """What Baton's own auditor finds wrong now."""
        rows = self.ask("SELECT kind, subject FROM finding WHERE cleared_at IS NULL")
        return [f"{row.kind} {row.subject}" for row in rows]

    def newest_handoffs(self, count: int) -> list[int]:
        """The ids of the *count* newest hand-offs."""
        rows = self.ask("SELECT id FROM handoff ORDER BY id DESC LIMIT :count", count=count)
        return [row.id for row in rows]

    def accepted_twice(self) -> int:
        """Hand-offs whose log has more than one acceptance."""
        statement = (
            "SELECT count(*) FROM (SELECT handoff_id FROM transition WHERE action = 'accept' "
            "GROUP BY handoff_id HAVING count(*) > 1) doubled"
        )
        return int(self.ask(statement)[0][0])

    def unowned(self) -> int:
        """Hand-offs that nobody owns."""
        return int(self.ask("SELECT count(*) FROM handoff WHERE owner IS NULL")[0][0])

    def read(self) -> Rows:
        """Everything, once all is quiet."""
        return Rows(
            events={
                r.event: r.email
                for r in self.ask(
                    "SELECT a.event, l.email FROM activity a JOIN lead l ON l.id = a.lead_id "
                    "WHERE a.source = 'native'"
                )
            },
            handoffs=self.ask(
                "SELECT h.id, l.email, h.tier, h.stage, h.owner, h.n, h.card_id, h.ended_at, "
                "c.channel, c.ts, c.wanted, c.shown, c.collects "
                "FROM handoff h JOIN lead l ON l.id = h.lead_id LEFT JOIN card c ON c.id = h.card_id"
            ),
            moves=self.ask(
                "SELECT handoff_id, n, action, from_stage, to_stage, owner, actor, undoes, at "
                "FROM transition ORDER BY handoff_id, n"
            ),
            letters=[
                Letter(**{**row._mapping, "body": _read(row.body)})
                for row in self.ask("SELECT id, key, kind, state, handoff_id, attempts, error, body FROM outbox")
            ],
            steps=self._hot_ladders(),
            late=self.due_before(datetime.fromtimestamp(time.time() - 10, UTC)),
            findings=self.findings(),
        )  # fmt: skip

    def _time(self, moment: datetime) -> object:
        """A time as the engine compares it: SQLite keeps text in UTC without a zone."""
        if self._engine.dialect.name == "sqlite":
            return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
        return moment


def _read(body: object) -> dict[str, Any]:
    """A JSON column, which PostgreSQL's driver reads and SQLite's does not."""
    return body if isinstance(body, dict) else dict(json.loads(str(body)))


def moment_of(value: object) -> datetime:
    """A time column's value, aware, whichever engine gave it."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return found if found.tzinfo else found.replace(tzinfo=UTC)
