"""What SQLAlchemy compiled for one test's database serves the next: a quarter of a test's time would go into that.

A Baton compiles each statement once in its life; a test's lives for a second.
"""

from typing import Any

from sqlalchemy import Connection, Engine, event


class _Shared(dict[tuple[Any, ...], Any]):
    """Compiled statements by the dialect's name and driver rather than by an engine's own dialect."""

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get(_of_any_engine(key), default)

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        super().__setitem__(_of_any_engine(key), compiled)


def _of_any_engine(key: tuple[Any, ...]) -> tuple[Any, ...]:
    dialect, *statement = key
    return dialect.name, dialect.driver, *statement


def share() -> None:
    """From here on all engines of this process share what they compile."""
    cache = _Shared()

    def with_it(connection: Connection) -> None:
        connection.execution_options(compiled_cache=cache)

    event.listen(Engine, "engine_connect", with_it)
