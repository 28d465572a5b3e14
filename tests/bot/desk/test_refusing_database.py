"""A database that refuses rows for good: the request fails, in a moment, and nothing is kept of it."""

import pytest
from sqlalchemy.exc import IntegrityError

from tests.bot.desk.shift import Shift
from tests.bot.desk.watch import rows, run
from tests.world import ADA


def test_a_request_whose_rows_are_refused_fails_and_is_not_tried_for_ever(shift: Shift) -> None:
    for table in ("lead", "activity"):
        refuse = f"CREATE TRIGGER no_{table} BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'no'); END"
        run(shift, refuse)

        with pytest.raises(IntegrityError):
            shift.arrive(shift.event("demo_request", ADA | {"email": f"{table}@engines.example"}))
        run(shift, f"DROP TRIGGER no_{table}")

    assert rows(shift, "SELECT count(*) FROM lead") == [(0,)]
    shift.arrive(shift.event("demo_request"))
    assert shift.newest() == 1
