"""Where the state machine runs: a database of either engine, and the replicas on it."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from threading import Barrier

from sqlalchemy import Engine, create_engine, text
from sqlmodel import SQLModel

from bot.app import Baton, build
from bot.desk.govern import Files
from bot.playground.server import Server
from tests import postgres
from tests.state_machine.door import Door
from tests.state_machine.hands import Hands, put_clock_into
from tests.world import DEFINITION, TEAM, settings_for

GATHERED = DEFINITION.replace(
    "first_touch: 8h, clock: business}", "first_touch: 8h, clock: business, card: digest 1h}"
)
"""The tests' definition, with the lowest tier on digest cards."""


@dataclass(frozen=True)
class Place:
    """One kind of database. *fresh* gives the URL of an empty one; *clock* has its time, where it has one."""

    replicas: int
    fresh: Callable[[], str]
    clock: Engine | None = None
    door: Door = field(default_factory=Door)

    @contextmanager
    def open(self) -> Iterator["Place"]:
        """While it is open, the door listens; starting a server for each round would take longer than a round."""
        server = Server(self.door)
        server.start()
        self.door.address = f"http://127.0.0.1:{server.port}"
        try:
            yield self
        finally:
            server.stop()

    def hands(self, start: datetime) -> Hands:
        """A time that stands still, for all that happens here."""
        return Hands(start, self.clock)


def on_sqlite(template: Path, folder: Path) -> Place:
    """A new file for each round; one replica, because SQLite has one writer."""
    numbers = count(1)

    def fresh() -> str:
        path = folder / f"round-{next(numbers)}.db"
        shutil.copy(template, path)
        return f"sqlite:///{path}"

    return Place(1, fresh)


def on_postgres(name: str) -> Place:
    """The migrated database *name*, emptied for each round; two replicas."""
    url = postgres.url_of(name)
    clock = put_clock_into(url, name)
    broom = create_engine(url, isolation_level="AUTOCOMMIT")
    tables = ", ".join(f'"{table}"' for table in SQLModel.metadata.tables)

    def fresh() -> str:
        with broom.connect() as connection:
            connection.execute(text("SET lock_timeout = '10s'"))
            connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
        return url

    return Place(2, fresh, clock)


@dataclass
class Replica:
    """One Baton, without a thread of its own: it sends and ticks when it is told to."""

    url: str
    slack_url: str
    hands: Hands
    baton: Baton

    @classmethod
    def begin(cls, url: str, slack_url: str, hands: Hands) -> "Replica":
        """Start one."""
        return cls(url, slack_url, hands, _built(url, slack_url, hands))

    def end(self) -> None:
        """It is gone; nothing it had at hand is finished, and the database forgets its connections."""
        self.baton.stop()

    def revive(self) -> None:
        """It died; another one starts in its place."""
        self.end()
        self.baton = _built(self.url, self.slack_url, self.hands)

    def quiet(self) -> None:
        """Wait for the best-effort calls that a press left behind."""
        workers = self.baton.aside._max_workers
        meeting = Barrier(workers + 1)
        for _ in range(workers):
            self.baton.aside.submit(meeting.wait, 30)
        meeting.wait(30)


def _built(url: str, slack_url: str, hands: Hands) -> Baton:
    return build(settings_for(url, slack_url), Files(GATHERED, TEAM), clock=hands, gaps={})
