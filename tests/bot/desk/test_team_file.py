"""A changed team file: shown to the admins once, as a diff; taken or not; and no replica asks twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from bot.clock import MovableClock
from bot.desk import answer, govern, team, team_file
from bot.desk.desk import Desk, open_database
from bot.desk.govern import Files
from bot.desk.team import Filling
from scoring.stages import Refused
from storage import contracts
from storage.tables import OfferedFileRow
from tests.bot.desk.shift import Shift, refusal
from tests.world import ADA, DEFINITION, MONDAY_9, TEAM, World

CHANGED = TEAM.replace(
    "U0BOB: {name: Bob, role: sdr}", 'U0BOB: {name: Bob, role: sdr, hours: {mon-fri: "12:00-17:00"}}'
)
OTHER = TEAM.replace("name: Cat", "name: Cathy")
SHORT = contracts.digest(CHANGED)[: team_file.SHORT]


def start(shift: Shift, team_text: str) -> list[str]:
    """Serve is started with this team file."""
    return govern.first_start(shift.desk, Files(DEFINITION, team_text))


def asked(shift: Shift) -> list[str]:
    """The digests the admins were asked about, in order."""
    bodies = [letter.body for letter in shift.letters("notice")]
    return [body["digest"] for body in bodies if body["view"] == "team_file"]


def weight(shift: Shift, value: str) -> None:
    """Max edits the team in Slack."""
    team.edit_person(shift.desk, "U0MAX", "U0ANN", Filling(1, {"weight": value}))


def test_a_changed_file_is_offered_once_however_often_serve_starts(either_shift: Shift) -> None:
    for _ in range(3):
        said = start(either_shift, CHANGED)

    assert asked(either_shift) == [contracts.digest(CHANGED)]
    assert "An admin decides in Slack whether it is taken" in said[0]


def test_a_file_nobody_touched_is_not_offered_after_an_edit_in_slack(either_shift: Shift) -> None:
    weight(either_shift, "2")

    said = start(either_shift, TEAM + "\n\n")

    assert asked(either_shift) == []
    assert "differs from the stored version 2" in said[0]
    assert "/mql team" in said[0]
    assert "differs" in govern.changed_files(either_shift.desk.database, Files(DEFINITION, TEAM))[0]


def test_the_next_change_of_the_file_is_offered_again(either_shift: Shift) -> None:
    start(either_shift, CHANGED)
    team_file.keep(either_shift.desk, "U0ADA", SHORT)
    start(either_shift, CHANGED)
    start(either_shift, OTHER)
    start(either_shift, TEAM)
    either_shift.clock.advance(timedelta(hours=1))
    start(either_shift, CHANGED)

    changed, other = contracts.digest(CHANGED), contracts.digest(OTHER)
    assert asked(either_shift) == [changed, other, changed]


def test_taking_the_file_makes_it_the_team_and_recomputes_clocks(either_shift: Shift) -> None:
    shift = either_shift
    shift.demo()
    answer.accept(shift.desk, 1, "U0BOB")
    start(shift, CHANGED)

    team_file.take(shift.desk, "U0ADA", SHORT)

    assert shift.handoff().due_at == MONDAY_9 + timedelta(hours=4)
    assert start(shift, CHANGED) == []
    assert shift.letters("notice")[-1].body["what"] == "took the changed team file."
    with shift.desk.database.reading() as session:
        (row,) = session.scalars(select(OfferedFileRow)).all()
        stored = contracts.current_team(session)
    assert (row.decided_by, row.taken, stored and stored.text) == ("U0ADA", True, CHANGED)


def test_keeping_is_told_and_changes_nothing(either_shift: Shift) -> None:
    start(either_shift, CHANGED)

    team_file.keep(either_shift.desk, "U0ADA", SHORT)

    body = either_shift.letters("notice")[-1].body
    assert (body["by"], body["what"]) == (
        "Ada",
        "kept the stored team, version 1; the changed file is not taken.",
    )
    assert team.team(either_shift.desk, "U0ADA").version == 1
    said = refusal(team_file.take, either_shift.desk, "U0ADA", SHORT)
    assert said == "<@U0ADA> kept the stored team already, so nothing was changed."


@pytest.mark.parametrize("user", ["U0ANN", "U0MAX", "U0EVE"])
def test_only_an_admin_decides(shift: Shift, user: str) -> None:
    start(shift, CHANGED)

    for decide in (team_file.take, team_file.keep):
        with pytest.raises(Refused):
            decide(shift.desk, user, SHORT)
        with pytest.raises(Refused, match="does not know this file"):
            decide(shift.desk, "U0ADA", "0123456789ab")
        for forged in ("", "%", "_" * 12, "x", SHORT[:11]):
            with pytest.raises(Refused, match="does not know this file"):
                decide(shift.desk, "U0ADA", forged)
    assert team.team(shift.desk, "U0ADA").version == 1


def test_two_admins_decide_at_once_and_one_of_them_is_told_who_was_first(postgres_shift: Shift) -> None:
    start(postgres_shift, CHANGED)
    gate = Barrier(2)

    def decide(how: int) -> str:
        gate.wait()
        try:
            (team_file.take, team_file.keep)[how](postgres_shift.desk, "U0ADA", SHORT)
        except Refused as refused:
            return refused.sentence
        return "done"

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(decide, range(2)))

    assert said[1] == "done"
    assert "already" in said[0]


def test_replicas_that_start_together_ask_once(postgres_shift: Shift, postgres_url: str) -> None:
    desks = [
        Desk(open_database(postgres_url, "serve"), MovableClock(MONDAY_9, running=False)) for _ in range(4)
    ]
    gate = Barrier(len(desks))

    def begin(desk: Desk) -> None:
        gate.wait()
        govern.first_start(desk, Files(DEFINITION, CHANGED))

    with ThreadPoolExecutor(len(desks)) as pool:
        list(pool.map(begin, desks))
    for desk in desks:
        desk.database.close()
    assert asked(postgres_shift) == [contracts.digest(CHANGED)]


def restarted(world: World, text: str) -> None:
    """Serve is restarted with this team file; the admins' message arrives."""
    govern.first_start(world.baton.desk, Files(DEFINITION, text))
    world.deliver()


