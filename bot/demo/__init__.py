"""Baton and the playground together on this machine; this package alone knows both."""

from bot.demo.alone import playground
from bot.demo.stage import stage
from bot.demo.story import StoryBroken, play_story

__all__ = ["StoryBroken", "play_story", "playground", "stage"]
