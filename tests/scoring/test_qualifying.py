"""SEMANTICS, "Qualifying", sentence by sentence; each docstring quotes the sentence under test."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from scoring.definition import Definition, read_definition
from scoring.dispositions import REASONS
from scoring.lead import Activity, Fact, Lead
from scoring.past import waiting_ends_at
from scoring.qualify import Past, Standing, Verdict, failed_hard_gates, qualify, tier_of
from scoring.score import score

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
AS_OF = int(NOW.timestamp())
DAY = 86_400
_numbers = count(1)

SIGNED = """
name: test
threshold: 50
require: {active_intent: 1}
gates:
  - {attribute: email_kind, is_not: disposable, hard: true, label: No throw-away address}
  - {attribute: country, is_not: [KP], hard: true, unknown: hold, label: A country we may sell to}
  - {attribute: employees, between: [11, 5000], label: Company size}
fit:
  seniority: [{is: c_level, points: 60}, {is: vp, points: 20}]
intent:
  demo_request: {points: 40, level: high, fast_track: true, within: 30d}
  pricing_page: {points: [25, 15], level: high, half_life: 14d}
  ebook: {points: 5, level: low}
  email_open: {points: 30, level: passive, every: event}
  case_study: {points: 1, level: medium}
qualify_when:
  - {name: case study reader, all: [{signal: case_study}, {signal: pricing_page}]}
tiers:
  - {name: demo, when: {signal: demo_request}, first_touch: 5m, clock: business}
  - {name: high, when: {score: 80}, first_touch: 2h, clock: business}
  - {name: returning, when: {returning: true}, first_touch: 48h, clock: calendar}
  - {name: standard, first_touch: 24h, clock: calendar}
