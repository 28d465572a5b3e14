"""What was agreed: the first start, the two files after it, shadow and Go live."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from sqlmodel import Session

from bot.desk import audit, retention, team_file
from bot.desk.auditor import AUDIT
from bot.desk.delivery import RELIEF
from bot.desk.desk import Agreed, Desk, presser
from bot.desk.replays import SEEN_REQUESTS
from scoring import roles
from scoring.stages import Refused
from scoring.team import read_team
from storage import assignments, contracts, deadlines, funnel, leads, offers, outbox, requests
from storage.deadlines import Due
from storage.engine import AT_START, Database
from storage.funnel import WouldBe
from storage.outbox import Letter

SHADOW_DIGEST, MEMBERS = "shadow_digest", "members"
DIGEST_AT = time(9, 0)
"""When the shadow digest is written, in the team's zone; moved to the next opening."""

STARTED = "started_at"
DIGESTED = "shadow_digest_at"
"""Small facts about this installation: its last start, and what the last shadow digest told up to."""

ACCOUNTS = "accounts_digest"
"""What the accounts file said when it was last taken in."""

MOST_TOLD = timedelta(days=7)
"""A digest reaches back to the one before it, at most this far: an earlier shadow start is not told again."""

SAMPLES = 5
"""How many would-be MQLs the shadow digest shows, best first."""


@dataclass(frozen=True, slots=True)
class Files:
    """The two files' texts as they are on disk."""

    definition: str
    team: str
    accounts: Mapping[str, str] | None = None
    """Company's domain to its owner's Slack id, as the accounts file says; None where there is none."""


def first_start(desk: Desk, files: Files) -> list[str]:
    """Store the files as version 1 where nothing is stored; gives sentences about files changed since.

    Both texts were checked by the caller. After the first start the database holds the truth.
    """
    now = desk.clock.business()
    with desk.database.writing(AT_START) as session:
        # The upsert makes replicas that start at once take turns, so that version 1 is stored once.
        contracts.remember(session, STARTED, now.isoformat())
        if contracts.current_definition(session) is None:
            contracts.add_definition(session, files.definition, now)
        if contracts.current_team(session) is None:
            contracts.add_team(session, files.team, live=read_team(files.team).live, at=now)
        _keep_accounts(session, files.accounts or {})
        _daily(session, desk.agreed(session), now)
        changed = [_changed_definition(session, files), team_file.look_at(session, desk, files.team, now)]
        return [*filter(None, changed), *audit.know_secret(session, desk.secret)]


def _keep_accounts(session: Session, owners: Mapping[str, str]) -> None:
    """The accounts file needs nobody's yes: what it says at a start counts from then on."""
    digest = contracts.digest("\n".join(f"{domain},{owner}" for domain, owner in sorted(owners.items())))
    if contracts.settings(session).get(ACCOUNTS, "") == (digest if owners else ""):
        return
    assignments.keep_accounts(session, owners)
    contracts.remember(session, ACCOUNTS, digest if owners else "")


def changed_files(database: Database, files: Files) -> list[str]:
    """Sentences about files that differ from what is stored; none before the first start."""
    with database.reading() as session:
        told = [_changed_definition(session, files)]
        team = contracts.current_team(session)
        if team is not None and team.digest != contracts.digest(files.team):
            known = offers.offered(session, contracts.digest(files.team))
            waits = known is not None and known.taken is None
            told.append(team_file.difference(team.version, waits=waits))
        return [sentence for sentence in told if sentence]


def _changed_definition(session: Session, files: Files) -> str | None:
    definition = contracts.current_definition(session)
    if definition is None or definition.digest == contracts.digest(files.definition):
        return None
    return (
        f"The definition file differs from the stored version {definition.version}, and the stored one counts. "
        "Change the file back, or keep it as a draft of the next version."
    )


def _daily(session: Session, agreed: Agreed, now: datetime) -> None:
    deadlines.once(session, Due(MEMBERS, "slack", "daily", now))
    # Not once: a clock that was set back would have put the next audit far ahead.
    deadlines.schedule(session, [Due(AUDIT, "baton", "every minute", now)])
    deadlines.once(session, Due(audit.ANCHOR, "log", "every minute", now + audit.EVERY))
    deadlines.once(session, Due(retention.RETENTION, "leads", "daily", now + retention.EVERY))
    deadlines.once(session, Due(SEEN_REQUESTS, "slack", "every 15 minutes", now))
    deadlines.once(session, Due(RELIEF, "slack", "every minute", now))
    if not agreed.live:
        deadlines.schedule(session, [Due(SHADOW_DIGEST, "admin", "daily", next_digest(agreed, now))])
    else:
        deadlines.cancel(session, [SHADOW_DIGEST], "admin")


