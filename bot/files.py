"""The two files from disk, read and checked together so that all mistakes are told at once."""

from dataclasses import replace
from pathlib import Path

from bot.desk.govern import Files
from bot.settings import Settings
from scoring.accounts import Accounts, read_accounts
from scoring.contractfile import ContractError
from scoring.definition import read_definition
from scoring.team import Team, read_team


class FilesUnreadable(Exception):
    """A file cannot be read; the message says which and what to do."""


def files_of(settings: Settings) -> Files:
    """The definition's and the team's texts.

    Raises:
        FilesUnreadable: one is missing or no text.
        ContractError: with every mistake of both.
    """
    files = Files(
        text_of(settings.baton_definition, "BATON_DEFINITION"), text_of(settings.baton_team, "BATON_TEAM")
    )
    check(files, settings)
    team = read_team(files.team)
    return replace(files, accounts=accounts_of(settings, team).owners) if team.accounts else files


def accounts_of(settings: Settings, team: Team) -> Accounts:
    """Whose each company is, as the file says that the team file names beside itself.

    A file that cannot be read is a problem told, not a stop: leads go by turns meanwhile.
    """
    path = settings.baton_team.parent / (team.accounts or "")
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as denied:
        why = f"{path} cannot be read ({type(denied).__name__}), so no account has an owner."
        return Accounts({}, (f"{why} Check accounts in the team file.",))
    return read_accounts(text, team.people, str(path))


def check(files: Files, settings: Settings) -> None:
    """Raises ContractError with every mistake of both, under the names the settings give them."""
    problems: list[str] = []
    for read, text, path in (
        (read_definition, files.definition, settings.baton_definition),
        (read_team, files.team, settings.baton_team),
    ):
        try:
            read(text, str(path))
        except ContractError as wrong:
            problems += wrong.problems
    if problems:
        raise ContractError(tuple(problems))


def text_of(path: Path, setting: str) -> str:
    """A file's text; *setting* is what names it.

    Raises:
        FilesUnreadable: it is missing or no text.
    """
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
