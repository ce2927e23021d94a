//! What is said before the first round: too few pairs to show anything, and a baseline that is none.

use super::{project, runs};

#[tokio::test]
async fn fewer_pairs_than_could_show_anything_are_refused_before_anything_is_measured() {
    let project = project().await;
    let refused = project.run(&["test", "slow", "--compare", "paired", "--rounds", "4"]).expect(3);
    assert!(refused.stdout.contains("4 pairs can show nothing at 1 primary series"), "{}", refused.stdout);
    assert!(refused.stdout.contains("allow 5 pairs or more"), "{}", refused.stdout);
    assert!(!refused.stderr.contains("check-out"), "{}", refused.stderr);
    assert_eq!(runs(&project).len(), 0);
    let usage = project.run(&["test", "slow", "--rounds", "101"]).expect(2).stderr;
    assert!(usage.contains("1..=100"), "{usage}");
    project.run(&["test", "slow", "--compare", "twice"]).expect(2);
}

#[tokio::test]
async fn a_baseline_that_does_not_build_is_named_and_is_not_the_candidates_fault() {
    let project = project().await;
    let dockerfile = "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nRUN echo 'the compiler is out of order' >&2; exit 9\n";
    project.branch("broken", "Dockerfile", dockerfile);
    let test = ["test", "slow", "--base", "broken", "--compare", "paired", "--rounds", "6", "--format", "json"];
    let report = project.run(&test).expect(1).json("loadmark.report/1");
    assert_eq!(report["outcome"], "infrastructure-failed");
    let reason = report["failure"]["reason"].as_str().unwrap();
    let expected = format!(
        "the baseline {} can't be measured, and in pairs there is nothing else to compare with; choose another by \
         `--base`: the image of `app` does not build",
        &project.sha("broken")[..12]
    );
    assert_eq!(reason, expected);
    let log = report["failure"]["log_tail"].as_array().unwrap();
    assert!(log.iter().any(|line| line.as_str().unwrap().contains("the compiler is out of order")), "{report:#}");
    assert_eq!(runs(&project).len(), 0);
    project.assert_nothing_left();
}

#[tokio::test]
async fn a_baseline_that_crashes_under_load_is_not_the_candidates_fault_either() {
    let project = project().await;
    project.branch("brittle", "behaviour", "crash_after=60\n");
    let test = ["test", "slow", "--base", "brittle", "--compare", "paired", "--rounds", "6", "--format", "json"];
    let report = project.run(&test).expect(1).json("loadmark.report/1");
    let reason = report["failure"]["reason"].as_str().unwrap();
    let named = format!("the baseline {} can't be measured", &project.sha("brittle")[..12]);
    assert!(reason.starts_with(&named) && reason.ends_with("ended with exit code 7"), "{reason}");
    assert!(runs(&project).iter().all(|run| run["state"] == "partial"));
    project.assert_nothing_left();
}

#[tokio::test]
async fn when_the_time_is_over_no_further_pair_is_begun_but_a_calibration_takes_its_own() {
    let project = project().await;
    project.configure("{arrangement: turns}", "{arrangement: turns, budget: 1s}");
    let ended = project.run(&["test", "slow", "--compare", "paired", "--rounds", "6", "--format", "json"]).expect(4);
    for told in [
        "`pairs.budget` will be over after about pair 1, and the first look is after pair 6",
        "`pairs.budget` of 1s is over after pair 1 of 6: no further one is begun",
    ] {
        assert!(ended.stderr.lines().any(|line| line == told), "{}", ended.stderr);
    }
    let report = ended.json("loadmark.report/1");
    assert_eq!((&report["outcome"], &report["comparison"]["pairs"]["valid"]), (&"inconclusive".into(), &1.into()));
    let runs = runs(&project);
    assert!(runs.iter().all(|run| run["state"] == "complete" && run["rounds"] == 1), "{runs:?}");

    let report = super::calibrate(&project, "main", 2).await;
    assert_eq!(report["outcome"], "measured", "{report:#}");
    assert_eq!(super::runs(&project)[0]["rounds"], 2);
    project.assert_nothing_left();
}
