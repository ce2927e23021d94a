//! How long the steps of a job take: each ends where the next begins, and the last with the clock.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::metrics::metrics;
use crate::domain::progress::Step;

/// The clock of one job.
#[derive(Debug, Default)]
pub struct PhaseClock(Mutex<Option<(Step, Instant)>>);

impl PhaseClock {
    /// A step begins, and the one before it ends.
    pub fn begins(&self, step: Step) {
        self.turn(Some((step, Instant::now())));
    }

    fn turn(&self, next: Option<(Step, Instant)>) {
        let before = std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), next);
        if let Some((step, began)) = before {
            metrics().phase_ended(step.as_str(), began.elapsed());
        }
    }
}

impl Drop for PhaseClock {
    fn drop(&mut self) {
        self.turn(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_counted_the_last_one_too() {
        let clock = PhaseClock::default();
        clock.begins(Step::Snapshot);
        clock.begins(Step::Compare);
        drop(clock);
        let text = metrics().encode(None);
        for phase in ["snapshot", "compare"] {
            let line = format!("loadmark_phase_duration_seconds_count{{phase=\"{phase}\"}} ");
            assert!(text.contains(&line), "no {line} in\n{text}");
        }
    }
}
