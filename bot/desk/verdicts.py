"""What the auditor's findings are called, and the sentences in which people hear of them."""

from collections.abc import Sequence

NO_CARD, NOBODY, OWNER_LEFT = "no_card", "nobody", "owner_left"
NO_STEP, LATE_STEP, LATE_JOB = "no_deadline", "late_deadline", "late_job"
DEAD, DOUBTFUL, OLD_QUEUE = "dead_letters", "unknown_letters", "old_queue"

OF_HANDOFFS = (NO_CARD, NOBODY, OWNER_LEFT, NO_STEP, LATE_STEP)
"""Kinds whose subject is a hand-off's number."""

MOST_NAMED = 20
"""Hand-offs named in one message; more are counted."""

WORDS = {
    NO_CARD: (
        "without a card in Slack",
        "Baton asks again for what was never sent; where it was sent or refused, look at the log for its number.",
    ),
    NOBODY: (
        "that nobody may accept",
        "Add somebody to the segment's pool in the team file, or let a manager accept.",
    ),
    OWNER_LEFT: ("whose owner's account is deactivated", "Baton gives them back to the pool."),
    NO_STEP: ("without a next deadline", "Baton has set them again; if this comes back, report it."),
    LATE_STEP: (
        "with a deadline late by more than 5 minutes",
        "Look for errors in the log, and for a database that is too slow.",
    ),
    LATE_JOB: ("jobs late by more than 5 minutes", "Look for errors in the log; restart Baton if it hangs."),
    DEAD: ("letters given up", "The log says why; the receiver or the channel has to be put right."),
    DOUBTFUL: (
        "letters of which Slack has not said for 15 minutes whether it has them",
        "Look whether they are there; Baton does not send twice.",
    ),
    OLD_QUEUE: (
        "letters waiting for more than 15 minutes",
        "Look at Slack's status, the token and the channels; everything is kept and sent then.",
    ),
}
"""Kind to what is wrong, and what to do."""


def sentences(found: Sequence[tuple[str, str]]) -> list[str]:
    """One sentence a kind about findings (kind and subject); MOST_NAMED of the hand-offs are named in all."""
    room = MOST_NAMED
    made = []
    for kind in WORDS:
        subjects = [subject for each, subject in found if each == kind]
        if not subjects:
            continue
        named = subjects[:room] if kind in OF_HANDOFFS else subjects
        room -= len(named) if kind in OF_HANDOFFS else 0
        made.append(_sentence(kind, subjects, named))
    return made


def _sentence(kind: str, subjects: Sequence[str], named: Sequence[str]) -> str:
    what, todo = WORDS[kind]
    if kind not in OF_HANDOFFS:
        return f"{what[0].upper()}{what[1:]}: {', '.join(named)}. {todo}"
    count = "1 hand-off" if len(subjects) == 1 else f"{len(subjects)} hand-offs"
    ids = ", ".join(f"#{subject}" for subject in named)
    left = len(subjects) - len(named)
    which = f" ({ids}{f' and {left} more' if left else ''})" if ids else ""
    return f"{count} {what}{which}. {todo}"
