"""Two leads turn out to be one person: the older open hand-off stays, the other ends as duplicate, nothing is lost."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, update
from sqlmodel import SQLModel, col

from bot.desk import announce, answer, audit, by_hand, customers, listing, merge, privacy, typing_in
from bot.desk.by_hand import ME, Request
from bot.desk.listing import Entry
from bot.desk.typing_in import Typed
from scoring.dispositions import Disposition
from scoring.funnel import reached_by
from scoring.stages import Refused
from storage import leads, merging
from storage.leads import Known
from storage.tables import ActivityRow, LeadRow, OccurrenceRow, OutboxRow, SpotCheckRow
from tests.bot.desk.outside import parcel, sent
from tests.bot.desk.shift import Shift, refusal
from tests.world import ADA, World

WORK, HOME = str(ADA["email"]), "ada.lovelace@gmail.com"
AT_HOME = {"email": HOME, "first_name": "Ada", "last_name": "King", "phone": "+44 1", "country": "GB"}


def of(shift: Shift, email: str) -> Known:
    """The lead that this address names."""
    with shift.desk.database.reading() as session:
        found = leads.by_email(session, email)
        assert found is not None
        return found


def merged(shift: Shift, keep: str = WORK, other: str = HOME, user: str = "U0MIA") -> Known:
    """As asked for and confirmed."""
    asked = merge.asked(shift.desk, user, keep, other)
    one = merge.merge(shift.desk, user, asked.keep.id, asked.other.id)
    assert one is not None
    return one


@pytest.fixture
def two(either_shift: Shift) -> Shift:
    """Ada is with sales by her work address since nine, and by her own since ten; Ann has the second."""
    shift = either_shift
    shift.demo()
    shift.clock.advance(timedelta(hours=1))
    shift.demo(AT_HOME)
    answer.accept(shift.desk, 2, "U0ANN")
    return shift


@pytest.mark.parametrize("keep", [WORK, HOME])
def test_the_older_open_hand_off_stays_and_the_other_ends_as_duplicate(two: Shift, keep: str) -> None:
    """ "Merging two leads keeps the older open hand-off; the other ends as duplicate." """
    merged(two, keep, HOME if keep == WORK else WORK)

    older, newer = two.handoff(1), two.handoff(2)
    assert (older.stage, older.lead_id) == ("mql", newer.lead_id), "whichever lead is kept"
    assert (newer.stage, newer.reason, newer.ended_at) == ("disqualified", "duplicate", two.now)
    assert two.actions(2) == ["create", "accept", "merge"]
    assert two.due(1)
    assert two.due(2) == {}
    assert {row.key for row in two.letters("card") if row.state == "new"} == {"card:1", "card:2"}, (
        "both are redrawn"
    )


def test_everything_of_both_is_one_leads_from_then_on(two: Shift) -> None:
    kept = merged(two).id

    assert (of(two, HOME).id, of(two, WORK).id) == (kept, kept)
    assert len(of(two, WORK).activities) == 2
    two.arrive(two.event("pricing_page", AT_HOME), two.event("webinar", ADA))
    with two.desk.database.reading() as session:
        assert session.scalars(select(func.count()).select_from(LeadRow)).one() == 1
        assert session.scalars(select(func.count()).select_from(ActivityRow)).one() == 4
    assert len(two.rows()) == 2, "and no new hand-off, since the older is open"


def test_what_a_person_typed_counts_first_then_what_is_newer(either_shift: Shift) -> None:
    shift = either_shift
    shift.arrive(shift.event("email_open", ADA))
    typing_in.type_facts(shift.desk, "U0MIA", 1, Typed(("phone",), {"phone": "typed"}))
    shift.clock.advance(timedelta(days=1))
    shift.arrive(shift.event("email_open", AT_HOME))

    facts = merged(shift).facts

    assert (facts["phone"], facts["last_name"], facts["company"]) == ("typed", "King", "Analytical Engines")
    assert (of(shift, WORK).typed or {})["phone"]["by"] == "U0MIA"
    assert of(shift, WORK).email == WORK


def test_the_points_of_both_count_together_and_may_make_an_mql(either_shift: Shift) -> None:
    shift = either_shift
    shift.arrive(shift.event("webinar", ADA, asset="one"))
    assert shift.arrive(shift.event("pricing_page", AT_HOME, asset="prices")).handoffs == 0
    shift.arrive(shift.event("webinar", AT_HOME, asset="two"))

    merged(shift)

    assert [row.lead_id for row in shift.rows()] == [of(shift, WORK).id]
    assert shift.handoff(1).intent == 55


def test_together_they_may_raise_the_tier_of_the_hand_off_that_stays(either_shift: Shift) -> None:
    shift = either_shift
    lead = {**AT_HOME, "email": "a@third.example"}
    shift.arrive(shift.event("webinar", ADA, asset="one"), shift.event("pricing_page", ADA, asset="p"))
    assert shift.handoff(1).tier == "standard"
    shift.demo(lead)
    shift.clock.advance(timedelta(minutes=1))

    merged(shift, WORK, "a@third.example")

    assert shift.handoff(1).tier == "demo"
    assert shift.handoff(2).reason == "duplicate"


def test_a_merge_is_no_end_that_sales_made(two: Shift) -> None:
    merged(two)
    answer.end(two.desk, 1, "U0BOB", Disposition("no_budget"))
    two.clock.advance(timedelta(days=40))

    made = two.demo()

    assert two.handoff(made).returning
    assert made == 3


def test_what_people_hand_over_afterwards_goes_to_the_one_lead(either_shift: Shift) -> None:
    shift = either_shift
    shift.arrive(shift.event("email_open", ADA), shift.event("email_open", AT_HOME))
    both = {of(shift, WORK).id, of(shift, HOME).id}
    kept = merged(shift).id
    (gone,) = both - {kept}

    assert "does not know" in refusal(
        by_hand.hand_over_by_hand, shift.desk, "U0ANN", Request("She asked.", ME, gone)
    )
    assert by_hand.hand_over_by_hand(shift.desk, "U0ANN", Request("She asked.", ME, kept))


def test_an_opt_out_of_either_address_stands_for_both(either_shift: Shift) -> None:
    shift = either_shift
    shift.arrive(shift.event("email_open", ADA), shift.event("email_open", AT_HOME))
    listing.add(shift.desk, "U0MIA", Entry(HOME))

    merged(shift)

    assert shift.arrive(shift.event("demo_request", ADA)).handoffs == 0


def test_draws_and_would_be_mqls_move_along(either_shift: Shift) -> None:
    shift = either_shift
    shift.arrive(shift.event("email_open", ADA), shift.event("email_open", AT_HOME))
    kept, gone = of(shift, WORK).id, of(shift, HOME).id
    tables = SQLModel.metadata.tables
    with shift.desk.database.writing() as session:
        for lead, quarter in ((kept, "2026-Q3"), (gone, "2026-Q3"), (gone, "2026-Q4")):
            row = {"lead_id": lead, "quarter": quarter, "at": shift.now, "probability": 0.5}
            session.execute(insert(tables["spot_check"]).values(**row))
        seen = {"lead_id": gone, "at": shift.now, "score": 60, "tier": "high", "segment": "EMEA"}
        session.execute(insert(tables["shadow"]).values(**seen))

    one = merged(shift).id

    with shift.desk.database.reading() as session:
        drawn = [(row.lead_id, row.quarter) for row in session.scalars(select(SpotCheckRow))]
        assert sorted(drawn) == [(one, "2026-Q3"), (one, "2026-Q4")]
        assert session.execute(select(tables["shadow"].c.lead_id)).scalars().all() == [one]


def test_the_figures_equal_the_replay_and_the_log_is_whole(two: Shift) -> None:
    merged(two)

    assert two.figures().reached == reached_by(two.moves())
    assert two.figures().reasons == {"duplicate": 1}
    assert audit.verify(two.desk).found == 0


def test_who_merged_what_is_on_record(two: Shift) -> None:
    merged(two)

    with two.desk.database.reading() as session:
        (row,) = session.scalars(select(OccurrenceRow).where(col(OccurrenceRow.action) == "merged"))
    assert (row.actor, row.detail) == ("U0MIA", {"kept": 2, "merged": 1, "handoffs": [1], "ended": 2})


@pytest.mark.parametrize("keep", [WORK, HOME])
def test_a_newcomer_never_gets_the_number_of_a_lead_that_was_merged_away(
    either_shift: Shift, keep: str
) -> None:
    shift = either_shift
    shift.arrive(shift.event("email_open", ADA), shift.event("email_open", AT_HOME))
    numbers = {of(shift, WORK).id, of(shift, HOME).id}
    merged(shift, keep, HOME if keep == WORK else WORK)

    shift.arrive(shift.event("email_open", {"email": "new@comer.example"}))

    assert of(shift, "new@comer.example").id not in numbers, "or an old button would be about a stranger"
    assert of(shift, WORK).email == keep


# -- refused --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("user", ["U0ANN", "U0ADA", "U0EVE"])
def test_only_marketing_and_managers_merge(shift: Shift, user: str) -> None:
    shift.arrive(shift.event("email_open", ADA), shift.event("email_open", AT_HOME))

    assert refusal(merge.asked, shift.desk, user, WORK, HOME)
    assert refusal(merge.merge, shift.desk, user, 1, 2)
    assert of(shift, WORK).id != of(shift, HOME).id


def test_a_lead_with_itself_nobody_and_what_was_merged_already_is_refused(either_shift: Shift) -> None:
    shift = either_shift
    shift.arrive(shift.event("email_open", ADA), shift.event("email_open", AT_HOME))
    kept, gone = of(shift, WORK).id, of(shift, HOME).id
    assert "has been heard of" in refusal(merge.asked, shift.desk, "U0MIA", WORK, "no@body.example")
    assert "has been heard of" in refusal(merge.asked, shift.desk, "U0MIA", WORK, "nobody")

    merged(shift)

    assert "one lead already" in refusal(merge.asked, shift.desk, "U0MIA", WORK, HOME)
    for both in ((kept, gone), (gone, kept), (kept, kept), (0, 0)):
        assert "nothing was merged" in refusal(merge.merge, shift.desk, "U0MIA", *both)


def test_an_erased_lead_cannot_be_merged(two: Shift) -> None:
    two.desk.secret = b"the tests' secret"
    privacy.erase(two.desk, HOME)

    assert "nothing was merged" in refusal(merge.merge, two.desk, "U0MIA", 1, 2)
    assert "has been heard of" in refusal(merge.asked, two.desk, "U0MIA", WORK, HOME)


# -- races ----------------------------------------------------------------------------------------------


def test_what_comes_in_while_two_leads_are_merged_goes_to_the_one_that_is_left(either_shift: Shift) -> None:
    shift = either_shift
    rounds = 8
    for n in range(rounds):
        shift.arrive(*(shift.event("email_open", person(n, where)) for where in ("work", "home")))
    start = threading.Barrier(5)

    def intake(where: str, more: int) -> None:
        start.wait()
        for n in range(rounds):
            for k in range(3):
                id_ = f"race-{where}-{more}-{n}-{k}"
                shift.arrive(shift.event("email_open", person(n, where), id=id_))

    def merge_all() -> None:
        start.wait()
        for n in range(rounds):
            merged(shift, person(n, "work")["email"], person(n, "home")["email"])

    with ThreadPoolExecutor(5) as crowd:
        jobs = [crowd.submit(intake, where, more) for where in ("work", "home") for more in (1, 2)]
        jobs.append(crowd.submit(merge_all))
        for job in jobs:
            job.result()

    with shift.desk.database.reading() as session:
        lead = col(ActivityRow.lead_id)
        counts = session.execute(select(lead, func.count()).group_by(lead)).all()
    assert [count for _, count in counts] == [2 + 2 * 2 * 3] * rounds, "nothing is lost, and nobody is two"


def test_an_event_that_has_looked_its_lead_up_just_before_the_merge_is_not_lost(
    postgres_shift: Shift,
) -> None:
    shift = postgres_shift
    shift.arrive(shift.event("email_open", ADA), shift.event("email_open", AT_HOME))
    event = shift.event("email_open", ADA)
    with ThreadPoolExecutor(1) as sender:
        with shift.desk.database.writing() as session:
            found = merging.hold(session, 1, 2)
            job = sender.submit(shift.arrive, event)
            time.sleep(0.5)  # it has found lead 1, and waits for its row
            merging.merge(session, found[1], found[2])
        job.result()

    assert len(of(shift, HOME).activities) == 3
    assert of(shift, HOME).id == 2


def person(n: int, where: str) -> dict[str, str]:
    """One of the two names of somebody."""
    return {"email": f"p{n}@{where}{n}.example"}


def test_an_acceptance_at_the_same_moment_is_either_ended_with_it_or_told(either_shift: Shift) -> None:
    shift = either_shift
    for n in range(6):
        work, home = ({**ADA, "email": person(n, where)["email"]} for where in ("work", "home"))
        older = shift.demo(work)
        shift.clock.advance(timedelta(minutes=1))
        newer = shift.demo(home)
        start = threading.Barrier(2)

        def press(id_: int = newer, start: threading.Barrier = start) -> str:
            start.wait()
            try:
                answer.accept(shift.desk, id_, "U0ANN")
            except Refused as refused:
                return refused.sentence
            return "accepted"

        def join(start: threading.Barrier = start, n: int = n) -> None:
            start.wait()
            merged(shift, person(n, "work")["email"], person(n, "home")["email"])

        with ThreadPoolExecutor(2) as crowd:
            said, done = crowd.submit(press), crowd.submit(join)
            done.result()
        assert shift.handoff(newer).reason == "duplicate"
        assert said.result() == "accepted" or "was closed" in said.result()
        assert shift.handoff(older).open


# -- in Slack -------------------------------------------------------------------------------------------


# -- what was told of them ---------------------------------------------------------------------------------


def letters_of_a_customer(shift: Shift) -> list[OutboxRow]:
    return [letter for letter in shift.letters("dm") if letter.body.get("view", "customer") == "customer"]


@pytest.fixture
def customer(either_shift: Shift) -> Shift:
    """Ada's company is a customer's: she asked for a demo, her account's owner was told, and she is two leads."""
    shift = either_shift
    shift.desk.secret = b"the tests' secret"
    listing.add(shift.desk, "U0MIA", Entry("engines.example"))
    shift.arrive(shift.event("demo_request", ADA))
    shift.arrive(shift.event("email_open", AT_HOME))
    assert len(letters_of_a_customer(shift)) == 1
    return shift


