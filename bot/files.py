"""The two files from disk, read and checked together so that all mistakes are told at once."""

from pathlib import Path

from bot.desk.govern import Files
from bot.settings import Settings
from scoring.contractfile import ContractError
from scoring.definition import read_definition
from scoring.team import read_team


class FilesUnreadable(Exception):
    """A file cannot be read; the message says which and what to do."""


def files_of(settings: Settings) -> Files:
    """The definition's and the team's texts.

    Raises:
        FilesUnreadable: one is missing or no text.
        ContractError: with every mistake of both.
    """
    definition = _text(settings.baton_definition, "BATON_DEFINITION")
    team = _text(settings.baton_team, "BATON_TEAM")
    problems: list[str] = []
    for read, text, path in (
        (read_definition, definition, settings.baton_definition),
        (read_team, team, settings.baton_team),
    ):
        try:
            read(text, str(path))
        except ContractError as wrong:
            problems += wrong.problems
    if problems:
        raise ContractError(tuple(problems))
    return Files(definition, team)


def _text(path: Path, setting: str) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as denied:
        why = (
            "is not UTF-8 text"
            if isinstance(denied, UnicodeDecodeError)
            else f"cannot be read ({denied.strerror})"
        )
        raise FilesUnreadable(
            f"{path} {why}. Run baton init for a sample, or name your file in {setting}."
        ) from denied
