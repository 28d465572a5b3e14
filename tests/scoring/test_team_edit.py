"""Editing the team's text: what was set is read back, and everything else stays as somebody wrote it."""

import re
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.roster import Away
from scoring.splice import Page, flow
from scoring.stages import Refused
from scoring.team import Team, read_team
from scoring.team_edit import (
    WrongEdit,
    checked,
    differing,
    hours_text,
    hours_written,
    merged_pool,
    person_fields,
    segment_fields,
    team_fields,
    tidied,
    until_words,
    with_absence,
    with_person,
    with_segment,
    with_team_hours,
    without_absence,
    without_person,
)
from scoring.worktime import Week, parse_hours
from tests.test_architecture import ROOT

SAMPLE = (ROOT / "bot" / "samples" / "team.yaml").read_text("utf-8")
BLOCKS = """\
# Whom to ask: Max.
timezone: Europe/London   # the head office
hours:
  mon-thu: ["09:00-12:00", "13:00-17:00"]
  fri: "09:00-15:00"

channels:
    fallback: C0ALL
segments:
# the big ones
- name: "EMEA: enterprise"   # quoted
  when:
    country:
    - GB
    - DE
  channel: C0EMEA
  # who
  pool:
    - U0ANN   # leads
    - U0BOB

- hours: {mon-fri: "08:00-16:00"}
  name: everyone else
  channel: C0ALL
  pool: [U0ANN, U0BOB,
         U0MAX]
people:
  # the reps
  U0ANN:
    name: Ann   # since 2020
    role: sdr
    away:
      # to be confirmed
      - from: 2026-12-24
        until: 2027-01-02   # Christmas
      - {from: "2027-02-01 09:00", until: "2027-02-01 13:00"}
    weight: 2
  # the second one
  U0BOB: {name: Bob, role: sdr}   # part time
  U0MAX:
    role: manager
    signs: sales
    name: Max
# the end
"""
FLOW = (
    '{timezone: Europe/London, hours: {mon-fri: "09:00-17:00"}, channels: {fallback: C0ALL}, segments: '
    "[{name: everyone, channel: C0ALL, pool: [U0ANN, U0BOB, ], }], people: {U0ANN: {name: Ann, role: sdr}, "
    "U0BOB: {name: Bob, role: sdr, hours: {mon: 08:00-09:00}}, U0MAX: {name: Max, role: manager}}}"
)
TEXTS = {"sample": SAMPLE, "blocks": BLOCKS, "flow": FLOW, "windows": SAMPLE.replace("\n", "\r\n")}
MONDAY = datetime(2026, 11, 23, 9, 0, 30)  # noqa: DTZ001  # a person's own wall clock


def changed_lines(before: str, after: str) -> list[str]:
    """The lines of *after* that are not in *before*."""
    return [line for line in after.splitlines() if line not in before.splitlines()]


# -- people -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TEXTS)
def test_a_changed_person_reads_as_set_and_nobody_else_differs(name: str) -> None:
    text = TEXTS[name]
    new = {
        "name": "Bobby: 007",
        "role": "ae",
        "timezone": "Asia/Kolkata",
        "hours": "mon-thu 09:00-12:00, 13:00-17:00\nfri 09:00-12:00",
        "holidays": "none",
        "weight": "3",
        "capacity": "20",
        "signs": "marketing",
        "booking_url": "https://cal.example/bob?a=b&c=%20#x",
    }

    team = checked(with_person(text, "U0BOB", new))

    assert person_fields(team.people["U0BOB"]) == new | {
        "hours": "mon-thu 09:00-12:00, 13:00-17:00\nfri 09:00-12:00"
    }
    before = read_team(text)
    assert {id_: each for id_, each in team.people.items() if id_ != "U0BOB"} == {
        id_: each for id_, each in before.people.items() if id_ != "U0BOB"
    }
    assert [*team.people] == [*before.people]
    assert team.segments == before.segments


def test_an_edit_touches_its_own_line_alone() -> None:
    after = with_person(SAMPLE, "U0BOB", {"weight": "2"})

    assert changed_lines(SAMPLE, after) == ["  U0BOB: {name: Bob, role: sdr, weight: 2}"]
    assert len(after.splitlines()) == len(SAMPLE.splitlines())