def test_what_an_accounts_owner_was_told_before_a_merge_is_found_by_an_erasure(customer: Shift) -> None:
    with customer.desk.database.writing() as session:
        session.execute(
            update(OutboxRow)
            .where(col(OutboxRow.kind) == "dm")
            .values(state="sent", ts="1.1", sent_to="D1", attempts=1)
        )
    merged(customer)
    assert privacy.erase(customer.desk, WORK).messages == 1

    (letter,) = letters_of_a_customer(customer)
    assert letter.body == {}
    assert [scrub.body for scrub in customer.letters("scrub")] == [{"letter": letter.id}]


def test_an_accounts_owner_is_still_told_of_a_request_after_a_merge(customer: Shift) -> None:
    merged(customer)
    (letter,) = letters_of_a_customer(customer)
    asked = customers.request(customer.desk, letter.body["lead"], letter.body["signal"])
    assert asked is not None
    assert asked.known.email == WORK


@pytest.fixture
def outside(shifts: Callable[..., Shift], database_url: str) -> Shift:
    """A desk that tells the outside: Ada is with sales by her work address, and by her own."""
    shift = shifts(database_url, webhooks=True)
    shift.demo()
    shift.clock.advance(timedelta(hours=1))
    shift.demo(AT_HOME)
    return shift


