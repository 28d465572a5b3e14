"""What a listener has at hand, what Slack sent it, and the policy every listener stands under."""

import logging
import re
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Literal

from bot.desk.desk import Desk
from bot.slack.client import SlackClient, SlackTrouble

log = logging.getLogger(__name__)

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")

Policy = Literal["decide", "member", "admin", "anybody"]
"""Who may cause it. decide: the pool, the owner, managers (the desk checks against the hand-off); member:
everyone in the team file; admin: its admins; anybody: it changes and shows nothing."""


def _nobody_counts(_action: str, _outcome: str, _seconds: float) -> None:
    """Without metrics nobody hears of it."""


@dataclass(frozen=True, slots=True)
class Floor:
    """Where listeners work.

    *aside* runs best-effort calls after the answer; no fact depends on them. *pressed* is told how each button and
    form ended: its name, the outcome, seconds.
    """

    desk: Desk
    slack: SlackClient
    aside: Executor
    pressed: Callable[[str, str, float], None] = _nobody_counts

    def whisper(
        self, channel: str | None, user: str, sentence: str, respond: Callable[[str], object]
    ) -> None:
        """Tell one person one sentence, after the answer; by response_url where the channel refuses."""

        def tell() -> None:
            try:
                if channel is None:
                    respond(sentence)
                else:
                    self.slack.whisper(channel, user, sentence)
            except SlackTrouble as trouble:
                log.info("whisper refused", extra={"why": str(trouble)})
                respond(sentence)

        self.aside_logged(tell)

    def aside_logged(self, job: Callable[[], None]) -> None:
        """Do it after the answer; a failure is logged."""
        self.aside.submit(_logged, job)


def _logged(job: Callable[[], None]) -> None:
    try:
        job()
    except Exception:  # the boundary of a best-effort job: logged, and nothing depends on it
        log.exception("a best-effort call to Slack failed")


@dataclass(frozen=True, slots=True)
class Press:
    """A button that was pressed. *seal* is the request's signature, None over Socket Mode."""

    user: str
    team_id: str | None
    channel: str | None
    ts: str | None
    value: str
    trigger_id: str
    seal: str | None = None

    @property
    def handoff(self) -> int:
        """The hand-off the button belongs to; 0, which there is never, where the value is forged."""
        return (
            int(self.value) if self.value.isascii() and self.value.isdigit() and len(self.value) < 10 else 0
        )


@dataclass(frozen=True, slots=True)
class Filled:
    """A form that was submitted: block id to value."""

    user: str
    team_id: str | None
    private: str
    values: Mapping[str, str | None]
    seal: str | None = None

    @property
    def handoff(self) -> int:
        """The hand-off the form is about; 0 where the metadata is forged."""
        return (
            int(self.private)
            if self.private.isascii() and self.private.isdigit() and len(self.private) < 10
            else 0
        )


def press_of(body: Mapping[str, Any], action: Mapping[str, Any], seal: str | None = None) -> Press:
    """What a block_actions payload says."""
    container = body.get("container") or {}
    return Press(
        user=body["user"]["id"],
        team_id=body["user"].get("team_id") or (body.get("team") or {}).get("id"),
        channel=container.get("channel_id") or (body.get("channel") or {}).get("id"),
        ts=container.get("message_ts"),
        value=str(action.get("value") or (action.get("selected_option") or {}).get("value") or ""),
        trigger_id=str(body.get("trigger_id") or ""),
        seal=seal,
    )


def filled_of(body: Mapping[str, Any], view: Mapping[str, Any], seal: str | None = None) -> Filled:
    """What a view_submission payload says."""
    values = {
        block: _value(next(iter(inputs.values()), {}))
        for block, inputs in ((view.get("state") or {}).get("values") or {}).items()
    }
    return Filled(
        user=body["user"]["id"],
        team_id=body["user"].get("team_id") or (body.get("team") or {}).get("id"),
        private=str(view.get("private_metadata") or ""),
        values=values,
        seal=seal,
    )


def _value(state: Mapping[str, Any]) -> str | None:
    option = state.get("selected_option")
    if option is not None:
        return str(option.get("value"))
    found = state.get("value") or state.get("selected_date") or state.get("selected_user")
    return _UNSTORABLE.sub("", str(found)) if found is not None else None
