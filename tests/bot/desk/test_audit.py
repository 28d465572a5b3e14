"""The audit: whoever changes, deletes, reorders or cuts off what was logged is found, whatever they changed."""

import tracemalloc
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, event, func, insert, select, text, update
from sqlmodel import SQLModel

from bot.desk import answer, audit, govern, remind, taking_back
from bot.desk.audit import Audit
from scoring.dispositions import Disposition
from storage import audit as anchors_of
from storage import chain, contracts
from tests.bot.desk.shift import Shift
from tests.world import ADA

SECRET = b"the tests' secret"
MINUTE = timedelta(minutes=1)
TABLES = SQLModel.metadata.tables
LOG, ANCHORS, HANDOFFS = TABLES["transition"], TABLES["anchor"], TABLES["handoff"]


def lead(n: int) -> dict[str, Any]:
    return ADA | {"email": f"ada@company{n}.example"}


def minute(shift: Shift) -> None:
    """A minute passes, and what is due is decided."""
    shift.clock.advance(MINUTE)
    while remind.remind(shift.desk):
        pass


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database; the same on PostgreSQL takes its time."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def told(either_shift: Shift) -> Shift:
    """Three hand-offs with eight lines between them, and three anchors."""
    shift = either_shift
    shift.desk.secret = SECRET
    with shift.desk.database.writing() as session:
        assert audit.know_secret(session, SECRET) == []
    first, second = shift.demo(lead(1)), shift.demo(lead(2))
    minute(shift)
    answer.accept(shift.desk, first, "U0ANN")
    answer.touch(shift.desk, first, "U0ANN", shift.tried("U0ANN"))
    answer.accept(shift.desk, second, "U0BOB")
    minute(shift)
    taking_back.undo(shift.desk, second, "U0BOB")
    answer.end(shift.desk, shift.demo(lead(3)), "U0ANN", Disposition("not_fit.size"))
    minute(shift)
    return shift


def others(shift: Shift) -> Engine:
    """Somebody else's way into the database, without our rules: no foreign keys are checked."""
    url = shift.desk.database.url
    engine = create_engine(url)
    if not shift.desk.database.sqlite:

        @event.listens_for(engine, "connect")
        def _careless(connection: Any, _record: Any) -> None:
            connection.execute("SET session_replication_role = replica")
            connection.commit()

    return engine


def tamper(shift: Shift, *statements: Any) -> None:
    engine = others(shift)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement) if isinstance(statement, str) else statement)
    engine.dispose()


def found(shift: Shift, kept: str | None = None) -> list[str]:
    return [each.sentence for each in audit.verify(shift.desk, kept).findings]


def rows(shift: Shift, table: Any) -> int:
    with shift.desk.database.reading() as session:
        return int(session.execute(select(func.count()).select_from(table)).scalar_one())


def test_a_log_that_nobody_changed_is_right_and_the_newest_digest_is_told(told: Shift) -> None:
    seen = audit.verify(told.desk)

    assert (seen.found, seen.notes, seen.handoffs, seen.lines, seen.anchors) == (0, [], 3, 8, 3)
    assert (seen.fresh, seen.unlinked) == (0, 0)
    assert seen.newest is not None
    assert seen.newest.id == 3
    assert len(seen.newest.digest) == 64


def test_a_minute_in_which_nothing_moved_leaves_no_anchor(told: Shift) -> None:
    minute(told)
    minute(told)
    assert rows(told, ANCHORS) == 3

    answer.accept(told.desk, 2, "U0BOB")
    assert audit.verify(told.desk).fresh == 1
    minute(told)
    assert rows(told, ANCHORS) == 4
    assert audit.verify(told.desk).fresh == 0


def test_more_heads_than_one_anchor_holds_are_taken_by_several_at_once(shift: Shift) -> None:
    shift.desk.secret = SECRET
    shift.arrive(*[shift.event("demo_request", lead(n)) for n in range(900)])
    shift.arrive(*[shift.event("demo_request", lead(n)) for n in range(900, 1_100)])
    minute(shift)

    assert rows(shift, ANCHORS) == 2
    seen = audit.verify(shift.desk)
    assert (seen.found, seen.handoffs, seen.fresh) == (0, 1_100, 0)


def test_a_hand_off_that_is_being_changed_is_taken_by_the_next_anchor(postgres_shift: Shift) -> None:
    shift = postgres_shift
    shift.desk.secret = SECRET
    shift.demo(lead(1))
    shift.demo(lead(2))
    with shift.desk.database.writing() as changing:
        changing.execute(update(HANDOFFS).where(HANDOFFS.c.id == 1).values(tier="high"))
        minute(shift)
        assert audit.verify(shift.desk).fresh == 1
    minute(shift)

    seen = audit.verify(shift.desk)
    assert (seen.found, seen.fresh, seen.anchors) == (0, 0, 2)


