"""The team file: who works when, on which slice of the market; and every mistake in it at once."""

# ruff: noqa: E501  # a file's line and what is told of it stand side by side

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from scoring.conditions import All, Between, Did, InTier, Is
from scoring.team import Away, Channels, Hours, Segment, Snooze, Team, TeamError, read_team
from scoring.worktime import parse_hours

SAMPLE = Path(__file__).with_name("sample_team.yaml").read_text()
DESIGN = Path(__file__).parents[3] / "shared" / "DESIGN.md"
NINE_TO_FIVE = parse_hours({"mon-fri": "09:00-17:00"})
LEAST = """\
timezone: Europe/London
hours: {mon-fri: "09:00-17:00"}
channels: {fallback: C0ALL}
segments: [{name: everyone, channel: C0ALL, pool: [U0ANN]}]
people:
  U0ANN: {name: Ann, role: sdr}
  U0MAX: {name: Max, role: manager, signs: sales}
  U0ADA: {name: Ada, role: admin, signs: marketing}
"""


@pytest.fixture(scope="module")
def sample() -> Team:
    return read_team(SAMPLE)


def with_lines(*lines: str) -> Team:
    return read_team(LEAST + "\n".join(lines))


def test_the_sample_of_the_design_is_read_to_its_last_key(sample: Team) -> None:
    assert (sample.live, sample.timezone, sample.holidays, sample.week) == (
        True,
        "Europe/London",
        "GB",
        NINE_TO_FIVE,
    )
    assert sample.channels == Channels("C0ALL", "C0LEADERS", "C0OPS")
    enterprise, everyone = sample.segments
    assert enterprise.when == All((Is("country", ("GB", "DE", "FR")), Between("employees", 501, None)))
    assert (enterprise.channel, enterprise.assign) == ("C0EMEA", "round_robin")
    assert (everyone.when, everyone.assign) == (None, "claim")


def test_the_design_document_still_shows_the_sample() -> None:
    if not DESIGN.exists():
        pytest.skip("the design document is not beside the repository")
    assert f"```yaml\n{SAMPLE}```" in DESIGN.read_text()


def test_a_person_keeps_role_zone_weight_capacity_absence_and_signature(sample: Team) -> None:
    ann, max_, mia = sample.people.values()

    assert (ann.id, ann.name, ann.role, ann.timezone) == ("U0ANN", "Ann", "sdr", "Europe/Berlin")
    assert (ann.weight, ann.capacity, ann.signs) == (2, 20, None)
    assert ann.away == (Away(datetime(2026, 12, 24), datetime(2027, 1, 3)),)  # noqa: DTZ001
    assert (max_.role, max_.signs, max_.weight, max_.capacity) == ("manager", "sales", 1, None)
    assert (mia.role, mia.signs) == ("marketing", "marketing")


def test_a_pool_member_who_is_not_under_people_gets_no_leads_and_is_told_with_the_line(sample: Team) -> None:
    assert sample.segments[1].pool == ("U0ANN",)
    assert (
        "team.yaml:8: segments[1].pool[2] names U0CAT, who is not under people and gets no leads; "
        "add U0CAT: {name: …, role: sdr}."
    ) in sample.warnings


def test_what_a_team_leaves_out_has_the_written_defaults() -> None:
    least = with_lines("  U0EVE: {name: Eve, role: ae}")

    assert (least.live, least.bundle, least.opening_grace) == (True, timedelta(days=7), timedelta(minutes=30))
    assert least.snooze == Snooze(timedelta(hours=4), 2)
    assert least.channels == Channels("C0ALL", "C0ALL", "C0ALL")
    assert least.ae == ("U0EVE",)
    assert (least.accounts, least.deal_value, least.target, least.currency, least.crm_url) == (None,) * 5
    assert least.segments == (Segment("everyone", "C0ALL", ("U0ANN",)),)
    assert least.warnings == ()


