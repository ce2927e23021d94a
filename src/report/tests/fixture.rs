//! Reports to print.

use std::collections::BTreeMap;
use std::time::Duration;

use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

use crate::domain::comparison::{Comparison, Estimate, Evidence, SeriesComparison, SideSummary, Tier};
use crate::domain::ids::{JobId, RunId};
use crate::domain::job::JobKind;
use crate::domain::limit::{Direction, Limit, Unit};
use crate::domain::machine::MachineClass;
use crate::domain::procedure::{Arrangement, PairsTold};
use crate::domain::run::{MeasurementHash, RunState, RunSummary, StageLoad, StepTime, StoredRound, StoredRun, Window};
use crate::domain::series::{Definition, Measurement, MissingData, SeriesInfo, SeriesKey};
use crate::domain::verdict::{Outcome, Verdict};

use super::super::{Body, Colours, Failure, ReportModel, Style};

pub(super) const WIDE: Style = Style { colours: Colours::Off, width: 140 };
pub(super) const NARROW: Style = Style { colours: Colours::Off, width: 80 };
pub(super) const START: OffsetDateTime = datetime!(2026-03-04 05:06:07 UTC);

pub(super) fn key(query: &str, endpoint: &str) -> SeriesKey {
    let labels = BTreeMap::from([("endpoint".to_owned(), endpoint.to_owned())]);
    SeriesKey { query: query.to_owned(), labels, stage: 0 }
}

pub(super) fn run(number: u128, digit: &str) -> RunSummary {
    RunSummary {
        id: RunId(Uuid::from_u128(number << 96 | 0x1234)),
        job: JobId(12),
        project: "demo".to_owned(),
        benchmark: "http".to_owned(),
        revision: digit.repeat(40).parse().unwrap(),
        is_master: number == 1,
        paired: false,
        arrangement: None,
        measurement_hash: MeasurementHash("f00dfeed".repeat(8)),
        class: MachineClass("ci-small".to_owned()),
        state: RunState::Complete,
        rounds: (3, 3),
        started_at: START,
    }
}

/// A latency with a limit of +25% and 0.3ms, its medians in milliseconds, each side's rounds 2 % apart.
pub(super) fn latency(endpoint: &str, verdict: Verdict, before: Option<f64>, after: Option<f64>) -> SeriesComparison {
    let side = |ms: f64| {
        let median = ms / 1000.0;
        SideSummary { values: vec![median * 0.98, median, median * 1.02], median }
    };
    SeriesComparison {
        key: key("http_latency_mean", endpoint),
        unit: Unit::Seconds,
        direction: Direction::Lower,
        primary: true,
        limit: Some(Limit { relative: Some(0.25), absolute: Some(0.0003) }),
        baseline: before.map(side),
        candidate: after.map(side),
        change: before.zip(after).map(|(before, after)| after / before - 1.0),
        verdict,
        reason: None,
        evidence: Evidence::Medians,
        estimate: None,
        tier: None,
        counted: None,
        required: false,
        muted: None,
    }
}

pub(super) fn because(mut series: SeriesComparison, reason: &str) -> SeriesComparison {
    series.reason = Some(reason.to_owned());
    series
}

/// As pairs of rounds tell it, under a limit of +3%: the effect with its interval, after so many pairs.
pub(super) fn by_pairs(series: SeriesComparison, [effect, lower, upper]: [f64; 3], pairs: u16) -> SeriesComparison {
    let estimate = Estimate {
        effect,
        is_relative: true,
        lower: Some(lower),
        upper: Some(upper),
        confidence: 0.965,
        pairs,
        p: Some(0.0021),
        detectable: Some(0.024),
        pairs_needed: None,
    };
    let over_rounds = |side: SideSummary| {
        let noise = |round: u16| 1.0 + 0.01 * (f64::from(round % 5) - 2.0);
        SideSummary { values: (0..pairs).map(|round| side.median * noise(round)).collect(), ..side }
    };
    SeriesComparison {
        limit: Some(Limit { relative: Some(0.03), absolute: None }),
        baseline: series.baseline.map(over_rounds),
        candidate: series.candidate.map(over_rounds),
        evidence: Evidence::Paired,
        estimate: Some(estimate),
        tier: (series.verdict == Verdict::Regression).then_some(Tier::Fail),
        ..series
    }
}

/// A report whose comparison was measured in pairs in turns, the last look after so many.
pub(super) fn in_turns(mut model: ReportModel, looks: &[u16]) -> ReportModel {
    let last = looks.last().copied().unwrap_or_default();
    let comparison = comparison(&mut model);
    comparison.method = "pairs of rounds".to_owned();
    comparison.pairs = Some(PairsTold {
        valid: last,
        measured: last + 1,
        looks: looks.to_vec(),
        arrangement: Some(Arrangement::Turns),
    });
    for run in comparison.baseline.iter_mut().chain([&mut comparison.candidate]) {
        (run.paired, run.rounds) = (true, (last + 1, last + 1));
    }
    model
}

/// Memory, without a limit.
pub(super) fn memory() -> SeriesComparison {
    SeriesComparison {
        key: SeriesKey { query: "process_memory".to_owned(), labels: BTreeMap::new(), stage: 0 },
        unit: Unit::Bytes,
        primary: false,
        limit: None,
        ..because(latency("", Verdict::Inconclusive, Some(4e10), Some(4.1e10)), "no limit: reported, never judged")
    }
}