"""


def contract(*changes: tuple[str, str]) -> Definition:
    text = SIGNED
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return read_definition(text)


SIGNED_DEFINITION = contract()


def lead(**facts: Fact) -> Lead:
    usual: dict[str, Fact] = {"country": "GB", "email_kind": "business", "employees": 100}
    return Lead(usual | facts, AS_OF - 90 * DAY)


def without(attribute: str, **facts: Fact) -> Lead:
    known = dict(lead(**facts).facts)
    del known[attribute]
    return Lead(known, AS_OF - 90 * DAY)


def did(signal: str, days: float = 0, *, heard_days: float | None = None) -> Activity:
    occurred = AS_OF - int(days * DAY)
    received = occurred if heard_days is None else AS_OF - int(heard_days * DAY)
    return Activity(f"evt-{next(_numbers):04}", signal, None, occurred, received)


def ended(days_ago: float = 0, **kept: Any) -> Past:
    """A hand-off that ended so many days ago; recycled as "other" unless told otherwise."""
    past = Past(AS_OF - int(days_ago * DAY), "recycled", "other", None, False)
    return replace(past, **kept)


def judged(
    who: Lead, *activities: Activity, definition: Definition = SIGNED_DEFINITION, **standing: Any
) -> Verdict:
    return qualify(who, activities, definition, Standing(**standing), NOW)


# The order


def test_a_suppressed_lead_never_qualifies_not_even_by_a_demo_request() -> None:
    """ "Order: suppression, hard gates, …"; "A new demo overrides waiting times, never suppression." """
    verdict = judged(lead(country="KP"), did("demo_request"), suppressed="engines.example is a customer.")

    assert (verdict.mql, verdict.blocked, verdict.tier) == (False, "suppressed", None)
    assert verdict.sentences == ("engines.example is a customer.",)


def test_a_hard_gate_stops_even_a_demo_request() -> None:
    """ "Order: suppression, hard gates, fast track" """
    verdict = judged(lead(country="KP"), did("demo_request"))

    assert (verdict.mql, verdict.blocked) == (False, "hard_gate")
    assert verdict.sentences == ('The gate "A country we may sell to" fails: country is KP.',)


def test_a_demo_request_qualifies_whatever_the_score() -> None:
    """ "Order: suppression, hard gates, fast track, soft gates, then score ≥ threshold" """
    verdict = judged(lead(), did("demo_request"))

    assert (verdict.mql, verdict.why, verdict.blocked) == (True, "fast_track", None)
    assert verdict.sentences == ("Demo request goes straight to sales.",)


def test_a_soft_gate_stops_points_however_many() -> None:
    """ "fast track, soft gates, then score ≥ threshold" """
    verdict = judged(lead(employees=5, seniority="c_level"), did("pricing_page"))

    assert (verdict.mql, verdict.blocked) == (False, "soft_gate")
    assert verdict.sentences == ('The gate "Company size" fails: employees is 5.',)


@pytest.mark.parametrize(("visits", "mql"), [(1, False), (2, True)])
def test_the_threshold_is_reached_by_its_last_point(visits: int, mql: bool) -> None:
    """ "then score ≥ threshold" """
    definition = contract(("threshold: 50", "threshold: 40"))
    pages = [did("pricing_page") for _ in range(visits)]

    verdict = judged(lead(), *pages, definition=definition)

    assert (verdict.mql, verdict.why) == (mql, "threshold" if mql else None)
    assert verdict.sentences == (("40 points, MQL at 40.",) if mql else ("25 points, 15 short of 40.",))


def test_a_rule_qualifies_below_the_threshold() -> None:
    """ "or a rule of `qualify_when`" """
    verdict = judged(lead(), did("case_study"), did("pricing_page"))

    assert (verdict.mql, verdict.why) == (True, "rule: case study reader")
    assert verdict.sentences == ('The rule "case study reader" is met.',)
    assert judged(lead(), did("case_study")).blocked == "score"


def test_reading_mail_alone_never_qualifies() -> None:
    """ "in the end `require` (`active_intent: n`, …); an active intent is … level low or better" """
    verdict = judged(lead(), did("email_open"), did("email_open", 1))

    assert (verdict.mql, verdict.blocked) == (False, "require")
    assert verdict.sentences == ("0 of 1 active intents; passive signals do not count.",)


def test_an_active_intent_of_a_low_level_is_enough() -> None:
    """ "an active intent is unexpired, worth more than 0, level low or better" """
    assert judged(lead(), did("email_open"), did("email_open", 1), did("ebook")).mql


def test_an_expired_or_faded_intent_is_no_active_intent() -> None:
    """ "an active intent is unexpired, worth more than 0" """
    definition = contract(("ebook: {points: 5, level: low}", "ebook: {points: 5, within: 7d}"))

    expired = judged(lead(seniority="c_level"), did("ebook", 8), definition=definition)
    faded = judged(lead(seniority="c_level"), did("pricing_page", 14 * 7), definition=definition)
    fresh = judged(lead(seniority="c_level"), did("ebook", 6), definition=definition)

    assert (expired.blocked, faded.blocked, fresh.blocked) == ("require", "require", None)


@pytest.mark.parametrize(
    ("require", "sentence"),
    [
        ("{fit: 30}", "Fit is 20; at least 30 is required."),
        ("{intent: 50}", "Intent is 40; at least 50 is required."),
        ("{active_intent: 3}", "2 of 3 active intents; passive signals do not count."),
    ],
)
def test_require_asks_for_a_minimum_of_each_side(require: str, sentence: str) -> None:
    """ "`require` (`active_intent: n`, `fit: n`, `intent: n`" """
    definition = contract(("require: {active_intent: 1}", f"require: {require}"))

    verdict = judged(lead(seniority="vp"), did("pricing_page"), did("pricing_page"), definition=definition)

    assert (verdict.blocked, verdict.sentences) == ("require", (sentence,))


def test_the_minimum_itself_is_enough() -> None:
    """ "`require` (`active_intent: n`, `fit: n`, `intent: n`" """
    definition = contract(("require: {active_intent: 1}", "require: {active_intent: 2, fit: 20, intent: 40}"))

    assert judged(lead(seniority="vp"), did("pricing_page"), did("pricing_page"), definition=definition).mql


def test_require_binds_rules_and_not_the_fast_track() -> None:
    """ "which binds threshold and rules but not the fast track" """
    definition = contract(("require: {active_intent: 1}", "require: {active_intent: 3, fit: 100}"))

    assert judged(lead(), did("case_study"), did("pricing_page"), definition=definition).blocked == "require"
    assert judged(lead(), did("demo_request"), definition=definition).why == "fast_track"


def test_a_rule_may_waive_what_is_required() -> None:
    """ "a rule may say `require: none`" """
    rules = "qualify_when:\n  - {name: our kind of manager, require: none, all: [{seniority: manager}]}\n"
    definition = contract(("qualify_when:\n", rules))

    assert judged(lead(seniority="manager"), definition=definition).why == "rule: our kind of manager"
    assert judged(lead(), definition=definition).blocked == "score"


def test_a_lead_over_the_line_that_lacks_intent_may_still_qualify_by_a_waiving_rule() -> None:
    """ "a rule may say `require: none`" """
    rules = "qualify_when:\n  - {name: every chief, require: none, all: [{seniority: c_level}]}\n"

    verdict = judged(lead(seniority="c_level"), definition=contract(("qualify_when:\n", rules)))

    assert (verdict.why, verdict.blocked) == ("rule: every chief", None)


# Gates and unknown facts


def test_a_gate_on_an_unknown_fact_passes_unless_told_otherwise() -> None:
    """ "A gate says `unknown: pass | hold | fail` (default pass)." """
    assert judged(without("employees", seniority="c_level"), did("pricing_page")).mql
    assert judged(without("email_kind", seniority="c_level"), did("pricing_page")).mql


def test_a_gate_on_hold_asks_for_the_missing_fact_and_stops_even_a_demo() -> None:
    """ "Hold asks for enrichment" """
    verdict = judged(without("country"), did("demo_request"))

    assert (verdict.mql, verdict.blocked, verdict.wanted) == (False, "held", ("country",))
    assert verdict.sentences == (
        'The gate "A country we may sell to" waits for enrichment: country is unknown.',
    )


SOFT_HOLD = ("employees, between: [11, 5000]", "employees, between: [11, 5000], unknown: hold")
SIZE_OR_PLACE = "employees, between: [11, 5000], zip: N1, unknown: hold"
SOFT_FAIL = ("employees, between: [11, 5000]", "employees, between: [11, 5000], unknown: fail")


def test_only_what_is_missing_is_asked_for() -> None:
    """ "Hold asks for enrichment" """
    definition = contract(("employees, between: [11, 5000]", SIZE_OR_PLACE))

    missing = judged(without("employees", zip="N1"), definition=definition)
    useless = judged(lead(employees="many", zip="N1"), definition=definition)

    assert missing.wanted == ("employees",)
    assert useless.wanted == ("employees", "zip")


def test_a_soft_gate_on_hold_stops_points_and_lets_a_demo_through_asking_for_the_fact() -> None:
    """ "Hold asks for enrichment" """
    definition = contract(SOFT_HOLD)
    stranger = without("employees", seniority="c_level")

    by_points = judged(stranger, did("pricing_page"), definition=definition)
    by_demo = judged(stranger, did("demo_request"), definition=definition)

    assert (by_points.blocked, by_points.wanted) == ("held", ("employees",))
    assert (by_demo.why, by_demo.fit_check, by_demo.wanted) == ("fast_track", False, ("employees",))


def test_a_gate_may_fail_what_is_unknown() -> None:
    """ "A gate says `unknown: pass | hold | fail`" """
    definition = contract(SOFT_FAIL)
    stranger = without("employees", seniority="c_level")

    assert judged(stranger, did("pricing_page"), definition=definition).blocked == "soft_gate"
    assert judged(stranger, did("demo_request"), definition=definition).fit_check


def test_nobody_is_asked_to_enrich_a_lead_that_may_not_be_contacted() -> None:
    """ "Order: suppression, hard gates, …" """
    held = without("country", email_kind="disposable")

    assert judged(held, did("demo_request")).wanted == ()
    assert judged(without("country"), suppressed="Opted out.").wanted == ()


# Fast track


def test_a_demo_from_a_company_of_the_wrong_size_qualifies_for_a_fit_check_with_the_same_promise() -> None:
    """ "A fast-tracked lead that fails a soft gate qualifies with `fit_check`, same SLA." """
    small, right = judged(lead(employees=5), did("demo_request")), judged(lead(), did("demo_request"))

    assert (small.mql, small.fit_check, right.fit_check) == (True, True, False)
    assert small.tier == right.tier
    assert small.sentences[1] == 'Fit check: The gate "Company size" fails: employees is 5.'


def test_a_tier_may_ask_for_the_fit_check() -> None:
    """ "`{fit_check: true}`", "Tiers: the first that matches" """
    definition = contract(
        ("tiers:\n", "tiers:\n  - {name: check, when: {fit_check: true}, first_touch: 10m}\n")
    )

    checked = judged(lead(employees=5), did("demo_request"), definition=definition).tier
    usual = judged(lead(), did("demo_request"), definition=definition).tier

    assert checked is not None
    assert usual is not None
    assert (checked.name, usual.name) == ("check", "demo")


def test_an_expired_demo_does_not_fast_track() -> None:
    """ "an active intent is unexpired" """
    assert judged(lead(), did("demo_request", 29.9)).why == "fast_track"
    assert judged(lead(), did("demo_request", 30)).blocked == "score"


def test_a_demo_that_does_not_meet_its_rows_condition_does_not_fast_track() -> None:
    """ "Any row, gate, tier or segment may carry attribute conditions" """
    definition = contract(("fast_track: true,", "fast_track: true, country: DE,"))

    assert judged(lead(), did("demo_request"), definition=definition).blocked == "score"
    assert judged(lead(country="DE"), did("demo_request"), definition=definition).why == "fast_track"


def test_an_old_demo_request_that_is_imported_late_does_not_fast_track() -> None:
    """ "An event older than 3 days on arrival does not fast-track" """
    just = Activity("just", "demo_request", None, AS_OF - 10 * DAY, AS_OF - 7 * DAY)
    late = just._replace(event="late", received=just.received + 1)

    assert judged(lead(), just).why == "fast_track"
    assert judged(lead(), late).blocked == "score"


def test_a_hand_off_made_by_old_news_alone_is_marked() -> None:
    """ "a hand-off it makes has no first-touch clock" """
    old, fresh = did("pricing_page", 10, heard_days=1), did("pricing_page", 1)
    chief = lead(seniority="c_level")

    assert judged(chief, old, arrived={old.event}).stale
    assert not judged(chief, old, fresh, arrived={old.event, fresh.event}).stale
    assert not judged(chief, old, fresh, arrived={fresh.event}).stale
    assert not judged(chief, old).stale, "a new fact came, no old event"


# Crossing


def test_an_mql_needs_no_new_look_when_its_points_fade() -> None:
    """ "Crossing happens at an event, a fact or an activation, never by time." """
    waiting = [did("pricing_page"), did("ebook")]

    verdicts = [
        qualify(lead(seniority="vp"), waiting, SIGNED_DEFINITION, Standing(), NOW + timedelta(days=days)).mql
        for days in range(120)
    ]

    assert verdicts == sorted(verdicts, reverse=True), "waiting made an MQL of a lead that was none"
    assert verdicts[0]
    assert not verdicts[-1]


def test_a_fact_that_fails_a_hard_gate_names_the_gate() -> None:
    """ "A fact that now fails a hard gate flags an open card and closes nothing." """
    demo = [did("demo_request")]

    failed = failed_hard_gates(lead(country="KP", employees=5), demo, SIGNED_DEFINITION, Standing(), NOW)

    assert [gate.label for gate in failed] == ["A country we may sell to"]
    assert failed_hard_gates(without("country"), demo, SIGNED_DEFINITION, Standing(), NOW) == ()


# While a hand-off is open


def tier(who: Lead, *activities: Activity, since: int | None = None, returning: bool = False) -> str:
    found = score(who, activities, SIGNED_DEFINITION, NOW, since=since)
    return tier_of(
        who, activities, SIGNED_DEFINITION, found, now=NOW, since=since, returning=returning, fit_check=False
    ).name


def test_new_activity_raises_the_tier_of_an_open_hand_off() -> None:
    """ "new activity … may raise its tier" """
    chief, pages = lead(seniority="c_level"), [did("pricing_page")]

    assert tier(lead(seniority="vp"), *pages, did("ebook")) == "standard"
    assert tier(chief, *pages) == "high"
    assert tier(chief, *pages, did("demo_request")) == "demo"


def test_the_first_tier_that_matches_counts_and_the_last_takes_everybody() -> None:
    """ "Tiers: the first that matches; the last is unconditional." """
    chief = lead(seniority="c_level")

    assert tier(chief, did("demo_request"), did("pricing_page")) == "demo"
    assert tier(chief, did("pricing_page"), since=AS_OF - DAY, returning=True) == "high"
    assert tier(lead(), did("pricing_page"), since=AS_OF - DAY, returning=True) == "returning"
    assert tier(lead()) == "standard"


def test_a_tier_keeps_what_is_written_beside_it() -> None:
    """ "A tier may carry its own `ladder` …, a `play` …, `card: digest 1h`, or `handoff: nurture`" """
    tiers = """tiers:
  - {name: later, when: {seniority: vp}, first_touch: 24h, card: digest 1h, play: mail them}
  - {name: nurse, when: {seniority: manager}, first_touch: 24h, handoff: nurture}
