"""One grammar for conditions: every shorthand comes down to the same few forms, and can be read aloud."""

# ruff: noqa: E501  # a file's line and what is told of it stand side by side

import pytest

from scoring.asking import IN_A_SEGMENT, in_a_gate, in_a_row, in_a_rule, in_a_tier
from scoring.conditions import (
    All,
    Any,
    Between,
    Condition,
    Did,
    FitCheck,
    GatesPass,
    Has,
    InTier,
    Is,
    IsNot,
    Not,
    Returning,
    ScoreAtLeast,
    attributes_in,
    signals_in,
    windows_in,
)
from scoring.contractfile import Notes, plant
from scoring.durations import duration, spoken
from scoring.grammar import HANDOFF_WORDS, Scope, condition, plural
from scoring.place import Place
from scoring.wording import describe, heading

WEEK = duration("7d")
TARGET = {
    "functions": ("marketing", "sales"),
    "industries": ("software",),
    "countries": ("GB",),
    "age": ("18",),
}
ANYTHING = Scope("a segment", frozenset(("signal", *HANDOFF_WORDS)), TARGET)


def read(text: str, scope: Scope = ANYTHING) -> tuple[Condition, tuple[str, ...]]:
    notes = Notes("file")
    root = plant(f"when: {text}", notes)
    assert root is not None, notes.problems
    when = Place(root, "", notes).entries()["when"]
    return condition(when, scope), notes.problems


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("{attribute: country, is: GB}", Is("country", ("GB",))),
        ("{country: GB}", Is("country", ("GB",))),
        ("{country: [GB, NO]}", Is("country", ("GB", "NO"))),
        ("{country: {is: GB}}", Is("country", ("GB",))),
        ("{attribute: country, is_not: [CU, IR]}", IsNot("country", ("CU", "IR"))),
        ("{country: {is_not: CU}}", IsNot("country", ("CU",))),
        ("{employees: {between: [501, null]}}", Between("employees", 501, None)),
        ("{employees: {between: [null, 10.5]}}", Between("employees", None, 10.5)),
        ("{tech: {has: [salesforce, hubspot]}}", Has("tech", ("salesforce", "hubspot"))),
        ("{consent: true}", Is("consent", (True,))),
        ("{zip: '010'}", Is("zip", ("010",))),
        ("{function: target}", Is("function", ("marketing", "sales"))),
        ("{industry: {is_not: target}}", IsNot("industry", ("software",))),
        ("{country: [target, IE]}", Is("country", ("GB", "IE"))),
        ("{age: target}", Is("age", ("18",))),
        ("{signal: demo_request}", Did(("demo_request",))),
        ("{signal: [demo, trial], at_least: 2, within: 7d}", Did(("demo", "trial"), None, 2, WEEK)),
        ('{signal: page, asset: "Enterprise*", distinct: day, after: ad}', Did(("page",), "Enterprise*", distinct="day", after="ad")),
        ("{score: 80}", ScoreAtLeast(80)),
        ("{gates: pass}", GatesPass()),
        ("{returning: true}", Returning(True)),
        ("{fit_check: false}", FitCheck(False)),
        ("{tier: demo}", InTier(("demo",))),
        ("{tier: [demo, high]}", InTier(("demo", "high"))),
        ("{country: GB, score: 80}", All((Is("country", ("GB",)), ScoreAtLeast(80)))),
        ("{employees: {between: [1, 9], is_not: 5}}", All((IsNot("employees", (5,)), Between("employees", 1, 9)))),
        ("{all: [{country: GB}, {any: [{score: 1}, {not: {tier: a}}]}]}", All((Is("country", ("GB",)), Any((ScoreAtLeast(1), Not(InTier(("a",)))))))),
        ("{not: {country: GB, returning: true}}", Not(All((Is("country", ("GB",)), Returning(True))))),
        ("{attribute: signl, is: strong}", Is("signl", ("strong",))),
    ],
)  # fmt: skip
def test_every_way_to_write_a_condition_comes_down_to_one_form(text: str, meant: Condition) -> None:
    assert read(text) == (meant, ())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{signl: x}", "when.signl looks like a misspelt signal; write signal, or {attribute: signl, is: …} for an attribute."),
        ("{signal: x, withn: 3d}", "when.withn looks like a misspelt within; write within, or {attribute: withn, is: …} for an attribute."),
        ("{scores: 80}", "when.scores looks like a misspelt score; write score, or {attribute: scores, is: …} for an attribute."),
        ("{is: GB}", "when.is does not say of what; add attribute: NAME beside it."),
        ("{attribute: country}", "when names an attribute without a comparison; add is, is_not, between or has."),
        ("{at_least: 3}", "when.at_least stands without a signal; add signal: NAME beside it."),
        ("{country: {iss: GB}}", "when.country.iss is not a key known here; the nearest is is."),
        ("{country: null}", "when.country must be a value, not nothing; write country: GB."),
        ("{country: []}", "when.country must be a value or a list of values, not an empty list; write country: GB."),
        ("{country: [[GB]]}", "when.country[0] must be a value, not a list; write - GB."),
        ("{country: {}}", "when.country compares with nothing; write is, is_not, between or has."),
        ("{role: target}", "when.role asks for a target role, but there is no such list; write target: {roles: […]} in the definition, or the values here."),
        ("{age: {between: 5}}", "when.age.between must be a list, not 5; write between: [11, 5000]."),
        ("{age: {between: [5]}}", "when.age.between needs two bounds, not 1; write between: [11, 5000]."),
        ("{age: {between: [9, 5]}}", "when.age.between has its bounds the wrong way round; write between: [5, 9]."),
        ("{age: {between: [null, null]}}", "when.age.between leaves both bounds open and says nothing; write at least one number."),
        ("{age: {between: [young, 5]}}", 'when.age.between[0] must be a number, not "young"; write - 10.'),
        ("{age: {between: [true, 5]}}", "when.age.between[0] must be a number, not true; write - 10."),
        ("{signal: any}", "when.signal means a signal named any; `any` stands for every signal under inactivity only: name the signals."),
        ('{signal: x, asset: "a*b"}', 'when.asset may hold * at its end only; write asset: "Enterprise*".'),
        ("{signal: x, at_least: 0}", "when.at_least must be a whole number from 1 to 1,000, not 0; write at_least: 1."),
        ("{signal: x, distinct: page}", 'when.distinct must be asset or day, not "page"; write distinct: asset.'),
        ("{signal: x, within: soon}", 'when.within must be a duration such as 10s, 5m, 2h or 3d, not "soon"; write within: 24h.'),
        ("{gates: open}", 'when.gates must be pass, not "open"; write gates: pass.'),
        ("{returning: yes}", 'when.returning must be true or false, not "yes"; write returning: true.'),
        ("{}", "when asks nothing; write a condition such as country: GB, or remove it."),
        ("{all: []}", "when.all lists nothing; write the conditions as a list."),
        ("{any: {country: GB}}", "when.any must be a list, not a mapping; write any: [{country: GB}, {signal: demo_request}]."),
        ("[{country: GB}]", "when must be a mapping, not a list; write when: {country: GB}."),
        ("{'a*': 3}", "when.a* is no name; write a word of up to 80 characters such as country, without * [ ] { }."),
    ],
)  # fmt: skip
def test_a_condition_that_makes_no_sense_says_what_would(text: str, sentence: str) -> None:
    told = read(text)[1]

    assert told[0] == f"file:1: {sentence}"


