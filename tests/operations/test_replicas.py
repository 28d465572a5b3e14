"""Several processes on one database: what may run beside serve, and replicas that start together."""

import json
import time

import pytest
from sqlalchemy import create_engine, text

from bot.playground import Slack
from tests.operations.pressing import press
from tests.program import Program
from tests.shop import Shop


@pytest.mark.slow
def test_reading_commands_work_beside_serve_on_one_sqlite_file(shop: Shop) -> None:
    shop.begin()
    lead = shop.send()
    beside = shop.settings()
    for words in (
        ("score", lead["email"], "--json"),
        ("route", lead["email"], "--json"),
        ("check", "--json"),
    ):
        done = shop.program.run(*words, **beside)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        assert json.loads(done.stdout)
    assert shop.program.run("serve", **shop.settings(BATON_PORT="0")).returncode == 1
    written = shop.program.run("db", "upgrade", **beside)
    assert (written.returncode, "Stop serve first" in written.stderr) == (1, True)
    assert shop.send()


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, 3])
def test_replicas_that_start_at_once_on_an_empty_database_share_the_work(
    program: Program, slack: Slack, empty_postgres_url: str, count: int
) -> None:
    shops = [Shop(slack, program, empty_postgres_url) for _ in range(count)]
    shops[0].write()
    slack.events_url = f"{shops[0].base}/slack/events"
    running = [program.start("serve", **each.settings()) for each in shops]
    for each, shop in zip(running, shops, strict=True):
        each.wait_ready(shop.base)
    leads = [shop.send() for shop in shops]
    for lead in leads:
        shops[0].card_of(lead)
    for number, shop in enumerate(shops, start=1):
        assert press(slack, shop.base, number).status_code == 200
    slack.wait_for(
        lambda: all("Accepted by" in message.text for message in slack.messages("C0EMEA")), timeout=20
    )
    time.sleep(1.5)
    assert len(slack.messages("C0EMEA")) == count
    assert [each.stop() for each in running] == [0] * count
    assert all("Traceback" not in each.err for each in running)
    assert asked(empty_postgres_url, "SELECT count(*) FROM definition") == 1
    assert asked(empty_postgres_url, "SELECT count(*) FROM team") == 1
    assert asked(empty_postgres_url, "SELECT count(*) FROM transition WHERE action = 'accept'") == count
    assert [call.method for call in slack.calls].count("users.list") == 1, "one of them asks, for all"
    assert slack.complaints == []


def asked(url: str, sql: str) -> int:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = int(connection.execute(text(sql)).scalar_one())
    engine.dispose()
    return found
