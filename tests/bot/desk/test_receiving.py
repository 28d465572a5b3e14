"""Receiving: one person, one score, one card; nothing twice, nothing lost, no strangers merged."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from bot.desk import answer, report
from scoring.dispositions import Disposition
from storage import leads
from storage.leads import Known
from storage.tables import ActivityRow, CardRow, HandoffRow, LeadRow, OutboxRow
from tests.bot.desk.shift import Shift
from tests.world import ADA, DEFINITION, TEAM, World

DAY = timedelta(days=1)


def known(shift: Shift, email: str = "ada@engines.example") -> Known:
    with shift.desk.database.reading() as session:
        found = leads.by_email(session, email)
        assert found is not None
        return found


def count(shift: Shift, table: Any) -> int:
    with shift.desk.database.reading() as session:
        return session.scalars(select(func.count()).select_from(table)).one()


def test_50_requests_about_one_new_lead_at_once_make_one_lead_one_hand_off_one_card(
    worlds: Callable[..., World], postgres_url: str
) -> None:
    world = worlds(postgres_url)
    bodies = [{"events": [world.event("demo_request", asset=f"demo {n}")]} for n in range(50)]

    with ThreadPoolExecutor(50) as senders:
        answers = list(senders.map(world.post, bodies))
    world.deliver()

    assert [answer.status_code for answer in answers] == [202] * 50
    assert all(answer.json() == {"received": 1, "duplicates": 0} for answer in answers)
    with world.baton.desk.database.reading() as session:
        rows = [
            session.scalars(select(func.count()).select_from(t)).one() for t in (LeadRow, HandoffRow, CardRow)
        ]
        assert rows == [1, 1, 1]
        assert session.scalars(select(func.count()).select_from(ActivityRow)).one() == 50
    assert len(world.slack.messages("C0EMEA")) == 1
    assert world.slack.complaints == []


def test_one_event_delivered_100_times_at_once_counts_once(
    worlds: Callable[..., World], postgres_url: str
) -> None:
    world = worlds(postgres_url)
    body = {"events": [world.event("pricing_page"), world.event("webinar")]}

    with ThreadPoolExecutor(10) as senders:
        answers = [answer.json() for answer in senders.map(world.post, [body] * 100)]
    world.deliver()

    assert [answer["received"] for answer in answers] == [2] * 100
    assert sum(answer["duplicates"] for answer in answers) == 198
    assert len(world.slack.messages("C0EMEA")) == 1
    assert "75 = fit 40 + intent 35" in world.card().plain()
    assert world.slack.thread("C0EMEA", world.card().ts) == []


def test_events_of_one_request_are_one_score_and_one_card(either_world: World) -> None:
    world = either_world
    signals = ("pricing_page", "pricing_page", "webinar", "ebook", "email_open")

    assert world.send(*(world.event(signal) for signal in signals)) == {"received": 5, "duplicates": 0}

    assert len(world.slack.messages("C0EMEA")) == 1
    assert not world.card().edited
    assert "90 = fit 40 + intent 50" in world.card().plain()
    assert world.slack.thread("C0EMEA", world.card().ts) == []


def test_an_event_sent_again_changes_nothing_even_with_another_body(either_shift: Shift) -> None:
    shift = either_shift
    first = shift.event("ebook", ADA | {"employees": 120})
    shift.arrive(first)

    again = shift.arrive({**first, "signal": "demo_request", "lead": {**ADA, "employees": 9}})

    assert (again.received, again.duplicates, again.handoffs) == (1, 1, 0)
    assert known(shift).facts["employees"] == 120
    assert [activity.signal for activity in known(shift).activities] == ["ebook"]


def test_an_event_twice_in_one_request_counts_once(either_shift: Shift) -> None:
    event = either_shift.event("ebook")

    done = either_shift.arrive(event, event, event)

    assert (done.received, done.duplicates, done.fresh) == (3, 2, 1)
    assert len(known(either_shift).activities) == 1


def test_an_event_without_an_id_is_known_by_its_content(either_shift: Shift) -> None:
    shift = either_shift
    event = shift.event("ebook")
    del event["id"]

    done = [shift.arrive(event).duplicates for _ in range(3)]
    other = shift.arrive({**event, "asset": "another e-book"})

    assert done == [0, 1, 1]
    assert other.duplicates == 0
    assert len(known(shift).activities) == 2


def test_a_newer_fact_wins_and_a_late_older_one_does_not(either_shift: Shift) -> None:
    shift = either_shift
    shift.arrive(shift.event(None, ADA | {"employees": 300, "title": "CMO"}))

    shift.arrive(
        shift.event(None, ADA | {"employees": 50, "industry": "steel"}, occurred_at="2026-11-01T00:00:00Z")
    )
    assert (known(shift).facts["employees"], known(shift).facts["industry"]) == (300, "software")

    shift.clock.advance(timedelta(seconds=1))
    shift.arrive(shift.event(None, {"email": "ada@engines.example", "employees": 400}))
    assert known(shift).facts["employees"] == 400
    assert known(shift).facts["title"] == "CMO", "what a sender does not say stays"


def test_within_one_request_the_newest_fact_wins_whatever_the_order(shift: Shift) -> None:
    old = shift.event(None, ADA | {"employees": 50}, occurred_at="2026-11-20T00:00:00Z")
    new = shift.event(None, ADA | {"employees": 500})

    shift.arrive(new, old)

    assert known(shift).facts["employees"] == 500


def test_a_person_is_known_by_the_address_then_by_the_senders_id(either_shift: Shift) -> None:
    shift = either_shift
    shift.arrive(shift.event("ebook", {"id": "17", "country": "GB"}))
    shift.arrive(shift.event("ebook", {"id": "17", "email": "Ada@Engines.Example"}))
    shift.arrive(shift.event("ebook", {"email": " ada@engines.example "}))

    assert count(shift, LeadRow) == 1
    assert len(known(shift).activities) == 3
    assert known(shift).facts["country"] == "GB"


def test_when_address_and_id_name_two_people_the_address_counts(shift: Shift) -> None:
    shift.arrive(
        shift.event("ebook", {"email": "ada@engines.example"}),
        shift.event("ebook", {"id": "17", "country": "FR"}),
    )
    assert count(shift, LeadRow) == 2

    shift.arrive(shift.event("webinar", {"email": "ada@engines.example", "id": "17"}))

    assert count(shift, LeadRow) == 2
    assert len(known(shift).activities) == 2


def test_strangers_are_never_merged_for_want_of_data(either_shift: Shift) -> None:
    nameless = {"first_name": "Ada", "company": "Analytical Engines", "phone": "+44 20 7946 0000"}

    either_shift.arrive(*(either_shift.event("ebook", nameless) for _ in range(3)))

    assert count(either_shift, LeadRow) == 3


def test_history_is_worth_its_points_but_is_no_news(either_world: World) -> None:
    world = either_world
    old = (world.now - 3 * DAY - timedelta(seconds=1)).isoformat()

    world.send(world.event("demo_request", ADA | {"employees": 9_000}, occurred_at=old))
    assert world.slack.messages("C0EMEA") == [], "an old demo does not fast-track past a soft gate"

    world.send(world.event("demo_request", ADA | {"email": "bea@engines.example"}, occurred_at=old))
    assert "Old news: no first-touch clock runs" in world.card().plain()
    assert "First touch by" not in world.card().plain()
    world.pass_time(2 * DAY)
    assert world.slack.thread("C0EMEA", world.card().ts) == [], "nobody is nudged about old news"


def test_old_news_has_no_first_touch_deadline_and_must_be_decided(shift: Shift) -> None:
    shift.arrive(shift.event("demo_request", occurred_at=(shift.now - 4 * DAY).isoformat()))

    assert shift.handoff().stale
    assert (shift.handoff().due_at, shift.handoff().clock) == (None, None)
    assert {kind for kind, _ in shift.due()} == {"decide"}


def test_a_fresh_demo_gives_old_news_its_clock(shift: Shift) -> None:
    """ "New activity … may raise its tier; a higher tier shortens the due time" """
    cobbler = ADA | {"industry": "shoes"}
    old = (shift.now - 10 * DAY).isoformat()
    shift.arrive(
        shift.event("webinar", cobbler, occurred_at=old),
        shift.event("pricing_page", cobbler, asset="a", occurred_at=old),
    )
    assert (shift.handoff().stale, shift.handoff().tier) == (True, "standard")

    shift.arrive(shift.event("ebook", cobbler))
    assert shift.handoff().due_at is None, "it asks for nothing"
    shift.arrive(shift.event("demo_request", cobbler))
    assert (shift.handoff().stale, shift.handoff().tier) == (False, "demo")
    assert shift.handoff().due_at == shift.now + timedelta(hours=1)
    assert ("first_touch", "breach") in shift.due()


def test_a_demo_asked_for_anew_gives_an_old_demo_its_clock(shift: Shift) -> None:
    shift.arrive(shift.event("demo_request", occurred_at=(shift.now - 10 * DAY).isoformat()))
    shift.arrive(shift.event("pricing_page"))
    assert shift.handoff().due_at is None

    shift.arrive(shift.event("demo_request"))
    assert (shift.handoff().stale, shift.handoff().due_at) == (False, shift.now + timedelta(hours=1))


def test_an_event_of_exactly_three_days_is_still_news(shift: Shift) -> None:
    shift.arrive(shift.event("demo_request", occurred_at=(shift.now - 3 * DAY).isoformat()))

    assert shift.handoff().why == "fast_track"
    assert ("first_touch", "breach") in shift.due()


def test_imported_history_is_scored_and_nobody_is_told(shift: Shift) -> None:
    done = shift.arrive(shift.event("demo_request"), live=False)

    assert (done.handoffs, count(shift, HandoffRow), count(shift, OutboxRow)) == (0, 0, 0)
    assert report.explain(shift.desk, "ada@engines.example").score.total == 90


def nurturing(definition: str = DEFINITION) -> str:
    """The tests' definition with a nurture tier for low scores."""
    tier = "  - {name: warm, when: {not: {score: 70}}, first_touch: 8h, clock: business, handoff: nurture}\n"
    return definition.replace("tiers:\n", "tiers:\n" + tier)