def test_comments_beside_between_and_below_stay_where_they_are() -> None:
    text = with_person(BLOCKS, "U0ANN", {"weight": "", "role": "ae", "capacity": "5"})
    text = with_person(text, "U0BOB", {"capacity": "7"})
    text = with_team_hours(text, {"holidays": "GB"})

    assert re.findall("#.*", text) == re.findall("#.*", BLOCKS)
    assert "  U0BOB: {name: Bob, role: sdr, capacity: 7}   # part time\n" in text
    assert "    capacity: 5\n  # the second one\n" in text


def test_an_empty_field_takes_its_key_away() -> None:
    text = with_person(BLOCKS, "U0ANN", {"weight": "", "capacity": ""})

    assert "weight" not in text
    assert read_team(text).people["U0ANN"].weight == 1


@pytest.mark.parametrize("name", TEXTS)
def test_somebody_new_stands_at_the_end_of_the_people(name: str) -> None:
    given = {"name": "Zoë", "role": "sdr", "weight": "1", "capacity": "", "hours": ""}

    team = checked(with_person(TEXTS[name], "U0ZOE", given))

    assert [*team.people] == [*read_team(TEXTS[name]).people, "U0ZOE"]
    assert (team.people["U0ZOE"].name, team.people["U0ZOE"].capacity) == ("Zoë", None)


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("name", " ", "Write their name."),
        ("role", "boss", "sdr, ae, manager, marketing or admin"),
        ("timezone", "Mars", "time zone"),
        ("hours", "all day", "write mon-fri 09:00-17:00"),
        ("hours", "mon 9-17", 'write "09:00-17:00"'),
        ("hours", "mon-tue 09:00-10:00\ntue 11:00-12:00", "tue is named twice"),
        ("hours", "fri 22:00-06:00", "two ranges"),
        ("holidays", "XX", "country"),
        ("weight", "0", "from 1 to 100"),
        ("weight", "two", "whole number"),
        ("weight", "9" * 40, "whole number"),
        ("capacity", "-1", "whole number"),
        ("signs", "finance", "sales or marketing"),
        ("booking_url", "http://cal.example", "https://"),
        ("booking_url", "https://cal.example/<x>", "https://"),
        ("name", "Ann\u202e", ""),
        ("name", "x" * 501, "1 to 500 characters"),
    ],
)
def test_a_mistake_is_told_beside_its_field(field: str, typed: str, says: str) -> None:
    with pytest.raises(WrongEdit) as wrong:
        checked(with_person(SAMPLE, "U0BOB", {field: typed}))

    (place, sentence), *others = wrong.value.fields.items()
    assert others == []
    assert place in (field, "")
    assert says in sentence
    assert "team.yaml" not in sentence


def test_two_people_of_one_name_are_refused_with_a_sentence() -> None:
    with pytest.raises(WrongEdit, match="a second time"):
        checked(with_person(SAMPLE, "U0BOB", {"name": "Ann"}))


def test_a_text_that_would_grow_over_64_kib_is_refused() -> None:
    full = SAMPLE + "# " + "x" * (64 * 1024 - len(SAMPLE.encode()) - 10) + "\n"
    read_team(full)

    with pytest.raises(WrongEdit, match="64 KiB"):
        checked(with_person(full, "U0BOB", {"timezone": "Europe/Berlin"}))


@pytest.mark.parametrize("name", TEXTS)
def test_who_is_in_a_pool_leaves_the_team_only_with_it(name: str) -> None:
    text = TEXTS[name]
    team = read_team(text)
    with pytest.raises(WrongEdit) as wrong:
        without_person(text, team, "U0ANN", from_pools=False)
    assert all(segment.name in wrong.value.fields["remove"] for segment in team.segments)

    after = checked(without_person(text, team, "U0ANN", from_pools=True))

    assert "U0ANN" not in after.people
    assert [each.pool for each in after.segments] == [
        tuple(id_ for id_ in each.pool if id_ != "U0ANN") for each in team.segments
    ]


def test_who_leaves_takes_no_comment_of_others_along() -> None:
    after = without_person(BLOCKS, read_team(BLOCKS), "U0BOB", from_pools=True)

    assert "  # the second one\n  U0MAX:" in after
    assert "# the end" in after
    assert "- U0ANN   # leads\n\n- hours" in after


def test_the_last_of_a_pool_cannot_leave_it() -> None:
    text = SAMPLE.replace("pool: [U0ANN, U0BOB]", "pool: [U0ANN]")

    with pytest.raises(WrongEdit) as wrong:
        checked(without_person(text, read_team(text), "U0ANN", from_pools=True))
    assert "name at least one" in wrong.value.fields["pool"]


