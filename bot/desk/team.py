"""The team, asked about and edited by people: who may, what a form changed, and how it is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from sqlmodel import Session

from bot.desk import passing
from bot.desk.bench import Mistaken
from bot.desk.desk import Agreed, Desk, presser, team_of
from bot.desk.team_change import Edited, Sheet, change_team
from scoring import roles, team_edit
from scoring.roster import Person
from scoring.stages import Refused
from scoring.team import Team
from scoring.team_edit import REMOVE, WrongEdit
from storage import assignments, contracts

LONGEST_AWAY = timedelta(days=366)
"""Absences are for holidays and sickness; who is gone for longer leaves the pools."""

WORDS = {
    "timezone": "time zone", "booking_url": "booking link", "assign": "assignment", "signs": "signature",
    "capacity": "most open leads",
}  # fmt: skip
"""Fields whose key is not the word people use."""


@dataclass(frozen=True, slots=True)
class TeamShown:
    """The team as *asker* is shown it; *may_edit* managers and admins; *open* are leads that may be passed on."""

    team: Team
    version: int
    asker: Person
    may_edit: bool
    now: datetime
    open: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Filling:
    """A form of the team's that somebody sent: what it was opened with, and what stands in it now."""

    version: int
    given: Mapping[str, str]
    seal: str | None = None


def team(desk: Desk, user: str) -> TeamShown:
    """The team in force.

    Raises:
        Refused: *user* is not in it.
    """
    with desk.database.reading() as session:
        agreed = desk.agreed(session)
        who = presser(agreed.team, user)
        roles.check_member(who)
        stored = contracts.current_team(session)
        number = stored.version if stored is not None else 0
        return TeamShown(
            agreed.team,
            number,
            agreed.team.people[user],
            who.role in ("manager", "admin"),
            desk.clock.business(),
            assignments.worked_on(session, agreed.team.people),
        )


def version(desk: Desk, number: int) -> Team:
    """A version of the team, as a form or a menu was made of it.

    Raises:
        Refused: there is none of that number.
    """
    with desk.database.reading() as session:
        stored = contracts.team_version(session, number)
    if stored is None:
        raise Refused("This is too old, so nothing was changed. Start again from /mql team.")
    return team_of(stored.text)


def may_edit(desk: Desk, user: str) -> TeamShown:
    """The team, for somebody who may edit it. Raises Refused for others."""
    shown = team(desk, user)
    roles.check_manage(presser(shown.team, user))
    return shown


def may_send_away(desk: Desk, user: str, whom: str) -> tuple[TeamShown, Person]:
    """The team and the person, if *user* may say when *whom* is away. Raises Refused otherwise."""
    shown = team(desk, user)
    return shown, _whose_absence(shown.team, user, whom)


def _whose_absence(team: Team, user: str, whom: str) -> Person:
    roles.check_member(presser(team, user))
    person = team.person(whom)
    if person is None:
        raise Refused("This person is not in the team any more, so nothing was changed. Look at /mql team.")
    if user != whom and presser(team, user).role not in ("manager", "admin"):
        raise Refused(
            f"Only <@{whom}>, a manager or an admin can say when they are away; nothing was changed."
        )
    return person


def edit_person(desk: Desk, user: str, person_id: str, filled: Filling, remove: str = "") -> None:
    """Change somebody, add them, or take them out of the team.

    *remove*: "person", and "pools" where they leave every pool with it.

    Raises:
        Refused: *user* may not.
        Mistaken: fields need correcting.
    """

    def edit(sheet: Sheet) -> Edited | None:
        roles.check_manage(presser(sheet.team, sheet.user))
        if "person" in remove.split():
            return _removed(sheet, person_id, from_pools="pools" in remove.split())
        shown = _team_of_form(sheet, filled).person(person_id)
        changed = team_edit.differing(team_edit.person_fields(shown), filled.given)
        there = sheet.team.person(person_id)
        if not changed:
            return None
        if shown is not None and there is None:
            raise Refused(f"{shown.name} was taken out of the team meanwhile, so nothing was changed.")
        text = team_edit.with_person(sheet.text, person_id, changed)
        after = team_edit.checked(text)
        _somebody_edits(after)
        detail = {"person": person_id, "fields": sorted(changed)}
        if there is None:
            return Edited(text, f"added {after.people[person_id].name} to the team.", detail)
        return Edited(text, f"changed {there.name}: {_listed(changed)}.", detail)

    change_team(desk, user, edit, seal=filled.seal)


def _removed(sheet: Sheet, person_id: str, *, from_pools: bool) -> Edited | None:
    person = sheet.team.person(person_id)
    if person is None:
        return None
    text = team_edit.without_person(sheet.text, sheet.team, person_id, from_pools=from_pools)
    _somebody_edits(team_edit.checked(text))
    return Edited(text, f"took {person.name} out of the team.", {"person": person_id, "fields": [REMOVE]})


def _somebody_edits(after: Team) -> None:
    """Or nobody could ever edit it again."""
    if not (after.managers or after.admins):
        raise WrongEdit(
            {"role": "Nobody would be left who may edit the team. Make somebody else a manager first."}
        )


