"""What the command line says about audits and erasures: sentences for people, dictionaries for machines."""

from typing import Any

from bot.desk.audit import Audit, Finding
from bot.desk.privacy import Erased


def audited(found: Audit) -> dict[str, Any]:
    """An audit for machines."""
    newest = found.newest
    return {
        "ok": not found.found,
        "handoffs": found.handoffs,
        "lines": found.lines,
        "older_than_the_chain": found.unlinked,
        "anchors": found.anchors,
        "not_yet_anchored": found.fresh,
        "newest_anchor": newest and {"id": newest.id, "at": newest.at.isoformat(), "digest": newest.digest},
        "found": found.found,
        "findings": [_finding(each) for each in found.findings],
        "notes": found.notes,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "sentence": finding.sentence,
        "handoff": finding.handoff,
        "line": finding.number,
        "anchor": finding.anchor,
    }


def audit_lines(found: Audit) -> list[str]:
    """An audit for people."""
    said = [each.sentence for each in found.findings]
    if found.found > len(said):
        said.append(f"… and {found.found - len(said)} more findings.")
    said += found.notes
    said.append(
        f"{found.handoffs} hand-offs with {found.lines} lines of log and {found.anchors} anchors looked at: "
        + (f"{found.found} findings." if found.found else "nothing was changed.")
    )
    if found.unlinked:
        said.append(
            f"{found.unlinked} of the lines are older than the chain, so only anchors vouch for them."
        )
    if found.fresh:
        said.append(f"{found.fresh} hand-offs moved since the newest anchor; the next one takes them in.")
    if found.newest:
        newest = found.newest
        said.append(f"Newest anchor: {newest.id}, {newest.at:%Y-%m-%d %H:%M:%S} UTC, digest {newest.digest}")
        said.append(
            "Keep the digest elsewhere; --kept DIGEST later tells whether the log up to it still stands."
        )
    return said


def erased_lines(done: Erased, *, serving_now: bool) -> list[str]:
    """An erasure for people; *serving_now*: baton serve may be running beside us."""
    said = [
        f"Erased lead {done.lead}: {done.activities} activities, and what {done.handoffs} hand-offs told of it."
    ]
    if done.messages or done.handoffs:
        when = "does so now, if it runs" if serving_now else "does so when you start it"
        said.append(
            f"Cards are to be redrawn and {done.messages} messages deleted in Slack: baton serve {when}."
        )
    if not done.wiped:
        said.append(
            "The database's files could not be cleaned: another program reads them. Vacuum them later."
        )
    said.append(
        "Backups, exported files and systems that Baton told of it are yours to clean: docs/privacy.md."
    )
    return said
