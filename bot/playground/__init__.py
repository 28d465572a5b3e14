"""A small, strict Slack on this machine: Web API, interactivity, Socket Mode, and a page to click on.

It imports nothing of the product, so that it cannot agree with the product's mistakes.
"""

from bot.playground.delivery import Answer
from bot.playground.doors import Control, Field, Form, Panel, Table, Told
from bot.playground.gestures import NotThere
from bot.playground.messages import Message
from bot.playground.people import Channel, Command, Shortcut, User
from bot.playground.slack import Slack

__all__ = [
    "Answer", "Channel", "Command", "Control", "Field", "Form", "Message", "NotThere", "Panel", "Shortcut", "Slack",
    "Table", "Told", "User",
]  # fmt: skip
