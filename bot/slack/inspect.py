"""What `baton check` looks at in Slack: the token, its scopes, the clock, the channels and the people. Reads only."""

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, ParamSpec, TypeVar

from bot.slack.client import Busy, Declined, Introduction, Person, Room, SlackClient, SlackTrouble
from scoring.team import Team

Found = TypeVar("Found")
P = ParamSpec("P")

SKEW_SAID = 60
"""Seconds between our clock and another's from which on it is said."""
SKEW_REFUSED = 300
"""Seconds from which on signatures are refused. Source: SLACK.md, "Time and delivery"."""
TRIES = 3
"""How often a call is made that Slack is too busy for; a large team file makes more calls than a minute allows."""
NO_SCOPE = "missing_scope"


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence: *good*, a *warning*, or a *problem* that must be put right."""

    kind: Literal["good", "warning", "problem"]
    sentence: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is compared with Slack: scopes asked for, the team (None: unreadable), our time, the app token or ""."""

    scopes: Collection[str]
    team: Team | None
    now: Callable[[], datetime]
    app_token: str


def inspect(slack: SlackClient, wanted: Wanted) -> list[Remark]:
    """Everything that is right or wrong in Slack; a Slack that does not answer is one problem."""
    try:
        return list(_inspected(slack, wanted))
    except SlackTrouble as trouble:
        sentence = f"Slack: it does not answer ({trouble}). Check SLACK_API_URL and the way to the internet."
        return [Remark("problem", sentence)]


def _inspected(slack: SlackClient, wanted: Wanted) -> Iterator[Remark]:
    if wanted.app_token:
        yield _app_token(slack, wanted.app_token)
    try:
        us = _patiently(slack.introduced)
    except Declined as refused:
        yield Remark("problem", f"Slack: the token was not accepted ({refused}). Check SLACK_BOT_TOKEN.")
        return
    yield Remark("good", f"Slack: the token works in workspace {us.team}, as {us.user_id}.")
    yield from _scopes(us, wanted.scopes)
    if us.at is not None:
        yield from clock_remarks("Slack's", (wanted.now() - us.at).total_seconds())
    if wanted.team is not None:
        yield from _channels(slack, wanted.team, may_post_anywhere="chat:write.public" in (us.scopes or ()))
        yield from _people(slack, wanted.team)


def _app_token(slack: SlackClient, app_token: str) -> Remark:
    try:
        _patiently(slack.try_app_token, app_token)
    except Declined as refused:
        return Remark(
            "problem",
            f"Slack: the app token was not accepted ({refused}). Make one with connections:write and put it into "
            "SLACK_APP_TOKEN, or clear it and let Slack call over HTTP.",
        )
    return Remark("good", "Slack: the app token works; requests come over Socket Mode.")


def _scopes(us: Introduction, asked: Collection[str]) -> Iterator[Remark]:
    if us.scopes is None:
        yield Remark(
            "warning", "Slack: it did not say which scopes the token has; compare with baton manifest."
        )
        return
    for scope in asked:
        if scope not in us.scopes:
            yield Remark(
                "problem",
                f"Slack: the scope {scope} is missing. Add it under OAuth & Permissions, and install the app again.",
            )


def clock_remarks(whose: str, ahead: float) -> Iterator[Remark]:
    """What to say of a clock of ours that is *ahead* seconds before *whose* (negative: behind)."""
    if abs(ahead) <= SKEW_SAID:
        return
    where = "ahead of" if ahead > 0 else "behind"
    yield Remark(
        "problem" if abs(ahead) >= SKEW_REFUSED else "warning",
        f"Clock: this machine's is {abs(ahead):.0f} s {where} {whose}, and signatures are refused from "
        f"{SKEW_REFUSED} s on. Set it by NTP.",
    )


def _channels(slack: SlackClient, team: Team, *, may_post_anywhere: bool) -> Iterator[Remark]:
    right = 0
    uses = _uses(team)
    for channel, use in uses.items():
        try:
            room = _patiently(slack.room, channel)
        except Declined as refused:
            if refused.code == NO_SCOPE:
                yield Remark("warning", "Slack: without that scope the channels cannot be looked at.")
                return
            yield Remark("problem", _unknown(channel, use, refused))
            continue
        wrong = _wrong_with(room, use, may_post_anywhere)
        if wrong is None:
            right += 1
        else:
            yield Remark("problem", wrong)
    if right == len(uses):
        yield Remark("good", f"Channels: all {right} exist, and Baton can post in them.")


def _uses(team: Team) -> dict[str, str]:
    """Each channel of the team file, and what for."""
    uses: dict[str, list[str]] = {}
    named = (
        ("fallback", team.channels.fallback),
        ("digests", team.channels.digests),
        ("admin", team.channels.admin),
    )
    for use, channel in (*named, *((f"segment {each.name}", each.channel) for each in team.segments)):
        uses.setdefault(channel, []).append(use)
    return {channel: ", ".join(what) for channel, what in uses.items() if channel}


def _unknown(channel: str, use: str, refused: Declined) -> str:
    if refused.code == "channel_not_found":
        return (
            f"Channels: {channel} ({use}) does not exist, or is private and Baton is not in it. Correct the id in the "
            "team file, or write /invite @Baton there."
        )
    return f"Channels: {channel} ({use}) cannot be looked at ({refused})."


def _wrong_with(room: Room, use: str, may_post_anywhere: bool) -> str | None:
    where = f"Channels: {room.id} #{room.name} ({use})"
    if room.archived:
        return f"{where} is archived. Bring it back, or name another in the team file."
    if room.strangers:
        return f"{where} is shared with another company, which would read your leads. Name another in the team file."
    if not room.joined and not may_post_anywhere:
        return f"{where} is without Baton. Write /invite @Baton there."
    return None


def _people(slack: SlackClient, team: Team) -> Iterator[Remark]:
    right = 0
    for id_, person in team.people.items():
        who = f"People: {person.name} ({id_})"
        try:
            seen = _patiently(slack.person, id_)
        except Declined as refused:
            if refused.code == NO_SCOPE:
                yield Remark("warning", "Slack: without that scope the people cannot be looked at.")
                return
            yield Remark(
                "problem",
                f"{who} is not in this workspace ({refused.code}). Correct the id in the team file.",
            )
            continue
        wrong = _wrong_about(seen)
        if wrong is None:
            right += 1
        else:
            yield Remark("problem", f"{who} {wrong}. Take them out of the team file, or change it in Slack.")
    if right == len(team.people):
        yield Remark("good", f"People: all {right} are in Slack.")


def _wrong_about(seen: Person) -> str | None:
    if seen.deleted:
        return "is deactivated in Slack"
    if seen.bot:
        return "is a bot, which presses nothing"
    if seen.guest:
        return "is a guest or of another workspace, who may not work on leads"
    return None


def _patiently(call: Callable[P, Found], *given: P.args, **named: P.kwargs) -> Found:
    """Do it, and where Slack asks to wait, wait and do it again."""
    for _ in range(TRIES - 1):
        try:
            return call(*given, **named)
        except Busy as busy:
            time.sleep(busy.seconds)
    return call(*given, **named)