@pytest.mark.parametrize("word", ["signal", *HANDOFF_WORDS])
def test_a_place_that_knows_nothing_but_facts_is_asked_about_attributes_only(word: str) -> None:
    _, told = read(f"{{any: [{{{word}: pass}}]}}", Scope("a place"))

    assert told == (
        f"file:1: when.any[0].{word} cannot be asked in a place; it may ask about attributes only.",
    )


def test_a_place_that_may_ask_about_signals_names_what_it_may_ask_and_why_not_more() -> None:
    scope = Scope("a bonus", frozenset(("signal",)), unknown_there={"tier": "it comes later"})

    assert read("{tier: demo}", scope)[1] == (
        "file:1: when.tier cannot be asked in a bonus, because it comes later; "
        "it may ask about attributes and `signal` only.",
    )


ROW = in_a_row("a row", TARGET)
GATE, RULE = in_a_gate(TARGET, frozenset()), in_a_rule(TARGET, frozenset())
TIER, SEGMENT = in_a_tier(TARGET), IN_A_SEGMENT
EARLIEST_FIRST = (ROW, GATE, RULE, TIER, SEGMENT)
FORMS = {
    "country": "{country: GB}",
    "signal": "{signal: a, asset: b, at_least: 2, within: 7d, distinct: day, after: c}",
    "returning": "{returning: true}",
    "score": "{score: 80}",
    "gates": "{gates: pass}",
    "fit_check": "{fit_check: true}",
    "tier": "{tier: demo}",
}
KNOWN_FROM = {"country": 0, "signal": 0, "returning": 0, "score": 1, "gates": 2, "fit_check": 3, "tier": 4}
"""The first of the places, in the order in which they are asked, where each is known."""