def test_of_several_replicas_one_anchors(shifts: Callable[..., Shift], postgres_url: str) -> None:
    first, second = shifts(postgres_url), shifts(postgres_url)
    first.desk.secret = second.desk.secret = SECRET
    first.demo(lead(1))
    first.clock.advance(MINUTE)
    second.clock.advance(MINUTE)
    while remind.remind(first.desk) or remind.remind(second.desk):
        pass

    seen = audit.verify(first.desk)
    assert (seen.found, seen.anchors) == (0, 1)


# -- the log ------------------------------------------------------------------------------------------

FLIPS = (
    ("n", "9"), ("at", "'2026-11-23 09:00:07'"), ("action", "'reject'"), ("to_stage", "'won'"),
    ("owner", "'U0EVE'"), ("actor", "'U0EVE'"), ("source", "'cli'"), ("reason", "'spam'"), ("undoes", "7"),
    ("from_stage", "'sql'"), ("salt", "'00'"), ("link", "'00'"), ("salt", "NULL"), ("link", "NULL"),
)  # fmt: skip


@pytest.mark.parametrize(("column", "value"), FLIPS)
def test_whatever_is_changed_in_a_line_is_found(told: Shift, column: str, value: str) -> None:
    tamper(told, f"UPDATE transition SET {column} = {value} WHERE handoff_id = 1 AND n = 2")

    seen = audit.verify(told.desk)
    assert seen.found
    assert (1, 2) in {(each.handoff, each.number) for each in seen.findings}


def test_any_one_change_to_any_line_is_found(told: Shift) -> None:
    with told.desk.database.reading() as session:
        before = [dict(row._mapping) for row in session.execute(select(LOG))]

    @settings(max_examples=25)
    @given(st.sampled_from(before), st.sampled_from(FLIPS))
    def run(line: dict[str, Any], flip: tuple[str, str]) -> None:
        column, value = flip
        told_as = "NULL" if line[column] is None else f"'{line[column]}'"
        if value == told_as:
            return
        tamper(told, f"UPDATE transition SET {column} = {value} WHERE id = {line['id']}")
        try:
            assert line["handoff_id"] in {each.handoff for each in audit.verify(told.desk).findings}
        finally:
            tamper(told, update(LOG).where(LOG.c.id == line["id"]).values(**line))

    run()
    assert found(told) == []


def test_a_line_that_was_deleted_is_found_wherever_it_stood(told: Shift) -> None:
    for n, words in (
        (1, "line 1 is missing"),
        (2, "line 2 is missing"),
        (3, "line 3 is missing from the end"),
    ):
        with told.desk.database.reading() as session:
            line = dict(
                session.execute(select(LOG).where(LOG.c.handoff_id == 1, LOG.c.n == n)).one()._mapping
            )
        tamper(told, f"DELETE FROM transition WHERE handoff_id = 1 AND n = {n}")
        assert any(words in sentence for sentence in found(told)), found(told)
        anchored = any("from the log; anchor" in sentence for sentence in found(told))
        assert anchored == (n != 2), "an anchor saw lines 1 and 3"
        tamper(told, insert(LOG).values(**line))
    assert found(told) == []


def test_lines_in_another_order_are_found(told: Shift) -> None:
    tamper(
        told,
        "UPDATE transition SET n = 99 WHERE handoff_id = 1 AND n = 2",
        "UPDATE transition SET n = 2 WHERE handoff_id = 1 AND n = 3",
        "UPDATE transition SET n = 3 WHERE handoff_id = 1 AND n = 99",
    )
    assert {(1, 2), (1, 3)} <= {(each.handoff, each.number) for each in audit.verify(told.desk).findings}


def test_a_line_that_moved_to_another_hand_off_is_found(told: Shift) -> None:
    tamper(told, "UPDATE transition SET handoff_id = 3, n = 3 WHERE handoff_id = 2 AND n = 3")
    assert {2, 3} <= {each.handoff for each in audit.verify(told.desk).findings}


def test_an_added_line_is_found(told: Shift) -> None:
    with told.desk.database.reading() as session:
        last = dict(session.execute(select(LOG).where(LOG.c.handoff_id == 1, LOG.c.n == 3)).one()._mapping)
    tamper(told, insert(LOG).values(**{**last, "id": 1000, "n": 4}))
    assert any("Hand-off 1, line 4 is not as it was written" in sentence for sentence in found(told))


