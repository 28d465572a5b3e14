"""A world in which one can wait: business time stands still, real time is put forward by hand."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from bot.app import build
from bot.clock import MovableClock
from bot.desk.govern import Files
from bot.playground import Slack
from bot.playground.server import Server
from storage.tables import OccurrenceRow, OutboxRow
from tests.world import DEFINITION, MONDAY_9, TEAM, World, line_to, settings_for


class PatientClock(MovableClock):
    """Business time stands still; real time goes on, and can be put forward."""

    def __init__(self) -> None:
        super().__init__(MONDAY_9, running=False)
        self.waited = timedelta(0)

    def real(self) -> Any:
        return super().real() + self.waited


class Patient(World):
    """A world in which one can wait."""

    def wait(self, by: timedelta) -> None:
        """Real time passes, and the courier looks again."""
        assert isinstance(self.clock, PatientClock)
        self.clock.waited += by
        self.deliver()

    def calls(self, method: str, channel: str | None = None) -> int:
        """How often Slack was asked for this, in one channel or anywhere."""
        asked = [call for call in self.slack.calls if call.method == method]
        return sum(channel in (None, call.arguments.get("channel")) for call in asked)

    def alerts(self) -> list[str]:
        """What the admins were told."""
        return [message.text for message in self.slack.messages("C0OPS")]

    def occurrences(self) -> list[str]:
        """What happened beside the log, in order."""
        with self.baton.desk.database.reading() as session:
            return list(session.scalars(select(col(OccurrenceRow.action)).order_by(col(OccurrenceRow.id))))

    def state(self, handoff: int = 1) -> list[tuple[str, str | None]]:
        """State and error of every letter of a hand-off, in order."""
        with self.baton.desk.database.reading() as session:
            query = select(OutboxRow).order_by(col(OutboxRow.id))
            rows = session.scalars(query).all()
        return [(row.state, row.error) for row in rows if row.card_id == handoff]


def raise_patient(slack: Slack, url: str) -> Patient:
    clock = PatientClock()
    baton = build(settings_for(url, slack.url), Files(DEFINITION, TEAM), clock=clock, gaps={})
    server = Server(baton.web, 0)
    server.start()
    base = f"http://127.0.0.1:{server.port}"
    slack.events_url = f"{base}/slack/events"
    return Patient(slack, baton, clock, server, line_to(base))
