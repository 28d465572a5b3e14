"""The lead desk: leads and what they do, by form, from samples or from a file; and what became of each, row by row."""

import csv
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx

from bot import terminal
from bot.demo.leads import Person
from bot.demo.samples import SAMPLES, Deed, Sample
from bot.demo.theatre import Theatre
from bot.desk import report
from bot.desk.report import Explained
from bot.intake.csvfile import FileRefused
from bot.intake.importing import Imported, Terms, import_file
from bot.intake.mapping import MappingError
from bot.playground import Field, Form, Panel, Table, Told
from scoring.emails import normalise
from scoring.stages import Refused

FREE = ("gmail.com",)
"""Domains that make no company: their sample addresses get the number before the @."""
MOST_REJECTED = 10
MOST_SAID = 300
LONGEST_FILE = 2_000_000
"""Characters of a file that is dropped: some ten thousand rows."""

ROWS = ("Points", "Why")
STEPS = ("What it did", "What changed", "Score")


@dataclass(slots=True)
class LeadDesk:
    """What the panel's forms do; each visitor's lead is a new person of a new company."""

    theatre: Theatre
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def panel(self) -> Panel:
        """The forms as the page draws them."""
        definition = self.theatre.definition
        signals = [(row.signal, row.label or row.signal) for row in definition.intent.values()]
        samples = [(each.key, f"{each.source}: {each.title}") for each in SAMPLES]
        return Panel(
            "Lead desk",
            "Leads as a form, a web site or a file sends them: signed, over HTTP, into the code that serves.",
            (
                Form("From the source documents", [Field("sample", "Lead", "select", samples)], "Send it", self.play),
                Form(
                    "A lead or an activity",
                    [
                        Field("email", "E-mail; a known one adds to that lead", value="ada@engines.example"),
                        Field("first_name", "First name"), Field("last_name", "Last name"),
                        Field("title", "Job title"), Field("company", "Company"),
                        Field("employees", "Employees"), Field("industry", "Industry"),
                        Field("country", "Country", value="GB"),
                        Field("message", "What they wrote", "lines"),
                        Field("signal", "What they did", "select", [("", "Nothing: facts alone"), *signals]),
                        Field("asset", "Page, paper or webinar"),
                    ],
                    "Send it",
                    self.send,
                ),
                Form(
                    "A CSV file",
                    [Field("file", "Drop a file with a header here, or choose one", "file")],
                    "Read it",
                    self.read,
                ),
            ),
        )  # fmt: skip

    def play(self, asked: Mapping[str, str]) -> Told:
        """A sample's deeds, one after the other."""
        sample = next((each for each in SAMPLES if each.key == asked["sample"]), None)
        if sample is None:
            return Told(errors={"sample": "There is no such sample. Choose one of the list."})
        person = self._somebody(sample)
        return self._done(person, sample.deeds)

    def send(self, asked: Mapping[str, str]) -> Told:
        """One lead, and one thing it did."""
        person: Person = {
            name: text for name, text in asked.items() if name not in ("signal", "asset") and text
        }
        address = normalise(asked["email"])
        if address is None:
            return Told(
                errors={"email": "That is not an e-mail address. Write it as in ada@engines.example."}
            )
        if "employees" in person:
            if (
                not (asked["employees"].isascii() and asked["employees"].isdecimal())
                or len(asked["employees"]) > 9
            ):
                return Told(errors={"employees": "Write the number of people, as in 120."})
            person["employees"] = int(asked["employees"])
        deeds = [Deed((asked["signal"],), asked["asset"] or None)] if asked["signal"] else []
        try:
            return self._done({**person, "email": address}, deeds)
        except httpx.HTTPStatusError as refused:
            return Told(errors={"email": f"Baton refused it: {refused.response.text[:MOST_SAID]}"})

    def read(self, asked: Mapping[str, str]) -> Told:
        """A file, as `baton import --live` reads it."""
        if not asked["file"].strip():
            return Told(errors={"file": "Choose a CSV file first."})
        if len(asked["file"]) > LONGEST_FILE:
            return Told(
                errors={"file": "That is more than the page takes. Use baton import for large files."}
            )
        with tempfile.TemporaryDirectory(prefix="baton-desk-") as folder:
            path, rejects = Path(folder) / "leads.csv", Path(folder) / "rejects.csv"
            path.write_text(asked["file"], "utf-8")
            try:
                done = import_file(
                    self.theatre.baton.desk, path, None, Terms(rejects_path=rejects, live=True)
                )
            except (FileRefused, MappingError) as refused:
                return Told(errors={"file": str(refused)})
            self.theatre.baton.courier.wake()
            return Told(_read(done), [_rejected(rejects)] if done.rejects_path else [])

    def _somebody(self, sample: Sample) -> Person:
        """The sample's person, as nobody has met them yet: a card of its own each time."""
        number = next(self._numbers)
        name, _, domain = str(sample.person["email"]).partition("@")
        if domain in FREE:
            return {**sample.person, "email": f"{name}{number}@{domain}"}
        return {**sample.person, "email": f"{name}@{number}.{domain}"}

    def _done(self, person: Person, deeds: Sequence[Deed]) -> Told:
        """Send the facts and each deed, and tell what each changed."""
        steps: list[tuple[str, str, str]] = []
        unknown = []
        before = self._known(str(person["email"]))
        for deed in deeds:
            signal = next((name for name in deed.signals if name in self.theatre.definition.intent), None)
            if signal is None:
                unknown.append(deed.signals[0])
            for _ in range(deed.times):
                self.theatre.send(self.theatre.event(signal or deed.signals[0], person, deed.asset))
            after = self._known(str(person["email"]))
            steps.append((self._words(deed, signal), changes(before, after), _score(after)))
            before = after
        if not deeds:
            self.theatre.send(self.theatre.facts(person))
            after = self._known(str(person["email"]))
            steps.append(("Facts alone", changes(before, after), _score(after)))
        found = self._known(str(person["email"]))
        if found is None:
            return Told(["Nothing was kept of this lead. Send it again."])
        said = [f"The definition does not know {name}: kept, and worth 0." for name in unknown]
        rows = [(f"{part.points:+d}", _dated(part.label, part.occurred, found)) for part in found.score.parts]
        tables = [
            Table("Step by step", STEPS, steps),
            Table("The score, row by row", ROWS, rows, "Nothing counts yet."),
        ]
        return Told([*said, *self._became(found)], tables)

    def _words(self, deed: Deed, signal: str | None) -> str:
        row = self.theatre.definition.intent.get(signal or "")
        name = (row.label if row else "") or deed.signals[0].replace("_", " ")
        asset = f": {deed.asset}" if deed.asset else ""
        return f"{name}{asset}{f', {deed.times} times' if deed.times > 1 else ''}"

    def _known(self, email: str) -> Explained | None:
        try:
            return report.explain(self.theatre.baton.desk, email)
        except Refused:
            return None

    def _became(self, found: Explained) -> list[str]:
        """Whether it is with sales, where and why; or what is missing."""
        who = found.known.email or "This lead"
        if not found.history or not found.history[0].open:
            path = terminal.routed(found)
            said = [f"{who} is not with sales. {terminal.headline(found)}.", *found.verdict.sentences]
            said += terminal.missing(found)
            return [
                *said,
                f"It would go to {path['segment']}, {self._room(path['channel'])}.",
                *terminal.next_lines(found),
            ]
        handoff = found.history[0]
        owner = self.theatre.team.person(handoff.owner or "")
        whose = f"It is {owner.name}'s." if owner else "Nobody has it yet: its pool may claim it."
        said = [
            f"{who} is with sales: {terminal.headline(found)}. Tier {handoff.tier}, segment {handoff.segment}."
        ]
        said.append(f"Its card is in {self._room(handoff.channel)}. {whose}")
        if handoff.routed:
            said.append(report.named(self.theatre.baton.desk, handoff.routed))
        said += [f"Not {why}" for why in found.route.why]
        return said

    def _room(self, channel: str) -> str:
        return f"#{self.theatre.slack.workspace.names.get(channel, channel)}"