def nurtured(shift: Shift) -> list[tuple[str, str]]:
    """What marketing was told about which address, in order."""
    found = []
    for letter in shift.letters("webhook"):
        if letter.body["type"].startswith("nurture."):
            payload = announce.payload(shift.desk, parcel(letter))
            assert payload is not None
            found.append((letter.body["type"].partition(".")[2], payload["data"]["lead"]["email"]))
    return found


@pytest.mark.parametrize("keep", [WORK, HOME])
def test_the_address_that_was_paused_goes_on_where_sales_has_nothing_of_the_person_any_more(
    outside: Shift, keep: str
) -> None:
    answer.accept(outside.desk, 2, "U0ANN")
    assert nurtured(outside) == [("pause", HOME)]

    merged(outside, keep, HOME if keep == WORK else WORK)

    (resumed,) = [each for each in nurtured(outside) if each[0] == "resume"]
    assert resumed == ("resume", HOME)
    (data,) = sent(outside, "nurture.resume")
    assert data is not None
    assert (data["handoff"]["id"], data["track"]) == (1, "general")


@pytest.mark.parametrize("keep", [WORK, HOME])
def test_while_sales_has_the_person_none_of_their_addresses_is_mailed(outside: Shift, keep: str) -> None:
    answer.accept(outside.desk, 1, "U0ANN")
    merged(outside, keep, HOME if keep == WORK else WORK)
    with outside.desk.database.reading() as session:
        assert leads.addresses(session, outside.handoff(1).lead_id)[0] == keep
    assert nurtured(outside)[1:] == [("pause", HOME)]

    answer.end(outside.desk, 1, "U0ANN", Disposition("no_budget"))
    assert sorted(nurtured(outside)[2:]) == sorted([("resume", WORK), ("resume", HOME)])


