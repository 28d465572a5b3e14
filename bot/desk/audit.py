"""The audit: once a minute the log's heads are anchored; `baton audit verify` looks whether anybody changed it.

The chain finds what was changed by somebody who does not recompute it, the anchors what was changed by anybody
without BATON_SECRET. What happened since the newest anchor is under the chain alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import groupby, islice
from typing import Any

from sqlmodel import Session

from bot.desk.desk import Desk
from storage import audit, chain, contracts
from storage.audit import Anchor
from storage.keyed import fingerprint

ANCHOR = "anchor"
EVERY = timedelta(minutes=1)
"""How often heads are anchored. Source: DESIGN, rule 7."""

KEY = "secret_fingerprint"
"""The setting that tells whether BATON_SECRET is still the one that the hashes were made with."""

CHAINED_AFTER = "chained_after"
"""The setting with the last line of the log that is older than the chain."""

MOST = 1_000
"""Findings that are listed; more are counted. Somebody who rewrote the log need not fill our memory."""

ANCHORS_AT_ONCE = 200
"""Anchors whose lines are looked up together."""

RESTORE = "Compare it with a backup"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as Baton wrote it. *number* is that of the line in the hand-off's log."""

    sentence: str
    handoff: int | None = None
    number: int | None = None
    anchor: int | None = None


@dataclass(slots=True)
class Audit:
    """What an audit saw.

    Attributes:
        found: how many findings there are; *findings* lists the first `MOST`.
        unlinked: lines from before there was a chain.
        fresh: hand-offs that moved since the newest anchor.
        newest: the newest anchor, None where there is none.
        notes: sentences about what could not be looked at.
    """

    findings: list[Finding] = field(default_factory=list)
    found: int = 0
    handoffs: int = 0
    lines: int = 0
    unlinked: int = 0
    anchors: int = 0
    fresh: int = 0
    newest: Anchor | None = None
    kept_seen: bool = False
    notes: list[str] = field(default_factory=list)
    anchored: dict[int, int] = field(default_factory=dict, repr=False)

    def take(self, finding: Finding) -> None:
        """Count a finding, and list it where there is room."""
        self.found += 1
        if len(self.findings) < MOST:
            self.findings.append(finding)


def anchor(session: Session, desk: Desk) -> bool:
    """Anchor what moved; gives whether there may be more. Without BATON_SECRET there is no key, and no anchor."""
    if not desk.secret:
        return False
    return audit.drop_anchor(session, desk.secret, desk.clock.business()) == audit.HEADS_AT_ONCE


def know_secret(session: Session, secret: bytes) -> list[str]:
    """Remember which BATON_SECRET is in use; a sentence where it is another one than before."""
    if not secret:
        return []
    known = contracts.settings(session).get(KEY)
    if known is None:
        contracts.remember(session, KEY, fingerprint(secret))
    if known in (None, fingerprint(secret)):
        return []
    return [
        "BATON_SECRET is not the one this database was begun with: erased people would be taken in again, and "
        "audit verify cannot check the anchors. Set the former one."
    ]


def verify(desk: Desk, kept: str | None = None) -> Audit:
    """Look at every hand-off's chain and at every anchor, in one snapshot, beside a running serve.

    *kept* is an anchor's digest that somebody kept elsewhere: it must still be there, so that nobody has cut
    off the end.

    Raises:
        sqlalchemy.exc.OperationalError: the database does not answer.
    """
    found = Audit()
    with audit.snapshot(desk.database) as session:
        settings = contracts.settings(session)
        digests = _Digests(_usable(desk.secret, settings.get(KEY), found), KEY in settings)
        for look in (
            partial(_look_at_anchors, session, digests, kept, found),
            partial(_look_at_log, session, int(settings.get(CHAINED_AFTER, 0)), found),
        ):
            try:
                look()
            except (ValueError, TypeError) as unreadable:
                what = f"A record of the log or of the anchors cannot be read ({type(unreadable).__name__})"
                found.take(Finding(f"{what}, and nothing after it was looked at. Restore it from a backup."))
        for handoff, count in audit.strays(session):
            what = f"Hand-off {handoff} is missing, but {count} lines of its log are there"
            found.take(Finding(f"{what}. Restore the hand-off from a backup.", handoff))
    if kept is not None and not found.kept_seen:
        what = f"The anchor with the digest {kept} is not there any more"
        found.take(
            Finding(f"{what}: the end of the log was cut off, or rewritten. Restore it from a backup.")
        )
    return found