def next_digest(agreed: Agreed, now: datetime) -> datetime:
    """The next nine o'clock of the team, or the opening after it."""
    calendar = agreed.team.calendar
    local = now.astimezone(calendar.zone)
    at = datetime.combine(local.date(), DIGEST_AT, tzinfo=calendar.zone)
    if at <= local:
        at = datetime.combine(local.date() + timedelta(days=1), DIGEST_AT, tzinfo=calendar.zone)
    return calendar.next_open(at)


def shadow_digest(session: Session, desk: Desk, agreed: Agreed, row: Due) -> None:
    """Ask for the day's digest of would-be MQLs, and for the next one tomorrow."""
    now = desk.clock.business()
    if agreed.live:
        deadlines.cancel(session, [SHADOW_DIGEST], "admin")
        return
    deadlines.postpone(session, row, next_digest(agreed, now))
    told = contracts.settings(session).get(DIGESTED)
    since = max(datetime.fromisoformat(told), now - MOST_TOLD) if told else row.due_at - timedelta(days=1)
    if not agreed.team.calendar.is_open(now):  # Baton was asleep at nine; the next digest tells it all
        contracts.remember(session, DIGESTED, since.isoformat())
        return
    contracts.remember(session, DIGESTED, now.isoformat())
    channel = agreed.team.channels.admin
    letter = Letter(
        f"shadow:{now:%Y-%m-%d}", "notice", f"post:{channel}", desk.clock.real(), 40,
        body={"view": "shadow", "channel": channel, "since": since.isoformat(), "until": now.isoformat()},
    )  # fmt: skip
    outbox.put(session, [letter])


@dataclass(frozen=True, slots=True)
class Shadow:
    """What a day in shadow would have handed over.

    Attributes:
        span: how long it was, one day or, after a weekend, more.
        capacity: open hand-offs the pool could hold, None where nobody's capacity is set.
        samples: the best would-be MQLs, each with its lead's facts.
        labels: what people here call the stages.
    """

    until: datetime
    leads: int
    would_be: int
    total: int
    capacity: int | None
    samples: tuple[tuple[WouldBe, dict[str, object]], ...]
    span: timedelta = timedelta(days=1)
    labels: dict[str, str] = field(default_factory=dict)


def shadow_day(desk: Desk, since: datetime, until: datetime) -> Shadow:
    """The figures of [*since*, *until*), which no other digest tells."""
    with desk.database.reading() as session:
        agreed = desk.agreed(session)
        rows = [row for row in funnel.shadowed(session, since) if row.at < until]
        best = rows[:SAMPLES]
        known = leads.load(session, [row.lead_id for row in best])
        capacities = [person.capacity for person in agreed.team.people.values() if person.role == "sdr"]
        known_capacities = [each for each in capacities if each is not None]
        return Shadow(
            until=until,
            leads=funnel.leads_received(session, since) - funnel.leads_received(session, until),
            would_be=len(rows),
            total=len(funnel.shadowed(session, datetime.min.replace(tzinfo=until.tzinfo))),
            capacity=sum(known_capacities) if known_capacities else None,
            samples=tuple((row, known[row.lead_id].facts) for row in best),
            span=until - since,
            labels=agreed.definition.labels,
        )


def go_live(desk: Desk, user: str, *, seal: str | None = None) -> None:
    """End the shadow start: from here on MQLs become cards. Nobody judged before is handed over by this.

    Raises:
        Refused: *user* is no admin, it is live already, or serve was started with --shadow.
    """
    with desk.database.writing() as session:
        agreed = desk.agreed(session)
        roles.check_admin(presser(agreed.team, user))
        if seal is not None and not requests.first_time(session, seal, desk.clock.real()):
            return
        if desk.shadow:
            raise Refused("Baton was started with --shadow. Restart serve without it; then press Go live.")
        if agreed.live:
            raise Refused("Baton is live already; nothing was changed.")
        contracts.lock_team(session, desk.clock.business())
        team = contracts.current_team(session)
        if team is None:
            raise Refused("Baton has no team yet. Run baton serve once.")
        contracts.add_team(session, team.text, live=True, at=desk.clock.business(), by=user)
        deadlines.cancel(session, [SHADOW_DIGEST], "admin")
        _say_live(session, desk, agreed, user)
    desk.wake()


def _say_live(session: Session, desk: Desk, agreed: Agreed, user: str) -> None:
    channel = agreed.team.channels.admin
    letter = Letter(
        "live", "notice", f"post:{channel}", desk.clock.real(), 40,
        body={"view": "live", "channel": channel, "by": user},
    )  # fmt: skip
    outbox.put(session, [letter])
