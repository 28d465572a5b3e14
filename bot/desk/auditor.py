"""Every minute each open hand-off is looked at: it has a card, an owner or a pool, and a next step that is not late.

What is wrong is a finding: opened once, told in the admin channel once, cleared when it is gone. What can be put
right exactly is put right at once. Source: FAULTS, "An auditor job checks every active hand-off every minute".
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, islice, takewhile

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from bot.desk import alert, ladder, leaving, verdicts
from bot.desk.desk import Agreed, Desk
from storage import cards, contracts, findings, handoffs, moves
from storage.cards import NewCard
from storage.findings import Cardless, Finding, Occurrence

log = logging.getLogger(__name__)

AUDIT = "audit"
EVERY = timedelta(minutes=1)
LATE = timedelta(minutes=5)
"""A step may be this late before it is a finding. Source: FAULTS, "a next deadline not older than 5 minutes"."""
OLD = timedelta(minutes=15)
"""A letter may be this old, and a doubtful one rest as long. Source: FAULTS, row 25 "longer than 15 minutes"."""
REMEMBERED = timedelta(days=1)
"""How long a letter that was given up is a finding, where it belongs to no open hand-off."""

SILENT = timedelta(minutes=5)
"""After this without an audit /readyz says so."""

MOST = 200
"""New findings of a kind in one run: on SQLite presses wait while a run repairs, for a fraction of a second then."""

STEPS = ladder.KINDS
"""One of these stands for every open hand-off."""
OF_HANDOFFS = (*ladder.OF_A_HANDOFF, ladder.ACTIVITY)
ON_PURPOSE = ("its reader is off",)
"""What the courier writes beside a letter that waits for its reader's hours: that is no trouble."""

AUDITED = "audited_at"
"""Setting: when the auditor last finished (real time)."""
_MARKS = "audit_marks"
_TOLD = "audit_told"
_APART = timedelta(seconds=30)
"""Marks are kept this far apart, so that there are about ten."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What business time it was at a moment of real time, as an audit found it."""

    real: datetime
    business: datetime


@dataclass(frozen=True, slots=True)
class Round:
    """One audit. *most* findings of a kind are looked for: those known, and MOST new ones."""

    session: Session
    desk: Desk
    agreed: Agreed
    now: datetime
    real: datetime
    last: datetime | None
    marks: tuple[Mark, ...]
    known: tuple[Finding, ...]

    @property
    def most(self) -> int:
        """The limit of each look; a look that reaches it did not see everything."""
        return MOST + len(self.known)

    @property
    def awake(self) -> bool:
        """Whether Baton ran in the last minutes: after a sleep what waits has its chance before it is late or old."""
        return self.last is not None and self.real - self.last < 3 * EVERY

    @property
    def late_before(self) -> datetime | None:
        """Steps due at this time or before are late; None while Baton has not watched for long enough.

        Business time may jump (a demo's clock, a machine that slept): what became due by a jump has its chance
        first. So a step is late only if it was due when an audit looked at least five minutes of real time ago.
        """
        if not self.awake or not self.marks or self.real - self.marks[0].real < LATE:
            return None
        return min(self.marks[0].business, self.now - LATE)


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found: subjects of a kind. *whole*: what it did not find is not there."""

    kind: str
    subjects: tuple[str, ...]
    whole: bool = True


def last(session: Session) -> datetime | None:
    """When the auditor last finished (real time), or None."""
    told = contracts.settings(session).get(AUDITED)
    return datetime.fromisoformat(told) if told else None


def silent(audited: datetime | None, now: datetime) -> bool:
    """Whether the auditor has not looked for SILENT; a time far ahead of *now* is of a clock that was set back."""
    return audited is None or abs(now - audited) >= SILENT


def audit(session: Session, desk: Desk, agreed: Agreed) -> None:
    """One audit; the caller sees that the next one is due in EVERY, and that one replica does it.

    An audit that the database refuses is logged and keeps nobody's nudge from being said: its silence shows.
    """
    try:
        with session.begin_nested():
            _audit(_round(session, desk, agreed))
    except DBAPIError:
        log.exception("the auditor could not look")


def _round(session: Session, desk: Desk, agreed: Agreed) -> Round:
    real = desk.clock.real()
    told = json.loads(contracts.settings(session).get(_MARKS, "[]"))
    marks = [Mark(datetime.fromisoformat(at), datetime.fromisoformat(then)) for at, then in told]
    past = [mark for mark in marks if mark.real <= real]  # real time may have been set back
    old = list(takewhile(lambda mark: real - mark.real >= LATE, past))
    kept = past[max(0, len(old) - 1) :]
    known = tuple(findings.known(session))
    return Round(session, desk, agreed, desk.clock.business(), real, last(session), tuple(kept), known)


def _audit(now: Round) -> None:
    bare = findings.cardless(now.session, now.most, ladder.DIGEST)
    looks = [_cards(now, bare), *_hands(now), *_late(now), *_letters(now)]
    there = {(each.kind, each.subject): each for each in now.known}
    seen = {(look.kind, subject) for look in looks for subject in look.subjects}
    fresh = _first(sorted(seen - there.keys(), key=_by_number))
    whole = {look.kind for look in looks if look.whole}
    gone = [each.id for key, each in there.items() if each.kind in whole and key not in seen]
    findings.add(now.session, fresh, now.real)
    findings.clear(now.session, gone, now.real)
    _repair(now, fresh, {str(each.handoff): each for each in bare})
    if fresh or gone:
        counted = {kind: sum(1 for each, _ in fresh if each == kind) for kind, _ in fresh}
        log.warning("the auditor found something", extra={"found": counted, "cleared": len(gone)})
    _tell(now)
    _remember(now)


def _first(found: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The first MOST of each kind; the next run has the others."""
    kinds = groupby(found, key=lambda each: each[0])
    return [each for _, of_kind in kinds for each in islice(of_kind, MOST)]


