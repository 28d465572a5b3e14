"""Whatever a lead writes: Slack takes every card, note, answer and form, and nothing of it acts."""

import os
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.desk import by_hand, listing, merge, typing_in
from bot.desk.customers import Request
from bot.desk.govern import Shadow
from bot.desk.report import Shown, Told
from bot.desk.steps import SPOKEN, Step
from bot.desk.waking import MOST_TOLD, Reminder
from bot.slack.views import answers, by_hand_forms, deal_forms, deal_notes, forms, home, notes, upkeep
from bot.slack.views.bundle import bundle_card
from bot.slack.views.card import Message, card
from bot.slack.views.digest import digest_card
from scoring.asked import Compared
from scoring.dispositions import REASONS
from scoring.handoff import KINDS, OUTCOMES, Pressed, Touch
from scoring.lead import Activity
from scoring.next_tier import Missing
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
ROOM_FOR_SWITCHES = 4
"""Blocks of Home that are kept free for its reader's own switches."""
LATER_STEPS = (
    "breach 100%", "decide", "nudge 50%", "ae_accept all", "opportunity all", "close_date weekly", "sent_back 7",
)  # fmt: skip
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
        "why": draw(st.sampled_from(("fast_track", "threshold", "spot_check", f"rule: {words[:500]}"))),
        "flag": words or None, "note": words or None, "fit_check": draw(st.booleans()),
        "returning": draw(st.booleans()),

        "clock": draw(st.sampled_from((None, "business", "calendar"))),
        "allowance": draw(st.sampled_from((None, timedelta(seconds=1), timedelta(days=3650)))),
        "due_at": draw(st.sampled_from((None, MONDAY_9))), "ended_at": at,
        "reason": draw(st.sampled_from((None, "nurture", *REASONS))), "touches": (touch,) * draw(st.integers(0, 3)),
        "origin": draw(st.sampled_from(("scored", "by_hand", "spot_check"))), "given_by": "U0MIA", "given_why": words,
        "again_on": draw(st.sampled_from((None, MONDAY_9.date()))),
        "last": draw(st.sampled_from((None, Pressed(2, "accept", "U0ANN", MONDAY_9)))),
        "sdr": draw(st.sampled_from((None, "U0ANN"))), "ae": draw(st.sampled_from((None, "U0MAX", "U0SUE"))),
        "ae_accepted_at": draw(st.sampled_from((None, MONDAY_9))),
        "bant": draw(st.sampled_from((None, {"need": "yes"}, {"budget": words[:500], "need": "can_get"}))),
        "amount": draw(st.sampled_from((None, 1, 10**15))), "currency": draw(st.sampled_from((None, "EUR"))),
        "close_on": draw(st.sampled_from((None, MONDAY_9.date()))),
    }  # fmt: skip
    changes["history"] = (
        (states.ended(note=words, stage=draw(st.sampled_from(sorted(CLOSED)))),) if at else ()
    )
    definition = states.wordy(f"Our {words}") if draw(st.booleans()) else states.DEFINITION_READ
    return Case(states.shown(draw(FACTS), definition, signed=draw(st.booleans()), **changes))


