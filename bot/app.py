"""The only wiring: settings in, a Baton out."""

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta

from slack_bolt import App
from starlette.applications import Starlette

from bot.clock import Clock
from bot.courier import GAPS, Courier, Sender
from bot.crm.webhook import Hook
from bot.desk import announce, delivery, ghosts, govern
from bot.desk.desk import Desk, open_database
from bot.desk.govern import Files
from bot.desk.post import Dead, Delivered, Dropped, Later, Outcome, Parcel
from bot.desk.retention import RETENTION, Keep, Retention
from bot.metrics import Metrics
from bot.schedule import Schedule
from bot.settings import Settings
from bot.slack.bolt import build_bolt
from bot.slack.client import Ear, SlackClient
from bot.slack.deliver import Deliverer
from bot.slack.listeners.floor import Floor
from bot.slack.socket import Socket
from bot.web import Doors, build_web

WEBHOOK_PATIENCE = 8
"""How often an outgoing webhook is tried: with a wait that doubles from 10 s, for about 20 minutes."""


@dataclass(slots=True)
class Baton:
    """A running Baton: start it, serve `web`, stop it."""

    desk: Desk
    courier: Courier
    schedule: Schedule
    bolt: App
    web: Starlette
    changed: list[str]
    socket: Socket | None
    aside: ThreadPoolExecutor
    leaving: threading.Event = field(default_factory=threading.Event)

    def leave(self) -> None:
        """Say at /readyz that we are leaving; everything is still answered. May be called by a signal."""
        self.leaving.set()

    def start(self) -> None:
        """Deliver and tick in the background; connect Socket Mode where it is set."""
        self.courier.start()
        self.schedule.start()
        if self.socket is not None:
            self.socket.start()

    def stop(self) -> None:
        """Finish what is at hand, in the order that loses nothing, and give the database back."""
        if self.socket is not None:
            self.socket.stop()
        self.schedule.stop()
        _finish(self.aside)
        self.courier.stop()
        self.desk.database.close()


ASIDE_SECONDS = 5.0
"""How long whispers and answers to questions may take once we stop. With Slack away there may be many, and no
fact depends on them; those at hand end with their own time-out."""


def _finish(aside: ThreadPoolExecutor) -> None:
    waiting = threading.Thread(target=aside.shutdown, daemon=True)
    waiting.start()
    waiting.join(ASIDE_SECONDS)
    aside.shutdown(wait=True, cancel_futures=True)


def build(
    settings: Settings,
    files: Files,
    *,
    clock: Clock | None = None,
    gaps: Mapping[str, timedelta] = GAPS,
    shadow: bool = False,
) -> Baton:
    """A Baton on its database, with the schema created and version 1 stored where nothing was.

    Raises:
        StorageError: the database cannot be used.
    """
    database = open_database(settings.database_url, "serve")
    clock = clock or delivery.clock_of(database, Clock())
    metrics = Metrics()
    desk = Desk(
        database,
        clock,
        webhooks=bool(settings.baton_webhook_url),
        shadow=shadow,
        secret=settings.baton_secret.get_secret_value().encode(),
        breached=metrics.breached,
    )
    changed = govern.first_start(desk, files)
    ear = Ear(metrics.slack_error, metrics.slack_pause)
    slack = SlackClient(settings.slack_bot_token.get_secret_value(), settings.slack_api_url, ear)
    hook = Hook(settings.baton_webhook_url, settings.baton_webhook_secret.get_secret_value())
    senders: dict[str, Sender] = {
        **Deliverer(desk, slack, clock).senders(),
        "webhook": _Webhooks(desk, hook),
        RETENTION: Retention(desk, _keep(settings)),
    }
    courier = Courier(database, clock, senders, gaps=gaps, count=metrics.sent, waited=metrics.waited)
    desk.wake = courier.wake
    schedule = Schedule(desk, courier)
    aside = ThreadPoolExecutor(8, thread_name_prefix="aside")
    leaving = threading.Event()
    floor = Floor(desk, slack, aside, metrics.pressed)
    bolt = build_bolt(
        floor, settings.slack_signing_secret.get_secret_value(), settings.slack_bot_token.get_secret_value()
    )
    web = build_web(
        Doors(
            desk,
            bolt,
            settings.intake_secrets,
            metrics,
            lambda: schedule.alive,
            leaving.is_set,
        )
    )
    app_token = settings.slack_app_token.get_secret_value()
    socket = _socket(desk, bolt, app_token, settings.slack_api_url) if app_token else None
    return Baton(desk, courier, schedule, bolt, web, changed, socket, aside, leaving)


def _socket(desk: Desk, bolt: App, app_token: str, base_url: str) -> Socket:
    return Socket(bolt, app_token, base_url, hello=lambda n, again: ghosts.count(desk, n, again))


def _keep(settings: Settings) -> Keep:
    leads, sent = settings.baton_keep_leads_days, settings.baton_keep_sent_days
    return Keep(timedelta(days=leads) if leads else None, timedelta(days=sent) if sent else None)


@dataclass(frozen=True, slots=True)
class _Webhooks:
    """Outgoing webhooks: the desk says what, the hook says it."""

    desk: Desk
    hook: Hook

    def __call__(self, parcel: Parcel) -> Outcome:
        payload = announce.payload(self.desk, parcel)
        if payload is None:
            return Dropped("the lead is gone, or not to be told of any more")
        status = self.hook.send(f"baton-{parcel.send}", self.desk.clock.real(), payload)
        if status is not None and 200 <= status < 300:
            return Delivered()
        if status == 410:
            return Dead("the receiver answered 410 Gone")
        if parcel.attempts >= WEBHOOK_PATIENCE:
            return Dead(f"the receiver answered {status or 'nothing'} {parcel.attempts} times")
        return Later(
            timedelta(seconds=10 * 2 ** (parcel.attempts - 1)), f"the receiver answered {status or 'nothing'}"
        )
