//! What Prometheus and the generator's record show against a round's numbers.

use std::time::Duration;

use futures_util::try_join;

use super::error::MeasureError;
use super::scrape::Scraper;
use super::{conservation, pace, restarts, scrapes, throttling};
use crate::domain::fault::Fault;
use crate::domain::load::LoadRecord;
use crate::domain::run::Window;
use crate::domain::template::{Fill, Template};

/// The load of a round as it was held.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    /// The windows of the stages that were measured to their end.
    pub windows: &'a [Window],
    /// From the first scrape at quiescence to the last, or to the moment at which the last was given up.
    pub span: Span,
    /// The generator's record.
    pub load: &'a LoadRecord,
    /// How often targets are scraped.
    pub interval: Duration,
    /// How far the generator may lag, whatever the service takes.
    pub max_lag: Duration,
    /// The service's own count of its requests.
    pub request_count: Option<&'a Template>,
}

/// Two times in milliseconds since the Unix epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// The earlier one.
    pub from_ms: i64,
    /// The later one.
    pub to_ms: i64,
}

impl Span {
    /// The span cut into parts of at most this length, in order; at least one.
    pub(super) fn parts(self, length: Duration) -> impl Iterator<Item = Self> {
        let length = i64::try_from(length.as_millis()).unwrap_or(i64::MAX).max(1);
        let begins = std::iter::successors(Some(self.from_ms), move |from| from.checked_add(length));
        let in_time = move |from: &i64| *from < self.to_ms || *from == self.from_ms;
        begins
            .take_while(in_time)
            .map(move |from_ms| Self { from_ms, to_ms: from_ms.saturating_add(length).min(self.to_ms) })
    }

    /// Its length and this much before it, as PromQL's duration: the sample that holds at its beginning was taken
    /// before.
    pub(super) fn length(self, before: Duration) -> String {
        let before = i64::try_from(before.as_millis()).unwrap_or(i64::MAX);
        format!("{}ms", self.to_ms.saturating_sub(self.from_ms).saturating_add(before).max(1))
    }
}

/// What speaks against a round, and what should be known of it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Found {
    /// Each makes the round invalid.
    pub faults: Vec<Fault>,
    /// None of these does.
    pub notes: Vec<String>,
}

/// Looks for everything that makes the numbers of a round doubtful.
///
/// # Errors
/// Prometheus does not answer, or refuses.
pub async fn find_faults(scraper: &Scraper, held: Held<'_>) -> Result<Found, MeasureError> {
    let (missed, restarted, busy, miscounted, mut notes) = try_join!(
        scrapes::faults(scraper, held.span, held.interval),
        restarts::faults(scraper, held.span, held.interval),
        pace::busy(scraper, held.windows, held.load),
        conservation::faults(scraper, held),
        throttling::notes(scraper, held.span),
    )?;
    notes.extend(held.load.phases.iter().filter_map(pace::overlap));
    let phases = held.load.phases.iter();
    let unbalanced = phases.filter(|phase| !phase.ledger.is_balanced());
    let unbalanced = unbalanced.map(|phase| Fault::Unbalanced { phase: phase.phase, ledger: phase.ledger });
    let bound = held.load.phases.iter().filter_map(|phase| pace::bound(phase, held.max_lag));
    let faults = unbalanced.chain(bound).chain(busy).chain(missed).chain(restarted).chain(miscounted).collect();
    Ok(Found { faults, notes })
}

impl Scraper {
    /// A template's PromQL for a window of this round.
    pub(super) fn fill(&self, template: &Template, window: &Window, quantile: Option<f64>) -> String {
        template.fill(&Fill {
            t0_ms: window.t0_ms,
            t1_ms: window.t1_ms,
            load_seconds: window.load_seconds,
            selector: &self.selector,
            quantile,
            stage: window.stage,
        })
    }
}