def changes(before: Explained | None, after: Explained | None) -> str:
    """The rows of the score that came, went or changed, in words."""
    old, new = _rows(before), _rows(after)
    found = []
    for label in dict.fromkeys((*old, *new)):
        was, now = old.get(label, 0), new.get(label, 0)
        if was != now:
            found.append(f"{now - was:+d} {label}")
    return "\n".join(found) or "Nothing."


def _rows(found: Explained | None) -> dict[str, int]:
    rows: dict[str, int] = {}
    for part in found.score.parts if found else ():
        rows[part.label] = rows.get(part.label, 0) + part.points
    return rows


def _score(found: Explained | None) -> str:
    return str(found.score.total) if found else "0"


def _dated(label: str, occurred: int | None, found: Explained) -> str:
    if occurred is None:
        return label
    at = datetime.fromtimestamp(occurred, UTC).astimezone(ZoneInfo(found.team.timezone))
    return f"{label} · {at:%a %H:%M}"


def _read(done: Imported) -> list[str]:
    rows = f"{done.read} rows read: {done.added} new leads, {done.updated} updated, {done.rejected} rejected"
    said = [f"{rows}, {done.duplicates} known already. Cards in Slack: {done.handoffs}."]
    said += [
        f"Signal {name} is not in the definition: {times} kept, worth 0."
        for name, times in sorted(done.unknown.items())
    ]
    if done.ignored_columns:
        said.append(f"Columns not taken: {', '.join(done.ignored_columns)}.")
    return [*said, *done.notes]


def _rejected(path: Path) -> Table:
    """The first rows that were set aside, as they stand in the file of rejects."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = [(line, why) for line, why, *_ in islice(csv.reader(stream), 1, MOST_REJECTED + 1)]
    return Table("Rejected rows", ("Line", "Why"), rows)
