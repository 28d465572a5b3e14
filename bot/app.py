"""The only wiring: settings in, a Baton out."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from slack_bolt import App
from starlette.applications import Starlette

from bot.clock import Clock
from bot.courier import GAPS, Courier, Sender
from bot.crm.webhook import Hook
from bot.desk import announce, govern
from bot.desk.desk import Desk, open_database
from bot.desk.govern import Files
from bot.desk.post import Dead, Delivered, Dropped, Later, Outcome, Parcel
from bot.metrics import Metrics
from bot.schedule import Schedule
from bot.settings import Settings
from bot.slack.bolt import build_bolt
from bot.slack.client import SlackClient
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
        self.aside.shutdown(wait=True)
        self.courier.stop()
        self.desk.database.close()


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
    clock = clock or Clock()
    database = open_database(settings.database_url, "serve")
    metrics = Metrics()
    desk = Desk(
        database,
        clock,
        webhooks=bool(settings.baton_webhook_url),
        shadow=shadow,
        secret=settings.baton_secret.get_secret_value().encode(),
    )
    changed = govern.first_start(desk, files)
    slack = SlackClient(settings.slack_bot_token.get_secret_value(), settings.slack_api_url)
    hook = Hook(settings.baton_webhook_url, settings.baton_webhook_secret.get_secret_value())
    senders: dict[str, Sender] = {**Deliverer(desk, slack, clock).senders(), "webhook": _Webhooks(desk, hook)}
    courier = Courier(database, clock, senders, gaps=gaps, count=metrics.sent)
    desk.wake = courier.wake
    schedule = Schedule(desk, courier)
    aside = ThreadPoolExecutor(4, thread_name_prefix="aside")
    floor = Floor(desk, slack, aside)
    bolt = build_bolt(
        floor, settings.slack_signing_secret.get_secret_value(), settings.slack_bot_token.get_secret_value()
    )
    web = build_web(Doors(desk, bolt, settings.intake_secrets, metrics, lambda: schedule.alive))
    app_token = settings.slack_app_token.get_secret_value()
    socket = Socket(bolt, app_token, settings.slack_api_url) if app_token else None
    return Baton(desk, courier, schedule, bolt, web, changed, socket, aside)


@dataclass(frozen=True, slots=True)
class _Webhooks:
    """Outgoing webhooks: the desk says what, the hook says it."""

    desk: Desk
    hook: Hook

    def __call__(self, parcel: Parcel) -> Outcome:
        payload = announce.payload(self.desk, parcel)
        if payload is None:
            return Dropped("the lead is gone")
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
