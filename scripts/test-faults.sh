#!/usr/bin/env bash
# Plays the faults that Loadmark has to survive: processes, databases and Docker engines are really killed.
#
# In:  names out of F1 to F35 (default: all); a Debian-like machine, root (a second Docker engine is started for one of
#      them, a small disk mounted for another).
# Out: on stdout one line a fault, `F7 killed in the load window: passed in 41 s`; the output of tests that failed on
#      stderr; exit 0 when all pass. Containers, networks and volumes of tests are gone at the end.
# Takes 25 to 45 minutes once compiled. Each test has the machine to itself: they run one after another.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
say() { printf 'test-faults [%d:%02d] %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*" >&2; }
# A test that takes longer hangs.
longest=900

# Fault | title | the tests that prove it, as `cargo test --test it` names them. tests/fault_table.rs checks it.
table() {
    cat <<'TABLE'
F1 | killed after the webhook was stored, before the 200 | faults::crash::f01_after_the_webhook_was_stored
F2 | killed after the claim | faults::crash::f02_after_the_claim
F3 | killed after the checkout | faults::crash::f03_after_the_checkout
F4 | killed in the build | faults::crash::f04_in_the_build
F5 | killed while the stack starts | faults::crash::f05_while_the_stack_starts
F6 | killed as the load starts | faults::crash::f06_as_the_load_starts
F7 | killed in the load window | faults::crash::f07_in_the_window
F8 | killed after the queries, before the commit | faults::crash::f08_after_the_queries
F9 | killed after the commit, before GitHub hears | faults::crash::f09_after_the_result_was_stored
F10 | killed after the comment was posted, before its id is stored | faults::crash::f10_after_the_comment_was_posted
F11 | compose killed while it builds or starts the stack | faults::tools::f11_a_compose_that_is_killed_while_it_starts_the_stack faults::tools::f11_a_compose_that_is_killed_while_it_builds
F12 | SIGTERM under load, and a second one | faults::stopped::f12_a_stopped_manager_gives_its_job_back faults::stopped::f12_a_second_signal_does_not_wait
F13 | a worker stands still past its lease | faults::stopped::f13_a_worker_that_stood_still_past_its_lease_writes_nothing
F14 | a worker restarted under the same name | leases::a_restarted_process_of_the_same_host_adopts_nothing
F15 | the same delivery 50 times at once | web::deliveries::the_same_delivery_fifty_times_at_once_is_one_row_and_fifty_answers manager::together::fifty_times_the_same_delivery_is_one
F16 | a redelivery under a new id | manager::together::fifty_times_the_same_delivery_is_one manager::together::a_comment_under_another_delivery_is_the_same_asking
F17 | events out of order | manager::pulls::an_event_that_comes_late_acts_on_the_head_as_it_is manager::pulls::a_push_supersedes_what_waits_and_what_runs
F18 | the manager down for several leases | faults::away::f18_a_manager_that_was_down_catches_up
F19 | Postgres restarted in the midst of a job | faults::away::f19_a_postgres_that_is_started_again_costs_no_attempt
F20 | Postgres down for several leases | web::health::without_its_database_it_is_healthy_not_ready_and_takes_no_webhook faults::away::f20_without_postgres_for_several_leases_nothing_is_lost
F21 | the LISTEN connections killed | queue::polling_finds_a_slot_that_nobody_announced faults::away::f21_without_a_listening_connection_jobs_are_found_by_polling
F22 | the connection pool exhausted | leases::the_heartbeat_renews_even_while_the_pool_is_exhausted
F23 | the Docker engine killed and restarted | faults::engine::f23_an_engine_that_is_killed_and_started_again
F24 | the Docker engine hangs | faults::engine::f24_an_engine_that_hangs_holds_no_slot
F25 | the disk full | full_disk::no_room_for_the_mirror_or_the_work_tree full_disk::no_room_for_the_samples faults::room::f25_no_job_begins_on_a_full_disk_and_all_goes_on_once_there_is_room
F26 | the service killed for memory | validity::stacks::a_service_that_takes_too_much_memory_under_load_is_told_as_that
F27 | Prometheus answers oddly | validity::odd_answers::each_odd_answer_is_told_and_harms_no_other
F28 | GitHub fails in each way | manager::publishing::an_answer_that_was_lost_is_taken_over_and_never_doubled manager::publishing::limits_are_waited_out_and_a_token_that_ended_is_replaced faults::github::f28_whatever_github_answers_all_is_told_once
F29 | a worker's clock is off | clock::a_clock_that_is_an_hour_off_moves_no_window clock::a_round_in_which_the_clock_is_set_back_is_run_again
F30 | a job that kills its worker each time | faults::neighbours::f30_a_job_that_takes_its_worker_down_each_time_is_discarded
F31 | 1,000 jobs retried at once | orders::a_thousand_failures_at_once_come_back_one_after_the_other_and_starve_nobody
F32 | a force-push during a run | faults::stopped::f32_a_force_push_ends_the_test_of_what_it_replaced
F33 | two migrate at once, an old one meets a new schema | database::processes_that_start_together_migrate_once_and_agree_on_the_instance database::a_database_of_a_newer_version_is_refused
F34 | two managers' sweepers on one host | interruption::stacks_of_two_databases_neither_wait_for_nor_sweep_each_other faults::neighbours::f34_two_managers_on_a_host_sweep_only_what_is_their_own
F35 | what can't be taken down | faults::engine::f35_what_can_not_be_taken_down_is_quarantined_and_said
TABLE
}

wanted=" $* "
for name in "$@"; do
    table | grep -q "^$name |" || { echo "there is no fault $name: they are F1 to F35" >&2; exit 2; }
done
[ "$(id -u)" -eq 0 ] || { say "run this as root: it starts a second Docker engine and mounts a small disk"; exit 1; }

say "tools and images (a second; up to 4 minutes if things are missing)"
scripts/setup.sh
PATH=$PATH:$HOME/.cargo/bin:/usr/sbin:/sbin
scripts/images.sh >/dev/null
say "compiling the tests (seconds; 5 minutes at the first time)"
binary=$(cargo test --locked --quiet --test it --no-run --message-format=json-render-diagnostics |
    sed -n 's/.*"executable":"\([^"]*\/it-[^"]*\)".*/\1/p' | tail -n 1)
[ -x "$binary" ] || { say "the tests' binary was not built"; exit 1; }

log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=0
while IFS='|' read -r name title tests; do
    name=${name// /}
    title=$(sed 's/^ *//; s/ *$//' <<<"$title")
    [ "$wanted" = "  " ] || [[ $wanted == *" $name "* ]] || continue
    read -ra tests <<<"$tests"
    began=$SECONDS
    # A name that no test has would pass as no test at all: their number is looked at.
    if timeout --kill-after 30 "$longest" "$binary" --exact "${tests[@]}" --test-threads 1 </dev/null >"$log" 2>&1 &&
        grep -q "^test result: ok. ${#tests[@]} passed" "$log"; then
        echo "$name $title: passed in $((SECONDS - began)) s"
    else
        echo "$name $title: failed in $((SECONDS - began)) s"
        cat "$log" >&2
        failed=$((failed + 1))
    fi
done < <(table)
if [ "$failed" -gt 0 ]; then
    say "$failed failed"
    exit 1
fi
say "all passed"
