"""SEMANTICS, "Points", sentence by sentence; each docstring quotes the sentence under test."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import count

import pytest

from scoring.compile import LABELS_KEPT
from scoring.conditions import All, Did, Is
from scoring.definition import Definition, FitGroup, FitRow, read_definition
from scoring.fading import faded, fading_steps
from scoring.lead import Activity, Fact, Lead
from scoring.score import Part, Score, score

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = 86_400
_numbers = count(1)


def contract(text: str) -> Definition:
    required = (
        ""
        if "intent:" in [line.split(" ")[0] for line in text.splitlines()]
        else "\nintent: {demo_request: 50}"
    )
    tiers = "tiers: [{name: standard, first_touch: 24h}]"
    return read_definition(f"name: test\nthreshold: 50\n{text}{required}\n{tiers}\n")


def lead(seen_days_ago: float = 0, **facts: Fact) -> Lead:
    return Lead(facts, int(NOW.timestamp() - seen_days_ago * DAY))


def did(signal: str, days: float = 0, asset: str | None = None, event: str | None = None) -> Activity:
    occurred = int(NOW.timestamp() - days * DAY)
    return Activity(event or f"evt-{next(_numbers):04}", signal, asset, occurred, occurred)


def points(definition: Definition, *activities: Activity, who: Lead | None = None) -> Score:
    found = score(who or lead(), activities, definition, NOW)
    assert sum(part.points for part in found.parts) == found.total
    return found


def rows(found: Score, kind: str = "intent") -> list[int]:
    return [part.points for part in found.parts if part.kind == kind]


# Whole points everywhere


def test_the_rows_of_a_receipt_always_sum_to_the_total() -> None:
    """ "Whole points everywhere, and the rows always sum to the total." """
    definition = contract(
        "fit: {industry: [{is: software, points: 10}]}\n"
        "intent: {demo_request: 50, pricing_page: {points: [15, 10], half_life: 7d}}\n"
        "caps: {intent: 40}\ninactivity: {signal: webinar, none_for: 30d, points: -5}"
    )

    found = points(
        definition,
        did("demo_request"),
        did("pricing_page", 5),
        did("pricing_page", 9),
        who=lead(90, industry="software"),
    )

    assert (found.fit, found.intent, found.total) == (10, 40, 50)
    assert sum(part.points for part in found.parts) == 50
    assert all(type(part.points) is int and part.points != 0 for part in found.parts)


def test_each_visit_is_faded_to_whole_points_before_they_are_added_up() -> None:
    """ "Each occurrence is faded to whole points, rows are summed, then capped" """
    definition = contract("intent: {visit: {points: 5, every: event, half_life: 1d}}")

    found = points(definition, did("visit", 1), did("visit", 1, "b"), did("visit", 1, "c"))

    assert rows(found) == [3, 3, 3]
    assert found.intent == 9, "three halves of 5 would be 7.5 if they were added up before rounding"


def test_a_row_gives_no_more_than_its_cap_and_the_receipt_shows_what_was_taken_away() -> None:
    """ "then capped: by the row's `cap` … A cap that bites is a visible negative row." """
    definition = contract("intent: {click: {points: 5, every: event, cap: 12}}")

    found = points(definition, *(did("click", day) for day in range(4)))

    assert (found.intent, rows(found), rows(found, "cap")) == (12, [5, 5, 5, 5], [-8])
    assert found.parts[-1].label == "Cap: Click counts 12 at most"


def test_signals_of_a_low_level_together_give_no_more_than_the_levels_cap() -> None:
    """ "by level (`caps: {low: 20}`)" """
    definition = contract(
        "intent: {ebook: {points: 15, level: low}, newsletter: {points: 10, level: low},"
        " demo_request: {points: 50, level: high}}\n"
        "caps: {low: 20}"
    )

    found = points(definition, did("ebook"), did("newsletter"), did("demo_request"))

    assert (found.intent, rows(found, "cap")) == (70, [-5])
    assert found.parts[-1].label == "Cap: low-intent signals count 20 at most"


def test_the_rows_cap_bites_before_the_levels_and_the_levels_before_that_of_all_intent() -> None:
    """ "by the row's `cap`, by level (`caps: {low: 20}`), by `caps: {intent: 150}`" """
    definition = contract(
        "intent: {ebook: {points: 15, every: event, cap: 25}, demo_request: {points: 50, level: high}}\n"
        "caps: {low: 20, intent: 60}"
    )

    found = points(definition, did("ebook"), did("ebook", 1), did("demo_request"))

    caps = [(part.name, part.points) for part in found.parts if part.kind == "cap"]
    assert caps == [("ebook", -5), ("low", -5), ("intent", -10)]
    assert found.intent == 60


def test_a_cap_that_does_not_bite_is_not_on_the_receipt() -> None:
    """ "A cap that bites is a visible negative row." """
    definition = contract("intent: {click: {points: 5, cap: 5}}\ncaps: {intent: 5, fit: 10, low: 5}")

    assert rows(points(definition, did("click")), "cap") == []


def test_fit_has_a_cap_of_its_own() -> None:
    """ "A cap that bites is a visible negative row." """
    definition = contract("fit: {size: [{is: big, points: 30}]}\ncaps: {fit: 20}")

    found = points(definition, did("demo_request"), who=lead(size="big"))

    assert (found.fit, found.intent) == (20, 50)
    assert found.parts[1] == Part(
        "fit", "cap", "fit", -10, "Cap: fit counts 20 at most", None, None, None, None
    )


# Repeats


def test_the_same_paper_downloaded_twice_counts_once_and_another_paper_counts_again() -> None:
    """ "A scalar counts once per distinct asset within the window" """
    definition = contract("intent: {download: 5}")

    again = points(definition, did("download", 1, "roi.pdf"), did("download", 2, "roi.pdf"))
    another = points(definition, did("download", 1, "roi.pdf"), did("download", 2, "guide.pdf"))
    unnamed = points(definition, did("download", 1), did("download", 2), did("download", 3, "roi.pdf"))

    assert (again.intent, another.intent, unnamed.intent) == (5, 10, 10)


def test_of_the_same_paper_the_newest_download_counts() -> None:
    """ "A scalar counts once per distinct asset within the window" """
    definition = contract("intent: {download: {points: 8, half_life: 10d}}")

    found = points(definition, did("download", 20, "roi.pdf"), did("download", 10, "roi.pdf"))

    assert rows(found) == [4]


def test_a_paper_read_again_counts_while_one_of_the_readings_lies_in_the_window() -> None:
    """ "A scalar counts once per distinct asset within the window" """
    definition = contract("intent: {download: {points: 8, within: 7d}}")

    assert (
        points(definition, did("download", 20, "a"), did("download", 6, "a"), did("download", 9, "b")).intent
        == 8
    )


@pytest.mark.parametrize(("every", "expected"), [("event", 15), ("asset", 10), ("day", 10)])
def test_the_row_says_what_counts_once(every: str, expected: int) -> None:
    """ "(`every: event | asset | day` overrides" """
    definition = contract(f"intent: {{visit: {{points: 5, every: {every}}}}}")
    today = (did("visit", 0, "a"), did("visit", 0.1, "a"))

    assert points(definition, *today, did("visit", 1, "b")).intent == expected


def test_a_day_is_a_day_in_utc() -> None:
    """ "no time zones in scoring" """
    definition = contract("intent: {visit: {points: 5, every: day}}")
    midnight = datetime(2026, 11, 22, tzinfo=UTC).timestamp()
    late, early = (
        Activity(name, "visit", None, int(midnight) + shift, 0) for name, shift in (("a", -1), ("b", 0))
    )

    assert points(definition, late, early).intent == 10
    assert points(definition, early, did("visit", 0)).intent == 5


def test_every_click_in_a_mail_counts_up_to_the_cap() -> None:
    """ "signals named `email_click*` default to `event`" """
    definition = contract("intent: {email_click_product: {points: 5, cap: 15}, email_open: 1}")

    clicks = [did("email_click_product", 1, "same mail") for _ in range(5)]
    opens = [did("email_open", 1, "same mail") for _ in range(5)]

    assert points(definition, *clicks, *opens).intent == 15 + 1


def test_the_second_visit_is_worth_what_the_list_says_and_the_third_nothing() -> None:
    """ "A list counts the nth occurrence; beyond the list, 0." """
    definition = contract("intent: {pricing_page: [15, 10]}")
    visits = [did("pricing_page", day, "/pricing") for day in range(4)]

    assert [points(definition, *visits[:n]).intent for n in range(5)] == [0, 15, 25, 25, 25]


def test_a_list_may_count_each_page_once() -> None:
    """ "(`every: event | asset | day` overrides" """
    definition = contract("intent: {pricing_page: {points: [15, 10], every: asset}}")

    assert points(definition, did("pricing_page", 1, "/a"), did("pricing_page", 2, "/a")).intent == 15
    assert points(definition, did("pricing_page", 1, "/a"), did("pricing_page", 2, "/b")).intent == 25


# nth with fading


def test_the_newest_visit_is_the_first_of_the_list() -> None:
    """ "Occurrences are numbered newest first within the window" """
    definition = contract("intent: {pricing_page: {points: [16, 8], half_life: 10d}}")

    found = points(definition, did("pricing_page", 10, event="older"), did("pricing_page", 0, event="newer"))

    assert [(part.event, part.points) for part in found.parts] == [("newer", 16), ("older", 4)]


def test_visits_of_the_same_second_are_numbered_by_their_event_id() -> None:
    """ "ties by event id" """
    definition = contract("intent: {pricing_page: [15, 10]}")

    found = points(definition, did("pricing_page", 1, event="b"), did("pricing_page", 1, event="a"))

    assert [(part.event, part.points) for part in found.parts] == [("a", 15), ("b", 10)]


def test_a_visit_that_leaves_the_window_makes_no_other_visit_worth_more() -> None:
    """ "So time alone never raises a score" """
    definition = contract("intent: {pricing_page: {points: [5, 20], within: 30d}}")
    visits = (did("pricing_page", 1), did("pricing_page", 20))

    later = [
        score(lead(), visits, definition, NOW + timedelta(days=days)).intent for days in (0, 9, 10, 28, 29)
    ]

    assert later == [25, 25, 5, 5, 0]


# Age


def test_what_happens_after_the_moment_of_scoring_does_not_exist() -> None:
    """ "activities with `occurred_at > as_of` do not exist" """
    definition = contract("intent: {demo_request: 50}")
    demo = did("demo_request", 0)

    assert score(lead(), [demo], definition, NOW - timedelta(seconds=1)).total == 0
    assert score(lead(), [demo], definition, NOW).total == 50


def test_times_are_whole_seconds() -> None:
    """ "Times are whole UTC seconds" """
    definition = contract("intent: {visit: {points: 5, within: 1d}}")
    visit = did("visit", 1)

    assert score(lead(), [visit], definition, NOW - timedelta(microseconds=1)).total == 5
    assert score(lead(), [visit], definition, NOW + timedelta(microseconds=1)).total == 0


def test_the_wall_clock_of_the_one_who_asks_does_not_matter() -> None:
    """ "no time zones in scoring" """
    definition = contract("intent: {visit: {points: 50, half_life: 1d}}")
    visits = [did("visit", 1.5)]
    elsewhere = NOW.astimezone(datetime.strptime("+0900", "%z").tzinfo)

    assert score(lead(), visits, definition, elsewhere) == score(lead(), visits, definition, NOW)
    with pytest.raises(ValueError, match="must have a time zone"):
        score(lead(), visits, definition, NOW.replace(tzinfo=None))


def test_a_visit_counts_until_the_last_second_of_its_window() -> None:
    """ "`within: 30d` is age < 2,592,000 s" """
    definition = contract("intent: {visit: {points: 5, within: 30d}}")
    inside = Activity("a", "visit", None, int(NOW.timestamp()) - 2_591_999, 0)
    outside = Activity("b", "visit", None, int(NOW.timestamp()) - 2_592_000, 0)

    assert points(definition, inside).intent == 5
    assert points(definition, outside).intent == 0


def test_points_fade_by_whole_days() -> None:
    """ "`age_days = floor((as_of − occurred_at) / 86,400)`" """
    definition = contract("intent: {visit: {points: 40, half_life: 1d}}")

    assert [points(definition, did("visit", age)).intent for age in (0, 0.99, 1, 1.99, 2)] == [
        40,
        40,
        20,
        20,
        10,
    ]


@pytest.mark.parametrize(
    ("worth", "age", "half_life", "left"),
    [
        (15, 14, 14, 8),
        (15, 28, 14, 4),
        (10, 7, 14, 7),
        (50, 1, 14, 48),
        (1, 14, 14, 1),
        (1, 15, 14, 0),
        (3, 14, 14, 2),
    ],
)
def test_half_a_point_is_rounded_up(worth: int, age: int, half_life: int, left: int) -> None:
    """ "`half_life: h` days gives `floor(points · 2^(−age_days/h) + ½)`" """
    definition = contract(f"intent: {{visit: {{points: {worth}, half_life: {half_life}d}}}}")

    assert faded(worth, age, timedelta(days=half_life)) == left
    assert points(definition, did("visit", age)).intent == left


@pytest.mark.parametrize(
    "half_life", [timedelta(hours=5), timedelta(days=1), timedelta(days=14), timedelta(days=365)]
)
@pytest.mark.parametrize("worth", [1, 7, 50, 163])
def test_the_steps_of_fading_are_those_of_the_formula(worth: int, half_life: timedelta) -> None:
    """ "computed by Decimal once when the definition is loaded and emitted to SQL as literal steps" """
    steps = fading_steps(worth, half_life)
    halvings = Fraction(int(half_life.total_seconds()), DAY)

    for age in range(int(halvings * 9) + 3):
        left = [points_left for first_day, points_left in steps if first_day <= age][-1]
        # 2^(−a/h) without rounding: floor(p·2^(−a/h) + ½) = n  ⇔  (2n−1)^h·2^a ≤ (2p)^h < (2n+1)^h·2^a
        exponent = Fraction(age) / halvings
        power, root = exponent.numerator, exponent.denominator
        if root <= 400:
            assert (2 * left - 1) ** root * 2**power <= (2 * worth) ** root or left == 0
            assert (2 * worth) ** root < (2 * left + 1) ** root * 2**power
        assert left == faded(worth, age, half_life)
    assert steps[-1][1] == 0


def test_negative_points_neither_fade_nor_expire() -> None:
    """ "Only positive rows fade or expire." """
    definition = contract(
        "intent: {unsubscribed: {points: -20, within: 7d, half_life: 1d}, demo_request: 50}"
    )

    assert [points(definition, did("unsubscribed", age)).intent for age in (0, 3, 8, 400)] == [-20] * 4


def test_a_negative_pattern_stays_when_its_window_is_over() -> None:
    """ "Only positive rows fade or expire." """
    definition = contract(
        "bonus: [{name: clicks like a machine, when: {signal: click, at_least: 3, within: 1d}, points: -15}]"
    )
    machine = [did("click", 10 + n / 100) for n in range(3)]
    human = [did("click", 10 + n) for n in range(3)]

    assert points(definition, *machine).intent == -15
    assert points(definition, *human).intent == 0


def test_silence_that_begins_with_time_gives_no_bonus() -> None:
    """ "So time alone never raises a score" """
    definition = contract(
        "bonus: [{name: not pushy, when: {not: {signal: contact_form, within: 7d}}, points: 10}]"
    )

    assert points(definition).intent == 10
    assert points(definition, did("contact_form", 1)).intent == 0
    assert points(definition, did("contact_form", 8)).intent == 0


# Unknown


@pytest.mark.parametrize(
    "row",
    [
        "{is: DE, points: 10}",
        "{is_not: DE, points: 10}",
        "{has: DE, points: 10}",
        "{between: [1, null], points: 10}",
        "{when: {not: {country: DE}}, points: 10}",
        "{when: {not: {country: {is_not: DE}}}, points: 10}",
        "{when: {all: [{country: DE}, {device: mobile}]}, points: 10}",
        "{when: {not: {any: [{country: DE}, {device: desktop}]}}, points: 10}",
    ],
)
def test_what_nobody_knows_gives_no_points(row: str) -> None:
    """ "Any comparison with an unknown attribute, `is_not` included, is unknown: no points, no match, also
    inside `not`." """
    definition = contract(f"fit: {{country: [{row}]}}")

    found = points(definition, who=lead(device="mobile"))

    assert (found.fit, found.parts) == (0, ())


