"""What is said of a step towards won: a note in the card's thread, and a message to the account executive.

"Every step moves the card, its thread and the transition log". A note is dropped where its step was taken back before
it was said; a step taken back later is followed by a note that says so.
"""

from dataclasses import dataclass
from typing import Any

from bot.desk import ladder
from bot.desk.bench import Bench
from scoring.handoff import Pressed
from storage import outbox
from storage.outbox import Letter

VIEW = "step"
TO_AE = "to_ae"
SENT_BACK = "sent_back"
"""First word of the notice that an SQL went back to its pool."""
LEFT = "left"
"""First word of the notice that whoever has an SQL or an opportunity has left; then who, and the hand-off's number."""
GIVEN = "given"
"""First word of the notice that an SQL or an opportunity was given to its reader; then the number, and who."""
RANK = 45
"""As nudges: after the cards."""

HANDED = ("assign", "release")
SPOKEN = ("qualify", "ae_accept", "send_back", "opportunity", "won", "lost", *HANDED)
"""Moves with a note in the thread."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step somebody took.

    Attributes:
        did: the move's word in the log.
        by: who pressed; they are named and never mentioned.
        to: whose turn it is now, where that is news to them.
        words: what was written into the form.
        deal: amount, currency and close date (ISO) as of this step, where there are any.
        undone: the word of the move that this one took back.
    """

    did: str
    by: str
    to: str | None = None
    words: str = ""
    deal: tuple[int | None, str | None, str | None] = (None, None, None)
    undone: str | None = None


def note(bench: Bench, step: Step) -> None:
    """One note in the card's thread; asked for in the step's own transaction, *bench* being as before it."""
    handoff, n = bench.handoff, bench.handoff.n + 1
    body: dict[str, Any] = {
        "view": VIEW, "n": n, "did": step.did, "by": step.by, "to": step.to, "words": step.words,
        "deal": list(step.deal), "undone": step.undone,
    }  # fmt: skip
    letter = Letter(
        _key(handoff.id, n), "note", f"post:{handoff.channel}", bench.desk.clock.real(), RANK,
        card_id=handoff.card_id, handoff_id=handoff.id, body=body,
    )  # fmt: skip
    outbox.put(bench.session, [letter])


def _key(handoff_id: int, n: int) -> str:
    return f"step:{handoff_id}:{n}"


def handed_key(handoff_id: int, n: int) -> str:
    """The key of the note that says who has the hand-off since its move *n*."""
    return f"handed:{handoff_id}:{n}"


def hand_on(bench: Bench, step: Step) -> None:
    """The note, and the account executive's message with what they need, unless they pressed themselves."""
    note(bench, step)
    if step.to is None:
        return
    handoff = bench.handoff
    letter = Letter(
        f"{TO_AE}:{handoff.id}:{handoff.n + 1}", "dm", f"post:{step.to}", bench.desk.clock.real(), RANK,
        card_id=handoff.card_id, handoff_id=handoff.id,
        body={"view": TO_AE, "reader": step.to, "step": ladder.AE_ACCEPT},
    )  # fmt: skip
    outbox.put(bench.session, [letter])


def taken_back(bench: Bench, last: Pressed) -> None:
    """Undo: what the thread was told, or may have been, is not so any more."""
    key = handed_key(bench.handoff.id, last.n) if last.action in HANDED else _key(bench.handoff.id, last.n)
    said = outbox.state_of(bench.session, key)
    if last.action in SPOKEN and said in ("sending", "unknown", "sent"):
        note(bench, Step("undo", bench.rep, undone=last.action))


def of_body(body: dict[str, Any]) -> Step:
    """The step of a note's letter; an erasure may have emptied its words."""
    amount, currency, close_on = body["deal"]
    return Step(
        body["did"], body["by"], body["to"], body["words"] or "", (amount, currency, close_on), body["undone"]
    )
