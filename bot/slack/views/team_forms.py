"""The forms of the team. Block ids are the keys of the team file; `private_metadata` is the version they show."""

from bot.desk.team import TeamShown
from bot.slack.views import blocks
from bot.slack.views.blocks import Block
from bot.slack.views.team import ASSIGN, ROLES
from bot.slack.views.text import mention, safe
from scoring.roster import Person, Segment
from scoring.team_edit import REMOVE, person_fields, segment_fields, team_fields, until_words

SIGNS = {"none": "Nobody", "sales": "Sales", "marketing": "Marketing"}

_HOURS_HINT = "One range a line, such as mon-fri 09:00-17:00."


def person_form(found: TeamShown, person_id: str) -> Block:
    """Somebody of the team, or somebody to be added to it."""
    person = found.team.person(person_id)
    shown = person_fields(person)
    head = mention(person_id) if person else f"{mention(person_id)} is not in the team yet."
    leave = [
        blocks.option("Take this person out of the team", "person"),
        blocks.option("and out of every pool", "pools"),
    ]
    return blocks.modal(
        "person_form",
        "Edit a person" if person else "Add a person",
        [
            blocks.section(head),
            blocks.typed("name", "Name", shown.get("name", ""), optional=False),
            _one_of("role", "Role", ROLES, shown.get("role", "")),
            *_hours(shown, "the team's"),
            blocks.typed("weight", "Weight: share when leads are given by turns", shown["weight"]),
            blocks.typed("capacity", "Most open leads (empty: no limit)", shown.get("capacity", "")),
            _one_of("signs", "Signs the definition for", SIGNS, shown.get("signs") or "none"),
            _booking(shown),
            *([blocks.ticks(REMOVE, "Leaving", leave)] if person else []),
        ],
        submit="Save",
        private=f"{found.version}:{person_id}",
    )


def pool_form(found: TeamShown, place: int) -> Block:
    """A segment: who may be given its leads, how they are given, and when it works."""
    segment: Segment = found.team.segments[place]
    shown = segment_fields(segment)
    return blocks.modal(
        "pool_form",
        "Edit a pool",
        [
            blocks.section(f"*{safe(segment.name, 200)}* · <#{segment.channel}>"),
            blocks.several_people("pool", "Who its leads are for", shown["pool"].split()),
            _one_of("assign", "How a lead finds its owner", ASSIGN, shown["assign"]),
            *_hours(shown, "the team's"),
            _booking(shown),
        ],
        submit="Save",
        private=f"{found.version}:{place}",
    )


def hours_form(found: TeamShown) -> Block:
    """The hours of everybody who has none of their own."""
    return blocks.modal(
        "hours_form",
        "Team hours",
        [
            blocks.section("They count for every segment and person without hours of their own."),
            *_hours(team_fields(found.team), ""),
        ],
        submit="Save",
        private=str(found.version),
    )


def away_form(found: TeamShown, person: Person) -> Block:
    """From now until when somebody is away, by their own clock."""
    until = found.team.away_wall(person, found.now)
    zone = person.timezone or found.team.timezone
    now = f" They are away until {until_words(until)} already." if until is not None else ""
    return blocks.modal(
        "away_form",
        "Away",
        [
            blocks.section(
                f"{mention(person.id)} is away from now on and gets no nudges meanwhile. Clocks run on.{now}"
            ),
            blocks.last_day("until_date", "Last day"),
            blocks.hint(
                blocks.hour("until_time", "Until (empty: all of that day)"), f"By the clock of {zone}."
            ),
            *_passing_on(found, person),
        ],
        submit="Save",
        private=person.id,
    )


def _passing_on(found: TeamShown, person: Person) -> list[Block]:
    """ "It offers to pass leads on": where there are any."""
    count = found.open.get(person.id, 0)
    if not count:
        return []
    leads = "1 open lead" if count == 1 else f"{count} open leads"
    words = f"Pass {leads} on: by turns to who is there, else to the pool"
    return [blocks.ticks("pass_on", "Open leads", [blocks.option(words, "all")])]


def _hours(shown: dict[str, str], whose: str) -> list[Block]:
    """Time zone, hours and holidays; *whose* count where they are empty, nobody's where they may not be."""
    empty = f" (empty: {whose})" if whose else ""
    return [
        blocks.typed("timezone", f"Time zone{empty}", shown.get("timezone", ""), optional=bool(whose)),
        blocks.hint(
            blocks.typed("hours", f"Hours{empty}", shown.get("hours", ""), optional=bool(whose), lines=True),
            _HOURS_HINT,
        ),
        blocks.hint(
            blocks.typed("holidays", f"Holidays{empty}", shown.get("holidays", "")),
            "A country or region such as GB or DE-BY, or none.",
        ),
    ]


def _one_of(name: str, label: str, words: dict[str, str], chosen: str) -> Block:
    options = [blocks.option(text, code) for code, text in words.items()]
    return blocks.select(
        name, label, options, next((each for each in options if each["value"] == chosen), None)
    )


def _booking(shown: dict[str, str]) -> Block:
    return blocks.typed("booking_url", "Where a lead books a meeting (https)", shown.get("booking_url", ""))