def test_an_intent_row_with_a_condition_on_an_unknown_fact_does_not_count() -> None:
    """ "Any comparison with an unknown attribute … is unknown: no points" """
    definition = contract("intent: {demo_request: {points: 50, country: GB}}")

    assert points(definition, did("demo_request"), who=lead(country="GB")).intent == 50
    assert points(definition, did("demo_request"), who=lead(country="US")).intent == 0
    assert points(definition, did("demo_request")).intent == 0


# Groups, bonus, inactivity


def test_in_a_group_the_first_row_that_matches_counts() -> None:
    """ "In a fit group the first row that matches counts." """
    definition = contract(
        "fit: {seniority: [{is: c_level, points: 20}, {is: [c_level, vp], points: 15},"
        " {is_not: intern, points: 1}]}"
    )

    assert [
        points(definition, who=lead(seniority=each)).fit for each in ("c_level", "vp", "manager", "intern")
    ] == [20, 15, 1, 0]


def test_a_row_of_0_points_keeps_the_rows_below_it_from_counting() -> None:
    """ "In a fit group the first row that matches counts." """
    definition = contract("fit: {seniority: [{is: c_level, points: 0}, {is_not: intern, points: 5}]}")

    assert points(definition, who=lead(seniority="c_level")).parts == ()


