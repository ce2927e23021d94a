//! `auto`: passed on the history where there is enough of it, else in pairs.

use super::{project, runs, six_pairs};
use crate::harness::project::service_file;

/// Ten more master sets as the only one, a little apart from each other.
const PAST: &str = "DO $$
DECLARE source uuid; copy uuid;
BEGIN
    SELECT id INTO source FROM runs;
    FOR n IN 1..10 LOOP
        copy := gen_random_uuid();
        INSERT INTO runs SELECT p.* FROM runs,
            jsonb_populate_record(NULL::runs, to_jsonb(runs) || jsonb_build_object('id', copy)) AS p
            WHERE runs.id = source;
        INSERT INTO rounds SELECT p.* FROM rounds,
            jsonb_populate_record(NULL::rounds, to_jsonb(rounds) || jsonb_build_object('run_id', copy)) AS p
            WHERE rounds.run_id = source;
        INSERT INTO measurements SELECT p.* FROM measurements, jsonb_populate_record(NULL::measurements,
                to_jsonb(measurements) || jsonb_build_object('run_id', copy, 'value', value * power(1.02::float8, n % 5 - 2))) AS p
            WHERE measurements.run_id = source;
    END LOOP;
END $$";
/// The same past, of a service that was a thousand times as fast.
const FASTER: &str =
    "UPDATE measurements SET value = value / 1000 WHERE run_id IN (SELECT id FROM runs WHERE is_master)";

#[tokio::test]
async fn what_the_past_passes_needs_no_pairs_and_what_it_does_not_is_measured_in_pairs() {
    let project = project().await;
    project.configure("compare: stored", "compare: auto");
    // A limit beyond whatever noise a busy host has.
    project.edit("queries.yaml", "+25%", "+150%");
    project.branch("same", "server.pl", &(service_file("server.pl") + "# The end.\n"));
    project.run(&["master"]).expect(0);
    project.database.execute(PAST).await;

    let same = project.run(&["test", "same", "--rounds", "6", "--format", "json"]).expect(0);
    let report = same.json("loadmark.report/1");
    let method = report["comparison"]["method"].as_str().unwrap();
    assert!(
        method.starts_with("history: ") && method.ends_with("the last 11 master sets"),
        "{method}\n{}",
        same.stderr
    );
    assert_eq!((&report["outcome"], same.stderr.contains("pair 1 of")), (&"unchanged".into(), false));
    let of = |name: &str| runs(&project).into_iter().find(|run| run["revision"] == project.sha(name)).unwrap();
    assert_eq!((&of("same")["rounds"], &of("same")["paired"]), (&1.into(), &false.into()));

    // Of a base that somebody chose, the past says nothing, though it would pass it.
    let named = six_pairs(&project, &["same", "--base", "main"]);
    assert!(matches!(named.code, Some(0 | 4)), "{named:?}");
    let told = "measured in pairs: the revision to compare with is named";
    assert!(named.stderr.lines().any(|line| line == told), "{}", named.stderr);
    assert!(!named.stderr.contains("round 1/1"), "{}", named.stderr);
    assert_eq!((&of("same")["rounds"], &of("same")["paired"]), (&6.into(), &true.into()));

    project.database.execute(FASTER).await;
    let slow = six_pairs(&project, &["slow"]).expect(99);
    assert!(slow.stderr.contains("measured in pairs, too: slow_mean, +"), "{}", slow.stderr);
    let report = slow.json("loadmark.report/1");
    assert_eq!(report["comparison"]["series"][0]["baseline"]["values"].as_array().unwrap().len(), 6);
    let (slow, base) = (of("slow"), of("main"));
    assert_eq!((&slow["rounds"], &slow["state"], &slow["paired"]), (&7.into(), &"complete".into(), &true.into()));
    assert_eq!((&base["rounds"], &base["job"]), (&6.into(), &slow["job"]));
    project.assert_nothing_left();
}

#[tokio::test]
async fn without_a_past_it_is_pairs_at_once() {
    let project = project().await;
    project.configure("compare: stored", "compare: auto");
    let slow = six_pairs(&project, &["slow"]).expect(99);
    let told = "measured in pairs: there are 0 comparable master sets, and to pass by them takes 10";
    assert!(slow.stderr.lines().any(|line| line == told), "{}", slow.stderr);
    assert!(!slow.stderr.contains("round 1/1"), "{}", slow.stderr);
}
