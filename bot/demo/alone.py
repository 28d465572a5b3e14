"""`baton playground`: the small Slack by itself, for a `baton serve` or any other app that is pointed at it."""

from collections.abc import Callable
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bot.demo.theatre import BOT_TOKEN, SIGNING_SECRET, baton_app, channels_of, users_of
from bot.demo.waiting import told_to_stop
from bot.files import FilesUnreadable, text_of
from bot.playground import Slack
from bot.playground.entered import Entered, NoManifest, entered
from bot.settings import Settings
from bot.starting import team_text
from scoring.team import read_team

Say = Callable[[str], None]

APP_TOKEN = "xapp-playground"


def playground(settings: Settings, manifest: Path | None, say: Say) -> None:
    """Serve it until SIGINT or SIGTERM, delivering to BATON_PUBLIC_URL unless the app holds a socket.

    Raises:
        ContractError: the team file holds mistakes.
        FilesUnreadable: the team file or the manifest cannot be read.
        OSError: the port is taken.
    """
    told = told_to_stop()
    slack = lone_slack(settings, manifest).start(settings.baton_playground_port)
    slack.events_url = f"{settings.public_url}/slack/events"
    try:
        say(f"Open {slack.page} and run your app beside it.")
        say(f"SLACK_API_URL={slack.url}")
        say(f"SLACK_BOT_TOKEN={slack.bot_token}")
        say(f"SLACK_SIGNING_SECRET={slack.signing_secret}")
        say(f"Events go to {slack.events_url}: BATON_PUBLIC_URL. Or, over Socket Mode:")
        say(f"SLACK_APP_TOKEN={slack.app_token}")
        told.wait()
    finally:
        slack.stop()


def lone_slack(settings: Settings, manifest: Path | None) -> Slack:
    """The workspace of the team file, or of the sample team where there is none; the app of the manifest."""
    named = "baton_team" in settings.model_fields_set or settings.baton_team.exists()
    text = text_of(settings.baton_team, "BATON_TEAM") if named else team_text(live=True)
    team = read_team(text, str(settings.baton_team))
    app = baton_app() if manifest is None else _entered(manifest)
    return Slack(
        users=users_of(team),
        channels=channels_of(team),
        bot_token=settings.slack_bot_token.get_secret_value() or BOT_TOKEN,
        signing_secret=settings.slack_signing_secret.get_secret_value() or SIGNING_SECRET,
        app_token=settings.slack_app_token.get_secret_value() or APP_TOKEN,
        rate_limit=1.0,
        scopes=app.scopes,
        events=app.events,
        app=app.app,
        commands=app.commands,
        shortcuts=app.shortcuts,
    )


def _entered(manifest: Path) -> Entered:
    text = text_of(manifest, "--manifest")
    try:
        return entered(YAML(typ="safe", pure=True).load(text))
    except (YAMLError, NoManifest) as wrong:
        raise FilesUnreadable(f"{manifest} is no app manifest: {wrong}") from wrong