def test_every_group_counts_for_itself() -> None:
    """ "In a fit group the first row that matches counts." """
    definition = contract(
        "fit: {seniority: [{is: vp, points: 15}], employees: [{between: [50, 500], points: 10}]}"
    )

    assert points(definition, who=lead(seniority="vp", employees=50)).fit == 25


def test_imported_counters_count_as_intent_and_as_one_active_intent() -> None:
    """ "A fit group may say `counts_as: intent` (imported counters such as page views)." """
    definition = contract("fit: {page_views: {counts_as: intent, rows: [{between: [10, null], points: 8}]}}")

    found = points(definition, who=lead(page_views=12))

    assert (found.fit, found.intent, found.active_intents) == (0, 8, 1)
    assert (found.parts[0].side, found.parts[0].kind) == ("intent", "fit")


def test_several_visits_in_a_week_give_a_bonus() -> None:
    """ "`bonus: [{name, when, points, level}]` for frequency rules: several visits in a week" """
    definition = contract(
        "intent: {pricing_page: 1}\n"
        "bonus: [{name: several visits in a week, when: {signal: pricing_page, at_least: 3, within: 7d},"
        " points: 10, level: high}]"
    )

    assert rows(points(definition, *(did("pricing_page", day) for day in (0, 3, 6))), "bonus") == [10]
    assert rows(points(definition, *(did("pricing_page", day) for day in (0, 3, 7))), "bonus") == []


