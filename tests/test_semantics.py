"""Every promise about the life of a hand-off and its clocks is a test that quotes it: none goes unseen.

"SEMANTICS" is where the sentences come from. What belongs to cards of several people, and to trusted connectors, is
left out here.
"""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

DESK = "tests/bot/desk"
LIFE = f"{DESK}/test_life_and_clocks.py"

CODES = (
    "The codes: `not_fit.size, not_fit.persona, timing.no_project, timing.budget_cycle, no_budget, customer, "
    "competitor, unreachable, bad_data, duplicate, spam, left_company, opted_out, other` (other needs a note)."
)

THE_LIFE_OF_A_HAND_OFF: list[tuple[str, str]] = [
    (
        "Stages: mql → sal → sql → opportunity → won, and the ends recycled, disqualified, lost.",
        f"{DESK}/test_claim_to_close.py::test_from_a_claim_to_won_every_step_is_in_the_log_and_moves_the_funnel",
    ),
    (
        "Stages: mql → sal → sql → opportunity → won, and the ends recycled, disqualified, lost.",
        "tests/scoring/test_stages.py::test_from_each_stage_exactly_these_moves_are_possible",
    ),
    (
        "Stages: mql → sal → sql → opportunity → won, and the ends recycled, disqualified, lost.",
        "tests/scoring/test_stages.py::test_every_stage_is_either_open_or_closed",
    ),
    (
        "Stages: mql → sal → sql → opportunity → won, and the ends recycled, disqualified, lost.",
        f"{DESK}/test_rejecting.py::test_each_reason_leads_to_its_end_and_is_counted_under_its_code",
    ),
    (
        "With SAL off, the button says Claim, and ownership works the same.",
        f"{DESK}/test_accepting.py::test_with_sal_off_the_button_says_claim_and_the_claimed_lead_has_an_owner",
    ),
    (
        "With SAL off, the button says Claim, and ownership works the same.",
        f"{LIFE}::test_with_sal_off_every_sentence_names_the_button_as_it_is",
    ),
    (
        "With SAL off, the button says Claim, and ownership works the same.",
        f"{DESK}/test_claim_to_close.py::test_with_sal_switched_off_the_way_is_the_same",
    ),
    (
        "Clocks in turn: first touch (tier), then `decide: 14d` (attempt reminders, owner, manager), then "
        "`ae_accept: 1d`, then the opportunity's close date.",
        f"{LIFE}::test_a_hand_off_goes_from_one_clock_to_the_next_until_it_ends",
    ),
    (
        "then `decide: 14d` (attempt reminders, owner, manager),",
        f"{DESK}/test_decide_deadline.py::test_after_all_of_the_time_owner_and_managers_hear",
    ),
    (
        "then `decide: 14d` (attempt reminders, owner, manager),",
        f"{DESK}/test_decide_deadline.py::test_the_reminder_names_the_lead_and_how_often_it_was_tried",
    ),
    (
        "then `ae_accept: 1d`,",
        f"{DESK}/test_later_clocks.py::test_half_the_time_reminds_the_account_executive_and_all_of_it_the_managers_too",
    ),
    (
        "then the opportunity's close date.",
        f"{DESK}/test_later_clocks.py::test_on_the_close_date_the_owner_is_asked_and_a_week_later_the_managers_too",
    ),
    (
        "Every open hand-off, snoozed or paused, has a next deadline.",
        f"{DESK}/test_catching_up.py::test_every_open_handoff_has_a_next_deadline_whatever_happens_to_it",
    ),
    (
        "Every open hand-off, snoozed or paused, has a next deadline.",
        f"{LIFE}::test_whatever_happens_every_open_hand_off_has_a_next_deadline",
    ),
    (
        "Every open hand-off, snoozed or paused, has a next deadline.",
        f"{DESK}/test_resting.py::test_nudges_put_off_come_later_and_only_the_latest",
    ),
    (
        "Every open hand-off, snoozed or paused, has a next deadline.",
        f"{DESK}/test_resting.py::test_a_paused_clock_stands_still_and_runs_on_from_where_it_stood",
    ),
    (
        "Accept ends the nudges to the channel; first-touch nudges then go to the owner alone.",
        f"{DESK}/test_nudges.py::test_after_accept_the_thread_hears_no_nudge_and_nobody_else_is_written_to",
    ),
    (
        "First touch or an end stops both.",
        f"{DESK}/test_touching.py::test_the_first_touch_stops_the_clock_and_the_second_changes_nothing_about_it",
    ),
    (
        "First touch or an end stops both.",
        f"{DESK}/test_nudges.py::test_after_a_rejection_nothing_is_ever_said_again",
    ),
    (
        "(No claim nudge after acceptance, no touch nudge after first touch.)",
        f"{DESK}/test_nudges.py::test_a_claim_nudge_that_waits_in_the_outbox_is_dropped_when_somebody_accepts",
    ),
    (
        "(No claim nudge after acceptance, no touch nudge after first touch.)",
        f"{DESK}/test_nudges.py::test_a_nudge_that_waits_in_the_outbox_is_dropped_when_the_lead_is_touched_meanwhile",
    ),
    (
        "(No claim nudge after acceptance, no touch nudge after first touch.)",
        f"{DESK}/test_time_faults.py::test_when_accept_races_the_nudge_the_channel_hears_nothing_after_the_acceptance",
    ),
    (
        "First touch is a human call, a personal e-mail or a booked meeting; Accept, automatic mail and opens are not.",
        f"{LIFE}::test_a_call_an_e_mail_or_a_booked_meeting_is_the_first_touch_and_nothing_else_is",
    ),
    (
        'Nudges carry "I called", "I e-mailed", "Booked".',
        f"{DESK}/test_nudges.py::test_the_owner_is_nudged_by_direct_message_with_what_they_most_likely_did_on_it",
    ),
    (
        'Nudges carry "I called", "I e-mailed", "Booked".',
        f"{DESK}/test_nudges.py::test_i_called_and_i_emailed_open_the_form_with_the_kind_chosen",
    ),
    (
        'Nudges carry "I called", "I e-mailed", "Booked".',
        f"{DESK}/test_nudges.py::test_booked_logs_the_meeting_at_once_and_stops_the_clock",
    ),
    (
        "Outcomes: reached, voicemail, no answer, replied, held.",
        "tests/bot/slack/test_forms.py::test_the_touch_form_offers_the_agreed_kinds_and_outcomes",
    ),
    (
        "Outcomes: reached, voicemail, no answer, replied, held.",
        f"{DESK}/test_touching.py::test_every_kind_and_outcome_can_be_logged_and_nothing_else",
    ),
    (
        "With an attempt logged nothing is reassigned automatically;",
        f"{DESK}/test_turns.py::test_with_an_attempt_logged_nothing_is_reassigned_by_itself",
    ),
    (
        "at most one automatic reassignment a hand-off, then the manager decides.",
        f"{DESK}/test_turns.py::test_a_lead_is_reassigned_by_itself_at_most_once_and_then_the_manager_decides",
    ),
    (
        "at most one automatic reassignment a hand-off, then the manager decides.",
        f"{DESK}/test_turns.py::test_who_got_a_lead_that_was_taken_has_the_tiers_time_and_then_the_managers_hear_of_it_once",
    ),
    (
        "Undo: 10 minutes for who pressed, if nobody acted since;",
        f"{DESK}/test_undoing.py::test_undo_is_possible_for_ten_minutes",
    ),
    (
        "Undo: 10 minutes for who pressed, if nobody acted since;",
        f"{DESK}/test_undoing.py::test_undo_is_for_who_pressed_even_a_manager_cannot_take_back_another_press",
    ),
    (
        "Undo: 10 minutes for who pressed, if nobody acted since;",
        f"{DESK}/test_undoing.py::test_undo_is_refused_once_somebody_else_has_acted",
    ),
    (
        "Undo: 10 minutes for who pressed, if nobody acted since; later a manager's Reopen with a note.",
        f"{LIFE}::test_a_lead_given_to_the_wrong_person_is_taken_back_and_the_thread_says_so",
    ),
    (
        "later a manager's Reopen with a note.",
        f"{DESK}/test_reopening.py::test_in_slack_a_managers_undo_of_anothers_press_asks_for_a_note",
    ),
    ("later a manager's Reopen with a note.", f"{DESK}/test_reopening.py::test_only_a_manager_reopens"),
    ("later a manager's Reopen with a note.", f"{DESK}/test_reopening.py::test_a_reopening_says_why"),
    (
        "Both add transitions; figures ignore the undone pair;",
        f"{DESK}/test_undoing.py::test_undo_adds_to_the_log_and_the_funnel_counts_neither",
    ),
    (
        "Both add transitions; figures ignore the undone pair; the SLA clock runs on as if it had never been pressed.",
        f"{DESK}/test_reopening.py::test_a_manager_reopens_a_rejection_after_days_and_the_clock_runs_on",
    ),
    (
        "the SLA clock runs on as if it had never been pressed.",
        f"{DESK}/test_undoing.py::test_the_first_touch_clock_runs_on_as_if_it_had_never_been_pressed",
    ),
    (
        "Both add transitions; figures ignore the undone pair; the SLA clock runs on as if it had never been pressed.",
        f"{LIFE}::test_ones_own_last_press_is_taken_back_with_what_followed_from_it",
    ),
    (
        "Both add transitions; figures ignore the undone pair; the SLA clock runs on as if it had never been pressed.",
        f"{LIFE}::test_after_an_undo_everything_goes_on_as_if_it_had_never_been_pressed",
    ),
    (
        "the SLA clock runs on as if it had never been pressed",
        f"{LIFE}::test_hours_that_changed_while_a_lead_was_closed_count_once_it_is_open_again",
    ),
    (
        "the SLA clock runs on as if it had never been pressed",
        f"{LIFE}::test_hours_of_the_pool_that_changed_while_somebody_had_it_count_once_it_is_the_pools_again",
    ),
    (
        "AE may send back with a reason: stage sal, owner the SDR.",
        f"{DESK}/test_claim_to_close.py::test_an_account_executive_sends_it_back_with_a_reason_and_it_is_the_sdrs_again",
    ),
    (
        "Reasons carry `label: negative | none`, `then` (nurture, suppress, recycle), `again`.",
        "tests/scoring/test_dispositions.py::"
        "test_each_reason_says_what_it_teaches_what_follows_and_when_the_lead_may_come_back",
    ),
    (
        "Reasons carry `label: negative | none`, `then` (nurture, suppress, recycle), `again`.",
        "tests/scoring/test_dispositions.py::test_when_each_lead_may_come_back",
    ),
    (
        CODES,
        "tests/scoring/test_dispositions.py::test_the_codes_are_the_agreed_ones_and_each_is_under_one_heading",
    ),
    (CODES, "tests/scoring/test_dispositions.py::test_each_reason_asks_for_just_its_own"),
    (CODES, f"{DESK}/test_rejecting.py::test_something_else_needs_a_note"),
    (
        "Timing, unreachable, bad_data and duplicate are no labels.",
        "tests/scoring/test_dispositions.py::test_timing_unreachable_bad_data_and_duplicate_teach_the_scoring_nothing",
    ),
    (
        "Same owner yields to away, full or departed, and says so.",
        "tests/scoring/test_assigning.py::test_the_same_owner_yields_to_away_full_or_departed_and_says_so",
    ),
    (
        "Same owner yields to away, full or departed, and says so.",
        f"{LIFE}::test_a_companys_owner_who_is_away_full_or_gone_is_passed_over_and_the_card_says_so",
    ),
    (
        "Lead → MQL counts people; later rates count hand-offs,",
        "tests/scoring/test_funnel.py::test_lead_to_mql_counts_people_and_later_rates_count_hand_offs",
    ),
    (
        "Counting: Lead → MQL counts people; later rates count hand-offs,",
        f"{DESK}/test_coming_back.py::test_a_lead_that_comes_back_is_counted_once_as_a_person_and_twice_as_a_hand_off",
    ),
    (
        "returning ones shown apart.",
        f"{DESK}/test_by_hand.py::test_returning_leads_are_counted_beside_the_rates",
    ),
    (
        "returning ones shown apart.",
        "tests/bot/slack/test_answers.py::test_the_funnel_tells_apart_what_no_score_made_and_how_many_came_back",
    ),
    (
        "Merging two leads keeps the older open hand-off; the other ends as duplicate.",
        f"{DESK}/test_merging.py::test_the_older_open_hand_off_stays_and_the_other_ends_as_duplicate",
    ),
]

