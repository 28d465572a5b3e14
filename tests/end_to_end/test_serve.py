"""`baton serve` as a real process: signed HTTP in, a strict Slack out, and what the operator reads."""

import re
import sqlite3
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from bot.playground import Message
from tests.program import is_ready
from tests.shop import Shop
from tests.world import DEFINITION, TEAM, signed, workspace

ROW = re.compile(r"^\s*([+−-]\d+)\s+(.+)$", re.MULTILINE)


def rows(said: str) -> list[tuple[int, str]]:
    """The rows of a score as somebody reads them: points and words, the date left off."""
    return [(int(points.replace("−", "-")), words.partition(" · ")[0]) for points, words in ROW.findall(said)]


def updated(shop: Shop, lead: Mapping[str, Any], words: str) -> Message:
    """The lead's card, once it says *words*."""
    shop.slack.wait_for(lambda: words in shop.card_of(lead).plain())
    return shop.card_of(lead)


def accepted(shop: Shop, user: str = "U0ANN") -> tuple[dict[str, Any], Message]:
    """A new lead that *user* accepted, and its card."""
    lead = shop.send()
    assert shop.press(user, "accept", shop.card_of(lead)).status == 200
    return lead, updated(shop, lead, "Accepted by")


# -- the floor ------------------------------------------------------------------------------------


def test_a_demo_request_is_a_card_in_its_segments_channel_within_seconds(open_shop: Shop) -> None:
    lead = open_shop.send()
    answered = time.monotonic()
    card = open_shop.card_of(lead)
    assert time.monotonic() - answered < 5
    assert f"Ada Lovelace, VP Marketing · {lead['company']}" in card.plain()
    assert "90 = fit 40 + intent 50" in card.plain()
    assert "[Accept] [Reject] [Why?]" in card.plain()
    assert lead["email"] not in str(card.blocks), "who to reach is for the owner"


def test_the_second_rep_to_press_accept_is_told_who_was_first_over_http(open_shop: Shop) -> None:
    _, card = accepted(open_shop, "U0ANN")
    assert "✅ Accepted by @Ann" in card.plain()
    before = len(open_shop.slack.whispers("U0BOB"))
    # Bob's screen still shows the old card: the press carries the same hand-off.
    pressed = stale_press(open_shop, "U0BOB", "accept", card)
    assert pressed.status_code == 200
    open_shop.slack.wait_for(lambda: len(open_shop.slack.whispers("U0BOB")) > before)
    assert open_shop.slack.whispers("U0BOB")[-1] == "<@U0ANN> accepted this lead first."


def stale_press(shop: Shop, user: str, action: str, card: Message) -> httpx.Response:
    """A press on a button that is displayed no more to the playground, signed as Slack signs."""
    payload = {
        "type": "block_actions", "team": {"id": "T0BATON"}, "user": {"id": user, "team_id": "T0BATON"},
        "trigger_id": "1.2.3", "container": {"channel_id": card.channel, "message_ts": card.ts},
        "channel": {"id": card.channel},
        "actions": [{"type": "button", "action_id": action, "block_id": "b", "value": shop.value_of(card)}],
    }  # fmt: skip
    body, headers = shop.slack.delivery.signed("interactive", payload)
    return httpx.post(
        f"{shop.base}/slack/events", content=body, headers=headers, trust_env=False, verify=False
    )


def test_a_timing_rejection_needs_a_date_and_the_form_says_so(open_shop: Shop) -> None:
    lead = open_shop.send()
    open_shop.press("U0BOB", "reject", open_shop.card_of(lead))
    refused = open_shop.slack.submit("U0BOB", {"reason": "timing.no_project", "note": "spring"})
    assert refused.errors == {"date": "Timing needs the date on which this lead may come back; choose one."}
    assert open_shop.slack.modal("U0BOB") is not None
    back = (datetime.now(UTC) + timedelta(days=90)).date().isoformat()
    assert open_shop.slack.submit("U0BOB", {"reason": "timing.no_project", "date": back}).errors == {}
    card = updated(open_shop, lead, "Recycled")
    assert f"No active project · back on {back} · @Bob" in card.plain()
    assert "[Accept]" not in card.plain()