@pytest.mark.parametrize(
    ("level", "active", "total"), [("high", 1, 10), ("low", 1, 4), ("passive", 0, 10), (None, 0, 10)]
)
def test_a_bonus_is_an_active_intent_only_with_a_level_and_falls_under_its_cap(
    level: str | None, active: int, total: int
) -> None:
    """ "`bonus: [{name, when, points, level}]`", "an active intent is … level low or better" """
    said = "" if level is None else f", level: {level}"
    definition = contract(
        f"bonus: [{{name: three opens, when: {{signal: email_open, at_least: 3}}, points: 10{said}}}]\n"
        "caps: {low: 4}"
    )

    found = points(definition, *(did("email_open", day) for day in range(3)))

    assert (found.active_intents, found.intent) == (active, total)


def test_silence_of_a_month_costs_points_from_the_first_second_after_it() -> None:
    """ "`inactivity: {signal: email_open | any, none_for: 30d, points: −5}`" """
    definition = contract(
        "intent: {email_open: 0, visit: 0}\ninactivity: {signal: any, none_for: 30d, points: -5}"
    )
    almost = did("visit", 30 - 1 / DAY)

    assert points(definition, did("visit", 30), who=lead(90)).intent == -5
    assert points(definition, almost, who=lead(90)).intent == 0