# -- segments ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TEXTS)
def test_a_pool_loses_and_gains_people_and_keeps_its_order(name: str) -> None:
    team = read_team(TEXTS[name])
    last = team.segments[-1]
    given = {"pool": "U0BOB U0MAX", "assign": "round_robin", "hours": "sat 10:00-11:00", "timezone": ""}

    after = checked(with_segment(TEXTS[name], team, last.name, given)).segments[-1]

    assert segment_fields(after) | given == segment_fields(after)
    assert (after.name, after.channel, after.when) == (last.name, last.channel, last.when)


def test_comments_of_a_pool_stay_with_those_who_stay() -> None:
    after = with_segment(BLOCKS, read_team(BLOCKS), "EMEA: enterprise", {"pool": "U0MAX U0ANN"})

    assert "    - U0ANN   # leads\n    - U0MAX\n" in after
    assert "U0BOB" not in after.partition("- hours")[0]


def test_a_segments_hours_that_stand_behind_its_dash_can_go() -> None:
    after = with_segment(BLOCKS, read_team(BLOCKS), "everyone else", {"hours": ""})

    assert "- name: everyone else\n  channel: C0ALL\n" in after
    assert read_team(after).segments[1].hours.week is None


def test_an_empty_pool_a_stranger_and_a_vanished_segment_are_refused() -> None:
    team = read_team(SAMPLE)
    with pytest.raises(WrongEdit) as empty:
        with_segment(SAMPLE, team, "EMEA", {"pool": ""})
    with pytest.raises(WrongEdit) as stranger:
        with_segment(SAMPLE, team, "EMEA", {"pool": "U0ANN U0EVE"})
    with pytest.raises(Refused, match="not in the team any more"):
        with_segment(SAMPLE, team, "APAC", {"pool": "U0ANN"})

    assert empty.value.fields == {"pool": "Choose at least one person."}
    assert "add them to it first" in stranger.value.fields["pool"]


def test_two_editors_of_one_pool_each_get_what_they_changed() -> None:
    assert merged_pool("U1 U2 U3", "U1 U3", "U1 U2 U3 U4") == "U1 U3 U4"
    assert merged_pool("U1 U2", "U1 U2 U5", "U2") == "U2 U5"
    assert merged_pool("U1", "U1 U2", "U1 U2") == "U1 U2"


def test_only_fields_that_differ_from_what_was_shown_count_as_changed() -> None:
    shown = {"name": "Ann", "weight": "1", "hours": "mon 09:00-10:00"}

    assert differing(shown, {"name": " Ann ", "weight": "2", "hours": "mon 09:00-10:00\n", "signs": ""}) == {
        "weight": "2"
    }


# -- hours ------------------------------------------------------------------------------------------------


def weeks() -> st.SearchStrategy[Week]:
    bounds = st.lists(st.integers(0, 24 * 60), max_size=4, unique=True).map(sorted)
    day = bounds.map(
        lambda b: tuple((b[i] * 60, b[i + 1] * 60) for i in range(0, len(b) - 1, 2) if b[i] < b[i + 1])
    )
    common = st.sampled_from([parse_hours({"mon": "09:00-17:00"})[0], ((0, 86_400),)])
    return st.tuples(*[day | common] * 7).filter(any)


@given(weeks())
def test_hours_are_read_as_they_are_shown(week: Week) -> None:
    assert parse_hours(hours_written(hours_text(week))) == week


def test_hours_may_be_typed_as_people_type_them() -> None:
    assert hours_written("Mon - Fri  9:00-12:00\nmon-fri 13:00-17:00\n\nsat,sun: 10:00-11:00") == {
        "mon-fri": ["9:00-12:00", "13:00-17:00"],
        "sat,sun": "10:00-11:00",
    }


@pytest.mark.parametrize("name", TEXTS)
def test_the_teams_own_hours_change_and_cannot_be_nothing(name: str) -> None:
    given = {"timezone": "Asia/Tokyo", "hours": "mon-sun 00:00-24:00", "holidays": "JP"}

    assert team_fields(checked(with_team_hours(TEXTS[name], given))) == given
    with pytest.raises(WrongEdit) as wrong:
        with_team_hours(TEXTS[name], {"hours": " ", "timezone": ""})
    assert set(wrong.value.fields) == {"hours", "timezone"}


# -- absences ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("until", [datetime(2026, 11, 28), datetime(2026, 11, 23, 13, 0)])  # noqa: DTZ001
def test_an_absence_begins_now_and_ends_as_said(name: str, until: datetime) -> None:
    text = TEXTS[name]
    ann = read_team(text).people["U0ANN"]

    after = checked(with_absence(text, ann, MONDAY, until)).people["U0ANN"]

    assert after.away == (*ann.away, Away(MONDAY.replace(second=0), until))


