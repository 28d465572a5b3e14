"""Whatever reps press in whatever order: the log replays to the figures, and no open lead is forgotten."""

from collections import Counter
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.desk import answer, by_hand, deal, taking_back
from bot.desk.auditor import STEPS
from bot.desk.bench import Mistaken
from bot.desk.deal import BANT, Bant
from bot.slack.typed import arrival_of
from scoring.dispositions import Disposition
from scoring.funnel import reached_by
from scoring.stages import ENDS, STAGES, Refused
from tests.bot.desk.shift import Shift
from tests.world import ADA

REPS = ("U0ANN", "U0BOB", "U0MAX", "U0CAT")
REASONS_GIVEN = ("not_fit.size", "timing.no_project", "customer", "other", "unreachable")
PRESSES = st.sampled_from(["accept", "touch", "qualify", "undo", "wait", *REASONS_GIVEN, "activity"])
SEQUENCES = st.lists(st.tuples(PRESSES, st.sampled_from(REPS)), max_size=14)


def press(shift: Shift, id_: int, email: str, action: str, rep: str) -> None:
    """One press, refused or not."""
    try:
        if action == "accept":
            answer.accept(shift.desk, id_, rep)
        elif action == "touch":
            answer.touch(shift.desk, id_, rep, shift.tried(rep))
        elif action == "qualify":
            deal.qualify(shift.desk, id_, rep, Bant(dict.fromkeys(BANT, "yes")))
        elif action == "undo":
            taking_back.undo(shift.desk, id_, rep)
        elif action == "wait":
            shift.clock.advance(timedelta(minutes=6))
        elif action == "activity":
            shift.arrive(shift.event("demo_request", ADA | {"email": email}))
        else:
            answer.end(shift.desk, id_, rep, Disposition(action, "so they said", date(2030, 1, 1)))
    except (Refused, Mistaken):
        return


def by_mia(shift: Shift, email: str) -> int:
    """Marketing hands a lead to a pool."""
    told = arrival_of({"email": email}, "U0MIA", shift.now)
    made = by_hand.hand_over_by_hand(shift.desk, "U0MIA", by_hand.Request("She asked us.", "EMEA", told=told))
    assert made is not None
    return made


def check(shift: Shift) -> None:
    """The figures equal the replay; open leads have a deadline and ended ones have none."""
    figures = shift.figures()
    assert figures.reached == reached_by(shift.moves())
    everything = shift.rows()
    rows = [row for row in everything if row.origin == "scored"]
    assert figures.reached["mql"] == len(rows)
    assert figures.by_hand == len(everything) - len(rows), "what people hand over is counted apart"
    assert figures.ended == dict(Counter(row.stage for row in rows if row.stage in ENDS))
    assert figures.reasons == dict(Counter(row.reason for row in rows if row.reason))
    for row in everything:
        far = STAGES.index(row.stage) if row.stage in STAGES else 0
        assert figures.reached[STAGES[far]] >= 1 or row.origin != "scored"
        assert (row.ended_at is None) == (row.stage in STAGES), "an end has a time, and only an end"
        steps = [kind for kind, _ in shift.due(row.id or 0) if kind in STEPS]
        assert bool(steps) == (row.ended_at is None), f"deadlines of {row.id}, {row.stage}"


def test_the_log_replays_to_the_figures_and_no_open_lead_is_without_a_deadline(either_shift: Shift) -> None:
    shift = either_shift

    @settings(max_examples=15)
    @given(SEQUENCES, st.booleans())
    def run(presses: list[tuple[str, str]], given_by_hand: bool) -> None:
        email = f"ada@company{len(shift.rows())}.example"
        id_ = by_mia(shift, email) if given_by_hand else shift.demo(ADA | {"email": email})
        for action, rep in presses:
            press(shift, id_, email, action, rep)
        shift.clock.advance(timedelta(minutes=1))
        check(shift)

    run()


def test_a_lead_that_goes_all_the_way_and_one_that_is_taken_back_count_as_they_stand(
    either_shift: Shift,
) -> None:
    shift = either_shift
    for n in range(4):
        shift.demo(ADA | {"email": f"ada@company{n}.example"})
    for id_ in (1, 2, 3):
        press(shift, id_, "", "accept", "U0ANN")
    for id_ in (1, 2):
        press(shift, id_, "", "touch", "U0ANN")
        press(shift, id_, "", "qualify", "U0ANN")
    press(shift, 2, "", "undo", "U0ANN")
    press(shift, 1, "", "not_fit.size", "U0ANN")

    figures = shift.figures()

    assert figures.reached == {"mql": 4, "sal": 3, "sql": 1, "opportunity": 0, "won": 0}
    assert figures.ended == {"disqualified": 1}
    assert (figures.rate("sal", "mql").hits, figures.rate("sal", "mql").n) == (3, 4)
    check(shift)
