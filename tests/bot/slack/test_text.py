"""Words for Slack: harmless, whole, and cut where nothing breaks."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.views.text import allowance, clean, cut, escaped, mention, plain, points, safe, span, when
from tests.world import MONDAY_9

ANYTHING = st.text(st.characters(exclude_categories=()), max_size=300)
ESCAPES = st.lists(st.sampled_from(("&", "<", ">", "a", "é", " ", "&lt;", "😀")), max_size=80).map("".join)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<!channel>", "&lt;!channel&gt;"),
        ("&lt;!here&gt;", "&amp;lt;!here&amp;gt;"),
        ("*bold* _it_ ~no~ `x`", "∗bold∗ ＿it＿ ∼no∼ ˋxˋ"),
        (":smile: :+1:", "∶smile: ∶+1:"),
        (":a:b:", "∶a∶b:"),
        (":スマイル:", "∶スマイル:"),
        ("at 10:12 in Rome", "at 10:12 in Rome"),
        ("ends in :smile", "ends in ∶smile"),
        ("https://x.example", "https://x.example"),
        ("Ada\n> Lovelace\r\n• x", "Ada &gt; Lovelace • x"),
        ("\u202eevil\u2069", "evil"),
        ("A\u200bd\ufeffa\u00ad", "Ada"),
        ("a\x00b\x1b[0m\x7f", "ab[0m"),
        ("\ud800Ada\udfff", "Ada"),
        ("\u3164", ""),
        ("👩\u200d👧 e\u0301", "👩\u200d👧 e\u0301"),
        ("  much   space ", "much space"),
    ],
)
def test_what_a_lead_writes_is_read_as_it_stands_and_does_nothing(written: str, read: str) -> None:
    assert safe(written) == read


@given(ANYTHING, st.integers(1, 60))
def test_a_safe_text_is_never_longer_than_asked_and_never_half_an_escape(written: str, most: int) -> None:
    made = safe(written, most)

    assert len(made) <= most
    assert "&" not in re.sub(r"&(?:amp|lt|gt);", "", made)
    assert not set(made) & set("<>*_~`\n")


@given(ESCAPES, st.integers(1, 40))
def test_cutting_keeps_whole_escapes_and_the_beginning(written: str, most: int) -> None:
    whole = escaped(written)
    made = cut(whole, most)

    assert len(made) <= most
    assert made == whole or (made.endswith("…") and whole.startswith(made[:-1]))
    assert "&" not in re.sub(r"&(?:amp|lt|gt);", "", made)


@given(st.integers(1, 400))
def test_cutting_never_leaves_half_a_mention_or_half_a_date(most: int) -> None:
    line = " ".join([mention("U0ANN"), when(MONDAY_9, ZoneInfo("Europe/London"))] * 5)

    assert re.sub(r"<[^<>]+>", "", cut(line, most)).count("<") == 0


@given(ANYTHING)
def test_cleaning_twice_changes_nothing_more(written: str) -> None:
    assert clean(clean(written)) == clean(written)


@given(ANYTHING, st.integers(1, 50))
def test_a_plain_text_is_never_longer_than_asked_and_can_be_sent(written: str, most: int) -> None:
    made = plain(written, most)

    assert len(made) <= most
    made.encode()


def test_a_moment_is_shown_in_the_readers_zone_and_named_for_those_who_cannot() -> None:
    at = datetime(2026, 11, 24, 9, 17, tzinfo=UTC)

    assert when(at, ZoneInfo("Europe/Berlin")) == (
        "<!date^1795511820^{date_short_pretty} {time}|Tue 24 Nov 10:17>"
    )


@pytest.mark.parametrize(
    ("length", "clock", "words"),
    [
        (timedelta(minutes=5), "business", "5 working minutes"),
        (timedelta(minutes=1), "calendar", "1 minute"),
        (timedelta(hours=24), "calendar", "24 hours"),
        (timedelta(hours=1), "business", "1 working hour"),
        (timedelta(seconds=90), "business", "90 working seconds"),
    ],
)
def test_a_promise_is_named_as_it_was_made(length: timedelta, clock: str, words: str) -> None:
    assert allowance(length, clock) == words


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=59), "under a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(hours=2, minutes=5), "2 hours 5 minutes"),
        (timedelta(days=1, hours=3, minutes=20), "1 day 3 hours"),
    ],
)
def test_how_fast_somebody_was_is_said_in_two_units_at_most(length: timedelta, words: str) -> None:
    assert span(length) == words


def test_points_carry_their_sign() -> None:
    assert [points(50), points(0), points(-5)] == ["+50", "+0", "−5"]
