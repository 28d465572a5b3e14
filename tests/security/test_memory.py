"""A real `baton serve` under bodies and connections that are meant to exhaust it."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from bot.connections import HEADER_SECONDS
from tests.program import program_in
from tests.shop import Shop
from tests.world import workspace

MEBIBYTE = 1024 * 1024
ROOM = 24 * MEBIBYTE
"""How much more memory the process may take while 50 MB are thrown at it: a few bodies of 1 MiB, and noise."""
HALF_OPEN = 200


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One that serves for all tests here, on SQLite, warmed up by one request."""
    with workspace() as slack, program_in(tmp_path_factory.mktemp("memory") / "program") as program:
        made = Shop(slack, program, "sqlite:///baton.db")
        made.write()
        made.begin()
        made.send()
        for door in DOORS:
            throw(made, door, b"x" * MEBIBYTE)
        yield made


DOORS = ("/intake/events", "/slack/events")


def memory(shop: Shop, what: str = "VmRSS") -> int:
    """Bytes that the process holds, or (VmHWM) held at most since the peak was last reset."""
    assert shop.running is not None
    status = Path(f"/proc/{shop.running.process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith(what))
    return int(line.split()[1]) * 1024


def reset_peak(shop: Shop) -> None:
    """From here on VmHWM counts anew. Source: proc(5), clear_refs."""
    assert shop.running is not None
    Path(f"/proc/{shop.running.process.pid}/clear_refs").write_text("5")


def throw(shop: Shop, door: str, content: bytes | Iterator[bytes]) -> int:
    """The answer to a body; 413 also where the connection was closed before all of it was sent."""
    try:
        return httpx.post(f"{shop.base}{door}", content=content, trust_env=False, timeout=30).status_code
    except (httpx.WriteError, httpx.ReadError):
        return 413


def fifty(piece: bytes = b"x" * 65_536) -> Iterator[bytes]:
    for _ in range(50 * MEBIBYTE // len(piece)):
        yield piece


def test_fifty_megabytes_take_no_memory_whether_their_length_is_told_or_not(shop: Shop) -> None:
    reset_peak(shop)
    before = memory(shop)
    for door in DOORS:
        assert throw(shop, door, b"x" * (50 * MEBIBYTE)) == 413
        assert throw(shop, door, fifty()) == 413

    assert memory(shop, "VmHWM") - before < ROOM
    assert httpx.get(f"{shop.base}/readyz", trust_env=False, verify=False).status_code == 200


def test_a_body_that_says_it_is_large_is_refused_before_it_comes(shop: Shop) -> None:
    for door in DOORS:
        with socket.create_connection(("127.0.0.1", shop.port), timeout=10) as line:
            line.sendall(f"POST {door} HTTP/1.1\r\nhost: x\r\ncontent-length: 52428800\r\n\r\n".encode())
            assert line.recv(64).startswith(b"HTTP/1.1 413")


def test_headers_without_end_take_no_memory(shop: Shop) -> None:
    reset_peak(shop)
    before = memory(shop)
    line_of_header = b"x-a: " + b"y" * 60_000 + b"\r\n"
    with socket.create_connection(("127.0.0.1", shop.port), timeout=10) as line:
        line.sendall(b"POST /intake/events HTTP/1.1\r\nhost: x\r\n")
        try:
            for _ in range(50 * MEBIBYTE // len(line_of_header)):
                line.sendall(line_of_header)
        except (BrokenPipeError, ConnectionResetError):
            pass

    assert memory(shop, "VmHWM") - before < ROOM


def test_ordinary_headers_of_any_number_of_requests_on_one_connection_are_taken(shop: Shop) -> None:
    headers = {f"x-{n}": "y" * 1_000 for n in range(30)}
    with httpx.Client(base_url=shop.base, trust_env=False, verify=False) as line:
        for _ in range(10):
            assert line.get("/healthz", headers=headers).status_code == 200


@pytest.mark.slow
def test_headers_that_trickle_are_given_up(shop: Shop) -> None:
    with ExitStack() as held:
        lines = [
            held.enter_context(socket.create_connection(("127.0.0.1", shop.port), timeout=30)) for _ in "123"
        ]
        lines[0].sendall(b"POST /intake/events HTTP/1.1\r\nhost: x\r\n")
        lines[1].sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        answer = b""
        while not answer.endswith(b"ok"):  # its head and its body may come one after the other
            answer += lines[1].recv(4_096)
        assert answer.startswith(b"HTTP/1.1 200")
        lines[1].sendall(b"GET /heal")
        began = time.monotonic()
        assert [line.recv(64) for line in lines] == [b"", b"", b""]
        assert time.monotonic() - began > HEADER_SECONDS / 2, (
            "they are given time"
        )  # and less than recv waits


def test_many_half_open_connections_do_not_stop_the_others(shop: Shop) -> None:
    halves = (
        b"POST /intake/events HTTP/1.1\r\nhost: x\r\n",
        b"POST /intake/events HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nx",
        b"POST /slack/events HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
        b"",
    )
    with ExitStack() as held:
        for number in range(HALF_OPEN):
            line = held.enter_context(socket.create_connection(("127.0.0.1", shop.port), timeout=10))
            line.sendall(halves[number % len(halves)])
        began = time.monotonic()
        lead = shop.send()
        assert httpx.get(f"{shop.base}/readyz", trust_env=False, verify=False).status_code == 200
        assert time.monotonic() - began < 3
        shop.card_of(lead)
        lines = memory(shop)
    assert lines - memory(shop) < 64 * MEBIBYTE


@pytest.mark.slow
def test_a_body_that_trickles_is_given_up_after_half_a_minute(shop: Shop) -> None:
    with socket.create_connection(("127.0.0.1", shop.port), timeout=45) as line:
        line.sendall(b"POST /intake/events HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n")
        line.settimeout(1)
        began = time.monotonic()
        answer = b""
        while not answer and time.monotonic() - began < 45:
            line.sendall(b"x")
            try:
                answer = line.recv(64)
            except TimeoutError:
                continue

    assert answer.startswith(b"HTTP/1.1 408")
    assert 25 < time.monotonic() - began < 40
