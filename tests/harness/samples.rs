//! Requests, runs and rounds as the pipeline makes them, for tests that store or compare them.

use std::collections::BTreeMap;

use loadmark::domain::ids::RunId;
use loadmark::domain::job::{ClaimedJob, JobKind, JobRequest};
use loadmark::domain::limit::{Direction, Unit};
use loadmark::domain::load::{Arrivals, Ledger, LoadRecord, LoadSpec, Phase, PhaseRecord};
use loadmark::domain::machine::{MachineClass, MachineRecord};
use loadmark::domain::plan::Stage;
use loadmark::domain::revision::Revision;
use loadmark::domain::run::{Arm, MeasurementHash, NewRun, RawSamples, RoundResult, StepTime, Window};
use loadmark::domain::series::{Definition, Measurement, MissingData, SeriesInfo, SeriesKey};
use loadmark::domain::units::Span;

/// A revision whose digits are all this one.
pub fn revision(digit: char) -> Revision {
    digit.to_string().repeat(40).parse().expect("a digit")
}

/// A request for a master set.
pub fn request() -> JobRequest {
    JobRequest {
        kind: JobKind::NewMaster,
        project: "shop".to_owned(),
        benchmark: "browse".to_owned(),
        revision: revision('a'),
        asked_as: "main".to_owned(),
        base: None,
        force: false,
        pull: None,
        rounds: None,
        compare: None,
    }
}

/// The run of a claimed job: a master set of `rounds` rounds.
pub fn run(claim: &ClaimedJob, rounds: u16) -> NewRun {
    NewRun {
        id: RunId::random(),
        job: claim.id,
        project: claim.request.project.clone(),
        benchmark: claim.request.benchmark.clone(),
        revision: claim.request.revision.clone(),
        arm: Arm::Baseline,
        is_master: true,
        measurement_hash: MeasurementHash("0f".repeat(32)),
        configuration: "project: shop\n".to_owned(),
        machine: MachineRecord {
            host: "bench-1".to_owned(),
            cpu_model: "A CPU".to_owned(),
            cores: 2,
            memory_gib: 24,
            kernel: "6.1".to_owned(),
            cgroup_version: 2,
            engine: "docker 20.10".to_owned(),
        },
        class: MachineClass("lab".to_owned()),
        rounds,
        pair_of: None,
    }
}

/// A round with so many measurements, one of them of the second stage, and one query without data.
pub fn round(number: u16, measurements: u16) -> RoundResult {
    RoundResult {
        number,
        arm: Arm::Baseline,
        windows: vec![Window { stage: 0, t0_ms: 1_700_000_000_000, t1_ms: 1_700_000_010_500, load_seconds: 10.0 }],
        load: load_record(),
        measurements: (0..measurements).map(|index| measurement(index, f64::from(index) + f64::from(number))).collect(),
        missing: vec![MissingData { query: "grpc_latency".to_owned(), stage: 0, reason: "no series".to_owned() }],
        raw: RawSamples { path: format!("raw/{number}.tar.gz"), bytes: 4096, sha256: "ab".repeat(32) },
        steps: vec![StepTime { step: "up".to_owned(), seconds: 2.5 }],
        faults: Vec::new(),
        notes: Vec::new(),
        rejected: Vec::new(),
    }
}

/// The value of one series of many; the first is of the plan's second stage.
pub fn measurement(index: u16, value: f64) -> Measurement {
    let labels = [("endpoint", format!("/items/{index}")), ("q", "0.99".to_owned())];
    Measurement {
        key: SeriesKey {
            query: "http_latency".to_owned(),
            labels: labels.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            stage: u16::from(index == 0),
        },
        info: SeriesInfo { unit: Unit::Seconds, direction: Direction::Lower, definition: Definition(1) },
        value,
        bucket: None,
        total: None,
    }
}

/// A warm-up and one stage of 200 requests a second for 10 s, of which 4 failed.
pub fn load_record() -> LoadRecord {
    let stage = Stage { rate: 200, seconds: 10 };
    let phase = |phase, ok: u64| PhaseRecord {
        phase,
        planned: stage,
        started_unix_ns: 1_700_000_000_000_000_000,
        scheduled_end_unix_ns: 1_700_000_010_000_000_000,
        drained_unix_ns: 1_700_000_010_000_000_000,
        recorded_unix_ns: 1_700_000_010_000_000_000,
        turn: None,
        ledger: Ledger { scheduled: 2000, ok, timeout: 2000 - ok, ..Ledger::default() },
        requests: Vec::new(),
        slices: Vec::new(),
        tails: None,
    };
    LoadRecord {
        schema: "loadmark.load/1".to_owned(),
        spec: LoadSpec {
            requests: vec![loadmark::domain::load::RequestSpec {
                name: "browse".to_owned(),
                weight: 1,
                method: "GET".to_owned(),
                url: "http://shop:8080/items".to_owned(),
                grpc: None,
                headers: BTreeMap::new(),
                // Postgres' jsonb would refuse it.
                body: Some("\0".to_owned()),
                expect_status: Vec::new(),
                expect_body: None,
            }],
            warm_up: Some(stage),
            stages: vec![stage],
            arrivals: Arrivals::Even,
            seed: 1,
            connections: 8,
            workers: 1,
            timeout: Span::seconds(5),
            queue: 100,
        },
        phases: vec![phase(Phase::WarmUp, 2000), phase(Phase::Stage(0), 1996)],
    }
}

/// A text of so many characters that doesn't compress: Postgres would fit a repeated one into an index entry.
pub fn long_text(length: usize) -> String {
    (0..length as u64)
        .map(|n| char::from(b'a' + (n.wrapping_mul(n).wrapping_mul(0x9e37_79b9) >> 7) as u8 % 26))
        .collect()
}