def test_the_admins_read_the_difference_and_take_it_with_one_press(either_world: World) -> None:
    world = either_world
    world.send(world.event("demo_request", ADA))
    restarted(world, CHANGED)

    message = world.slack.messages("C0OPS")[-1]
    said = message.plain()
    assert "1 lines added, 1 removed against the stored version 1" in said
    assert "-  U0BOB: {name: Bob, role: sdr}" in said
    assert '+  U0BOB: {name: Bob, role: sdr, hours: {mon-fri: "12:00-17:00"}}' in said
    assert "Lovelace" not in said

    world.press("U0MAX", "take_team_file", channel="C0OPS")
    assert "Only an admin" in world.whispered("U0MAX")[-1]
    world.press("U0ADA", "take_team_file", channel="C0OPS")

    assert world.slack.messages("C0OPS")[-1].plain() == "👥 Ada took the changed team file."
    assert "mon–fri 12:00–17:00" in world.ask("U0ANN", "team")
    world.press("U0ADA", "keep_team_file", channel="C0OPS")
    assert "took it already" in world.whispered("U0ADA")[-1]
    assert world.slack.complaints == []


def test_a_file_that_was_rewritten_is_cut_to_what_slack_takes(world: World) -> None:
    people = "".join(f'  U0P{n}: {{name: "Somebody {n}", role: sdr, weight: 2}}\n' for n in range(600))
    restarted(world, TEAM + people)

    assert "600 lines added, 0 removed" in world.slack.messages("C0OPS")[-1].plain()
    assert "more lines do not fit here" in world.slack.messages("C0OPS")[-1].plain()
    assert world.slack.complaints == []
