"""A small, strict Slack on this machine: Web API, interactivity, Socket Mode, and a page to click on.

It imports nothing of the product, so that it cannot agree with the product's mistakes.
"""

from bot.playground.delivery import Answer
from bot.playground.gestures import NotThere
from bot.playground.messages import Message
from bot.playground.people import Channel, Shortcut, User
from bot.playground.slack import Control, Slack

__all__ = ["Answer", "Channel", "Control", "Message", "NotThere", "Shortcut", "Slack", "User"]
