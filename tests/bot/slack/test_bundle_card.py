"""The card of several people of one company as blocks: as much as Slack takes, and everybody on it."""

from dataclasses import replace

import pytest

from bot.desk.report import Shown
from bot.slack.views.bundle import bundle_card
from scoring import bundling
from tests import shown as states

LONG = {
    name: name * 400 for name in ("first_name", "title", "company", "industry", "country", "message", "phone")
}


def people(count: int, state: Shown) -> list[Shown]:
    """The same person again and again under numbers of their own."""
    return [replace(state, handoff=replace(state.handoff, id=number)) for number in range(1, count + 1)]


def wordy_state(stage: str, crm: str) -> Shown:
    made = states.accepted(
        {**LONG, "id": "1"}, stage=stage, flag="x " * 400, tier="tier " * 40, returning=True, fit_check=True
    )
    return replace(made, team=replace(made.team, crm_url=crm))


@pytest.mark.parametrize("crm", ["https://crm.example/{id}", f"https://crm.example/{'l' * 2_500}/{{id}}"])
@pytest.mark.parametrize("stage", ["sal", "sql", "opportunity"])
@pytest.mark.parametrize("count", [2, bundling.MOST])
def test_however_much_is_known_slack_takes_the_card_and_everybody_is_on_it(
    count: int, stage: str, crm: str
) -> None:
    message = bundle_card(people(count, wordy_state(stage, crm)))

    assert states.refused(message) == []
    lines = [part["block_id"] for part in message.blocks if part.get("block_id", "").startswith("who-")]
    assert [f"who-{number}" for number in range(1, count + 1)] == [
        line for line in lines if "all" not in line
    ]


def test_ten_people_with_ordinary_names_keep_their_menus() -> None:
    message = bundle_card(people(bundling.MOST, states.accepted()))

    menus = [part for part in message.blocks if part.get("accessory", {}).get("action_id") == "more"]
    assert len(menus) == bundling.MOST