def _usable(secret: bytes, known: str | None, found: Audit) -> bytes:
    """The secret where the anchors can be checked with it; empty, and why, where not."""
    if not secret:
        found.notes.append(
            "The anchors' digests were not checked: that needs BATON_SECRET. Set it and verify again."
        )
        return b""
    if known is not None and known != fingerprint(secret):
        found.take(
            Finding(
                "BATON_SECRET is not the one the anchors were made with, so their digests were not checked. "
                "Set the former one and verify again."
            )
        )
        return b""
    return secret


# -- anchors ------------------------------------------------------------------------------------------


def _look_at_anchors(session: Session, digests: "_Digests", kept: str | None, found: Audit) -> None:
    anchors = audit.anchors(session)
    while bunch := list(islice(anchors, ANCHORS_AT_ONCE)):
        there = audit.links(session, [key for each in bunch for key in _named(each)])
        for each in bunch:
            if not _look_at_place(each, found):
                digests.check(each, found.newest)
            _look_at_heads(each, there, found)
            found.kept_seen = found.kept_seen or each.digest == kept
            found.anchors, found.newest = found.anchors + 1, each
    digests.tell(found)


@dataclass(slots=True)
class _Digests:
    """Which anchors have the digest they must have; nothing is checked without a *secret*.

    Where none has, and nobody knows whether the secret is the one they were made with, it likely is not.
    """

    secret: bytes
    known: bool
    right: int = 0
    wrong: list[int] = field(default_factory=list)

    def check(self, anchor: Anchor, before: Anchor | None) -> None:
        if not self.secret:
            return
        if audit.digest(self.secret, before.digest if before else None, anchor) == anchor.digest:
            self.right += 1
        else:
            self.wrong.append(anchor.id)

    def tell(self, found: Audit) -> None:
        if self.wrong and not self.right and not self.known:
            what = f"None of the anchors looked at ({len(self.wrong)}) has the digest it must have: likely"
            what += " BATON_SECRET is not the one they were made with. Set the former one and verify again"
            found.take(Finding(f"{what}; if it is the right one, the anchors were rewritten."))
            return
        for id_ in self.wrong:
            what = f"Anchor {id_} is not as it was written, or the digest of the one before it was changed"
            found.take(Finding(f"{what}. {RESTORE}.", anchor=id_))


def _look_at_place(anchor: Anchor, found: Audit) -> bool:
    """Whether the anchors before this one are missing."""
    expected = found.newest.id + 1 if found.newest else 1
    if anchor.id != expected:
        which = (
            f"Anchor {expected} is"
            if anchor.id == expected + 1
            else f"Anchors {expected} to {anchor.id - 1} are"
        )
        found.take(Finding(f"{which} missing. Restore the anchors from a backup.", anchor=expected))
    return anchor.id != expected


def _named(anchor: Anchor) -> list[tuple[int, int]]:
    """The lines an anchor names, as far as what stands there are names."""
    return [(head[0], head[1]) for head in anchor.heads if _is_head(head)]


def _is_head(head: object) -> bool:
    match head:
        case [int(), int(), str() | None]:
            return True
    return False