def test_each_address_that_a_further_merge_brings_is_paused_too(outside: Shift) -> None:
    answer.accept(outside.desk, 1, "U0ANN")
    merged(outside)
    outside.arrive(outside.event("email_open", AT_HOME | {"email": "aa@third.example"}))
    merged(outside, WORK, "aa@third.example")
    assert len(nurtured(outside)) == 3
    assert nurtured(outside)[-1] == ("pause", "aa@third.example")


def test_where_both_were_with_sales_a_merge_tells_nothing_and_the_end_resumes_both(outside: Shift) -> None:
    answer.accept(outside.desk, 1, "U0BOB")
    answer.accept(outside.desk, 2, "U0ANN")
    merged(outside)
    assert len(nurtured(outside)) == 2
    answer.end(outside.desk, 1, "U0BOB", Disposition("no_budget"))
    assert sorted(nurtured(outside)[2:]) == sorted([("resume", WORK), ("resume", HOME)])


def test_an_address_that_opted_out_is_not_resumed(outside: Shift) -> None:
    answer.accept(outside.desk, 2, "U0ANN")
    listing.add(outside.desk, "U0MIA", Entry(HOME))
    merged(outside)
    assert sent(outside, "nurture.resume") == [None]


def test_a_reply_that_was_asked_for_before_a_merge_still_goes_out(outside: Shift) -> None:
    merged(outside)
    replies = [data for data in sent(outside, "reply.requested") if data is not None]
    assert [data["lead"]["email"] for data in replies] == [WORK]


def test_a_manager_merges_two_leads_in_slack(world: World) -> None:
    world.send(world.event("demo_request"))
    world.pass_time(timedelta(minutes=5))
    world.send(world.event("demo_request", {**AT_HOME, "company": "Home"}))

    said = world.ask("U0MAX", f"merge {WORK} {HOME}")
    assert f"Ada King ({HOME}) joins Ada Lovelace ({WORK})" in said
    assert "the older hand-off stays, the newer one ends as duplicate" in said
    world.press("U0MAX", "merge")

    assert "one lead now" in world.whispered("U0MAX", 2)[-1]
    assert "Disqualified · Duplicate" in world.card("C0EMEA", -1).plain()
    assert "[Accept]" in world.card("C0EMEA", 0).plain()
    assert "one lead already" in world.ask("U0MAX", f"merge {WORK} {HOME}")


def test_an_sdr_is_told_who_merges(world: World) -> None:
    assert "Marketing and managers" in world.ask("U0ANN", f"merge {WORK} {HOME}")
    assert "Type `/mql merge" in world.ask("U0MAX", f"merge {WORK}")