def rechained(shift: Shift) -> None:
    """Hand-off 1 gets another owner by somebody who can compute the chain: links, head and all."""
    with shift.desk.database.reading() as session:
        lines = [
            dict(r._mapping)
            for r in session.execute(select(LOG).where(LOG.c.handoff_id == 1).order_by(LOG.c.n))
        ]
    link = None
    for line in lines:
        line["owner"] = line["owner"] and "U0EVE"
        link = line["link"] = chain.link(link, line)
    changes = [update(LOG).where(LOG.c.id == line["id"]).values(**line) for line in lines]
    tamper(shift, *changes, f"UPDATE handoff SET owner = 'U0EVE', head = '{link}' WHERE id = 1")


def test_who_computes_the_chain_anew_is_found_by_the_anchors(told: Shift) -> None:
    rechained(told)
    assert [sentence for sentence in found(told) if "is not the one that anchor" in sentence]
    assert not [sentence for sentence in found(told) if "is not as it was written" in sentence]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("n = 2", "does not stand at the last line"),
        ("n = 4", "line 4 is missing from the end"),
        ("head = '00'", "does not stand at the last line"),
        ("head = NULL", "does not stand at the last line"),
        ("stage = 'won'", "another stage or owner"),
        ("owner = 'U0EVE'", "another stage or owner"),
        ("anchored_n = 2", "says that an anchor saw its line 2"),
        ("anchored_n = 0", "says that an anchor saw its line 0"),
    ],
)
def test_whatever_is_changed_in_a_hand_offs_row_about_its_log_is_found(
    told: Shift, change: str, words: str
) -> None:
    tamper(told, f"UPDATE handoff SET {change} WHERE id = 1")
    assert any("Hand-off 1" in sentence and words in sentence for sentence in found(told)), found(told)


def test_a_hand_off_that_was_deleted_is_found_with_or_without_its_log(told: Shift) -> None:
    tamper(told, "DELETE FROM handoff WHERE id = 1")
    assert "Hand-off 1 is missing, but 3 lines of its log are there" in " ".join(found(told))
    tamper(told, "DELETE FROM transition WHERE handoff_id = 1")
    assert any("of hand-off 1 is missing from the log; anchor" in sentence for sentence in found(told))


def test_a_log_that_was_deleted_whole_is_found(told: Shift) -> None:
    tamper(told, "DELETE FROM transition WHERE handoff_id = 1")
    assert any("Hand-off 1 has no log" in sentence for sentence in found(told))


def test_a_time_that_is_none_is_found_rather_than_raised(
    shifts: Callable[..., Shift], sqlite_url: str
) -> None:
    shift = shifts(sqlite_url)
    shift.demo()
    tamper(shift, "UPDATE transition SET at = 'yesterday'")
    assert "cannot be read" in " ".join(found(shift))


# -- anchors ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id_", [1, 2, 3])
@pytest.mark.parametrize(
    "change",
    [
        "digest = '00'",
        "at = '2026-11-23 09:00:07'",
        "heads = '[]'",
        "heads = '[[1, 1, null]]'",
        "heads = '[7]'",
    ],
)
def test_whatever_is_changed_in_an_anchor_is_found(told: Shift, id_: int, change: str) -> None:
    tamper(told, f"UPDATE anchor SET {change} WHERE id = {id_}")
    assert any(f"Anchor {id_} is not as it was written" in sentence for sentence in found(told)), found(told)


MISSING = [(1, "Anchor 1 is missing"), (2, "Anchor 2 is missing"), (3, "the anchors end at line")]


@pytest.mark.parametrize(("id_", "words"), MISSING)
def test_an_anchor_that_was_deleted_is_found(told: Shift, id_: int, words: str) -> None:
    tamper(told, f"DELETE FROM anchor WHERE id = {id_}")
    assert any(words in sentence for sentence in found(told)), found(told)


def test_anchors_in_another_order_are_found(told: Shift) -> None:
    tamper(
        told,
        "UPDATE anchor SET id = 99 WHERE id = 1",
        "UPDATE anchor SET id = 1 WHERE id = 2",
        "UPDATE anchor SET id = 2 WHERE id = 99",
    )
    assert [each.anchor for each in audit.verify(told.desk).findings if each.handoff is None] == [1, 2, 3]