"""
    definition = contract(("tiers:\n", tiers))

    later = judged(lead(seniority="vp"), did("demo_request"), definition=definition).tier
    nurse = judged(lead(seniority="manager"), did("demo_request"), definition=definition).tier

    assert later is not None
    assert nurse is not None
    assert (later.digest, later.play, later.nurture) == (timedelta(hours=1), "mail them", False)
    assert (nurse.digest, nurse.nurture) == (None, True)


def test_a_signal_in_a_tiers_condition_counts_only_since_the_last_end() -> None:
    """ "A signal in a tier's condition counts only since the last end." """
    demo, page = did("demo_request", 20), did("pricing_page", 1)

    assert tier(lead(), demo, page, since=AS_OF - 10 * DAY, returning=True) == "returning"
    assert tier(lead(), demo, page, since=AS_OF - 21 * DAY, returning=True) == "demo"


# After an end


def test_only_what_a_lead_did_since_the_end_qualifies_it_again() -> None:
    """ "After an end, only active intent newer than the end can qualify again" """
    vp, past = lead(seniority="vp"), ended(40)
    before, since = (
        [did("pricing_page", 40), did("pricing_page", 41)],
        [did("pricing_page"), did("pricing_page", 1)],
    )

    old_alone = judged(vp, *before, did("ebook"), past=past)
    new = judged(vp, *before, *since, past=past)

    assert (old_alone.mql, old_alone.blocked, old_alone.returning) == (False, "score", True)
    assert old_alone.sentences == ("25 points, 25 short of 50.",)
    assert (new.mql, new.why, new.returning) == (True, "threshold", True)
    assert new.tier is not None
    assert new.tier.name == "returning"


def test_fit_alone_does_not_bring_a_lead_back() -> None:
    """ "only active intent newer than the end can qualify again" """
    definition = contract(("require: {active_intent: 1}\n", ""))
    chief = lead(seniority="c_level")

    again = judged(chief, did("ebook", 50), did("email_open"), definition=definition, past=ended(40))

    assert judged(chief, definition=definition).mql, "the first time nothing was required"
    assert (again.blocked, again.sentences) == (
        "require",
        ("No active intent since the last hand-off ended.",),
    )
    assert judged(chief, did("ebook"), definition=definition, past=ended(40)).mql


def test_a_rule_counts_only_what_happened_since_the_end() -> None:
    """ "only active intent newer than the end can qualify again" """
    study, page = did("case_study", 50), did("pricing_page", 1)

    assert judged(lead(), study, page, past=ended(40)).blocked == "score"
    assert judged(lead(), study, page, did("case_study"), past=ended(40)).why == "rule: case study reader"


def test_a_rule_about_facts_alone_does_not_bring_a_lead_back_while_it_does_nothing() -> None:
    """ "only active intent newer than the end can qualify again" """
    rules = "qualify_when:\n  - {name: every chief, require: none, all: [{seniority: c_level}]}\n"
    definition = contract(("qualify_when:\n", rules))
    chief = lead(seniority="c_level")

    assert not judged(chief, did("ebook", 50), definition=definition, past=ended(40)).mql
    assert not judged(chief, did("email_open"), definition=definition, past=ended(40)).mql, "that is passive"
    lower = contract(("qualify_when:\n", rules), ("threshold: 50", "threshold: 500"))
    assert judged(chief, did("ebook"), definition=lower, past=ended(40)).why == "rule: every chief"


def test_a_demo_requested_before_the_end_does_not_fast_track_again() -> None:
    """ "only active intent newer than the end can qualify again" """
    assert judged(lead(), did("demo_request", 5), past=ended(4)).blocked == "waiting"
    assert judged(lead(), did("demo_request", 5), past=ended(5)).blocked == "waiting", "newer, not as old"


PAGES = (did("pricing_page"), did("pricing_page", 0.5))


@pytest.mark.parametrize(
    ("reason", "days"), [("unreachable", 90), ("no_budget", 30), ("other", 30), (None, 30)]
)
def test_each_reason_has_its_waiting_time(reason: str | None, days: int) -> None:
    """ "unreachable after 90 d, no budget or other after 30 d (`again:` in the reasons)" """
    vp = lead(seniority="vp")
    stage = "lost" if reason is None else "recycled"

    early = judged(vp, *PAGES, past=ended(days - 0.01, reason=reason, stage=stage))
    in_time = judged(vp, *PAGES, past=ended(days, reason=reason, stage=stage))

    assert (early.blocked, in_time.why) == ("waiting", "threshold")


def test_the_definition_may_set_its_own_waiting_times() -> None:
    """ "(`again:` in the reasons)" """
    definition = contract(("tiers:\n", "again: {unreachable: 10d}\ntiers:\n"))
    vp = lead(seniority="vp")

    assert judged(vp, *PAGES, definition=definition, past=ended(10, reason="unreachable")).mql
    assert judged(vp, *PAGES, definition=definition, past=ended(9, reason="unreachable")).blocked == "waiting"
    assert judged(vp, *PAGES, definition=definition, past=ended(29, reason="no_budget")).blocked == "waiting"


@pytest.mark.parametrize(("again_on", "mql"), [(date(2026, 11, 22), True), (date(2026, 11, 23), False)])
def test_timing_waits_for_its_date(again_on: date, mql: bool) -> None:
    """ "timing from its date" """
    verdict = judged(
        lead(seniority="vp"), *PAGES, past=ended(1, reason="timing.no_project", again_on=again_on)
    )

    assert verdict.mql is mql
    if not mql:
        ending = 'The last hand-off ended as recycled, "No active project"'
        assert verdict.sentences == (f"{ending}; this lead may come back from 2026-11-23.",)


@pytest.mark.parametrize("reason", ["not_fit.size", "not_fit.persona", "bad_data", "left_company"])
def test_a_lead_that_was_no_fit_comes_back_when_a_fact_changed(reason: str) -> None:
    """ "not-fit needs a changed fact" """
    vp = lead(seniority="vp")
    same = ended(400, stage="disqualified", reason=reason)

    assert judged(vp, *PAGES, past=same).blocked == "waiting"
    assert judged(vp, did("demo_request"), past=same).blocked == "waiting"
    assert judged(vp, *PAGES, past=replace(same, facts_changed=True)).mql


@pytest.mark.parametrize("reason", ["customer", "competitor", "opted_out", "spam", "duplicate"])
def test_customers_competitors_and_those_who_opted_out_never_come_back(reason: str) -> None:
    """ "customer, competitor and opted-out never" """
    past = ended(4000, stage="disqualified", reason=reason, facts_changed=True)

    for deeds in (PAGES, [did("demo_request")]):
        verdict = judged(lead(seniority="vp"), *deeds, past=past)
        assert (verdict.mql, verdict.blocked) == (False, "waiting")


def test_a_won_lead_does_not_become_an_mql_again() -> None:
    """ "customer … never" """
    verdict = judged(lead(seniority="vp"), did("demo_request"), past=ended(4000, stage="won", reason=None))

    assert verdict.sentences == ("The last hand-off ended as won; this lead does not come back.",)


@pytest.mark.parametrize("reason", ["unreachable", "no_budget", "other", "timing.no_project"])
def test_a_new_demo_overrides_waiting_times(reason: str) -> None:
    """ "A new demo overrides waiting times, never suppression." """
    past = ended(1, reason=reason, again_on=date(2027, 6, 1) if reason.startswith("timing") else None)
    demo = did("demo_request", 0.5)

    verdict = judged(lead(), demo, past=past)

    assert (verdict.why, verdict.returning) == ("fast_track", True)
    assert judged(lead(), demo, past=past, suppressed="Opted out.").blocked == "suppressed"
    assert judged(lead(country="KP"), demo, past=past).blocked == "hard_gate"


def test_a_new_demo_overrides_waiting_times_where_nothing_is_fast_tracked() -> None:
    """ "A new demo overrides waiting times, never suppression." """
    definition = contract((", fast_track: true", ""))
    past = ended(1, reason="timing.no_project", again_on=date(2027, 6, 1))

    vp = lead(seniority="vp")
    assert judged(vp, did("demo_request", 0.5), definition=definition, past=past).why == "threshold"
    assert judged(vp, *PAGES, definition=definition, past=past).blocked == "waiting"
    assert judged(vp, did("demo_request", 5), definition=definition, past=past).blocked == "waiting"


def test_a_timing_reason_that_came_without_a_date_waits_like_other() -> None:
    """ "timing from its date … other after 30 d" """
    past = ended(0, reason="timing.budget_cycle")

    assert waiting_ends_at(past, {}) == NOW + timedelta(days=30)
    assert waiting_ends_at(past, {"other": timedelta(days=7)}) == NOW + timedelta(days=7)


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_every_reason_keeps_a_lead_away_for_a_while(reason: str) -> None:
    """ "After an end, … only: timing from its date, …" """
    later = date(2027, 1, 1)

    assert (
        judged(lead(seniority="vp"), *PAGES, past=ended(0.9, reason=reason, again_on=later)).blocked
        == "waiting"
    )


# Gates and rules that ask about deeds, points and history

WELCOME = "gates:\n"


def gated(gate: str) -> Definition:
    """The contract with one more gate before the others."""
    return contract((WELCOME, f"{WELCOME}  - {gate}\n"))


def test_a_hard_gate_may_ask_what_a_lead_did_and_stops_even_a_demo_request() -> None:
    """ "One grammar for conditions, everywhere (gates, …)"; "Order: suppression, hard gates, fast track" """
    definition = gated("{not: {signal: unsubscribed}, hard: true, label: Wants mail}")

    verdict = judged(lead(), did("demo_request"), did("unsubscribed", 3), definition=definition)

    assert (verdict.blocked, verdict.wanted, verdict.gates_pass) == ("hard_gate", (), False)
    assert verdict.sentences == ('The gate "Wants mail" fails: unsubscribed: yes.',)
    assert judged(lead(), did("demo_request"), definition=definition).why == "fast_track"


def test_a_soft_gate_may_ask_what_a_lead_did() -> None:
    """ "soft gates, then score ≥ threshold" """
    definition = gated(
        "{signal: case_study, asset: Paper*, at_least: 2, distinct: day, within: 30d, label: Reads}"
    )
    read = [Activity(f"r{day}", "case_study", "Paper 1", AS_OF - day * DAY, AS_OF) for day in (1, 2)]
    senior = lead(seniority="c_level")

    stopped = judged(senior, did("pricing_page"), *read[:1], definition=definition)

    assert stopped.blocked == "soft_gate"
    told = 'on "Paper*" within 30 days: no.'
    assert stopped.sentences == (f'The gate "Reads" fails: 2 or more different days of case study {told}',)
    assert judged(senior, did("pricing_page"), *read, definition=definition).why == "threshold"


def test_a_gate_on_a_signal_is_never_unknown_and_asks_for_attributes_only() -> None:
    """ "A gate says `unknown: pass | hold | fail`"; "Hold asks for enrichment" """
    definition = gated("{signal: case_study, role: buyer, unknown: hold, label: A buyer who reads}")

    never_read = judged(lead(), did("pricing_page"), definition=definition)
    reads = judged(lead(), did("case_study"), definition=definition)

    assert (never_read.blocked, never_read.wanted) == ("soft_gate", ())
    assert (reads.blocked, reads.wanted) == ("held", ("role",))
    held = 'The gate "A buyer who reads" waits for enrichment: role is unknown, case study: yes.'
    assert reads.sentences == (held,)


def test_a_gate_may_ask_for_the_score() -> None:
    """ "`{score: n}`": the score is known before the gates are asked."""
    definition = gated("{score: 45, hard: true, label: Warm}")

    cold = judged(lead(), did("demo_request"), definition=definition)

    assert (cold.blocked, cold.sentences) == ("hard_gate", ('The gate "Warm" fails: score 45 or more: no.',))
    assert judged(lead(), did("demo_request"), did("ebook"), definition=definition).why == "fast_track"


def test_a_gate_may_ask_whether_a_lead_returns() -> None:
    """ "`{returning: true}`" """
    definition = gated("{returning: false, label: Newcomers}")
    vp = lead(seniority="vp")

    back = judged(vp, *PAGES, definition=definition, past=ended(30))

    assert (back.blocked, back.sentences) == (
        "soft_gate",
        ('The gate "Newcomers" fails: the lead is not returning: no.',),
    )
    assert judged(vp, *PAGES, definition=definition).why == "threshold"


def test_an_end_does_not_hide_from_a_gate_what_a_lead_did() -> None:
    """ "only active intent newer than the end can qualify again": a gate asks who may come, and is no intent."""
    definition = gated("{not: {signal: unsubscribed}, hard: true}")
    vp, past = lead(seniority="vp"), ended(30)

    assert (
        judged(vp, *PAGES, did("unsubscribed", 40), definition=definition, past=past).blocked == "hard_gate"
    )
    assert judged(vp, *PAGES, definition=definition, past=past).why == "threshold"


def test_an_open_hand_offs_hard_gate_may_ask_what_a_lead_did_and_for_its_score_since_the_end() -> None:
    """ "A fact that now fails a hard gate flags an open card and closes nothing." """
    definition = gated("{not: {signal: unsubscribed}, score: 30, hard: true, label: Welcome}")
    demo = did("demo_request", 5)

    def fails(*activities: Activity, past: Past | None = None) -> bool:
        return bool(failed_hard_gates(lead(), activities, definition, Standing(past=past), NOW))

    assert not fails(demo)
    assert fails(demo, did("unsubscribed"))
    assert not fails(demo, past=ended(6))
    assert fails(demo, past=ended(4)), "the demo before the end gives no points any more"


def test_a_rule_may_ask_for_facts_deeds_points_gates_and_history_together() -> None:
    """ "One grammar for conditions, everywhere (…, rules, …)" """
    rule = "{name: all, country: GB, score: 6, gates: pass, returning: true, signal: ebook}"
    definition = contract(("qualify_when:\n", f"qualify_when:\n  - {rule}\n"))
    deeds = [did("ebook"), did("case_study")]

    assert judged(lead(), *deeds, definition=definition, past=ended(30)).why == "rule: all"
    for who, done, past in (
        (lead(country="FR"), deeds, ended(30)),
        (lead(), deeds[:1], ended(30)),
        (lead(), deeds, None),
        (lead(), [did("pricing_page")], ended(30)),
    ):
        assert judged(who, *done, definition=definition, past=past).blocked == "score"
    assert judged(lead(employees=5), *deeds, definition=definition, past=ended(30)).blocked == "soft_gate"


def test_a_tier_hears_of_the_gates_what_they_answered() -> None:
    """ "`{gates: pass}`" in a tier: the fast track passes by soft gates, and what they saw before the end counts."""
    definition = contract(
        (WELCOME, f"{WELCOME}  - {{signal: case_study, label: Reads}}\n"),
        ("tiers:\n", "tiers:\n  - {name: sure, when: {gates: pass}, first_touch: 1h}\n"),
    )
    read, demo, past = did("case_study", 40), did("demo_request"), ended(30)

    sure = judged(lead(), read, demo, definition=definition, past=past)
    unsure = judged(lead(), demo, definition=definition, past=past)

    assert sure.tier is not None
    assert unsure.tier is not None
    assert (sure.tier.name, unsure.tier.name, unsure.fit_check) == ("sure", "demo", True)
    found = score(lead(), [read, demo], definition, NOW, since=past.ended_at)
    for deeds, name in (([read, demo], "sure"), ([demo], "demo")):
        again = tier_of(
            lead(), deeds, definition, found, now=NOW, since=past.ended_at, returning=True, fit_check=False
        )
        assert again.name == name


def test_a_fast_track_may_ask_what_else_a_lead_did() -> None:
    """ "One grammar for conditions, everywhere (…, rows, …)" """
    definition = contract(("within: 30d}", "when: {signal: case_study}}"))

    assert judged(lead(), did("demo_request"), did("case_study"), definition=definition).why == "fast_track"
    assert judged(lead(), did("demo_request"), definition=definition).blocked == "score"


# What the caller may hand in


def test_a_score_that_was_computed_before_is_not_computed_again() -> None:
    """ "score ≥ threshold" """
    known = score(lead(seniority="c_level"), PAGES, SIGNED_DEFINITION, NOW)

    assert qualify(lead(), PAGES, SIGNED_DEFINITION, Standing(), NOW).blocked == "score"
    assert qualify(lead(), PAGES, SIGNED_DEFINITION, Standing(), NOW, score=known).why == "threshold"
