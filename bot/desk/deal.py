"""From a conversation to an account executive: an SQL with BANT answered by a person, accepted or sent back."""

from dataclasses import dataclass
from typing import Any

from bot.desk import assign, company, notices, steps
from bot.desk.bench import Bench, Decision, Mistaken, decide, looked_at
from bot.desk.desk import Desk
from scoring import closing, stages
from scoring.contract import Definition
from scoring.dispositions import NOTE_LIMIT
from scoring.handoff import TWO_WAY, Handoff
from scoring.stages import Refused
from storage import deadlines, handoffs, people

BANT = ("budget", "authority", "need", "timeline")
BANT_ANSWERS = {"yes": "Yes", "can_get": "Can get it", "no": "No", "unknown": "Unknown"}


def may_qualify(desk: Desk, handoff: int, rep: str) -> tuple[Handoff, ...]:
    """Those on its card whom *rep* may qualify now: accepted, and a conversation is logged.

    Raises:
        Refused: there is none; the sentence says to log the touch.
    """

    def check(bench: Bench) -> None:
        bench.check("qualify")
        _check_conversation(bench.handoff)

    return company.who_may(desk, handoff, rep, check)


def _check_conversation(handoff: Handoff) -> None:
    if not any(tried.outcome in TWO_WAY for tried in handoff.touches):
        raise Refused(
            "Qualify needs a conversation with this lead, and none is logged. Press Log first touch when you "
            "reached them, they replied or you met."
        )


@dataclass(frozen=True, slots=True)
class Bant:
    """Four answers, who takes the opportunity, and a note."""

    answers: dict[str, str]
    ae: str | None = None
    note: str = ""


def qualify(
    desk: Desk, handoff: int, rep: str, given: Bant, *, seal: str | None = None, person: int | None = None
) -> Handoff:
    """Make it an SQL: a person says so, after a conversation, with BANT answered; and hand it to an AE.

    *person*: of a bundle, the hand-off that is meant; None where nobody was asked.

    Raises:
        Refused: no conversation is logged, it is over, somebody else's, or *rep* may not.
        Mistaken: an answer the definition requires is missing or says no, or the AE is none.
    """

    def case(bench: Bench) -> Decision | None:
        bench.check("qualify")
        _check_conversation(bench.handoff)
        wrong = _bant_problems(given.answers, bench.definition) | _ae_problem(bench, given.ae)
        if wrong:
            raise Mistaken(wrong)
        ae = given.ae or next_ae(bench)
        values: dict[str, Any] = {
            "stage": "sql",
            "sql_at": bench.now,
            "sdr": bench.handoff.owner,
            "ae": ae,
            "ae_accepted_at": None,
            "bant": given.answers,
        }
        if given.note.strip():
            values["note"] = given.note.strip()
        said = steps.Step("qualify", rep, to=ae if ae != rep else None, words=given.note.strip())
        return Decision("qualify", values, "handoff.qualified", also=lambda b: steps.hand_on(b, said))

    return decide(desk, handoff, rep, case, seal, company.one(person))


def _bant_problems(bant: dict[str, str], definition: Definition) -> dict[str, str]:
    wrong = {name: "Choose one of the answers." for name in BANT if bant.get(name) not in BANT_ANSWERS}
    for name in definition.required_bant:
        if bant.get(name) in ("no", "unknown"):
            wrong[name] = (
                f"Your definition of {stages.one('sql', definition.labels)} requires {name}. "
                "Recycle the lead instead, or qualify it once this is settled."
            )
    return wrong


def _ae_problem(bench: Bench, ae: str | None) -> dict[str, str]:
    if ae is None:
        return {}
    person = bench.team.person(ae)
    if person is None:
        return {"ae": "This person is not in Baton's team file; choose one who is."}
    if person.role not in ("ae", "manager") and ae not in bench.team.ae:
        return {"ae": f"{person.name} is no account executive; choose one, or leave it empty."}
    if _departed(bench, ae):
        return {"ae": f"The account of {person.name} is deactivated; choose somebody else."}
    return {}


def _departed(bench: Bench, person: str) -> bool:
    member = people.member(bench.session, person)
    return member is not None and member.deleted


