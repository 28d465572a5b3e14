"""Score one lead with its receipt: Baton against rule-engine and zen-engine, the same 12 rules, the same run.

Each gets the lead as a record and counts its activities itself; the three must agree on the points.

Run: python -m benchmarks.score
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from statistics import median
from time import perf_counter

import rule_engine
import zen

from scoring.conditions import All, Between, Did, Is
from scoring.definition import (
    Bonus,
    Definition,
    FitGroup,
    FitRow,
    IntentRow,
    Tier,
    read_definition,
)
from scoring.lead import Activity, Lead
from scoring.score import score

DAY = 86_400
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
AS_OF = int(NOW.timestamp())
TARGET = ("marketing", "sales", "revenue operations")
INDUSTRIES = ("software", "fintech")

REPEATS = 25
SECONDS_A_REPEAT = 0.05
MICRO = 1e6

LEAD = Lead(
    facts={
        "seniority": "vp",
        "function": "marketing",
        "employees": 120,
        "industry": "software",
        "email_kind": "business",
        "country": "GB",
    },
    first_seen=AS_OF - 90 * DAY,
)
VISITS = (
    *("demo_request", *["pricing_page"] * 3, "webinar_product", "bofu_download"),
    *(*["email_click_product"] * 4, *["email_open"] * 5, "tofu_download"),
    *("features_page", "features_page", "newsletter_signup", "comparison_page"),
)
ACTIVITIES = [
    Activity(f"evt-{n}", signal, f"{signal} {n % 3}", AS_OF - n * DAY // 2 - 60, AS_OF)
    for n, signal in enumerate(VISITS)
]

POINTS = (20, 15, 10, 10, -5, 50, 15, 10, 20, 15, 5, 10)
"""What each of the 12 rules gives; the eleventh gives it up to three times. The first excludes the second."""
ALL_POINTS = (*POINTS, POINTS[10], POINTS[10])
"""The same for the engines, which have no caps: the second and third click are rows of their own."""


def contract() -> Definition:
    """The 12 rules as a definition of ours."""
    senior = ("vp", "director", "manager")
    intent = {
        row.signal: row
        for row in (
            IntentRow("demo_request", 50, level="high"),
            IntentRow("pricing_page", (15, 10), level="high", within=timedelta(days=30), every="event"),
            IntentRow("webinar_product", 20, level="high"),
            IntentRow("bofu_download", 15, level="medium"),
            IntentRow("email_click_product", 5, level="medium", cap=15, every="event"),
        )
    }
    week = Did(("pricing_page",), at_least=3, within=timedelta(days=7))
    return Definition(
        name="twelve rules",
        threshold=50,
        intent=intent,
        tiers=(Tier("standard", 0, timedelta(days=1), "calendar"),),
        fit=(
            FitGroup(
                "seniority",
                (
                    FitRow(Is("seniority", ("c_level",)), 20),
                    FitRow(All((Is("seniority", senior), Is("function", TARGET))), 15),
                ),
            ),
            FitGroup("employees", (FitRow(Between("employees", 50, 500), 10),)),
            FitGroup("industry", (FitRow(Is("industry", INDUSTRIES), 10),)),
            FitGroup("email_kind", (FitRow(Is("email_kind", ("personal",)), -5),)),
        ),
        target={"functions": TARGET, "industries": INDUSTRIES},
        bonus=(Bonus("several visits in a week", week, 10, "high"),),
    )


def record() -> dict[str, object]:
    """The same lead as one mapping, ages in seconds, as both engines read it."""
    did = [{"signal": each.signal, "age": AS_OF - each.occurred} for each in ACTIVITIES]
    return {**LEAD.facts, "did": did}


def rule_engine_score() -> Callable[[Mapping[str, object]], int]:
    """The 12 rules in rule-engine: each a compiled `Rule`."""

    def times(signal: str, days: int, at_least: int) -> str:
        window = f" and d.age < {days * DAY}" if days else ""
        return f'[d for d in did if d.signal == "{signal}"{window}].length >= {at_least}'

    texts = (
        'seniority == "c_level"',
        f'seniority in ["vp", "director", "manager"] and function in {json.dumps(TARGET)}',
        "employees >= 50 and employees <= 500",
        f"industry in {json.dumps(INDUSTRIES)}",
        'email_kind == "personal"',
        times("demo_request", 0, 1),
        times("pricing_page", 30, 1),
        times("pricing_page", 30, 2),
        times("webinar_product", 0, 1),
        times("bofu_download", 0, 1),
        times("email_click_product", 0, 1),
        times("pricing_page", 7, 3),
        times("email_click_product", 0, 2),
        times("email_click_product", 0, 3),
    )
    rules = [(rule_engine.Rule(text), worth) for text, worth in zip(texts, ALL_POINTS, strict=True)]
    return lambda lead: sum(worth for rule, worth in rules if rule.matches(lead))


def zen_score() -> Callable[[Mapping[str, object]], int]:
    """The 12 rules in zen-engine: one decision table that collects the points and label of every match."""

    def times(signal: str, days: int) -> str:
        window = f" and #.age < {days * DAY}" if days else ""
        return f"count(did, #.signal == '{signal}'{window})"

    clicks, visits = times("email_click_product", 0), times("pricing_page", 30)
    cells: tuple[dict[str, str], ...] = (
        {"seniority": "'c_level'"},
        {"seniority": "'vp', 'director', 'manager'", "function": quoted(TARGET)},
        {"employees": "[50..500]"},
        {"industry": quoted(INDUSTRIES)},
        {"email_kind": "'personal'"},
        {times("demo_request", 0): ">= 1"},
        {visits: ">= 1"},
        {visits: ">= 2"},
        {times("webinar_product", 0): ">= 1"},
        {times("bofu_download", 0): ">= 1"},
        {clicks: ">= 1"},
        {times("pricing_page", 7): ">= 3"},
        {clicks: ">= 2"},
        {clicks: ">= 3"},
    )
    decision = zen.ZenEngine().create_decision(json.dumps(decision_table(cells, ALL_POINTS)))
    return lambda lead: round(sum(row["points"] for row in decision.evaluate(dict(lead))["result"]))


def quoted(words: tuple[str, ...]) -> str:
    """The words as a cell of a decision table lists them."""
    return ", ".join(f"'{word}'" for word in words)


def decision_table(cells: tuple[dict[str, str], ...], points: tuple[int, ...]) -> dict[str, object]:
    """A GoRules decision with one table; *cells* are each row's conditions by column."""
    columns = list(dict.fromkeys(column for row in cells for column in row))
    rows = [
        {"_id": f"r{n}", "points": str(worth), "label": f"'rule {n}'"}
        | {f"c{n}": row.get(column, "") for n, column in enumerate(columns)}
        for n, (row, worth) in enumerate(zip(cells, points, strict=True))
    ]
    table = {
        "hitPolicy": "collect",
        "inputs": [{"id": f"c{n}", "name": column, "field": column} for n, column in enumerate(columns)],
        "outputs": [{"id": name, "name": name, "field": name} for name in ("points", "label")],
        "rules": rows,
    }
    return {
        "contentType": "application/vnd.gorules.decision",
        "nodes": [
            {"id": "in", "name": "in", "type": "inputNode"},
            {"id": "table", "name": "table", "type": "decisionTableNode", "content": table},
            {"id": "out", "name": "out", "type": "outputNode"},
        ],
        "edges": [
            {"id": "e1", "sourceId": "in", "targetId": "table", "type": "edge"},
            {"id": "e2", "sourceId": "table", "targetId": "out", "type": "edge"},
        ],
    }


