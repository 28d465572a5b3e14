"""The clocks after the decision: the account executive's acceptance, the opportunity, its close date.

As all of them, each waits for its reader's hours, speaks once, and is silent about what was done already.
"""

from collections.abc import Iterable

from bot.desk import ladder, steps
from bot.desk.due import Case
from bot.desk.nudges import DM_RANK
from scoring import closing
from scoring.handoff import Handoff
from storage import assignments, deadlines, handoffs, outbox
from storage.outbox import Letter


def waits(handoff: Handoff, step: str) -> bool:
    """Whether what *step* (a kind of deadline and its name) speaks of is still to be done."""
    if not handoff.open:
        return False
    match step.partition(" ")[0]:
        case ladder.DECIDE:
            return handoff.stage in ("mql", "sal")
        case ladder.AE_ACCEPT:
            return handoff.stage == "sql" and handoff.ae_accepted_at is None
        case ladder.OPPORTUNITY:
            return handoff.stage == "sql"
        case ladder.CLOSE_DATE:
            return handoff.stage == "opportunity" and str(handoff.close_on) in step
        case steps.SENT_BACK:
            return handoff.owner is None
        case steps.LEFT:
            return handoff.stage in ("sql", "opportunity") and step.split()[1] in (handoff.owner, handoff.ae)
        case steps.GIVEN:
            return handoff.stage in ("sql", "opportunity") and step.split()[-1] == handoff.owner
    return True


def ae_accept(case: Case) -> None:
    """Half of the time: the account executive hears; all of it: the managers too; then once a week."""
    handoff = _still(case)
    if handoff is None:
        return
    team = case.agreed.team
    aes = _there(case, closing.takers(handoff.ae, team.ae))
    alone = case.row.step.startswith("half") and bool(aes)
    if alone and handoff.ae is not None:
        opens = ladder.next_on_shift(team, handoff.ae, case.now)
    else:
        opens = ladder.ae_calendar(team, handoff).next_open(case.now)
    if not case.waits(opens) and _speaks(case, handoff):
        if alone:
            _remind(case, handoff, aes, steps.TO_AE)
        else:
            _notify(case, handoff, [*aes, *team.managers])


def opportunity(case: Case) -> None:
    """An SQL that its account executive has had for long enough: owner and managers are asked for the opportunity."""
    handoff = _still(case)
    if handoff is None or case.waits(ladder.reader_calendar(case.agreed, handoff).next_open(case.now)):
        return
    if _speaks(case, handoff):
        _notify(case, handoff, [handoff.owner, *case.agreed.team.managers])


def close_date(case: Case) -> None:
    """The day has come: the owner sets won, lost or a new date; a week later the managers hear of it too, and at once
    where the owner has left."""
    handoff = _still(case)
    if handoff is None:
        return
    alone = [] if case.row.step.startswith(ladder.WEEKLY) else _there(case, [handoff.owner])
    opens = ladder.reader_calendar(case.agreed, handoff).next_open(case.now)
    for owner in alone:
        opens = ladder.next_on_shift(case.agreed.team, owner, case.now)
    if case.waits(opens) or not _speaks(case, handoff) or _set_today(case, handoff):
        return
    if alone:
        _remind(case, handoff, alone, ladder.CLOSE_DATE)
    else:
        _notify(case, handoff, [handoff.owner, handoff.ae, *case.agreed.team.managers])


def _still(case: Case) -> Handoff | None:
    handoff = handoffs.get(case.session, int(case.row.subject))
    if handoff is None or not waits(handoff, f"{case.row.kind} {case.row.step}"):
        case.needless()
        return None
    return handoff


def _speaks(case: Case, handoff: Handoff) -> bool:
    """Decided now; False where a later step of the same clock is due too, which then speaks alone."""
    if case.row.step.startswith(ladder.WEEKLY):
        calendar = ladder.reader_calendar(case.agreed, handoff)
        case.postpone(calendar.next_open(case.now + ladder.WEEK))
        return True
    case.done()
    return not deadlines.later_due(case.session, case.row, case.now)


def _set_today(case: Case, handoff: Handoff) -> bool:
    """Whoever says today that the deal closes today is not asked about it a minute later."""
    last, zone = handoff.last, ladder.reader_calendar(case.agreed, handoff).zone
    return (
        last is not None
        and last.action == "opportunity"
        and last.at.astimezone(zone).date() == handoff.close_on == case.now.astimezone(zone).date()
    )


def _remind(case: Case, handoff: Handoff, readers: Iterable[str], view: str) -> None:
    """A message of its own, with the buttons that answer it."""
    step = f"{case.row.kind} {case.row.step}"
    letters = [
        Letter(
            f"{step}:{handoff.id}:{reader}", "dm", f"post:{reader}", case.desk.clock.real(), DM_RANK,
            card_id=handoff.card_id, handoff_id=handoff.id, body={"reader": reader, "view": view, "step": step},
        )
        for reader in readers
    ]  # fmt: skip
    outbox.put(case.session, letters)


def _notify(case: Case, handoff: Handoff, readers: Iterable[str | None]) -> None:
    """Into the readers' collected messages; the week's name lets a weekly look speak once a week."""
    step = f"{case.row.kind} {case.row.step}"
    if case.row.step.startswith(ladder.WEEKLY):
        step += f" {case.now:%G-W%V}"
    for reader in _there(case, readers):
        deadlines.notify(case.session, reader, handoff.id, step, case.now)
        case.readers.add(reader)


def _there(case: Case, readers: Iterable[str | None]) -> list[str]:
    """Those of *readers* who have not left."""
    known = [each for each in dict.fromkeys(readers) if each is not None and case.agreed.team.person(each)]
    gone = assignments.departed(case.session, known)
    return [each for each in known if each not in gone]
