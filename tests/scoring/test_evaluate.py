"""SEMANTICS, "One grammar for conditions" and "Unknown": true, false or unknown, form by form."""

from datetime import UTC, datetime, timedelta
from itertools import count, product

import pytest

from scoring.conditions import All, Any, Condition, Did, FitCheck, Has, InTier, Is, IsNot, Not, Returning
from scoring.definition import Definition, read_definition
from scoring.evaluate import holds
from scoring.lead import Activity, Fact, Lead
from scoring.score import Score

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
AS_OF = int(NOW.timestamp())
DAY = 86_400
_numbers = count(1)

FILE = """
name: test
threshold: 50
{rest}
intent: {{visit: 5, demo_request: 50, webinar: 10, pack: 5}}
tiers:
  - {{name: asked, when: {condition}, first_touch: 5m}}
  - {{name: standard, first_touch: 24h}}
"""


def contract(condition: str, rest: str = "") -> Definition:
    return read_definition(FILE.format(condition=condition, rest=rest))


def did(signal: str, days: float = 0, asset: str | None = None) -> Activity:
    occurred = AS_OF - int(days * DAY)
    return Activity(f"evt-{next(_numbers):04}", signal, asset, occurred, occurred)


def met(condition: str, *activities: Activity, since: int | None = None, **facts: Fact) -> bool | None:
    definition = contract(condition)
    when = definition.tiers[0].when
    assert when is not None
    return holds(when, Lead(facts, 0), activities, definition, now=NOW, since=since)


def asked(condition: Condition, **facts: Fact) -> bool | None:
    return holds(condition, Lead(facts, 0), (), contract("{score: 1}"), now=NOW)


# Attributes


@pytest.mark.parametrize(
    ("condition", "fact", "expected"),
    [
        ("{attribute: x, is: DE}", "DE", True),
        ("{attribute: x, is: DE}", " de ", True),
        ("{attribute: x, is: DE}", "AT", False),
        ("{x: [DE, AT]}", "at", True),
        ("{x: STRASSE}", "straße", True),
        ("{x: 5}", 5, True),
        ("{x: 5}", 5.0, True),
        ("{x: 5}", "5", False),
        ("{x: '5'}", 5, False),
        ("{x: 1}", True, False),
        ("{x: true}", 1, False),
        ("{x: true}", True, True),
        ("{x: false}", 0, False),
        ("{x: crm}", ("erp", "CRM"), True),
        ("{x: crm}", (), False),
        ("{x: {is_not: crm}}", ("erp", "CRM"), False),
        ("{x: {is_not: crm}}", ("erp",), True),
        ("{x: {is_not: [DE, AT]}}", "CH", True),
        ("{x: {is_not: [DE, AT]}}", "at", False),
        ("{x: {has: [crm, erp]}}", ("erp", "shop"), True),
        ("{x: {has: [crm]}}", ("erp", "shop"), False),
        ("{x: {has: crm}}", "CRM", True),
        ("{x: {has: crm}}", "erp", False),
        ("{x: {between: [50, 500]}}", 50, True),
        ("{x: {between: [50, 500]}}", 500, True),
        ("{x: {between: [50, 500]}}", 49, False),
        ("{x: {between: [50, 500]}}", 500.5, False),
        ("{x: {between: [null, 500]}}", -3, True),
        ("{x: {between: [500, null]}}", 10**9, True),
        ("{x: {between: [500, null]}}", 499, False),
        ("{x: {between: [50, 500]}}", "120", None),
        ("{x: {between: [0, 1]}}", True, None),
        ("{x: {between: [50, 500]}}", (60,), None),
    ],
)
def test_an_attribute_is_compared_as_people_read_it(
    condition: str, fact: Fact, expected: bool | None
) -> None:
    """ "`{attribute, is | is_not | between | has}` … Bounds are inclusive … `null` is an open bound; `has`
    means the list attribute contains one of these." """
    assert met(condition, x=fact) is expected


@pytest.mark.parametrize(
    "condition", ["{x: a}", "{x: {is_not: a}}", "{x: {has: a}}", "{x: {between: [1, 2]}}", "{not: {x: a}}"]
)
def test_nothing_is_said_about_what_nobody_knows(condition: str) -> None:
    """ "Any comparison with an unknown attribute, `is_not` included, is unknown" """
    assert met(condition, y="a") is None


KNOWN = {True: Is("yes", ("yes",)), False: Is("yes", ("no",)), None: Is("unheard", ("of",))}


@pytest.mark.parametrize("answers", list(product((True, False, None), repeat=3)))
def test_all_any_and_not_carry_the_unknown_along(answers: tuple[bool | None, ...]) -> None:
    """ "unknown: no points, no match, also inside `not`", "nested in `all`, `any`, `not`" """
    parts = tuple(KNOWN[answer] for answer in answers)
    every = False if False in answers else None if None in answers else True
    some = True if True in answers else None if None in answers else False

    assert asked(All(parts), yes="yes") is every
    assert asked(Any(parts), yes="yes") is some
    assert asked(Not(All(parts)), yes="yes") is (None if every is None else not every)


def test_several_keys_mean_all() -> None:
    """ "several keys mean all" """
    condition = "{seniority: [vp, director], employees: {between: [50, null]}}"

    assert met(condition, seniority="vp", employees=50) is True
    assert met(condition, seniority="vp", employees=49) is False
    assert met(condition, seniority="vp") is None
    assert met(condition, seniority="intern") is False


# Activities