def test_a_logged_call_is_the_first_touch_and_opens_qualify(open_shop: Shop) -> None:
    lead, card = accepted(open_shop)
    before = len(open_shop.slack.whispers("U0ANN"))
    open_shop.press("U0ANN", "qualify", card)
    open_shop.slack.wait_for(lambda: len(open_shop.slack.whispers("U0ANN")) > before)
    assert "touch" in open_shop.slack.whispers("U0ANN")[-1]
    assert open_shop.slack.modal("U0ANN") is None

    open_shop.press("U0ANN", "touch", card)
    assert open_shop.slack.submit("U0ANN", {"kind": "call", "outcome": "reached"}).errors == {}
    touched = updated(open_shop, lead, "1 touch logged")
    assert "☎️ First touch" in touched.plain()
    assert "First touch by" not in touched.plain()


def test_undo_gives_the_lead_back_to_the_pool(open_shop: Shop) -> None:
    lead, card = accepted(open_shop)
    open_shop.press("U0ANN", "undo", card)
    back = updated(open_shop, lead, "[Accept]")
    assert "Accepted by" not in back.plain()
    assert lead["email"] not in str(back.blocks)


def test_mql_help_lists_every_subcommand(open_shop: Shop) -> None:
    alone, asked = open_shop.ask("U0ANN"), open_shop.ask("U0ANN", "help")
    assert alone == asked
    for usage in ("queue", "lead EMAIL", "why EMAIL", "funnel [DAYS]"):
        assert f"/mql {usage}" in asked
    assert "no `/mql` subcommand of that name" in open_shop.ask("U0ANN", "fire everybody")


def test_mql_queue_shows_mine_and_what_is_free(open_shop: Shop) -> None:
    mine, _ = accepted(open_shop)
    free = open_shop.send()
    open_shop.card_of(free)
    yours, _, unclaimed = open_shop.ask("U0ANN", "queue").partition("To be claimed")
    assert mine["company"] in yours
    assert free["company"] in unclaimed
    assert mine["company"] not in unclaimed


def test_mql_lead_tells_what_is_known_and_where_it_stands(open_shop: Shop) -> None:
    lead, _ = accepted(open_shop)
    said = open_shop.ask("U0ANN", f"lead {lead['email']}")
    for words in ("Ada Lovelace", lead["company"], "Hand-offs", "@Ann", "90 = fit 40 + intent 50"):
        assert words in said
    assert "Nobody with the address nobody@nowhere.example" in open_shop.ask(
        "U0ANN", "lead nobody@nowhere.example"
    )
    assert "Type `/mql lead EMAIL`." in open_shop.ask("U0ANN", "lead")


def test_why_gives_the_same_rows_as_the_card_and_they_add_up(open_shop: Shop) -> None:
    lead = open_shop.send()
    card = open_shop.card_of(lead)
    asked = open_shop.ask("U0ANN", f"why {lead['email']}")
    on_card, in_answer = rows(card.plain()), rows(asked)
    assert len(on_card) == 3
    assert set(on_card) <= set(in_answer)
    assert sum(points for points, _ in in_answer) == 90
    assert "90 = fit 40 + intent 50" in asked

    open_shop.press("U0ANN", "why", card)
    modal = open_shop.slack.modal("U0ANN")
    assert modal is not None
    shown = Message("", "", "", "", blocks=modal["blocks"]).plain()
    assert sorted(rows(shown)) == sorted(in_answer)
    open_shop.slack.close("U0ANN")


def test_the_funnel_counts_every_press(open_shop: Shop) -> None:
    before = volume(open_shop)
    accepted(open_shop)
    open_shop.send(signal="ebook", country="DE")
    after = volume(open_shop)
    assert (after["leads"] - before["leads"], after["MQL"] - before["MQL"], after["SAL"] - before["SAL"]) == (
        2,
        1,
        1,
    )
    assert "`/mql funnel 90`" in open_shop.ask("U0MAX", "funnel yesterday")


def volume(shop: Shop) -> dict[str, int]:
    """The funnel's last line of counts, by stage."""
    said = shop.ask("U0MAX", "funnel")
    line = next(line for line in said.splitlines() if "Volume:" in line)
    return {name: int(n) for n, name in re.findall(r"(\d+) (\w+)", line)}


