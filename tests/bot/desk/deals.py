"""A team with two account executives, and hand-offs as far as a test needs them."""

from datetime import date

from bot.desk import answer, deal, opportunity
from bot.desk.deal import BANT, Bant
from bot.desk.opportunity import Offer
from tests.bot.desk.shift import Shift
from tests.world import TEAM

TEAM_WITH_AES = TEAM.replace(
    "  U0MAX:", "  U0SUE: {name: Sue, role: ae}\n  U0TOM: {name: Tom, role: ae}\n  U0MAX:"
).replace("channels:", "currency: EUR\nchannels:")
YES = dict.fromkeys(BANT, "yes")
BY_CHRISTMAS = date(2026, 12, 18)


def talked(shift: Shift) -> int:
    """Ann has accepted Ada's demo and reached her."""
    id_ = shift.demo()
    answer.accept(shift.desk, id_, "U0ANN")
    answer.touch(shift.desk, id_, "U0ANN", shift.tried("U0ANN"))
    return id_


def qualified(shift: Shift, ae: str | None = "U0SUE") -> int:
    """Ann has made it an SQL and handed it to an account executive."""
    id_ = talked(shift)
    deal.qualify(shift.desk, id_, "U0ANN", Bant(YES, ae, "wants a trial"))
    return id_


def with_sue(shift: Shift) -> int:
    """Sue has accepted the SQL."""
    id_ = qualified(shift)
    deal.ae_accept(shift.desk, id_, "U0SUE")
    return id_


def an_opportunity(shift: Shift) -> int:
    """Sue expects 25,000 EUR by Christmas."""
    id_ = with_sue(shift)
    opportunity.opportunity(shift.desk, id_, "U0SUE", Offer(25_000, BY_CHRISTMAS))
    return id_
