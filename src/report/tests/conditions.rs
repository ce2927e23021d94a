//! The conditions of a run, where it was placed, and what an examination of a host found.

use std::collections::BTreeMap;

use insta::assert_snapshot;

use super::super::{findings_json, findings_text, run_text, text};
use super::fixture::{NARROW, START, WIDE, regression, stored};
use crate::domain::conditions::{CommandRecord, Conditions, CoreTicks, HostFacts, HostState};
use crate::domain::finding::{Finding, Level};
use crate::domain::machine::EngineInfo;
use crate::domain::placement::Placement;
use crate::report::ReportModel;

fn state(all: u64, steal: u64) -> HostState {
    HostState {
        at: START,
        load1: Some(0.5),
        swap_used_bytes: Some(0),
        memory_available_bytes: None,
        ticks: Some(CoreTicks { all, busy: 0, steal }),
    }
}

fn conditions() -> Conditions {
    let command = |exit_code| CommandRecord {
        program: "docker".to_owned(),
        arguments: vec!["compose".to_owned()],
        exit_code,
        seconds: 1.0,
    };
    let host = HostFacts { kernel: Some("6.12.3".to_owned()), cgroup_version: 2, ..HostFacts::default() };
    let engine = EngineInfo {
        version: "28.1".to_owned(),
        storage_driver: "overlay2".to_owned(),
        cgroup_driver: "systemd".to_owned(),
        cgroup_version: "2".to_owned(),
        operating_system: "Debian".to_owned(),
        folder: "/var/lib/docker".to_owned(),
        cores: Some(4),
    };
    let mut conditions = Conditions {
        loadmark: "0.1.0".to_owned(),
        placement: None,
        host: host.clone(),
        host_at_end: None,
        engine,
        images: BTreeMap::from([("postgres:17".to_owned(), None)]),
        start: state(1000, 0),
        end: None,
        steal_share: None,
        commands: Vec::new(),
    };
    let changed = HostFacts { governor: Some("powersave\u{1b}[2J".to_owned()), ..host };
    conditions.end(state(2000, 15), changed, vec![command(Some(0)), command(None)]);
    conditions
}

#[test]
fn conditions_in_brief() {
    let text = run_text(&stored(), None, Some(&conditions()), NARROW);
    let brief: Vec<_> = text.lines().skip(3).take(5).collect();
    assert_snapshot!(brief.join("\n"), @r"
    host: Linux 6.12.3, governor not told, boost not told, hyper-threads not told, huge pages not told, clock not told, cgroup v2
    at the start: load 0.50, no swap in use
    at the end: load 0.50, no swap in use; steal 1.5% over the run
    host at the end, changed: Linux 6.12.3, governor powersave, boost not told, hyper-threads not told, huge pages not told, clock not told, cgroup v2
    loadmark 0.1.0, docker 28.1 (overlay2), all on all cores, 1 image, 2 commands, 1 of them failed
    ");
}

#[test]
fn a_report_says_where_the_stack_ran() {
    let placement = Placement { service: "1-3".parse().unwrap(), measuring: "0".parse().unwrap() };
    let placed = ReportModel { placement: Some(placement), ..regression() };
    let line = " services on cores 1-3, measuring on 0\n";
    assert!(text(&placed, WIDE).contains(line), "{}", text(&placed, WIDE));
    assert!(!text(&regression(), WIDE).contains("cores "));
}

#[test]
fn findings_with_their_remedies_and_what_they_come_to() {
    let findings = [
        Finding::ok("git", "2.47"),
        Finding::bad("swap", Level::Problem, "64 MiB in use", "`swapoff -a`"),
        Finding::note("turbo", "not told"),
    ];
    assert_snapshot!(findings_text(&findings, NARROW), @r"
      level    check  found
      ok       git    2.47
      problem  swap   64 MiB in use
        remedy: `swapoff -a`
      note     turbo  not told

    Nothing is missing: measuring works here; 1 problem, 1 note.
    ");
    let missing = [Finding::bad("docker", Level::Missing, "no engine\nanswers", "start it")];
    assert_snapshot!(findings_text(&missing, NARROW), @r"
      level    check   found
      missing  docker  no engine answers
        remedy: start it

    Measuring would fail here: 1 missing; 0 problems, 0 notes.
    ");
    assert_snapshot!(findings_json(&missing), @r#"
    {
      "schema": "loadmark.doctor/1",
      "missing": true,
      "findings": [
        {
          "check": "docker",
          "level": "missing",
          "found": "no engine\nanswers",
          "remedy": "start it"
        }
      ]
    }
    "#);
}

#[test]
fn a_host_that_is_not_its_own_is_told_of() {
    let contention = |steal_share| Conditions { steal_share, ..conditions() }.contention();
    assert_eq!((contention(None), contention(Some(0.015))), (None, None));
    assert!(contention(Some(0.032)).unwrap().contains("3.2% of the cores' time went to other machines"));
}
