"""What must hold for every definition and every lead; and a slow scorer, written from the sentences alone."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.conditions import All, Any, Between, Condition, Did, Has, Is, IsNot, Not, signals_in
from scoring.definition import Bonus, Caps, Definition, FitGroup, FitRow, Inactivity, IntentRow, Tier
from scoring.evaluate import holds
from scoring.lead import Activity, Fact, Lead, Scalar
from scoring.passing_time import raised_by_time
from scoring.score import Score, score

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
AS_OF = int(NOW.timestamp())
HOUR, DAY = 3_600, 86_400
SIGNALS = ("demo_request", "pricing_page", "ebook", "email_open")
LEVELS = ("high", "medium", "low", "passive")

# Leads, activities and definitions

values: st.SearchStrategy[Scalar] = st.sampled_from(["DE", "de ", "AT", 1, 1.0, 2, True, False, "1"])
facts: st.SearchStrategy[dict[str, Fact]] = st.dictionaries(
    st.sampled_from("xyz"), st.one_of(values, st.lists(values, max_size=2).map(tuple)), max_size=3
)
value_lists = st.lists(values, min_size=1, max_size=3).map(tuple)
attributes = st.sampled_from("xyz")
bounds = st.one_of(st.none(), st.integers(-1, 3))
days = st.one_of(st.none(), st.sampled_from([1, 3, 7, 14, 30]).map(timedelta))

about_facts: st.SearchStrategy[Condition] = st.one_of(
    st.builds(Is, attributes, value_lists),
    st.builds(IsNot, attributes, value_lists),
    st.builds(Has, attributes, value_lists),
    st.builds(Between, attributes, bounds, bounds),
)
about_deeds: st.SearchStrategy[Condition] = st.builds(
    Did,
    st.lists(st.sampled_from(SIGNALS), min_size=1, max_size=2, unique=True).map(tuple),
    asset=st.sampled_from([None, None, "a", "/p*"]),
    at_least=st.integers(1, 3),
    within=days,
    distinct=st.sampled_from([None, "asset", "day"]),
    after=st.sampled_from([None, None, *SIGNALS]),
)


def nested(leaves: st.SearchStrategy[Condition], *, negation: bool = True) -> st.SearchStrategy[Condition]:
    def deeper(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
        several = st.lists(parts, min_size=1, max_size=3).map(tuple)
        forms: list[st.SearchStrategy[Condition]] = [st.builds(All, several), st.builds(Any, several)]
        return st.one_of(*forms, st.builds(Not, parts)) if negation else st.one_of(*forms)

    return st.recursive(leaves, deeper, max_leaves=4)


about_both = nested(st.one_of(about_facts, about_deeds, st.builds(Not, about_deeds)))


def as_signed(rows: Sequence[FitRow]) -> tuple[FitRow, ...]:
    """*rows* without those that the file could not say, because time alone would make them worth more."""
    kept: list[FitRow] = []
    for row in reversed(rows):
        if raised_by_time(row.when, (row.points,), (0, *(below.points for below in kept))) is None:
            kept.insert(0, row)
    return tuple(kept)


def fit_groups(conditions: st.SearchStrategy[Condition]) -> st.SearchStrategy[FitGroup]:
    rows = st.builds(FitRow, conditions, st.integers(-20, 20), st.just("row"))
    listed = st.lists(rows, max_size=3).map(as_signed)
    return st.builds(FitGroup, st.just("group"), listed, st.sampled_from(["fit", "intent"]))


def unmoved(row: IntentRow) -> IntentRow:
    """*row*, without a condition by which time alone would make it worth more."""
    worth = row.points if isinstance(row.points, tuple) else (row.points,)
    moved = row.when is not None and raised_by_time(row.when, worth, (0,))
    return replace(row, when=None) if moved else row


def intent_rows(
    signal: str, conditions: st.SearchStrategy[Condition], *, lowest: int = -20
) -> st.SearchStrategy[IntentRow]:
    good, bad = st.integers(0, 60), st.integers(lowest, 0)
    worths = [st.one_of(each, st.lists(each, min_size=1, max_size=3).map(tuple)) for each in (good, bad)]
    return st.builds(
        IntentRow,
        st.just(signal),
        st.one_of(*worths),
        level=st.sampled_from(LEVELS),
        within=days,
        half_life=days,
        cap=st.one_of(st.none(), st.integers(0, 60)),
        every=st.sampled_from(["event", "asset", "day"]),
        when=st.one_of(st.none(), conditions),
    ).map(unmoved)


def bonuses(conditions: st.SearchStrategy[Condition], lowest: int) -> st.SearchStrategy[Bonus]:
    levels = st.sampled_from([None, *LEVELS])
    return st.builds(Bonus, st.just("bonus"), conditions, st.integers(lowest, 20), levels)


silences = st.builds(
    Inactivity,
    st.sampled_from([1, 7, 30]).map(timedelta),
    st.integers(-10, -1),
    st.sampled_from([None, *SIGNALS]),
)
limits = st.one_of(st.none(), st.integers(0, 100))
caps = st.builds(Caps, limits, limits, limits, limits, limits, limits)


def definitions(*, only_gains: bool = False) -> st.SearchStrategy[Definition]:
    conditions = nested(st.one_of(about_facts, about_deeds), negation=not only_gains)
    lowest = 0 if only_gains else -20
    asked = nested(about_facts) if only_gains else about_both
    rows = st.tuples(*(intent_rows(signal, asked, lowest=lowest) for signal in SIGNALS[:3]))
    return st.builds(
        Definition,
        st.just("any"),
        st.just(50),
        rows.map(lambda each: {row.signal: row for row in each}),
        st.just((Tier("standard", 0, timedelta(days=1), "calendar"),)),
        fit=st.lists(fit_groups(asked), max_size=3).map(tuple),
        bonus=st.lists(bonuses(conditions, lowest), max_size=2).map(tuple),
        inactivity=st.lists(silences, max_size=2).map(tuple),
        caps=caps,
    )


def deeds(latest: int = 0) -> st.SearchStrategy[list[Activity]]:
    """Up to *latest* hours after now; many in the same hour, so that ties are common."""
    one = st.tuples(
        st.sampled_from([*SIGNALS, "unheard_of"]),
        st.sampled_from([None, "a", "b", "/p/1"]),
        st.one_of(st.integers(-latest, 72), st.integers(-latest, 40 * 24)),
    )

    def numbered(each: list[tuple[str, str | None, int]]) -> list[Activity]:
        times = [AS_OF - hours * HOUR for _, _, hours in each]
        return [
            Activity(f"e{n}", signal, asset, times[n], times[n]) for n, (signal, asset, _) in enumerate(each)
        ]

    return st.lists(one, max_size=12).map(numbered)


leads = st.builds(Lead, facts, st.integers(0, 60).map(lambda hours: AS_OF - hours * DAY))


# The slow scorer. It shares no line with the one under test.


def spoken(value: Scalar) -> tuple[str, Scalar]:
    return (
        ("words", value.casefold().strip())
        if isinstance(value, str)
        else (str(isinstance(value, bool)), value)
    )


def truth(condition: Condition, lead: Lead, deeds: Sequence[Activity], as_of: int, sign: int = 0) -> int:
    """0 false, 1 unknown, 2 true; *sign* of the points at stake, 0 where windows run out as written."""
    match condition:
        case All(parts):
            return min(truth(part, lead, deeds, as_of, sign) for part in parts)
        case Any(parts):
            return max(truth(part, lead, deeds, as_of, sign) for part in parts)
        case Not(part):
            return 2 - truth(part, lead, deeds, as_of, -sign)
        case IsNot(attribute, wanted):
            return 2 - truth(Is(attribute, wanted), lead, deeds, as_of)
        case Did():
            # Points that count against the lead do not expire: what was once true stays true.
            moments = [as_of] if sign >= 0 else [as_of, *(deed.occurred for deed in deeds)]
            return 2 * max(times(condition, deeds, moment) >= condition.at_least for moment in moments)
        case Is() | Has() | Between():
            return about_a_fact(condition, lead)
        case _:
            raise AssertionError(condition)


def about_a_fact(condition: Is | Has | Between, lead: Lead) -> int:
    if condition.attribute not in lead.facts:
        return 1
    fact = lead.facts[condition.attribute]
    if isinstance(condition, Between):
        if isinstance(fact, bool | str | tuple):
            return 1
        above = condition.low is None or condition.low <= fact
        return 2 * (above and (condition.high is None or fact <= condition.high))
    known = fact if isinstance(fact, tuple) else (fact,)
    return 2 * any(spoken(each) == spoken(wanted) for each in known for wanted in condition.values)


def times(did: Did, deeds: Sequence[Activity], moment: int) -> int:
    found = [deed for deed in deeds if deed.signal in did.signals and deed.occurred <= moment]
    if did.asset == "/p*":
        found = [deed for deed in found if (deed.asset or "").startswith("/p")]
    elif did.asset:
        found = [deed for deed in found if deed.asset == did.asset]
    if did.within:
        found = [deed for deed in found if moment - deed.occurred < did.within.total_seconds()]
    if did.after:
        firsts = [deed.occurred for deed in deeds if deed.signal == did.after]
        found = [deed for deed in found if firsts and deed.occurred > min(firsts)]
    if did.distinct == "asset":
        return len({deed.asset for deed in found})
    return len({deed.occurred // DAY for deed in found}) if did.distinct == "day" else len(found)


def left(points: int, age_days: int, half_life: timedelta | None) -> int:
    """floor(p·2^(−a/h) + ½) in whole numbers: the largest n with (2n−1)^h · 2^a ≤ (2p)^h."""
    if half_life is None or points <= 0:
        return points
    h = half_life.days
    return max(n for n in range(points + 1) if n == 0 or (2 * n - 1) ** h * 2**age_days <= (2 * points) ** h)


def occurrences(row: IntentRow, deeds: Sequence[Activity], as_of: int) -> list[int]:
    """Points of each occurrence of a row, faded, newest first."""
    list_of_points = row.points if isinstance(row.points, tuple) else None
    positive = max(list_of_points) > 0 if list_of_points else isinstance(row.points, int) and row.points > 0
    own = sorted((-deed.occurred, deed.event, deed) for deed in deeds if deed.signal == row.signal)
    counted: list[Activity] = []
    for _, _, deed in own:
        if positive and row.within and as_of - deed.occurred >= row.within.total_seconds():
            continue
        same_asset = any(deed.asset == other.asset for other in counted)
        same_day = any(deed.occurred // DAY == other.occurred // DAY for other in counted)
        if not (same_asset and row.every == "asset") and not (same_day and row.every == "day"):
            counted.append(deed)
    found = []
    for n, deed in enumerate(counted):
        if list_of_points is None:
            worth = int(row.points) if isinstance(row.points, int) else 0
        else:
            worth = list_of_points[n] if n < len(list_of_points) else 0
        found.append(left(worth, (as_of - deed.occurred) // DAY, row.half_life))
    return found


def reference(
    lead: Lead, activities: Sequence[Activity], definition: Definition, as_of: int, since: int | None = None
) -> tuple[int, int, int]:
    """Fit, intent and active intents, one sentence of "Points" after the other."""
    heard = [deed for deed in activities if deed.occurred <= as_of]
    deeds = [deed for deed in heard if since is None or deed.occurred > since]
    fit = undated = active = 0
    for group in definition.fit:
        matching = [row.points for row in group.rows if truth(row.when, lead, deeds, as_of) == 2]
        if matching and group.counts_as == "fit":
            fit += matching[0]
        elif matching and since is None:
            undated += matching[0]
            active += matching[0] > 0
    of_level: dict[str | None, int] = dict.fromkeys((*LEVELS, None), 0)
    for row in definition.intent.values():
        if row.when is not None and truth(row.when, lead, deeds, as_of) < 2:
            continue
        worths = occurrences(row, deeds, as_of)
        of_level[row.level] += sum(worths) if row.cap is None else min(sum(worths), row.cap)
        active += sum(worth > 0 for worth in worths) if row.level != "passive" else 0
    for bonus in definition.bonus:
        if truth(bonus.when, lead, deeds, as_of, sign=1 if bonus.points > 0 else -1) == 2:
            of_level[bonus.level] += bonus.points
            active += bonus.points > 0 and bonus.level not in (None, "passive")
    most: dict[str | None, int | None] = {level: getattr(definition.caps, level) for level in LEVELS}
    intent = undated
    for level, points in of_level.items():
        limit = most.get(level)
        intent += points if limit is None else min(points, limit)
    for silence in definition.inactivity:
        known = definition.known_signals if silence.signal is None else {silence.signal}
        last = max([lead.first_seen, *(deed.occurred for deed in heard if deed.signal in known)])
        intent += silence.points if as_of - last >= silence.none_for.total_seconds() else 0
    highest_fit, highest_intent = definition.caps.fit, definition.caps.intent
    return (
        fit if highest_fit is None else min(fit, highest_fit),
        intent if highest_intent is None else min(intent, highest_intent),
        active,
    )


def figures(found: Score) -> tuple[int, int, int]:
    return found.fit, found.intent, found.active_intents


def asks_for_deeds(condition: Condition) -> bool:
    return bool(signals_in(condition))


# What must hold


@settings(max_examples=400, deadline=None)
@given(leads, deeds(latest=48), definitions())
def test_every_lead_gets_the_points_that_the_sentences_give(
    lead: Lead, activities: list[Activity], definition: Definition
) -> None:
    """SEMANTICS "Points", all of it."""
    assert figures(score(lead, activities, definition, NOW)) == reference(lead, activities, definition, AS_OF)


@settings(deadline=None)
@given(leads, deeds(), definitions(), st.integers(0, 30 * 24))
def test_a_lead_that_returns_gets_the_points_of_what_it_did_since(
    lead: Lead, activities: list[Activity], definition: Definition, hours: int
) -> None:
    """ "After an end, only active intent newer than the end can qualify again" """
    ended = AS_OF - hours * HOUR

    found = score(lead, activities, definition, NOW, since=ended)

    assert figures(found) == reference(lead, activities, definition, AS_OF, ended)


@settings(deadline=None)
@given(leads, deeds(), definitions())
def test_the_receipt_adds_up_on_both_sides(
    lead: Lead, activities: list[Activity], definition: Definition
) -> None:
    """ "Whole points everywhere, and the rows always sum to the total." """
    found = score(lead, activities, definition, NOW)

    for side, points in (("fit", found.fit), ("intent", found.intent)):
        assert sum(part.points for part in found.parts if part.side == side) == points
    assert all(part.points < 0 if part.kind == "cap" else part.points != 0 for part in found.parts)
    assert all(type(part.points) is int for part in found.parts)


@settings(max_examples=300, deadline=None)
@given(leads, deeds(), definitions(), st.lists(st.integers(1, 45 * 24), min_size=1, max_size=6))
def test_time_alone_never_raises_a_score(
    lead: Lead, activities: list[Activity], definition: Definition, hours: list[int]
) -> None:
    """ "So time alone never raises a score (a Hypothesis property)" """
    moments = [NOW, *(NOW + timedelta(hours=each) for each in sorted(hours))]

    scores = [score(lead, activities, definition, moment) for moment in moments]

    for side in ("fit", "intent", "total", "active_intents"):
        course = [getattr(each, side) for each in scores]
        assert course == sorted(course, reverse=True), side


lately = st.builds(Did, st.just(SIGNALS[:1]), within=st.sampled_from([1, 3, 7]).map(timedelta))
about_windows = nested(st.one_of(lately, st.builds(Not, lately)))


@settings(max_examples=300, deadline=None)
@given(fit_groups(about_windows), intent_rows(SIGNALS[0], about_windows), deeds(), st.integers(1, 7 * 24))
def test_time_alone_makes_no_row_that_asks_about_deeds_worth_more(
    group: FitGroup, row: IntentRow, activities: list[Activity], hours: int
) -> None:
    """ "So time alone never raises a score (a Hypothesis property)" """
    tiers = (Tier("standard", 0, timedelta(days=1), "calendar"),)
    definition = Definition("any", 50, {row.signal: row}, tiers, fit=(group,))
    nobody = Lead({}, AS_OF)

    now = score(nobody, activities, definition, NOW)
    later = score(nobody, activities, definition, NOW + timedelta(hours=hours))

    assert later.fit <= now.fit
    assert later.intent <= now.intent


@settings(deadline=None)
@given(leads, deeds(), definitions(only_gains=True), deeds().filter(bool))
def test_one_more_good_deed_never_lowers_the_intent(
    lead: Lead, activities: list[Activity], definition: Definition, more: list[Activity]
) -> None:
    """Holds, after caps too, where only silence costs points and no bonus asks for a `not`."""
    deed = more[0]._replace(event="new")

    before = score(lead, activities, definition, NOW)
    after = score(lead, [*activities, deed], definition, NOW)

    assert after.intent >= before.intent
    assert after.fit == before.fit


@settings(deadline=None)
@given(leads, deeds(), definitions())
def test_no_cap_is_ever_exceeded(lead: Lead, activities: list[Activity], definition: Definition) -> None:
    """ "then capped: by the row's `cap`, by level (`caps: {low: 20}`), by `caps: {intent: 150}`" """
    found = score(lead, activities, definition, NOW)
    limits = definition.caps

    assert limits.fit is None or found.fit <= limits.fit
    assert limits.intent is None or found.intent <= limits.intent
    for level in LEVELS:
        limit = getattr(limits, level)
        assert limit is None or sum(part.points for part in found.parts if part.level == level) <= limit
    for row in definition.intent.values():
        own = [
            part.points for part in found.parts if part.name == row.signal and part.kind in ("intent", "cap")
        ]
        assert row.cap is None or sum(own) <= row.cap


@settings(deadline=None)
@given(leads, deeds(), definitions())
def test_the_order_in_which_activities_are_told_does_not_matter(
    lead: Lead, activities: list[Activity], definition: Definition
) -> None:
    """ "Occurrences are numbered newest first within the window; ties by event id." """
    told = score(lead, activities, definition, NOW)

    for other in (activities[::-1], sorted(activities), sorted(activities, key=lambda deed: deed.occurred)):
        assert score(lead, other, definition, NOW) == told


@settings(deadline=None)
@given(leads, deeds(latest=100), definitions())
def test_the_future_does_not_exist(lead: Lead, activities: list[Activity], definition: Definition) -> None:
    """ "activities with `occurred_at > as_of` do not exist" """
    past = [deed for deed in activities if deed.occurred <= AS_OF]

    assert score(lead, activities, definition, NOW) == score(lead, past, definition, NOW)


@given(nested(about_facts), definitions())
def test_nothing_matches_a_lead_of_whom_nothing_is_known(
    condition: Condition, definition: Definition
) -> None:
    """ "Any comparison with an unknown attribute … is unknown: no points, no match, also inside `not`." """
    nobody = Lead({}, AS_OF)

    assert holds(condition, nobody, (), definition, now=NOW) is None
    facts_only = [
        group for group in definition.fit if not any(asks_for_deeds(row.when) for row in group.rows)
    ]
    assert score(nobody, (), replace(definition, fit=tuple(facts_only), bonus=()), NOW).parts == ()


@settings(deadline=None)
@given(leads, deeds(), nested(st.one_of(about_facts, about_deeds)), definitions())
def test_every_condition_is_judged_as_the_grammar_says(
    lead: Lead, activities: list[Activity], condition: Condition, definition: Definition
) -> None:
    """ "One grammar for conditions, everywhere … nested in `all`, `any`, `not`." """
    expected = (False, None, True)[truth(condition, lead, activities, AS_OF)]

    assert holds(condition, lead, activities, definition, now=NOW) is expected
