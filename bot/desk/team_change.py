"""The team changes: the newest text is edited, checked and stored, and open clocks are computed anew.

"A change of the team or an owner recomputes open due times from the working time already used, in its transaction."
"""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlmodel import Session

from bot.desk import ladder, leaving, notices, opening
from bot.desk.bench import Mistaken
from bot.desk.desk import Agreed, Desk, calendar_for, team_of
from scoring import sla, team_edit
from scoring.handoff import Handoff
from scoring.routing import pool_of
from scoring.stages import Refused
from scoring.team import Team
from scoring.team_edit import WrongEdit
from scoring.worktime import WorkCalendar
from storage import cards, contracts, deadlines, findings, handoffs, moves, outbox, requests
from storage.contracts import TeamVersion
from storage.deadlines import Due
from storage.findings import Occurrence
from storage.moves import Move
from storage.outbox import Letter

log = logging.getLogger(__name__)

TRIES = 5
"""How often a hand-off is computed again when others keep changing it."""

RANK = 40

TEAM_CHECK = "team_check"
"""Kind of the look that follows a change: what others decided on the old team while it was stored is put right."""
AFTER = timedelta(seconds=30)
"""Longer than any transaction lasts (storage.engine.IDLE)."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The newest team in the hands of *user*; nobody else changes it till the commit."""

    session: Session
    desk: Desk
    version: TeamVersion
    team: Team
    user: str
    now: datetime

    @property
    def text(self) -> str:
        """The team's text."""
        return self.version.text


@dataclass(frozen=True, slots=True)
class Edited:
    """The new text, and what was done to it, so that "Max …" is a sentence: "changed Ann: hours."

    *detail* holds ids and keys for the audit.
    """

    text: str
    why: str
    detail: dict[str, Any] = field(default_factory=dict)


Edit = Callable[[Sheet], Edited | None]
"""Decides on the newest team; None changes nothing. Raises Refused or WrongEdit."""
Also = Callable[[Session, Agreed], Iterable[str]]
"""What follows from the edit beside the clocks; gives who has something new to read."""


Columns = Callable[[Handoff], dict[str, Any]]
"""What changes on a hand-off; nothing where it is empty."""


def change_team(
    desk: Desk, user: str, edit: Edit, *, seal: str | None = None, also: Also | None = None
) -> None:
    """Apply *edit* to the newest team, whoever edited it last, and store the next version; *also* follows from it.

    Raises:
        Refused: *user* may not, or what is edited is gone.
        Mistaken: the form's fields need correcting; nothing was changed.
    """
    with desk.database.writing() as session:
        sheet = open_sheet(session, desk, user)
        if seal is not None and not requests.first_time(session, seal, desk.clock.real()):
            return
        try:
            edited = edit(sheet)
            if edited is None or edited.text == sheet.text:
                return
            tidy = team_edit.tidied(edited.text, team_edit.checked(edited.text), sheet.now.date())
            team = team_edit.checked(tidy)
            store(sheet, replace(edited, text=tidy), team, also)
        except WrongEdit as wrong:
            raise Mistaken(wrong.fields) from wrong
    desk.wake()


def open_sheet(session: Session, desk: Desk, user: str) -> Sheet:
    """The newest team, held until the commit.

    Raises:
        Refused: there is none yet.
    """
    now = desk.clock.business()
    contracts.lock_team(session, now)
    agreed = desk.agreed(session)
    version = contracts.current_team(session)
    if version is None:
        raise Refused("Baton has no team yet. Run baton serve once.")
    return Sheet(session, desk, version, agreed.team, user, now)


