"""What ends or holds up a Baton: at the edge to its database, where a real death or a long sleep happens too."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

HELD_SECONDS = 60.0
"""A thread that is held longer than this goes on by itself: the test has failed by then."""


class Killed(BaseException):
    """The process is gone; nothing in it may handle this, so it is no Exception."""


class Held:
    """A Baton asleep in the midst of its work; `let_go` wakes it."""

    def __init__(self) -> None:
        self.asleep = threading.Event()
        self._go = threading.Event()

    def sleep(self) -> None:
        """Sleep until `let_go`."""
        self.asleep.set()
        self._go.wait(HELD_SECONDS)

    def let_go(self) -> None:
        """Go on."""
        self._go.set()


class Fate:
    """Counts the edges of transactions and strikes at one of them.

    An edge is the begin of a transaction (what was committed before stays) or its commit (which is lost). Only
    one Baton works at a time, so whichever comes to the edge is the one that was meant.
    """

    def __init__(self) -> None:
        self._edges_left: int | None = None
        self._held: Held | None = None
        self._before = ""

    @contextmanager
    def kill_at(self, edge: int) -> Iterator[None]:
        """The work inside dies at its *edge*-th edge; 0 is never. What dies raises Killed."""
        self._edges_left = edge or None
        try:
            yield
        finally:
            self._edges_left = None

    def hold_at(self, begin: int) -> Held:
        """The next work falls asleep before its *begin*-th transaction, where it holds no lock."""
        self._held, self._before = Held(), ""
        self._edges_left = begin
        return self._held

    def hold_before(self, statement: str) -> Held:
        """The next work falls asleep before it sends a statement that begins like that."""
        self._held, self._before = Held(), statement
        return self._held

    def off(self) -> None:
        """Nothing strikes any more."""
        self._edges_left, self._held, self._before = None, None, ""

    def begins(self, _connection: Any) -> None:
        """A transaction begins."""
        self._edge(commit=False)

    def commits(self, _connection: Any) -> None:
        """A transaction is about to be committed."""
        self._edge(commit=True)

    def sends(self, _connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        """A statement is about to be sent."""
        if self._held is not None and self._before and statement.startswith(self._before):
            held, self._held = self._held, None
            held.sleep()

    def _edge(self, *, commit: bool) -> None:
        if self._edges_left is None or (self._held is not None and commit):
            return
        self._edges_left -= 1
        if self._edges_left > 0:
            return
        self._edges_left = None
        if self._held is None:
            raise Killed
        held, self._held = self._held, None
        held.sleep()


@contextmanager
def watching(fate: Fate) -> Iterator[None]:
    """Tell *fate* of every transaction of this process."""
    ears = (("begin", fate.begins), ("commit", fate.commits), ("before_cursor_execute", fate.sends))
    for name, ear in ears:
        event.listen(Engine, name, ear)
    try:
        yield
    finally:
        for name, ear in ears:
            event.remove(Engine, name, ear)
