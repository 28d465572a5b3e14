"""One PostgreSQL database for many tests, emptied before each: cheaper than cloning one a test."""

import atexit
from functools import cache

from sqlalchemy import Engine, create_engine, text
from sqlmodel import SQLModel

from storage import schema
from tests import postgres


@cache
def _name() -> str:
    name = postgres.fresh()
    atexit.register(lambda: postgres.drop(name))
    return name


@cache
def _engine() -> Engine:
    engine = create_engine(postgres.url_of(_name()), isolation_level="AUTOCOMMIT")
    atexit.register(engine.dispose)
    return engine


def emptied() -> str:
    """The URL of a migrated database without a row, its ids beginning at 1."""
    tables = ", ".join(f'"{name}"' for name in SQLModel.metadata.tables)
    with _engine().connect() as connection:
        connection.execute(text("SET lock_timeout = '10s'"))
        connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
        connection.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": schema.newest()})
    return postgres.url_of(_name())
