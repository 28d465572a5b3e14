"""Each guard is taken out of a copy of the code, and a named test must turn red. Source: FAULTS, "Mutation check"."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE = 120.0
FAILED = 1
"""pytest's exit status when a test failed; others mean that it could not be run."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A guard taken out: in *file*, each *old* text, which stands there once, becomes *new*; *test* must fail."""

    name: str
    file: str
    changes: tuple[tuple[str, str], ...]
    test: str

    def apply(self, root: Path) -> None:
        """Change the copy under *root*; fails where the code no longer holds the guard as it is written here."""
        path = root / self.file
        text = path.read_text("utf-8")
        for old, new in self.changes:
            assert text.count(old) == 1, f"{self.file} holds this {text.count(old)} times, not once:\n{old}"
            text = text.replace(old, new)
        path.write_text(text, "utf-8")


MUTANTS = (
    Mutant(
        "blind resend",
        "bot/slack/deliver.py",
        (("        if there is None and parcel.doubtful:\n", "        if False:\n"),),
        "tests/bot/test_deliver.py::"
        "test_a_card_whose_answer_was_lost_is_found_in_the_history_and_not_posted_again",
    ),
    Mutant(
        "read-then-write claim",
        "storage/moves.py",
        ((', HANDOFFS.c.n == bindparam("number"))', ")"),),
        "tests/bot/desk/test_accepting.py::test_in_200_races_of_two_reps_each_lead_has_exactly_one_owner",
    ),
    Mutant(
        "2xx before commit",
        "bot/web.py",
        (
            (
                "        taken = reception.receive(arrivals)\n",
                "        from threading import Thread\n"
                "        from bot.desk.reception import Taken\n"
                "        Thread(target=reception.receive, args=(arrivals,), daemon=True).start()\n"
                "        taken = Taken(len(arrivals), 0, None)\n",
            ),
        ),
        "tests/bot/test_web.py::test_a_locked_database_asks_the_sender_to_come_back_and_keeps_nothing",
    ),
    Mutant(
        "ack before commit",
        "bot/slack/bolt.py",
        (
            (
                "                button.pressed(floor, press)\n",
                "                ack()\n                button.pressed(floor, press)\n",
            ),
            (
                "                tell(NOT_SAVED)\n                raise\n        heal(",
                "                tell(NOT_SAVED)\n                return\n        heal(",
            ),
        ),
        "tests/bot/slack/test_policy.py::"
        "test_a_press_that_cannot_be_saved_is_not_confirmed_and_the_rep_reads_so",
    ),
    Mutant(
        "lease without fencing",
        "storage/outbox.py",
        (
            (
                '.where(_O.id == bindparam("letter"), _O.fence == bindparam("held"))',
                '.where(_O.id == bindparam("letter"))',
            ),
        ),
        "tests/bot/test_courier.py::test_a_zombie_that_wakes_after_its_lease_changes_nothing",
    ),
    Mutant(
        "edit without version",
        "storage/cards.py",
        (('state = "sent" if card.wanted <= version else "new"', 'state = "sent"'),),
        "tests/bot/test_deliver.py::test_a_change_during_a_delivery_is_delivered_afterwards",
    ),
    Mutant(
        "signature check off, intake",
        "bot/intake/native.py",
        (
            (
                "            if any(hmac.compare_digest(right, each) for each in given):\n",
                "            if right:\n",
            ),
        ),
        "tests/bot/test_web.py::test_a_request_with_a_wrong_signature_opens_nothing",
    ),
    Mutant(
        "signature check off, Slack",
        "bot/slack/bolt.py",
        (
            (
                "        signing_secret=signing_secret,\n",
                "        signing_secret=signing_secret,\n        request_verification_enabled=False,\n",
            ),
        ),
        "tests/bot/test_web.py::test_a_press_with_a_wrong_signature_changes_nothing",
    ),
    Mutant(
        "escape off",
        "bot/slack/views/text.py",
        (("    return cut(escaped(text), most)\n", "    return cut(text, most)\n"),),
        "tests/bot/slack/test_views_fit_slack.py::test_nothing_a_lead_writes_mentions_links_or_formats",
    ),
    Mutant(
        "replay accepted",
        "bot/desk/bench.py",
        (
            (
                "if seal is not None and not requests.first_time(session, seal, desk.clock.real()):",
                "if False:",
            ),
        ),
        "tests/bot/desk/test_a_request_seen_before.py::"
        "test_an_undo_that_is_replayed_after_a_new_accept_takes_nothing_back",
    ),
)


def run(root: Path, test: str) -> "subprocess.CompletedProcess[str]":
    """One test of the copy under *root*, in a process of its own."""
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            "-m",
            "",
            test,
        ],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code and its tests, to be changed."""
    root = tmp_path_factory.mktemp("mutants") / "baton"
    for folder in ("scoring", "storage", "bot", "tests"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__", "mutants"))
    for file in ("pyproject.toml", "README.md", "Makefile"):
        shutil.copy(ROOT / file, root / file)
    return root


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_without_its_guard_the_named_test_fails(copy: Path, mutant: Mutant) -> None:
    path = copy / mutant.file
    right = path.read_text("utf-8")
    try:
        mutant.apply(copy)
        ran = run(copy, mutant.test)
    finally:
        path.write_text(right, "utf-8")

    assert ran.returncode == FAILED, f"{mutant.test} did not fail:\n{ran.stdout[-2000:]}{ran.stderr[-1000:]}"


@pytest.mark.slow
@pytest.mark.parametrize("test", sorted({mutant.test for mutant in MUTANTS}))
def test_with_its_guard_the_named_test_passes(copy: Path, test: str) -> None:
    ran = run(copy, test)

    assert ran.returncode == 0, f"{test}:\n{ran.stdout[-2000:]}{ran.stderr[-1000:]}"
