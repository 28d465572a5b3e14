"""The team is edited while leads are open: due times, pools, nudges; two editors; two replicas; who may."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlmodel import col

from bot.desk import answer, govern, remind, team
from bot.desk.bench import Mistaken
from bot.desk.desk import Desk, open_database
from bot.desk.team import Filling
from scoring.stages import Refused
from scoring.team import Team
from scoring.worktime import WorkCalendar
from storage import contracts, moves
from storage.moves import Move
from storage.tables import NoticeRow, OccurrenceRow, TeamRow
from tests.bot.desk.shift import Shift, raise_shift, refusal
from tests.world import ADA, MONDAY_9, TEAM

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SECOND = timedelta(seconds=1)
GRACE = ADA | {"email": "grace@compilers.example", "first_name": "Grace"}
INDIA = {"timezone": "Asia/Kolkata", "hours": "mon-sat 09:30-13:00, 14:00-18:30", "holidays": "none"}
SHADOW = "live: false\n" + TEAM


def fill(shift: Shift, **given: str) -> Filling:
    """A form as it is sent, opened just now."""
    return Filling(team.team(shift.desk, "U0MAX").version, given)


def person(shift: Shift, whom: str, **given: str) -> None:
    """Max changes somebody."""
    team.edit_person(shift.desk, "U0MAX", whom, fill(shift, **given))


def segment(shift: Shift, name: str, **given: str) -> None:
    """Max changes a segment."""
    team.edit_segment(shift.desk, "U0MAX", name, fill(shift, **given))


def of(shift: Shift) -> Team:
    """The team in force."""
    return team.team(shift.desk, "U0MAX").team


def versions(shift: Shift) -> list[TeamRow]:
    """Every version of the team, oldest first."""
    with shift.desk.database.reading() as session:
        return list(session.scalars(select(TeamRow).order_by(col(TeamRow.version))))


def occurrences(shift: Shift) -> list[tuple[str, str | None, dict[str, object]]]:
    """What was noted beside the hand-offs' log."""
    with shift.desk.database.reading() as session:
        rows = session.scalars(select(OccurrenceRow).order_by(col(OccurrenceRow.id)))
        return [(row.action, row.actor, row.detail) for row in rows]


def working_until(calendars: list[tuple[datetime, WorkCalendar]], needed: timedelta) -> datetime:
    """The moment by which *needed* is worked, counted second by second of what the wall clock shows.

    From each moment of *calendars* on that calendar counts.
    """
    at, worked = calendars[0][0], timedelta(0)
    while worked < needed:
        calendar = [each for since, each in calendars if since <= at][-1]
        local = at.astimezone(calendar.zone)
        second = local.hour * 3600 + local.minute * 60 + local.second
        worked += (
            60 * SECOND if any(o <= second < c for o, c in calendar.week[local.weekday()]) else timedelta(0)
        )
        at += MINUTE
    return at


# -- clocks -----------------------------------------------------------------------------------------------


def test_the_time_already_used_is_carried_over_and_the_rest_is_computed_anew(either_shift: Shift) -> None:
    """ "A change of the team or an owner recomputes open due times from the working time already used," """
    shift = either_shift
    shift.arrive(shift.event("pricing_page"), shift.event("webinar"))  # 8 working hours
    answer.accept(shift.desk, 1, "U0BOB")
    old = of(shift).calendar_of("U0BOB")
    shift.clock.advance(3 * HOUR)

    person(shift, "U0BOB", **INDIA)

    new = of(shift).calendar_of("U0BOB")
    expected = working_until([(MONDAY_9, old), (MONDAY_9 + 3 * HOUR, new)], 8 * HOUR)
    assert shift.handoff().due_at == expected
    assert shift.handoff().used == 3 * HOUR
    assert shift.due()["first_touch", "breach"] == new.next_open(expected)
    assert shift.actions()[-1] == "retime"