def test_somebody_new_is_not_silent_yet() -> None:
    """ "counted from the later of first seen and last such activity" """
    definition = contract("inactivity: {signal: any, none_for: 30d, points: -5}")

    assert points(definition, who=lead(29)).intent == 0
    assert points(definition, who=lead(30)).intent == -5
    assert points(definition, did("demo_request", 40), who=lead(10)).intent == 50


def test_an_open_mail_breaks_the_silence_and_an_unknown_signal_does_not() -> None:
    """ "(any known signal, passive ones too)" """
    definition = contract(
        "intent: {email_open: {points: 0, level: passive}}\n"
        "inactivity: {signal: any, none_for: 30d, points: -5}"
    )

    assert points(definition, did("email_open", 1), who=lead(90)).intent == 0
    assert points(definition, did("never heard of", 1), who=lead(90)).intent == -5


def test_a_signal_that_only_a_rule_names_is_known() -> None:
    """ "(any known signal, passive ones too)" """
    definition = contract(
        "inactivity: {signal: any, none_for: 30d, points: -5}\n"
        "qualify_when: [{name: reader, all: [{signal: case_study}]}]"
    )

    assert points(definition, did("case_study", 1), who=lead(90)).intent == 0


def test_silence_of_one_signal_is_not_broken_by_another() -> None:
    """ "`inactivity: {signal: email_open | any …`" """
    definition = contract(
        "intent: {email_open: 0, visit: 0}\ninactivity: {signal: email_open, none_for: 30d, points: -5}"
    )

    found = points(definition, did("visit", 1), did("email_open", 31), who=lead(90))

    assert [(part.points, part.label) for part in found.parts] == [(-5, "No email open for 30 days")]


