//! Faults: why a round can't be trusted, each a sentence with its figures and what to do.

use std::time::Duration;

use thiserror::Error;

use super::limit::{Quantity, Unit};
use super::load::{Ledger, Phase};

/// What is wrong with a round. One is enough to make it invalid: its numbers may be right, but nothing shows it.
#[derive(Clone, PartialEq, Debug, Error)]
pub enum Fault {
    /// Requests that have no end, or two.
    #[error(
        "the generator's ledger does not balance in {phase:?}: {ledger:?}; this is a defect of Loadmark, report it"
    )]
    Unbalanced {
        /// In which phase.
        phase: Phase,
        /// As it was kept.
        ledger: Ledger,
    },
    /// Containers besides those of the service under test, whose end is the commit's failure.
    #[error("containers ended under load: {}; their logs are kept with the run", .names.join(", "))]
    ContainersEnded {
        /// Which.
        names: Vec<String>,
    },
    /// The engine, or somebody, started them anew.
    #[error("containers were started again under load: {}; see their logs, and let nothing restart them", .names.join(", "))]
    ContainersRestarted {
        /// Which.
        names: Vec<String>,
    },
    /// A difference over a reset is no count.
    #[error(
        "{counters} counters of {target} went back in the window: its process was restarted, or resets them; \
         see its log"
    )]
    CountersReset {
        /// The target's `instance`.
        target: String,
        /// How many of its series.
        counters: u64,
    },
    /// `process_start_time_seconds` moved.
    #[error("the process behind {target} was started again in the window; see its log")]
    ProcessRestarted {
        /// The target's `instance`.
        target: String,
    },
    /// `up` was 0.
    #[error(
        "{failed} of {scrapes} scrapes of {target} failed in the window{}; its metrics must answer within \
         the scrape interval while the load is on: raise `prometheus.scrape_interval`, or lower the load",
        .error.as_ref().map_or_else(String::new, |error| format!(", the last with: {error}"))
    )]
    ScrapesFailed {
        /// The target's `instance`.
        target: String,
        /// How many failed.
        failed: usize,
        /// Of how many.
        scrapes: usize,
        /// What Prometheus said last, while the target was still lost.
        error: Option<String>,
    },
    /// Prometheus itself was late.
    #[error(
        "no scrape of {target} for {gap:?} in the window, with {scrapes} scrapes at an interval of {interval:?}: \
         Prometheus had no time; leave it a core, or raise `prometheus.scrape_interval`"
    )]
    ScrapeGap {
        /// The target's `instance`.
        target: String,
        /// The longest time without a scrape.
        gap: Duration,
        /// What was asked for.
        interval: Duration,
        /// How many there were.
        scrapes: usize,
    },
    /// No scrape at quiescence came after the load.
    #[error(
        "the window has no end: no scrape within {limit:?} after the load: {targets}; see the log of what is behind it"
    )]
    WindowOpen {
        /// Which targets, and what Prometheus says of them.
        targets: String,
        /// How long it was waited for.
        limit: Duration,
    },
    /// Conservation does not hold.
    #[error(
        "stage {}: the service counted {counted} requests by `request_count`, the generator {}; leave out of \
         `request_count` what others ask (health checks, scrapes), and let nobody else send",
        .stage + 1,
        if .least == .most { least.to_string() } else { format!("{least} to {most}") }
    )]
    Miscounted {
        /// From 0.
        stage: u16,
        /// By the service.
        counted: f64,
        /// Those that were answered.
        least: u64,
        /// With those of which it is not known whether they arrived.
        most: u64,
    },
    /// `request_count` is no count.
    #[error("stage {}: `request_count` {reason}; it must give one number, such as sum(D(http_requests_total))", .stage + 1)]
    NotCounted {
        /// From 0.
        stage: u16,
        /// What it gave instead.
        reason: String,
    },
    /// The generator could not keep its schedule.
    #[error(
        "stage {}: the generator fell behind its schedule in {bound} of {slices} slices (99th percentile of its lag \
         up to {}, {} is sound); leave it a core of its own, lower the rate, or accept more by `load.max_lag`",
        .stage + 1,
        Quantity(.lag.as_secs_f64(), Unit::Seconds),
        Quantity(.allowed.as_secs_f64(), Unit::Seconds)
    )]
    GeneratorBound {
        /// From 0.
        stage: u16,
        /// Slices in which it did.
        bound: usize,
        /// Of how many.
        slices: usize,
        /// The worst slice's.
        lag: Duration,
        /// What a slice may have.
        allowed: Duration,
    },
    /// Its time is gone, even where its lag does not show it yet.
    #[error(
        "stage {}: the generator used {:.0}% of its {workers} cores; raise `load.workers`, or lower the rate",
        .stage + 1,
        .share * 100.0
    )]
    GeneratorBusy {
        /// From 0.
        stage: u16,
        /// Of the cores.
        share: f64,
        /// Its cores: one a worker.
        workers: u16,
    },
    /// Windows are found by this clock.
    #[error(
        "this host's clock was set {} by {:?} in the round; let it be slewed, not stepped (chrony: `makestep` only at \
         start), and let no host sleep while it measures",
        if *.forward { "forward" } else { "back" },
        .step
    )]
    ClockStepped {
        /// By how much.
        step: Duration,
        /// Which way.
        forward: bool,
    },
}

/// All faults of a round as one text; none for a valid one.
pub fn reasons(faults: &[Fault]) -> Option<String> {
    let texts: Vec<String> = faults.iter().map(ToString::to_string).collect();
    (!texts.is_empty()).then(|| texts.join("; also "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tells_its_figures_and_what_to_do() {
        let miscounted = |most| Fault::Miscounted { stage: 0, counted: 160.0, least: 80, most };
        let said = miscounted(80).to_string();
        assert!(said.starts_with("stage 1: the service counted 160 requests by `request_count`, the generator 80;"));
        assert!(miscounted(83).to_string().contains("the generator 80 to 83;"));
        let error = |error: Option<&str>| Fault::ScrapesFailed {
            target: "app-1:8080".to_owned(),
            failed: 3,
            scrapes: 9,
            error: error.map(str::to_owned),
        };
        assert!(error(None).to_string().starts_with("3 of 9 scrapes of app-1:8080 failed in the window; "));
        assert!(error(Some("EOF")).to_string().contains("in the window, the last with: EOF; "));
        let step = |forward| Fault::ClockStepped { step: Duration::from_millis(1500), forward }.to_string();
        assert!(step(true).contains("set forward by 1.5s") && step(false).contains("set back by 1.5s"));
    }

    #[test]
    fn a_round_without_faults_has_no_reasons() {
        assert_eq!(reasons(&[]), None);
        let restarted = |target: &str| Fault::ProcessRestarted { target: target.to_owned() };
        let both = reasons(&[restarted("a-1"), restarted("b-1")]).unwrap();
        assert!(both.contains("behind a-1 ") && both.contains("; also the process behind b-1 "), "{both}");
    }
}