def test_who_is_away_already_and_stays_longer_has_one_absence() -> None:
    ann = read_team(SAMPLE).people["U0ANN"]
    once = with_absence(SAMPLE, ann, MONDAY, datetime(2026, 11, 24))  # noqa: DTZ001
    again = with_absence(
        once,
        read_team(once).people["U0ANN"],
        MONDAY + timedelta(hours=2),
        datetime(2026, 12, 1),  # noqa: DTZ001
    )

    assert read_team(again).people["U0ANN"].away == (
        Away(MONDAY.replace(second=0), datetime(2026, 12, 1)),  # noqa: DTZ001
    )


def test_who_comes_back_early_was_away_till_then_and_later_absences_stay() -> None:
    ann = read_team(BLOCKS).people["U0ANN"]
    christmas = datetime(2026, 12, 28, 10, 17, 30)  # noqa: DTZ001

    after = without_absence(BLOCKS, ann, christmas)

    assert set(read_team(after).people["U0ANN"].away) == {
        ann.away[1],
        Away(ann.away[0].since, christmas.replace(second=0)),
    }
    assert "# to be confirmed" in after


def test_away_and_back_within_a_minute_leaves_the_text_as_it_was() -> None:
    ann = read_team(SAMPLE).people["U0ANN"]
    away = with_absence(SAMPLE, ann, MONDAY, datetime(2026, 11, 24))  # noqa: DTZ001

    assert without_absence(away, read_team(away).people["U0ANN"], MONDAY + timedelta(seconds=20)) == SAMPLE


@pytest.mark.parametrize(
    ("today", "left"),
    [(date(2027, 2, 2), 2), (date(2027, 2, 3), 1), (date(2027, 3, 3), 1), (date(2027, 3, 4), 0)],
)
def test_an_absence_goes_from_the_text_thirty_days_after_its_end(today: date, left: int) -> None:
    after = tidied(BLOCKS, read_team(BLOCKS), today)

    assert len(read_team(after).people["U0ANN"].away) == left
    if left == 2:
        assert after == BLOCKS
    if not left:
        assert "away" not in after


def test_the_end_of_an_absence_is_told_as_its_last_day_or_its_moment() -> None:
    assert until_words(datetime(2026, 11, 28)) == "Fri 27 Nov"  # noqa: DTZ001
    assert until_words(datetime(2026, 11, 27, 13, 5)) == "Fri 27 Nov 13:05"  # noqa: DTZ001


# -- any text, any edits ------------------------------------------------------------------------------------