def notes_about(state: Shown, many: int = 1) -> Iterator[Message]:
    """Everything Baton says beside the card."""
    yield notes.nudge_thread(state, "nudge 50%", list(states.PEOPLE) * many)
    words = str(state.facts.get("message") or "e")
    yield notes.typed(state, "U0ANN", [words[:80] or "e"] * many)
    known = states.explained(dict(state.facts)).known
    for demo in (True, False):
        yield notes.customer(Request(known, demo, words[:500]))
    for link in (None, states.LINK):
        yield notes.nudge_owner(state, "nudge 80%", link)
        rows = [Told(step, state) for step in LATER_STEPS] * many
        yield notes.notices(states.several(rows), {1: link} if link else {})
    for worth in (states.WORTH, replace(states.WORTH, deal_value=9_000, currency="EUR")):
        yield notes.opening_list(states.several([state] * many), {1: states.LINK}, worth)
    words = str(state.facts.get("message") or "e")
    readers = list(states.PEOPLE) * many
    yield notes.breach_thread(state, notes.Broken("breach 100%", readers, state.handoff.owner, "nobody"))
    for to in (None, "U0BOB"):
        yield notes.handed(
            state, notes.Handed(to, "U0ANN", "reassigned", "U0MAX", words[:2_000], words), MONDAY_9
        )
    did = [
        Activity("e", words[:100], words[:500], 0, 0),
        Activity("e", "demo_request", words[:500], 0, 0),
    ] * many
    yield notes.activity(state, did, words[:500])
    yield notes.activity(state, [], words[:500] or "e")
    for reader, link in (("U0ANN", states.LINK), ("U0MAX", None)):
        yield notes.wake(Reminder(state, tuple(did[:MOST_TOLD]), many), reader, link)
    ten = [replace(state, handoff=replace(state.handoff, id=state.handoff.id + n)) for n in range(10)]
    for some in (ten[: max(1, many % 11)], ten, ten[:3]):
        yield digest_card(some)
        yield bundle_card(some)
    for call in (True, False):
        yield notes.joined(state, call=call)
    for word in (*SPOKEN, "undo", "reopen", "assign"):
        taken = Step(word, "U0ANN", "U0MAX", words, (10**15, "EUR", "2026-12-18"), "qualify")
        yield deal_notes.step(state, taken, call=bool(many % 2))
    for link in (None, states.LINK):
        yield deal_notes.to_ae(state, link)
        yield deal_notes.close_date(state, link)
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
        history=(state.handoff, states.ended()) * many, to_threshold=3, links={1: states.LINK},
        standing=state.definition.tiers[-1], next_tier=Missing(state.definition.tiers[0], 7),
        worth=replace(states.WORTH, deal_value=10**15, currency="EUR"),
    )  # fmt: skip
    yield answers.why(asked)
    yield answers.lead(asked, "U0MAX")
    ends = {
        "ended": dict.fromkeys(sorted(CLOSED), 10**12),
        "reasons": {**dict.fromkeys(REASONS, 3), words: 1},
    }
    yield answers.funnel(states.figures(state.definition, **ends))


def upkeep_about(state: Shown, many: int = 1) -> Iterator[Message]:
    """The answers about the suppression list and a merge."""
    words = str(state.facts.get("message") or "e")
    row = listing.Listed(
        1, "address", words[:300], words[:40], None, MONDAY_9, MONDAY_9, "U0MIA", words[:2_000]
    )
    yield upkeep.suppression(listing.Page((row,) * min(many, listing.PAGE), 1, many, state.team, MONDAY_9))
    side = merge.Side(1, words[:300], words[:300])
    yield upkeep.merging(merge.Merging(side, side, state.handoff, state.handoff, many))
    yield upkeep.listed(listing.Changed("domain", words[:300] or "e", "customer", MONDAY_9.date(), many))
    yield upkeep.lifted(listing.Changed("domain", words[:300] or "e", rows=many))


def views_of(state: Shown, many: int = 1) -> Iterator[Any]:
    """Every modal and Home."""
    yield forms.reject_form([state])
    for kind in (None, *KINDS):
        yield forms.touch_form([state], kind)
    yield forms.qualify_form([state])
    ten = numbered(state, 10)
    yield forms.reject_form(ten, 3)
    yield forms.touch_form(ten, None, 3)
    yield forms.qualify_form(ten)
    yield forms.why_view(ten)
    yield forms.reassign_form(state, [(f"U{n}", "Ann & Bob " * 30) for n in range(120)])
    yield forms.snooze_form(state)
    for form in (
        deal_forms.opportunity_form, deal_forms.lost_form, deal_forms.send_back_form, deal_forms.reopen_form,
    ):  # fmt: skip
        yield form(state)
    yield forms.why_view([state])
    words = str(state.facts.get("message") or "e")[:200]
    pools = {"me": "Me", **{f"segment {n}": words for n in range(min(many, by_hand.MOST_POOLS))}}
    yield by_hand_forms.handoff_form(by_hand.Choices(pools, "me", words, 1))
    yield by_hand_forms.add_form(by_hand.Choices(pools), words, words * 50)
    names = tuple(f"{n} {words}"[:80] for n in range(typing_in.MOST_ASKED))
    rules = {name: Compared(name, "list", (words, True, 10**15) * 12) for name in names}
    yield by_hand_forms.facts_form(typing_in.Wanted(1, words, names, rules))
    yield forms.explained_view(answers.why(states.explained(dict(state.facts))))
    leads = numbered(state, many)
    for reader in ("U0ANN", "U0MAX"):
        yield home.home(states.home(leads, reader=reader))
    yield home.home(
        states.home(leads, everything=True, number=2 if many > 40 else 1), f"Refused. {'x' * 3_000}"
    )
    yield home.closed("You are not in the team file.")


