"""One PostgreSQL database for many tests, emptied before each: cheaper than cloning one a test."""

import atexit
from functools import cache

from sqlalchemy import Engine, create_engine, text

from storage import schema
from tests import postgres

_EMPTY = """
DO $$
DECLARE name text;
BEGIN
  SET LOCAL session_replication_role = replica;
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
    EXECUTE format('DELETE FROM %I', name);
  END LOOP;
  PERFORM setval(format('%I', sequencename)::regclass, start_value, false)
    FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL;
END $$
"""
"""DELETE, because TRUNCATE makes new files for every table and index; without triggers, so in any order."""


@cache
def _name() -> str:
    name = postgres.fresh()
    atexit.register(lambda: postgres.drop(name))
    return name


@cache
def _engine() -> Engine:
    engine = create_engine(
        postgres.url_of(_name()),
        isolation_level="AUTOCOMMIT",
        connect_args={"options": "-c lock_timeout=10000 -c synchronous_commit=off"},
    )
    atexit.register(engine.dispose)
    return engine


def emptied() -> str:
    """The URL of a migrated database without a row, its ids beginning at 1."""
    with _engine().connect() as connection:
        connection.execute(text(_EMPTY))
        connection.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": schema.newest()})
    return postgres.url_of(_name())
