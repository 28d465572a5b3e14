"""What is said as time passes: nudges before the first touch, breaches, and asking for a decision.

A nudge waits for its reader's hours; of several steps that are due at once only the latest speaks; nothing is
said about what was done already.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from bot.desk import announce, ladder
from bot.desk.due import Case
from scoring.handoff import Handoff
from storage import deadlines, handoffs, outbox
from storage.deadlines import Due
from storage.outbox import Letter

COLLECT = timedelta(minutes=15)
"""A manager's first breach comes at once, later ones are collected. Source: SEMANTICS "Clocks"."""

NOTICES = "notices"
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
    if kind == "breach":
        _breach(case, handoff)
    elif handoff.owner is not None:  # "first-touch nudges then go to the owner alone"
        _tell_owner(case, handoff)
    else:
        _tell_thread(case, handoff, everyone=kind == "everyone")


def _opens(case: Case, handoff: Handoff, *, alone: bool) -> datetime:
    """When what is due may be said. An absence delays what the owner *alone* reads, and never a breach."""
    if alone and handoff.owner is not None:
        return ladder.next_on_shift(case.agreed.team, handoff.owner, case.now)
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
    if deadlines.any_done(case.session, CALLED, str(handoff.id), besides=""):
        return []
    readers = _on_shift(case, handoff.pool)
    if readers:
        _remember_call(case, handoff)
    return readers


def _remember_call(case: Case, handoff: Handoff) -> None:
    row = Due(CALLED, str(handoff.id), "pool", case.now)
    deadlines.once(case.session, row)
    deadlines.done(case.session, row, case.now)


def _breach(case: Case, handoff: Handoff) -> None:
    """ "Noted in the card's thread at once; everyone with role manager gets the first by DM at once"."""
    readers = _on_shift(case, [handoff.owner]) if handoff.owner else _pool_to_call(case, handoff)
    _note(case, handoff, {"view": "breach", "step": case.row.step, "mention": readers})
    announce.outgoing(case.session, case.desk, handoff, "handoff.overdue")
    case.breached.append(handoff.tier)
    for manager in case.agreed.team.managers:
        _notify(case, manager, handoff, case.row.step)


def _notify(case: Case, reader: str, handoff: Handoff, step: str) -> None:
    """Remember it for *reader*; `wake` sees that a message goes out."""
    deadlines.notify(case.session, reader, handoff.id, step, case.now)
    case.readers.add(reader)


def wake(session: Session, readers: Iterable[str], now: datetime) -> None:
    """See that what was remembered for *readers* goes out: at once, or with others of 15 minutes.

    Once a batch, and in one order everywhere: two replicas that wake the same people do not wait for each other.
    """
    for reader in sorted(readers):
        last = deadlines.last_told(session, reader)
        at = now if last is None else max(now, last + COLLECT)
        # Written even where a row is there: a replica that is just collecting holds that row, so this waits for
        # it rather than leave a notice that nothing wakes.
        deadlines.schedule(session, [Due(NOTICES, reader, "next", at)])


def notices(case: Case) -> None:
    reader = case.row.subject
    if case.waits(ladder.next_on_shift(case.agreed.team, reader, case.now)):
        return
    deadlines.forget(case.session, case.row)
    waiting = deadlines.untold(case.session, reader)
    if not waiting:
        return
    ids = [notice.id for notice in waiting]
    deadlines.told(case.session, ids, case.now)
    letter = Letter(
        f"notices:{reader}:{ids[-1]}", "dm", f"post:{reader}", case.desk.clock.real(), DM_RANK,
        body={"reader": reader, "view": "notices", "notices": ids},
    )  # fmt: skip
    outbox.put(case.session, [letter])


def decide(case: Case) -> None:
    handoff = handoffs.get(case.session, int(case.row.subject))
    if handoff is None or not handoff.open:
        case.needless()
        return
    calendar = ladder.reader_calendar(case.agreed, handoff)
    if case.waits(calendar.next_open(case.now)):
        return
    if case.row.step == ladder.WEEKLY:
        case.postpone(calendar.next_open(case.now + ladder.WEEK))
    else:
        case.done()
        if _later_step_is_due(case):
            return
    _ask_for_decision(case, handoff)


def _ask_for_decision(case: Case, handoff: Handoff) -> None:
    """The owner first; from the full time on, and while nobody owns it, the managers too."""
    step = f"{case.row.kind} {case.row.step}"
    if case.row.step == ladder.WEEKLY:
        step += f" {case.now:%G-W%V}"  # the ISO week: a press that moves the row asks nobody twice
    if handoff.owner is not None:
        _notify(case, handoff.owner, handoff, step)
    if handoff.owner is None or case.row.step != "half":
        for manager in case.agreed.team.managers:
            if manager != handoff.owner:
                _notify(case, manager, handoff, step)
