"""The whole round: senders, reps, replicas, and a Slack that fails."""

from datetime import datetime

from tests.state_machine.end import settle
from tests.state_machine.place import Place
from tests.state_machine.presses import Presses
from tests.state_machine.said import is_card, send_of
from tests.state_machine.senders import Senders


class Floor(Presses):
    """One round."""

    def __init__(self, place: Place, start: datetime) -> None:
        super().__init__(place, start)
        self.senders = Senders()
        self.asked = []

    def settle(self) -> None:
        """Nothing fails any more: everything that is owed is done, and all accounts agree."""
        settle(self)

    def trouble(self, method: str, kind: str, times: int) -> None:
        """Slack fails the next calls; what was wrong before is over."""
        self.heal()
        seconds = {"latency": 0.02, "history_lag": 5.0, "ratelimited": 30.0}.get(kind, 1.0)
        method = "conversations.history" if kind == "history_lag" else method
        self.slack.fail(method, kind, times, seconds=seconds)

    def revoke(self) -> None:
        """Every call is refused until `heal`."""
        self.slack.fail("*", "token_revoked", None)

    def heal(self) -> None:
        """No more trouble."""
        self.slack.heal()

    def archive(self, archived: bool, channel: str) -> None:
        """A channel is archived, or brought back."""
        self.slack.change_channel(channel, archived=archived)

    def delete_card(self, which: int) -> None:
        """A person deletes a card; whoever is on it had this state then."""
        cards = [one for one in self.messages() if is_card(one)]
        if not cards:
            return
        gone = cards[-1 - which % len(cards)]
        card_id = self.books.letters()[send_of(gone)].card_id
        for row in self.books.handoffs():
            if row.card_id == card_id and row.id is not None:
                self.deleted.setdefault(row.id, []).append(self.handoffs[row.id].state)
        found = self.slack.workspace.find(gone.channel, gone.ts)
        assert found is not None
        self.slack.workspace.remove(found)