def test_who_is_not_in_the_team_file_can_do_nothing_with_a_lead(open_shop: Shop) -> None:
    lead = open_shop.send()
    card = open_shop.card_of(lead)
    open_shop.press("U0EVE", "accept", card)
    open_shop.slack.wait_for(lambda: open_shop.slack.whispers("U0EVE"))
    assert lead["email"] not in "".join(open_shop.slack.whispers("U0EVE"))
    assert "Accepted by" not in open_shop.card_of(lead).plain()
    assert lead["company"] not in open_shop.ask("U0EVE", f"lead {lead['email']}")
    assert lead["company"] not in open_shop.ask("U0GUS", "queue")


# -- the senders' and the operator's side -----------------------------------------------------------


def test_an_unsigned_request_changes_nothing(open_shop: Shop) -> None:
    body = b'{"events": []}'
    forged = signed(body) | {"webhook-signature": "v1,AAAA"}
    for headers in ({}, forged):
        assert httpx.post(f"{open_shop.base}/intake/events", content=body, headers=headers).status_code == 401
    assert httpx.post(f"{open_shop.base}/slack/events", content=b"payload={}").status_code == 401


def test_the_same_event_twice_is_one_card(open_shop: Shop) -> None:
    lead = open_shop.send()
    open_shop.card_of(lead)
    event = {
        "id": f"twice-{lead['email']}",
        "occurred_at": "2026-11-01T00:00:00Z",
        "signal": "webinar",
        "lead": lead,
    }
    assert open_shop.post({"events": [event]}).json() == {"received": 1, "duplicates": 0}
    assert open_shop.post({"events": [event]}).json() == {"received": 1, "duplicates": 1}
    named = [each for each in open_shop.slack.messages("C0EMEA") if lead["company"] in each.plain()]
    assert len(named) == 1


def test_a_malformed_request_is_answered_with_pointers(open_shop: Shop) -> None:
    answer = open_shop.post(
        {"events": [{"occurred_at": "yesterday", "lead": {"email": "x@y.example", "shoe": 43}}]}
    )
    assert answer.status_code == 400
    pointers = {each["pointer"] for each in answer.json()}
    assert pointers == {"/events/0/occurred_at", "/events/0/lead/shoe"}


def test_health_readiness_and_metrics_answer(open_shop: Shop) -> None:
    open_shop.card_of(open_shop.send())
    assert httpx.get(f"{open_shop.base}/healthz").text == "ok"
    told = httpx.get(f"{open_shop.base}/readyz").json()
    assert (told["ready"], told["problems"]) == (True, [])
    figures = httpx.get(f"{open_shop.base}/metrics").text
    sent = re.search(r'^baton_sends_total\{kind="card",outcome="\w+"\} (\d+)', figures, re.MULTILINE)
    assert sent is not None
    assert int(sent[1]) >= 1
    assert re.search(r'^baton_intake_seconds_count\{status="202"\} [1-9]', figures, re.MULTILINE)
    assert "@" not in figures, "figures hold nothing about a person"


# -- starting and stopping --------------------------------------------------------------------------


@pytest.mark.slow
def test_a_restart_keeps_everything(either_shop: Shop) -> None:
    running = either_shop.begin()
    lead, card = accepted(either_shop)
    assert running.stop() == 0
    assert not is_ready(either_shop.base)
    assert "Traceback" not in running.err

    again = either_shop.begin()
    assert len(either_shop.slack.messages("C0EMEA")) == 1, "a restart posts no card twice"
    assert lead["company"] in either_shop.ask("U0ANN", "queue")
    either_shop.press("U0ANN", "touch", card)
    either_shop.slack.submit("U0ANN", {"kind": "email", "outcome": "replied"})
    updated(either_shop, lead, "1 touch logged")
    assert again.stop() == 0
    assert either_shop.slack.complaints == []


@pytest.mark.slow
def test_ctrl_c_ends_it_as_well(shop: Shop) -> None:
    assert shop.begin().stop(2) == 0


@pytest.mark.slow
def test_a_lead_that_comes_while_slack_is_away_gets_its_card_later(shop: Shop) -> None:
    shop.slack.fail("*", "500_before", times=None)
    running = shop.begin()
    lead = shop.send()
    time.sleep(0.5)
    assert shop.slack.messages("C0EMEA") == []
    shop.slack.heal()
    shop.card_of(lead, seconds=30)
    time.sleep(0.5)
    assert len(shop.slack.messages("C0EMEA")) == 1
    assert running.stop() == 0


