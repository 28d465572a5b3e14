"""People and what they did: who is who, whose facts count, and that concurrent requests agree."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from scoring.arrival import Arrival
from storage import board, leads
from storage.engine import Database
from storage.leads import Judged
from storage.tables import ActivityRow, IdentityRow, LeadRow


def arrival(
    event: str, *keys: str, facts: dict[str, Any] | None = None, at: int = 1_000, **more: Any
) -> Arrival:
    email = next((key.removeprefix("email:") for key in keys if key.startswith("email:")), None)
    values: dict[str, Any] = {
        "keys": keys, "email": email, "facts": facts or {}, "facts_at": at, "source": "native", "event": event,
        "signal": "ebook", "asset": None, "occurred": at, "received": at,
    }  # fmt: skip
    return Arrival(**(values | more))


def take(database: Database, *arrivals: Arrival) -> leads.Taken:
    with database.writing() as session:
        taken = leads.take_in(session, arrivals)
        leads.keep(session, [Judged(known, 1, 2, 3) for known in taken.known.values()])
        return taken


def people(database: Database) -> int:
    with database.reading() as session:
        return session.scalars(select(func.count()).select_from(LeadRow)).one()


def test_facts_scores_and_activities_read_back_as_stored(database: Database) -> None:
    facts = {"employees": 120, "tools": ("crm", "mail"), "consent": True, "company": "Jöüé 🚀"}
    take(database, arrival("e1", "email:a@x.example", facts=facts, asset="Guide"))

    with database.reading() as session:
        known = leads.by_email(session, "a@x.example")
        assert known is not None
        assert known.lead.facts == facts
        assert [(a.event, a.asset, a.occurred) for a in known.activities] == [("e1", "Guide", 1_000)]
        row = session.get_one(LeadRow, known.id)
        assert (row.fit, row.intent, row.scored_at) == (1, 2, 3)
        assert leads.by_email(session, "b@x.example") is None


def test_an_event_is_known_by_its_source_and_id_together(database: Database) -> None:
    first = take(database, arrival("e1", "email:a@x.example"))
    other = take(database, arrival("e1", "email:a@x.example", source="hubspot"))
    again = take(database, arrival("e1", "email:a@x.example"))

    assert (len(first.stored), len(other.stored), len(again.stored)) == (1, 1, 0)
    assert again.known == {}


def test_a_fact_counts_by_when_its_source_spoke_not_by_when_it_came(database: Database) -> None:
    key = "email:a@x.example"
    take(database, arrival("e1", key, facts={"employees": 300}, at=2_000))

    late = take(database, arrival("e2", key, facts={"employees": 50, "country": "GB"}, at=1_000))
    same = take(database, arrival("e3", key, facts={"employees": 400}, at=2_000))

    assert next(iter(late.known.values())).facts == {"employees": 300, "country": "GB"}
    assert next(iter(same.known.values())).facts["employees"] == 400, (
        "of the same second the later word counts"
    )
    assert next(iter(late.known.values())).first_seen == 1_000


def test_saying_the_same_again_is_no_changed_fact(database: Database) -> None:
    key = "email:a@x.example"
    facts = {"employees": 300, "tools": ("crm",)}
    assert next(iter(take(database, arrival("e1", key, facts=facts)).known.values())).facts_changed

    again = take(database, arrival("e2", key, facts=facts, at=2_000))

    assert not next(iter(again.known.values())).facts_changed


def test_a_fact_equal_to_the_stored_one_but_of_another_kind_is_stored_as_it_was_said(
    database: Database,
) -> None:
    key = "email:a@x.example"
    take(database, arrival("e1", key, facts={"seats": 1, "tools": ("crm", 1), "ratio": 2}))

    again = take(database, arrival("e2", key, facts={"seats": True, "tools": ("crm", True), "ratio": 2.0}))

    assert not next(iter(again.known.values())).facts_changed
    with database.reading() as session:
        known = leads.by_email(session, "a@x.example")
        assert known is not None
        assert repr(known.facts) == "{'seats': True, 'tools': ['crm', True], 'ratio': 2.0}"


def test_saying_the_same_later_moves_when_the_source_last_said_it(database: Database) -> None:
    key = "email:a@x.example"
    take(database, arrival("e1", key, facts={"employees": 300}, at=1_000))
    take(database, arrival("e2", key, facts={"employees": 300}, at=3_000))

    older = take(database, arrival("e3", key, facts={"employees": 50}, at=2_000))

    assert next(iter(older.known.values())).facts == {"employees": 300}


def test_a_repeated_event_beside_a_stranger_teaches_no_new_name(database: Database) -> None:
    take(database, arrival("e1", "email:a@x.example"))

    taken = take(
        database,
        arrival("e1", "email:a@x.example", "id:native:17"),
        arrival("e2", "email:b@x.example"),
        arrival("e3", "email:c@x.example", source="hubspot"),
    )

    assert [each.event for each in taken.stored] == ["e2", "e3"]
    with database.reading() as session:
        assert leads.identities(session, ["id:native:17"]) == {}


def test_leads_with_new_facts_and_leads_without_are_written_back_together(database: Database) -> None:
    addresses = [f"email:a{n}@x.example" for n in range(4)]
    take(database, *(arrival(f"e{n}", key, facts={"employees": 1}) for n, key in enumerate(addresses)))

    take(
        database,
        *(arrival(f"f{n}", key, facts={"employees": 1 + n % 2}, at=2_000) for n, key in enumerate(addresses)),
    )

    with database.reading() as session:
        known = [leads.by_email(session, key.removeprefix("email:")) for key in addresses]
        assert [each.facts["employees"] for each in known if each] == [1, 2, 1, 2]
        assert [each.fact_times["employees"] for each in known if each] == [2_000] * 4
        assert [each.changed_facts_at for each in known if each] == [3] * 4


def test_an_id_leads_to_the_person_and_teaches_their_address(database: Database) -> None:
    take(database, arrival("e1", "id:native:17"))
    taken = take(database, arrival("e2", "email:a@x.example", "id:native:17"))

    assert (people(database), taken.fresh) == (1, 0)
    with database.reading() as session:
        known = leads.by_email(session, "a@x.example")
        assert known is not None
        assert (known.email, len(known.activities)) == ("a@x.example", 2)


def test_one_request_may_name_a_person_in_three_ways(database: Database) -> None:
    taken = take(
        database,
        arrival("e1", "id:native:17"),
        arrival("e2", "email:a@x.example"),
        arrival("e3", "email:a@x.example", "id:native:17"),
    )

    assert (people(database), len(taken.known), len(taken.stored)) == (1, 1, 3)
    with database.reading() as session:
        rows = session.scalars(select(col(ActivityRow.lead_id))).all()
        assert len(set(rows)) == 1
        assert set(session.scalars(select(col(IdentityRow.lead_id)))) == set(rows)


def test_more_people_than_fit_into_one_statement_are_taken_in_at_once(database: Database) -> None:
    many = [arrival(f"e{n}", f"email:a{n}@x.example", f"id:native:{n}") for n in range(1_200)]

    taken = take(database, *many)

    assert (taken.fresh, len(taken.known), people(database)) == (1_200, 1_200, 1_200)
    assert not take(database, *many).stored


def test_requests_about_the_same_new_people_at_once_agree_who_they_are(postgres_url: str) -> None:
    database = Database(postgres_url)
    start = Barrier(8)

    def send(sender: int) -> None:
        start.wait(timeout=30)
        for round_ in range(5):
            order = range(6) if sender % 2 else range(5, -1, -1)
            take(database, *(arrival(f"{sender}-{round_}-{n}", f"email:a{n}@x.example") for n in order))

    with ThreadPoolExecutor(8) as senders:
        list(senders.map(send, range(8)))

    assert people(database) == 6
    with database.reading() as session:
        assert session.scalars(select(func.count()).select_from(ActivityRow)).one() == 8 * 5 * 6
        counts = session.scalars(
            select(func.count(col(ActivityRow.id))).group_by(col(ActivityRow.lead_id))
        ).all()
        assert counts == [40] * 6
    database.close()


def test_who_waits_for_enrichment_is_listed_with_what_is_missing(database: Database) -> None:
    taken = take(database, arrival("e1", "email:a@x.example"), arrival("e2", "email:b@x.example"))
    first = next(iter(taken.known.values()))
    with database.writing() as session:
        leads.keep(session, [Judged(first, 0, 0, 1, ("country", "employees"))])
        assert board.lacking(session) == {"country": 1, "employees": 1}
        assert leads.on_hold(session, 20) == [("a@x.example", ["country", "employees"])]
        leads.keep(session, [Judged(first, 0, 0, 2)])
        assert board.lacking(session) == {}
