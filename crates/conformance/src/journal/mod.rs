//! Cases of [`Journal`](skattebro_ports::Journal).

mod asking;
mod claiming;
mod dropping;
mod fencing;
mod keeping;
mod keys;
mod learning;
mod opening;
mod steps;

use crate::JournalWorld;
use asking::*;
use claiming::*;
use dropping::*;
use fencing::*;
use keeping::*;
use keys::*;
use learning::*;
use opening::*;

suite! { $
    /// A test for each case of [`Journal`](skattebro_ports::Journal), given a [`JournalWorld`].
    journal for &dyn JournalWorld:
    a_case_is_there_as_it_was_opened,
    a_case_may_be_opened_without_an_ask,
    a_case_with_an_owner_is_owned_from_the_start,
    an_owner_without_a_heart_owns_until_another_claims,
    opening_again_changes_nothing,
    an_id_is_taken_for_anything_else,
    of_two_in_one_call_the_first_has_the_key,
    a_case_that_is_named_twice_in_one_call_is_opened_once,
    five_hundred_are_opened_and_those_refused_do_not_stop_the_others,
    of_eight_that_open_at_once_under_one_key_one_does,
    of_eight_that_open_the_same_case_at_once_none_opens_it_again,
    what_one_handle_wrote_another_reads,
    who_comes_second_is_told_who_has_the_key,
    of_several_keys_that_are_taken_the_first_decides,
    a_key_names_one_case_in_all_environments,
    keys_differ_by_every_letter,
    a_case_holds_its_keys_until_it_is_parked_without_them,
    a_key_is_released_by_the_case_that_holds_it_alone,
    a_key_is_free_at_the_time_until_which_it_was_held,
    parking_takes_keys_that_are_free_and_leaves_out_those_of_others,
    a_key_may_be_held_longer_or_shorter_by_parking_again,
    an_intent_takes_the_key_that_it_needs,
    a_refused_intent_takes_no_key,
    an_intent_takes_what_ran_out_and_keeps_what_it_held_for_ever,
    of_two_intents_in_one_call_the_first_has_the_key,
    of_eight_cases_that_need_one_key_at_once_one_gets_it,
    what_is_removed_holds_no_key,
    the_longest_due_is_claimed_first,
    a_claim_answers_the_whole_case_and_its_owner,
    what_is_not_due_is_left_and_said_when_it_is,
    what_is_excepted_is_neither_claimed_nor_next,
    the_next_due_is_of_the_environment_and_of_no_living_owner,
    a_worker_without_a_heartbeat_gets_nothing,
    a_case_of_a_living_owner_is_left_and_a_dead_ones_is_claimed,
    only_takes_what_is_named_however_it_stands,
    environments_are_apart,
    who_leaves_owns_nothing_at_once,
    a_late_heart_hears_what_it_still_owns,
    each_case_is_claimed_by_one_of_eight_workers,
    what_is_given_up_is_anybodys_and_what_is_kept_is_not,
    what_is_given_back_is_anybodys_as_it_is,
    what_was_claimed_has_been_read,
    an_ask_makes_a_case_due_however_it_stood,
    an_ask_puts_nothing_off,
    an_ask_is_on_record_each_time,
    an_ask_of_a_version_is_refused_at_another,
    an_ask_may_arrive_while_a_call_is_in_flight,
    the_owner_is_told_with_each_beat_until_it_has_read,
    what_a_worker_wrote_itself_does_not_stir_it,
    who_was_dead_is_told_what_was_asked_meanwhile,
    who_waits_is_told_of_what_is_new_to_claim,
    what_happened_before_somebody_waits_is_not_lost,
    who_gave_up_waiting_took_nothing_along,
    all_who_wait_are_told,
    waiting_keeps_nobody_from_writing,
    what_is_permitted_is_on_record_under_its_number,
    only_the_owner_may_begin,
    only_who_has_read_all_may_begin,
    of_two_intents_for_a_case_in_one_call_the_second_is_stale,
    a_dead_owner_may_begin_and_park_until_another_took_the_case,
    of_many_that_begin_at_once_one_is_permitted,
    who_takes_over_sees_every_intent_that_was_permitted,
    parking_says_where_a_case_stands_and_writes_no_record,
    parking_is_fenced,
    an_ask_is_never_parked_away,
    five_hundred_begin_and_park_and_each_is_answered_in_its_place,
    what_was_learned_is_on_record,
    a_fact_is_recorded_after_ownership_was_lost,
    what_is_learned_twice_is_recorded_once,
    what_is_learned_twice_in_one_call_is_recorded_once,
    answers_may_come_in_any_order,
    a_late_fact_makes_a_case_due_that_was_not,
    a_look_of_the_owner_wakes_what_it_keeps,
    an_answer_without_its_intent_is_not_recorded,
    a_look_is_known_by_its_id_alone,
    of_many_that_learn_the_same_at_once_one_records_it,
    of_many_that_learn_something_at_once_none_is_lost,
    five_hundred_facts_are_answered_in_order_and_none_stops_the_others,
    every_payload_comes_back_byte_for_byte,
    ids_come_back_as_long_and_odd_as_they_may_be,
    times_come_back_to_the_microsecond,
    the_ends_of_time_are_times,
    cases_are_listed_page_by_page_in_order_of_opening,
    filters_are_taken_together,
    cases_are_counted_by_kind_state_and_status,
    what_is_due_later_is_not_overdue,
    only_what_is_settled_at_that_version_is_removed,
    what_a_living_worker_owns_is_not_removed,
    cases_whose_opener_is_gone_are_there_whole_or_not_at_all,
    records_whose_writer_is_gone_are_there_whole_or_not_at_all,
    what_is_half_parked_or_half_claimed_is_neither,
}