def test_a_nurture_tier_is_a_webhook_and_no_card(shifts: Callable[..., Shift], database_url: str) -> None:
    shift = shifts(database_url, definition=nurturing(), webhooks=True)

    shift.arrive(shift.event("webinar"))

    handoff = shift.handoff()
    assert (handoff.stage, handoff.reason, handoff.owner, handoff.card_id) == (
        "recycled",
        "nurture",
        None,
        None,
    )
    assert shift.due() == {}
    assert count(shift, CardRow) == 0
    assert [row.body["type"] for row in shift.letters("webhook")] == ["handoff.created", "handoff.nurture"]
    assert shift.figures().reached["mql"] == 1


def test_a_nurtured_lead_is_not_nurtured_again_but_goes_to_sales_when_it_heats_up(
    shifts: Callable[..., Shift], sqlite_url: str
) -> None:
    shift = shifts(sqlite_url, definition=nurturing())
    shift.arrive(shift.event("webinar"))
    shift.clock.advance(DAY)
    assert shift.arrive(shift.event("ebook")).handoffs == 0

    assert shift.arrive(shift.event("demo_request")).handoffs == 1
    assert not shift.handoff(2).returning, "sales sees this lead for the first time"


def test_why_works_for_a_lead_in_nurture(shifts: Callable[..., Shift], sqlite_url: str) -> None:
    shift = shifts(sqlite_url, definition=nurturing())
    shift.arrive(shift.event("webinar"))

    assert report.explain(shift.desk, "ada@engines.example", "U0MIA").verdict.mql


