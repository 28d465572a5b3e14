"""`baton export`, `erase` and `audit verify`, typed as people type them, beside a running serve too."""

import json
import sqlite3

import pytest

from bot.playground import Slack
from tests import postgres
from tests.program import Program
from tests.shop import Shop
from tests.world import DEFINITION, TEAM

CSV = """email,first_name,title,company,employees,industry,country,signal,occurred_at
ada@engines.example,Ada,VP Marketing,Engines,120,software,GB,demo_request,2026-10-01
tim@reader.example,Tim,Student,,,,,ebook,2026-10-01
"""
SECRET = {"BATON_SECRET": "a secret of the tests"}


@pytest.fixture
def known(program: Program) -> Program:
    """Two leads are known."""
    (program.folder / "definition.yaml").write_text(DEFINITION, "utf-8")
    (program.folder / "team.yaml").write_text(TEAM, "utf-8")
    (program.folder / "leads.csv").write_text(CSV, "utf-8")
    done = program.call("import", "leads.csv", **SECRET)
    assert done.returncode == 0, done.stderr
    return program


def test_everything_about_a_person_is_printed_as_json(known: Program) -> None:
    readable, line = (
        known.call("export", "ADA@engines.example"),
        known.call("export", "ada@engines.example", "--json"),
    )

    assert readable.returncode == line.returncode == 0
    assert json.loads(readable.stdout) == json.loads(line.stdout)
    assert len(line.stdout.splitlines()) == 1 < len(readable.stdout.splitlines())
    assert json.loads(line.stdout)["facts"]["first_name"]["value"] == "Ada"
    assert "Tim" not in readable.stdout


@pytest.mark.parametrize("words", [["export"], ["erase", "--yes"]])
def test_of_somebody_unknown_a_sentence_says_so(known: Program, words: list[str]) -> None:
    failed = known.call(*words, "zoe@x.example", **SECRET)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "Nobody called zoe@x.example has been heard of" in failed.stderr


def test_an_erasure_is_asked_about_unless_told_otherwise(known: Program) -> None:
    unanswered = known.run("erase", "ada@engines.example", **SECRET)
    assert unanswered.returncode == 1
    assert "Erase ada@engines.example?" in unanswered.stderr
    assert known.call("export", "ada@engines.example").returncode == 0, "nothing was erased"

    done = known.call("erase", "ada@engines.example", "--yes", **SECRET)
    assert done.returncode == 0, done.stderr
    assert "Erased lead 1: 2 activities" in done.stdout
    assert known.call("export", "ada@engines.example").returncode == 1
    assert known.call("export", "tim@reader.example").returncode == 0


def test_the_same_file_again_does_not_bring_them_back(known: Program) -> None:
    known.call("erase", "ada@engines.example", "--yes", **SECRET)

    again = known.call("import", "leads.csv", "--json", **SECRET)
    assert json.loads(again.stdout)["added"] == 0
    refused = known.call("import", "leads.csv")
    assert refused.returncode == 1
    assert "without BATON_SECRET nobody can tell" in refused.stderr
    assert known.call("export", "ada@engines.example").returncode == 1


def test_without_the_secret_nothing_is_erased(known: Program) -> None:
    failed = known.call("erase", "ada@engines.example", "--yes")
    assert failed.returncode == 1
    assert "BATON_SECRET is not set" in failed.stderr
    assert known.call("export", "ada@engines.example").returncode == 0


@pytest.mark.slow
def test_while_serve_runs_reading_works_beside_it_and_erasing_waits_for_it_to_stop(
    program: Program, slack: Slack, sqlite_url: str
) -> None:
    shop = Shop(slack, program, sqlite_url)
    shop.write()
    running = shop.begin()
    lead = shop.send()
    shop.card_of(lead)

    read = {"DATABASE_URL": sqlite_url, **SECRET}
    exported = program.run("export", lead["email"], "--json", **read)
    assert json.loads(exported.stdout)["handoffs"][0]["card"]["ts"]
    assert program.run("audit", "verify", **read).returncode == 0
    refused = program.run("erase", lead["email"], "--yes", **read)
    assert refused.returncode == 1
    assert "Stop serve first" in refused.stderr

    assert running.stop() == 0
    done = program.run("erase", lead["email"], "--yes", **read)
    assert done.returncode == 0, done.stderr
    assert "baton serve does so when you start it" in done.stdout
    assert lead["company"] in slack.messages("C0EMEA")[-1].plain()
    shop.begin()
    slack.wait_for(lambda: "erased on request" in slack.messages("C0EMEA")[-1].plain(), timeout=15)
    assert lead["company"] not in slack.messages("C0EMEA")[-1].plain()


@pytest.mark.slow
def test_on_postgresql_an_erasure_works_beside_a_running_serve(program: Program, slack: Slack) -> None:
    postgres.needed()
    name = postgres.fresh()
    try:
        shop = Shop(slack, program, postgres.url_of(name))
        shop.write()
        running = shop.begin()
        lead = shop.send()
        shop.card_of(lead)

        done = program.run("erase", lead["email"], "--yes", **{"DATABASE_URL": shop.database_url, **SECRET})

        assert done.returncode == 0, done.stderr
        slack.wait_for(lambda: "erased on request" in slack.messages("C0EMEA")[-1].plain(), timeout=15)
        assert running.stop() == 0
    finally:
        program.end()
        postgres.drop(name)


# -- audit verify --------------------------------------------------------------------------------------


@pytest.fixture
def sold(known: Program) -> Program:
    """One hand-off."""
    (known.folder / "news.csv").write_text(CSV.replace("2026-10-01", ""), "utf-8")
    done = known.call("import", "news.csv", "--live", **SECRET)
    assert done.returncode == 0, done.stderr
    return known


def test_an_audit_that_finds_nothing_exits_0_and_one_that_does_exits_1(sold: Program) -> None:
    good = sold.call("audit", "verify", **SECRET)
    assert good.returncode == 0, good.stdout
    assert "1 hand-offs with 1 lines of log and 0 anchors looked at: nothing was changed." in good.stdout

    with sqlite3.connect(sold.folder / "baton.db") as file:
        file.execute("UPDATE transition SET source = 'other'")
    file.close()
    bad = sold.call("audit", "verify", **SECRET)
    assert bad.returncode == 1
    assert "Hand-off 1, line 1 is not as it was written. Compare it with a backup." in bad.stdout
    told = json.loads(sold.call("audit", "verify", "--json", **SECRET).stdout)
    assert (told["ok"], told["found"], told["findings"][0]["handoff"], told["findings"][0]["line"]) == (
        False,
        1,
        1,
        1,
    )


def test_without_the_secret_the_audit_says_what_it_could_not_check(sold: Program) -> None:
    done = sold.call("audit", "verify")
    assert done.returncode == 0
    assert "that needs BATON_SECRET" in done.stdout


def test_a_digest_that_was_kept_and_is_gone_is_told(sold: Program) -> None:
    done = sold.call("audit", "verify", "--kept", "0" * 64, **SECRET)
    assert done.returncode == 1
    assert "is not there any more" in done.stdout


def test_an_audit_without_a_database_is_told_how_to_get_one(program: Program) -> None:
    done = program.call("audit", "verify")
    assert done.returncode == 1
    assert "Run baton serve or baton import first." in done.stderr