CLOCKS: list[tuple[str, str]] = [
    (
        "`clock: business` counts working time;",
        "tests/scoring/test_sla.py::test_a_business_clock_counts_working_time",
    ),
    (
        "`clock: calendar` counts elapsed time,",
        "tests/scoring/test_sla.py::test_a_calendar_clock_counts_elapsed_time",
    ),
    (
        "and a due time outside working time moves to one hour after the next opening",
        "tests/scoring/test_sla.py::test_a_calendar_due_time_outside_working_time_moves_to_one_hour_after_the_next_opening",
    ),
    (
        "and a due time outside working time moves to one hour after the next opening",
        f"{DESK}/test_breaches.py::test_a_calendar_clock_that_ends_at_night_ends_an_hour_after_the_next_opening",
    ),
    (
        "and a due time outside working time moves to one hour after the next opening (wall time is reported beside "
        "it)",
        f"{LIFE}::test_the_wall_time_of_the_first_touch_stands_beside_its_due_time",
    ),
    (
        "Until owned, the segment's calendar counts (`timezone, hours, holidays`, default the team's); afterwards the "
        "owner's: the working time already used is carried over, the rest is computed anew.",
        f"{LIFE}::test_until_somebody_owns_it_the_segments_calendar_counts_and_then_theirs",
    ),
    (
        "afterwards the owner's: the working time already used is carried over, the rest is computed anew.",
        f"{DESK}/test_nudges.py::test_the_owners_calendar_counts_from_accept_and_the_time_used_is_carried_over",
    ),
    (
        "the working time already used is carried over, the rest is computed anew.",
        "tests/scoring/test_sla.py::test_however_often_ownership_changes_no_time_is_lost_or_gained",
    ),
    (
        "Going away never pauses a clock;",
        f"{DESK}/test_team_change.py::test_going_away_never_moves_a_clock",
    ),
    (
        "Going away never pauses a clock;",
        f"{DESK}/test_nudges.py::test_an_owner_who_is_away_gets_no_nudge_and_no_stale_one_on_coming_back",
    ),
    (
        "Going away never pauses a clock; it offers to pass leads on.",
        f"{LIFE}::test_who_says_that_they_are_away_is_offered_to_pass_their_leads_on_and_no_clock_stands_still",
    ),
    (
        "Under `clock: business`, what arrives outside hours starts its clock at opening + `opening_grace: 30m`,",
        "tests/scoring/test_sla.py::test_what_arrives_outside_hours_starts_its_clock_half_an_hour_after_opening",
    ),
    (
        "what arrives outside hours starts its clock at opening + `opening_grace: 30m`,",
        f"{DESK}/test_breaches.py::test_a_lead_of_the_evening_starts_its_clock_half_an_hour_after_opening",
    ),
    (
        "with one list per person at opening, best first,",
        f"{DESK}/test_opening_list.py::test_a_night_of_leads_is_one_list_at_opening_best_first",
    ),
    (
        "with one list per person at opening, best first, instead of thirty cards breaching at 09:05.",
        f"{LIFE}::test_a_night_of_thirty_leads_is_a_list_and_no_breach_at_nine_oh_five",
    ),
    (
        "A change of the team or an owner recomputes open due times from the working time already used,",
        f"{DESK}/test_team_change.py::test_the_time_already_used_is_carried_over_and_the_rest_is_computed_anew",
    ),
    (
        "A change of the team or an owner recomputes open due times from the working time already used,",
        f"{DESK}/test_team_change.py::test_after_any_changes_of_hours_the_due_time_is_what_a_count_of_minutes_says",
    ),
    (
        "A change of the team or an owner recomputes open due times from the working time already used, in its "
        "transaction.",
        f"{LIFE}::test_a_change_of_the_team_and_the_due_times_it_moves_are_stored_together_or_not_at_all",
    ),
    (
        "A change of the team or an owner recomputes open due times",
        f"{LIFE}::test_an_account_executives_new_hours_move_what_waits_for_them",
    ),
    (
        "A nudge waits for its reader's hours;",
        f"{DESK}/test_nudges.py::test_the_owner_in_berlin_is_not_nudged_after_her_day_and_is_at_her_own_opening",
    ),
    (
        "if later steps have passed meanwhile, only the latest is sent.",
        f"{DESK}/test_catching_up.py::test_after_sleeping_past_every_step_only_the_latest_is_said",
    ),
    (
        "A nudge waits for its reader's hours; if later steps have passed meanwhile, only the latest is sent.",
        f"{DESK}/test_time_faults.py::test_a_night_past_a_deadline_makes_one_nudge_at_the_current_level_at_opening",
    ),
    (
        "The clock starts at the crossing event's arrival, not at the Slack post.",
        f"{LIFE}::test_the_clock_starts_at_the_arrival_however_late_slack_has_the_card",
    ),
    ("Reassignment does not reset it.", f"{DESK}/test_turns.py::test_reassignment_does_not_reset_the_clock"),
    (
        "Reassignment does not reset it.",
        f"{DESK}/test_passing.py::test_it_goes_back_to_the_pool_with_the_time_that_was_used",
    ),
    (
        "Pause only for the listed reasons (`pause: {reasons, limit}`).",
        f"{DESK}/test_resting.py::test_a_clock_is_paused_for_the_listed_reasons_by_its_owner_while_it_runs",
    ),
    (
        "Pause only for the listed reasons (`pause: {reasons, limit}`).",
        f"{DESK}/test_resting.py::test_all_pauses_of_a_lead_last_no_longer_than_the_definition_allows",
    ),
    (
        'Each nudge and breach names its step ("half the time is used", "80 %", "overdue").',
        f"{DESK}/test_nudges.py::test_the_pool_is_mentioned_by_the_first_nudge_and_by_no_later_one",
    ),
    (
        "Each nudge and breach names its step",
        "tests/scoring/test_sla.py::test_each_nudge_and_breach_names_its_step_and_whom_it_speaks_to",
    ),
    (
        "A breach is noted in the card's thread at once; everyone with role manager gets the first by DM at once,",
        f"{DESK}/test_breaches.py::test_a_breach_is_noted_in_the_thread_and_told_to_the_manager_at_once",
    ),
    (
        "everyone with role manager gets the first by DM at once,",
        f"{DESK}/test_breaches.py::test_every_manager_hears_of_it_each_within_their_own_hours",
    ),
    (
        "later ones collected for 15 minutes.",
        f"{DESK}/test_breaches.py::test_later_breaches_are_collected_for_fifteen_minutes_into_one_message",
    ),
    (
        "Nudges and breaches: never outside the reader's hours;",
        f"{DESK}/test_nudges.py::test_whenever_a_lead_arrives_nobody_is_written_to_while_they_are_off",
    ),
    (
        "Nudges and breaches: never outside the reader's hours;",
        f"{DESK}/test_breaches.py::test_a_manager_who_went_home_hears_of_it_at_opening_and_only_what_is_still_open",
    ),
    (
        "unowned ones mention on-shift pool members once;",
        f"{DESK}/test_nudges.py::test_the_pool_is_mentioned_by_the_first_nudge_and_by_no_later_one",
    ),
    (
        "unowned ones mention on-shift pool members once;",
        f"{DESK}/test_nudges.py::test_somebody_of_the_pool_who_is_off_is_not_mentioned",
    ),
    (
        "never `@channel` or `@here`.",
        f"{DESK}/test_nudges.py::test_nothing_baton_says_calls_the_whole_channel",
    ),
]


@cache
def docstrings(path: str) -> dict[str, str]:
    """The tests of a file: name to docstring, its white space as single blanks."""
    tree = ast.parse(ROOT.joinpath(path).read_text("utf-8"))
    return {
        node.name: " ".join((ast.get_docstring(node) or "").split())
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


@pytest.mark.parametrize(("words", "node"), [*THE_LIFE_OF_A_HAND_OFF, *CLOCKS])
def test_each_promise_is_quoted_by_a_test_that_exists(words: str, node: str) -> None:
    path, _, name = node.partition("::")
    assert (ROOT / path).is_file(), f"{path} is gone: who proves “{words}” now?"
    assert name in docstrings(path), f"{name} is not in {path} any more: who proves “{words}” now?"
    assert words in docstrings(path)[name], f"{node} does not quote “{words}”"


def test_no_promise_is_named_twice_for_one_test() -> None:
    named = [*THE_LIFE_OF_A_HAND_OFF, *CLOCKS]
    assert len(set(named)) == len(named)