def test_nurture_does_not_make_baton_forget_how_sales_ended_it(
    shifts: Callable[..., Shift], sqlite_url: str
) -> None:
    """Recycled by sales, later nurtured, later back: sales must see that it had this lead before."""
    shift = shifts(sqlite_url, definition=nurturing())
    shift.demo()
    answer.end(shift.desk, 1, "U0ANN", Disposition("no_budget"))
    shift.clock.advance(31 * DAY)
    shift.arrive(shift.event("webinar"))
    assert shift.handoff(2).reason == "nurture"
    shift.clock.advance(DAY)

    shift.arrive(shift.event("pricing_page"), shift.event("demo_request"))

    assert shift.handoff(3).returning


def test_an_unknown_signal_is_kept_and_worth_nothing(either_shift: Shift) -> None:
    done = either_shift.arrive(either_shift.event("moon_phase"), either_shift.event("moon_phase"))

    assert (done.unknown, done.handoffs) == ({"moon_phase": 2}, 0)
    assert len(known(either_shift).activities) == 2


def test_a_request_with_one_wrong_event_is_refused_as_a_whole(world: World) -> None:
    events = [world.event("demo_request"), world.event("demo_request", {"email": "nonsense"})]

    answered = world.post({"events": events})

    assert answered.status_code == 400
    assert answered.json()[0]["pointer"] == "/events/1/lead/email"
    world.deliver()
    assert world.slack.messages("C0EMEA") == []


def test_a_gate_on_hold_asks_for_the_missing_fact_once(shifts: Callable[..., Shift], sqlite_url: str) -> None:
    held = DEFINITION.replace("hard: true, unknown: pass", "hard: true, unknown: hold")
    shift = shifts(sqlite_url, definition=held, webhooks=True)
    nowhere = {key: value for key, value in ADA.items() if key != "country"}

    for _ in range(3):
        assert shift.arrive(shift.event("demo_request", nowhere)).handoffs == 0
    assert [row.body["wanted"] for row in shift.letters("webhook")] == [["country"]]

    assert shift.arrive(shift.event(None, ADA)).handoffs == 1


def test_in_shadow_would_be_hand_offs_are_only_counted(shifts: Callable[..., Shift], sqlite_url: str) -> None:
    shift = shifts(sqlite_url, team="live: false\n" + TEAM)

    assert shift.arrive(shift.event("demo_request")).handoffs == 0
    assert (count(shift, HandoffRow), count(shift, CardRow)) == (0, 0)


def test_many_events_of_one_request_are_as_many_cards(either_shift: Shift) -> None:
    size = 300
    done = either_shift.arrive(
        *(
            either_shift.event("demo_request", ADA | {"email": f"a{n}@engines{n}.example"})
            for n in range(size)
        )
    )

    assert (done.fresh, done.handoffs) == (size, size)
    with either_shift.desk.database.reading() as session:
        cards = session.scalars(select(col(HandoffRow.card_id))).all()
        assert len(set(cards)) == size
