"""The definition's and the team's versions, and the small facts about an installation."""

from datetime import UTC, datetime

from sqlalchemy import update

from storage import contracts
from storage.engine import Database
from storage.tables import DefinitionRow

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)


def test_the_newest_version_counts_and_older_ones_stay_readable(database: Database) -> None:
    with database.writing() as session:
        assert contracts.current_definition(session) is None
        assert contracts.current_team(session) is None
        contracts.add_definition(session, "one", AT)
        contracts.add_definition(session, "two", AT)

    with database.reading() as session:
        newest = contracts.current_definition(session)
        first = contracts.definition_version(session, 1)
        assert newest is not None
        assert first is not None
        assert (newest.version, newest.text, first.text) == (2, "two", "one")
        assert contracts.definition_version(session, 3) is None


def test_a_definition_is_signed_once_both_sides_have(database: Database) -> None:
    def signed() -> bool:
        with database.reading() as session:
            found = contracts.definition_version(session, 1)
            assert found is not None
            return found.signed

    with database.writing() as session:
        contracts.add_definition(session, "one", AT)
    assert not signed()
    with database.writing() as session:
        session.execute(update(DefinitionRow).values(signed_marketing_at=AT))
    assert not signed()
    with database.writing() as session:
        session.execute(update(DefinitionRow).values(signed_sales_at=AT))
    assert signed()


def test_the_team_says_whether_it_is_live_and_who_made_it_so(database: Database) -> None:
    with database.writing() as session:
        contracts.add_team(session, "team", live=False, at=AT)
        contracts.add_team(session, "team", live=True, at=AT, by="U0ADA")

    with database.reading() as session:
        team = contracts.current_team(session)
        assert team is not None
        assert (team.version, team.live) == (2, True)


def test_a_files_fingerprint_ignores_line_ends_and_trailing_blanks_and_nothing_else() -> None:
    assert contracts.digest("a: 1\nb: 2\n") == contracts.digest("a: 1  \r\nb: 2")
    assert contracts.digest("a: 1\nb: 2\n") != contracts.digest("a: 1\nb: 3\n")
    assert contracts.digest("a:\n  b: 2\n") != contracts.digest("a:\nb: 2\n")


def test_a_fact_remembered_twice_is_the_newer_one(database: Database) -> None:
    with database.writing() as session:
        contracts.remember(session, "slack_team_id", "T1")
        contracts.remember(session, "slack_team_id", "T2")

    with database.reading() as session:
        assert dict(contracts.settings(session)) == {"slack_team_id": "T2"}
