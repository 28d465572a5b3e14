"""A clock whose two times stand where a test puts them, and a desk that goes by it."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, text
from sqlmodel import col

from bot.clock import MovableClock
from bot.desk import auditor, remind
from storage import findings
from storage.tables import DeadlineRow
from tests.bot.desk.shift import Shift
from tests.world import MONDAY_9

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


class Watch(MovableClock):
    """Both times stand still. `advance` moves business time alone, as a demo does."""

    def __init__(self) -> None:
        super().__init__(MONDAY_9, running=False)
        self._real = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    def real(self) -> datetime:
        """Real time."""
        return self._real

    def wait(self, by: timedelta) -> None:
        """Time passes."""
        self._real += by
        self._at = (self._at[0] + by, None)

    def jump(self, by: timedelta) -> None:
        """Somebody sets the machine's clock, forward or back."""
        self.wait(by)


def watched(shift: Shift) -> Watch:
    """Put *shift* under a watch; gives it."""
    watch = Watch()
    shift.clock = shift.desk.clock = watch
    return watch


def audited(shift: Shift) -> dict[str, set[str]]:
    """Audit now; gives what is found and not yet gone, by kind."""
    with shift.desk.database.writing() as session:
        auditor.audit(session, shift.desk, shift.desk.agreed(session))
    return found(shift)


def found(shift: Shift) -> dict[str, set[str]]:
    """The open findings: kind to subjects."""
    with shift.desk.database.reading() as session:
        known = findings.known(session)
    return {kind: {each.subject for each in known if each.kind == kind} for kind in {k.kind for k in known}}


def run(shift: Shift, statement: str, **given: object) -> None:
    """Change the database behind Baton's back."""
    with shift.desk.database.writing() as session:
        session.connection().execute(text(statement), given)


def rows(shift: Shift, statement: str, **given: object) -> list[tuple[object, ...]]:
    """Read the database behind Baton's back."""
    with shift.desk.database.reading() as session:
        return [tuple(row) for row in session.connection().execute(text(statement), given)]


def tick(shift: Shift) -> None:
    """Decide everything that is due, as a tick does."""
    for _ in range(100):
        if not remind.remind(shift.desk):
            return


def until(shift: Shift, moment: datetime) -> None:
    """Time passes until *moment*; Baton looks whenever something falls due that is more than its own upkeep."""
    while shift.now < moment:
        with shift.desk.database.reading() as session:
            falls_due = select(func.min(col(DeadlineRow.due_at))).where(
                col(DeadlineRow.state) == "open",
                col(DeadlineRow.due_at) > shift.now,
                col(DeadlineRow.kind).not_in(remind.JOBS),
            )
            following = session.scalars(falls_due).one()
        shift.clock.advance_to(min(following or moment, moment))
        tick(shift)


def told(shift: Shift) -> list[str]:
    """What the admin channel was told, oldest first."""
    return [row.body["sentence"] for row in shift.letters("notice") if row.body["view"] == "alert"]
