"""Whom a press on a bundle's card is about: everybody, those a form names, those one press was about."""

from collections.abc import Callable, Sequence

from bot.desk.bench import Among, Bench, Mistaken
from bot.desk.desk import Desk, where
from scoring import bundling, stages
from scoring.handoff import Handoff, Pressed
from scoring.stages import Action, Refused
from storage import handoffs


def everybody(action: Action) -> Among:
    """All whom the same person or pool works on, and of whom *action* is possible: "Accept claims all"."""

    def among(bench: Bench, on_it: Sequence[Handoff]) -> Sequence[Handoff]:
        return [each for each in bundling.together(bench.handoff, on_it) if _legal(bench, action, each)]

    return among


def _legal(bench: Bench, action: Action, handoff: Handoff) -> bool:
    definition = bench.desk.definition(bench.session, handoff.version)
    return stages.legal(action, where(handoff, definition))


Check = Callable[[Bench], None]
"""Raises Refused where somebody may not do something about the bench's hand-off."""


def who_can(check: Check) -> Among:
    """All whom the same person works on, and whom *check* lets through."""

    def among(bench: Bench, on_it: Sequence[Handoff]) -> Sequence[Handoff]:
        return [each for each in bundling.together(bench.handoff, on_it) if _passes(check, bench, each)]

    return among


def _passes(check: Check, bench: Bench, handoff: Handoff) -> bool:
    try:
        check(bench.about(handoff))
    except Refused:
        return False
    return True


def who_may(desk: Desk, handoff_id: int, rep: str, check: Check) -> tuple[Handoff, ...]:
    """Those on its card with whom *rep* may do this now, the first one first: asked before a form opens.

    Raises:
        Refused: with none of them; the sentence is about the one that was pressed.
    """
    with desk.database.reading() as session:
        bench = Bench.at(session, desk, handoff_id, rep)
        card = bench.handoff.card_id
        on_it = handoffs.of_card(session, card) if bench.handoff.bundled and card is not None else []
        there = tuple(who_can(check)(bench, on_it))
        if not there:
            check(bench)
        return there or (bench.handoff,)


def these(people: Sequence[int] | None) -> Among:
    """Those a form names; None: it did not ask, because there was nobody else.

    Raises, when asked:
        Mistaken: nobody, or somebody who is not open on the card.
    """

    def among(_bench: Bench, on_it: Sequence[Handoff]) -> Sequence[Handoff]:
        if people is None:
            return []
        chosen = [each for each in on_it if each.id in people and bundling.worked_on(each)]
        if not people:
            raise Mistaken({"people": "Choose at least one person."})
        if len(chosen) != len(set(people)):
            raise Mistaken(
                {
                    "people": "Somebody chosen here is not open on this card any more. Close this and press again."
                }
            )
        return chosen

    return among


def one(person: int | None) -> Among:
    """The one a form names; None: it did not ask.

    Raises, when asked:
        Mistaken: somebody who is not open on the card.
    """

    def among(_bench: Bench, on_it: Sequence[Handoff]) -> Sequence[Handoff]:
        if person is None:
            return []
        chosen = [each for each in on_it if each.id == person and bundling.worked_on(each)]
        if not chosen:
            raise Mistaken({"person": "Choose somebody who is open on this card."})
        return chosen

    return among


def same_press(bench: Bench, on_it: Sequence[Handoff]) -> Sequence[Handoff]:
    """Those whose newest press is the pressed one's, the pressed one first: what one press did is taken back at once.

    Whose lead has come back meanwhile stays as it is.
    """
    pressed = bench.handoff
    if pressed.last is None:
        return []
    others = [each for each in on_it if each.id != pressed.id and _same(pressed, each)]
    again = handoffs.open_of(bench.session, [each.lead_id for each in others])
    back = [each for each in others if again.get(each.lead_id, each).id == each.id]
    return [pressed, *back]


def _same(pressed: Handoff, other: Handoff) -> bool:
    mine, theirs = pressed.last, other.last
    return (
        mine is not None and theirs is not None and other.undo is not None and _press(mine) == _press(theirs)
    )


def _press(last: Pressed) -> tuple[str, str, object]:
    return last.action, last.by, last.at
