"""What is said as time passes: nudges before the first touch, breaches, and asking for a decision.

A nudge waits for its reader's hours; of several steps that are due at once only the latest speaks; nothing is
said about what was done already.
"""

from collections.abc import Sequence
from datetime import datetime

from bot.desk import announce, ladder
from bot.desk.due import Case
from scoring import bundling
from scoring.attribution import Broken, Cause, Watch, attributed, main_cause
from scoring.handoff import Handoff
from storage import breaches, deadlines, handoffs, outbox
from storage.breaches import Breach
from storage.deadlines import Due
from storage.outbox import Letter

CALLED = "called"
"""A row of this kind says that the pool was mentioned for a hand-off; it is never due."""
NOTE_RANK = 45
DM_RANK = 46


def first_touch(case: Case) -> None:
    handoff = handoffs.get(case.session, int(case.row.subject))
    if handoff is None or not handoff.wants_touch:
        case.needless()
        return
    kind = case.row.step.partition(" ")[0]
    if case.waits(_opens(case, handoff, alone=kind != "breach")):
        return
    case.done()
    if _later_step_is_due(case) or _overtaken(case, handoff):
        return
    speaks = _speaks(case, handoff)
    if kind == "breach":
        _breach(case, handoff, speaks=speaks)
    elif not speaks:
        return
    elif handoff.owner is not None:  # "first-touch nudges then go to the owner alone"
        _tell_owner(case, handoff)
    else:
        _tell_thread(case, handoff, everyone=kind == "everyone")


def _speaks(case: Case, handoff: Handoff) -> bool:
    """Of several on a card only the one whose first touch is due first: "the tightest SLA rules"."""
    if not handoff.bundled or handoff.card_id is None:
        return True
    beside = bundling.together(handoff, handoffs.of_card(case.session, handoff.card_id))
    first = bundling.tightest(beside)
    return first is None or first.id == handoff.id


def _opens(case: Case, handoff: Handoff, *, alone: bool) -> datetime:
    """When what is due may be said. An absence delays what the owner *alone* reads, and never a breach."""
    if alone and handoff.owner is not None:
        asleep = (
            handoff.snoozed_until if handoff.snoozed_until and handoff.snoozed_until > case.now else case.now
        )
        return ladder.next_on_shift(case.agreed.team, handoff.owner, asleep)
    return ladder.reader_calendar(case.agreed, handoff).next_open(case.now)


def _overtaken(case: Case, handoff: Handoff) -> bool:
    definition = case.desk.definition(case.session, handoff.version)
    return ladder.overtaken(case.row.step, handoff, definition, case.agreed.team, case.now)


def _later_step_is_due(case: Case) -> bool:
    """ "If later steps have passed meanwhile, only the latest is sent"."""
    return deadlines.later_due(case.session, case.row, case.now)


def _tell_owner(case: Case, handoff: Handoff) -> None:
    _dm(case, handoff.owner or "", handoff, {"view": "nudge", "step": case.row.step})


def _dm(case: Case, reader: str, handoff: Handoff, body: dict[str, object]) -> None:
    letter = Letter(
        f"{case.row.kind}:{handoff.id}:{case.row.step}:{reader}", "dm", f"post:{reader}",
        case.desk.clock.real(), DM_RANK, card_id=handoff.card_id, handoff_id=handoff.id,
        body={"reader": reader, **body},
    )  # fmt: skip
    outbox.put(case.session, [letter])


def _tell_thread(case: Case, handoff: Handoff, *, everyone: bool) -> None:
    """In the card's thread; people on shift are mentioned once a hand-off, or when everyone is called."""
    if everyone:
        readers = _on_shift(case, [*handoff.pool, *case.agreed.team.managers])
        _remember_call(case, handoff)
    else:
        readers = _pool_to_call(case, handoff)
    _note(case, handoff, {"view": "nudge", "step": case.row.step, "mention": readers})


def _note(case: Case, handoff: Handoff, body: dict[str, object]) -> None:
    letter = Letter(
        f"{case.row.kind}:{handoff.id}:{case.row.step}", "note", f"post:{handoff.channel}",
        case.desk.clock.real(), NOTE_RANK, card_id=handoff.card_id, handoff_id=handoff.id, body=body,
    )  # fmt: skip
    outbox.put(case.session, [letter])


