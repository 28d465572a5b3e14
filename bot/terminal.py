"""What the command line prints about a lead."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.markup import escape
from rich.table import Table

from bot.desk.report import Explained
from bot.slack.views.text import clean
from scoring import stages
from scoring.assigning import LACKS, name_of, next_words


def receipt_table(found: Explained) -> Table:
    """The score's rows, each with its points and date."""
    table = Table(box=None, pad_edge=False)
    table.add_column("points", justify="right")
    table.add_column("what")
    table.add_column("when")
    for part in found.score.parts:
        at = (
            f"{datetime.fromtimestamp(part.occurred, UTC):%Y-%m-%d %H:%M} UTC"
            if part.occurred is not None
            else ""
        )
        table.add_row(f"{part.points:+d}", escape(clean(part.label)), at)
    return table


def headline(found: Explained) -> str:
    """The total and its two sides."""
    score, definition = found.score, found.definition
    line = f"{stages.label('mql', definition.labels)} at {definition.threshold}"
    return f"{score.total} = fit {score.fit} + intent {score.intent} · {line} · definition v{found.version}"


def explained(found: Explained) -> dict[str, Any]:
    """The same for machines."""
    return {
        "email": found.known.email,
        "fit": found.score.fit,
        "intent": found.score.intent,
        "score": found.score.total,
        "threshold": found.definition.threshold,
        "definition": found.version,
        "mql": found.verdict.mql,
        "why": found.verdict.why,
        "tier": found.verdict.tier.name if found.verdict.tier else None,
        "blocked": found.verdict.blocked,
        "sentences": list(found.verdict.sentences),
        "points_to_threshold": found.to_threshold,
        "next_tier": found.next_tier.tier.name if found.next_tier else None,
        "points_to_next_tier": found.next_tier.points if found.next_tier else None,
        "chance": round(float(found.worth.chance(found.score.total)), 4),
        "rows": [
            {
                "points": part.points,
                "label": part.label,
                "side": part.side,
                "kind": part.kind,
                "level": part.level,
                "asset": part.asset,
                "event": part.event,
                "occurred_at": datetime.fromtimestamp(part.occurred, UTC).isoformat()
                if part.occurred is not None
                else None,
            }
            for part in found.score.parts
        ],
        "handoffs": [
            {"id": each.id, "stage": each.stage, "owner": each.owner, "reason": each.reason}
            for each in found.history
        ],
    }


def missing(found: Explained) -> list[str]:
    """The points that are missing to the threshold and to the next tier, in sentences."""
    said = (
        [f"{found.to_threshold} points short of {stages.one('mql', found.definition.labels)}."]
        if found.to_threshold
        else []
    )
    if found.next_tier is not None:
        said.append(f"{found.next_tier.points} points short of tier {found.next_tier.tier.name}.")
    return said


def routed(found: Explained) -> dict[str, Any]:
    """Where the lead would go."""
    path = found.route
    tier = found.verdict.tier
    return {
        "email": found.known.email,
        "segment": path.segment.name,
        "channel": path.channel,
        "pool": [
            {"id": id_, "name": person.name if (person := found.team.person(id_)) else id_}
            for id_ in path.pool
        ],
        "tier": tier.name if tier else None,
        "first_touch": int(tier.first_touch.total_seconds()) if tier else None,
        "why": list(path.why),
        "assign": path.segment.assign,
        "next": found.choice.person,
        "how": found.choice.how,
        "skipped": [
            {"id": each.person, "why": each.why, "until": each.until.isoformat() if each.until else None}
            for each in found.choice.skipped
        ],
    }


def next_lines(found: Explained) -> list[str]:
    """Who would get the lead, and who would be passed over and why."""
    zone, team = ZoneInfo(found.team.timezone), found.team
    lines = [next_words(found.choice, team, found.route.segment.assign)]
    for each in found.choice.skipped:
        until = f" until {each.until.astimezone(zone):%a %d %b %H:%M %Z}" if each.until else ""
        lines.append(f"Not {name_of(team, each.person)}: {LACKS[each.why]}{until}")
    return lines