def numbered(state: Shown, many: int) -> list[Shown]:
    """The same hand-off again and again, under ids of their own."""
    return [replace(state, handoff=replace(state.handoff, id=n)) for n in range(1, many + 1)]


@OFTEN
@given(any_state(), st.sampled_from((1, 1, 1, 90)))
def test_slack_takes_every_message_whatever_a_lead_writes(case: Case, many: int) -> None:
    about = case.state
    asked = (*questions_about(about, many), *upkeep_about(about, many))
    for message in (card(about), *notes_about(about, many), *asked):
        assert states.refused(message) == [], message.text[:80]
        assert message.text.strip()


@OFTEN
@given(any_state(), st.sampled_from((1, 1, 1, 500)))
def test_slack_opens_every_form_and_home_whatever_a_lead_writes(case: Case, many: int) -> None:
    for view in views_of(case.state, many):
        assert states.refused_view(view) == []


@pytest.mark.slow
@OFTEN
@given(any_state())
def test_nothing_a_lead_writes_mentions_links_or_formats(case: Case) -> None:
    about = case.state
    for message in (card(about), *notes_about(about), *questions_about(about)):
        assert states.smuggled(message.blocks, message.text) == []
    for message in upkeep_about(about):
        assert states.smuggled(message.blocks, message.text, own_marks="*`") == []
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

    assert states.refused_view(forms.why_view([state])) == []
    assert states.refused(card(state)) == []


def test_five_hundred_waiting_leads_fit_an_answer_and_are_counted() -> None:
    waiting = [states.shown({"first_name": '"' * 200, "company": '\\"' * 200})] * 500
    asked = answers.queue(states.queue(waiting, waiting))

    whole = "\n".join(each["text"] for each in states.texts(asked.blocks))
    assert "*Yours* (500)" in whole
    assert "more" in whole
    assert states.refused(asked) == []


@pytest.mark.parametrize("stage", ["mql", "sal", "sql", "opportunity"])
def test_home_of_somebody_who_has_everything_fits_a_hundred_blocks(stage: str) -> None:
    facts = {"first_name": '"' * 200, "company": '\\"' * 200}
    leads = numbered(states.accepted(facts, stage=stage, last=Pressed(2, "accept", "U0ANN", MONDAY_9)), 500)
    drawn = home.home(states.home(leads, everything=True, number=2), "You may not do that. " * 200)

    assert states.refused_view(drawn) == []
    assert 60 < len(drawn["blocks"]) <= 100 - ROOM_FOR_SWITCHES
    whole = "\n".join(each["text"] for each in states.texts(drawn["blocks"]))
    assert "*My open hand-offs* (500) · page 2 of 72" in whole


def test_ten_leads_with_long_and_quoted_names_fit_one_digest() -> None:
    facts = {**states.ADA, **dict.fromkeys(("first_name", "title", "company"), '"\\' * 100)}
    last = Pressed(2, "accept", "U0ANN", MONDAY_9)

    for made in (states.shown, states.accepted):
        assert states.refused(digest_card([made(facts, id=n, last=last) for n in range(1, 11)])) == []
    for deal in (
        {"stage": "sql", "ae": "U0MAX"},
        {"stage": "sql", "ae": "U0ANN", "ae_accepted_at": MONDAY_9},
        {"stage": "opportunity", "amount": 10**15, "currency": "EUR", "close_on": MONDAY_9.date()},
    ):
        on_it = [states.accepted(facts, id=n, last=last, **deal) for n in range(1, 11)]
        assert states.refused(digest_card(on_it)) == []


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