def test_every_other_key_of_the_team_is_read_too() -> None:
    read = with_lines(
        "live: false",
        "snooze: {longest: 2h, times: 1}",
        "bundle: {window: 3d}",
        "opening_grace: 15m",
        "accounts: accounts.csv",
        "ae: [U0MAX]",
        "deal_value: 12000",
        "target: 250000",
        "currency: EUR",
        'crm_url: "https://crm.example/contacts/{id}"',
    )

    assert (read.live, read.snooze, read.bundle) == (False, Snooze(timedelta(hours=2), 1), timedelta(days=3))
    assert (read.opening_grace, read.accounts, read.ae) == (timedelta(minutes=15), "accounts.csv", ("U0MAX",))
    assert (read.deal_value, read.target, read.currency) == (12_000, 250_000, "EUR")
    assert read.crm_url == "https://crm.example/contacts/{id}"
    assert with_lines("bundle: 2d").bundle == timedelta(days=2)


def test_a_segment_and_a_person_may_keep_hours_of_their_own() -> None:
    text = LEAST.replace(
        "pool: [U0ANN]}", 'pool: [U0ANN], timezone: Asia/Kolkata, hours: {sat: "10:00-14:00"}, holidays: IN}'
    ).replace(
        "Ann, role: sdr", 'Ann, role: sdr, hours: {mon: ["08:00-12:00", "13:00-15:00"]}, holidays: none'
    )
    read = read_team(text.replace("channels:", "holidays: GB\nchannels:"))

    assert read.segments[0].hours == Hours("Asia/Kolkata", parse_hours({"sat": "10:00-14:00"}), "IN")
    segment, ann = read.calendar_of_segment("everyone"), read.calendar_of("U0ANN")
    assert (segment.zone, segment.holidays) == (ZoneInfo("Asia/Kolkata"), "IN")
    assert (ann.zone, ann.week[0], ann.holidays) == (
        ZoneInfo("Europe/London"),
        ((28_800, 43_200), (46_800, 54_000)),
        "none",
    )
    assert (read.calendar.week, read.calendar.holidays) == (NINE_TO_FIVE, "GB")
    assert read.calendar_of("U0NOBODY") == read.calendar == read.calendar_of_segment("fallback")


def test_a_segment_may_ask_about_signals_tier_and_score() -> None:
    when = "{signal: demo_request, tier: [demo, high]}"
    read = read_team(
        LEAST.replace(
            "[{name: everyone,",
            f"[{{name: hot, when: {when}, channel: C0HOT, pool: [U0ANN]}}, {{name: everyone,",
        )
    )

    assert read.segments[0].when == All((Did(("demo_request",)), InTier(("demo", "high"))))


def test_people_are_found_by_id_and_by_role(sample: Team) -> None:
    max_ = sample.person("U0MAX")

    assert max_ is not None
    assert max_.name == "Max"
    assert sample.person("U0NOBODY") is None
    assert (sample.managers, sample.admins, sample.with_role("sdr")) == (("U0MAX",), (), ("U0ANN",))
    assert (sample.signers("sales"), sample.signers("marketing")) == (("U0MAX",), ("U0MIA",))


@pytest.mark.parametrize(
    ("on", "away"),
    [
        (date(2026, 12, 23), False),
        (date(2026, 12, 24), True),
        (date(2027, 1, 2), True),
        (date(2027, 1, 3), False),
    ],
)
def test_an_absence_lasts_from_its_first_to_its_last_day(sample: Team, on: date, away: bool) -> None:
    assert sample.is_away(sample.people["U0ANN"], on) is away


@pytest.mark.parametrize(
    ("now", "works"),
    [
        (datetime(2026, 11, 23, 8, 30, tzinfo=UTC), True),
        (datetime(2026, 11, 23, 7, 59, tzinfo=UTC), False),
        (datetime(2026, 11, 23, 16, 0, tzinfo=UTC), False),
        (datetime(2026, 11, 22, 12, 0, tzinfo=UTC), False),
        (datetime(2026, 12, 29, 12, 0, tzinfo=UTC), False),
    ],
    ids=["Monday 09:30 in Berlin", "before nine", "five o'clock", "Sunday", "away"],
)
def test_a_rep_is_on_shift_in_the_hours_of_their_own_zone_unless_away(
    sample: Team, now: datetime, works: bool
) -> None:
    assert sample.on_shift(sample.people["U0ANN"], now) is works


