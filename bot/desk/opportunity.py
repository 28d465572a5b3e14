"""The deal itself: an opportunity with amount and close date, won or lost with a reason."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.desk import deal, steps
from bot.desk.answer import suppress
from bot.desk.bench import Bench, Decision, Mistaken, decide, looked_at
from bot.desk.desk import Desk, calendar_for
from scoring import closing, dispositions
from scoring.dispositions import NOTE_LIMIT, Disposition
from scoring.handoff import Handoff


@dataclass(frozen=True, slots=True)
class Offer:
    """What an opportunity says: whole units of the team's currency, the expected day, a note."""

    amount: int | None
    close_on: date | None
    note: str = ""


def may_open(desk: Desk, handoff: int, rep: str) -> Handoff:
    """The hand-off, if *rep* may enter or change its opportunity now. Raises Refused otherwise."""
    return looked_at(desk, handoff, rep, "opportunity")


def opportunity(desk: Desk, handoff: int, rep: str, given: Offer, *, seal: str | None = None) -> Handoff:
    """Make the SQL an opportunity, or change its amount and date; the same twice is once.

    Pressed by the account executive who has yet to accept, it is their acceptance too.

    Raises:
        Refused: it is over, no SQL, somebody else's, waits for its account executive, or *rep* may not.
        Mistaken: amount, date or note need correcting.
    """

    def case(bench: Bench) -> Decision | None:
        bench.check("opportunity")
        implied = deal.taken_on(bench) if rep in bench.awaited else _for_its_ae(bench)
        owner = implied.get("owner", bench.handoff.owner)
        zone = calendar_for(bench.team, owner, bench.handoff.segment).zone
        wrong = closing.opportunity_problems(given.amount, given.close_on, bench.now.astimezone(zone).date())
        if len(given.note) > NOTE_LIMIT:
            wrong["note"] = f"The note is longer than {NOTE_LIMIT:,} characters; shorten it."
        if wrong:
            raise Mistaken(wrong)
        values = _deal_columns(bench, given) | implied
        if all(getattr(bench.handoff, name) == value for name, value in values.items()):
            return None
        said = steps.Step("opportunity", rep, words=given.note.strip(), deal=_deal(values))
        return Decision("opportunity", values, "handoff.opportunity", also=lambda b: steps.note(b, said))

    return decide(desk, handoff, rep, case, seal)


def _for_its_ae(bench: Bench) -> dict[str, Any]:
    """A manager goes on for the account executive who is waited for: the deal is theirs."""
    named = bench.handoff.ae
    if not bench.awaited or named is None:
        return {}
    return {"owner": named, "ae_accepted_at": bench.now}


def _deal_columns(bench: Bench, given: Offer) -> dict[str, Any]:
    values: dict[str, Any] = {
        "stage": "opportunity",
        "amount": given.amount,
        "currency": bench.team.currency,
        "close_on": given.close_on,
    }
    return values | ({"note": given.note.strip()} if given.note.strip() else {})


def _deal(columns: dict[str, Any]) -> tuple[int | None, str | None, str | None]:
    close_on: date | None = columns["close_on"]
    return columns["amount"], columns["currency"], close_on.isoformat() if close_on else None


def won(desk: Desk, handoff: int, rep: str, *, seal: str | None = None) -> Handoff:
    """The deal is closed and won; pressing twice is pressing once.

    Raises:
        Refused: it is over, no opportunity, somebody else's, or *rep* may not.
    """

    def case(bench: Bench) -> Decision | None:
        last = bench.handoff.last
        if bench.handoff.stage == "won" and last is not None and last.by == rep:
            return None
        bench.check("won")
        values = {"stage": "won", "owner": bench.handoff.owner or rep, "ended_at": bench.now}
        said = steps.Step("won", rep, deal=_deal_of(bench.handoff))
        return Decision("won", values, "handoff.won", also=lambda b: steps.note(b, said))

    return decide(desk, handoff, rep, case, seal)


def _deal_of(handoff: Handoff) -> tuple[int | None, str | None, str | None]:
    return handoff.amount, handoff.currency, handoff.close_on.isoformat() if handoff.close_on else None


def may_lose(desk: Desk, handoff: int, rep: str) -> Handoff:
    """The hand-off, if *rep* may say now that its deal is lost. Raises Refused otherwise."""
    return looked_at(desk, handoff, rep, "lost")


def lost(desk: Desk, handoff: int, rep: str, given: Disposition, *, seal: str | None = None) -> Handoff:
    """The deal is lost, with a reason; a timing reason has the date on which the lead may come back.

    Raises:
        Refused: it is over, no opportunity, somebody else's, or *rep* may not.
        Mistaken: the form's fields need correcting.
    """

    def case(bench: Bench) -> Decision | None:
        bench.check("lost")
        wrong = closing.lost_problems(given, bench.now.date())
        if wrong:
            raise Mistaken(wrong)
        reason = dispositions.reason(given.code)
        values: dict[str, Any] = {
            "stage": "lost",
            "owner": bench.handoff.owner or rep,
            "ended_at": bench.now,
            "reason": given.code,
            "again_on": given.again_on if reason.needs_date else None,
        }
        if given.note.strip():
            values["note"] = given.note.strip()
        said = steps.Step("lost", rep, words=given.note.strip(), deal=_deal_of(bench.handoff))
        return Decision(
            "lost", values, "handoff.lost", given.code, also=_after_loss(said, reason.suppress_by, given.code)
        )

    return decide(desk, handoff, rep, case, seal)


def _after_loss(said: steps.Step, suppress_by: str | None, code: str) -> Callable[[Bench], None]:
    """Who asked not to be contacted is listed; a company that chose a competitor once is not: decision 012."""

    def also(bench: Bench) -> None:
        steps.note(bench, said)
        if suppress_by == "address":
            suppress(code)(bench)

    return also