@pytest.mark.slow
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.integers(1, 9 * 60), st.sampled_from([
        {"timezone": "", "hours": "", "holidays": "none"}, INDIA,
        {"timezone": "America/New_York", "hours": "mon-fri 08:00-16:30", "holidays": "none"},
        {"timezone": "Europe/Berlin", "hours": "mon,wed,fri 10:00-14:00\nsun 20:00-24:00", "holidays": "none"},
    ])), min_size=1, max_size=4)
)  # fmt: skip
def test_after_any_changes_of_hours_the_due_time_is_what_a_count_of_minutes_says(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, dict[str, str]]]
) -> None:
    """ "A change of the team or an owner recomputes open due times from the working time already used," """
    shift = raise_shift(
        f"sqlite:///{tmp_path_factory.mktemp('hours')}/baton.db", team=TEAM.replace("GB\n", "none\n", 1)
    )
    try:
        shift.arrive(shift.event("pricing_page"), shift.event("webinar"))
        answer.accept(shift.desk, 1, "U0BOB")
        counting = [(MONDAY_9, of(shift).calendar_of("U0BOB"))]
        for minutes, hours in changes:
            if (due := shift.handoff().due_at) is None or due <= shift.now + minutes * MINUTE:
                break
            shift.clock.advance(minutes * MINUTE)
            person(shift, "U0BOB", **hours)
            counting.append((shift.now, of(shift).calendar_of("U0BOB")))
        assert shift.handoff().due_at == working_until(counting, 8 * HOUR)
    finally:
        shift.desk.database.close()


def test_a_segments_hours_move_the_leads_nobody_has_and_no_others(either_shift: Shift) -> None:
    shift = either_shift
    shift.demo()
    shift.demo(GRACE)
    answer.accept(shift.desk, 2, "U0BOB")
    kept = shift.handoff(2).due_at
    shift.clock.advance(20 * MINUTE)

    segment(shift, "EMEA", hours="mon-fri 12:00-17:00")

    assert shift.handoff(1).due_at == MONDAY_9 + 3 * HOUR + 40 * MINUTE
    assert (shift.handoff(2).due_at, shift.actions(2)) == (kept, ["create", "accept"])


def test_the_teams_hours_move_everybody_without_hours_of_their_own(either_shift: Shift) -> None:
    shift = either_shift
    person(shift, "U0CAT", hours="mon-fri 09:00-17:00")
    france = ADA | {"email": "a@b.example", "company": "Other", "country": "US"}
    shift.demo()
    shift.demo(france)
    answer.accept(shift.desk, 2, "U0CAT")
    kept = shift.handoff(2).due_at

    team.edit_team_hours(shift.desk, "U0ADA", fill(shift, hours="mon-fri 10:00-17:00"))

    assert shift.handoff(1).due_at == MONDAY_9 + 2 * HOUR
    assert shift.handoff(2).due_at == kept


def test_what_was_overdue_stays_overdue(either_shift: Shift) -> None:
    shift = either_shift
    shift.demo()
    answer.accept(shift.desk, 1, "U0BOB")
    shift.clock.advance(2 * HOUR)
    due = shift.handoff().due_at

    person(shift, "U0BOB", hours="mon-fri 11:00-12:00")

    assert shift.handoff().due_at == due == MONDAY_9 + HOUR


def test_a_lead_that_came_at_night_begins_when_the_new_hours_open(either_shift: Shift) -> None:
    shift = either_shift
    shift.clock.advance(14 * HOUR)  # Monday 23:00
    shift.demo()

    segment(shift, "EMEA", hours="mon-fri 07:00-15:00")

    opening = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
    assert shift.handoff().due_at == opening + 30 * MINUTE + HOUR


def test_a_paused_clock_stays_paused_and_counts_the_new_hours_afterwards(either_shift: Shift) -> None:
    shift = either_shift
    shift.demo()
    answer.accept(shift.desk, 1, "U0BOB")
    until = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
    with shift.desk.database.writing() as session:
        read = shift.handoff()
        paused = {"paused_at": shift.now, "paused_until": until, "since": until, "due_at": until + 2 * HOUR}
        assert moves.move(session, read, Move("pause", "U0BOB", shift.now, paused)) is not None

    person(shift, "U0BOB", hours="mon-fri 12:00-17:00")

    handoff = shift.handoff()
    assert (handoff.since, handoff.paused_until) == (until, until)
    assert handoff.due_at == datetime(2026, 11, 24, 13, 0, tzinfo=UTC)


