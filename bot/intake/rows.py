"""One row of a file as what it says: facts about a person and, where it names one, something they did."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.intake.facts import clean, event_id, facts_of, identity, short_key
from bot.intake.mapping import ISO, ColumnRule, DateColumn, FileMapping, NumberForm, SignalColumn, cell
from scoring.arrival import Arrival
from scoring.emails import normalise
from scoring.lead import Scalar

AHEAD = timedelta(minutes=5)
"""How far a row may lie in the future, for clocks that differ (DESIGN, "The native format")."""

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""An older date is a placeholder such as 1900-01-00, which spreadsheets make of an empty cell."""

LONGEST_SIGNAL, LONGEST_ASSET = 100, 500
"""Characters kept, as in the native format."""

LONGEST_NUMBER = 40
_NUMBERS = {
    "point": re.compile(r"[-+]?([0-9]{1,3}(,[0-9]{3})+|[0-9]+)(\.[0-9]+)?"),
    "comma": re.compile(r"[-+]?([0-9]{1,3}(\.[0-9]{3})+|[0-9]+)(,[0-9]+)?"),
}
_WITHOUT_THOUSANDS = {"point": str.maketrans("", "", ","), "comma": str.maketrans(",", ".", ".")}

Said = Scalar | list[Scalar]


@dataclass(frozen=True, slots=True)
class Reading:
    """How the rows of one file are read: *mapping*, and at which place each column it uses stands.

    Attributes:
        ignored: columns that are not imported and of which no mapping speaks, as the header names them.
        unnamed: the file's name where nobody named its system. Ids then tell people apart only among files
            of that name and only without an address, or strangers from two systems would be merged.
    """

    mapping: FileMapping
    places: Mapping[str, int]
    ignored: tuple[str, ...] = ()
    unnamed: str | None = None

    def arrivals(self, cells: Sequence[str], now: datetime) -> tuple[Arrival, ...]:
        """What the row says: what is known of the person, and what they did, each under its own event id.

        Ids come from the row's content without the time of the import, so that a second run adds nothing;
        an activity's id leaves the facts out, so that a corrected title does not make it happen twice.

        Raises:
            ValueError: the row is wrong; the message is a sentence.
        """
        row = self._read(cells, now)
        if not row.facts and row.signal is None:
            raise ValueError("Every cell that would be imported is empty.")
        keys = self._keys(row)
        # The id outlives an address that is corrected or learned later.
        who = {"who": keys[-1], "at": None if row.at is None else int(row.at.timestamp())}
        occurred = min(row.at or now, now)
        told: list[Arrival] = []
        if row.facts:
            facts = _Told(event_id({**who, "facts": row.facts}), None, None)
            told.append(self._arrival(row, keys, facts, (occurred, now)))
        if row.signal is not None:
            named = row.event or event_id({**who, "signal": row.signal, "asset": row.asset})
            told.append(self._arrival(row, keys, _Told(named, row.signal, row.asset), (occurred, now)))
        return tuple(told)

    def _arrival(
        self, row: "_Row", keys: tuple[str, ...], told: "_Told", times: tuple[datetime, datetime]
    ) -> Arrival:
        occurred, received = (int(time.timestamp()) for time in times)
        return Arrival(
            keys=keys,
            email=row.email,
            facts=facts_of(row.facts) if told.signal is None else {},
            facts_at=occurred,
            source=self.mapping.source,
            event=told.event,
            signal=told.signal,
            asset=told.asset,
            occurred=occurred,
            received=received,
        )

    def _keys(self, row: "_Row") -> tuple[str, ...]:
        own = row.id
        if own is not None and self.unnamed is not None:
            own = None if row.email else f"{self.unnamed}:{own}"
        at = None if row.at is None else int(row.at.timestamp())
        content = {"facts": row.facts, "signal": row.signal, "asset": row.asset, "at": at}
        return identity(self.mapping.source, row.email, own, row.event or event_id(content))

    def _read(self, cells: Sequence[str], now: datetime) -> "_Row":
        mapping = self.mapping
        written = self._cell(cells, mapping.email)
        email = None if written is None else normalise(written)
        if written is not None and email is None:
            raise ValueError(f'"{written[:60]}" is no e-mail address.')
        own, event = self._cell(cells, mapping.id), self._cell(cells, mapping.event)
        facts: dict[str, Said] = {}
        for name, rule in mapping.columns.items():
            value = self._value(cells, name, rule)
            if value is not None:
                facts[rule.to] = value
        facts |= {to: value for to, value in (("email", email), ("id", own)) if value is not None}
        return _Row(
            facts=facts,
            email=email,
            id=own,
            event=None if event is None else short_key(event),
            signal=self._signal(cells),
            asset=_cut(self._cell(cells, mapping.asset), LONGEST_ASSET),
            at=self._moment(cells, now),
        )

    def _cell(
        self, cells: Sequence[str], column: str | None, unknown: frozenset[str] = frozenset()
    ) -> str | None:
        """What stands in the column, or None where that says nothing."""
        if column is None:
            return None
        whole = cells[self.places[column]]
        written = clean(whole, len(whole))
        compared = cell(written)
        return None if compared in self.mapping.unknown or compared in unknown else written

    def _signal(self, cells: Sequence[str]) -> str | None:
        told = self.mapping.signal
        if not isinstance(told, SignalColumn):
            return told
        written = _cut(self._cell(cells, told.column), LONGEST_SIGNAL)
        return written if written is None or told.values is None else told.values.get(cell(written))

    def _moment(self, cells: Sequence[str], now: datetime) -> datetime | None:
        """When the row happened; None where it does not say, and it then happened at the import."""
        date = self.mapping.date
        written = None if date is None else self._cell(cells, date.column)
        return None if date is None or written is None else _dated(written, date, now)

    def _value(self, cells: Sequence[str], column: str, rule: ColumnRule) -> Said | None:
        written = self._cell(cells, column, rule.unknown)
        if written is None or rule.split is None:
            return None if written is None else _meant(written, column, rule)
        items = [clean(item) for item in written.split(rule.split)]
        known = [item for item in items if cell(item) not in self.mapping.unknown | rule.unknown]
        return [value for item in known if (value := _meant(item, column, rule)) is not None] or None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A row as the mapping reads it; what it does not say is None."""

    facts: Mapping[str, Said]
    email: str | None
    id: str | None
    event: str | None
    signal: str | None
    asset: str | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class _Told:
    event: str
    signal: str | None
    asset: str | None


def _cut(text: str | None, longest: int) -> str | None:
    return None if text is None else clean(text, longest)


def _meant(written: str, column: str, rule: ColumnRule) -> Scalar | None:
    if cell(written) in rule.values:
        return rule.values[cell(written)]
    if rule.number is not None:
        return _number(written, column, rule.number)
    return written.lower() if rule.lower else written


def _number(written: str, column: str, form: NumberForm) -> int | float:
    if len(written) > LONGEST_NUMBER or not _NUMBERS[form].fullmatch(written):
        raise ValueError(f'"{written[:60]}" in {column} is no number (written with a decimal {form}).')
    value = float(written.translate(_WITHOUT_THOUSANDS[form]))
    return int(value) if value.is_integer() else value


def _local(written: str, form: str) -> datetime:
    if form == ISO:
        return datetime.fromisoformat(written)
    return datetime.strptime(written, form)  # noqa: DTZ007 (the zone is told beside the format)


def _dated(written: str, date: DateColumn, now: datetime) -> datetime:
    try:
        local = _local(written, date.format)
        moment = (local if local.tzinfo else local.replace(tzinfo=date.zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        form = "ISO 8601 (2026-11-22)" if date.format == ISO else date.format
        raise ValueError(f'"{written[:60]}" in {date.column} is no date of the form {form}.') from None
    if moment > now + AHEAD:
        raise ValueError(f"{written[:60]} in {date.column} lies in the future.")
    if moment < EARLIEST:
        raise ValueError(f"{written[:60]} in {date.column} lies before 2000; leave unknown dates empty.")
    return moment
