"""The environment, read once. `.env` in the working folder is read too; the environment wins."""

import base64
import binascii
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsError(Exception):
    """Settings are missing or wrong; one sentence each, for whoever runs Baton."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Settings(BaseSettings):
    """Everything Baton reads from the environment. An empty secret is one that is not set."""

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore")

    database_url: str = "sqlite:///baton.db"
    slack_bot_token: SecretStr = SecretStr("")
    slack_signing_secret: SecretStr = SecretStr("")
    slack_app_token: SecretStr = SecretStr("")
    slack_api_url: str = "https://slack.com/api/"
    baton_definition: Path = Path("definition.yaml")
    baton_team: Path = Path("team.yaml")
    baton_host: str = "127.0.0.1"
    baton_port: int = Field(default=8000, ge=0, le=65535)
    baton_drain_seconds: float = Field(default=1, ge=0, le=60)
    baton_playground_port: int = Field(default=8800, ge=0, le=65535)
    baton_public_url: str = ""
    baton_intake_secret: SecretStr = SecretStr("")
    baton_secret: SecretStr = SecretStr("")
    baton_webhook_url: str = ""
    baton_webhook_secret: SecretStr = SecretStr("")
    baton_keep_leads_days: int = Field(default=0, ge=0, le=36_500)
    baton_keep_sent_days: int = Field(default=90, ge=0, le=36_500)

    @property
    def intake_secrets(self) -> tuple[str, ...]:
        """The intake's secrets, two while rotating."""
        return tuple(
            part.strip() for part in self.baton_intake_secret.get_secret_value().split(",") if part.strip()
        )

    @property
    def public_url(self) -> str:
        """How the outside reaches Baton, without a slash at the end."""
        return (self.baton_public_url or f"http://{self.baton_host}:{self.baton_port}").rstrip("/")


REQUIRED_TO_SERVE = ("slack_bot_token", "slack_signing_secret", "baton_intake_secret", "baton_secret")
WHAT_FOR = {
    "slack_bot_token": "the bot token of your Slack app, xoxb-…",
    "slack_signing_secret": "the signing secret of your Slack app",
    "baton_intake_secret": "the secret senders sign their events with, whsec_… (baton init makes one)",
    "baton_secret": "the key of Baton's own hashes (baton init makes one)",
}


def read_settings() -> Settings:
    """The settings.

    Raises:
        SettingsError: a value has the wrong form; all of them are named.
    """
    try:
        return Settings()
    except ValidationError as wrong:
        raise SettingsError(
            tuple(
                f"{str(error['loc'][0]).upper()} is wrong: {error['msg'].lower()}. "
                "Correct it in .env or the environment."
                for error in wrong.errors()
            )
        ) from None


def check_for_serving(settings: Settings) -> None:
    """Raises SettingsError naming everything `serve` misses."""
    problems = [
        f"{name.upper()} is not set: {WHAT_FOR[name]}. Set it in .env or the environment."
        for name in REQUIRED_TO_SERVE
        if not getattr(settings, name).get_secret_value().strip(" ,")
    ]
    problems += [
        f"BATON_INTAKE_SECRET is not a Standard Webhooks secret: {why}. Run baton init in an empty folder for one."
        for why in _secret_problems(settings.intake_secrets)
    ]
    if settings.baton_webhook_url:
        secret = settings.baton_webhook_secret.get_secret_value()
        if not secret:
            problems.append(
                "BATON_WEBHOOK_SECRET is not set, but BATON_WEBHOOK_URL is: outgoing webhooks are signed. "
                "Set a whsec_… secret, or clear BATON_WEBHOOK_URL."
            )
        problems += [
            f"BATON_WEBHOOK_SECRET is no Standard Webhooks secret: {why}."
            for why in _secret_problems((secret,))
            if secret
        ]
    if problems:
        raise SettingsError(tuple(problems))


def _secret_problems(secrets: tuple[str, ...]) -> list[str]:
    found = []
    for secret in secrets:
        if not secret.startswith("whsec_"):
            found.append("it does not start with whsec_")
            continue
        try:
            if len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) < 16:
                found.append("it is shorter than 16 bytes")
        except binascii.Error:
            found.append("what follows whsec_ is not base64")
    return found
