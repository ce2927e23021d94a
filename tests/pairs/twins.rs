//! Twin stacks: both up, the load alternating between them.

use loadmark::domain::load::{HeldTurn, LoadRecord, Phase, PhaseRecord, TurnSide};
use serde_json::Value;

use super::{calibrate, project, runs, six_pairs};
use crate::harness::project::Project;

async fn twins() -> Project {
    let project = project().await;
    project.configure("arrangement: turns", "arrangement: twins");
    project
}

/// The measured stage of each round, by pair and then baseline and candidate.
async fn stages(project: &Project) -> Vec<PhaseRecord> {
    let stored = project.database.text("SELECT json_agg(load ORDER BY number, arm)::text FROM rounds");
    let records: Vec<LoadRecord> = serde_json::from_str(&stored.await).unwrap();
    let stage = |record: LoadRecord| record.phases.into_iter().find(|phase| phase.phase == Phase::Stage(0)).unwrap();
    records.into_iter().map(stage).collect()
}

/// The seconds in which load was on, each second of wall time being of one side.
fn seconds(stage: &PhaseRecord) -> Vec<u32> {
    stage.slices.iter().map(|slice| slice.second).collect()
}

#[tokio::test]
async fn the_load_alternates_between_both_stacks_and_both_ledgers_balance() {
    let project = twins().await;
    project.configure("plan: \"40:2\"", "plan: \"40:4\"");
    let report = calibrate(&project, "main", 2).await;
    assert_eq!(report["outcome"], "measured", "{report:#}");
    project.assert_nothing_left();
    let stages = stages(&project).await;
    assert_eq!(stages.len(), 4);
    let mut begins = Vec::new();
    for pair in stages.chunks(2) {
        assert_eq!(pair[0].started_unix_ns, pair[1].started_unix_ns);
        for stage in pair {
            assert!(stage.ledger.is_balanced());
            assert_eq!((stage.ledger.scheduled, stage.ledger.ok), (160, 160), "{:?}", stage.ledger);
            let HeldTurn { turn, load_ns } = stage.turn.expect("it was held in turn");
            let own = match turn.side {
                TurnSide::First => vec![0, 3, 4, 7],
                TurnSide::Second => vec![1, 2, 5, 6],
            };
            assert_eq!((seconds(stage), turn.slice_seconds), (own, 1));
            // /slow takes 20 ms, and so may run that far into the other's slices.
            assert!((4_000_000_000..5_000_000_000).contains(&load_ns), "{load_ns}");
        }
        begins.push(pair.iter().map(|stage| stage.turn.unwrap().turn.side).collect::<Vec<_>>());
    }
    // Who begins is drawn, and evenly.
    begins.sort_by_key(|sides| sides[0] == TurnSide::Second);
    assert_eq!(begins, [[TurnSide::First, TurnSide::Second], [TurnSide::Second, TurnSide::First]]);
    // What the service counted over the windows is what the ledgers hold; each window spans the time of both.
    let short = project.database.number(
        "SELECT count(*) FROM rounds, jsonb_array_elements(windows) AS stage \
         WHERE (stage->>'t1_ms')::bigint - (stage->>'t0_ms')::bigint < 8000",
    );
    let short = short.await;
    let invalid = project.database.number("SELECT count(*) FROM rounds WHERE invalid IS NOT NULL").await;
    assert_eq!((short, invalid), (0, 0));
    let paired: Vec<_> = runs(&project).iter().map(|run| run["paired"].clone()).collect();
    assert_eq!(paired, [Value::Bool(true), Value::Bool(true)]);
}

#[tokio::test]
async fn a_slower_commit_is_found_and_neither_twin_compares_with_a_stranger() {
    let project = twins().await;
    let tested = six_pairs(&project, &["slow", "--compare", "paired"]).expect(99);
    let report = tested.json("loadmark.report/1");
    let comparison = &report["comparison"];
    assert_eq!((&report["outcome"], &comparison["verdict"]), (&"regression".into(), &"regression".into()));
    assert_eq!((&comparison["pairs"]["arrangement"], &comparison["pairs"]["valid"]), (&"twins".into(), &6.into()));
    let stored = runs(&project);
    let of = |name: &str| stored.iter().find(|run| run["revision"] == project.sha(name)).unwrap();
    for run in [of("main"), of("slow")] {
        assert_eq!((&run["master"], &run["arrangement"]), (&false.into(), &"twins".into()), "{run:#}");
        assert_eq!((&run["state"], &run["rounds"]), (&"complete".into(), &6.into()));
    }

    // No master set is stored yet: one is measured by itself, and is a stranger to both.
    project.run(&["master"]).expect(0);
    let alone = runs(&project)[0].clone();
    assert_eq!((&alone["master"], &alone["paired"]), (&true.into(), &false.into()));
    let id = |run: &Value| run["id"].as_str().unwrap().to_owned();
    let (main, slow, alone) = (id(of("main")), id(of("slow")), id(&alone));
    for (base, candidate, twin) in [(&main, &alone, "baseline"), (&alone, &slow, "candidate")] {
        let refused = project.run(&["compare", base, candidate, "--format", "json"]).expect(4);
        let report = refused.json("loadmark.report/1");
        assert_eq!(report["outcome"], "invalid");
        let reason = report["comparison"]["series"][0]["reason"].as_str().unwrap();
        assert!(reason.starts_with(&format!("the {twin}'s run was measured as one of twins")), "{reason}");
    }
    project.run(&["compare", &main, &slow]).expect(99);
    project.assert_nothing_left();
}

#[tokio::test]
async fn an_invalid_side_makes_the_pair_be_measured_again() {
    let project = twins().await;
    let mounted = "        BASE_IMAGE: ${LOADMARK_IMAGE_DEBIAN:-debian:trixie-slim}\n";
    project.edit("repository/compose.yaml", mounted, &format!("{mounted}    volumes: [./seen:/seen]\n"));
    project.write("repository/behaviour", "double_count\nonly_first\n");
    project.commit("It counts twice where it is the first, and remembers");
    let report = calibrate(&project, "main", 1).await;
    assert_eq!(report["outcome"], "measured", "{report:#}");
    project.assert_nothing_left();
    for run in runs(&project) {
        let shown = project.json(&["runs", "show", run["id"].as_str().unwrap()], "loadmark.run/1");
        let round = &shown["rounds"][0];
        let rejected = round["rejected"].as_array().unwrap();
        assert_eq!((&round["invalid"], rejected.len()), (&Value::Null, 1), "{round:#}");
        assert!(rejected[0].as_str().unwrap().contains("the service counted 160 requests"), "{rejected:?}");
    }
}

#[tokio::test]
async fn the_side_that_fails_is_told() {
    let project = twins().await;
    project.branch("crashes", "behaviour", "crash_after=60\n");
    let failed = project.run(&["test", "crashes", "--compare", "paired", "--rounds", "6"]).expect(98);
    assert!(failed.stdout.contains("ended with exit code 7"), "{}", failed.stdout);
    assert!(failed.stderr.contains("pair 1 of 6, twins"), "{}", failed.stderr);
    project.assert_nothing_left();
    let base = project.run(&["test", "main", "--base", "crashes", "--compare", "paired", "--rounds", "6"]).expect(1);
    let told = format!("the baseline {} can't be measured", &project.sha("crashes")[..12]);
    assert!(base.stdout.contains(&told) || base.stderr.contains(&told), "{} {}", base.stdout, base.stderr);
    project.assert_nothing_left();
}