# Rows that ask about deeds and history


def test_a_row_of_fit_may_ask_what_a_lead_did() -> None:
    """ "One grammar for conditions, everywhere (gates, rows, …)" """
    definition = contract(
        "fit: {role: [{is: buyer, signal: pricing_page, at_least: 2, within: 7d, points: 20}, {is: buyer, points: 5}]}"
    )
    visits = [did("pricing_page", 1), did("pricing_page", 6)]
    buyer = lead(role="buyer")

    found = points(definition, *visits, who=buyer)

    assert (found.fit, found.parts[0].label) == (20, "Role is buyer, 2 or more of pricing_page within 7 days")
    assert points(definition, *visits[:1], who=buyer).fit == 5
    assert points(definition, *visits).fit == 0
    assert score(buyer, visits, definition, NOW + timedelta(days=1)).fit == 5, "the 6 days have become 7"


def test_a_row_of_intent_may_ask_what_else_a_lead_did() -> None:
    """ "`{signal, asset, at_least, within, distinct, after}`" """
    definition = contract(
        'intent: {ebook: {points: 5, when: {signal: webinar, asset: "Live*", within: 30d, after: ad}}}'
    )
    ebook, ad = did("ebook"), did("ad", 10)

    assert points(definition, ebook, ad, did("webinar", 9, "Live 4")).intent == 5
    assert points(definition, ebook, ad, did("webinar", 9, "Recording")).intent == 0
    assert points(definition, ebook, ad, did("webinar", 11, "Live 4")).intent == 0, "before the ad"
    assert points(definition, ebook).intent == 0


