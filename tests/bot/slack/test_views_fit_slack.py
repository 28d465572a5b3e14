"""Whatever a lead writes: Slack takes every card, note, answer and form, and nothing of it acts."""

import os
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.desk.govern import Shadow
from bot.desk.report import Shown, Told
from bot.slack.views import answers, forms, notes
from bot.slack.views.card import Message, card
from bot.slack.views.digest import digest_card
from scoring.dispositions import REASONS
from scoring.handoff import KINDS, OUTCOMES, Pressed, Touch
from scoring.lead import Activity
from scoring.qualify import Verdict
from scoring.receipt import Part
from scoring.stages import CLOSED
from storage.funnel import WouldBe
from tests import shown as states
from tests.world import MONDAY_9

FRAGMENTS = (
    "<!channel>", "<!here>", "<!everyone>", "<@U0BOB>", "<@U1>", "<#C0ALL>", "<!subteam^S1>",
    "<https://x.example|click>", "https://evil.example/a?b=c&d", "www.evil.example", "mailto:a@b.co",
    "&lt;!channel&gt;", "&amp;lt;", "&", "<", ">", "`code`", "```", "*bold*", "_it_", "~gone~", "*", "_",
    ":smile:", ":+1:", ":スマイル:", ":a:b:", ":wave::skin-tone-2:", "\n", "\r\n", "\n> quoted", "> ",
    "• item", "- item", "1. item", "\n• a\n- b", "\u202e", "\u2066", "\u200b", "\u200f", "\ufeff", "\u2028",
    "\x00", "\x1b[31m", "\ud800", "\udfff", "😀", "👩\u200d👩\u200d👧", "🏴\U000e0067\U000e007f",
    "e\u0301\u0302\u0303", "Z\u0335\u0335\u0335", "עברית", "العربية", "\u3164", "|", "^", "!", "@channel",
    "@here", "\\", '"', "'", "\t", " ", "Ada", "<!date^1^{date}|x>", "{date_short_pretty}", "=HYPERLINK(1)",
    "\U0010ffff", "\ue000",
)  # fmt: skip
TEXT_FACTS = (
    "first_name", "last_name", "title", "company", "industry", "country", "source", "phone", "url",
    "campaign", "message", "timezone", "seniority", "function", "id",
)  # fmt: skip
ANY_CHARACTER = st.characters(exclude_categories=())
HOSTILE = st.builds(
    lambda parts, times: ("".join(parts) * times)[:5_000],
    st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(ANY_CHARACTER, max_size=12)), max_size=12),
    st.sampled_from((1, 1, 1, 40, 600)),
)
HUGE = st.sampled_from((0, 1, -20, 50, 10**15, -(10**40), 10**100))
FACTS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(TEXT_FACTS, HOSTILE),
        "email": st.sampled_from(("ada@engines.example", "_a_*b*@x.example", "a&b~`c`@engines.example")),
        "employees": st.one_of(HUGE, st.booleans()),
        "tech": st.lists(HOSTILE, max_size=3),
        "score*of": HOSTILE,
    },
)
ROW = st.fixed_dictionaries(
    {
        "points": HUGE,
        "label": HOSTILE,
        "side": st.just("fit"),
        "kind": st.just("fit"),
        "level": st.sampled_from((None, "high", "medium", "low", "passive")),
        "occurred": st.sampled_from((None, 0, int(MONDAY_9.timestamp()), 253_402_214_400)),
    }
)
RECEIPTS = st.builds(
    lambda rows, times: tuple(rows * times)[:200], st.lists(ROW, max_size=4), st.sampled_from((1, 1, 60))
)
STAGES = ("mql", "sal", "sql", "opportunity", *sorted(CLOSED))
# Not shrunk: an example is readable as it is, and a failure must not take minutes to say so.
OFTEN = settings(
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


class Case:
    """A state to draw; no dataclass, of which Hypothesis would print pages."""

    def __init__(self, state: Shown) -> None:
        self.state = state

    def __repr__(self) -> str:
        return f"{self.state.handoff!r:.500} … {dict(self.state.facts)!r:.1500}"


@st.composite
def any_state(draw: st.DrawFn) -> Case:
    """A hand-off anywhere in its life, with a lead that says anything."""
    stage = draw(st.sampled_from(STAGES))
    owner = draw(st.sampled_from((None, "U0ANN", "U0MAX")))
    words = draw(HOSTILE)
    at = draw(st.sampled_from((None, MONDAY_9 + timedelta(minutes=3))))
    touch = Touch(
        draw(st.sampled_from(sorted(KINDS))), draw(st.sampled_from(sorted(OUTCOMES))), "U0ANN", MONDAY_9
    )
    changes: dict[str, Any] = {
        "stage": stage, "owner": owner, "tier": f"tier {words}"[:500], "segment": words[:500] or "EMEA",
        "fit": draw(HUGE), "intent": draw(HUGE), "receipt": draw(RECEIPTS), "accepted_at": at,
        "touched_at": at,
        "why": draw(st.sampled_from(("fast_track", "threshold", f"rule: {words[:500]}"))),
        "flag": words or None, "note": words or None, "fit_check": draw(st.booleans()),
        "returning": draw(st.booleans()),
        "clock": draw(st.sampled_from((None, "business", "calendar"))),
        "allowance": draw(st.sampled_from((None, timedelta(seconds=1), timedelta(days=3650)))),
        "due_at": draw(st.sampled_from((None, MONDAY_9))), "ended_at": at,
        "reason": draw(st.sampled_from((None, "nurture", *REASONS))), "touches": (touch,) * draw(st.integers(0, 3)),
        "again_on": draw(st.sampled_from((None, MONDAY_9.date()))),
        "last": draw(st.sampled_from((None, Pressed(2, "accept", "U0ANN", MONDAY_9)))),
    }  # fmt: skip
    changes["history"] = (
        (states.ended(note=words, stage=draw(st.sampled_from(sorted(CLOSED)))),) if at else ()
    )
    definition = states.wordy(f"Our {words}") if draw(st.booleans()) else states.DEFINITION_READ
    return Case(states.shown(draw(FACTS), definition, signed=draw(st.booleans()), **changes))


def notes_about(state: Shown, many: int = 1) -> Iterator[Message]:
    """Everything Baton says beside the card."""
    yield notes.nudge_thread(state, "nudge 50%", list(states.PEOPLE) * many)
    for link in (None, states.LINK):
        yield notes.nudge_owner(state, "nudge 80%", link)
        rows = [Told(step, state) for step in ("breach 100%", "decide", "nudge 50%")] * many
        yield notes.notices(states.several(rows), {1: link} if link else {})
    yield notes.breach_thread(state, "breach 100%", list(states.PEOPLE) * many)
    words = str(state.facts.get("message") or "e")
    did = [
        Activity("e", words[:100], words[:500], 0, 0),
        Activity("e", "demo_request", words[:500], 0, 0),
    ] * many
    yield notes.activity(did, state.definition, words[:500], state.calendar.zone)
    ten = [replace(state, handoff=replace(state.handoff, id=state.handoff.id + n)) for n in range(10)]
    yield digest_card(ten[: max(1, many % 11)])
    yield digest_card(ten)
    samples = ((WouldBe(1, MONDAY_9, 90, words[:500], words[:500]), dict(state.facts)),) * 5
    yield notes.shadow_digest(Shadow(MONDAY_9, 0, 7, 10**9, None, samples))


def questions_about(state: Shown, many: int = 1) -> Iterator[Message]:
    """Every answer to /mql."""
    words = str(state.facts.get("message") or "e")
    yield answers.queue(states.queue([state] * many, [state] * many, {words[:500]: 3}))
    parts = tuple(
        Part("fit", "fit", "f", row["points"], row["label"], None, None, row["occurred"], "e")
        for row in state.handoff.receipt
    )
    verdict = Verdict(False, None, None, False, False, False, "score", (f"It says {words}",) * many, (words,))
    asked = states.explained(
        dict(state.facts), parts=parts, verdict=verdict, definition=state.definition,
        history=(state.handoff, states.ended()) * many,
    )  # fmt: skip
    yield answers.why(asked)
    yield answers.lead(asked)
    ends = {
        "ended": dict.fromkeys(sorted(CLOSED), 10**12),
        "reasons": {**dict.fromkeys(REASONS, 3), words: 1},
    }
    yield answers.funnel(states.figures(state.definition, **ends))


def views_of(state: Shown, many: int = 1) -> Iterator[Any]:
    """Every modal and Home."""
    yield forms.reject_form(state)
    for kind in (None, *KINDS):
        yield forms.touch_form(state, kind)
    yield forms.qualify_form(state)
    yield forms.why_view(state)
    yield answers.home(states.queue([state] * many, [state] * many))
    yield answers.home(None, "You are not in the team file.")


@OFTEN
@given(any_state(), st.sampled_from((1, 1, 1, 90)))
def test_slack_takes_every_message_whatever_a_lead_writes(case: Case, many: int) -> None:
    about = case.state
    for message in (card(about), *notes_about(about, many), *questions_about(about, many)):
        assert states.refused(message) == []
        assert message.text.strip()


@OFTEN
@given(any_state(), st.sampled_from((1, 1, 1, 500)))
def test_slack_opens_every_form_and_home_whatever_a_lead_writes(case: Case, many: int) -> None:
    for view in views_of(case.state, many):
        assert states.refused_view(view) == []


@OFTEN
@given(any_state())
def test_nothing_a_lead_writes_mentions_links_or_formats(case: Case) -> None:
    about = case.state
    for message in (card(about), *notes_about(about), *questions_about(about)):
        assert states.smuggled(message.blocks, message.text) == []
    for view in views_of(about):
        assert states.smuggled(view["blocks"], own_marks="*`") == []


def hostile_text(dice: random.Random) -> str:
    """A text as a prankster fills it into a form."""
    letters = [dice.choice((*FRAGMENTS, chr(dice.randrange(0x110000)))) for _ in range(dice.randrange(1, 12))]
    return "".join(letters) * dice.choice((1, 1, 1, 30))


PRANKS = int(os.environ.get("PRANKS", "3000"))
"""How many cards the long hunt fills; 62,500 are a million texts. The number is its seed, too."""


@pytest.mark.timeout(120 + PRANKS // 10)
@pytest.mark.parametrize("pranks", [300, pytest.param(PRANKS, marks=pytest.mark.slow, id="many")])
def test_pranks_in_every_field_leave_the_cards_as_they_were(pranks: int) -> None:
    dice = random.Random(pranks)
    calm = states.stars(card(states.accepted(dict.fromkeys(TEXT_FACTS, "Ada"))).blocks)
    for _ in range(pranks):
        facts: dict[str, Any] = {name: hostile_text(dice) for name in TEXT_FACTS}
        rows = ({**states.DEMO, "label": hostile_text(dice)}, *states.RECEIPT)
        made = states.accepted(facts, receipt=rows)
        message = card(made)
        assert states.refused(message) == [], facts
        assert states.smuggled(message.blocks, message.text) == [], facts
        assert states.stars(message.blocks) == calm, facts


def test_a_hunt_that_finds_nothing_would_be_worth_nothing() -> None:
    def hunted(text: str, **more: Any) -> list[str]:
        return states.smuggled([{"type": "mrkdwn", "text": text, "verbatim": True, **more}])

    assert hunted("*Ada* <@U0ANN> <!date^1^{date_short_pretty} {time}|Mon 1 Jan 10:00>") == []
    for bad in (
        "<!channel>",
        "<@U1>",
        "<https://x.example|y>",
        "a & b",
        "&lt",
        ":smile:",
        "_a_",
        "~a~",
        "`a`",
    ):
        assert hunted(bad), bad
    for bad in ("\n&gt; quoted", "\u202eevil", "\x07", "- item"):
        assert hunted(bad), bad
    assert hunted("fine", verbatim=False)


@pytest.mark.parametrize("rows", [1, 41, 200])
def test_a_receipt_of_emoji_alone_still_opens(rows: int) -> None:
    state = states.shown(receipt=({**states.DEMO, "label": "😀" * 500},) * rows)

    assert states.refused_view(forms.why_view(state)) == []
    assert states.refused(card(state)) == []


@pytest.mark.parametrize("ask", [answers.queue, answers.home])
def test_five_hundred_waiting_leads_fit_and_are_counted(ask: Callable[..., Any]) -> None:
    waiting = [states.shown({"first_name": '"' * 200, "company": '\\"' * 200})] * 500
    asked = ask(states.queue(waiting, waiting))

    blocks = asked["blocks"] if isinstance(asked, dict) else asked.blocks
    whole = "\n".join(each["text"] for each in states.texts(blocks))
    assert "*Yours* (500)" in whole
    assert "more" in whole
    if isinstance(asked, dict):
        assert states.refused_view(asked) == []
    else:
        assert states.refused(asked) == []


def test_ten_leads_with_long_and_quoted_names_fit_one_digest() -> None:
    facts = {**states.ADA, **dict.fromkeys(("first_name", "title", "company"), '"\\' * 100)}
    last = Pressed(2, "accept", "U0ANN", MONDAY_9)

    for made in (states.shown, states.accepted):
        assert states.refused(digest_card([made(facts, id=n, last=last) for n in range(1, 11)])) == []


def test_a_call_to_five_hundred_people_ends_in_a_whole_mention() -> None:
    message = notes.nudge_thread(states.shown(), "everyone 50%", list(states.PEOPLE) * 90)

    assert states.refused(message) == []
    assert states.smuggled(message.blocks, message.text) == []


def test_a_lead_of_which_nothing_is_known_has_a_card() -> None:
    nobody = replace(states.shown({}), email=None)

    assert "*Somebody without a name*" in card(nobody).blocks[0]["text"]["text"]
    assert states.refused(card(nobody)) == []


def test_a_name_of_characters_nobody_sees_gives_way_to_the_address() -> None:
    ghost = states.shown({"first_name": "\u200b", "last_name": "\u3164", "email": "ada@engines.example"})

    assert "*ada@engines.example*" in card(ghost).blocks[0]["text"]["text"]
