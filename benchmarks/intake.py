"""Signed, durable intake over HTTP, against the same SQL through the same server without Baton's code.

95 % of the events are of known leads and 2 % cross the threshold. The yardstick's statements are recorded from
Baton itself, of one event of a known lead, and replayed on the bare driver inside one transaction a request.
Targets: single events at 50 % of the yardstick's rate or more; 5,000 events/s in batches of 100.
Run: python -m benchmarks.intake
"""

import itertools
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from statistics import median

from benchmarks.ground import Served, baton_serving, connected, databases, small_slack, table
from benchmarks.same_sql import serving_the_same_sql

KNOWN = 1_000
SINGLES = 600
BATCHES = 60
BATCH = 100
CLIENTS = 4
ROUNDS = 3

_numbers = itertools.count()
_chance = random.Random(7)


def event(person: int, signal: str) -> dict[str, object]:
    """Something person number *person* did just now."""
    firm = person % 200
    return {
        "id": f"bench-{time.time_ns()}-{next(_numbers)}",
        "occurred_at": datetime.now(UTC).isoformat(),
        "signal": signal,
        "asset": f"page {person % 7}",
        "lead": {
            "email": f"p{person}@firm{firm}.example",
            "first_name": "Pat",
            "last_name": f"Number {person}",
            "title": "Marketing Manager",
            "company": f"Firm {firm}",
            "employees": 120,
            "industry": "retail",
            "country": "GB",
        },
    }


def mixed() -> dict[str, object]:
    """One event of the mix: 95 % known leads, 2 % demo requests of somebody new, which cross."""
    roll = _chance.random()
    if roll < 0.02:
        return event(10_000_000 + next(_numbers), "demo_request")
    if roll < 0.05:
        return event(10_000_000 + next(_numbers), "newsletter_signup")
    return event(
        _chance.randrange(KNOWN), _chance.choice(("email_open", "email_click_content", "tofu_download"))
    )


def requests_of(count: int, size: int) -> list[str]:
    """Bodies of *count* requests with *size* events each."""
    return [json.dumps({"events": [mixed() for _ in range(size)]}) for _ in range(count)]


def rate(base: str, bodies: list[str], headers: Callable[[str], dict[str, str]]) -> float:
    """Requests a second with four clients that keep their connections; every answer must be a 202."""
    signed = [(body.encode(), headers(body)) for body in bodies]
    shares = [signed[n::CLIENTS] for n in range(CLIENTS)]
    wrong: list[int] = []

    def send(share: list[tuple[bytes, dict[str, str]]]) -> None:
        connection = connected(base)
        for body, head in share:
            connection.request("POST", "/intake/events", body, head)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 202:
                wrong.append(answer.status)
        connection.close()

    threads = [threading.Thread(target=send, args=(share,)) for share in shares]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise RuntimeError(f"{len(wrong)} answers were not a 202, such as {wrong[0]}")
    return len(bodies) / (time.perf_counter() - began)


def fill(served: Served) -> None:
    """The known leads."""
    people = [event(person, "newsletter_signup") for person in range(KNOWN)]
    bodies = [json.dumps({"events": people[at : at + 500]}) for at in range(0, KNOWN, 500)]
    rate(served.base, bodies, served.headers)


@contextmanager
def both(url: str, slack_url: str) -> Iterator[tuple[Served, str]]:
    """Baton with its leads, and the yardstick beside it on a database of the same kind."""
    with baton_serving(url, slack_url) as served:
        fill(served)
        with serving_the_same_sql(url) as yardstick:
            yield served, yardstick


def report() -> str:
    """The table."""
    rows = []
    with databases() as urls, small_slack() as slack:
        for name, url in urls.items():
            singles, same_sql, batches = [], [], []
            with both(url, slack.url) as (served, yardstick):
                for _ in range(ROUNDS):
                    singles.append(rate(served.base, requests_of(SINGLES, 1), served.headers))
                    same_sql.append(rate(yardstick, requests_of(SINGLES, 1), served.headers))
                    batches.append(BATCH * rate(served.base, requests_of(BATCHES, BATCH), served.headers))
            ours, theirs = median(singles), median(same_sql)
            rows.append(
                (
                    name,
                    f"{ours:,.0f}",
                    f"{theirs:,.0f}",
                    f"{100 * ours / theirs:.0f} %",
                    f"{median(batches):,.0f}",
                )
            )
    head = (
        "database", "single events/s", "the same SQL/s", "ratio (target ≥ 50 %)",
        f"events/s in batches of {BATCH} (target ≥ 5,000)",
    )  # fmt: skip
    note = (
        f"\n\n{CLIENTS} clients of the same machine share its cores with server and database; "
        f"median of {ROUNDS} rounds."
    )
    return "## Intake\n\n" + table(head, rows) + note


if __name__ == "__main__":
    print(report())
