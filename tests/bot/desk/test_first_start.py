"""The first start stores the two files as version 1; afterwards the database holds the truth."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from bot.clock import MovableClock
from bot.desk import govern
from bot.desk.desk import Desk, open_database
from bot.desk.govern import Files
from storage import contracts
from tests.bot.desk.shift import Shift
from tests.world import DEFINITION, MONDAY_9, TEAM

CHANGED = DEFINITION.replace("threshold: 50", "threshold: 70")


def versions(shift: Shift) -> tuple[int, int]:
    with shift.desk.database.reading() as session:
        definition, team = contracts.current_definition(session), contracts.current_team(session)
        assert definition is not None
        assert team is not None
        return definition.version, team.version


def test_the_first_start_stores_version_1_of_both_files(either_shift: Shift) -> None:
    assert versions(either_shift) == (1, 1)
    with either_shift.desk.database.reading() as session:
        agreed = either_shift.desk.agreed(session)
        stored = contracts.current_definition(session)
    assert agreed.live
    assert not agreed.signed
    assert stored is not None
    assert stored.text == DEFINITION


def test_a_second_start_with_the_same_files_stores_and_says_nothing(either_shift: Shift) -> None:
    same = Files(DEFINITION.replace("\n", "\r\n"), TEAM + "  \n\n")
    assert govern.first_start(either_shift.desk, same) == []
    assert versions(either_shift) == (1, 1)


def test_a_changed_definition_is_reported_and_the_stored_one_counts(either_shift: Shift) -> None:
    said = govern.first_start(either_shift.desk, Files(CHANGED, TEAM))

    assert len(said) == 1
    assert "definition file differs from the stored version 1" in said[0]
    assert versions(either_shift) == (1, 1)
    either_shift.arrive(either_shift.event("pricing_page"), either_shift.event("webinar"))
    assert either_shift.newest() == 1, "65 points are over the stored 50"


def test_a_changed_team_is_reported_and_the_stored_one_counts(shift: Shift) -> None:
    said = govern.first_start(shift.desk, Files(DEFINITION, TEAM.replace("C0EMEA", "C0OTHER")))

    assert len(said) == 1
    assert "team file differs" in said[0]
    assert "An admin decides in Slack" in said[0]
    shift.demo()
    assert shift.handoff(1).channel == "C0EMEA"


def test_changing_live_in_the_file_later_does_not_switch_shadow_on_or_off(shift: Shift) -> None:
    said = govern.first_start(shift.desk, Files(DEFINITION, "live: false\n" + TEAM))
    assert len(said) == 1
    shift.demo()
    assert shift.newest() == 1


def test_two_batons_that_start_at_once_store_version_1_once(postgres_url: str) -> None:
    clock = MovableClock(MONDAY_9, running=False)
    desks = [Desk(open_database(postgres_url, "serve"), clock) for _ in range(4)]
    gate = Barrier(len(desks))

    def start(desk: Desk) -> list[str]:
        gate.wait()
        return govern.first_start(desk, Files(DEFINITION, TEAM))

    with ThreadPoolExecutor(len(desks)) as pool:
        assert list(pool.map(start, desks)) == [[]] * len(desks)
    assert versions(Shift(desks[0], clock)) == (1, 1)
    for desk in desks:
        desk.database.close()
