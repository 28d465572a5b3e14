"""The commands of docs/operations.md, as written: a backup while Baton serves, and what a restore brings back."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import make_url

from bot.playground import Slack
from tests import postgres
from tests.operations.cluster import needed
from tests.operations.pressing import event, fresh_event, press, send
from tests.program import ROOT, Program
from tests.shop import Shop

PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")


def written(first_word: str) -> str:
    """The shell block of the page that begins with *first_word*."""
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (found,) = [block for block in blocks if block.startswith(first_word)]
    return str(found)


def typed(shop: Shop, block: str) -> str:
    """Run a block of the page in the folder Baton runs in; what it said."""
    program = shop.program
    said = block.replace(".venv/bin/python", sys.executable).replace(
        ".venv/bin/baton", f"{sys.executable} -m bot"
    )
    environment = {
        "PATH": f"{needed('pg_dump').parent}:{os.environ['PATH']}" if "pg_" in block else os.environ["PATH"],
        "PYTHONPATH": str(ROOT), "HOME": str(program.logs), "NO_COLOR": "1", **shop.settings(),
    }  # fmt: skip
    done = subprocess.run(
        ["bash", "-euc", said], cwd=program.folder, env=environment, timeout=90,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (said, done.stdout, done.stderr)
    return done.stdout


def rows(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return int(file.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def now() -> str:
    return datetime.now(UTC).isoformat()


@pytest.mark.slow
def test_a_backup_taken_while_events_stream_in_is_whole_and_has_all_that_was_answered_before(
    shop: Shop,
) -> None:
    shop.begin()
    taken: list[str] = []
    over = threading.Event()

    def stream() -> None:
        while not over.is_set():
            name = f"s{len(taken)}"
            assert send(shop.base, event(name)).status_code == 202
            taken.append(name)

    sender = threading.Thread(target=stream)
    sender.start()
    shop.slack.wait_for(lambda: len(taken) > 20, timeout=20)
    before = len(taken)
    typed(shop, written(".venv/bin/python"))
    at_least, at_most = before, len(taken) + 1
    over.set()
    sender.join()
    assert at_least <= rows(shop.program.folder / "backup.db", "activity") <= at_most
    assert shop.running is not None
    assert shop.running.stop() == 0


def test_a_copy_of_the_file_alone_misses_what_was_answered(shop: Shop) -> None:
    """Why the page says: never copy the file alone."""
    shop.begin()
    assert send(shop.base, event("one")).status_code == 202
    folder = shop.program.folder
    shutil.copy(folder / "baton.db", folder / "copy.db")
    typed(shop, written(".venv/bin/python"))
    with closing(sqlite3.connect(folder / "copy.db")) as copied:
        tables = copied.execute("SELECT count(*) FROM sqlite_master WHERE name = 'activity'").fetchone()[0]
        missing = tables == 0 or copied.execute("SELECT count(*) FROM activity").fetchone()[0] == 0
    assert missing
    assert rows(folder / "backup.db", "activity") == 1


@pytest.mark.slow
def test_after_a_restore_the_cards_of_before_are_known_and_the_events_since_can_be_sent_again(
    shop: Shop,
) -> None:
    running = shop.begin()
    old, new = fresh_event("old", now()), fresh_event("new", now())
    assert send(shop.base, old).status_code == 202
    shop.card_of(old["lead"])
    shop.slack.wait_for(lambda: settled(shop), timeout=20)
    typed(shop, written(".venv/bin/python"))
    assert send(shop.base, new).status_code == 202
    shop.card_of(new["lead"])
    assert press(shop.slack, shop.base, 1).status_code == 200
    assert running.stop() == 0

    said = typed(shop, written("mkdir replaced"))
    assert "already" in said
    assert "✗" not in said
    running = shop.begin()
    assert press(shop.slack, shop.base, 1, "U0ANN").status_code == 200, "the press since is lost"
    shop.slack.wait_for(lambda: "Ann" in shop.card_of(old["lead"]).plain(), timeout=20)
    assert send(shop.base, old).json() == {"received": 1, "duplicates": 1}
    assert send(shop.base, new).json() == {"received": 1, "duplicates": 0}
    shop.slack.wait_for(lambda: cards(shop, new) == 2, timeout=20)
    assert cards(shop, old) == 1, "a card of before the backup is not posted again"
    assert running.stop() == 0
    assert (shop.program.folder / "replaced" / "baton.db").exists()


def settled(shop: Shop) -> bool:
    with closing(sqlite3.connect(shop.program.folder / "baton.db")) as file:
        sql = "SELECT count(*) FROM outbox WHERE state IN ('new', 'sending', 'unknown')"
        return bool(file.execute(sql).fetchone()[0] == 0)


def cards(shop: Shop, one: dict[str, object]) -> int:
    company = str(one["lead"]["company"])  # type: ignore[index]
    return sum(company in message.plain() for message in shop.slack.messages("C0EMEA"))


@pytest.mark.slow
def test_a_dump_of_postgresql_is_restored_into_a_database_of_its_own(
    program: Program, slack: Slack, empty_postgres_url: str
) -> None:
    for name in ("pg_dump", "pg_restore", "psql"):
        needed(name)
    shop = Shop(slack, program, empty_postgres_url)
    shop.write()
    running = shop.begin()
    assert send(shop.base, fresh_event("old", now())).status_code == 202
    slack.wait_for(lambda: slack.messages("C0EMEA"))
    url = make_url(empty_postgres_url)
    restored = f"{url.database}_restored"
    block = written("pg_dump").replace("CREATE DATABASE restored", f"CREATE DATABASE {restored}")
    plain = url.set(drivername="postgresql")
    for named, ours in (("baton", url.database), ("restored", restored)):
        target = plain.set(database=ours).render_as_string(hide_password=False)
        block = block.replace(f"postgresql://baton@db/{named}", target)
    try:
        typed(shop, block)
        assert send(shop.base, event("since")).status_code == 202
        assert running.stop() == 0

        again = Shop(slack, program, postgres.url_of(restored))
        running = again.begin()
        assert press(slack, again.base, 1).status_code == 200
        slack.wait_for(lambda: "Accepted by" in slack.messages("C0EMEA")[0].text)
        assert send(again.base, event("since")).json() == {"received": 1, "duplicates": 0}
        assert len(slack.messages("C0EMEA")) == 1
        assert running.stop() == 0
    finally:
        running.end()
        postgres.drop(restored)