def microseconds(call: Callable[[], object]) -> float:
    """The median time of one *call* in µs over REPEATS rounds, each long enough to be measured."""
    began = perf_counter()
    call()
    rounds = max(1, int(SECONDS_A_REPEAT / max(perf_counter() - began, 1e-6)))
    times = []
    for _ in range(REPEATS):
        began = perf_counter()
        for _ in range(rounds):
            call()
        times.append((perf_counter() - began) / rounds * MICRO)
    return median(times)


def default_preset() -> Definition | None:
    """The definition that comes with Baton; None in a tree that has none."""
    file = files("scoring") / "presets" / "default.yaml"
    return read_definition(file.read_text("utf-8"), "default.yaml") if file.is_file() else None


def main() -> None:
    """Print the table; the three must agree on the points before any of them is timed."""
    ours, lead = contract(), record()
    engines = {"rule-engine": rule_engine_score(), "zen-engine": zen_score()}
    total = score(LEAD, ACTIVITIES, ours, NOW).total
    for name, engine in engines.items():
        if engine(lead) != total:
            raise SystemExit(f"{name} gives {engine(lead)} points where Baton gives {total}")
    mine = microseconds(lambda: score(LEAD, ACTIVITIES, ours, NOW))
    print(f"One lead, 12 rules, {len(ACTIVITIES)} activities, {total} points; median of {REPEATS} rounds\n")
    print("| engine | µs a lead | times Baton |\n|---|---|---|")
    print(f"| Baton, with the receipt | {mine:,.1f} | 1 |")
    for name, engine in engines.items():
        theirs = microseconds(lambda engine=engine: engine(lead))  # type: ignore[misc]
        print(f"| {name} | {theirs:,.1f} | {theirs / mine:,.0f} |")
    preset = default_preset()
    if preset is not None:
        whole = microseconds(lambda: score(LEAD, ACTIVITIES, preset, NOW))
        print(f"| Baton, default.yaml, with the receipt | {whole:,.1f} | {whole / mine:.1f} |")


if __name__ == "__main__":
    main()
