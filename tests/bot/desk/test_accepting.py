"""Accept: the first to press has the lead, everybody else reads who was first, and nobody else may."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from bot.desk import answer, deal, taking_back
from bot.desk.desk import Desk
from scoring.dispositions import Disposition
from scoring.stages import Refused
from tests.bot.desk.shift import Shift, refusal
from tests.world import ADA, DEFINITION, World

US = ADA | {"email": "bob@engines.example", "country": "US"}


def test_the_slower_rep_is_whispered_who_was_first_and_the_card_shows_the_owner(either_world: World) -> None:
    either_world.send(either_world.event("demo_request"))

    either_world.slack.press("U0ANN", "accept")
    slow = either_world.press("U0BOB", "accept")

    assert slow.status == 200
    assert either_world.whispered("U0BOB") == ["<@U0ANN> accepted this lead first."]
    assert "Accepted by @Ann" in either_world.card().plain()
    assert either_world.slack.whispers("U0ANN") == []
    assert either_world.slack.complaints == []


def accepted_or_why(desk: Desk, handoff: int, rep: str, start: Barrier) -> str:
    start.wait(timeout=30)
    try:
        return answer.accept(desk, handoff, rep).owner or "nobody"
    except Refused as refused:
        return refused.sentence


def test_in_200_races_of_two_reps_each_lead_has_exactly_one_owner(postgres_shift: Shift) -> None:
    shift = postgres_shift
    shift.arrive(
        *(shift.event("demo_request", ADA | {"email": f"a{n}@engines{n}.example"}) for n in range(200))
    )
    start = Barrier(2)

    def run(rep: str) -> list[str]:
        return [accepted_or_why(shift.desk, id_, rep, start) for id_ in range(1, 201)]

    with ThreadPoolExecutor(2) as reps:
        ann, bob = reps.map(run, ("U0ANN", "U0BOB"))

    for row, ann_reads, bob_reads in zip(shift.rows(), ann, bob, strict=True):
        loser_reads = bob_reads if row.owner == "U0ANN" else ann_reads
        assert loser_reads == f"<@{row.owner}> accepted this lead first."
        assert (ann_reads, bob_reads)[row.owner == "U0BOB"] == row.owner
        assert row.n == 2
    assert len([move for move in shift.moves() if move.n == 2]) == 200


def test_a_double_click_is_one_acceptance(either_shift: Shift) -> None:
    either_shift.demo()

    first = answer.accept(either_shift.desk, 1, "U0ANN")
    either_shift.clock.advance(timedelta(seconds=5))
    second = answer.accept(either_shift.desk, 1, "U0ANN")

    assert second.accepted_at == first.accepted_at
    assert either_shift.actions() == ["create", "accept"]


def test_two_clicks_of_one_rep_at_the_same_moment_are_one_acceptance(postgres_shift: Shift) -> None:
    postgres_shift.demo()
    start = Barrier(4)

    with ThreadPoolExecutor(4) as hands:
        answers = [
            hands.submit(accepted_or_why, postgres_shift.desk, 1, "U0ANN", start).result for _ in range(4)
        ]
        assert [each() for each in answers] == ["U0ANN"] * 4

    assert postgres_shift.actions() == ["create", "accept"]


@pytest.mark.parametrize("rep", ["U0ANN", "U0BOB", "U0MAX"])
def test_the_segments_pool_and_managers_may_accept(shift: Shift, rep: str) -> None:
    shift.demo()

    assert answer.accept(shift.desk, 1, rep).owner == rep


@pytest.mark.parametrize(
    ("rep", "sentence"),
    [
        ("U0CAT", "for another team's pool"),
        ("U0MIA", "for another team's pool"),
        ("U0ADA", "for another team's pool"),
        ("U0EVE", "not in Baton's team file"),
    ],
)
def test_nobody_outside_the_pool_may_accept_or_reject(shift: Shift, rep: str, sentence: str) -> None:
    shift.demo()

    assert sentence in refusal(answer.accept, shift.desk, 1, rep)
    assert sentence in refusal(answer.may_reject, shift.desk, 1, rep)
    assert sentence in refusal(answer.end, shift.desk, 1, rep, Disposition("spam"))
    assert shift.actions() == ["create"]


def test_the_other_segments_pool_may_accept_its_own_lead(shift: Shift) -> None:
    assert answer.accept(shift.desk, shift.demo(US), "U0CAT").owner == "U0CAT"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"is_guest": True}, "Guests cannot work on leads"),
        ({"team_id": "T0OTHER"}, "people of this workspace"),
    ],
)
def test_guests_and_people_of_other_workspaces_press_nothing(
    world: World, change: dict[str, object], sentence: str
) -> None:
    world.pass_time(timedelta(0))  # Baton learns who is who
    world.send(world.event("demo_request"))
    world.slack.change_user("U0ANN", **change)

    world.press("U0ANN", "accept")

    assert sentence in world.whispered("U0ANN")[0]
    assert "Accepted" not in world.card().plain()


def test_somebody_who_left_cannot_press_a_button_that_is_still_open_on_a_screen(world: World) -> None:
    world.pass_time(timedelta(0))
    world.send(world.event("demo_request"))
    button = {"action_id": "accept", "block_id": "b", "type": "button", "value": "1"}
    payload = {
        "type": "block_actions", "user": {"id": "U0ANN", "team_id": world.slack.team_id},
        "team": {"id": world.slack.team_id}, "api_app_id": "A0", "token": "t", "trigger_id": "1.2.3",
        "container": {"type": "message", "channel_id": "C0EMEA", "message_ts": world.card().ts},
        "channel": {"id": "C0EMEA"}, "actions": [button],
    }  # fmt: skip
    world.slack.change_user("U0ANN", deleted=True)

    answered = world.slack.delivery.send("interactive", payload)
    world.deliver()

    assert answered.status == 200
    assert "Accepted" not in world.card().plain()


def test_a_late_accept_never_reopens_an_ended_lead(either_shift: Shift) -> None:
    either_shift.demo()
    answer.end(either_shift.desk, 1, "U0ANN", Disposition("spam"))

    for rep in ("U0ANN", "U0BOB", "U0MAX"):
        assert "was closed by <@U0ANN> as Disqualified" in refusal(answer.accept, either_shift.desk, 1, rep)
    assert either_shift.handoff().stage == "disqualified"
    assert either_shift.actions() == ["create", "reject"]


def test_whoever_closed_a_lead_is_named_even_if_it_was_not_theirs(shift: Shift) -> None:
    shift.demo()
    answer.accept(shift.desk, 1, "U0ANN")
    answer.end(shift.desk, 1, "U0MAX", Disposition("spam"))

    assert "was closed by <@U0MAX>" in refusal(answer.touch, shift.desk, 1, "U0ANN", shift.tried("U0ANN"))


@pytest.mark.parametrize("value", [0, 999, 2**31 - 1])
def test_a_forged_button_is_refused_with_a_sentence(either_shift: Shift, value: int) -> None:
    assert "does not know this lead" in refusal(answer.accept, either_shift.desk, value, "U0ANN")


def test_a_managers_accept_makes_the_manager_the_owner_and_others_are_told(shift: Shift) -> None:
    shift.demo()
    answer.accept(shift.desk, 1, "U0MAX")

    assert refusal(answer.accept, shift.desk, 1, "U0BOB") == "<@U0MAX> accepted this lead first."
    assert refusal(answer.may_reject, shift.desk, 1, "U0BOB") == "<@U0MAX> accepted this lead first."


def test_with_sal_off_the_button_says_claim_and_the_claimed_lead_has_an_owner(
    worlds: Callable[..., World], sqlite_url: str
) -> None:
    """ "With SAL off, the button says Claim, and ownership works the same." """
    world = worlds(sqlite_url, definition=DEFINITION + "stages: {sal: false}\n")
    world.send(world.event("demo_request"))
    assert "Claim" in world.card().plain()
    assert "Accept" not in world.card().plain()

    world.slack.press("U0ANN", "accept")
    world.press("U0BOB", "accept")

    assert world.whispered("U0BOB") == ["<@U0ANN> accepted this lead first."]
    assert "Log first touch" in world.card().plain()
    assert "Claim" not in world.card().plain()


def test_with_sal_off_a_claimed_lead_goes_all_the_way_and_back(
    shifts: Callable[..., Shift], sqlite_url: str
) -> None:
    shift = shifts(sqlite_url, definition=DEFINITION + "stages: {sal: false}\n")
    shift.demo()

    assert answer.accept(shift.desk, 1, "U0ANN").stage == "mql"
    answer.accept(shift.desk, 1, "U0ANN")
    assert shift.actions() == ["create", "accept"]
    taking_back.undo(shift.desk, 1, "U0ANN")
    assert shift.handoff().owner is None
    answer.accept(shift.desk, 1, "U0BOB")
    answer.touch(shift.desk, 1, "U0BOB", shift.tried("U0BOB"))
    bant = deal.Bant(dict.fromkeys(deal.BANT, "yes"))
    assert deal.qualify(shift.desk, 1, "U0BOB", bant).stage == "sql"
    assert shift.figures().reached["sql"] == 1


def test_accepting_stops_the_calls_to_the_channel_and_keeps_the_first_touch_clock(shift: Shift) -> None:
    shift.demo()
    due = shift.handoff().due_at
    shift.clock.advance(timedelta(minutes=20))

    taken = answer.accept(shift.desk, 1, "U0BOB")

    assert taken.due_at == due
    assert ("first_touch", "breach") in shift.due()