def store(sheet: Sheet, edited: Edited, team: Team, also: Also | None = None) -> None:
    """Store the next version, *team* as text, and what follows from it.

    First hand-offs, all of them; then what *also* takes of them, and their deadlines and cards; readers last. That is
    everybody's order: a press or a tick that waits for this holds nothing this waits for.
    """
    session, desk, now = sheet.session, sheet.desk, sheet.now
    # Before the new version is there: the desk remembers what is agreed, and this may yet be rolled back.
    agreed = desk.agreed(session)
    gone = sorted(sheet.team.people.keys() - team.people.keys())
    owned = {person: findings.owned_by(session, person) for person in gone}
    concerned = _concerned(session, (sheet.team, team))
    handoffs.hold(session, [*concerned, *(id_ for ids in owned.values() for id_ in ids)])
    freed = leaving.let_go(session, desk, agreed, [id_ for ids in owned.values() for id_ in ids])
    moved = _retimed(session, concerned, (sheet.team, team), now)
    number = contracts.add_team(
        session, edited.text, live=sheet.version.live, at=now, by=sheet.user, why=edited.why
    )
    readers = set(also(session, replace(agreed, team=team))) if also is not None else set()
    leaving.follow_up(session, desk, agreed, freed)
    _follow_up(session, desk, moved, team)
    deadlines.schedule(session, [Due(TEAM_CHECK, str(number), "after a change", now + AFTER)])
    findings.note(
        session, [Occurrence(now, "team_changed", None, sheet.user, {"version": number, **edited.detail})]
    )
    for person, ids in owned.items():
        readers.update(leaving.tell_managers(session, team, person, ids, now))
    told = _left(owned, {each.after.id for each in freed})
    _tell(sheet, team, number, " ".join([edited.why, *told]))
    _wake(session, (sheet.team, team), now, readers)
    log.info("the team was changed", extra={"actor": sheet.user, "version": number, **edited.detail})


def _left(owned: Mapping[str, Sequence[int]], free: Collection[int]) -> list[str]:
    """What those who leave the team had accepted goes back to its pool; from SQL on a manager decides."""
    told = []
    for ids in owned.values():
        freed = sum(id_ in free for id_ in ids)
        told += [f"{_leads(freed)} went back to the pool."] if freed else []
        told += (
            [f"{_leads(len(ids) - freed)} stayed in this name: a manager decides."]
            if freed < len(ids)
            else []
        )
    return told


def _leads(count: int) -> str:
    return "One lead" if count == 1 else f"{count} leads"


def _tell(sheet: Sheet, team: Team, number: int, what: str) -> None:
    """One line in the admin channel; it names who did it and mentions nobody."""
    channel = team.channels.admin
    editor = sheet.team.person(sheet.user)
    body = {"view": "team", "channel": channel, "by": editor.name if editor else "Somebody", "what": what}
    at = sheet.desk.clock.real()
    letter = Letter(f"team:{number}", "notice", f"post:{channel}", at, RANK, body=body)
    outbox.put(sheet.session, [letter])


# -- clocks -----------------------------------------------------------------------------------------------


Retimed = tuple[Handoff, Handoff]
"""A hand-off as it was read, and as it stands on the new team."""


def _concerned(session: Session, teams: tuple[Team, Team]) -> list[int]:
    """The open hand-offs of which something hangs on what changes between *teams*."""
    if not _concerns(*teams):
        return []
    return [each.id for each in handoffs.all_open(session) if _touched(each, *teams)]


def _retimed(
    session: Session, concerned: Sequence[int], teams: tuple[Team, Team], now: datetime
) -> list[Retimed]:
    """Put hand-offs from the old team of *teams* onto the new one: due times and pools; `_follow_up` has to come.

    Away alone changes no clock; it is looked at again when what is due may be said.
    """
    read = [each for each in handoffs.many(session, concerned).values() if each.open]
    return [(each, _moved(session, each, lambda one: columns(one, *teams, now), now)) for each in read]


def _follow_up(session: Session, desk: Desk, moved: Sequence[Retimed], team: Team) -> None:
    """What is due for them, and their cards. They are read again: something else of this transaction may have moved
    them since."""
    as_they_are = handoffs.many(session, [new.id for _, new in moved])
    for handoff in as_they_are.values():
        ladder.schedule(session, handoff, desk.definition(session, handoff.version), team)
    # The card of an SQL says until when it is to be accepted, which is no column of its own.
    changed = [new.card_id for old, new in moved if new.n != old.n or new.stage == "sql"]
    cards.changed(session, changed, desk.clock.real())


def _concerns(old: Team, new: Team) -> bool:
    """Whether anything differs that open hand-offs depend on."""
    return _depended_on(old) != _depended_on(new)


def _depended_on(team: Team) -> tuple[object, ...]:
    segments = [(each.name, each.hours, each.pool) for each in team.segments]
    people = {id_: (each.hours, each.away, each.role) for id_, each in team.people.items()}
    return team.timezone, team.week, team.holidays, segments, people


def _touched(handoff: Handoff, old: Team, new: Team) -> bool:
    before, after = (_calendars(handoff, team) for team in (old, new))
    away = [p.away if p else () for p in (team.person(handoff.owner or "") for team in (old, new))]
    return before != after or away[0] != away[1] or bool(_pool(handoff, old, new))