def test_a_row_may_ask_what_a_lead_did_not_do() -> None:
    """ "nested in `all`, `any`, `not`" """
    definition = contract("intent: {ebook: {points: 5, when: {not: {signal: unsubscribed}}}}")

    assert points(definition, did("ebook")).intent == 5
    assert points(definition, did("ebook"), did("unsubscribed", 400)).intent == 0


@pytest.mark.parametrize(
    "rows",
    [
        "fit: {history: [{returning: true, points: 7}]}",
        "intent: {demo_request: {points: 7, returning: true}}",
        "bonus: [{name: back, when: {returning: true}, points: 7}]",
    ],
)
def test_a_row_may_ask_whether_a_lead_returns(rows: str) -> None:
    """ "`{returning: true}`" """
    definition = contract(rows)
    demo = [did("demo_request", 1)]
    end = int(NOW.timestamp()) - 2 * DAY
    others = score(lead(), demo, contract(""), NOW).total if "demo_request:" not in rows else 0

    assert score(lead(), demo, definition, NOW).total == others
    assert score(lead(), demo, definition, NOW, returning=True).total == others + 7
    assert score(lead(), demo, definition, NOW, since=end).total == others + 7


def test_a_negative_row_may_begin_by_time_and_a_positive_one_may_end() -> None:
    """ "time alone never raises a score" """
    definition = contract(
        "fit: {silence: [{not: {signal: visit, within: 7d}, points: -10}, {signal: visit, within: 7d, points: 5}]}\n"
        "intent: {ebook: {points: -2, when: {not: {signal: visit, within: 7d}}}}"
    )
    deeds = [did("visit"), did("ebook")]

    course = [score(lead(), deeds, definition, NOW + timedelta(days=day)).total for day in (0, 6, 7)]

    assert course == [5, 5, -12]


# The score of a lead that returns; the receipt's words


def test_a_returning_leads_score_is_its_fit_and_what_it_did_since() -> None:
    """ "only active intent newer than the end can qualify again" """
    definition = contract(
        "fit: {industry: [{is: software, points: 10}],"
        " page_views: {counts_as: intent, rows: [{between: [1, null], points: 8}]}}\n"
        "intent: {demo_request: 50, visit: 5}\n"
        "inactivity: {signal: any, none_for: 30d, points: -5}"
    )
    known = lead(90, industry="software", page_views=4)
    ended = int(NOW.timestamp()) - 10 * DAY
    deeds = [did("demo_request", 10), did("visit", 9, "a")]

    found = score(known, deeds, definition, NOW, since=ended)
    silent = score(known, deeds[:1], definition, NOW, since=ended)

    assert (found.fit, found.intent, found.active_intents) == (10, 5, 1)
    assert silent.intent == 0, "ten days since the demo are no silence of thirty, whenever the hand-off ended"


def test_the_receipt_says_what_counted_and_when() -> None:
    """ "context: which pages, content, email clicked" (S0), and DESIGN's card"""
    definition = contract(
        "intent: {demo_request: {points: 50, level: high}, pricing_page: [15, 10],"
        " visit: {points: 5, label: Came by}}"
    )

    found = points(
        definition,
        did("demo_request", 1, "Enterprise demo", "e1"),
        did("pricing_page", 2),
        did("pricing_page", 3),
        did("visit"),
    )

    occurred = int(NOW.timestamp()) - DAY
    assert found.parts[0] == Part(
        "intent",
        "intent",
        "demo_request",
        50,
        "Demo request: Enterprise demo",
        "high",
        "Enterprise demo",
        occurred,
        "e1",
    )
    assert [part.label for part in found.parts[1:]] == ["Pricing page", "Pricing page (2nd)", "Came by"]