def test_a_touched_lead_has_no_clock_to_move(either_shift: Shift) -> None:
    shift = either_shift
    shift.demo()
    answer.accept(shift.desk, 1, "U0BOB")
    answer.touch(shift.desk, 1, "U0BOB", shift.tried("U0BOB"))
    before = shift.handoff()

    person(shift, "U0BOB", hours="mon-fri 12:00-17:00")

    assert shift.handoff() == before


def test_a_name_a_weight_or_a_signature_moves_nothing(either_shift: Shift) -> None:
    shift = either_shift
    shift.demo()
    before = shift.handoff()

    person(shift, "U0ANN", name="Anna", weight="3", capacity="9", signs="sales")

    assert shift.handoff() == before
    assert (of(shift).people["U0ANN"].name, of(shift).people["U0ANN"].weight) == ("Anna", 3)


def test_a_press_that_was_decided_on_the_old_team_is_decided_again(either_shift: Shift) -> None:
    """The move of the change raises the hand-off's number, so the press finds its WHERE unmet."""
    shift = either_shift
    shift.demo()
    read = shift.handoff()

    segment(shift, "EMEA", pool="U0BOB U0CAT")

    with shift.desk.database.writing() as session:
        assert moves.move(session, read, Move("accept", "U0ANN", shift.now, {"owner": "U0ANN"})) is None
    assert "another team's pool" in refusal(answer.accept, shift.desk, 1, "U0ANN")


def test_a_lead_that_was_taken_on_the_old_hours_in_that_moment_is_put_right(either_shift: Shift) -> None:
    shift = either_shift
    shift.demo()
    person(shift, "U0BOB", hours="mon-fri 12:00-17:00")
    stale = {"owner": "U0BOB", "stage": "sal", "accepted_at": shift.now, "due_at": shift.now + HOUR}
    with shift.desk.database.writing() as session:
        assert moves.move(session, shift.handoff(), Move("accept", "U0BOB", shift.now, stale)) is not None

    shift.clock.advance(MINUTE)
    while remind.remind(shift.desk):
        pass

    assert shift.handoff().due_at == MONDAY_9 + 4 * HOUR
    actions = shift.actions()
    shift.clock.advance(MINUTE)
    while remind.remind(shift.desk):
        pass
    assert shift.actions() == actions == ["create", "accept", "retime"]


# -- pools ------------------------------------------------------------------------------------------------


def test_open_leads_are_for_the_new_pool_at_once(either_shift: Shift) -> None:
    shift = either_shift
    shift.demo()
    shift.demo(GRACE)
    answer.accept(shift.desk, 2, "U0ANN")

    segment(shift, "EMEA", pool="U0BOB U0CAT")

    assert [shift.handoff(id_).pool for id_ in (1, 2)] == [("U0BOB", "U0CAT")] * 2
    assert shift.handoff(2).owner == "U0ANN"
    answer.accept(shift.desk, 1, "U0CAT")
    assert shift.handoff(1).owner == "U0CAT"


def test_a_new_sdr_may_take_what_no_segment_took(shifts: Callable[..., Shift], sqlite_url: str) -> None:
    everyone_else = "  - {name: everyone else, channel: C0ALL, pool: [U0ANN, U0BOB, U0CAT]}\n"
    shift = shifts(sqlite_url, team=TEAM.replace(everyone_else, ""))
    shift.demo(ADA | {"country": "US"})
    assert shift.handoff().segment == "fallback"

    person(shift, "U0NEW", name="Nora", role="sdr", weight="1")

    assert shift.handoff().pool == ("U0ANN", "U0BOB", "U0CAT", "U0NEW")


