//! Conservation: what the service counted is what the generator sent.

use super::error::MeasureError;
use super::scrape::Scraper;
use super::validity::Held;
use crate::domain::fault::Fault;
use crate::domain::load::{Ledger, Phase, PhaseRecord};
use crate::domain::run::Window;
use crate::domain::template::Template;
use crate::prometheus::{Answer, PrometheusError};

pub(super) async fn faults(scraper: &Scraper, held: Held<'_>) -> Result<Vec<Fault>, MeasureError> {
    let Some(template) = held.request_count else { return Ok(Vec::new()) };
    let mut faults = Vec::new();
    for window in held.windows {
        let is_this = |phase: &&PhaseRecord| phase.phase == Phase::Stage(window.stage);
        let ledger = held.load.phases.iter().find(is_this).map_or_else(Ledger::default, |phase| phase.ledger);
        // A service that fell behind finishes, and counts, later what the generator has given up.
        let before = held.load.phases.iter().take_while(|phase| !is_this(phase));
        let late = before.map(|phase| given_up(&phase.ledger)).sum();
        faults.extend(match count(scraper, template, window).await? {
            Ok(counted) => compare(window.stage, counted, &ledger, late),
            Err(reason) => Some(Fault::NotCounted { stage: window.stage, reason }),
        });
    }
    Ok(faults)
}

/// What the service counted in a window, or why that is no number.
async fn count(scraper: &Scraper, template: &Template, window: &Window) -> Result<Result<f64, String>, MeasureError> {
    let promql = scraper.fill(template, window, None);
    let found = match scraper.prometheus.query(&promql, Some(window.t1_ms)).await {
        Ok(Answer::Scalar(value)) => vec![value],
        Ok(Answer::Vector(samples)) => samples.iter().map(|sample| sample.value).collect(),
        Ok(Answer::Matrix) => return Ok(Err("gave a range vector".to_owned())),
        Err(PrometheusError::Refused { message, .. }) => return Ok(Err(format!("was refused: {message}"))),
        Err(error) => return Err(error.into()),
    };
    Ok(match found.as_slice() {
        [value] if value.is_finite() => Ok(*value),
        [value] => Err(format!("gave {value}")),
        [] => Err("gave nothing".to_owned()),
        many => Err(format!("gave {} values", many.len())),
    })
}

/// Every request that was answered well has been counted. Of the others it is not known: one that got no answer may
/// not have arrived, and errors are often answered before anything counts, by a router or a proxy.
/// `late` are those of earlier phases without an answer.
fn compare(stage: u16, counted: f64, ledger: &Ledger, late: u64) -> Option<Fault> {
    let least = ledger.ok + ledger.wrong_answer;
    let most = least + ledger.http_error + ledger.grpc_error + given_up(ledger) + late;
    let is_conserved = counted > least as f64 - 0.5 && counted < most as f64 + 0.5;
    (!is_conserved).then_some(Fault::Miscounted { stage, counted, least, most })
}

fn given_up(ledger: &Ledger) -> u64 {
    ledger.timeout + ledger.connection_error + ledger.unfinished
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_answered_well_is_counted_once_and_the_rest_at_most_once() {
        let clean = Ledger { scheduled: 100, ok: 98, wrong_answer: 2, ..Ledger::default() };
        assert_eq!(compare(0, 100.0, &clean, 0), None);
        for counted in [99.0, 101.0, 200.0, 0.0] {
            let expected = Fault::Miscounted { stage: 0, counted, least: 100, most: 100 };
            assert_eq!(compare(0, counted, &clean, 0), Some(expected));
        }
        let lossy = Ledger { scheduled: 100, ok: 90, timeout: 3, http_error: 2, overflow: 5, ..Ledger::default() };
        for (counted, is_conserved) in [(89.0, false), (90.0, true), (95.0, true), (96.0, false)] {
            assert_eq!(compare(0, counted, &lossy, 0).is_none(), is_conserved, "{counted}");
            assert_eq!(compare(0, counted, &lossy, 1).is_none(), counted >= 90.0, "{counted} after one was late");
        }
    }
}
