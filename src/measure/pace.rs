//! Whether the generator kept its schedule, and had time to.

use std::time::Duration;

use super::error::MeasureError;
use super::scrape::{Scraper, samples};
use crate::domain::fault::Fault;
use crate::domain::flow::GENERATOR;
use crate::domain::load::{LoadRecord, Phase, PhaseRecord, SliceRecord};
use crate::domain::run::Window;
use crate::domain::template::Template;

/// Lag counts as latency, so it must be small beside what the service itself takes: a tenth of its median.
const SHARE_OF_SERVICE: u64 = 10;
/// Fewer requests than this have no 99th percentile worth the name.
const FEWEST_REQUESTS: u64 = 1000;
/// Of the slices so many may lag.
const MOST_BOUND: f64 = 0.01;
/// One slice is a hiccup of the host.
const FEWEST_BOUND: usize = 2;
/// More than this share is a backlog; requests that were merely under way when their slice ended are not in it.
const MOST_OVERLAP: f64 = 0.1;
/// A generator that uses more of its cores than this has no time for a burst.
const MOST_BUSY: f64 = 0.85;

/// Whether a measured stage lagged in more than 1 % of its slices. A slice is a second, or as many of them as hold
/// 1,000 requests, then counted as lagging where most of its requests fell into lagging seconds. Two at least must
/// lag, unless the stage is only one.
pub(super) fn bound(phase: &PhaseRecord, max_lag: Duration) -> Option<Fault> {
    let Phase::Stage(stage) = phase.phase else { return None };
    let max_lag_ns = u64::try_from(max_lag.as_nanos()).unwrap_or(u64::MAX);
    let allowed = max_lag_ns.max(service_p50_ns(phase) / SHARE_OF_SERVICE);
    let slices = widened(&phase.slices);
    let lags = |slice: &[SliceRecord]| {
        let late: u64 = slice.iter().filter(|second| second.lag_p99_ns > allowed).map(|second| second.count).sum();
        late * 2 > requests(slice)
    };
    let bound = slices.iter().filter(|slice| lags(slice)).count();
    let is_bound = bound as f64 > slices.len() as f64 * MOST_BOUND && bound >= FEWEST_BOUND.min(slices.len());
    let lag = phase.slices.iter().map(|second| second.lag_p99_ns).max().unwrap_or(0);
    is_bound.then(|| Fault::GeneratorBound {
        stage,
        bound,
        slices: slices.len(),
        lag: Duration::from_nanos(lag),
        allowed: Duration::from_nanos(allowed),
    })
}

/// What to know of a measured stage of twins whose requests ran on while it was the other's turn: they burden it.
pub(super) fn overlap(phase: &PhaseRecord) -> Option<String> {
    let (Phase::Stage(stage), Some(held)) = (phase.phase, phase.turn) else { return None };
    let over = held.load_ns as f64 / 1e9 - f64::from(phase.planned.seconds);
    let share = over / f64::from(phase.planned.seconds);
    (share > MOST_OVERLAP).then(|| {
        format!(
            "stage {}: requests ran on for {over:.1} s beyond their slices ({:.0} % of the load), a burden to the twin; \
             lower the rate, or measure in turns (`pairs.arrangement`)",
            stage + 1,
            share * 100.0
        )
    })
}

/// The median over all requests, from the medians of each kind.
fn service_p50_ns(phase: &PhaseRecord) -> u64 {
    let mut kinds: Vec<_> = phase.requests.iter().map(|kind| (kind.service.p50_ns, kind.service.count)).collect();
    kinds.sort_unstable();
    let half = kinds.iter().map(|(_, count)| count).sum::<u64>().div_ceil(2);
    let mut seen = 0;
    let reaches_half = |&&(_, count): &&(u64, u64)| {
        seen += count;
        seen >= half
    };
    kinds.iter().find(reaches_half).map_or(0, |(p50_ns, _)| *p50_ns)
}

/// Neighbouring seconds, joined until each has enough requests; what is left over belongs to the last.
fn widened(seconds: &[SliceRecord]) -> Vec<&[SliceRecord]> {
    let mut slices = Vec::new();
    let mut from = 0;
    for to in 1..=seconds.len() {
        let rest = requests(&seconds[to..]);
        if requests(&seconds[from..to]) >= FEWEST_REQUESTS && (rest >= FEWEST_REQUESTS || rest == 0)
            || to == seconds.len()
        {
            slices.push(&seconds[from..to]);
            from = to;
        }
    }
    slices
}

fn requests(seconds: &[SliceRecord]) -> u64 {
    seconds.iter().map(|second| second.count).sum()
}