def test_who_leaves_the_team_gives_back_what_they_had_accepted(either_shift: Shift) -> None:
    shift = either_shift
    shift.demo()
    answer.accept(shift.desk, 1, "U0ANN")

    team.edit_person(shift.desk, "U0MAX", "U0ANN", fill(shift), "person pools")

    handoff = shift.handoff()
    assert (handoff.owner, handoff.stage, handoff.pool) == (None, "mql", ("U0BOB",))
    assert "U0ANN" not in of(shift).people
    assert "One lead went back to the pool." in shift.letters("notice")[-1].body["what"]


# -- who may, and how it is told ----------------------------------------------------------------------------


@pytest.mark.parametrize("user", ["U0ANN", "U0MIA", "U0EVE"])
def test_only_managers_and_admins_edit_the_team(shift: Shift, user: str) -> None:
    filled = Filling(1, {"weight": "2", "assign": "named", "hours": "mon 09:00-10:00"})

    for edit in (
        lambda: team.edit_person(shift.desk, user, "U0ANN", filled),
        lambda: team.edit_segment(shift.desk, user, "EMEA", filled),
        lambda: team.edit_team_hours(shift.desk, user, filled),
        lambda: team.may_edit(shift.desk, user),
    ):
        with pytest.raises(Refused):
            edit()

    assert len(versions(shift)) == 1
    assert occurrences(shift) == []


def test_a_change_is_stored_noted_and_told_in_one_line(either_shift: Shift) -> None:
    shift = either_shift
    person(shift, "U0ANN", hours="mon-fri 08:00-12:00", weight="2")
    segment(shift, "EMEA", pool="U0ANN U0CAT")

    last = versions(shift)[-1]
    assert (last.version, last.created_by, last.why) == (
        3,
        "U0MAX",
        "changed EMEA: pool. Cat joined its pool. Bob left its pool.",
    )
    assert occurrences(shift) == [
        ("team_changed", "U0MAX", {"version": 2, "person": "U0ANN", "fields": ["hours", "weight"]}),
        ("team_changed", "U0MAX", {"version": 3, "segment": "EMEA", "fields": ["pool"]}),
    ]
    told = [letter.body for letter in shift.letters("notice")]
    assert [(body["by"], body["what"]) for body in told] == [
        ("Max", "changed Ann: hours, weight."),
        ("Max", "changed EMEA: pool. Cat joined its pool. Bob left its pool."),
    ]


def test_a_form_sent_unchanged_changes_nothing(shift: Shift) -> None:
    person(shift, "U0ANN", name="Ann", role="sdr", timezone="Europe/Berlin", weight="1", capacity="")

    assert len(versions(shift)) == 1


def test_a_form_sent_twice_is_decided_once(either_shift: Shift) -> None:
    shift = either_shift
    for _ in range(2):
        team.edit_person(shift.desk, "U0MAX", "U0ANN", Filling(1, {"weight": "2"}, "v0=abc"))

    assert len(versions(shift)) == 2


def test_nobody_can_take_the_last_editor_out(shift: Shift) -> None:
    person(shift, "U0ADA", role="marketing")

    with pytest.raises(Mistaken, match="Nobody would be left"):
        person(shift, "U0MAX", role="sdr")
    with pytest.raises(Mistaken, match="Nobody would be left"):
        team.edit_person(shift.desk, "U0MAX", "U0MAX", fill(shift), "person")


def test_a_shadow_start_stays_one_whatever_is_edited(shifts: Callable[..., Shift], sqlite_url: str) -> None:
    shift = shifts(sqlite_url, team=SHADOW)
    person(shift, "U0ANN", weight="2")
    assert not versions(shift)[-1].live

    govern.go_live(shift.desk, "U0ADA")
    person(shift, "U0ANN", weight="3")

    assert versions(shift)[-1].live
    assert of(shift).people["U0ANN"].weight == 3


# -- two at once --------------------------------------------------------------------------------------------


