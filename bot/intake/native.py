"""The native format: `{"events": [...]}`, signed by Standard Webhooks. Unknown keys are refused."""

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from bot.intake.facts import LEAD_FIELDS, clean, event_id, facts_of, identity
from scoring.arrival import Arrival

SOURCE = "native"
MOST_EVENTS = 1_000
MOST_BYTES = 1024 * 1024
AHEAD = timedelta(minutes=5)
"""How far ahead of our clock an event may claim to be. Source: DESIGN, "Interfaces"."""
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""An event before this is a mistake of units or of a default date, not history."""
TOLERANCE = 300
"""Seconds a signature may lie from now, either way. Source: Standard Webhooks, "Verifying timestamp"."""

_SECONDS = re.compile(r"[0-9]{1,12}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ].+", re.DOTALL)
# An escaped backslash, a whole pair, or half of one: only the last is no character.
_SURROGATES = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


class Unsigned(Exception):
    """The request is not signed with one of our secrets; the message says what is wrong."""


class Malformed(Exception):
    """The request is not in the native format. *problems* are `{pointer, problem}`."""

    def __init__(self, problems: list[dict[str, str]]) -> None:
        super().__init__("; ".join(f"{each['pointer']}: {each['problem']}" for each in problems))
        self.problems = problems


def _head_count(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("must be a whole number of people")
    if isinstance(value, str):
        digits = value.replace(",", "").strip()
        value = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 12 else value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if value is None or (isinstance(value, int) and 0 <= value <= 10**9):
        return value
    raise ValueError("must be a whole number of people, 0 or more, such as 120")


def _moment(value: object) -> object:
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return value
    raise ValueError("must be a date and time with its zone, such as 2026-11-22T09:12:00Z")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)


class LeadGiven(_Strict):
    """What the sender says of the person; null and "" are unknown."""

    id: str | None = Field(default=None, max_length=500)
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    title: str | None = None
    company: str | None = None
    employees: Annotated[int | None, BeforeValidator(_head_count)] = None
    industry: str | None = None
    country: str | None = None
    source: str | None = None
    phone: str | None = None
    url: str | None = None
    campaign: str | None = None
    message: str | None = None
    consent: bool | str | None = None
    attributes: dict[str, Any] = Field(default_factory=dict)


class EventGiven(_Strict):
    """One event; without a signal it brings facts alone."""

    id: str | None = Field(default=None, min_length=1, max_length=200)
    occurred_at: Annotated[AwareDatetime, BeforeValidator(_moment)]
    signal: str | None = Field(default=None, min_length=1, max_length=100)
    asset: str | None = Field(default=None, max_length=500)
    lead: LeadGiven


class RequestGiven(_Strict):
    """A whole request."""

    events: list[EventGiven] = Field(min_length=1, max_length=MOST_EVENTS)


def check_signature(body: bytes, headers: Mapping[str, str], secrets: Sequence[str]) -> None:
    """Raises Unsigned unless one of *secrets* (two while rotating) signed *body* within 5 minutes of now.

    Over the raw bytes, whether they are text or not (the standardwebhooks library wants text).
    """
    id_, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if id_ and _SECONDS.fullmatch(at) and abs(time.time() - int(at)) <= TOLERANCE:
        signed = f"{id_}.{at}.".encode() + body
        offered = headers.get("webhook-signature", "").split()
        given = [each[3:].encode() for each in offered if each.startswith("v1,")]
        for secret in secrets:
            right = _signature(secret, signed)
            if any(hmac.compare_digest(right, each) for each in given):
                return
    raise Unsigned(
        "The signature is missing, wrong or older than 5 minutes. Sign webhook-id.webhook-timestamp.body "
        "with the secret in BATON_INTAKE_SECRET (Standard Webhooks)."
    )


def _signature(secret: str, signed: bytes) -> bytes:
    key = base64.b64decode(secret.removeprefix("whsec_") + "==")
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())


def arrivals_of(body: bytes, now: datetime) -> list[Arrival]:
    """The events of a request as arrivals, in its order.

    Raises:
        Malformed: with every problem of the request.
    """
    try:
        given = from_json(_whole_characters(body), allow_inf_nan=False)
    except ValueError as wrong:
        raise Malformed([{"pointer": "", "problem": f"This is not JSON: {wrong}."}]) from None
    try:
        request = RequestGiven.model_validate(given)
    except ValidationError as wrong:
        raise Malformed(
            [_problem(error) for error in wrong.errors(include_url=False, include_input=False)]
        ) from None
    found: list[Arrival] = []
    problems: list[dict[str, str]] = []
    for place, event in enumerate(request.events):
        made = _arrival(event, place, now)
        if isinstance(made, Arrival):
            found.append(made)
        else:
            problems.append(made)
    if problems:
        raise Malformed(problems)
    return found


def _whole_characters(body: bytes) -> bytes:
    """Escaped halves of a surrogate pair, which are no characters, replaced by U+FFFD; the rest as it is."""
    if b"\\u" not in body:
        return body
    return _SURROGATES.sub(lambda match: rb"\uFFFD" if match[1] else match[0], body)


def _problem(error: Any) -> dict[str, str]:
    steps = [str(step).replace("~", "~0").replace("/", "~1") for step in error["loc"]]
    pointer = "".join(f"/{step}" for step in steps)
    if error["type"] == "extra_forbidden":
        return {
            "pointer": pointer,
            "problem": "This key is not part of the format; put facts of your own into lead.attributes.",
        }
    message = str(error["msg"]).removeprefix("Value error, ")
    return {"pointer": pointer, "problem": message[:1].upper() + message[1:] + "."}


def _arrival(event: EventGiven, place: int, now: datetime) -> Arrival | dict[str, str]:
    pointer = f"/events/{place}"
    # Not converted to UTC: the first and the last day of the calendar have no moment there.
    occurred = event.occurred_at
    if occurred > now + AHEAD:
        return {
            "pointer": f"{pointer}/occurred_at",
            "problem": "This lies more than 5 minutes in the future.",
        }
    if occurred < EARLIEST:
        return {"pointer": f"{pointer}/occurred_at", "problem": "This lies before the year 2000."}
    given = {name: value for name, value in vars(event.lead).items() if value is not None}
    attributes = given.pop("attributes")
    wrong = _attribute_problem(attributes)
    try:
        facts = facts_of({**attributes, **given})
    except ValueError as refused:
        return {"pointer": f"{pointer}/lead", "problem": str(refused)}
    if wrong:
        return {"pointer": f"{pointer}/lead/attributes", "problem": wrong}
    if event.lead.email and event.lead.email.strip() and "email" not in facts:
        return {"pointer": f"{pointer}/lead/email", "problem": "This is not an e-mail address."}
    if not facts:
        return {
            "pointer": f"{pointer}/lead",
            "problem": "Nothing is said of this person; give an email or an id.",
        }
    name = clean(event.id, 200) if event.id else ""
    name = name or event_id(event.model_dump(mode="json"))
    received = int(now.timestamp())
    at = min(int(occurred.timestamp()), received)
    email = facts.get("email")
    return Arrival(
        keys=identity(SOURCE, str(email) if email else None, event.lead.id, name),
        email=str(email) if email else None,
        facts=facts,
        facts_at=at,
        source=SOURCE,
        event=name,
        signal=(clean(event.signal, 100) or None) if event.signal else None,
        asset=(clean(event.asset, 500) or None) if event.asset else None,
        occurred=at,
        received=received,
    )


_BESIDE_ATTRIBUTES = {*LEAD_FIELDS, "attributes"} - {"seniority", "function", "timezone"}


def _attribute_problem(attributes: dict[str, Any]) -> str | None:
    taken = sorted(_BESIDE_ATTRIBUTES.intersection(attributes))
    if taken:
        return f"{', '.join(taken)} belongs beside attributes, not inside."
    return None
