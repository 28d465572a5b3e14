"""The Home tab: published when it is opened, and again after whatever was pressed on it, with what was refused on top.

A press on Home comes without channel, message and response_url, so Home itself is the answer. Publishing is best
effort and happens after the acknowledgement: no fact depends on it.
"""

import re
from collections.abc import Mapping

from bot.desk import home as desk_home
from bot.desk import people
from bot.slack.listeners.floor import Floor, Press
from bot.slack.views import home as views
from bot.slack.views.blocks import Block
from scoring.stages import Refused

_TURN = re.compile(r"([a-z_]{1,20}):([1-9]\d{0,4})", re.ASCII)


def turn_page(floor: Floor, press: Press) -> None:
    """Another page of one of the lists: nothing is decided; what `show` publishes next is turned to it."""
    desk_home.check_reader(floor.desk, press.user)


def show(floor: Floor, user: str, pages: str = "", banner: str = "") -> None:
    """Publish Home to *user* after the answer, its lists turned to *pages* ("mine:2 pools:3")."""
    floor.aside_logged(lambda: floor.slack.publish_home(user, drawn(floor, user, pages, banner)))


def show_again(floor: Floor, press: Press, banner: str = "") -> None:
    """Home after a press on it: as it was turned, or as the press turns it."""
    show(floor, press.user, f"{press.home or ''} {press.value}", banner)


def drawn(floor: Floor, user: str, pages: str = "", banner: str = "") -> Block:
    """Home as it is now, or the sentence why *user* sees nothing."""
    try:
        people.check_person(floor.desk, user, None)
        return views.home(desk_home.home(floor.desk, user, turned(pages)), banner)
    except Refused as refused:
        return views.closed(refused.sentence)


def turned(pages: str) -> Mapping[str, int]:
    """The page of each list that *pages* names; the last mention counts, anything else is nothing."""
    found = (_TURN.fullmatch(word) for word in pages.split())
    return {match[1]: int(match[2]) for match in found if match}
