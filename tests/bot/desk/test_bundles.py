"""Several people of one company within a window share a card and an owner."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.desk import answer, deal, passing, report, resting, taking_back, team
from bot.desk.bench import Mistaken
from scoring.dispositions import Disposition
from scoring.handoff import Handoff
from storage import moves
from storage.moves import Move
from tests.bot.desk.shift import Shift, refusal
from tests.bot.desk.test_turns import LADDER, TURNS
from tests.bot.desk.watch import MINUTE, rows, tick
from tests.world import ADA, DEFINITION, TEAM

Start = Callable[..., Shift]
DAY = timedelta(days=1)


def person(name: str, company: str = "acme", **more: Any) -> dict[str, Any]:
    return {**ADA, "email": f"{name}@{company}.example", "first_name": name.capitalize(), **more}


def come(shift: Shift, *names: str, company: str = "acme") -> list[int]:
    """A demo request each, one after the other; gives their hand-offs."""
    return [shift.demo(person(name, company)) for name in names]


def cards_of(shift: Shift) -> list[int]:
    """The card of each hand-off, numbered by the order in which they were begun."""
    cards = [row.card_id or 0 for row in shift.rows()]
    order = sorted(set(cards))
    return [order.index(card) + 1 for card in cards]


def owners(shift: Shift) -> list[str | None]:
    return [row.owner for row in shift.rows()]


def go_on(shift: Shift, by: timedelta) -> None:
    """Time passes, and what falls due is decided."""
    until = shift.now + by
    while shift.now < until:
        shift.clock.advance(5 * MINUTE)
        tick(shift)


def note_views(shift: Shift) -> list[str]:
    return [row.body["view"] for row in shift.letters("note")]


@pytest.fixture
def shift(shifts: Start, database_url: str) -> Shift:
    return shifts(database_url)


@pytest.fixture
def turns(shifts: Start, database_url: str) -> Shift:
    return shifts(database_url, team=TURNS, definition=LADDER)


# Who shares a card


def test_people_of_one_company_share_a_card_and_each_is_counted(shift: Shift) -> None:
    come(shift, "ada", "bob", "cyd")
    come(shift, "dan", company="other")

    assert cards_of(shift) == [1, 1, 1, 2]
    assert [row.bundled for row in shift.rows()] == [True, True, True, False]
    assert shift.figures().qualified == 4


def test_several_of_one_request_share_a_card_that_says_nothing_more_of_it(shift: Shift) -> None:
    shift.arrive(*(shift.event("demo_request", person(name)) for name in ("ada", "bob", "cyd")))
    assert cards_of(shift) == [1, 1, 1]
    assert note_views(shift) == []


def test_whoever_comes_onto_a_card_that_stands_there_is_told_in_its_thread(shift: Shift) -> None:
    come(shift, "ada", "bob")
    assert [(row.handoff_id, row.body["view"], row.body["to"]) for row in shift.letters("note")] == [
        (2, "joined", None)
    ]
    assert rows(shift, "SELECT collects, wanted > 1 FROM card") in ([("@", 1)], [("@", True)])


def test_people_with_free_mail_have_no_company(shift: Shift) -> None:
    for name in ("ada", "bob"):
        shift.demo(ADA | {"email": f"{name}@gmail.com"})
    assert cards_of(shift) == [1, 2]


@pytest.mark.parametrize(("waits", "cards"), [(6 * DAY + timedelta(hours=23), [1, 1]), (7 * DAY, [1, 2])])
def test_the_window_begins_with_the_first_of_them(shift: Shift, waits: timedelta, cards: list[int]) -> None:
    come(shift, "ada")
    shift.clock.advance(waits)
    come(shift, "bob")
    assert cards_of(shift) == cards


def test_the_window_is_the_teams(shifts: Start, database_url: str) -> None:
    shift = shifts(database_url, team=TEAM + "bundle: {window: 1h}\n")
    come(shift, "ada")
    shift.clock.advance(timedelta(hours=1))
    come(shift, "bob")
    assert cards_of(shift) == [1, 2]


def test_ten_share_a_card_and_the_eleventh_begins_another(shift: Shift) -> None:
    come(shift, *(f"p{number}" for number in range(11)))
    assert cards_of(shift) == [1] * 10 + [2]


def test_a_card_whose_people_are_all_decided_takes_nobody_in(shift: Shift) -> None:
    come(shift, "ada")
    answer.end(shift.desk, 1, "U0ANN", Disposition("spam"))
    come(shift, "bob")
    assert cards_of(shift) == [1, 2]


def test_who_has_the_company_gets_its_next_person_on_the_same_card(shift: Shift) -> None:
    come(shift, "ada")
    answer.accept(shift.desk, 1, "U0BOB")
    come(shift, "bob")

    assert cards_of(shift) == [1, 1]
    assert (owners(shift), shift.handoff(2).stage) == (["U0BOB", "U0BOB"], "mql")
    assert shift.letters("note")[-1].body["to"] == "U0BOB"


def test_the_same_owner_yields_to_away_and_the_lead_has_a_card_of_its_own(turns: Shift) -> None:
    come(turns, "ada")
    assert owners(turns) == ["U0ANN"]
    team.go_away(turns.desk, "U0ANN", "U0ANN", ("2026-11-27", ""))
    come(turns, "bob")

    assert (owners(turns), cards_of(turns)) == (["U0ANN", "U0BOB"], [1, 2])
    assert turns.handoff(2).routed == "Ann has this company and is away, so it went to Bob by turns."


def test_whoever_joins_goes_the_way_of_the_card(shift: Shift) -> None:
    come(shift, "ada")
    shift.demo(person("bob", country="US"))
    assert cards_of(shift) == [1, 1]
    assert [row.segment for row in shift.rows()] == [shift.rows()[0].segment] * 2
    assert [row.channel for row in shift.rows()] == ["C0EMEA"] * 2


def test_whoever_joins_is_counted_where_the_card_is(shifts: Start, database_url: str) -> None:
    by_turns = TURNS.replace("[U0ANN, U0BOB, U0CAT]}", "[U0ANN, U0BOB, U0CAT], assign: round_robin}")
    shift = shifts(database_url, team=by_turns)
    come(shift, "ada")
    shift.demo(person("bob", country="US"))
    assert cards_of(shift) == [1, 1]
    assert rows(shift, "SELECT DISTINCT segment FROM assignment") == [("EMEA",)]
    assert rows(shift, "SELECT DISTINCT segment FROM credit WHERE credit <> 0") == [("EMEA",)]
    assert rows(shift, "SELECT credit FROM credit WHERE person = 'U0ANN' AND segment = 'EMEA'") == [
        (-(10**12),)
    ]


def test_whoever_joins_a_card_that_goes_by_turns_waits_for_a_turn_too(
    shifts: Start, database_url: str
) -> None:
    shift = shifts(database_url, team=TURNS)
    shift.clock.advance_to(shift.now.replace(hour=19))  # everybody has gone
    come(shift, "ada")
    shift.demo(person("bob", country="US"))  # whose own segment's leads are claimed
    assert (owners(shift), cards_of(shift)) == ([None, None], [1, 1])
    assert ("assign", "next") in shift.due(2)


def test_who_has_the_company_gets_its_next_person_beside_a_card_to_claim(shift: Shift) -> None:
    come(shift, "ada")
    answer.accept(shift.desk, 1, "U0BOB")
    shift.clock.advance(8 * DAY)
    team.go_away(shift.desk, "U0BOB", "U0BOB", ("2026-12-01", "11:00"))
    come(shift, "bob")
    shift.clock.advance(timedelta(hours=3))
    come(shift, "cyd")
    assert (owners(shift), cards_of(shift)) == (["U0BOB", None, "U0BOB"], [1, 2, 3])


def test_each_keeps_a_clock_of_their_own(shift: Shift) -> None:
    come(shift, "ada")
    shift.clock.advance(3 * MINUTE)
    come(shift, "bob")
    first, second = shift.handoff(1).due_at, shift.handoff(2).due_at
    assert first is not None
    assert second == first + 3 * MINUTE


# What a press is about


@pytest.fixture
def three(shift: Shift) -> Shift:
    come(shift, "ada", "bob", "cyd")
    return shift


def stages(shift: Shift) -> list[str]:
    return [row.stage for row in shift.rows()]


def test_accept_claims_all(three: Shift) -> None:
    answer.accept(three.desk, 1, "U0ANN")

    assert (stages(three), owners(three)) == (["sal"] * 3, ["U0ANN"] * 3)
    assert [three.actions(id_) for id_ in (1, 2, 3)] == [["create", "accept"]] * 3
    assert "accepted this lead first" in refusal(answer.accept, three.desk, 2, "U0BOB")


def test_accept_claims_those_who_came_since(three: Shift) -> None:
    answer.accept(three.desk, 1, "U0ANN")
    come(three, "dan")
    assert stages(three) == ["sal"] * 3 + ["mql"]
    answer.accept(three.desk, 4, "U0ANN")
    assert stages(three) == ["sal"] * 4
    assert three.actions(1) == ["create", "accept"]


def test_a_manager_takes_nobody_alone_from_who_works_on_their_colleagues(shift: Shift) -> None:
    come(shift, "ada")
    answer.accept(shift.desk, 1, "U0ANN")
    come(shift, "bert")

    said = refusal(answer.accept, shift.desk, 2, "U0MAX")
    assert said.startswith("<@U0ANN> works on others of this card already")
    assert owners(shift) == ["U0ANN", "U0ANN"]

    passing.reassign(shift.desk, 2, "U0MAX", "U0MAX")
    assert owners(shift) == ["U0MAX", "U0MAX"]


def test_undo_of_accept_gives_all_back(three: Shift) -> None:
    answer.accept(three.desk, 1, "U0ANN")
    taking_back.undo(three.desk, 1, "U0ANN")

    assert (stages(three), owners(three)) == (["mql"] * 3, [None] * 3)
    assert [three.actions(id_)[-1] for id_ in (1, 2, 3)] == ["undo"] * 3


def test_reopen_of_accept_gives_all_back_and_says_so_once(three: Shift) -> None:
    answer.accept(three.desk, 1, "U0ANN")
    three.clock.advance(DAY)
    taking_back.reopen(three.desk, 2, "U0MAX", "Wrong team.")

    assert stages(three) == ["mql"] * 3
    assert note_views(three).count("step") == 1


def test_reject_asks_which_people(three: Shift) -> None:
    asked = answer.may_reject(three.desk, 1, "U0ANN")
    assert [each.id for each in asked] == [1, 2, 3]

    answer.end(three.desk, 1, "U0ANN", Disposition("not_fit.persona"), people=[1, 3])
    assert stages(three) == ["disqualified", "mql", "disqualified"]
    assert [row.owner for row in three.rows()] == ["U0ANN", None, "U0ANN"]


def test_one_undo_takes_back_what_one_form_did(three: Shift) -> None:
    answer.end(three.desk, 1, "U0ANN", Disposition("bad_data"), people=[1, 3])
    three.clock.advance(MINUTE)
    answer.end(three.desk, 2, "U0ANN", Disposition("bad_data"))
    taking_back.undo(three.desk, 3, "U0ANN")
    assert stages(three) == ["mql", "disqualified", "mql"]


@pytest.mark.parametrize(
    ("people", "words"),
    [([], "Choose at least one person."), ([1, 99], "not open on this card"), ([4], "not open on this card")],
)
def test_wrong_people_are_refused_beside_the_field(three: Shift, people: list[int], words: str) -> None:
    come(three, "eve", company="other")  # hand-off 4, on another card
    with pytest.raises(Mistaken, match=words) as refused:
        answer.end(three.desk, 1, "U0ANN", Disposition("spam"), people=people)
    assert list(refused.value.fields) == ["people"]
    assert stages(three) == ["mql"] * 4


def test_a_touch_may_be_about_several_and_stops_their_clocks(three: Shift) -> None:
    answer.accept(three.desk, 1, "U0ANN")
    answer.touch(three.desk, 1, "U0ANN", three.tried("U0ANN", "email", "no_answer"), people=[1, 2])
    assert [bool(row.touched_at) for row in three.rows()] == [True, True, False]
    assert [bool(three.handoff(id_).touches) for id_ in (1, 2, 3)] == [True, True, False]


def test_qualify_is_about_one_person_with_whom_somebody_talked(three: Shift) -> None:
    answer.accept(three.desk, 1, "U0ANN")
    answer.touch(three.desk, 2, "U0ANN", three.tried("U0ANN"), people=[2, 3])
    assert [each.id for each in deal.may_qualify(three.desk, 1, "U0ANN")] == [2, 3]

    given = deal.Bant(dict.fromkeys(deal.BANT, "yes"))
    deal.qualify(three.desk, 2, "U0ANN", given, person=3)
    assert stages(three) == ["sal", "sal", "sql"]
    with pytest.raises(Mistaken) as refused:
        deal.qualify(three.desk, 2, "U0ANN", given, person=3)
    assert list(refused.value.fields) == ["person"]


def test_whoever_is_an_sql_goes_their_own_way(three: Shift) -> None:
    answer.accept(three.desk, 1, "U0ANN")
    answer.touch(three.desk, 1, "U0ANN", three.tried("U0ANN"))
    deal.qualify(three.desk, 1, "U0ANN", deal.Bant(dict.fromkeys(deal.BANT, "yes")))
    passing.reassign(three.desk, 2, "U0ANN", "U0BOB")

    assert owners(three) == ["U0ANN", "U0BOB", "U0BOB"]
    assert stages(three) == ["sql", "mql", "mql"]


def test_a_card_changes_hands_as_a_whole_with_one_note(three: Shift) -> None:
    answer.accept(three.desk, 1, "U0ANN")
    passing.reassign(three.desk, 1, "U0ANN", "U0BOB", "Yours")

    assert owners(three) == ["U0BOB"] * 3
    assert note_views(three).count("handed") == 1
    assert len(rows(three, "SELECT 1 FROM assignment WHERE how = 'reassigned'")) == 3


def test_who_goes_away_passes_whole_cards_on(turns: Shift) -> None:
    come(turns, "ada", "bob")
    come(turns, "cyd", company="other")
    assert owners(turns) == ["U0ANN", "U0ANN", "U0BOB"]
    with turns.desk.database.writing() as session:
        passing.pass_on(session, turns.desk, turns.desk.agreed(session), "U0ANN", "U0ANN")

    assert owners(turns) == ["U0BOB"] * 3
    assert note_views(turns).count("handed") == 1


def test_nudges_are_put_off_and_the_clock_is_paused_for_all(shifts: Start, database_url: str) -> None:
    paused = DEFINITION + "\npause: {reasons: [on leave], limit: 2d}\n"
    shift = shifts(database_url, definition=paused)
    come(shift, "ada", "bob")
    answer.accept(shift.desk, 1, "U0ANN")
    resting.snooze(shift.desk, 1, "U0ANN", "15m")
    assert [row.snoozes for row in shift.rows()] == [1, 1]
    resting.pause(shift.desk, 1, "U0ANN", "on leave")
    assert [bool(row.paused_until) for row in shift.rows()] == [True, True]
    resting.resume(shift.desk, 2, "U0ANN")
    assert [row.paused_until for row in shift.rows()] == [None, None]


def test_what_somebody_cannot_put_off_any_more_keeps_nobody_else_from_it(shift: Shift) -> None:
    come(shift, "ada")
    answer.accept(shift.desk, 1, "U0ANN")
    for _ in range(2):
        resting.snooze(shift.desk, 1, "U0ANN", "15m")
    come(shift, "bob")
    answer.accept(shift.desk, 2, "U0ANN")
    resting.snooze(shift.desk, 1, "U0ANN", "15m")
    assert [row.snoozes for row in shift.rows()] == [2, 1]


# As time passes


def said_of(shift: Shift, kind: str, view: str) -> list[int | None]:
    return [row.handoff_id for row in shift.letters(kind) if row.body["view"] == view]


def test_nudges_and_breaches_speak_for_whose_time_is_up_first(shift: Shift) -> None:
    come(shift, "ada")
    shift.clock.advance(MINUTE)
    come(shift, "bob")
    answer.accept(shift.desk, 1, "U0ANN")
    go_on(shift, 65 * MINUTE)

    assert set(said_of(shift, "dm", "nudge")) == {1}
    assert said_of(shift, "note", "breach") == [1]
    assert rows(shift, "SELECT DISTINCT handoff_id FROM notice WHERE step LIKE 'breach%'") == [(1,)]
    assert sorted(rows(shift, "SELECT DISTINCT handoff_id FROM breach")) == [(1,), (2,)]


def test_once_the_first_is_touched_the_next_one_is_spoken_for(shift: Shift) -> None:
    come(shift, "ada")
    shift.clock.advance(MINUTE)
    come(shift, "bob")
    answer.accept(shift.desk, 1, "U0ANN")
    answer.touch(shift.desk, 1, "U0ANN", shift.tried("U0ANN"))
    go_on(shift, 65 * MINUTE)
    assert set(said_of(shift, "dm", "nudge")) == {2}
    assert said_of(shift, "note", "breach") == [2]


def test_the_pool_of_a_card_is_called_once(shift: Shift) -> None:
    come(shift, "ada")
    shift.clock.advance(MINUTE)
    come(shift, "bob")
    go_on(shift, 65 * MINUTE)
    called = [row.body["mention"] for row in shift.letters("note") if row.body.get("mention")]
    assert len(called) == 1


def test_the_ladder_takes_the_whole_card_once(turns: Shift) -> None:
    come(turns, "ada")
    turns.clock.advance(MINUTE)
    come(turns, "bob")
    assert owners(turns) == ["U0ANN", "U0ANN"]
    go_on(turns, 130 * MINUTE)

    assert owners(turns) == ["U0BOB", "U0BOB"]
    assert note_views(turns).count("handed") == 1
    assert rows(turns, "SELECT handoff_id, person FROM assignment WHERE how = 'by_itself' ORDER BY 1") == [
        (1, "U0BOB"),
        (2, "U0BOB"),
    ]
    stuck = rows(turns, "SELECT DISTINCT handoff_id FROM notice WHERE step LIKE 'reassign%'")
    assert stuck in ([], [(1,)])


def test_with_an_attempt_on_one_of_them_nothing_is_taken_away(turns: Shift) -> None:
    come(turns, "ada", "bob")
    answer.accept(turns.desk, 1, "U0ANN")
    answer.touch(turns.desk, 1, "U0ANN", turns.tried("U0ANN", "call", "no_answer"))
    go_on(turns, 130 * MINUTE)
    assert owners(turns) == ["U0ANN", "U0ANN"]


def test_an_attempt_on_one_who_is_at_an_end_counts_for_the_card(turns: Shift) -> None:
    come(turns, "ada", "bob")
    answer.accept(turns.desk, 1, "U0ANN")
    answer.touch(turns.desk, 1, "U0ANN", turns.tried("U0ANN"), people=[1])
    answer.end(turns.desk, 1, "U0ANN", Disposition("no_budget"), people=[1])
    go_on(turns, 130 * MINUTE)
    assert owners(turns) == ["U0ANN", "U0ANN"]


def test_of_two_whose_last_rung_is_reached_at_one_opening_the_tightest_goes_first(
    shifts: Start, database_url: str
) -> None:
    definition = DEFINITION.replace(
        "intent:\n", "intent:\n  trial: {points: 50, level: high, fast_track: true}\n"
    )
    tier = "first_touch: {}m, clock: calendar, ladder: {{nudge: [], reassign: 200%}}}}"
    definition = definition.partition("tiers:")[0] + "\n".join(
        ["tiers:", "  - {name: quick, when: {signal: demo_request}, " + tier.format(360),
         "  - {name: slow, " + tier.format(390)]
    )  # fmt: skip
    shift = shifts(database_url, team=TURNS, definition=definition)
    shift.arrive(shift.event("trial", person("ada")))
    come(shift, "bob")
    assert owners(shift) == ["U0ANN", "U0ANN"]
    shift.clock.advance(timedelta(hours=8))
    tick(shift)  # what is overdue is said
    shift.clock.advance(DAY - timedelta(hours=8))
    tick(shift)

    assert owners(shift) == ["U0BOB", "U0BOB"]
    assert [("reassign", "reassign 200%") in shift.due(id_) for id_ in (1, 2)] == [True, True]


def test_nobody_on_a_card_goes_back_to_whom_another_one_on_it_was_taken_from(turns: Shift) -> None:
    team.go_away(turns.desk, "U0BOB", "U0BOB", ("2026-11-25", ""))
    come(turns, "ada")
    go_on(turns, 65 * MINUTE)
    assert owners(turns) == [None]  # taken from Ann, and nobody else is there
    turns.clock.advance_to(turns.now.replace(hour=16, minute=30))  # Ann has gone home
    come(turns, "bob")
    assert (owners(turns), cards_of(turns)) == ([None, None], [1, 1])
    turns.clock.advance_to(turns.now.replace(hour=8, minute=45) + DAY)
    tick(turns)
    assert owners(turns) == [None, None]


def test_a_card_that_nobody_could_be_given_finds_one_owner(shifts: Start, database_url: str) -> None:
    shift = shifts(database_url, team=TURNS)
    shift.clock.advance_to(shift.now.replace(hour=19))  # everybody has gone
    come(shift, "ada", "bob")
    assert (owners(shift), cards_of(shift)) == ([None, None], [1, 1])
    shift.clock.advance(timedelta(hours=14))
    tick(shift)
    assert owners(shift) in (["U0ANN"] * 2, ["U0BOB"] * 2)
    assert note_views(shift).count("handed") == 1
    assert [step for id_ in (1, 2) for step in shift.due(id_) if step[0] == "assign"] == []


def test_activity_of_one_of_several_says_whose_it_is(shift: Shift) -> None:
    come(shift, "ada", "bob")
    shown = report.shown(shift.desk, 2)
    assert shown is not None
    assert (shown.beside, shown.handoff.bundled) == (1, True)


def test_each_of_several_is_still_one_open_handoff_of_its_lead(three: Shift) -> None:
    before: list[Handoff] = [three.handoff(id_) for id_ in (1, 2, 3)]
    three.arrive(three.event("pricing_page", person("bob")))
    assert [each.n for each in before] == [three.handoff(id_).n for id_ in (1, 2, 3)]
    assert len(three.rows()) == 3


def test_a_press_decided_before_somebody_came_onto_the_card_changes_nothing(shift: Shift) -> None:
    come(shift, "ada")
    read_before = shift.handoff(1)
    come(shift, "bob")
    assert shift.handoff(1).n == read_before.n, "only that somebody is beside it tells"
    claim = Move("accept", "U0ANN", shift.now, {"stage": "sal", "owner": "U0ANN"})
    with shift.desk.database.writing() as session:
        assert moves.move(session, read_before, claim) is None
        assert moves.move(session, shift.handoff(1), claim) is not None
