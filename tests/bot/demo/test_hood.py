"""Under the hood: the outbox and the deadlines, as they move."""

from datetime import timedelta

from bot.demo import hood
from bot.demo.theatre import Theatre
from bot.playground import Table
from tests.world import ADA


def tables(theatre: Theatre) -> tuple[Table, Table]:
    """What the panel shows: what is to come, and the outbox."""
    watch = hood.panel(theatre).watch
    assert watch is not None
    to_come, outbox = watch()
    return to_come, outbox


def test_before_the_first_lead_there_is_nothing(theatre: Theatre) -> None:
    to_come, outbox = tables(theatre)
    assert (to_come.rows, outbox.rows) == ([], [])
    assert to_come.empty == "Nothing is to come. Send a lead first."


def test_a_lead_is_on_its_way_then_sent_and_its_ladder_is_to_come(theatre: Theatre) -> None:
    theatre.send(theatre.event("demo_request", ADA))
    to_come, outbox = tables(theatre)
    assert outbox.rows[-1][1:] == ("card to emea", "Ada Lovelace", "waits")
    when, what, whom = to_come.rows[0]
    assert (when, what, whom) == ("Mon 10:30 · in 30 minutes", "first touch: nudge 50%", "Ada Lovelace")
    theatre.baton.courier.drain()
    assert tables(theatre)[1].rows[-1][3] == "sent"
    theatre.forward(timedelta(minutes=31))
    assert tables(theatre)[0].rows[0][1] == "first touch: nudge 80%"


def test_trouble_is_seen_in_the_outbox(theatre: Theatre) -> None:
    theatre.slack.fail("chat.postMessage", "not_in_channel", times=None)
    theatre.send(theatre.event("demo_request", ADA))
    theatre.baton.courier.drain()
    states = [row[3] for row in tables(theatre)[1].rows if row[1].startswith("card")]
    assert any("not_in_channel" in state for state in states)