def test_a_second_serve_on_the_same_file_is_refused(shop: Shop) -> None:
    shop.begin()
    second = shop.program.run("serve", **shop.settings(BATON_PORT="0"))
    assert second.returncode == 1
    assert second.stderr.strip().splitlines()[-1] == (
        "Another baton serve uses baton.db. Stop it first, or put several replicas on PostgreSQL."
    )
    assert is_ready(shop.base)


def test_a_taken_port_is_told_in_a_sentence(shop: Shop) -> None:
    port = shop.slack.page.rstrip("/").rpartition(":")[2]
    refused = shop.program.run("serve", **shop.settings(BATON_PORT=port))
    assert refused.returncode == 1
    assert f"Baton cannot listen on 127.0.0.1:{port}: Address already in use." in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.slow
def test_two_replicas_may_start_at_once_on_an_empty_database(
    program: Any, slack: Any, empty_postgres_url: str
) -> None:
    first, second = Shop(slack, program, empty_postgres_url), Shop(slack, program, empty_postgres_url)
    first.write()
    slack.events_url = f"{first.base}/slack/events"
    running = [program.start("serve", **each.settings()) for each in (first, second)]
    for each, shop in zip(running, (first, second), strict=True):
        each.wait_ready(shop.base)
    lead = second.send()
    card = first.card_of(lead)
    first.press("U0ANN", "accept", card)
    updated(first, lead, "Accepted by @Ann")
    time.sleep(1.5)
    assert len(slack.messages("C0EMEA")) == 1
    assert [each.stop() for each in running] == [0, 0]
    assert slack.complaints == []


