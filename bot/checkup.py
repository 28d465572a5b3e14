"""`baton check`: everything that can be known before serving, as sentences."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from bot.clock import Clock
from bot.desk import govern, health
from bot.desk.desk import StorageError, open_database
from bot.desk.govern import Files
from bot.files import accounts_of
from bot.manifest import SCOPES
from bot.settings import Settings, SettingsError, check_for_serving
from bot.slack import inspect
from bot.slack.client import SlackClient
from bot.slack.inspect import Remark, Wanted
from scoring import stages
from scoring.contract import Definition
from scoring.definition import DefinitionError, read_definition
from scoring.routing import routing_doubts
from scoring.team import Team, TeamError, read_team

IDLE_IN_DEFINITION = (
    "bands", "contract.marketing", "contract.sales", "contract.check_on", "contract.hypothesis", "objective",
)  # fmt: skip
"""Keys of the definition that are read and checked, and that nothing acts on in this version."""

IDLE_IN_TEAM = (
    "target", "people.signs", "channels.digests",
)  # fmt: skip
"""Keys of the team file that are read and checked, and that nothing acts on in this version."""


WAL_RESET_MENDED = (3, 51, 3)
WAL_RESET = (
    "SQLite before 3.51.3 can lose a transaction when two connections write or checkpoint at once. Baton has one "
    "connection that does either, so nothing is to be done, unless another program writes to the file."
)
"""Source: https://www.sqlite.org/wal.html, "The WAL-Reset Bug"; DESIGN, rule 8."""


@dataclass(slots=True)
class Checkup:
    """What was found: *problems* stop serving, *warnings* do not, *good* is fine."""

    good: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether Baton can serve."""
        return not self.problems

    def take(self, remarks: Iterable[Remark]) -> None:
        """Sort *remarks* into the three lists."""
        lists = {"good": self.good, "warning": self.warnings, "problem": self.problems}
        for remark in remarks:
            lists[remark.kind].append(remark.sentence)


def check_up(settings: Settings) -> Checkup:
    """Look at the settings, the two files, the database and, where a token is set, Slack."""
    found = Checkup()
    try:
        check_for_serving(settings)
        found.good.append("Settings: everything serve needs is set.")
    except SettingsError as missing:
        found.problems += missing.problems
    files, team = _read_files(settings, found)
    _check_database(settings, files, found)
    _check_slack(settings, team, found)
    return found


def _read_files(settings: Settings, found: Checkup) -> tuple[Files | None, Team | None]:
    texts = [
        _text(path, name, found)
        for path, name in (
            (settings.baton_definition, "BATON_DEFINITION"),
            (settings.baton_team, "BATON_TEAM"),
        )
    ]
    definition = _definition(texts[0], settings, found) if texts[0] is not None else None
    team = _team(texts[1], settings, found) if texts[1] is not None else None
    if definition is not None and team is not None:
        found.warnings += routing_doubts(team, definition)
    files = Files(texts[0], texts[1]) if texts[0] is not None and texts[1] is not None else None
    return files, team


def _text(path: Path, setting: str, found: Checkup) -> str | None:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as denied:
        found.problems.append(
            f"{path} cannot be read ({type(denied).__name__}). Run baton init, or set {setting}."
        )
        return None


def _definition(text: str, settings: Settings, found: Checkup) -> Definition | None:
    try:
        definition = read_definition(text, str(settings.baton_definition))
    except DefinitionError as wrong:
        found.problems += wrong.problems
        return None
    mql = stages.label("mql", definition.labels)
    found.good.append(f"Definition: {definition.name}, {mql} at {definition.threshold} points.")
    found.warnings += definition.warnings
    found.warnings += _idle(definition.keys, IDLE_IN_DEFINITION, str(settings.baton_definition))
    return definition


def _team(text: str, settings: Settings, found: Checkup) -> Team | None:
    try:
        team = read_team(text, str(settings.baton_team))
    except TeamError as wrong:
        found.problems += wrong.problems
        return None
    live = "live" if team.live else "a shadow start: no cards until an admin presses Go live"
    found.good.append(f"Team: {len(team.people)} people, {len(team.segments)} segments, {live}.")
    found.warnings += team.warnings
    found.warnings += _idle(
        frozenset(re.sub(r"^people\.[^.]+", "people", key) for key in team.keys),
        IDLE_IN_TEAM,
        str(settings.baton_team),
    )
    if team.accounts is not None:
        found.warnings += accounts_of(settings, team).problems
    return team


def _idle(keys: frozenset[str], idle: Sequence[str], file: str) -> list[str]:
    used = [key for key in idle if key in keys]
    return [f"{file}: {key} is accepted, and nothing acts on it in this version." for key in used]


def _check_database(settings: Settings, files: Files | None, found: Checkup) -> None:
    shown = settings.database_url.split("@")[-1]
    try:
        database = open_database(settings.database_url, "read")
    except StorageError as trouble:
        list_ = (
            found.warnings if "no database" in str(trouble) or "is empty" in str(trouble) else found.problems
        )
        list_.append(f"Database: {trouble}")
        return
    except SQLAlchemyError as broken:
        found.problems.append(
            f"Database: {shown} does not answer ({type(broken).__name__}). Check DATABASE_URL."
        )
        return
    try:
        stands = health.standing_of(database)
        found.good.append(f"Database: {stands.named}, schema {stands.revision} is up to date.")
        if database.sqlite and stands.version < WAL_RESET_MENDED:
            found.good.append(f"Database: {WAL_RESET}")
        if stands.now is not None:
            ahead = (Clock().real() - stands.now).total_seconds()
            found.take(inspect.clock_remarks("PostgreSQL's", ahead))
        if files is not None:
            found.warnings += govern.changed_files(database, files)
    finally:
        database.close()


def _check_slack(settings: Settings, team: Team | None, found: Checkup) -> None:
    token = settings.slack_bot_token.get_secret_value()
    if not token:
        found.warnings.append("Slack: not looked at, because SLACK_BOT_TOKEN is not set.")
        return
    slack = SlackClient(token, settings.slack_api_url)
    app_token = settings.slack_app_token.get_secret_value()
    found.take(inspect.inspect(slack, Wanted(SCOPES, team, Clock().real, app_token)))
