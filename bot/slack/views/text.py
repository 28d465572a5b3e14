"""Words for Slack. What a lead wrote is data: no mention, link, formatting or trick of direction survives."""

import re
import unicodedata
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

SECTION = 3_000
"""Most characters of a section's text. Source: Slack, "Sizes"."""
FALLBACK = 4_000
"""Longer fallback texts are split into several messages by Slack."""

_LOOKALIKES = str.maketrans({"*": "∗", "_": "＿", "~": "∼", "`": "ˋ"})
# A workspace's own emoji may be named in any script; a colon of ours may follow the text.
_EMOJI_CODE = re.compile(r":(?=[\w+'\-＿]+(?::|$))")
_SPACE = re.compile(r"\s+")
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_PIECE = re.compile(r"&(?:amp|lt|gt);|<[^<>]*>|.", re.DOTALL)

BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of what follows. Source: Unicode Standard Annex #9."""
INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and marks that are drawn as nothing: a name of these alone would be an empty one."""
SHOWN_FORMATS = frozenset("\u200d\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f")
"""The format characters that are kept: the joiner inside emoji and scripts, and the Arabic number signs."""


def clean(value: object) -> str:
    """One line without control, bidi, invisible or unpaired characters; white space folded."""
    kept = "".join(
        " " if ch in "\n\r\t\x0b\x0c\x85\u2028\u2029" else ch
        for ch in str(value)
        if ch in "\n\r\t\x0b\x0c\x85\u2028\u2029" or not _unwanted(ch)
    )
    return _SPACE.sub(" ", kept).strip()


def _unwanted(ch: str) -> bool:
    if ch in BIDI or ch in INVISIBLE:
        return True
    return unicodedata.category(ch) in ("Cc", "Cf", "Cs", "Co", "Cn") and ch not in SHOWN_FORMATS


def escaped(value: str) -> str:
    """The three characters that Slack reads as its own, as entities."""
    return value.translate(_ENTITIES)


def safe(value: object, most: int = 200) -> str:
    """A lead's text for mrkdwn (with `verbatim: true`), at most *most* characters once escaped."""
    text = _EMOJI_CODE.sub("∶", clean(value).translate(_LOOKALIKES))
    if text.startswith(">"):  # at the beginning of a line of ours it would quote the line
        text = "＞" + text[1:]
    return cut(escaped(text), most)


def address(value: object, most: int = 200) -> str:
    """An address to be copied: as code where look-alikes would make it another one (`node_modules@engines.example`)."""
    text = clean(value)
    if text.translate(_LOOKALIKES) == text or "`" in text or " " in text:
        return safe(value, most)
    return f"`{cut(escaped(text), most - 2)}`"


def plain(value: object, most: int = 200) -> str:
    """A lead's text for a `plain_text` object: nothing is interpreted there, `& < >` stay as they are."""
    text = clean(value)
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def literal(value: object, most: int = 200) -> str:
    """Anybody's text for a `plain_text` object, of which Slack reads the entities alone."""
    return cut(escaped(clean(value)), most)


def cut(text: str, most: int) -> str:
    """At most *most* characters, never through an entity, a mention or a date; then an ellipsis follows."""
    if len(text) <= most:
        return text
    kept: list[str] = []
    room = most - 1
    for piece in _PIECE.findall(text):
        if len(piece) > room:
            break
        kept.append(piece)
        room -= len(piece)
    return "".join(kept).rstrip() + "…"


def when(at: datetime, zone: ZoneInfo) -> str:
    """A moment in each reader's own zone; *zone* is for clients that cannot show it."""
    local = at.astimezone(zone)
    written = f"{local:%a} {local.day} {local:%b %H:%M}"
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{written}>"


def clock_time(at: datetime, zone: ZoneInfo) -> str:
    """09:17, in *zone*."""
    return f"{at.astimezone(zone):%H:%M}"


def span(length: timedelta) -> str:
    """A length in words: "5 minutes", "2 hours", "1 day 3 hours"; the two largest units."""
    left = int(length.total_seconds())
    words = []
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        count, left = divmod(left, size)
        if count:
            words.append(f"{count} {name}{'' if count == 1 else 's'}")
    return " ".join(words[:2]) if words else "under a minute"


def allowance(length: timedelta, clock: str) -> str:
    """A promise in words: "5 working minutes" or "24 hours"."""
    seconds = int(length.total_seconds())
    for size, name in ((3_600, "hour"), (60, "minute"), (1, "second")):
        if seconds % size == 0:
            count = seconds // size
            working = "working " if clock == "business" else ""
            return f"{count} {working}{name}{'' if count == 1 else 's'}"
    return span(length)


def points(value: int) -> str:
    """+50 or −5, with a real minus sign."""
    return f"+{value}" if value >= 0 else f"−{-value}"


def mention(user: str) -> str:
    """A person, as Slack links them."""
    return f"<@{user}>"