def test_two_who_edit_one_person_at_once_each_get_what_they_changed(either_shift: Shift) -> None:
    shift = either_shift
    opened = team.team(shift.desk, "U0MAX").version
    shown = {"name": "Ann", "role": "sdr", "timezone": "Europe/Berlin", "weight": "1", "capacity": ""}

    team.edit_person(shift.desk, "U0MAX", "U0ANN", Filling(opened, shown | {"weight": "5"}))
    team.edit_person(shift.desk, "U0ADA", "U0ANN", Filling(opened, shown | {"capacity": "7"}))

    ann = of(shift).people["U0ANN"]
    assert (ann.weight, ann.capacity) == (5, 7)


def test_edits_of_the_same_moment_are_all_in_the_newest_team(database_url: str) -> None:
    first = raise_shift(database_url)
    second = (
        Desk(open_database(database_url, "serve"), first.clock) if "postgres" in database_url else first.desk
    )
    gate = Barrier(2)

    def edit(desk: Desk, number: int) -> None:
        gate.wait()
        for n in range(10):
            given = {"name": f"New {number} {n}", "role": "sdr"}
            team.edit_person(desk, "U0MAX", f"U{number}N{n}", Filling(1, given))

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(edit, desk, number) for number, desk in enumerate((first.desk, second))]:
            done.result()

    assert len(of(first).people) == 6 + 20
    assert len(versions(first)) == 1 + 20
    if second is not first.desk:
        second.database.close()
    first.desk.database.close()


def test_every_replica_goes_by_the_new_team_at_once(postgres_shift: Shift, postgres_url: str) -> None:
    other = Shift(Desk(open_database(postgres_url, "serve"), postgres_shift.clock), postgres_shift.clock)
    assert of(other).people["U0ANN"].weight == 1
    postgres_shift.demo()

    person(postgres_shift, "U0ANN", weight="4")
    segment(postgres_shift, "EMEA", pool="U0CAT")

    assert of(other).people["U0ANN"].weight == 4
    assert "another team's pool" in refusal(answer.accept, other.desk, 1, "U0ANN")
    answer.accept(other.desk, 1, "U0CAT")
    other.desk.database.close()


def test_going_live_and_an_edit_at_once_lose_nothing(shifts: Callable[..., Shift], postgres_url: str) -> None:
    shift = shifts(postgres_url, team=SHADOW)
    gate = Barrier(2)

    def at_once(what: Callable[[], object]) -> None:
        gate.wait()
        what()

    with ThreadPoolExecutor(2) as pool:
        jobs: list[Callable[[], object]] = [
            lambda: govern.go_live(shift.desk, "U0ADA"),
            lambda: team.edit_person(shift.desk, "U0MAX", "U0ANN", Filling(1, {"weight": "6"})),
        ]
        for done in [pool.submit(at_once, job) for job in jobs]:
            done.result()

    assert versions(shift)[-1].live
    assert of(shift).people["U0ANN"].weight == 6


# -- away ---------------------------------------------------------------------------------------------------


def test_going_away_never_moves_a_clock(either_shift: Shift) -> None:
    """ "Going away never pauses a clock;" """
    shift = either_shift
    shift.demo()
    answer.accept(shift.desk, 1, "U0ANN")
    before = shift.handoff()

    team.go_away(shift.desk, "U0ANN", "U0ANN", ("2026-11-25", ""))

    assert shift.handoff() == before
    away = of(shift).people["U0ANN"]
    assert not of(shift).on_shift(away, shift.now)
    assert of(shift).on_shift(away, datetime(2026, 11, 26, 10, 0, tzinfo=UTC))


def test_an_absence_is_in_the_persons_own_time(either_shift: Shift) -> None:
    shift = either_shift  # it is 10:00 in Berlin
    team.go_away(shift.desk, "U0ANN", "U0ANN", ("2026-11-23", "10:30"))

    ann, now = of(shift).people["U0ANN"], shift.now
    assert of(shift).away_wall(ann, now) == datetime(2026, 11, 23, 10, 30)  # noqa: DTZ001
    assert of(shift).on_shift(ann, now + 30 * MINUTE)