def _by_number(found: tuple[str, str]) -> tuple[str, int, str]:
    kind, subject = found
    return kind, int(subject) if subject.isdigit() else 0, subject


def _cards(now: Round, bare: Sequence[Cardless]) -> Look:
    return Look(verdicts.NO_CARD, tuple(str(each.handoff) for each in bare), len(bare) < now.most)


def _hands(now: Round) -> list[Look]:
    found = {
        verdicts.NOBODY: findings.nobodys(now.session, now.most, now.agreed.team.people),
        verdicts.OWNER_LEFT: findings.left_behind(now.session, now.most),
        verdicts.NO_STEP: findings.stepless(now.session, now.most, STEPS),
    }
    return [Look(kind, tuple(map(str, ids)), len(ids) < now.most) for kind, ids in found.items()]


def _late(now: Round) -> list[Look]:
    before = now.late_before
    if before is None:
        return []
    rows = findings.late(now.session, before, now.most)
    whole = len(rows) < now.most
    steps = {subject for kind, subject in rows if kind in OF_HANDOFFS}
    jobs = {kind for kind, _ in rows if kind not in (*OF_HANDOFFS, AUDIT)}
    return [
        Look(verdicts.LATE_STEP, tuple(sorted(steps)), whole),
        Look(verdicts.LATE_JOB, tuple(sorted(jobs)), whole),
    ]


def _letters(now: Round) -> list[Look]:
    dead = findings.dead_letters(now.session, now.real - REMEMBERED)
    looks = [Look(verdicts.DEAD, tuple(sorted(dead)))]
    if now.awake:
        doubtful, old = findings.old_letters(now.session, now.real - OLD, ON_PURPOSE)
        looks += [
            Look(verdicts.DOUBTFUL, tuple(sorted(doubtful))),
            Look(verdicts.OLD_QUEUE, tuple(sorted(old))),
        ]
    return looks


def _repair(now: Round, fresh: Sequence[tuple[str, str]], bare: Mapping[str, Cardless]) -> None:
    """What is wrong since this run and can be put right exactly: once, then it is for people."""
    by_kind: dict[str, list[int]] = {}
    for kind, subject in fresh:
        if kind in (verdicts.NO_CARD, verdicts.NO_STEP, verdicts.OWNER_LEFT):
            by_kind.setdefault(kind, []).append(int(subject))
    lacking = [bare[str(id_)] for id_ in by_kind.get(verdicts.NO_CARD, [])]
    done = {  # a release first: it waits for presses, which wait for cards and deadlines
        verdicts.OWNER_LEFT: leaving.release(now.session, now.desk, by_kind.get(verdicts.OWNER_LEFT, [])),
        verdicts.NO_CARD: _ask_for_cards(now, lacking),
        verdicts.NO_STEP: _schedule(now, by_kind.get(verdicts.NO_STEP, [])),
    }
    findings.note(
        now.session,
        [
            Occurrence(now.now, "repaired", id_, detail={"finding": kind})
            for kind, ids in done.items()
            for id_ in ids
        ],
    )


def _ask_for_cards(now: Round, lacking: Sequence[Cardless]) -> list[int]:
    """A card for who is on none, a letter for a card without one. A letter that was sent or given up stays so:
    Slack may have the card, or refuses it, and sending it again would not be exact."""
    unlettered = [each for each in lacking if each.card is not None and each.letter in (None, "dropped")]
    cards.changed(now.session, [each.card for each in unlettered], now.real)
    on_none = handoffs.many(now.session, [each.handoff for each in lacking if each.card is None])
    ids = sorted(on_none)
    new = [NewCard(id_, on_none[id_].channel, on_none[id_].tier_rank) for id_ in ids]
    moves.set_card(now.session, dict(zip(ids, cards.create(now.session, new, now.real), strict=True)))
    return [*ids, *(each.handoff for each in unlettered)]


def _schedule(now: Round, ids: Sequence[int]) -> list[int]:
    read = handoffs.many(now.session, ids)
    for handoff in read.values():
        definition = now.desk.definition(now.session, handoff.version)
        ladder.schedule(now.session, handoff, definition, now.agreed.team)
    return sorted(read)


def _tell(now: Round) -> None:
    """One message about everything found and not told yet; at most one in EVERY of real time."""
    told = json.loads(contracts.settings(now.session).get(_TOLD, "[0, null]"))
    last = datetime.fromisoformat(told[1]) if told[1] else None
    news = [each for each in findings.known(now.session) if each.id > told[0]]
    if not news or (last is not None and timedelta(0) <= now.real - last < EVERY):
        return
    newest = max(each.id for each in news)
    told_of = verdicts.sentences([(each.kind, each.subject) for each in news])
    sentence = f"The auditor found something. {' '.join(told_of)}"
    alert.admins(now.session, now.desk, now.agreed, f"audit:{newest}", sentence)
    contracts.remember(now.session, _TOLD, json.dumps([newest, now.real.isoformat()]))


def _remember(now: Round) -> None:
    contracts.remember(now.session, AUDITED, now.real.isoformat())
    marks = list(now.marks)
    if not marks or now.real - marks[-1].real >= _APART:
        marks.append(Mark(now.real, now.now))
    stored = [[mark.real.isoformat(), mark.business.isoformat()] for mark in marks]
    contracts.remember(now.session, _MARKS, json.dumps(stored))
