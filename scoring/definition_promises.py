"""The parts of the definition in which the two sides promise something: tiers, clocks, contract, review."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Literal

from scoring.asking import in_a_tier
from scoring.contract import Bands, Contract, Ladder, Tier
from scoring.definition_rows import Targets, unlike_earlier
from scoring.dispositions import DEFAULT_WAITS
from scoring.durations import duration
from scoring.grammar import condition
from scoring.place import D, Place, T

BANT = ("budget", "authority", "need", "timeline")
# The stages of a hand-off and its ends (DESIGN.md, "Words"); a lead is what comes before.
STAGES = ("lead", "mql", "sal", "sql", "opportunity", "won", "recycled", "disqualified", "lost")
# A step later than ten times the promise reminds nobody.
LATEST_STEP = 1000
# Cards collected for longer than a day would arrive after their promise.
LONGEST_DIGEST = timedelta(days=1)
_TIER_KEYS = ("name", "when", "first_touch", "clock", "play", "ladder", "card", "handoff")
_DIGEST = re.compile(r"digest +(\S+)")


def read_tiers(place: Place, target: Targets, common: Ladder) -> tuple[Tier, ...]:
    """The tiers, the highest first; the last takes whatever the others left."""
    rows = place.items("[{name: standard, first_touch: 24h}]")
    if place.node.value == ():
        place.wrong("has no tier; write at least - {name: standard, first_touch: 24h}.")
    tiers = tuple(_tier(row, rank, target, common) for rank, row in enumerate(rows))
    unlike_earlier(zip(rows, (tier.name for tier in tiers), strict=True))
    for row, tier in zip(rows[:-1], tiers[:-1], strict=True):
        if tier.when is None and row.entries():
            row.wrong("has no when, so the tiers below it are never reached; add one, or move it to the end.")
    if tiers and tiers[-1].when is not None:
        rows[-1].wrong(
            "is the last tier and must take every lead left; remove its when, or add a tier without one."
        )
    return tiers


def _tier(place: Place, rank: int, target: Targets, common: Ladder) -> Tier:
    row = place.fields(_TIER_KEYS, {"name": "standard"})
    nurture = row.get("handoff", lambda at: at.one_of(("nurture",)) == "nurture", False)
    if row.entries and not nurture and "first_touch" not in row:
        place.wrong("lacks first_touch; write first_touch: 24h.")
    scope = in_a_tier(target)
    return Tier(
        name=row.get("name", Place.text, place.key),
        rank=rank,
        first_touch=row.get("first_touch", Place.length, timedelta(0)),
        clock=row.get("clock", _clock, "business"),
        when=row.get("when", lambda at: condition(at, scope), None),
        play=row.get("play", Place.text, None),
        ladder=row.get("ladder", lambda at: read_ladder(at, common), common),
        digest=row.get("card", _digest, None),
        nurture=nurture,
    )


def _clock(place: Place) -> Literal["business", "calendar"]:
    return place.one_of(("business", "calendar"))


def _digest(place: Place) -> timedelta:
    found = _DIGEST.fullmatch(str(place.node.value))
    try:
        wait = duration(found[1]) if found else timedelta(0)
    except ValueError:
        wait = timedelta(0)
    if not timedelta(0) < wait <= LONGEST_DIGEST:
        place.expected("digest and a duration of at most a day", "digest 1h")
    return wait


def read_ladder(place: Place, common: Ladder) -> Ladder:
    """The steps written here, the others as in *common*. Shares of the first-touch time."""
    steps = place.fields(("nudge", "everyone", "breach", "reassign"))
    ladder = replace(
        common, **{name: _shares(step) for name, step in steps.entries.items() if _is_step(name)}
    )
    if not ladder.breach:
        place.wrong("has no breach; write breach: 100%.")
    return ladder


def _is_step(name: str) -> bool:
    return name in Ladder.__dataclass_fields__


def _shares(place: Place) -> tuple[Fraction, ...]:
    """Shares in the order of time; an empty list switches the step off."""
    steps = place.items() if isinstance(place.node.value, tuple) else [place]
    return tuple(sorted({step.share(LATEST_STEP) for step in steps}))


def read_again(place: Place) -> dict[str, timedelta]:
    """How long each reason that waits makes a lead wait."""
    waits = place.fields(tuple(DEFAULT_WAITS))
    return {reason: waits.get(reason, Place.length, usual) for reason, usual in DEFAULT_WAITS.items()}


def read_required(place: Place) -> tuple[str, ...]:
    """Which of budget, authority, need and timeline an SQL must have confirmed, in that order."""
    fields = place.fields(("required",), {"required": "[need, timeline]"})
    named = fields.get("required", lambda at: tuple(item.one_of(BANT) for item in at.one_or_more("need")), ())
    return tuple(word for word in BANT if word in named)


def read_unreachable(place: Place) -> tuple[int, timedelta]:
    """How many attempts over how long make a lead unreachable."""
    fields = place.fields(("attempts", "over"))
    return fields.get("attempts", lambda at: at.whole(1, 100), 5), fields.get(
        "over", Place.length, timedelta(days=10)
    )


def read_pause(place: Place) -> tuple[tuple[str, ...], timedelta]:
    """For which reasons an owner may stop the clock, and for how long."""
    fields = place.fields(("reasons", "limit"), {"reasons": "[waiting for procurement]"})
    reasons = fields.get("reasons", lambda at: tuple(item.text() for item in at.one_or_more("a reason")), ())
    return tuple(dict.fromkeys(reasons)), fields.get("limit", Place.length, timedelta(days=5))


def read_contract(place: Place) -> Contract:
    """What each side promises, what is expected of it, and when that is looked at."""
    sides = place.fields(("marketing", "sales", "expected_mql_to_sql", "check_on", "hypothesis"))
    return Contract(
        mqls_a_month=sides.get("marketing", lambda at: _only(at, "mqls_a_month", Place.several, None), None),
        within_sla=sides.get(
            "sales", lambda at: _only(at, "within_sla", Place.share, _USUAL_SLA), _USUAL_SLA
        ),
        expected_mql_to_sql=sides.get("expected_mql_to_sql", Place.share, None),
        check_on=sides.get("check_on", Place.day, None),
        hypothesis=sides.get("hypothesis", Place.text, None),
    )


_USUAL_SLA = Contract().within_sla


def _only(place: Place, key: str, read: Callable[[Place], T], default: D) -> T | D:
    """The one key a mapping may have."""
    return place.fields((key,)).get(key, read, default)


def read_bands(place: Place) -> Bands:
    """The healthy ranges in per cent."""
    usual = Bands()
    bands = place.fields(tuple(Bands.__dataclass_fields__))
    return Bands(
        mql_to_sal=bands.get("mql_to_sal", _band, usual.mql_to_sal),
        mql_to_sql=bands.get("mql_to_sql", _band, usual.mql_to_sql),
        alarm_below=bands.get("alarm_below", _per_cent, usual.alarm_below),
        recalibrate_below=bands.get("recalibrate_below", _per_cent, usual.recalibrate_below),
    )


def _per_cent(place: Place) -> int:
    return place.whole(0, 100)


def _band(place: Place) -> tuple[int, int]:
    ends = [_per_cent(item) for item in place.items("[15, 30]")]
    if len(ends) != 2 or ends[0] >= ends[1]:
        place.expected("a lower and a higher per cent", "[15, 30]")
        return 0, 100
    return ends[0], ends[1]


def read_stages(place: Place) -> tuple[bool, dict[str, str]]:
    """Whether sales accepts in a stage of its own, and what the stages are called here."""
    stages = place.fields(("sal", "labels"))
    return stages.get("sal", Place.yes_no, True), stages.get("labels", _labels, {})


def _labels(place: Place) -> dict[str, str]:
    labels = place.fields(STAGES)
    return {stage: entry.text() for stage, entry in labels.entries.items()}


def read_spot_check(place: Place) -> tuple[Fraction, int]:
    """The share of leads below the threshold that is worked on purpose, and the most per rep and week."""
    fields = place.fields(("share", "at_most"), {"share": "5%", "at_most": "2"})
    return fields.get("share", lambda at: at.share(100, -1), Fraction(0)), fields.get(
        "at_most", Place.count, 0
    )