def edit_segment(desk: Desk, user: str, name: str, filled: Filling) -> None:
    """Change a segment's pool, how its leads find their owner, or its hours.

    Raises:
        Refused: *user* may not, or there is no such segment any more.
        Mistaken: fields need correcting.
    """

    def edit(sheet: Sheet) -> Edited | None:
        roles.check_manage(presser(sheet.team, sheet.user))
        shown, there = _team_of_form(sheet, filled).segment(name), sheet.team.segment(name)
        before = team_edit.segment_fields(shown) if shown else {}
        changed = team_edit.differing(before, filled.given)
        if not changed:
            return None
        if there is not None and "pool" in changed:
            merged = team_edit.merged_pool(before.get("pool", ""), changed["pool"], " ".join(there.pool))
            changed["pool"] = merged
        text = team_edit.with_segment(sheet.text, sheet.team, name, changed)
        why = f"changed {name}: {_listed(changed)}.{_pool_words(sheet.team, team_edit.checked(text), name)}"
        return Edited(text, why, {"segment": name, "fields": sorted(changed)})

    change_team(desk, user, edit, seal=filled.seal)


def _pool_words(old: Team, new: Team, name: str) -> str:
    """Who joined and who left a pool."""
    was, is_now = (found.pool if (found := team.segment(name)) else () for team in (old, new))
    joined = [new.people[id_].name for id_ in is_now if id_ not in was]
    left = [old.people[id_].name for id_ in was if id_ not in is_now]
    told = [
        f" {', '.join(names)} {verb} its pool."
        for names, verb in ((joined, "joined"), (left, "left"))
        if names
    ]
    return "".join(told)


def edit_team_hours(desk: Desk, user: str, filled: Filling) -> None:
    """Change the hours of everybody who has none of their own.

    Raises:
        Refused: *user* may not.
        Mistaken: fields need correcting.
    """

    def edit(sheet: Sheet) -> Edited | None:
        roles.check_manage(presser(sheet.team, sheet.user))
        changed = team_edit.differing(team_edit.team_fields(_team_of_form(sheet, filled)), filled.given)
        if not changed:
            return None
        text = team_edit.with_team_hours(sheet.text, changed)
        return Edited(text, f"changed the team's {_listed(changed)}.", {"fields": sorted(changed)})

    change_team(desk, user, edit, seal=filled.seal)


def _team_of_form(sheet: Sheet, filled: Filling) -> Team:
    """The team the form was opened with: only what differs from that was changed by whoever sent it."""
    version = contracts.team_version(sheet.session, filled.version)
    if version is None:
        raise Refused("This form is too old, so nothing was changed. Open it again from /mql team.")
    return team_of(version.text)


def _listed(fields: Mapping[str, str]) -> str:
    return ", ".join(WORDS.get(name, name) for name in fields)


# -- away -------------------------------------------------------------------------------------------------


def go_away(
    desk: Desk,
    user: str,
    whom: str,
    until: tuple[str, str],
    *,
    pass_on: bool = False,
    seal: str | None = None,
) -> None:
    """*whom* is away from now on, *until* a last day ("2026-11-27"), or a time of it ("13:00"), by their clock.

    "Going away never pauses a clock; it offers to pass leads on": with *pass_on* all they work on, in the same step.

    Raises:
        Refused: *user* may not say so of *whom*.
        Mistaken: the day or the time is wrong.
    """

    def edit(sheet: Sheet) -> Edited | None:
        person = _whose_absence(sheet.team, user, whom)
        wall = sheet.team.wall_time(person, sheet.now)
        end = _until(*until, wall)
        text = team_edit.with_absence(sheet.text, person, wall, end)
        away = f"is away until {team_edit.until_words(end)}."
        why = away if user == whom else f"noted that {person.name} {away}"
        return Edited(text, why, {"person": whom, "fields": ["away"]})

    def also(session: Session, agreed: Agreed) -> Sequence[str]:
        passed = passing.pass_on(session, desk, agreed, whom, user)
        return agreed.team.managers if passed.pooled else ()

    change_team(desk, user, edit, seal=seal, also=also if pass_on else None)


def come_back(desk: Desk, user: str, whom: str, *, seal: str | None = None) -> None:
    """*whom* is back: their absence ends now, those still to come stay.

    Raises:
        Refused: *user* may not say so of *whom*, or they are not away.
    """

    def edit(sheet: Sheet) -> Edited | None:
        person = _whose_absence(sheet.team, user, whom)
        if sheet.team.away_until(person, sheet.now) is None:
            raise Refused(f"<@{whom}> is not away, so nothing was changed.")
        text = team_edit.without_absence(sheet.text, person, sheet.team.wall_time(person, sheet.now))
        why = "is back." if user == whom else f"noted that {person.name} is back."
        return Edited(text, why, {"person": whom, "fields": ["away"]})

    change_team(desk, user, edit, seal=seal)


def _until(day: str, hour: str, wall: datetime) -> datetime:
    """The end of an absence; a day without a time counts in full.

    Raises:
        Mistaken: it is no day, over already, or more than a year ahead.
    """
    try:
        last = date.fromisoformat(day)
        at = time.fromisoformat(hour) if hour else None
        end = datetime.combine(last, at) if at else datetime.combine(last + timedelta(days=1), time.min)
    except (ValueError, OverflowError):
        raise Mistaken({"until_date": "Choose the last day of the absence."}) from None
    if end <= wall and hour and last == wall.date():
        raise Mistaken({"until_time": f"It is {wall:%H:%M} there already; choose a later time, or none."})
    if end <= wall:
        raise Mistaken({"until_date": "This day is over; choose today or a later one."})
    if end - wall > LONGEST_AWAY:
        raise Mistaken({"until_date": "This is more than a year ahead; choose a nearer day."})
    return end