def test_a_digest_that_was_kept_tells_of_an_end_that_was_cut_off(told: Shift) -> None:
    newest = audit.verify(told.desk).newest
    assert newest is not None
    assert found(told, newest.digest) == []
    minute(told)
    answer.accept(told.desk, 2, "U0BOB")
    minute(told)
    assert found(told, newest.digest) == [], "a later anchor does not make it wrong"

    tamper(told, "DELETE FROM anchor", "UPDATE handoff SET anchored_n = 0")

    assert found(told) == [], "from the database alone nobody can tell"
    assert any("is not there any more" in sentence for sentence in found(told, newest.digest))


# -- the secret ----------------------------------------------------------------------------------------


def verified_with(shift: Shift, secret: bytes) -> Audit:
    shift.desk.secret = secret
    return audit.verify(shift.desk)


def test_without_the_secret_the_log_is_checked_and_the_anchors_digests_are_not(told: Shift) -> None:
    seen = verified_with(told, b"")
    assert (seen.found, seen.lines) == (0, 8)
    assert "that needs BATON_SECRET" in seen.notes[0]
    rechained(told)
    assert verified_with(told, b"").found, "the heads are compared all the same"


def test_another_secret_is_told_apart_from_tampering(told: Shift) -> None:
    seen = verified_with(told, b"another")
    assert [each.sentence for each in seen.findings] == [
        "BATON_SECRET is not the one the anchors were made with, so their digests were not checked. "
        "Set the former one and verify again."
    ]
    tamper(told, "DELETE FROM setting WHERE key = 'secret_fingerprint'")
    unsure = verified_with(told, b"another")
    assert unsure.found == 1
    assert "likely BATON_SECRET is not the one" in unsure.findings[0].sentence
    assert verified_with(told, SECRET).found == 0


def test_a_start_with_another_secret_is_told(told: Shift) -> None:
    files = govern.Files("", "")
    with told.desk.database.reading() as session:
        definition, team = contracts.current_definition(session), contracts.current_team(session)
    assert definition is not None
    assert team is not None
    files = govern.Files(definition.text, team.text)
    assert govern.first_start(told.desk, files) == []
    told.desk.secret = b"another"
    assert (
        "BATON_SECRET is not the one this database was begun with" in govern.first_start(told.desk, files)[0]
    )


# -- from before the chain, and much of it -----------------------------------------------------------


def test_lines_from_before_the_chain_need_no_link_and_later_ones_do(told: Shift) -> None:
    tamper(told, "DELETE FROM anchor", "UPDATE handoff SET anchored_n = 0, head = NULL")
    tamper(told, "UPDATE transition SET link = NULL, salt = NULL")
    assert len(found(told)) == 8
    with told.desk.database.writing() as session:
        contracts.remember(session, "chained_after", "8")
    assert (audit.verify(told.desk).found, audit.verify(told.desk).unlinked) == (0, 8)

    answer.accept(told.desk, 2, "U0BOB")
    minute(told)
    seen = audit.verify(told.desk)
    assert (seen.found, seen.lines, seen.unlinked, seen.fresh) == (0, 9, 8, 0)
    tamper(told, "UPDATE transition SET owner = 'U0EVE' WHERE handoff_id = 2 AND n = 4")
    assert any("Hand-off 2, line 4 is not as it was written" in sentence for sentence in found(told))


def test_an_audit_sees_one_moment_while_others_go_on_pressing(told: Shift) -> None:
    with anchors_of.snapshot(told.desk.database) as session:
        stream = anchors_of.lines(session)
        first = next(stream)
        answer.accept(told.desk, 2, "U0BOB")
        assert [row.n for row in [first, *stream] if row.handoff == 2] == [1, 2, 3]
    assert found(told) == []


@pytest.mark.slow
def test_an_audit_of_a_long_log_takes_little_memory(shift: Shift) -> None:
    shift.demo(lead(1))
    link, lines = None, []
    for n in range(1, 20_001):
        line = dict.fromkeys(chain.FIELDS) | {"handoff_id": 1, "n": n, "at": shift.now, "salt": "s"}
        line |= {"action": "raise", "from_stage": "mql" if n > 1 else None, "to_stage": "mql", "source": "x"}
        link = line["link"] = chain.link(link, line)
        lines.append(line)
    tamper(shift, "DELETE FROM transition")
    with shift.desk.database.writing() as session:
        session.connection().execute(insert(LOG), lines)
        session.connection().execute(update(HANDOFFS).values(n=20_000, head=link, owner=None))
    del lines
    tracemalloc.start()
    seen = audit.verify(shift.desk)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (seen.found, seen.lines) == (0, 20_000)
    assert peak < 8_000_000, f"{peak:,} bytes for 20,000 lines"