@pytest.mark.parametrize("nesting", ["{}", "{{all: [{}]}}", "{{any: [{}]}}", "{{not: {}}}"])
@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("word", FORMS)
def test_each_place_may_ask_what_is_known_when_its_turn_comes(word: str, place: int, nesting: str) -> None:
    """ "One grammar for conditions, everywhere (gates, rows, bonus, rules, tiers, segments) … nested in
    `all`, `any`, `not`" """
    _, told = read(nesting.format(FORMS[word]), EARLIEST_FIRST[place])

    assert (told == ()) is (place >= KNOWN_FROM[word])


@pytest.mark.parametrize(
    ("scope", "word", "why"),
    [
        (ROW, "score", "the score is the sum of the rows"),
        (ROW, "gates", "gates are asked after the score, and may ask for it"),
        (ROW, "fit_check", "it follows from the gates, which are asked after the score"),
        (ROW, "tier", "the tier follows from the score"),
        (GATE, "gates", "a gate would wait for its own answer"),
        (GATE, "fit_check", "it follows from the gates"),
        (GATE, "tier", "the tier is chosen after the gates are asked"),
        (RULE, "fit_check", "only the fast track gives it, and what the fast track takes needs no rule"),
        (RULE, "tier", "the tier is chosen when a lead has qualified"),
        (TIER, "tier", "a tier would wait for its own answer"),
    ],
)
def test_what_would_be_circular_is_refused_with_the_reason(scope: Scope, word: str, why: str) -> None:
    """ "Order: suppression, hard gates, fast track, soft gates, then score ≥ threshold or a rule" """
    (told,) = read(FORMS[word], scope)[1]

    assert told.startswith(f"file:1: when.{word} cannot be asked in {scope.where}, because {why}; it may")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{country: {is_not: [CU, IR, KP, SY]}}", "country is not CU, IR, KP or SY"),
        ("{email_kind: personal}", "email kind is personal"),
        ("{tech_stack: {has: [a, b]}}", "tech stack has a or b"),
        ("{consent: true}", "consent is yes"),
        ("{employees: {between: [11, 5000]}}", "11–5,000 employees"),
        ("{employees: {between: [501, null]}}", "501 or more employees"),
        ("{age: {between: [null, 25]}}", "age at most 25"),
        ("{signal: pricing_page, at_least: 2, within: 7d}", "2 or more of pricing_page within 7 days"),
        ("{signal: [a, b], distinct: asset, at_least: 3}", "3 or more different assets of a or b"),
        (
            '{signal: a, distinct: day, asset: "E*", after: b}',
            '1 or more different days of a on "E*" after b',
        ),
        ("{score: 1000}", "score 1,000 or more"),
        ("{gates: pass}", "every gate passes"),
        ("{returning: false}", "the lead is not returning"),
        ("{fit_check: true}", "fit is to be checked"),
        ("{tier: [a, b]}", "tier is a or b"),
        (
            "{country: GB, any: [{score: 1}, {score: 2}]}",
            "country is GB and (score 1 or more or score 2 or more)",
        ),
        ("{not: {country: GB}}", "not (country is GB)"),
    ],
)
def test_a_condition_reads_as_plain_english(text: str, words: str) -> None:
    assert describe(read(text)[0]) == words


def test_a_window_stands_inside_not_when_the_nots_around_it_are_odd() -> None:
    windows, _ = read(
        "{any: [{signal: a, within: 1d}, {not: {all: [{signal: b, within: 2d}, {not: {signal: c, within: 3d}}]}},"
        " {not: {signal: d}}, {country: GB}]}"
    )

    assert list(windows_in(windows)) == [False, True, False]


def test_a_heading_starts_with_a_capital() -> None:
    assert heading(Is("email_kind", ("personal",))) == "Email kind is personal"


def test_the_signals_and_attributes_of_a_nested_condition_are_found() -> None:
    nested, _ = read("{all: [{a: 1}, {not: {signal: [s, t], after: u}}], any: [{b: 2}, {a: 3}]}")

    assert signals_in(nested) == {"s", "t", "u"}
    assert attributes_in(nested) == ("a", "b")


@pytest.mark.parametrize(
    ("word", "many"),
    [
        ("function", "functions"),
        ("industry", "industries"),
        ("country", "countries"),
        ("day", "days"),
        ("box", "boxes"),
    ],
)
def test_the_target_list_of_an_attribute_is_its_plural(word: str, many: str) -> None:
    assert plural(word) == many


@pytest.mark.parametrize(
    ("written", "said"),
    [("10s", "10 seconds"), ("5m", "5 minutes"), ("90m", "90 minutes"), ("1h", "1 hour"), ("36h", "36 hours"), ("30d", "30 days")],
)  # fmt: skip
def test_a_duration_is_said_in_its_largest_whole_unit(written: str, said: str) -> None:
    assert spoken(duration(written)) == said