def _calendars(handoff: Handoff, team: Team) -> Sequence[WorkCalendar]:
    """Whose hours count for *handoff*: the owner's or the segment's, and those of who is to accept an SQL."""
    owners = calendar_for(team, handoff.owner, handoff.segment)
    return (owners, ladder.ae_calendar(team, handoff)) if handoff.stage == "sql" else (owners,)


def columns(handoff: Handoff, old: Team, new: Team, now: datetime) -> dict[str, Any]:
    """What changes on a hand-off with the team: its clock, for whose hours count, and its pool.

    A pool that somebody chose for this hand-off alone stays.
    """
    before, after = (calendar_for(team, handoff.owner, handoff.segment) for team in (old, new))
    clock = handoff.running(new.opening_grace)
    values = _pool(handoff, old, new)
    if before == after or clock is None or not handoff.wants_touch:
        return values
    # Paused: the clock stands still till then, whoever's hours count; only the time after it is computed anew.
    paused = handoff.paused_at is not None and clock.since > now
    running = clock if paused else sla.rebase(clock, before, after, now)
    return values | ladder.clock_columns(running, after)


def caught_up(session: Session, handoff: Handoff, since: datetime, now: datetime) -> dict[str, Any]:
    """The columns of *handoff*, which was as it is at *since*, after the changes of the team that it missed since."""
    texts = contracts.teams_since(session, since)
    found: dict[str, Any] = {}
    for (_, before), (at, after) in pairwise(texts):
        missed = columns(handoff, team_of(before), team_of(after), min(at, now))
        found |= missed
        handoff = moves.with_columns(handoff, missed)
    return found


def _pool(handoff: Handoff, old: Team, new: Team) -> dict[str, Any]:
    was, is_now = pool_of(old, handoff.segment), pool_of(new, handoff.segment)
    changed = is_now is not None and handoff.pool == was and was != is_now
    return {"pool": list(is_now or ())} if changed else {}


def _moved(session: Session, handoff: Handoff, decide: Columns, now: datetime) -> Handoff:
    """The hand-off with what *decide* says of it; a press meanwhile is taken into account.

    The move's number makes a press that was decided on the old team be decided again.
    """
    for _ in range(TRIES):
        values = decide(handoff)
        if not values:
            return handoff
        changed = moves.move(session, handoff, Move("retime", None, now, values, source="team"))
        if changed is not None:
            return changed
        again = handoffs.get(session, handoff.id)
        if again is None or not again.open:
            return again or handoff
        handoff = again
    raise Refused("Leads are being changed right now, so the team was not. Press again.")


def _wake(session: Session, teams: tuple[Team, Team], now: datetime, readers: Collection[str]) -> None:
    """What waited for somebody who was off comes when they are back now, be that earlier or later; *readers* have
    something new. In one order everywhere, as `notices.wake`."""
    old, new = teams
    for id_ in sorted({*new.people, *readers}):
        person, before = new.person(id_), old.person(id_)
        if (
            person is not None
            and before is not None
            and (before.away, before.hours) != (person.away, person.hours)
        ):
            was, is_now = (ladder.next_on_shift(team, id_, now) for team in teams)
            waiting = deadlines.open_steps(session, (notices.NOTICES, opening.OPENING), id_)
            deadlines.schedule(
                session, [replace(row, due_at=is_now) for row in waiting if row.due_at == was > now]
            )
        if id_ in readers:
            notices.wake(session, [id_], now)


def check(session: Session, desk: Desk, row: Due) -> None:
    """After a change: hand-offs made or taken on the old team in the moment the new one was stored.

    Their due time is not what the hours now in force give. What they used since is a moment.
    """
    deadlines.forget(session, row)
    before, version = contracts.team_before(session, int(row.subject)), contracts.current_team(session)
    if version is None or before is None:
        return
    old, new = team_of(before.text), team_of(version.text)
    late = [each for each in handoffs.all_open(session) if _late(each, old, new)]
    now = desk.clock.business()
    moved = [(each, _moved(session, each, lambda one: _late(one, old, new), now)) for each in late]
    _follow_up(session, desk, moved, new)


def _late(handoff: Handoff, old: Team, new: Team) -> dict[str, Any]:
    values = _pool(handoff, old, new)
    calendar = calendar_for(new, handoff.owner, handoff.segment)
    clock = handoff.running(new.opening_grace)
    if clock is None or not handoff.wants_touch or handoff.due_at in (None, sla.due(clock, calendar)):
        return values
    return values | ladder.clock_columns(clock, calendar)
