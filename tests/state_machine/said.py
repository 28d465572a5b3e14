"""What stands in Slack, and whether it may."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bot.playground import Message, Slack
from storage.tables import OutboxRow
from tests.state_machine.expected import State

SPOKEN_OF = {
    "mql": "Accept",
    "sal": "Qualify",
    "sql": "SQL",
    "recycled": "Recycled",
    "disqualified": "Disqualified",
}


def everything(slack: Slack) -> list[Message]:
    """Every message of the app, threads and direct messages included."""
    kept = slack.workspace.messages
    return [one for channel in sorted(kept) for one in slack.workspace.copies(list(kept[channel]))]


def send_of(message: Message) -> int:
    """The outbox row that a message carries, 0 for none."""
    return int(((message.metadata or {}).get("event_payload") or {}).get("send") or 0)


def is_card(message: Message) -> bool:
    """A card, or a digest of several."""
    return (message.metadata or {}).get("event_type") == "baton_card"


@dataclass
class Ear:
    """Hears each message once, and judges nudges by what was so when they came."""

    slack: Slack
    _heard: set[tuple[str, str]] = field(default_factory=set)

    def new(self) -> list[Message]:
        """What was posted since the last time."""
        fresh = [one for one in everything(self.slack) if (one.channel, one.ts) not in self._heard]
        self._heard |= {(one.channel, one.ts) for one in fresh}
        return fresh


def needless(letter: OutboxRow, *known: State) -> str | None:
    """Why a nudge should not have been sent, whichever of the *known* states it met; None where it was due."""
    if letter.body.get("view") not in ("nudge", "breach"):
        return None
    why = [_needless(letter, state) for state in known]
    return why[0] if all(why) else None


def _needless(letter: OutboxRow, state: State) -> str | None:
    if not state.open or state.stage == "sql":
        return "it is over"
    if state.touches:
        return "it was touched"
    if letter.kind == "note" and letter.body["view"] == "nudge" and state.owner is not None:
        return "it was accepted"
    return None


def twice(messages: list[Message], letters: Mapping[int, OutboxRow]) -> list[str]:
    """What was said twice: the same letter, or the same step of the same hand-off to the same reader."""
    sends = Counter((one.channel, send_of(one)) for one in messages if send_of(one))
    steps = Counter(
        (row.handoff_id, row.kind, row.body["view"], row.body["step"], row.body.get("reader"))
        for row in (letters[send_of(one)] for one in messages if send_of(one) in letters)
        if "step" in row.body
    )
    return [
        f"{what} {times} times" for counted in (sends, steps) for what, times in counted.items() if times > 1
    ]


def shows(message: Message, handoff: int, name: str, state: State) -> bool:
    """Whether the card (or the digest) says how the hand-off stands."""
    mine = _about(message, handoff, name)
    words = json.dumps(mine, ensure_ascii=False)
    if state.owner is not None and f"<@{state.owner}>" not in words:
        return False
    actions = {each["action_id"] for each in buttons(mine) if each.get("value") == str(handoff)}
    if state.stage == "mql":
        return {"accept", "reject"} <= actions
    if state.stage == "sal":
        return {"touch", "qualify", "recycle"} <= actions and "accept" not in actions
    return SPOKEN_OF[state.stage] in words and not actions & {"accept", "reject", "qualify"}


def _about(message: Message, handoff: int, name: str) -> list[dict[str, object]]:
    """The blocks of a card; on a digest the line of this lead and its buttons."""
    lines = [json.dumps(block, ensure_ascii=False) for block in message.blocks]
    if "🗞" not in lines[0]:
        return message.blocks
    return [
        block
        for block, line in zip(message.blocks, lines, strict=True)
        if name in line or f'"value": "{handoff}"' in line
    ]


def buttons(found: object) -> Iterator[dict[str, str]]:
    """Every button in some blocks."""
    if isinstance(found, dict):
        if "action_id" in found:
            yield found
        for each in found.values():
            yield from buttons(each)
    elif isinstance(found, list):
        for each in found:
            yield from buttons(each)