@pytest.mark.parametrize(
    ("group", "facts", "label"),
    [
        (
            "seniority: [{is: [vp, director], function: target, points: 15}]",
            {"seniority": "vp", "function": "sales"},
            "VP of a target function",
        ),
        ("seniority: [{is: c_level, points: 20}]", {"seniority": "c_level"}, "C-level"),
        ("employees: [{between: [50, 500], points: 10}]", {"employees": 120}, "50–500 employees"),
        ("industry: [{is: target, points: 10}]", {"industry": "software"}, "Target industry: software"),
        (
            "industry: [{is_not: target, points: -10}]",
            {"industry": "retail"},
            "Outside the target industry: retail",
        ),
        ("device: [{is: [mobile, tablet], points: 3}]", {"device": "mobile"}, "Device is mobile"),
        ("email_kind: [{is: personal, points: -5}]", {"email_kind": "personal"}, "Personal e-mail address"),
        ("tools: [{has: [hubspot], points: 4}]", {"tools": ("slack", "hubspot")}, "Tools is slack, hubspot"),
        ("opted_in: [{is: true, points: 4}]", {"opted_in": True}, "Opted in is yes"),
        ("age: [{between: [25, 40], points: 4, label: The right age}]", {"age": 30}, "The right age"),
    ],
)
def test_fit_is_told_in_words(group: str, facts: dict[str, Fact], label: str) -> None:
    """ "fit facts" (S0) on DESIGN's card: "VP of a target function", "50–500 employees" """
    definition = contract(f"target: {{functions: [sales], industries: [software]}}\nfit: {{{group}}}")

    assert [part.label for part in points(definition, who=Lead(facts, 0)).parts] == [label]


def test_a_label_never_leaks_from_one_leads_facts_to_anothers() -> None:
    """ "The full score receipt: every row that counted" (N3)"""
    definition = contract("fit: {floors: [{is_not: 7, points: 1}]}")
    values: list[Fact] = [1, True, 1.0, "1", "True", (1,), (True,)]

    labels = [points(definition, who=lead(floors=value)).parts[0].label for value in values]

    assert labels == [
        "Floors is 1",
        "Floors is yes",
        "Floors is 1.0",
        "Floors is 1",
        "Floors is True",
        "Floors is 1",
        "Floors is yes",
    ]


def test_a_group_asks_every_lead_anew_whatever_the_leads_before_it_were() -> None:
    """ "In a group the first row that matches counts" for each lead by its own facts, unknown ones too."""
    definition = contract(
        "target: {functions: [sales]}\n"
        "fit: {seniority: [{is: vp, function: target, points: 15}, {is: [vp, intern], points: 2}]}"
    )
    told: list[tuple[dict[str, Fact], list[int]]] = [
        ({"seniority": "vp", "function": "sales"}, [15]),
        ({"seniority": "vp", "function": "law"}, [2]),
        ({"seniority": "vp"}, [2]),
        ({"seniority": "intern", "function": "sales"}, [2]),
        ({"function": "sales"}, []),
        ({}, []),
    ]

    for _ in range(2):
        for facts, expected in told:
            assert rows(points(definition, who=Lead(facts, 0)), "fit") == expected


def test_a_fit_row_that_asks_for_a_deed_is_asked_anew_for_every_lead() -> None:
    """The facts of two leads may be the same and their deeds not."""
    row = FitRow(All((Is("industry", ("software",)), Did(("demo_request",)))), 10)
    definition = replace(contract(""), fit=(FitGroup("industry", (row,)),))
    who = lead(industry="software")

    assert rows(points(definition, who=who), "fit") == []
    assert rows(points(definition, did("demo_request"), who=who), "fit") == [10]
    assert rows(points(definition, who=who), "fit") == []


def test_leads_of_more_industries_than_are_remembered_still_read_their_own() -> None:
    """ "The full score receipt: every row that counted" (N3)"""
    definition = contract("fit: {industry: [{is_not: software, points: 1}]}")
    names = [f"trade {n}" for n in range(LABELS_KEPT + 2)]

    for _ in range(2):
        labels = [score(lead(industry=name), (), definition, NOW).parts[0].label for name in names]
        assert labels == [f"Industry is {name}" for name in names]
