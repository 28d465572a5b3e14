"""What the command line prints about a lead."""

from datetime import UTC, datetime
from typing import Any

from rich.markup import escape
from rich.table import Table

from bot.desk.report import Explained
from bot.slack.views.text import clean


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
    score = found.score
    return (
        f"{score.total} = fit {score.fit} + intent {score.intent} · MQL at {found.definition.threshold} · "
        f"definition v{found.version}"
    )


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
        "rows": [
            {
                "points": part.points,
                "label": part.label,
                "side": part.side,
                "kind": part.kind,
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
    }