@pytest.mark.parametrize(("visits", "expected"), [(0, False), (2, False), (3, True), (4, True)])
def test_a_signal_is_asked_for_so_many_times(visits: int, expected: bool) -> None:
    """ "`{signal, asset, at_least, within, …}`" """
    assert met("{signal: visit, at_least: 3}", *(did("visit") for _ in range(visits))) is expected


def test_only_what_lies_in_the_window_is_counted() -> None:
    """ "`within`", "`within: 30d` is age < 2,592,000 s" """
    second = 1 / DAY

    assert met("{signal: visit, at_least: 2, within: 7d}", did("visit"), did("visit", 7 - second)) is True
    assert met("{signal: visit, at_least: 2, within: 7d}", did("visit"), did("visit", 7)) is False
    assert (
        met("{signal: visit, distinct: day, at_least: 2, within: 7d}", did("visit"), did("visit", 7)) is False
    )


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [("/pricing", 1), ("/PRICING", 1), ("/pricing*", 2), ("/docs*", 0), ("'*'", 3), ("pricing", 0)],
)
def test_an_asset_is_exact_or_ends_in_a_star(wanted: str, expected: int) -> None:
    """ "An asset is exact or ends in `*`. No regular expressions." """
    visits = [did("visit", asset=asset) for asset in ("/pricing", "/pricing/enterprise", "/", None)]
    condition = f"{{signal: visit, asset: {wanted}, at_least: {max(1, expected)}}}"

    assert met(condition, *visits) is (expected > 0)
    assert (
        met(condition.replace(f"at_least: {max(1, expected)}", f"at_least: {expected + 1}"), *visits) is False
    )


def test_different_assets_or_days_may_be_asked_for() -> None:
    """ "`distinct: asset | day`" """
    twice_a_day = [did("visit", 0, "a"), did("visit", 0.1, "b"), did("visit", 1, "a"), did("visit", 1.1)]

    assert met("{signal: visit, at_least: 3, distinct: asset}", *twice_a_day) is True
    assert met("{signal: visit, at_least: 4, distinct: asset}", *twice_a_day) is False
    assert met("{signal: visit, at_least: 2, distinct: day}", *twice_a_day) is True
    assert met("{signal: visit, at_least: 3, distinct: day}", *twice_a_day) is False


def test_the_pack_must_come_after_the_webinar() -> None:
    """ "`after: SIGNAL`", and S2's webinar followed by its post-event resource pack"""
    condition = "{signal: pack, after: webinar}"

    assert met(condition, did("webinar", 5), did("webinar", 1), did("pack", 3)) is True
    assert met(condition, did("webinar", 5), did("pack", 6)) is False
    assert met(condition, did("webinar", 5), did("pack", 5)) is False
    assert met(condition, did("pack", 3)) is False


def test_any_of_several_signals_counts() -> None:
    """ "`{signal, …}`": a list of names means any of them"""
    condition = "{signal: [visit, webinar], at_least: 2}"

    assert met(condition, did("visit"), did("webinar")) is True
    assert met(condition, did("visit"), did("pack")) is False


def test_what_lies_before_the_last_end_or_in_the_future_is_not_counted() -> None:
    """ "counts only since the last end", "activities with `occurred_at > as_of` do not exist" """
    assert met("{signal: visit}", did("visit", 2), since=AS_OF - 2 * DAY) is False
    assert met("{signal: visit}", did("visit", 1.99), since=AS_OF - 2 * DAY) is True
    assert met("{signal: visit}", did("visit", -1)) is False


# The hand-off


def test_the_score_the_tier_and_the_marks_of_a_hand_off_may_be_asked_for() -> None:
    """ "`{score: n}`, `{returning: true}`, `{fit_check: true}`, `{tier: name}`" """
    definition = contract("{score: 80}")
    high = definition.tiers[0].when
    lead, points = Lead({}, 0), Score(30, 50, (), 1)
    assert high is not None

    assert holds(high, lead, (), definition, now=NOW, score=points) is True
    assert holds(high, lead, (), definition, now=NOW, score=Score(30, 49, (), 1)) is False
    assert holds(high, lead, (), definition, now=NOW) is None
    for condition, expected in ((InTier(("asked",)), True), (InTier(("standard",)), False)):
        assert holds(condition, lead, (), definition, now=NOW, tier=definition.tiers[0]) is expected
        assert holds(condition, lead, (), definition, now=NOW) is None
    for mark in (True, False):
        assert holds(Returning(True), lead, (), definition, now=NOW, returning=mark) is mark
        assert holds(FitCheck(False), lead, (), definition, now=NOW, fit_check=mark) is not mark


@pytest.mark.parametrize(("country", "expected"), [("DE", True), ("KP", False), (None, False)])
def test_gates_pass_where_none_fails_or_holds(country: str | None, expected: bool) -> None:
    """ "`{gates: pass}`" """
    gates = "gates: [{attribute: country, is_not: KP, unknown: hold}, {attribute: size, is: big}]"
    definition = contract("{gates: pass}", gates)
    when = definition.tiers[0].when
    facts: dict[str, Fact] = {} if country is None else {"country": country}
    assert when is not None

    assert holds(when, Lead(facts, 0), (), definition, now=NOW) is expected


def test_conditions_written_by_hand_mean_the_same_as_those_read_from_the_file() -> None:
    """ "One grammar for conditions, everywhere" """
    week = Did(("visit",), at_least=2, within=timedelta(days=7))
    definition = contract("{score: 1}")
    visits = (did("visit"), did("visit", 6))

    assert holds(week, Lead({}, 0), visits, definition, now=NOW) is True
    assert asked(Has("x", ("a",)), x="A") is True
    assert asked(IsNot("x", ("a",)), x="b") is True