WORD = st.text(
    st.characters(exclude_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")), min_size=1, max_size=20
)


@given(WORD)
def test_any_word_is_read_as_it_was_written(word: str) -> None:
    name = word.strip()
    if name:
        assert checked(with_person(SAMPLE, "U0BOB", {"name": name})).people["U0BOB"].name == name


@given(st.recursive(WORD | st.integers(0, 10**9), lambda inner: st.lists(inner, max_size=3), max_leaves=6))
def test_a_value_on_one_line_stays_on_one_line(value: object) -> None:
    assert "\n" not in flow(value)  # type: ignore[arg-type]


def hours() -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries(
        {},
        optional={
            "timezone": st.sampled_from(["", "Asia/Kolkata", "America/New_York"]),
            "hours": st.sampled_from(
                ["", "mon-fri 08:00-12:00", "mon,wed 09:00-10:00, 11:00-12:00\nsun 10:00-11:00"]
            ),
            "holidays": st.sampled_from(["", "none", "DE-BY"]),
        },
    )


def persons() -> st.SearchStrategy[dict[str, str]]:
    own = st.fixed_dictionaries(
        {},
        optional={
            "role": st.sampled_from(["sdr", "ae", "admin"]),
            "weight": st.sampled_from(["", "1", "7"]),
            "capacity": st.sampled_from(["", "0", "30"]),
            "signs": st.sampled_from(["", "sales"]),
            "booking_url": st.sampled_from(["", "https://cal.example/a,b:c"]),
        },
    )
    return st.builds(lambda a, b: a | b, own, hours())


EDITS = st.lists(
    st.one_of(
        st.tuples(st.just("person"), st.sampled_from(["U0ANN", "U0BOB", "U0NEW", "U0ZED"]), persons()),
        st.tuples(st.just("segment"), st.integers(0, 1), st.builds(lambda a, p: a | {"pool": " ".join(p)}, hours(),
                  st.lists(st.sampled_from(["U0ANN", "U0BOB", "U0MAX"]), min_size=1, unique=True))),
        st.tuples(st.just("leave"), st.sampled_from(["U0NEW", "U0ZED"]), st.just({})),
        st.tuples(st.just("away"), st.sampled_from(["U0ANN", "U0BOB"]), st.integers(1, 90)),
        st.tuples(st.just("back"), st.sampled_from(["U0ANN", "U0BOB"]), st.integers(0, 90)),
        st.tuples(st.just("team"), st.just(""), hours().map(lambda h: {k: v for k, v in h.items() if v})),
    ),
    max_size=8,
)  # fmt: skip


def edited(text: str, team: Team, edit: tuple[str, object, object]) -> str:
    """One edit of the list above; what it set is read back."""
    kind, whom, how = edit
    if kind == "person":
        given = dict(how)  # type: ignore[call-overload]
        if whom not in team.people:
            given |= {"name": f"New {whom}", "role": given.get("role", "sdr")}
        text = with_person(text, str(whom), given)
        assert person_fields(checked(text).people[str(whom)]) == {
            **person_fields(team.people.get(str(whom))), "capacity": "", "signs": "", "booking_url": "",
            "timezone": "", "hours": "", "holidays": "",
            **(person_fields(team.people[str(whom)]) if whom in team.people else {}),
            **as_shown(given),
        }  # fmt: skip
    elif kind == "segment":
        segment = team.segments[min(int(str(whom)), len(team.segments) - 1)]
        text = with_segment(text, team, segment.name, how)  # type: ignore[arg-type]
        after = segment_fields(checked(text).segments[team.segments.index(segment)])
        asked = as_shown(dict(how))  # type: ignore[call-overload]
        assert set(after.pop("pool").split()) == set(asked.pop("pool").split())
        assert after.items() >= asked.items()
    elif kind == "leave" and whom in team.people:
        text = without_person(text, team, str(whom), from_pools=True)
        assert whom not in checked(text).people
    elif kind == "away":
        text = with_absence(text, team.people[str(whom)], MONDAY, MONDAY + timedelta(hours=int(str(how))))
    elif kind == "back":
        wall = MONDAY + timedelta(hours=int(str(how)))
        text = without_absence(text, team.people[str(whom)], wall)
        assert not any(
            each.since <= wall.replace(second=0) < each.until for each in checked(text).people[str(whom)].away
        )
    elif kind == "team":
        text = with_team_hours(text, how)  # type: ignore[arg-type]
        assert team_fields(checked(text)).items() >= as_shown(dict(how)).items()  # type: ignore[call-overload]
    return text


def as_shown(given: dict[str, str]) -> dict[str, str]:
    """What a form shows of *given* values afterwards."""
    week = parse_hours(hours_written(given["hours"])) if given.get("hours") else None
    shown = given | ({"hours": hours_text(week)} if week else {})
    return shown | ({"weight": shown["weight"] or "1"} if "weight" in shown else {})


@pytest.mark.slow
@settings(max_examples=150)
@given(st.sampled_from([*TEXTS]), EDITS)
def test_after_any_edits_the_text_reads_as_set_and_keeps_every_comment_line(
    name: str, edits: list[tuple[str, object, object]]
) -> None:
    text = TEXTS[name]
    for edit in edits:
        text = edited(text, checked(text), edit)

    comments = [line.strip() for line in TEXTS[name].splitlines() if line.strip().startswith("#")]
    kept = [line.strip() for line in text.splitlines() if line.strip().startswith("#")]
    inside_a_list = {"# to be confirmed", "# who"}  # gone with the whole list, where all of it goes
    assert [each for each in comments if each not in inside_a_list] == [
        each for each in kept if each not in inside_a_list
    ]
    assert tidied(text, checked(text), MONDAY.date()) == text


def test_a_place_that_is_not_there_is_no_place() -> None:
    page = Page(SAMPLE)

    assert ("people", "U0ANN") in page
    assert ("people", "U0EVE") not in page
    assert ("segments", 7, "pool") not in page
    assert page.items(("people",)) == page.items(("nothing",)) == []
    with pytest.raises(LookupError):
        page.write(("segments",), {"a": "b"})
    with pytest.raises(LookupError):
        page.relist(("people",))
    assert page.changed == SAMPLE
