"""What /mql why and baton score say is missing: to the threshold, and to the next tier."""

from datetime import timedelta

from bot.desk import answer, report
from bot.desk.report import Explained
from scoring.dispositions import Disposition
from tests.bot.desk.shift import Shift

ADDRESS = "ada@engines.example"


def said(found: Explained) -> tuple[int, tuple[str, int] | None]:
    following = found.next_tier
    return found.to_threshold, (following.tier.name, following.points) if following is not None else None


def test_a_lead_below_the_line_lacks_points_to_it_and_to_the_tier_above_the_one_it_would_have(
    shift: Shift,
) -> None:
    shift.arrive(shift.event("ebook", asset="a"))  # 40 for who she is, 5 for the book

    assert said(report.explain(shift.desk, ADDRESS)) == (5, ("high", 35))


def test_a_lead_that_sales_has_lacks_none_to_the_line(shift: Shift) -> None:
    shift.arrive(shift.event("webinar", asset="a"))  # 60: standard

    assert said(report.explain(shift.desk, ADDRESS)) == (0, ("high", 20))


def test_a_lead_of_the_most_urgent_tier_lacks_nothing(shift: Shift) -> None:
    shift.demo()

    assert said(report.explain(shift.desk, ADDRESS)) == (0, None)


def test_a_tier_that_was_raised_once_stays_though_points_faded(shift: Shift) -> None:
    visits = [shift.event("pricing_page", asset=name) for name in ("a", "b")]
    shift.arrive(shift.event("webinar", asset="a"), *visits)  # 85: high
    shift.clock.advance(timedelta(days=40))

    found = report.explain(shift.desk, ADDRESS)

    assert found.score.total == 60
    assert said(found) == (0, None)
    assert found.standing is not None
    assert found.standing.name == "high"


def test_after_an_end_only_what_came_later_counts(shift: Shift) -> None:
    one = shift.demo()
    answer.end(shift.desk, one, "U0ANN", Disposition("no_budget", "next year", None))
    shift.clock.advance(timedelta(days=31))
    shift.arrive(shift.event("ebook", asset="a"))

    found = report.explain(shift.desk, ADDRESS)

    assert found.score.total == 95
    assert said(found) == (5, ("high", 35))