def _look_at_heads(anchor: Anchor, there: dict[tuple[int, int], str | None], found: Audit) -> None:
    for head in anchor.heads:
        if not _is_head(head):
            found.take(
                Finding(f"Anchor {anchor.id} holds something else than heads. {RESTORE}.", anchor=anchor.id)
            )
            continue
        handoff, number, link = head
        if (handoff, number) not in there:
            what = f"Line {number} of hand-off {handoff} is missing from the log; anchor {anchor.id} saw it"
            found.take(Finding(f"{what}. Restore the line from a backup.", handoff, number, anchor.id))
            continue
        found.anchored[handoff] = max(number, found.anchored.get(handoff, 0))
        if there[handoff, number] != link:
            what = f"Line {number} of hand-off {handoff} is not the one that anchor {anchor.id} saw"
            found.take(Finding(f"{what}. {RESTORE}.", handoff, number, anchor.id))


# -- the log ------------------------------------------------------------------------------------------


def _look_at_log(session: Session, chained_after: int, found: Audit) -> None:
    for _, rows in groupby(audit.lines(session), key=lambda row: row.handoff):
        found.handoffs += 1
        for finding in _chain(rows, chained_after, found):
            found.take(finding)


def _chain(rows: Iterator[Any], chained_after: int, found: Audit) -> Iterator[Finding]:
    """What is wrong with one hand-off's log and with what its row says of it."""
    before: Any = None
    for row in rows:
        if row.line is None:
            yield Finding(f"Hand-off {row.handoff} has no log. Restore it from a backup.", row.handoff)
            return
        found.lines += 1
        found.unlinked += row.link is None
        expected = before.n + 1 if before else 1
        if row.n != expected:
            what = f"Hand-off {row.handoff}: {_lines(expected, row.n - 1)} missing from its log"
            yield Finding(f"{what}. Restore them from a backup.", row.handoff, expected)
        else:
            yield from _line(row, before, chained_after)
        before = row
    yield from _row(before, found)


def _lines(first: int, last: int) -> str:
    return f"line {first} is" if first == last else f"lines {first} to {last} are"


def _line(row: Any, before: Any, chained_after: int) -> Iterator[Finding]:
    where = f"Hand-off {row.handoff}, line {row.n}"
    stood, link = (before.to_stage, before.link) if before else (None, None)
    if row.link is None:
        if row.line > chained_after or link is not None:
            yield Finding(f"{where} has no link in the chain. {RESTORE}.", row.handoff, row.n)
    elif row.salt is None or row.link != chain.link(link, row._mapping):
        yield Finding(f"{where} is not as it was written. {RESTORE}.", row.handoff, row.n)
    if row.from_stage != stood:
        what = f"{where} begins at {row.from_stage or 'nothing'}, and the line before it ended at {stood or 'nothing'}"
        yield Finding(f"{what}. {RESTORE}.", row.handoff, row.n)


def _row(last: Any, found: Audit) -> Iterator[Finding]:
    """Whether a hand-off's row stands where its log ends, and was anchored as far as it says."""
    where = f"Hand-off {last.handoff}"
    found.fresh += last.anchored_n < last.newest
    if last.newest > last.n:
        what = f"{where}: {_lines(last.n + 1, last.newest)} missing from the end of its log"
        yield Finding(f"{what}. Restore them from a backup.", last.handoff, last.n + 1)
    elif last.newest != last.n or last.head != last.link:
        what = f"{where} does not stand at the last line of its log, line {last.n}"
        yield Finding(f"{what}. {RESTORE}.", last.handoff, last.n)
    elif (last.stage, last.owned_by) != (last.to_stage, last.owner):
        what = f"{where} has another stage or owner than line {last.n} of its log gave it"
        yield Finding(f"{what}. {RESTORE}.", last.handoff, last.n)
    if last.anchored_n != found.anchored.get(last.handoff, 0):
        seen = found.anchored.get(last.handoff, 0)
        what = (
            f"{where} says that an anchor saw its line {last.anchored_n}, and the anchors end at line {seen}"
        )
        yield Finding(f"{what}. Restore the anchors from a backup.", last.handoff, last.anchored_n)
