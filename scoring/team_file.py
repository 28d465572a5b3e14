"""The parts of the team file: hours, channels, segments, people and their absences."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import available_timezones

from scoring.asking import IN_A_SEGMENT
from scoring.definition_rows import unlike_earlier
from scoring.grammar import condition
from scoring.place import Fields, Place, nearest
from scoring.roster import Away, Channels, Hours, Person, Segment, Snooze
from scoring.worktime import Week, known_holidays, parse_hours

HOURS_KEYS = ("timezone", "hours", "holidays")
_SEGMENT_KEYS = ("name", "when", "channel", "pool", "assign", "booking_url", *HOURS_KEYS)
_PERSON_KEYS = ("name", "role", "weight", "capacity", "away", "signs", "booking_url", *HOURS_KEYS)
# Slack's ids: a letter for the kind, then capitals and digits. Workspace (U) and Grid (W) people; channels
# public (C) and once private (G). Source: docs.slack.dev, conversation and user objects.
_CHANNEL = re.compile(r"[CG][A-Z0-9]{1,20}")
_PERSON = re.compile(r"[UW][A-Z0-9]{1,20}")
_HTTPS = re.compile(r"https://[^\s<>|{}\"'`\\^]+")
_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]([0-9]{2}:[0-9]{2}))?")
_LINK = re.compile(r"https://[^\s{}<>|\"]+")
_ALWAYS_OPEN: Week = (((0, 86_400),),) * 7


def channel_id(place: Place) -> str:
    """A Slack channel id."""
    return _id(place, _CHANNEL, "a Slack channel id (C or G and capitals or digits)", "C0123ABCD")


def person_id(place: Place) -> str:
    """A Slack user id."""
    return _id(place, _PERSON, "a Slack user id (U or W and capitals or digits)", "U0123ABCD")


def _id(place: Place, shape: re.Pattern[str], what: str, example: str) -> str:
    value = place.node.value
    if isinstance(value, str) and shape.fullmatch(value):
        return value
    place.expected(what, example)
    return example


def read_hours(fields: Fields) -> Hours:
    """What a segment or a person has of its own."""
    return Hours(
        timezone=fields.get("timezone", read_timezone, None),
        week=fields.get("hours", read_week, None),
        holidays=fields.get("holidays", read_holidays, None),
    )


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def read_timezone(place: Place) -> str:
    """A name of the tz database; UTC after a mistake."""
    value = place.node.value
    if isinstance(value, str) and value in _zones():
        return value
    like = nearest(value, _zones(), 0.6) if isinstance(value, str) else None
    place.expected("a time zone of the tz database", like or "Europe/London")
    return "UTC"


def read_week(place: Place) -> Week:
    """Opening hours by weekday."""
    written: dict[str, str | Sequence[str]] = {}
    for day, entry in place.entries('{mon-fri: "09:00-17:00"}').items():
        ranges = entry.one_or_more('"09:00-17:00"')
        written[day] = [item.text() for item in ranges]
        if not all(isinstance(item.node.value, str) for item in ranges):
            return _ALWAYS_OPEN
    if not isinstance(place.node.value, Mapping):
        return _ALWAYS_OPEN
    try:
        return parse_hours(written)
    except ValueError as reason:
        place.wrong(f"cannot be read: {reason}")
        return _ALWAYS_OPEN


def read_holidays(place: Place) -> str:
    """A country or country-region of the `holidays` library, or "none"."""
    value = place.node.value
    if value is None:
        return "none"
    if isinstance(value, str) and known_holidays(value):
        return value
    place.expected("a country or country-region of the holidays library, or none", "GB")
    return "none"


def read_channels(place: Place) -> Channels:
    """The three channels; digests and admin are the fallback unless named."""
    fields = place.fields(("fallback", "digests", "admin"), {"fallback": "C0123ABCD"})
    fallback = fields.get("fallback", channel_id, "")
    return Channels(
        fallback, fields.get("digests", channel_id, fallback), fields.get("admin", channel_id, fallback)
    )


def read_segments(place: Place, people: Mapping[str, Person]) -> tuple[Segment, ...]:
    """The segments; the first that matches takes a lead."""
    rows = place.items("[{name: everyone, channel: C0123ABCD, pool: [U0123ABCD]}]")
    if place.node.value == ():
        place.wrong("has no segment; write - {name: everyone, channel: C0123ABCD, pool: [U0123ABCD]}.")
    found = tuple(_segment(row, people) for row in rows)
    unlike_earlier(zip(rows, (segment.name for segment in found), strict=True))
    for row, segment in zip(rows[:-1], found[:-1], strict=True):
        if segment.when is None and row.entries():
            row.wrong(
                "has no when, so the segments below it are never reached; add one, or move it to the end."
            )
    if found and found[-1].when is not None:
        rows[-1].doubtful(
            "is the last segment and has a when: leads that no segment takes go to the fallback channel."
        )
    return found


def _segment(place: Place, people: Mapping[str, Person]) -> Segment:
    row = place.fields(_SEGMENT_KEYS, {"name": "everyone", "channel": "C0123ABCD", "pool": "[U0123ABCD]"})
    return Segment(
        name=row.get("name", Place.text, place.key),
        channel=row.get("channel", channel_id, ""),
        pool=row.get("pool", lambda at: read_pool(at, people), ()),
        assign=row.get("assign", lambda at: at.one_of(("claim", "round_robin", "named")), "claim"),
        when=row.get("when", lambda at: condition(at, IN_A_SEGMENT), None),
        hours=read_hours(row),
        booking_url=row.get("booking_url", read_booking_url, None),
    )


def read_pool(place: Place, people: Mapping[str, Person]) -> tuple[str, ...]:
    """Ids of people who stand under `people`, each once; others are told as a doubt and left out."""
    known: list[str] = []
    for item in place.items("[U0123ABCD]"):
        one = person_id(item)
        if one in known:
            item.wrong(f"names {one} a second time; once is enough.")
        elif one in people:
            known.append(one)
        elif one == item.node.value:
            item.doubtful(
                f"names {one}, who is not under people and gets no leads; add {one}: {{name: …, role: sdr}}."
            )
    if not known and isinstance(place.node.value, tuple):
        place.wrong("names nobody who stands under people; name at least one.")
    return tuple(known)


def read_people(place: Place) -> dict[str, Person]:
    """Slack user id to person."""
    entries = place.entries("{U0123ABCD: {name: Ann, role: sdr}}")
    if place.node.value == {}:
        place.wrong("names nobody; write at least one, such as U0123ABCD: {name: Ann, role: sdr}.")
    for id_written, entry in entries.items():
        if not _PERSON.fullmatch(id_written):
            entry.wrong("is no Slack user id (U or W and capitals or digits); write U0123ABCD: {…}.")
    people = {id_written: _person(entry, id_written) for id_written, entry in entries.items()}
    unlike_earlier(zip(entries.values(), (person.name for person in people.values()), strict=True))
    return people


def _person(place: Place, id_written: str) -> Person:
    row = place.fields(_PERSON_KEYS, {"name": "Ann", "role": "sdr"})
    return Person(
        id=id_written,
        name=row.get("name", Place.text, id_written),
        role=row.get("role", lambda at: at.one_of(("sdr", "ae", "manager", "marketing", "admin")), "sdr"),
        hours=read_hours(row),
        weight=row.get("weight", lambda at: at.whole(1, 100), 1),
        capacity=row.get("capacity", Place.count, None),
        away=row.list_of("away", _absence),
        signs=row.get("signs", lambda at: at.one_of(("sales", "marketing")), None),
        booking_url=row.get("booking_url", read_booking_url, None),
    )


def read_booking_url(place: Place) -> str | None:
    """A link under which a lead books a meeting: https, no spaces, at most 500 characters."""
    value = place.node.value
    if isinstance(value, str) and len(value) <= 500 and _LINK.fullmatch(value):
        return value
    place.expected("a link that begins with https://", '"https://meet.example/ann"')
    return None


def _absence(place: Place) -> Away:
    row = place.fields(("from", "until"), {"from": "2026-12-24", "until": "2027-01-02"})
    since = row.get("from", lambda at: _moment(at, end=False), None)
    until = row.get("until", lambda at: _moment(at, end=True), None)
    if since is None or until is None:
        return Away(datetime.min, datetime.min)  # noqa: DTZ901  # a stand-in after a mistake, never used
    if until <= since:
        place.wrong("ends before it begins; write from: the first day, until: the last.")
    return Away(since, until)


def _moment(place: Place, *, end: bool) -> datetime | None:
    """A day or a minute of the wall clock; a day as an end counts in full."""
    found = _MOMENT.fullmatch(place.node.written)
    try:
        day = date.fromisoformat(found[1] if found else "")
        if found and found[2]:
            return datetime.combine(day, time.fromisoformat(found[2]))
        return datetime.combine(day + timedelta(days=1 if end else 0), time.min)
    except (ValueError, OverflowError):
        place.expected("a date (year-month-day), with a time if part of a day", "2026-12-24")
        return None


def read_snooze(place: Place) -> Snooze:
    """How long and how often nudges may be put off."""
    fields = place.fields(("longest", "times"))
    usual = Snooze()
    return Snooze(
        longest=fields.get("longest", Place.length, usual.longest),
        times=fields.get("times", lambda at: at.whole(0, 100), usual.times),
    )


def read_bundle(place: Place) -> timedelta:
    """For how long people of one company share a card: a duration, or `{window: 7d}`."""
    if isinstance(place.node.value, Mapping):
        return place.fields(("window",), {"window": "7d"}).get("window", Place.length, timedelta(days=7))
    return place.length()


def read_currency(place: Place) -> str:
    """A currency's three capitals (ISO 4217)."""
    value = place.node.value
    if isinstance(value, str) and re.fullmatch(r"[A-Z]{3}", value):
        return value
    place.expected("the three capitals of a currency (ISO 4217)", "EUR")
    return "EUR"


def read_crm_url(place: Place) -> str:
    """A link to a lead's record, with `{id}` or `{email}` in it."""
    value = place.node.value
    if isinstance(value, str) and re.fullmatch(r"https?://[^\s{}<>|]+(\{(id|email)\}[^\s{}<>|]*)+", value):
        return value
    place.expected("a link with {id} or {email} in it", '"https://crm.example/contacts/{id}"')
    return ""
