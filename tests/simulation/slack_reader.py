"""Slack as people read it: what is new since the last look, by what it says."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.playground import Message, Slack

NAME = re.compile(r"L\d{4}")
MENTION = re.compile(r"<@(U\w+)>")
OWNER = re.compile(r"(?:For|Accepted by) <@(U\w+)>")
STEPS = {"Half the time is used": 50, "80 % of the time is used": 80, "Overdue": 100}
NOTICE = {"🔴 Overdue": "breach", "🙋 Nobody of its pool": "nobody", "untouched and nobody else": "reassign"}
JOINED = "🆕"


@dataclass(frozen=True)
class Said:
    """Something Baton said beside a card: where, of which lead, which step."""

    where: str
    lead: str
    step: str
    mentions: frozenset[str] = frozenset()


@dataclass
class Reader:
    """Reads each message once; cards anew whenever they were edited."""

    slack: Slack
    cards: dict[str, Message] = field(default_factory=dict)
    _read: dict[str, int] = field(default_factory=dict)
    _calls: int = 0
    edited: set[str] = field(default_factory=set)

    def news(self) -> Iterator[Message]:
        """Messages since the last look, whispers apart; *edited* are the leads whose cards changed."""
        workspace = self.slack.workspace
        with workspace.lock:
            calls = workspace.calls[self._calls :]
            self._calls += len(calls)
            fresh = []
            for channel, messages in workspace.messages.items():
                fresh += messages[self._read.get(channel, 0) :]
                self._read[channel] = len(messages)
        for message in fresh:
            if _is_card(message):
                (name,) = set(NAME.findall(message.text))
                self.cards[name] = message
            elif message.thread_ts and message.plain().startswith(JOINED):
                at = message.channel, message.thread_ts
                self.cards[NAME.findall(message.plain())[0]] = next(
                    card for card in self.cards.values() if (card.channel, card.ts) == at
                )
        drawn = [(message.channel, message.ts) for message in fresh if _is_card(message)]
        for call in calls:
            if call.method == "chat.update":
                drawn.append((call.arguments["channel"], call.arguments["ts"]))
        self.edited = {name for name, card in self.cards.items() if (card.channel, card.ts) in set(drawn)}
        yield from (message for message in fresh if not _is_card(message))

    def beside(self, lead: str) -> list[str]:
        """The leads that came onto its card, itself among them."""
        return [name for name, card in self.cards.items() if card is self.cards[lead]]

    def owner(self, lead: str) -> str | None:
        """Whom its card names."""
        found = OWNER.search(self.cards[lead].text)
        return found[1] if found else None

    def handoff(self, lead: str) -> str:
        """The number behind its buttons; on a card of several the one of the line with its name."""
        for block in self.cards[lead].blocks:
            line = re.match(r"who-(\d+)$", block.get("block_id", ""))
            if line and lead in str(block["text"]):
                return line[1]
        return next(str(each["value"]) for each in self._elements(lead) if each.get("action_id") == "why")

    def choice(self, lead: str, word: str) -> str:
        """What stands behind *word* in its card's menu."""
        menus = [each["options"] for each in self._elements(lead) if each["type"] == "overflow"]
        values = [str(option["value"]) for options in menus for option in options]
        return next(value for value in values if value.startswith(f"{word}:"))

    def _elements(self, lead: str) -> list[dict[str, Any]]:
        return [each for block in self.cards[lead].blocks for each in block.get("elements", [])]

    def offered(self, person: str) -> list[str]:
        """The numbers of those whom the person's open form asks about; none where it does not ask."""
        view = self.slack.modal(person)
        assert view is not None, f"no form for {person}"
        asked = [block["element"] for block in view["blocks"] if block.get("block_id") == "people"]
        return [str(option["value"]) for element in asked for option in element["options"]]


def _is_card(message: Message) -> bool:
    return message.thread_ts is None and message.channel in ("C0EMEA", "C0AMER", "C0APAC", "C0ALL")


def step_of(message: Message) -> Said | None:
    """What a ⏳ or 🔴 message in a thread or DM says; None for another."""
    text = message.plain()
    names = NAME.findall(text)
    if not text.startswith(("⏳", "🔴 Overdue:")) or "need" in message.text.partition(":")[0]:
        return None
    words = text[2:].partition(":")[0].strip()
    mentions = frozenset(MENTION.findall(str(message.blocks)))
    where = "thread" if message.thread_ts else message.channel
    return Said(where, names[0], f"{STEPS[words]}", mentions)


def notices_of(message: Message) -> tuple[list[tuple[str, str]], int] | None:
    """The leads of a collected DM with what it says of each, and how many more there are; None for another message."""
    if not re.match(r"(One lead needs|\d+ leads need) you", message.text):
        return None
    found, more = [], 0
    for line in message.plain().splitlines():
        if left := re.match(r"… and (\d+) more", line):
            more = int(left[1])
            continue
        kind = next((kind for words, kind in NOTICE.items() if words in line), None)
        if kind is not None:
            found.append((NAME.findall(line)[0], kind))
        if "No decision yet on" in line:
            found.append((NAME.findall(line)[0], "decide"))
            continue
        assert kind is not None or not line.strip(), line
    return found, more