/// A report of a comparison whose series are these, the worst first.
pub(super) fn compared(series: Vec<SeriesComparison>) -> ReportModel {
    let verdict = Verdict::join(series.iter().filter(|one| one.primary).map(|one| one.verdict));
    let load = StageLoad { planned_rate: 200.0, achieved_rate: 199.9, failed: 0, scheduled: 2000 };
    let comparison = Comparison {
        verdict,
        method: "medians over rounds".to_owned(),
        baseline: (verdict != Verdict::NoBaseline).then(|| run(1, "a")),
        candidate: run(2, "b"),
        series,
        load: vec![load; 3],
        pairs: None,
        notes: Vec::new(),
    };
    ReportModel {
        job: Some((JobId(12), JobKind::Experiment)),
        project: "demo".to_owned(),
        benchmark: "http".to_owned(),
        revision: "b".repeat(40).parse().unwrap(),
        asked_as: "slow-buy".to_owned(),
        base: Some("a".repeat(40).parse().unwrap()),
        is_base_named: false,
        outcome: Outcome::Verdict(verdict),
        body: Body::Comparison(Box::new(comparison)),
        previous: None,
        elapsed: Some(Duration::from_secs(252)),
        log_folder: Some("/data/logs/12".to_owned()),
        placement: None,
        program: "loadmark".to_owned(),
    }
}

/// The comparison of a report, to be changed.
pub(super) fn comparison(model: &mut ReportModel) -> &mut Comparison {
    match &mut model.body {
        Body::Comparison(comparison) => comparison,
        Body::Master(_) | Body::Failure(_) => panic!("the report is of a comparison"),
    }
}

pub(super) fn regression() -> ReportModel {
    let mut model = compared(vec![
        latency("/buy", Verdict::Regression, Some(4.1), Some(9.02)),
        latency("/cart", Verdict::Regression, Some(1.24), Some(1.71)),
        latency("/search", Verdict::Improvement, Some(12.4), Some(6.3)),
        memory(),
        latency("/", Verdict::Unchanged, Some(0.52), Some(0.53)),
        latency("/health", Verdict::Unchanged, Some(0.2), Some(0.2)),
    ]);
    comparison(&mut model).notes.push("candidate: 12 of 6000 requests failed (0.20%)".to_owned());
    model
}

pub(super) fn unchanged() -> ReportModel {
    compared(vec![
        memory(),
        latency("/", Verdict::Unchanged, Some(0.52), Some(0.53)),
        latency("/buy", Verdict::Unchanged, Some(4.1), Some(4.0)),
    ])
}

pub(super) fn build_failure() -> ReportModel {
    let log_tail = ["#9 [build 4/4] RUN make", "#9 1.203 src/main.c:12: \u{1b}[31merror\u{1b}[0m: `x` undeclared"];
    ReportModel {
        outcome: "service-failed: build".parse().unwrap(),
        body: Body::Failure(Failure {
            is_configuration: false,
            reason: "the image of service `shop` does not build".to_owned(),
            log_tail: log_tail.map(str::to_owned).to_vec(),
            log: Some("/data/logs/12/build.log".to_owned()),
        }),
        log_folder: None,
        placement: None,
        ..unchanged()
    }
}

/// The window of a round's only stage: 10 s of load, and the scrapes around it.
fn window(round: u16) -> Window {
    let t0_ms = 1_772_600_770_000 + 20_000 * i64::from(round);
    Window { stage: 0, t0_ms, t1_ms: t0_ms + 10_250, load_seconds: 10.0 }
}

/// A stored master set of two series and two rounds, of which one is invalid.
pub(super) fn stored() -> StoredRun {
    let load = StageLoad { planned_rate: 200.0, achieved_rate: 199.9, failed: 3, scheduled: 2000 };
    let measurement = |endpoint: &str, ms: f64| Measurement {
        key: key("http_latency_mean", endpoint),
        info: SeriesInfo { unit: Unit::Seconds, direction: Direction::Lower, definition: Definition(1) },
        value: ms / 1000.0,
        bucket: None,
        total: None,
    };
    let round = |number, noise: f64| StoredRound {
        number,
        measurements: vec![measurement("/", 0.52 * noise), measurement("/buy", 4.1 * noise)],
        missing: Vec::new(),
        load: vec![load],
        windows: vec![window(number)],
        steps: [("up", 1.25), ("load", 10.0), ("drain", 0.125), ("load", 10.0), ("down", 1.0)]
            .map(|(step, seconds)| StepTime { step: step.to_owned(), seconds: seconds * noise })
            .to_vec(),
        invalid: None,
        notes: Vec::new(),
        rejected: Vec::new(),
    };
    let mut rounds = vec![round(1, 1.0), round(2, 1.03), round(3, 7.0)];
    rounds[2].invalid = Some("the generator fell behind in 4 of 10 slices".to_owned());
    rounds[1].missing = vec![MissingData { query: "db_locks".to_owned(), stage: 0, reason: "empty answer".to_owned() }];
    StoredRun { summary: run(1, "a"), rounds }
}

pub(super) fn master() -> ReportModel {
    ReportModel {
        job: Some((JobId(12), JobKind::NewMaster)),
        revision: "a".repeat(40).parse().unwrap(),
        asked_as: "main".to_owned(),
        outcome: Outcome::Measured,
        body: Body::Master(stored()),
        ..unchanged()
    }
}