def _on_shift(case: Case, ids: Sequence[str]) -> list[str]:
    team = case.agreed.team
    people = (team.person(id_) for id_ in dict.fromkeys(ids))
    return [person.id for person in people if person is not None and team.on_shift(person, case.now)]


def _pool_to_call(case: Case, handoff: Handoff) -> list[str]:
    """ "Unowned ones mention on-shift pool members once": those to mention now, nobody the second time."""
    if deadlines.any_done(case.session, CALLED, _called(case, handoff), besides=""):
        return []
    readers = _on_shift(case, handoff.pool)
    if readers:
        _remember_call(case, handoff)
    return readers


def _called(case: Case, handoff: Handoff) -> str:
    """Whose call it is: of several on a card the first one's, for the pool is called once a card."""
    if not handoff.bundled or handoff.card_id is None:
        return str(handoff.id)
    return str(handoffs.of_card(case.session, handoff.card_id)[0].id)


def _remember_call(case: Case, handoff: Handoff) -> None:
    row = Due(CALLED, _called(case, handoff), "pool", case.now)
    deadlines.once(case.session, row)
    deadlines.done(case.session, row, case.now)


def _breach(case: Case, handoff: Handoff, *, speaks: bool) -> None:
    """ "Noted in the card's thread at once; everyone with role manager gets the first by DM at once".

    It is written down and counted where another one on the card *speaks*, too.
    """
    cause = _attribute(case, handoff)
    announce.outgoing(case.session, case.desk, handoff, "handoff.overdue")
    case.breached.append(handoff.tier)
    if not speaks:
        return
    readers = _on_shift(case, [handoff.owner]) if handoff.owner else _pool_to_call(case, handoff)
    body: dict[str, object] = {"view": "breach", "step": case.row.step, "mention": readers}
    body |= {"owner": handoff.owner, "cause": cause}
    _note(case, handoff, body)
    for manager in case.agreed.team.managers:
        _notify(case, manager, handoff, case.row.step)


def _attribute(case: Case, handoff: Handoff) -> Cause:
    """Write down what broke the promise; gives what was in the way for longest."""
    posted = breaches.posted_after(case.session, handoff.id)
    broken = Broken(
        began=handoff.crossed_at,
        due_at=handoff.due_at or case.now,
        business=handoff.clock == "business",
        posted_at=None if posted is None else handoff.crossed_at + posted,
        watches=[Watch(at, owner) for at, owner in breaches.watches(case.session, handoff.id)],
        pool=handoff.pool,
        segment=handoff.segment,
    )
    causes = attributed(broken, case.agreed.team)
    told = {str(cause): seconds for cause, seconds in causes.items()}
    step, owner = case.row.step, handoff.owner
    breach = Breach(handoff.id, step, case.now, owner, handoff.segment, handoff.tier, told)
    breaches.note(case.session, breach)
    return main_cause(told)


def _notify(case: Case, reader: str, handoff: Handoff, step: str) -> None:
    """Remember it for *reader*; `notices.wake` sees that a message goes out."""
    deadlines.notify(case.session, reader, handoff.id, step, case.now)
    case.readers.add(reader)


def decide(case: Case) -> None:
    handoff = handoffs.get(case.session, int(case.row.subject))
    if handoff is None or not handoff.open:
        case.needless()
        return
    calendar = ladder.reader_calendar(case.agreed, handoff)
    if case.waits(calendar.next_open(case.now)):
        return
    if case.row.step.startswith(ladder.WEEKLY):
        case.postpone(calendar.next_open(case.now + ladder.WEEK))
    else:
        case.done()
        if _later_step_is_due(case):
            return
    _ask_for_decision(case, handoff)


def _ask_for_decision(case: Case, handoff: Handoff) -> None:
    """The owner first; from the full time on, and while nobody owns it, the managers too."""
    step = f"{case.row.kind} {case.row.step}"
    if case.row.step.startswith(ladder.WEEKLY):
        step += f" {case.now:%G-W%V}"  # the ISO week: a press that moves the row asks nobody twice
    if handoff.owner is not None:
        _notify(case, handoff.owner, handoff, step)
    if handoff.owner is None or not case.row.step.startswith("half"):
        for manager in case.agreed.team.managers:
            if manager != handoff.owner:
                _notify(case, manager, handoff, step)