def test_a_colleague_sends_nobody_away_and_a_manager_may(shift: Shift) -> None:
    said = refusal(team.go_away, shift.desk, "U0BOB", "U0ANN", ("2026-11-25", ""))
    assert "Only <@U0ANN>" in said
    assert "not in the team" in refusal(team.go_away, shift.desk, "U0BOB", "U0EVE", ("2026-11-25", ""))
    assert "not in Baton's team" in refusal(team.go_away, shift.desk, "U0EVE", "U0EVE", ("2026-11-25", ""))

    team.go_away(shift.desk, "U0MAX", "U0ANN", ("2026-11-25", ""))

    assert shift.letters("notice")[-1].body["what"] == "noted that Ann is away until Wed 25 Nov."
    assert "Only <@U0ANN>" in refusal(team.come_back, shift.desk, "U0BOB", "U0ANN")
    team.come_back(shift.desk, "U0ANN", "U0ANN")
    assert of(shift).away_wall(of(shift).people["U0ANN"], shift.now) is None
    assert "not away" in refusal(team.come_back, shift.desk, "U0ANN", "U0ANN")


@pytest.mark.parametrize(
    ("day", "hour", "field", "says"),
    [
        ("2026-11-22", "", "until_date", "over"),
        ("2026-11-22", "23:00", "until_date", "over"),
        ("2026-11-23", "10:00", "until_time", "10:00"),
        ("2027-11-25", "", "until_date", "more than a year"),
        ("", "", "until_date", "Choose the last day"),
        ("soon", "", "until_date", "Choose the last day"),
        ("2026-11-23", "25:00", "until_date", "Choose the last day"),
        ("9999-12-31", "", "until_date", "Choose the last day"),
    ],
)
def test_a_wrong_end_of_an_absence_is_told_beside_it(
    shift: Shift, day: str, hour: str, field: str, says: str
) -> None:
    with pytest.raises(Mistaken) as wrong:
        team.go_away(shift.desk, "U0ANN", "U0ANN", (day, hour))

    assert [*wrong.value.fields] == [field]
    assert says in wrong.value.fields[field]
    assert len(versions(shift)) == 1


def test_a_nudge_waits_for_who_is_away_and_comes_at_once_when_they_are_back_early(
    either_shift: Shift,
) -> None:
    shift = either_shift
    shift.demo()
    answer.accept(shift.desk, 1, "U0ANN")
    team.go_away(shift.desk, "U0ANN", "U0ANN", ("2026-11-25", ""))
    shift.clock.advance(35 * MINUTE)
    remind.remind(shift.desk)
    assert shift.letters("dm") == []
    assert shift.due()["first_touch", "nudge 50%"] > shift.now + DAY

    team.come_back(shift.desk, "U0ANN", "U0ANN")
    remind.remind(shift.desk)

    assert [letter.body["step"] for letter in shift.letters("dm")] == ["nudge 50%"]


def test_what_was_collected_for_who_is_back_early_comes_at_once(either_shift: Shift) -> None:
    shift = either_shift
    shift.demo()
    team.go_away(shift.desk, "U0MAX", "U0MAX", ("2026-11-25", ""))
    shift.clock.advance(HOUR + MINUTE)
    for _ in range(2):
        remind.remind(shift.desk)
    assert shift.letters("dm") == []

    team.come_back(shift.desk, "U0MAX", "U0MAX")
    remind.remind(shift.desk)

    assert [letter.body["reader"] for letter in shift.letters("dm")] == ["U0MAX"]
    with shift.desk.database.reading() as session:
        assert all(row.told_at is not None for row in session.scalars(select(NoticeRow)))


def test_old_absences_go_with_the_next_edit(shift: Shift) -> None:
    team.go_away(shift.desk, "U0ANN", "U0ANN", ("2026-11-23", ""))
    shift.clock.advance(31 * DAY)
    person(shift, "U0BOB", weight="2")
    assert of(shift).people["U0ANN"].away != ()

    shift.clock.advance(2 * DAY)
    person(shift, "U0BOB", weight="3")

    assert of(shift).people["U0ANN"].away == ()
    assert contracts.digest(versions(shift)[-1].text) == contracts.digest(
        TEAM.replace("U0BOB: {name: Bob, role: sdr}", "U0BOB: {name: Bob, role: sdr, weight: 3}")
    )
