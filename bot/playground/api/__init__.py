"""The Web API's methods, one file a family; importing this package fills the table."""

from bot.playground.api import auth, chat, conversations, files, users, views
from bot.playground.api.table import METHODS, Method

__all__ = ["METHODS", "Method", "auth", "chat", "conversations", "files", "users", "views"]
