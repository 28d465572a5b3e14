"""Two replicas share out leads at the same moment: nobody is a lead ahead, and nobody gets more than they take."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from bot.desk.desk import Desk, open_database
from storage import assignments
from tests.bot.desk.shift import Shift
from tests.bot.desk.watch import rows
from tests.world import ADA, TEAM

PEOPLE = ("U0ANN", "U0BOB", "U0CAT")
LEADS = 90
SHARED = TEAM.replace("pool: [U0ANN, U0BOB]}", "pool: [U0ANN, U0BOB, U0CAT], assign: round_robin}")
TWO_SEGMENTS = TEAM.replace("pool: [U0ANN, U0BOB]}", "pool: [U0BOB], assign: round_robin}").replace(
    "pool: [U0ANN, U0BOB, U0CAT]}", "pool: [U0BOB], assign: round_robin}"
)
COUNTRIES = ("GB", "US")


@pytest.fixture
def replicas(shifts: Callable[..., Shift], postgres_url: str) -> Iterator[Callable[[str], list[Shift]]]:
    """Starts two desks with a database object each."""
    others: list[Desk] = []

    def start(team: str) -> list[Shift]:
        first = shifts(postgres_url, team=team)
        others.append(Desk(open_database(postgres_url, "serve"), first.clock))
        return [first, Shift(others[-1], first.clock, first._events)]

    yield start
    for desk in others:
        desk.database.close()


def at_once(replicas: list[Shift], leads: list[dict[str, object]], hands: int = 8) -> None:
    """Every lead asks for a demo in a request of its own, from *hands* senders to both replicas."""
    events = [replicas[0].event("demo_request", lead) for lead in leads]
    start = Barrier(hands)

    def send(hand: int) -> None:
        start.wait()
        for event in events[hand::hands]:
            replicas[hand % 2].arrive(event)

    with ThreadPoolExecutor(hands) as senders:
        list(senders.map(send, range(hands)))


def test_leads_that_two_replicas_share_out_at_once_go_by_turns_all_the_same(
    replicas: Callable[[str], list[Shift]],
) -> None:
    both = replicas(SHARED)
    at_once(both, [ADA | {"email": f"lead{n}@engines{n}.example"} for n in range(LEADS)])

    given = dict(rows(both[0], "SELECT owner, count(*) FROM handoff GROUP BY owner"))  # type: ignore[arg-type,var-annotated]
    assert given == dict.fromkeys(PEOPLE, LEADS // 3)
    with both[0].desk.database.reading() as session:
        credits = assignments.credits_of(session, "EMEA")
    assert sum(credits.values()) == 0
    assert all(abs(credit) < 10**12 for credit in credits.values())


def test_who_takes_only_so_many_gets_no_more_from_two_segments_at_once(
    replicas: Callable[[str], list[Shift]],
) -> None:
    both = replicas(TWO_SEGMENTS.replace("Bob, role: sdr", "Bob, role: sdr, capacity: 1"))
    for race in range(15):
        leads = [
            ADA | {"email": f"lead{race}-{n}@engines{race}-{n}.example", "country": COUNTRIES[n]}
            for n in range(2)
        ]
        at_once(both, leads, hands=2)
        ((bobs,),) = rows(both[0], "SELECT count(*) FROM handoff WHERE owner = 'U0BOB' AND ended_at IS NULL")
        assert bobs == 1, f"after race {race}"
        with both[0].desk.database.writing() as session:
            session.connection().exec_driver_sql("UPDATE handoff SET ended_at = crossed_at")