def next_ae(bench: Bench) -> str | None:
    """Who gets an SQL that names nobody; None where the team has no account executive who is there."""
    if not bench.team.ae:
        return None
    gone = {id_ for id_ in bench.team.ae if _departed(bench, id_)}
    return closing.next_ae(bench.team, handoffs.open_deals(bench.session), gone, bench.now)


def ae_accept(desk: Desk, handoff: int, rep: str, *, seal: str | None = None) -> Handoff:
    """Take the SQL on as its account executive; pressing twice is pressing once.

    Raises:
        Refused: somebody was first (the sentence names them), it is over, or *rep* may not.
    """

    def case(bench: Bench) -> Decision | None:
        if bench.handoff.stage == "sql" and bench.where.with_ae and bench.handoff.owner == rep:
            return None
        bench.check("ae_accept")
        said = steps.Step("ae_accept", rep)
        return Decision(
            "ae_accept", taken_on(bench), "handoff.ae_accepted", also=lambda b: steps.note(b, said)
        )

    return decide(desk, handoff, rep, case, seal)


def taken_on(bench: Bench) -> dict[str, Any]:
    """The columns of an SQL that its account executive, who is pressing, has accepted."""
    return {"owner": bench.rep, "ae": bench.rep, "ae_accepted_at": bench.now}


def may_send_back(desk: Desk, handoff: int, rep: str) -> Handoff:
    """The hand-off, if *rep* may return it to who qualified it. Raises Refused otherwise."""
    return looked_at(desk, handoff, rep, "send_back")


def send_back(desk: Desk, handoff: int, rep: str, note: str, *, seal: str | None = None) -> Handoff:
    """ "AE may send back with a reason: stage sal, owner the SDR"; to the pool where the SDR has left.

    Raises:
        Refused: it is over, no SQL, somebody else's, or *rep* may not.
        Mistaken: there is no reason, or it is too long.
    """

    def case(bench: Bench) -> Decision | None:
        bench.check("send_back")
        words = checked_note(note, "Say in a few words what is missing; who qualified it reads this.")
        sdr = _who_qualified(bench)
        values: dict[str, Any] = {
            "stage": "mql" if sdr is None else stages.accepted_stage(bench.definition.sal),
            "owner": sdr,
            "accepted_at": None if sdr is None else bench.handoff.accepted_at,
            "assigned_at": None if sdr is None else bench.now,
            "sent_back_at": bench.now,
            "sdr": sdr,
            "ae": None,
            "ae_accepted_at": None,
            "note": words,
        }
        said = steps.Step("send_back", rep, to=sdr if sdr != rep else None, words=words)

        def also(b: Bench) -> None:
            steps.note(b, said)
            if sdr is None:
                after = handoffs.many(b.session, [b.handoff.id])[b.handoff.id]
                assign.find_somebody(b.session, b.team, [after], b.now)

        last = _tell_managers if sdr is None else None
        return Decision("send_back", values, "handoff.sent_back", also=also, last=last)

    return decide(desk, handoff, rep, case, seal)


def checked_note(note: str, missing: str) -> str:
    """The note of a form that needs one.

    Raises:
        Mistaken: it is empty, of which *missing* says what belongs there, or too long.
    """
    if not note.strip():
        raise Mistaken({"note": missing})
    if len(note) > NOTE_LIMIT:
        raise Mistaken({"note": f"The note is longer than {NOTE_LIMIT:,} characters; shorten it."})
    return note.strip()


def _who_qualified(bench: Bench) -> str | None:
    """Who qualified it; None once they have left. What an older version qualified had its SDR as owner."""
    sdr = bench.handoff.sdr or (None if bench.where.with_ae else bench.handoff.owner)
    if sdr is None or bench.team.person(sdr) is None or _departed(bench, sdr):
        return None
    return sdr


def _tell_managers(bench: Bench) -> None:
    """It is back in the pool and nobody knows of it: the managers do, in their hours."""
    managers = [each for each in bench.team.managers if each != bench.rep] or list(bench.team.managers)
    for manager in managers:
        step = f"{steps.SENT_BACK} {bench.handoff.n + 1}"
        deadlines.notify(bench.session, manager, bench.handoff.id, step, bench.now)
    notices.wake(bench.session, managers, bench.now)
