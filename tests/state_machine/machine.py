"""The life of hand-offs under webhooks, clicks, crashes, time and a Slack that fails, in any order."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.state_machine.acts import Acts
from tests.state_machine.floor import Floor
from tests.state_machine.place import Place
from tests.state_machine.senders import NAMES, Signal

STARTS = (
    datetime(2026, 11, 23, 9, 0, tzinfo=UTC),  # a Monday
    datetime(2026, 10, 23, 9, 0, tzinfo=UTC),  # the Friday before the clocks go back
    datetime(2027, 3, 25, 9, 0, tzinfo=UTC),  # before Easter, and the clocks go forward on Easter Sunday
)
SIGNALS: tuple[Signal | None, ...] = (
    "demo_request", "demo_request", "demo_request", "pricing_page", "pricing_page", "ebook", "email_open",
    "mystery", None,
)  # fmt: skip
AGES = (timedelta(0), timedelta(0), timedelta(0), timedelta(hours=2), timedelta(days=4))
PEOPLE = ("U0ANN", "U0ANN", "U0BOB", "U0BOB", "U0CAT", "U0MAX", "U0MIA", "U0EVE", "U0GUS")
REASONS = ("not_fit.size", "timing.no_project", "no_budget", "customer", "opted_out")
_SECONDS = (1, 13, 21, 300, 300, 1_860, 1_860, 3_600, 10_800, 57_600, 86_400, 3 * 86_400, 8 * 86_400)
SPANS = tuple(timedelta(seconds=each) for each in _SECONDS)
"""Longer than a grace, longer than a lease, within the ten minutes of Undo, past a nudge, overnight, a week."""
METHODS = (
    "chat.postMessage", "chat.postMessage", "chat.update", "conversations.history", "conversations.replies",
    "views.open", "chat.postEphemeral", "*",
)  # fmt: skip
TROUBLE = (
    "drop", "drop", "500_after", "500_after", "500_before", "ratelimited", "internal_error", "latency",
    "history_lag",
)  # fmt: skip

leads = st.integers(0, len(NAMES) - 1)
nth = st.integers(0, 11)
replicas = st.integers(0, 1)
rarely = st.sampled_from((False, False, False, True))
edges = st.one_of(st.just(0), st.just(0), st.integers(1, 14))
"""At which edge of a transaction the Baton at work dies; 0 is not at all."""
sent_after = st.sampled_from((True, True, True, False))
"""Whether what an act left in the outbox is sent at once, as a courier that is awake does."""
rivals = st.sampled_from(("U0ANN", "U0BOB", "U0MAX"))
people = st.sampled_from((*PEOPLE, "owner", "last"))
reasons = st.sampled_from(REASONS)
outcomes = st.sampled_from(("reached", "reached", "voicemail"))
dead = {"edge": edges, "replica": replicas}
form = {"reason": reasons, "outcome": outcomes, "dated": st.booleans(), **dead}

ACTS: dict[str, tuple[int, dict[str, st.SearchStrategy[Any]]]] = {
    "an_event_comes": (
        5,
        {
            "lead": leads,
            "signal": st.sampled_from(SIGNALS),
            "age": st.sampled_from(AGES),
            "lose": rarely,
            "sent": sent_after,
            **dead,
        },
    ),
    "an_event_comes_again": (2, {"which": nth, "changed": st.booleans(), "replica": replicas}),
    "somebody_presses": (
        5,
        {"user": people, "which": nth, "stale": st.booleans(), "lose": rarely, "sent": sent_after, **dead},
    ),
    "somebody_presses_twice": (2, {"user": people, "which": nth, "sent": sent_after, "replica": replicas}),
    "somebody_fills_in_a_form": (
        3,
        {"user": people, "which": nth, "late": rarely, "sent": sent_after, **form},
    ),
    "an_owner_works_on_a_lead": (5, {"which": nth, "sent": sent_after, **form}),
    "those_who_left_a_form_open_send_it": (2, {"reason": reasons, "outcome": outcomes, **dead}),
    "who_pressed_last_takes_it_back": (2, {"which": nth, "sent": sent_after, **dead}),
    "a_request_of_slack_is_sent_again": (2, {"which": nth, "replica": replicas}),
    "somebody_is_overtaken": (3, {"first": rivals, "second": rivals, "undo": rarely, "which": nth}),
    "time_passes": (5, {"by": st.sampled_from(SPANS), "sent": sent_after, **dead}),
    "letters_are_sent": (2, dead),
    "a_replica_falls_asleep_while_sending": (4, {"lead": leads, "begin": st.integers(2, 6), "which": nth}),
    "the_sleeping_replica_wakes": (1, {}),
    "slack_fails_as_a_lead_comes": (
        5,
        {
            "method": st.sampled_from(METHODS),
            "kind": st.sampled_from(TROUBLE),
            "times": st.integers(1, 3),
            "lead": leads,
            "replica": replicas,
        },
    ),
    "slack_refuses_the_token": (1, {"lead": leads, "replica": replicas, "mended": sent_after}),
    "slack_is_well_again": (1, {}),
    "a_channel_is_archived_or_brought_back": (
        1,
        {"archived": rarely, "channel": st.sampled_from(("C0EMEA", "C0ALL"))},
    ),
    "somebody_deletes_a_card": (1, {"which": nth, "really": rarely}),
}
"""What may happen: how often beside the others, and with what. One rule draws them all, because Hypothesis
leaves out half of a machine's rules in each round, and a short run has few rounds."""


class Act(NamedTuple):
    """One thing that happens."""

    name: str
    given: Mapping[str, Any]


def acts() -> st.SearchStrategy[Act]:
    """Any of ACTS, by weight."""
    names = [name for name, (weight, _) in ACTS.items() for _ in range(weight)]
    drawn = {
        name: st.builds(Act, st.just(name), st.fixed_dictionaries(given)) for name, (_, given) in ACTS.items()
    }
    return st.sampled_from(names).flatmap(lambda name: drawn[name])


class Rounds(RuleBasedStateMachine):
    """Every act may be cut off; whatever was confirmed must stand, and in the end Slack shows what is so."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place
        self.broken = False
        self.floor: Floor | None = None

    @property
    def on(self) -> Floor:
        """Where it happens."""
        assert self.floor is not None
        return self.floor

    @initialize(start=st.sampled_from(STARTS), lead=leads)
    def opens(self, start: datetime, lead: int) -> None:
        """Two leads are with sales already; one has been accepted."""
        self.floor = Floor(self.place, start)
        for each in (lead, lead + 1):
            self.on.event(each % len(NAMES), "demo_request", timedelta(0))
        self.on.work("drain", 0, 0)
        self.on.press("U0MAX", "accept", 1)

    @rule(act=acts())
    def then(self, act: Act) -> None:
        """Something happens."""
        try:
            getattr(Acts(self.on), act.name)(**act.given)
        except BaseException:
            self.broken = True
            raise

    @invariant()
    def what_must_always_hold(self) -> None:
        if self.floor is None or self.broken:
            return
        try:
            self.floor.check()
        except BaseException:
            self.broken = True
            raise

    def teardown(self) -> None:
        if self.floor is None:
            return
        try:
            if not self.broken:
                self.floor.settle()
        finally:
            self.floor.close()
