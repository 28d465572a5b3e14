"""Who is who in Slack, from stored copies: guests, strangers and deactivated people press nothing."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.desk import leaving
from bot.desk.desk import Desk
from scoring.stages import Refused
from storage import contracts, people
from storage.engine import IN_THE_BACKGROUND
from storage.people import Member

OUR_TEAM = "slack_team_id"
OUR_BOT = "slack_bot_user_id"
OUR_BOT_ID = "slack_bot_id"
OUR_URL = "slack_url"
"""Where the workspace is, such as https://team.slack.com/."""
_US = (OUR_TEAM, OUR_BOT, OUR_BOT_ID, OUR_URL)

_ADDRESS = re.compile(r"https?://[\w.:\-]+/?")
"""An address that may stand in a link as it is."""


def check_person(desk: Desk, user: str, team_id: str | None) -> None:
    """Raises Refused for a guest, a deactivated person, a bot, or somebody of another workspace.

    Read from stored copies: no call to Slack stands between a press and its answer.
    """
    ours = app(desk).get(OUR_TEAM)
    with desk.database.reading() as session:
        member = people.member(session, user)
    if ours is not None and team_id is not None and team_id != ours:
        raise Refused("Leads are for people of this workspace, so nothing was changed.")
    if member is None:
        return
    if ours is not None and member.team_id is not None and member.team_id != ours:
        raise Refused("Leads are for people of this workspace, so nothing was changed.")
    if member.guest:
        raise Refused("Guests cannot work on leads, so nothing was changed. Ask a colleague of the pool.")
    if member.deleted or member.bot:
        raise Refused("This account cannot work on leads, so nothing was changed.")


@dataclass(frozen=True, slots=True)
class Seen:
    """A Slack user as Slack describes them now."""

    id: str
    team_id: str | None
    deleted: bool
    guest: bool
    bot: bool


def learn(desk: Desk, seen: Sequence[Seen]) -> None:
    """Store what Slack says of people; what a deactivated person had accepted goes back to its pool with it."""
    rows = [Member(each.id, each.team_id, each.deleted, each.guest, each.bot) for each in seen]
    gone = [each.id for each in seen if each.deleted]
    with desk.database.writing(IN_THE_BACKGROUND) as session:
        left = leaving.who_left(session, gone)
        people.keep_members(session, rows, desk.clock.business())
        leaving.depart(session, desk, left)
    if left:
        desk.wake()


def departed(desk: Desk, user: str) -> bool:
    """Whether Slack says that *user* is deactivated: they read nothing any more."""
    with desk.database.reading() as session:
        member = people.member(session, user)
    return member is not None and member.deleted


def remember_app(desk: Desk, team_id: str, bot_user: str, bot_id: str, *, url: str = "") -> None:
    """Store who we are in Slack, and at which address the workspace is."""
    us = {OUR_TEAM: team_id, OUR_BOT: bot_user, OUR_BOT_ID: bot_id, OUR_URL: url}
    with desk.database.writing() as session:
        for key, value in us.items():
            contracts.remember(session, key, value)
    desk.us = us


def app(desk: Desk) -> Mapping[str, str]:
    """Who we are in Slack, as far as it was ever learned; asked at every press, so read once it is known."""
    if OUR_URL not in desk.us:
        with desk.database.reading() as session:
            known = contracts.settings(session)
        desk.us = {key: known[key] for key in _US if key in known}
    return desk.us


def permalink(desk: Desk, channel: str, ts: str) -> str | None:
    """The address of a message, in the form that chat.getPermalink gives; None until we know where the workspace is
    (`app` has been asked since).

    Source: docs.slack.dev, "chat.getPermalink": https://team.slack.com/archives/C1H9RESGA/p135854651500008.
    """
    home = desk.us.get(OUR_URL, "")
    if not _ADDRESS.fullmatch(home):
        return None
    return f"{home.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}"
