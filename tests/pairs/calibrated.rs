//! What pairs of a revision with itself tell: the noise, what `doctor` says of it, and rounds for the evaluation.

use serde_json::{Value, json};

use loadmark::domain::calibration::Calibration;

use super::{project, runs};

#[tokio::test]
async fn a_calibration_is_told_kept_and_recorded() {
    let project = project().await;
    let told = project.run(&["doctor", "--format", "json"]).expect(0).json("loadmark.doctor/1");
    assert!(line(&told)["found"].as_str().unwrap().starts_with("none: which limits"), "{told:#}");

    let calibrated = project.run(&["calibrate", "--pairs", "4", "--format", "json"]).expect(0);
    let calibration = calibrated.json("loadmark.calibration/1");
    let runs = runs(&project);
    let run = calibration["run"].as_str().unwrap();
    assert_eq!((&calibration["pairs"], runs.len()), (&json!(4), 2));
    assert!(runs.iter().all(|run| run["revision"] == project.sha("main") && run["master"] == false), "{runs:?}");
    assert!(calibration["seconds_per_pair"].as_f64().unwrap() > 2.0, "{calibration:#}");
    for series in calibration["series"].as_array().unwrap() {
        assert!(series["noise"].as_f64().unwrap() >= 0.0 && series["pairs"] == 4, "{series:#}");
    }
    let told = project.run(&["doctor", "--format", "json"]).expect(0).json("loadmark.doctor/1");
    assert!(line(&told)["found"].as_str().unwrap().starts_with("4 pairs on "), "{told:#}");

    // Computed again from what is stored: the same noise.
    let again = project.run(&["calibrate", "--from", run, "--format", "json"]).expect(0);
    assert_eq!(again.json("loadmark.calibration/1")["series"], calibration["series"]);
    let text = project.run(&["calibrate", "--from", run]).expect(0).stdout;
    assert!(text.contains("4 pairs of ") && text.contains("narrowest limit"), "{text}");

    // As rounds of a file, which goes on and is read by others.
    let gather = ["evaluate", "gather", "--from", run, "--file", "rounds/web.csv"];
    assert_eq!(project.run(&gather).expect(0).stdout, "4 pairs are in rounds/web.csv\n");
    let refused = project.run(&gather).expect(2).stderr;
    assert!(refused.contains("are in `rounds/web.csv` already"), "{refused}");
    let judged =
        project.run(&["judge", "--input", "rounds/web.csv", "--format", "json", "--fail-on", "never"]).expect(0);
    let judged = judged.json("loadmark.judgement/1");
    assert_eq!(judged["series"].as_array().unwrap().len(), calibration["series"].as_array().unwrap().len());
    let about: Value =
        serde_json::from_str(&std::fs::read_to_string(project.folder().join("rounds/web.json")).unwrap()).unwrap();
    assert_eq!((&about["runs"], &about["revision"]), (&json!([run]), &json!(project.sha("main"))));
    assert!(about["measurement_hash"].is_string(), "{about:#}");

    // What would not fit is not measured first.
    let benchmark = calibration["benchmark"].as_str().unwrap();
    let other = ["evaluate", "gather", "--benchmark", benchmark, "--revision", "slow", "--file", "rounds/web.csv"];
    let refused = project.run(&other).expect(2).stderr;
    assert!(refused.contains("holds rounds of revision"), "{refused}");

    // Without their description they are neither added to nor written over.
    std::fs::remove_file(project.folder().join("rounds/web.json")).unwrap();
    let kept = || std::fs::read_to_string(project.folder().join("rounds/web.csv")).unwrap();
    let before = kept();
    let measure = ["evaluate", "gather", "--benchmark", benchmark, "--file", "rounds/web.csv"];
    for args in [gather, measure] {
        let refused = project.run(&args).expect(2).stderr;
        assert!(refused.contains("`rounds/web.csv` has no description beside it"), "{refused}");
    }
    assert_eq!(kept(), before);

    // Of a run that was taken back nothing is made, and what was made before no longer holds.
    project.run(&["runs", "invalidate", run, "--reason", "somebody compiled"]).expect(0);
    let refused = project.run(&["calibrate", "--from", run]).expect(2).stderr;
    assert!(refused.contains("was invalidated, and nothing is made of it"), "{refused}");
    let told = project.run(&["doctor", "--format", "json"]).expect(0).json("loadmark.doctor/1");
    assert!(line(&told)["found"].as_str().unwrap().starts_with("none: which limits"), "{told:#}");
    project.assert_nothing_left();
}