/// Stages in which the generator used nearly all of its cores, where the stack's containers are measured.
pub(super) async fn busy(scraper: &Scraper, windows: &[Window], load: &LoadRecord) -> Result<Vec<Fault>, MeasureError> {
    let cores = format!("sum(D(container_cpu_usage_seconds_total{{service=\"{GENERATOR}\"}})) / {{{{load_seconds}}}}");
    let template = Template::parse(&cores).expect("its placeholders are known");
    let mut faults = Vec::new();
    for window in windows {
        let answer = scraper.prometheus.query(&scraper.fill(&template, window, None), Some(window.t1_ms)).await?;
        let cores = samples(answer).first().map_or(0.0, |sample| sample.value);
        let (stage, workers) = (window.stage, load.spec.workers);
        let share = cores / f64::from(workers.max(1));
        faults.extend((share > MOST_BUSY).then_some(Fault::GeneratorBusy { stage, share, workers }));
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::load::{HeldTurn, LatencySummary, Ledger, RequestRecord, Turn, TurnSide};
    use crate::domain::plan::Stage;

    const MAX_LAG: Duration = Duration::from_millis(1);

    fn latency(count: u64, p50_ns: u64) -> LatencySummary {
        let histogram = String::new();
        LatencySummary { count, mean_ns: 0.0, p50_ns, p90_ns: p50_ns, p99_ns: p50_ns, max_ns: p50_ns, histogram }
    }

    /// A stage of a rate whose service takes 20 ms and whose seconds have these lags in milliseconds.
    fn stage(rate: u64, lags_ms: &[u64]) -> PhaseRecord {
        let service = latency(rate, 20_000_000);
        let request = |service: &LatencySummary| RequestRecord {
            name: "list".to_owned(),
            ledger: Ledger::default(),
            response: service.clone(),
            service: service.clone(),
            lag: service.clone(),
            queue_wait: service.clone(),
            tails: None,
            grpc_codes: std::collections::BTreeMap::new(),
        };
        let second = |(second, lag_ms): (u32, &u64)| SliceRecord {
            second,
            count: rate,
            p50_ns: 0,
            p99_ns: 0,
            lag_p99_ns: lag_ms * 1_000_000,
        };
        PhaseRecord {
            phase: Phase::Stage(0),
            planned: Stage { rate: 1, seconds: 1 },
            started_unix_ns: 0,
            scheduled_end_unix_ns: 0,
            drained_unix_ns: 0,
            recorded_unix_ns: 0,
            turn: None,
            ledger: Ledger::default(),
            requests: vec![request(&latency(rate / 4, 1_000)), request(&service)],
            slices: (0..).zip(lags_ms).map(second).collect(),
            tails: None,
        }
    }

    fn bound_slices(rate: u64, lags_ms: &[u64]) -> Option<(usize, usize)> {
        match bound(&stage(rate, lags_ms), MAX_LAG) {
            Some(Fault::GeneratorBound { bound, slices, .. }) => Some((bound, slices)),
            None => None,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn one_lagging_second_is_a_hiccup_and_two_are_too_many() {
        assert_eq!(bound_slices(1000, &[0, 0, 9, 0, 0, 0, 0, 0, 0, 0]), None);
        assert_eq!(bound_slices(1000, &[0, 0, 9, 0, 0, 0, 3, 0, 0, 0]), Some((2, 10)));
        let mut long = vec![0; 300];
        (long[7], long[100], long[200]) = (9, 9, 9);
        assert_eq!(bound_slices(1000, &long), None);
        long[201] = 9;
        assert_eq!(bound_slices(1000, &long), Some((4, 300)));
    }

    #[test]
    fn seconds_with_few_requests_are_judged_together() {
        assert_eq!(bound_slices(200, &[0, 9, 9, 0, 0, 0, 9, 9, 0, 0]), None);
        assert_eq!(bound_slices(200, &[9, 9, 9, 0, 0, 0, 9, 9, 9, 0]), Some((2, 2)));
        assert_eq!(bound_slices(40, &[9, 0, 0]), None);
        assert_eq!(bound_slices(40, &[9, 9, 0]), Some((1, 1)));
    }

    #[test]
    fn a_backlog_that_runs_into_the_twins_slices_is_told() {
        let told = |load_ms: u64| {
            let turn = Turn { side: TurnSide::First, slice_seconds: 2 };
            let planned = Stage { rate: 1, seconds: 4 };
            let turn = Some(HeldTurn { turn, load_ns: load_ms * 1_000_000 });
            overlap(&PhaseRecord { planned, turn, ..stage(1000, &[0]) })
        };
        assert_eq!(told(4_390), None);
        let note = told(5_000).unwrap();
        assert!(
            note.starts_with("stage 1: requests ran on for 1.0 s beyond their slices (25 % of the load)"),
            "{note}"
        );
        assert_eq!(overlap(&stage(1000, &[0])), None);
    }

    #[test]
    fn lag_is_measured_by_what_the_service_takes() {
        assert_eq!(bound_slices(1000, &[2, 2, 2]), None, "a tenth of 20 ms");
        let fault = bound(&stage(1000, &[3, 3, 3]), MAX_LAG).unwrap();
        let (lag, allowed) = (Duration::from_millis(3), Duration::from_millis(2));
        assert_eq!(fault, Fault::GeneratorBound { stage: 0, bound: 3, slices: 3, lag, allowed });
        let warm_up = PhaseRecord { phase: Phase::WarmUp, ..stage(1000, &[9, 9]) };
        assert_eq!(bound(&warm_up, MAX_LAG), None);
    }
}
