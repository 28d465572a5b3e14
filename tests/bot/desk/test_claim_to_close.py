"""From an SQL to won or lost: who may take which step, what it needs, and what stands in log and funnel."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest

from bot.desk import answer, deal, opportunity, people, taking_back
from bot.desk.bench import Mistaken
from bot.desk.deal import Bant
from bot.desk.opportunity import Offer
from bot.desk.people import Seen
from scoring.dispositions import Disposition
from scoring.funnel import reached_by
from scoring.handoff import Handoff
from scoring.stages import Refused
from storage.people import suppressed
from tests.bot.desk.deals import (
    BY_CHRISTMAS,
    TEAM_WITH_AES,
    YES,
    an_opportunity,
    qualified,
    talked,
    with_sue,
)
from tests.bot.desk.shift import Shift, refusal
from tests.world import ADA, DEFINITION

DAY = timedelta(days=1)
OFFER = Offer(25_000, BY_CHRISTMAS)


@pytest.fixture
def team(shifts: Callable[..., Shift], sqlite_url: str) -> Shift:
    """A team with Sue and Tom, account executives."""
    return shifts(sqlite_url, team=TEAM_WITH_AES)


@pytest.fixture
def either_team(shifts: Callable[..., Shift], database_url: str) -> Shift:
    """The same, once on each database."""
    return shifts(database_url, team=TEAM_WITH_AES)


def wrong(press: Callable[..., Handoff], *given: Any) -> dict[str, str]:
    with pytest.raises(Mistaken) as mistaken:
        press(*given)
    return mistaken.value.fields


def leaves(shift: Shift, user: str) -> None:
    people.learn(shift.desk, [Seen(user, None, deleted=True, guest=False, bot=False)])


def reached(shift: Shift) -> list[str]:
    figures = shift.figures().reached
    assert figures == reached_by(shift.moves())
    return [stage for stage, count in figures.items() if count]


# -- the whole way ---------------------------------------------------------------------------------------


def test_from_a_claim_to_won_every_step_is_in_the_log_and_moves_the_funnel(either_team: Shift) -> None:
    """ "Stages: mql → sal → sql → opportunity → won, and the ends recycled, disqualified, lost." """
    shift = either_team
    id_ = qualified(shift)
    assert (shift.handoff().owner, shift.handoff().sdr, shift.handoff().ae) == ("U0ANN", "U0ANN", "U0SUE")
    assert reached(shift) == ["mql", "sal", "sql"]

    shift.clock.advance(timedelta(hours=1))
    mine = deal.ae_accept(shift.desk, id_, "U0SUE")
    assert (mine.stage, mine.owner, mine.ae, mine.ae_accepted_at) == ("sql", "U0SUE", "U0SUE", shift.now)

    offered = opportunity.opportunity(shift.desk, id_, "U0SUE", OFFER)
    assert (offered.stage, offered.amount, offered.currency, offered.close_on) == (
        "opportunity", 25_000, "EUR", BY_CHRISTMAS,
    )  # fmt: skip
    assert reached(shift) == ["mql", "sal", "sql", "opportunity"]

    over = opportunity.won(shift.desk, id_, "U0SUE")
    assert (over.stage, over.ended_at, over.amount) == ("won", shift.now, 25_000)
    assert reached(shift) == ["mql", "sal", "sql", "opportunity", "won"]
    assert shift.actions() == ["create", "accept", "touch", "qualify", "ae_accept", "opportunity", "won"]
    assert shift.due() == {}


def test_with_sal_switched_off_the_way_is_the_same(shifts: Callable[..., Shift], sqlite_url: str) -> None:
    """ "With SAL off, the button says Claim, and ownership works the same." """
    shift = shifts(sqlite_url, team=TEAM_WITH_AES, definition=DEFINITION + "stages: {sal: false}\n")
    id_ = qualified(shift)
    back = deal.send_back(shift.desk, id_, "U0SUE", "no budget holder")
    assert (back.stage, back.owner, back.accepted_at is not None) == ("mql", "U0ANN", True)

    deal.qualify(shift.desk, id_, "U0ANN", Bant(YES, "U0TOM"))
    deal.ae_accept(shift.desk, id_, "U0TOM")
    opportunity.opportunity(shift.desk, id_, "U0TOM", OFFER)
    assert opportunity.won(shift.desk, id_, "U0TOM").owner == "U0TOM"
    assert shift.figures().reached == {"mql": 1, "sal": 1, "sql": 1, "opportunity": 1, "won": 1}


def test_a_team_without_account_executives_closes_its_deals_itself(shift: Shift) -> None:
    id_ = qualified(shift, ae=None)
    assert shift.handoff().ae is None
    assert opportunity.opportunity(shift.desk, id_, "U0ANN", OFFER).currency is None
    assert opportunity.won(shift.desk, id_, "U0ANN").owner == "U0ANN"


# -- who gets an SQL that names nobody --------------------------------------------------------------------


def test_an_sql_that_names_nobody_goes_to_the_account_executive_with_the_fewest_deals(team: Shift) -> None:
    chosen = []
    for number in range(4):
        id_ = team.demo(ADA | {"email": f"lead{number}@engines.example"})
        answer.accept(team.desk, id_, "U0ANN")
        answer.touch(team.desk, id_, "U0ANN", team.tried("U0ANN"))
        chosen.append(deal.qualify(team.desk, id_, "U0ANN", Bant(YES)).ae)
    assert chosen == ["U0SUE", "U0TOM", "U0SUE", "U0TOM"]


@pytest.mark.parametrize(
    ("sue", "tom", "gets_it"),
    [
        ("hours: {tue: '09:00-10:00'}", "", "U0TOM"),
        ("hours: {tue: '09:00-10:00'}", "hours: {tue: '09:00-10:00'}", "U0SUE"),
        ("away: [{from: 2026-11-23, until: 2026-11-30}]", "hours: {tue: '09:00-10:00'}", "U0TOM"),
        (
            "away: [{from: 2026-11-23, until: 2026-11-30}]",
            "away: [{from: 2026-11-23, until: 2026-11-30}]",
            None,
        ),
    ],
)
def test_who_is_on_shift_goes_first_and_who_is_away_gets_none(
    shifts: Callable[..., Shift], sqlite_url: str, sue: str, tom: str, gets_it: str | None
) -> None:
    text = TEAM_WITH_AES.replace("Sue, role: ae", f"Sue, role: ae, {sue}" if sue else "Sue, role: ae")
    text = text.replace("Tom, role: ae", f"Tom, role: ae, {tom}" if tom else "Tom, role: ae")
    shift = shifts(sqlite_url, team=text)
    qualified(shift, ae=None)
    assert shift.handoff().ae == gets_it


def test_who_has_left_gets_none_and_where_all_have_left_it_waits_for_any(team: Shift) -> None:
    leaves(team, "U0SUE")
    assert team.handoff(qualified(team, ae=None)).ae == "U0TOM"
    leaves(team, "U0TOM")
    second = team.demo(ADA | {"email": "bea@other.example"})
    answer.accept(team.desk, second, "U0BOB")
    answer.touch(team.desk, second, "U0BOB", team.tried("U0BOB"))
    assert wrong(deal.qualify, team.desk, second, "U0BOB", Bant(YES, "U0TOM")).keys() == {"ae"}
    assert deal.qualify(team.desk, second, "U0BOB", Bant(YES)).ae is None
    assert deal.ae_accept(team.desk, second, "U0SUE").owner == "U0SUE", "back again"


@pytest.mark.parametrize(("ae", "words"), [("U0BOB", "no account executive"), ("U0EVE", "team file")])
def test_the_one_it_is_handed_to_must_be_able_to_take_it(team: Shift, ae: str, words: str) -> None:
    id_ = talked(team)
    assert words in wrong(deal.qualify, team.desk, id_, "U0ANN", Bant(YES, ae))["ae"]
    assert deal.qualify(team.desk, id_, "U0ANN", Bant(YES, "U0MAX")).ae == "U0MAX"


# -- accepting ---------------------------------------------------------------------------------------------


def test_only_the_named_account_executive_and_managers_accept(either_team: Shift) -> None:
    shift = either_team
    id_ = qualified(shift)
    for other in ("U0TOM", "U0ANN", "U0BOB", "U0MIA", "U0ADA"):
        assert "handed to <@U0SUE>" in refusal(deal.ae_accept, shift.desk, id_, other)
    assert "team file" in refusal(deal.ae_accept, shift.desk, id_, "U0EVE")
    assert deal.ae_accept(shift.desk, id_, "U0MAX").ae == "U0MAX"


def test_where_nobody_is_named_any_account_executive_accepts_and_the_second_hears_who_was_first(
    shifts: Callable[..., Shift], database_url: str
) -> None:
    away = "away: [{from: 2026-11-23, until: 2026-11-24}]"
    shift = shifts(database_url, team=TEAM_WITH_AES.replace("role: ae", f"role: ae, {away}"))
    id_ = qualified(shift, ae=None)
    assert "account executive" in refusal(deal.ae_accept, shift.desk, id_, "U0BOB")

    def press(who: str) -> str:
        try:
            deal.ae_accept(shift.desk, id_, who)
        except Refused as refused:
            return refused.sentence
        return who

    with ThreadPoolExecutor(2) as pool:
        first, second = sorted(pool.map(press, ("U0SUE", "U0TOM")), reverse=True)
    assert second == f"<@{first}> accepted this lead first."
    assert shift.handoff().owner == first
    assert shift.actions().count("ae_accept") == 1


def test_accepting_twice_is_accepting_once(team: Shift) -> None:
    id_ = with_sue(team)
    deal.ae_accept(team.desk, id_, "U0SUE")
    assert team.actions().count("ae_accept") == 1


@pytest.mark.parametrize("stage", ["mql", "sal", "opportunity", "won"])
def test_there_is_nothing_to_accept_before_an_sql_and_after_it(team: Shift, stage: str) -> None:
    if stage in ("mql", "sal"):
        id_ = team.demo()
        if stage == "sal":
            answer.accept(team.desk, id_, "U0ANN")
    else:
        id_ = an_opportunity(team)
        if stage == "won":
            opportunity.won(team.desk, id_, "U0SUE")
    n = team.handoff(id_).n
    refusal(deal.ae_accept, team.desk, id_, "U0MAX")
    assert team.handoff(id_).n == n


# -- sending back --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("accepted", [True, False])
def test_an_account_executive_sends_it_back_with_a_reason_and_it_is_the_sdrs_again(
    either_team: Shift, accepted: bool
) -> None:
    """ "AE may send back with a reason: stage sal, owner the SDR." """
    shift = either_team
    id_ = with_sue(shift) if accepted else qualified(shift)
    assert wrong(deal.send_back, shift.desk, id_, "U0SUE", " ").keys() == {"note"}
    assert wrong(deal.send_back, shift.desk, id_, "U0SUE", "x" * 2_001).keys() == {"note"}
    assert "belongs to" in refusal(deal.send_back, shift.desk, id_, "U0TOM", "mine")

    back = deal.send_back(shift.desk, id_, "U0SUE", "no authority")

    assert (back.stage, back.owner, back.ae, back.ae_accepted_at) == ("sal", "U0ANN", None, None)
    assert back.note == "no authority"
    again = deal.qualify(shift.desk, id_, "U0ANN", Bant(YES, "U0TOM"))
    assert (again.stage, again.ae, again.ae_accepted_at) == ("sql", "U0TOM", None)
    assert shift.figures().reached["sql"] == 1


def test_where_the_sdr_has_left_it_goes_to_the_pool_and_the_managers_hear(either_team: Shift) -> None:
    shift = either_team
    id_ = with_sue(shift)
    leaves(shift, "U0ANN")

    back = deal.send_back(shift.desk, id_, "U0SUE", "no authority")

    assert (back.stage, back.owner, back.accepted_at) == ("mql", None, None)
    assert any(kind == "decide" for kind, _ in shift.due(id_))
    assert ("notices", "next") in shift.due_of("U0MAX")
    assert answer.accept(shift.desk, id_, "U0BOB").owner == "U0BOB"


# -- the opportunity -----------------------------------------------------------------------------------------


def test_while_an_account_executive_is_waited_for_the_sdr_does_not_go_past_them(team: Shift) -> None:
    id_ = qualified(team)
    assert "handed to <@U0SUE>" in refusal(opportunity.opportunity, team.desk, id_, "U0ANN", OFFER)
    assert team.handoff().stage == "sql"


def test_entering_the_opportunity_is_accepting_it(either_team: Shift) -> None:
    id_ = qualified(either_team)
    made = opportunity.opportunity(either_team.desk, id_, "U0SUE", OFFER)
    assert (made.owner, made.ae, made.ae_accepted_at) == ("U0SUE", "U0SUE", either_team.now)


@pytest.mark.parametrize(
    ("offer", "field"),
    [
        (Offer(None, BY_CHRISTMAS), "amount"),
        (Offer(0, BY_CHRISTMAS), "amount"),
        (Offer(10**15 + 1, BY_CHRISTMAS), "amount"),
        (Offer(1, None), "close_on"),
        (Offer(1, date(2026, 11, 22)), "close_on"),
        (Offer(1, date(2029, 11, 23)), "close_on"),
        (Offer(1, BY_CHRISTMAS, "x" * 2_001), "note"),
    ],
)
def test_an_opportunity_needs_an_amount_and_a_day_to_come(team: Shift, offer: Offer, field: str) -> None:
    id_ = with_sue(team)
    assert wrong(opportunity.opportunity, team.desk, id_, "U0SUE", offer).keys() == {field}
    assert team.handoff().stage == "sql"


def test_today_is_today_where_the_owner_is(shifts: Callable[..., Shift], sqlite_url: str) -> None:
    """At nine in the evening in London it is tomorrow in Tokyo."""
    tokyo = TEAM_WITH_AES.replace("Sue, role: ae", "Sue, role: ae, timezone: Asia/Tokyo")
    shift = shifts(sqlite_url, team=tokyo)
    id_ = with_sue(shift)
    shift.clock.advance(timedelta(hours=12))
    today, tomorrow = date(2026, 11, 23), date(2026, 11, 24)
    assert wrong(opportunity.opportunity, shift.desk, id_, "U0SUE", Offer(1, today)).keys() == {"close_on"}
    assert opportunity.opportunity(shift.desk, id_, "U0SUE", Offer(1, tomorrow)).close_on == tomorrow


def test_amount_and_date_can_be_changed_and_the_same_again_changes_nothing(team: Shift) -> None:
    id_ = an_opportunity(team)
    opportunity.opportunity(team.desk, id_, "U0SUE", OFFER)
    assert team.actions().count("opportunity") == 1
    moved = opportunity.opportunity(
        team.desk, id_, "U0SUE", Offer(30_000, date(2027, 1, 15), "after the holidays")
    )
    assert (moved.amount, moved.close_on, moved.note) == (30_000, date(2027, 1, 15), "after the holidays")
    assert team.figures().reached["opportunity"] == 1


# -- won and lost --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("press", ["opportunity", "won", "lost"])
def test_nobody_but_owner_and_managers_decides_about_a_deal(team: Shift, press: str) -> None:
    id_ = an_opportunity(team)
    deeds: dict[str, Callable[[str], Handoff]] = {
        "opportunity": lambda who: opportunity.opportunity(team.desk, id_, who, Offer(1, BY_CHRISTMAS)),
        "won": lambda who: opportunity.won(team.desk, id_, who),
        "lost": lambda who: opportunity.lost(team.desk, id_, who, Disposition("no_budget")),
    }
    for other in ("U0TOM", "U0ANN", "U0BOB", "U0MIA", "U0ADA"):
        assert "belongs to <@U0SUE>" in refusal(deeds[press], other)
    assert "team file" in refusal(deeds[press], "U0EVE")
    assert deeds[press]("U0MAX").owner == "U0SUE"


def test_a_deal_is_won_once_and_only_an_opportunity_is(either_team: Shift) -> None:
    shift = either_team
    id_ = with_sue(shift)
    assert "not possible" in refusal(opportunity.won, shift.desk, id_, "U0SUE")
    opportunity.opportunity(shift.desk, id_, "U0SUE", OFFER)
    opportunity.won(shift.desk, id_, "U0SUE")
    opportunity.won(shift.desk, id_, "U0SUE")
    assert "closed by <@U0SUE> as Won" in refusal(opportunity.won, shift.desk, id_, "U0MAX")
    assert shift.actions().count("won") == 1


def test_a_lost_deal_has_a_reason_and_timing_a_date(either_team: Shift) -> None:
    shift = either_team
    id_ = an_opportunity(shift)
    for code, field in (("", "reason"), ("spam", "reason"), ("timing.no_project", "date"), ("other", "note")):
        assert wrong(opportunity.lost, shift.desk, id_, "U0SUE", Disposition(code)).keys() == {field}

    over = opportunity.lost(
        shift.desk, id_, "U0SUE", Disposition("timing.budget_cycle", "in May", date(2027, 5, 1))
    )

    assert (over.stage, over.reason, over.again_on) == ("lost", "timing.budget_cycle", date(2027, 5, 1))
    assert shift.figures().ended == {"lost": 1}
    assert shift.figures().reasons == {"timing.budget_cycle": 1}
    shift.clock.advance(DAY)
    shift.demo()
    assert shift.newest() == 2, "a new demo overrides the waiting time"


@pytest.mark.parametrize(("code", "listed"), [("competitor", set()), ("opted_out", {"ada@engines.example"})])
def test_a_lost_deal_suppresses_nobody_but_who_asked_for_it(team: Shift, code: str, listed: set[str]) -> None:
    id_ = an_opportunity(team)
    opportunity.lost(team.desk, id_, "U0SUE", Disposition(code))
    with team.desk.database.reading() as session:
        assert set(suppressed(session, ["engines.example", "ada@engines.example"], team.now)) == listed
    team.clock.advance(DAY)
    team.demo()
    assert team.newest() == id_, "this lead does not come back"


# -- undo ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["ae_accept", "send_back", "opportunity", "change", "won", "lost"])
def test_each_step_can_be_taken_back_as_if_it_had_never_been(either_team: Shift, step: str) -> None:
    shift = either_team
    id_ = {"ae_accept": qualified, "send_back": with_sue, "opportunity": with_sue}.get(step, an_opportunity)(
        shift
    )
    before, due, figures = shift.handoff(id_), shift.due(id_), shift.figures()
    shift.clock.advance(timedelta(minutes=2))
    deeds: dict[str, Callable[[], Handoff]] = {
        "ae_accept": lambda: deal.ae_accept(shift.desk, id_, "U0SUE"),
        "send_back": lambda: deal.send_back(shift.desk, id_, "U0SUE", "no authority"),
        "opportunity": lambda: opportunity.opportunity(shift.desk, id_, "U0SUE", OFFER),
        "change": lambda: opportunity.opportunity(shift.desk, id_, "U0SUE", Offer(1, date(2027, 3, 1))),
        "won": lambda: opportunity.won(shift.desk, id_, "U0SUE"),
        "lost": lambda: opportunity.lost(shift.desk, id_, "U0SUE", Disposition("opted_out")),
    }
    deeds[step]()
    assert shift.due(id_) != due

    after = taking_back.undo(shift.desk, id_, "U0SUE")

    for name in ("stage", "owner", "sdr", "ae", "ae_accepted_at", "amount", "currency", "close_on", "note", "reason",
                 "ended_at", "accepted_at", "assigned_at", "sent_back_at", "sql_at", "bant"):  # fmt: skip
        assert getattr(after, name) == getattr(before, name), name
    assert shift.due(id_) == due
    assert shift.figures() == figures
    assert figures.reached == reached_by(shift.moves())