fn line(told: &Value) -> &Value {
    let findings = told["findings"].as_array().unwrap();
    let is_ours = |one: &&Value| one["check"].as_str().unwrap().starts_with("calibration ");
    findings.iter().find(is_ours).unwrap()
}

#[tokio::test]
async fn only_pairs_of_one_revision_with_itself_calibrate() {
    let project = project().await;
    project.run(&["master"]).expect(0);
    let alone = runs(&project)[0]["id"].as_str().unwrap().to_owned();
    let refused = project.run(&["calibrate", "--from", &alone]).expect(2).stderr;
    assert!(refused.contains("was not measured in pairs; `loadmark calibrate` measures some"), "{refused}");
    project.assert_nothing_left();
}

/// A tail of which nobody said whether it decides.
const TAIL: &str = r#"  - name: slow_tail
    help: The time that nine of ten answers of /slow take at most.
    unit: seconds
    direction: lower
    promql: histogram_quantile({{quantile}}, sum by (le) (D(http_request_duration_seconds_bucket{endpoint="/slow"})))
    quantiles: [0.9]
    limit: "+50%"
"#;

#[tokio::test]
async fn a_tail_that_was_found_decidable_decides_in_pairs_and_not_of_stored_sets() {
    let project = project().await;
    let queries = std::fs::read_to_string(project.folder().join("queries.yaml")).unwrap();
    project.write("queries.yaml", queries + TAIL);
    // One pair tells what decides.
    project.configure("{arrangement: turns}", "{arrangement: turns, budget: 1s}");
    let report = |compare: &str, rounds: &str| {
        let test = ["test", "slow", "--compare", compare, "--rounds", rounds, "--format", "json", "--fail-on", "never"];
        project.run(&test).json("loadmark.report/1")
    };
    let is_primary = |report: &Value| {
        let series = report["comparison"]["series"].as_array().unwrap();
        series.iter().find(|one| one["query"] == "slow_tail").unwrap()["primary"].clone()
    };
    let note = |report: &Value| report["comparison"]["notes"].to_string().contains("calibrated on ");
    let before = report("paired", "6");
    assert_eq!((is_primary(&before), note(&before)), (json!(false), false), "{before:#}");

    let calibration = found_decidable(&before["comparison"]["candidate"]);
    project.database.connect().await.store_calibration(&calibration).await.unwrap();
    let after = report("paired", "6");
    assert_eq!((is_primary(&after), note(&after)), (json!(true), true), "{after:#}");
    let again = project.run(&["compare", "main", "slow", "--format", "json", "--fail-on", "never"]);
    assert_eq!(is_primary(&again.json("loadmark.report/1")), json!(true));
    assert_eq!(is_primary(&report("stored", "1")), json!(false));
    project.assert_nothing_left();
}

/// As if a calibration had found that six pairs decide the tail.
fn found_decidable(run: &Value) -> Calibration {
    let tail = json!({
        "key": {"query": "slow_tail", "labels": {"q": "0.9"}, "stage": 0}, "unit": "seconds", "direction": "lower",
        "primary": false, "limit": {"relative": 0.5, "absolute": null}, "is_relative": true, "pairs": 6, "noise": 0.01,
        "detectable": 0.02, "pairs_needed": 6, "minutes_needed": null, "is_decidable": true, "suggested_limit": 0.02,
    });
    serde_json::from_value(json!({
        "project": run["project"], "benchmark": run["benchmark"], "revision": run["revision"], "run": run["id"],
        "measurement_hash": run["measurement_hash"], "class": run["machine_class"], "measured_at": run["started_at"],
        "pairs": 6, "arrangement": "turns", "seconds_per_pair": 6.0, "window_seconds": 2.0, "suggested_window": null,
        "last_look": 32, "series": [tail],
    }))
    .unwrap()
}
