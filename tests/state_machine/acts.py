"""What may happen in a round, each under the name that a failure prints."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.state_machine.expected import ROLES
from tests.state_machine.floor import Floor
from tests.state_machine.senders import Signal

PAST_THE_LEASE = timedelta(seconds=35)
"""A lease is good for 20 s, and a doubtful send is looked for after 12 s."""


@dataclass(frozen=True)
class Acts:
    """The acts, on one floor. *sent*: what an act left in the outbox is sent at once."""

    on: Floor

    def _then(self, sent: bool, replica: int) -> None:
        if sent:
            self.on.work("drain", 0, replica)

    def an_event_comes(
        self,
        lead: int,
        signal: Signal | None,
        age: timedelta,
        edge: int,
        replica: int,
        lose: bool,
        sent: bool,
    ) -> None:
        """A sender tells something new; the replica may die of it, or its answer be lost."""
        self.on.event(lead, signal, age, edge, replica, lose)
        self._then(sent, replica)

    def an_event_comes_again(self, which: int, changed: bool, replica: int) -> None:
        """The same id, with the same body or another."""
        self.on.event_again(which, changed, replica)

    def somebody_presses(self, sent: bool, **drawn: Any) -> None:
        """One of the buttons that decide."""
        self.on.press_something(**drawn)
        self._then(sent, drawn["replica"])

    def somebody_presses_twice(self, user: str, which: int, replica: int, sent: bool) -> None:
        """A double click, which a balancer splits between replicas."""
        self.on.press_something(user, which, stale=True, replica=replica)
        self.on.press_something(user, which, stale=True, replica=replica + 1)
        self._then(sent, replica)

    def somebody_fills_in_a_form(self, user: str, which: int, sent: bool, late: bool, **drawn: Any) -> None:
        """A form is opened and sent, or left open for later."""
        who = self.on.open_form(user, which, drawn["replica"])
        if who and not late:
            self.on.submit(who, **drawn)
            self._then(sent, drawn["replica"])

    def an_owner_works_on_a_lead(self, which: int, sent: bool, **drawn: Any) -> None:
        """A touch, a qualification or an end by who owns it."""
        self.somebody_fills_in_a_form("owner", which, sent, late=False, **drawn)

    def those_who_left_a_form_open_send_it(self, **drawn: Any) -> None:
        """However much has happened since."""
        for who in sorted(ROLES):
            self.on.submit(who, dated=True, **drawn)

    def who_pressed_last_takes_it_back(self, which: int, edge: int, replica: int, sent: bool) -> None:
        """Undo."""
        self.on.take_back(which, edge, replica)
        self._then(sent, replica)

    def a_request_of_slack_is_sent_again(self, which: int, replica: int) -> None:
        """Byte by byte."""
        self.on.replay(which, replica)

    def somebody_is_overtaken(self, first: str, second: str, undo: bool, which: int) -> None:
        """A press on one replica is decided between another's reading and writing."""
        self.on.overtaken(first, second, undo, which)

    def time_passes(self, by: timedelta, edge: int, replica: int, sent: bool) -> None:
        """And what became due is decided."""
        self.on.hands.advance(by)
        self.on.work("tick", edge, replica)
        self._then(sent, replica + 1)

    def letters_are_sent(self, edge: int, replica: int) -> None:
        """The courier looks, and may die of it."""
        self.on.work("drain", edge, replica)

    def a_replica_falls_asleep_while_sending(self, lead: int, begin: int, which: int) -> None:
        """Meanwhile somebody accepts on the other one, which may take over what the sleeper holds."""
        self.on.event(lead, "demo_request", timedelta(0))
        self.on.doze(begin)
        self.on.press_something("U0MAX", which % 2)
        if which % 3:
            self.on.hands.advance(PAST_THE_LEASE)
            self.on.work("drain", 0, 0)
            self.on.wake()

    def the_sleeping_replica_wakes(self) -> None:
        """It goes on with what it held, whoever has taken it over since."""
        self.on.wake()

    def slack_fails_as_a_lead_comes(
        self, method: str, kind: str, times: int, lead: int, replica: int
    ) -> None:
        """The next calls go wrong, before or after they had their effect."""
        self.on.trouble(method, kind, times)
        self.on.event(lead, "demo_request", timedelta(0), replica=replica)
        self.on.work("drain", 0, replica)

    def slack_refuses_the_token(self, lead: int, replica: int, mended: bool) -> None:
        """Every call is refused; mostly it is repaired soon."""
        self.on.revoke()
        self.on.event(lead, "demo_request", timedelta(0), replica=replica)
        self.on.work("drain", 0, replica)
        if mended:
            self.on.heal()

    def slack_is_well_again(self) -> None:
        """No more trouble."""
        self.on.heal()

    def a_channel_is_archived_or_brought_back(self, archived: bool, channel: str) -> None:
        """By people, who do not tell Baton."""
        self.on.archive(archived, channel)

    def somebody_deletes_a_card(self, which: int, really: bool) -> None:
        """By hand, in Slack."""
        if really:
            self.on.delete_card(which)