def test_a_rep_may_be_away_for_a_part_of_a_day() -> None:
    read = read_team(
        LEAST.replace(
            "Ann, role: sdr", "Ann, role: sdr, away: [{from: 2026-11-23 13:00, until: 2026-11-23 15:00}]"
        )
    )
    ann = read.people["U0ANN"]

    assert not read.is_away(ann, date(2026, 11, 23))
    assert [read.on_shift(ann, datetime(2026, 11, 23, hour, tzinfo=UTC)) for hour in (12, 13, 14, 15)] == [
        True,
        False,
        False,
        True,
    ]


def test_a_team_without_manager_admin_or_signatures_is_told_and_not_refused() -> None:
    alone = LEAST.replace("role: manager, signs: sales", "role: sdr").replace(
        "role: admin, signs: marketing", "role: sdr"
    )

    assert read_team(alone).warnings == (
        "team.yaml: people: nobody has role manager, so nobody hears of breaches; add one.",
        "team.yaml: people: nobody has role admin; the admin channel alone hears of trouble.",
        "team.yaml: people: nobody signs for sales, so no definition can take effect; add signs: sales.",
        "team.yaml: people: nobody signs for marketing, so no definition can take effect; add signs: marketing.",
    )


def test_a_last_segment_with_a_condition_is_told() -> None:
    read = read_team(LEAST.replace("name: everyone,", "name: home, when: {country: GB},"))

    assert read.warnings == (
        "team.yaml:4: segments[0] is the last segment and has a when: "
        "leads that no segment takes go to the fallback channel.",
    )


def mistakes(text: str) -> tuple[str, ...]:
    with pytest.raises(TeamError) as refused:
        read_team(text)
    return refused.value.problems


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("crm: x", "crm is not a key known here; the nearest is crm_url."),
        ("live: on", 'live must be true or false, not "on"; write live: true.'),
        ("bundle: 7", "bundle must be a duration such as 10s, 5m, 2h or 3d, not 7; write bundle: 24h."),
        ("bundle: {windows: 7d, window: 7d}", "bundle.windows is not a key known here; the nearest is window."),
        ("snooze: {times: -1}", "snooze.times must be a whole number from 0 to 100, not -1; write times: 0."),
        ("holidays: XX", 'holidays must be a country or country-region of the holidays library, or none, not "XX"; write holidays: GB.'),
        ("ae: [U0NOBODY]", "ae names nobody who stands under people; name at least one."),
        ("ae: [U0ANN, U0ANN]", "ae[1] names U0ANN a second time; once is enough."),
        ("ae: [Ann]", 'ae[0] must be a Slack user id (U or W and capitals or digits), not "Ann"; write - U0123ABCD.'),
        ("deal_value: 5", "deal_value has no currency; add currency: EUR."),
        ("currency: euro", 'currency must be the three capitals of a currency (ISO 4217), not "euro"; write currency: EUR.'),
        ("crm_url: https://crm.example", 'crm_url must be a link with {id} or {email} in it, not "https://crm.example"; write crm_url: "https://crm.example/contacts/{id}".'),
        ('crm_url: "javascript:{id}"', 'crm_url must be a link with {id} or {email} in it, not "javascript:{id}"; write crm_url: "https://crm.example/contacts/{id}".'),
    ],
)  # fmt: skip
def test_a_wrong_line_of_the_team_is_told_with_what_would_be_right(line: str, sentence: str) -> None:
    assert f"team.yaml:9: {sentence}" in mistakes(LEAST + line)