def test_every_missing_setting_is_named_at_once(shop: Shop) -> None:
    refused = shop.program.run("serve")
    assert refused.returncode == 1
    told = [line.partition(" ")[0] for line in refused.stderr.splitlines()]
    assert told == ["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "BATON_INTAKE_SECRET", "BATON_SECRET"]
    assert all(line.endswith("Set it in .env or the environment.") for line in refused.stderr.splitlines())
    assert not (shop.program.folder / "baton.db").exists()


@pytest.mark.slow
def test_a_wrong_setting_is_named_with_what_would_be_right(shop: Shop) -> None:
    refused = shop.program.run("serve", **shop.settings(BATON_PORT="eighty", BATON_PLAYGROUND_PORT="70000"))
    assert refused.returncode == 1
    assert "BATON_PORT is wrong" in refused.stderr
    assert "BATON_PLAYGROUND_PORT is wrong" in refused.stderr
    weak = shop.program.run("serve", **shop.settings(BATON_INTAKE_SECRET="whsec_c2hvcnQ="))
    assert weak.returncode == 1
    assert "shorter than 16 bytes" in weak.stderr


def test_mistakes_of_both_files_are_listed_together_with_their_lines(shop: Shop) -> None:
    shop.write(
        DEFINITION.replace("threshold: 50", "treshold: 50").replace("level: medium", "level: middling"),
        TEAM.replace("role: marketing", "role: boss").replace("London\n", "Londinium\n", 1),
    )
    refused = shop.program.run("serve", **shop.settings())
    assert refused.returncode == 1
    lines = refused.stderr.splitlines()
    where = {re.match(r"\S+?\.yaml:\d+", line)[0] for line in lines if re.match(r"\S+?\.yaml:\d+", line)}  # type: ignore[index]
    assert {"definition.yaml:3", "definition.yaml:19", "team.yaml:2", "team.yaml:14"} <= where, lines
    assert "threshold" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.slow
def test_a_changed_file_is_reported_and_the_stored_one_counts(shop: Shop) -> None:
    shop.begin().stop()
    shop.write(DEFINITION.replace("demo_request: {points: 50", "demo_request: {points: 99"))
    running = shop.begin()
    assert "The definition file differs from the stored version 1, and the stored one counts." in running.err
    assert "team file differs" not in running.err
    assert "90 = fit 40 + intent 50" in shop.card_of(shop.send()).plain()


@pytest.mark.slow
def test_a_database_of_a_newer_baton_is_refused(shop: Shop) -> None:
    shop.begin().stop()
    with sqlite3.connect(shop.program.folder / "baton.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999_from_the_future'")
    database.close()
    refused = shop.program.run("serve", **shop.settings())
    assert refused.returncode == 1
    assert "is newer than this version of Baton knows. Install the newer Baton." in refused.stderr


@pytest.mark.slow
def test_a_shadow_start_sends_no_cards(shop: Shop) -> None:
    shop.slack.events_url = f"{shop.base}/slack/events"
    running = shop.program.start("serve", "--shadow", **shop.settings())
    running.wait_ready(shop.base)
    lead = shop.send()
    time.sleep(2)
    assert shop.slack.messages("C0EMEA") == []
    assert "90 = fit 40 + intent 50" in shop.ask("U0ANN", f"why {lead['email']}")
    assert running.stop() == 0


# -- the clock --------------------------------------------------------------------------------------

FAST = DEFINITION.replace("first_touch: 60m", "first_touch: 10s")


def ladder(shop: Shop) -> None:
    """A lead nobody touches: 5 s, 8 s, 10 s, each said within 2 s of being due (and a post a second)."""
    running = shop.begin()
    lead = shop.send()
    crossed = time.time()
    card = shop.card_of(lead)

    def said() -> list[Message]:
        return shop.slack.thread("C0EMEA", card.ts)

    shop.slack.wait_for(lambda: len(said()) >= 3 and shop.slack.dms("U0MAX"), timeout=20)
    texts = [each.plain() for each in said()]
    assert [text.partition(":")[0] for text in texts] == [
        "⏳ Half the time is used", "⏳ 80 % of the time is used", "🔴 Overdue",
    ]  # fmt: skip
    for due, message in zip((5, 8, 10), said(), strict=True):
        # The clock starts at the arrival, in whole seconds, which is up to 1 s before the answer.
        assert due - 1.2 <= float(message.ts) - crossed <= due + 3
    assert "@Ann" in texts[0]
    assert "@Ann" not in texts[1], "the pool is mentioned once"
    direct = [each.plain() for each in shop.slack.dms("U0MAX")]
    assert len(direct) == 1
    assert "Overdue" in direct[0]
    assert shop.slack.dms("U0ANN") == []
    assert running.stop() == 0
    assert shop.slack.complaints == []


@pytest.mark.slow
def test_a_lead_nobody_calls_is_nudged_twice_and_then_its_manager_hears(shop: Shop) -> None:
    shop.write(FAST)
    ladder(shop)


@pytest.mark.slow
def test_the_nudges_come_on_postgresql_as_well(program: Any, slack: Any, empty_postgres_url: str) -> None:
    shop = Shop(slack, program, empty_postgres_url)
    shop.write(FAST)
    ladder(shop)


@pytest.mark.slow
def test_after_acceptance_the_nudges_go_to_the_owner_alone(shop: Shop) -> None:
    shop.write(FAST)
    shop.begin()
    lead = shop.send()
    card = shop.card_of(lead)
    shop.press("U0BOB", "accept", card)
    shop.slack.wait_for(lambda: shop.slack.dms("U0BOB"), timeout=12)
    assert "Half the time is used: log the first touch" in shop.slack.dms("U0BOB")[0].plain()
    shop.slack.press("U0BOB", "touch_booked", channel=shop.slack.dms("U0BOB")[0].channel)
    updated(shop, lead, "1 touch logged")
    time.sleep(6)
    assert len(shop.slack.dms("U0BOB")) == 1, "nobody is nudged about what is done"
    assert shop.slack.thread("C0EMEA", card.ts) == []
    assert shop.slack.dms("U0MAX") == []


# -- Socket Mode --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_everything_works_over_socket_mode_too(program: Any) -> None:
    with workspace(app_token="xapp-tests") as slack:
        shop = Shop(slack, program, "sqlite:///baton.db")
        shop.write()
        running = program.start("serve", **shop.settings(SLACK_APP_TOKEN="xapp-tests"))
        running.wait_ready(shop.base)
        slack.wait_for(lambda: slack.sockets.open_now, timeout=15)
        lead, card = accepted(shop)
        shop.press("U0ANN", "touch", card)
        refused = slack.submit("U0ANN", {"kind": "call", "outcome": None})
        assert "outcome" in refused.errors
        assert slack.submit("U0ANN", {"kind": "call", "outcome": "reached"}).errors == {}
        updated(shop, lead, "1 touch logged")
        assert lead["company"] in shop.ask("U0ANN", f"lead {lead['email']}")
        slack.open_home("U0ANN")
        slack.wait_for(lambda: slack.home("U0ANN"))
        slack.cut_sockets()
        slack.wait_for(lambda: "/mql queue" in shop.ask("U0BOB", "help"), timeout=30)
        assert running.stop() == 0
        assert "Traceback" not in running.err
        assert slack.complaints == []
