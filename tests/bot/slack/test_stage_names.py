"""A company calls its stages, and the button that takes a lead, as its definition says: in everything Baton says."""

import re
from collections.abc import Callable
from datetime import timedelta

from bot.desk.govern import Shadow
from bot.slack.views import notes
from scoring.stages import one
from tests.bot.desk.deals import TEAM_WITH_AES
from tests.bot.slack.test_home import read, reads_anew, words_of
from tests.world import ADA, DEFINITION, MONDAY_9, World

OWN_NAMES = "stages: {sal: false, labels: {mql: Hot lead, sql: Buyer, opportunity: Talks, won: Signed}}\n"
OURS = re.compile(r"\b(?:MQLs?|SALs?|SQLs?)\b")
ACCEPT = re.compile(
    r"(?i)\bpress(?:es)? accept\b|\[Accept\]|^Accept$|“Accept”|Accept this lead", re.MULTILINE
)


def everything_said(world: World) -> list[str]:
    """Whatever Baton sent to Slack: calls, answers to commands, and the forms that stand open."""
    found = [str(call.arguments) for call in world.slack.calls]
    for person in ("U0ANN", "U0SUE", "U0MAX"):
        found += world.slack.whispers(person)
    return found


def test_nobody_reads_another_name_for_a_stage_than_their_own(
    worlds: Callable[..., World], sqlite_url: str
) -> None:
    world = worlds(sqlite_url, team=TEAM_WITH_AES, definition=DEFINITION + OWN_NAMES)
    world.send(world.event("demo_request"), world.event("ebook", ADA | {"email": "bea@other.example"}))
    assert "Hot lead at 50" in world.card().plain()
    world.pass_time(timedelta(minutes=30))
    assert "press Claim to take it" in world.slack.thread("C0EMEA", world.card().ts)[0].plain()
    answers = [
        world.ask("U0MAX", f"{word} {email}")
        for word in ("why", "lead")
        for email in ("ada@engines.example", "bea@other.example")
    ]
    assert "It is no Hot lead now." in "".join(answers)
    assert "more points make it a Hot lead" in "".join(answers)
    assert "presses Claim on its card" in answers[2]
    assert "becomes a Buyer" in read(world, "U0ANN")
    assert "No Buyer waits for you." in read(world, "U0SUE")
    world.ask("U0ANN", "queue")
    world.press("U0ANN", "accept")
    world.press("U0ANN", "touch")
    world.submit("U0ANN", kind="call", outcome="reached")
    world.press("U0ANN", "why")
    world.press("U0ANN", "qualify")
    bant = dict.fromkeys(("budget", "authority", "need", "timeline"), "yes")
    assert world.submit("U0ANN", **bant, ae="U0SUE").errors == {}
    assert "A Buyer for you:" in world.slack.dms("U0SUE")[-1].plain()
    before = words_of(world, "U0ANN")
    world.slack.open_home("U0ANN")
    assert "Buyer 1 · first touches" in reads_anew(world, "U0ANN", before)
    world.press("U0SUE", "send_back", channel="C0EMEA")
    world.slack.close("U0SUE")
    world.press("U0SUE", "ae_accept", channel="C0EMEA")
    assert "has accepted this Buyer" in world.slack.thread("C0EMEA", world.card().ts)[-1].plain()
    world.ask("U0MAX", "funnel")

    said = everything_said(world)
    assert len(said) > 20
    assert [text for text in said if OURS.search(text) or ACCEPT.search(text)] == []


def test_a_name_has_the_article_that_is_said_with_it() -> None:
    assert [one(stage, {}) for stage in ("mql", "sql", "opportunity", "won")] == [
        "an MQL", "an SQL", "an Opportunity", "a Won",
    ]  # fmt: skip
    own: dict[str, str] = {"mql": "Hot lead", "sal": "UAL", "sql": "introduction", "won": "ROI"}
    assert [one(stage, own) for stage in own] == ["a Hot lead", "a UAL", "an introduction", "an ROI"]


def test_a_shadow_start_speaks_of_what_a_company_calls_its_leads() -> None:
    digest = notes.shadow_digest(Shadow(MONDAY_9, 50, 10, 30, 40, (), labels={"mql": "Hot lead"}))
    assert "10 would have become Hot leads" in str(digest.blocks)
    assert "MQL" not in str(digest)
