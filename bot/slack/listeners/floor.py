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

_FROM_HOME = "\nhome "
"""What stands between a form's own private metadata and how Home was turned."""
MOST_TURNED = 500
"""Characters of "mine:2 pools:3": more than all lists need."""

Policy = Literal[
    "decide", "facts", "hand_over", "leader", "member", "manage", "manager", "admin", "anybody"
]  # fmt: skip
"""Who may cause it. decide: the pool, the owner, managers (the desk checks against the hand-off); facts: those and
marketing; hand_over: SDRs, marketing, managers; leader: marketing and managers; member: everyone in the team file;
manage: its managers and admins; manager, admin: those of that role; anybody: it changes and shows nothing."""


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
    """A button that was pressed. *seal* is the request's signature, None over Socket Mode.

    *home* is None for a press on a message; on the Home tab it says how its lists are turned ("mine:2").
    """

    user: str
    team_id: str | None
    channel: str | None
    ts: str | None
    value: str
    trigger_id: str
    seal: str | None = None
    home: str | None = None

    @property
    def handoff(self) -> int:
        """The hand-off the button belongs to, or a menu's choice such as snooze:17; 0, which there is never, where the
        value is forged or names something else."""
        word, colon, number = self.value.rpartition(":")
        return _id(number) if not colon or (word.isalpha() and word != "lead") else 0

    @property
    def lead(self) -> int:
        """The lead that a value `lead:ID` names; 0, which there is never, where it names none."""
        return _lead_in(self.value)


def _id(written: str) -> int:
    return int(written) if written.isascii() and written.isdigit() and len(written) < 10 else 0


def _lead_in(text: str) -> int:
    number = text.removeprefix("lead:")
    return _id(number) if number != text else 0


@dataclass(frozen=True, slots=True)
class Chosen:
    """A message shortcut that was chosen: of which message, what it says, and whose card it may be.

    *handoff*: what a message of ours says it is about, else 0.
    """

    user: str
    team_id: str | None
    channel: str
    ts: str
    thread_ts: str | None
    text: str
    handoff: int
    trigger_id: str
    seal: str | None = None


@dataclass(frozen=True, slots=True)
class Filled:
    """A form that was submitted: block id to value; of several values one text with blanks between. *home* as in Press,
    where the form was opened from Home."""

    user: str
    team_id: str | None
    private: str
    values: Mapping[str, str | None]
    seal: str | None = None
    home: str | None = None

    @property
    def handoff(self) -> int:
        """The hand-off the form is about; 0 where the metadata is forged."""
        return _id(self.private)

    @property
    def people(self) -> tuple[int, ...] | None:
        """The hand-offs that were ticked, of several on a card; None where the form did not ask."""
        if "people" not in self.values:
            return None
        return tuple(_id(each) for each in (self.values["people"] or "").split())

    @property
    def person(self) -> int | None:
        """The hand-off that was chosen, of several on a card; None where the form did not ask."""
        return _id(self.values["person"] or "") if "person" in self.values else None

    @property
    def lead(self) -> int:
        """The lead the form is about; 0 where it is about none, or the metadata is forged."""
        return _lead_in(self.private)


def chosen_of(body: Mapping[str, Any], seal: str | None = None) -> Chosen:
    """What a message_action payload says."""
    message = body.get("message") or {}
    meant = ((message.get("metadata") or {}).get("event_payload") or {}).get("handoff")
    handoff = meant if isinstance(meant, int) and not isinstance(meant, bool) and 0 < meant < 10**9 else 0
    return Chosen(
        user=body["user"]["id"],
        team_id=body["user"].get("team_id") or (body.get("team") or {}).get("id"),
        channel=str((body.get("channel") or {}).get("id") or ""),
        ts=str(body.get("message_ts") or message.get("ts") or ""),
        thread_ts=message.get("thread_ts"),
        text=_UNSTORABLE.sub("", str(message.get("text") or "")),
        handoff=handoff,
        trigger_id=str(body.get("trigger_id") or ""),
        seal=seal,
    )


def press_of(body: Mapping[str, Any], action: Mapping[str, Any], seal: str | None = None) -> Press:
    """What a block_actions payload says."""
    container = body.get("container") or {}
    return Press(
        user=body["user"]["id"],
        team_id=body["user"].get("team_id") or (body.get("team") or {}).get("id"),
        channel=container.get("channel_id") or (body.get("channel") or {}).get("id"),
        ts=container.get("message_ts"),
        value=str(
            action.get("value")
            or (action.get("selected_option") or {}).get("value")
            or action.get("selected_user")
            or ""
        ),
        trigger_id=str(body.get("trigger_id") or ""),
        seal=seal,
        home=_home_of(body, container),
    )


def _home_of(body: Mapping[str, Any], container: Mapping[str, Any]) -> str | None:
    """How Home was turned when it was pressed on; None for a press on a message or in a form."""
    view = body.get("view") or {}
    if container.get("type") != "view" or view.get("type") != "home":
        return None
    return str(view.get("private_metadata") or "")[:MOST_TURNED]


def from_home(view: Mapping[str, Any], home: str) -> dict[str, Any]:
    """A form that was opened from Home: it remembers so, for Home is drawn anew once it is submitted."""
    return {**view, "private_metadata": f"{view.get('private_metadata') or ''}{_FROM_HOME}{home}"}


def filled_of(body: Mapping[str, Any], view: Mapping[str, Any], seal: str | None = None) -> Filled:
    """What a view_submission payload says."""
    values = {
        block: _value(next(iter(inputs.values()), {}))
        for block, inputs in ((view.get("state") or {}).get("values") or {}).items()
    }
    private, from_there, home = str(view.get("private_metadata") or "").partition(_FROM_HOME)
    return Filled(
        user=body["user"]["id"],
        team_id=body["user"].get("team_id") or (body.get("team") or {}).get("id"),
        private=private,
        values=values,
        seal=seal,
        home=home[:MOST_TURNED] if from_there else None,
    )


def _value(state: Mapping[str, Any]) -> str | None:
    option = state.get("selected_option")
    if option is not None:
        return str(option.get("value"))
    for several in ("selected_users", "selected_options"):
        if several in state:
            chosen = state.get(several) or []
            return " ".join(str(one["value"] if isinstance(one, dict) else one) for one in chosen)
    single = ("value", "selected_date", "selected_time", "selected_user")
    found = next((state[key] for key in single if state.get(key)), None)
    return _UNSTORABLE.sub("", str(found)) if found is not None else None