@pytest.mark.parametrize(
    ("right", "wrong", "sentence"),
    [
        ("Europe/London", "Europe/Londn", '1: timezone must be a time zone of the tz database, not "Europe/Londn"; write timezone: Europe/London.'),
        ('{mon-fri: "09:00-17:00"}', '{mon-fri: "17:00-09:00"}', "2: hours cannot be read: mon-fri: 17:00-09:00 should open before it closes"),
        ('{mon-fri: "09:00-17:00"}', '{monday: "09:00-17:00"}', "2: hours cannot be read: monday names no days"),
        ('{mon-fri: "09:00-17:00"}', "{}", "2: hours cannot be read: The hours are never open"),
        ('{mon-fri: "09:00-17:00"}', "{mon-fri: 9}", '2: hours.mon-fri must be a text, not 9; write mon-fri: "9".'),
        ("{fallback: C0ALL}", "{digests: C0ALL}", "3: channels lacks fallback; write fallback: C0123ABCD."),
        ("{fallback: C0ALL}", "{fallback: general}", '3: channels.fallback must be a Slack channel id (C or G and capitals or digits), not "general"; write fallback: C0123ABCD.'),
        ("pool: [U0ANN]}]", "pool: []}]", "4: segments[0].pool names nobody who stands under people; name at least one."),
        ("pool: [U0ANN]}]", "pool: [U0CAT]}]", "4: segments[0].pool names nobody who stands under people; name at least one."),
        ("pool: [U0ANN]}]", "pool: [U0ANN], assign: random}]", '4: segments[0].assign must be claim, round_robin or named, not "random"; write assign: claim.'),
        (", pool: [U0ANN]}]", "}]", "4: segments[0] lacks pool; write pool: [U0123ABCD]."),
        ("pool: [U0ANN]}]", "pool: [U0ANN]}, {name: rest, channel: C0ALL, pool: [U0ANN]}]", "4: segments[0] has no when, so the segments below it are never reached; add one, or move it to the end."),
        ("name: everyone,", "name: everyone, when: {industry: target},", "4: segments[0].when.industry asks for a target industry, but there is no such list; write target: {industries: […]} in the definition, or the values here."),
        ("name: Ann, role: sdr", "name: Ann", "6: people.U0ANN lacks role; write role: sdr."),
        ("role: sdr", "role: rep", '6: people.U0ANN.role must be sdr, ae, manager, marketing or admin, not "rep"; write role: sdr.'),
        ("role: sdr", "role: sdr, weight: 0", "6: people.U0ANN.weight must be a whole number from 1 to 100, not 0; write weight: 1."),
        ("role: sdr", "role: sdr, capacity: -1", "6: people.U0ANN.capacity must be a whole number from 0 to 1,000,000, not -1; write capacity: 0."),
        ("role: sdr", "role: sdr, signs: both", '6: people.U0ANN.signs must be sales or marketing, not "both"; write signs: sales.'),
        ("role: sdr", "role: sdr, away: [{from: 2026-12-24}]", "6: people.U0ANN.away[0] lacks until; write until: 2027-01-02."),
        ("role: sdr", "role: sdr, away: [{from: 2026-12-24, until: 2026-12-20}]", "6: people.U0ANN.away[0] ends before it begins; write from: the first day, until: the last."),
        ("role: sdr", "role: sdr, away: [{from: Xmas, until: 2026-12-20}]", '6: people.U0ANN.away[0].from must be a date (year-month-day), with a time if part of a day, not "Xmas"; write from: 2026-12-24.'),
        ("U0MAX", "max", "7: people.max is no Slack user id (U or W and capitals or digits); write U0123ABCD: {…}."),
        ("name: Max", "name: Ann", '7: people.U0MAX has the name "Ann" a second time; give each its own.'),
    ],
)  # fmt: skip
def test_a_wrong_value_of_the_team_is_told_with_what_would_be_right(
    right: str, wrong: str, sentence: str
) -> None:
    (told,) = mistakes(LEAST.replace(right, wrong, 1))

    assert told.startswith(f"team.yaml:{sentence}")


def test_what_a_team_lacks_is_named_all_at_once() -> None:
    assert mistakes("live: true") == (
        "team.yaml:1: The file lacks timezone; write timezone: Europe/London.",
        'team.yaml:1: The file lacks hours; write hours: {mon-fri: "09:00-17:00"}.',
        "team.yaml:1: The file lacks channels; write channels: {fallback: C0123ABCD}.",
        "team.yaml:1: The file lacks segments; write segments: [{name: everyone, channel: C0123ABCD, pool: [U0123ABCD]}].",
        "team.yaml:1: The file lacks people; write people: {U0123ABCD: {name: Ann, role: sdr}}.",
    )


def test_segments_are_named_once_each() -> None:
    rows = "[{name: a, when: {country: GB}, channel: C0A, pool: [U0ANN]}, {name: A, channel: C0A, pool: [U0ANN]}]"

    assert mistakes(LEAST.replace("[{name: everyone, channel: C0ALL, pool: [U0ANN]}]", rows)) == (
        'team.yaml:4: segments[1] has the name "A" a second time; give each its own.',
    )
