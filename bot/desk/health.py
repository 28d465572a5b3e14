"""How Baton is: what stops it from serving, and what waits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import DBAPIError, InternalError, OperationalError, PendingRollbackError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.desk import auditor, delivery, verdicts
from bot.desk.desk import Desk
from scoring.contractfile import ContractError
from scoring.stages import Refused
from storage import deadlines, findings, outbox, paces, schema, standing
from storage.engine import Database, StorageError
from storage.standing import Standing

TROUBLE = (DBAPIError, PendingRollbackError, PoolTimeout, StorageError)
"""What a database that cannot take something raises: locked, full, read-only, restarting or gone."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits, and what is wrong.

    Attributes:
        letters: by (kind, state).
        oldest_letter: when the oldest letter in flight was asked for (real time).
        late: how many deadlines are late, by kind.
        oldest_deadline: since when the latest one is, in real time: a demo's business time may be far ahead of it.
        findings: the auditor's open findings, by kind; every kind is there.
        audited_at: when the auditor last finished (real time), None before it ever did.
        open: open hand-offs by stage.
    """

    letters: Mapping[tuple[str, str], int]
    oldest_letter: datetime | None
    late: Mapping[str, int]
    oldest_deadline: datetime | None
    findings: Mapping[str, int]
    audited_at: datetime | None
    open: Mapping[str, int]


def problems(desk: Desk) -> list[str]:
    """Sentences about what stops Baton from serving; none where nothing does. Slack being away does not.

    After a write that was refused it is tried whether the database takes writes again.
    """
    try:
        schema.check(desk.database)
        with desk.database.reading() as session:
            desk.agreed(session)
        if desk.database.refusing:
            standing.trial_write(desk.database)
    except (StorageError, Refused, ContractError) as known:
        return [str(known)]
    except SQLAlchemyError as broken:
        if desk.database.refusing:
            return [f"The database takes no writes ({why(broken)}). Look at its disk and its rights."]
        return [f"The database does not answer ({type(broken).__name__})."]
    return []


def why(broken: BaseException) -> str:
    """What a database in trouble says, in its first line; of anything else the kind alone, for it may quote values."""
    said = str(broken.orig).splitlines() if isinstance(broken, OperationalError | InternalError) else []
    return said[0][:200] if said else type(broken).__name__


def standing_of(database: Database) -> Standing:
    """What the database is, for whoever looks before serving."""
    return standing.standing(database)


def backlog(desk: Desk) -> Backlog:
    """What waits and what is wrong, for the metrics."""
    with desk.database.reading() as session:
        now = desk.clock.business()
        late = deadlines.counts(session, now)
        since = min((oldest for _, oldest in late.values()), default=None)
        return Backlog(
            letters=outbox.depths(session),
            oldest_letter=outbox.oldest(session),
            late={kind: count for kind, (count, _) in late.items()},
            oldest_deadline=desk.clock.real() - (now - since) if since is not None else None,
            findings={**dict.fromkeys(verdicts.WORDS, 0), **findings.counts(session)},
            audited_at=auditor.last(session),
            open=findings.open_by_stage(session),
        )


def warnings(desk: Desk) -> list[str]:
    """Sentences about what somebody should look at although Baton serves; none where all is well."""
    now = desk.clock.real()
    with desk.database.reading() as session:
        found = [(each.kind, each.subject) for each in findings.known(session)]
        trouble = paces.trouble(session)
        held = paces.gates(session).get(paces.POST, now)
        _, old = findings.old_letters(session, now - auditor.OLD, auditor.ON_PURPOSE)
        audited = auditor.last(session)
    # An old queue is told as of now rather than of the last audit.
    found = [(kind, subject) for kind, subject in found if kind != verdicts.OLD_QUEUE]
    found += [(verdicts.OLD_QUEUE, kind) for kind in sorted(old)]
    told = [_silence(audited, now)] if auditor.silent(audited, now) else []
    if trouble is not None:
        told.append(_trouble(*trouble))
    if held > now:
        told.append(
            f"Slack takes no messages before {held:%H:%M} UTC, because there were too many. They wait."
        )
    return [*told, *verdicts.sentences(found)]


def _trouble(code: str, since: datetime) -> str:
    at = f"{since:%Y-%m-%d %H:%M} UTC"
    if code == delivery.UNREACHABLE:
        return f"Slack has not answered since {at}. Look at its status and at the network. Everything waits."
    return (
        f"Slack refuses Baton since {at} ({code}). Reinstall the app, or set SLACK_BOT_TOKEN and restart. Everything "
        "waits, nothing is lost."
    )


def _silence(audited: datetime | None, now: datetime) -> str:
    since = "has not looked yet" if audited is None else f"last looked at {audited:%Y-%m-%d %H:%M} UTC"
    return (
        f"The auditor {since} (it is {now:%H:%M} UTC now), so nobody checks that each lead has a card, an owner and a "
        "deadline. Look for errors in the log, and restart Baton if there are none."
    )
