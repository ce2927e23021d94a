//! What a job is doing, written into the queue for people: each step and round as it begins.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use crate::domain::chain::error_chain;
use crate::domain::progress::{Listener, Place, Progress, Step};
use crate::queue::Lease;
use crate::telemetry::PhaseClock;

/// A phase that is not written by then is given up: the next one follows, and nothing depends on it.
const WRITE_WITHIN: Duration = Duration::from_secs(5);

/// Where a listener tells the phase, of which only the last one counts.
pub(super) struct Phases {
    told: watch::Receiver<Option<String>>,
}

impl Phases {
    /// With the listener that feeds it; notes go to the log.
    pub(super) fn new() -> (Self, Arc<Listener>) {
        let (tell, told) = watch::channel(None);
        let clock = PhaseClock::default();
        let listener = move |progress: Progress| match progress {
            Progress::Begins { step, place, .. } => {
                clock.begins(step);
                let phase = Some(in_words(step, place));
                tell.send_if_modified(|last| {
                    if *last == phase {
                        false
                    } else {
                        *last = phase;
                        true
                    }
                });
            }
            Progress::Note(text) => tracing::info!("{text}"),
            Progress::Load { .. } => {}
        };
        (Self { told }, Arc::new(listener))
    }

    /// Writes each phase under the lease, until nobody tells any more.
    pub(super) async fn write(mut self, lease: &Lease) {
        while self.told.changed().await.is_ok() {
            let Some(phase) = self.told.borrow_and_update().clone() else { continue };
            match timeout(WRITE_WITHIN, lease.tell_phase(&phase)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::debug!("the phase `{phase}` is not told: {}", error_chain(&error)),
                Err(_) => tracing::debug!("the phase `{phase}` is not told: the database is slow"),
            }
        }
    }
}

fn in_words(step: Step, place: Option<Place>) -> String {
    match place {
        Some(place) => format!("{}, {place}", step.as_str()),
        None => step.as_str().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_is_a_step_with_its_round() {
        assert_eq!(in_words(Step::Build, None), "build");
        assert_eq!(in_words(Step::Load, Some(Place::Round { number: 2, of: 3 })), "load, round 2 of 3");
    }

    #[test]
    fn only_changes_are_told() {
        let (phases, listener) = Phases::new();
        let mut told = phases.told;
        let begins = |step| Progress::Begins { step, place: Some(Place::Round { number: 1, of: 3 }), left: None };
        listener(begins(Step::Load));
        assert_eq!(told.borrow_and_update().as_deref(), Some("load, round 1 of 3"));
        listener(begins(Step::Load));
        listener(Progress::Note("a note".to_owned()));
        assert!(!told.has_changed().unwrap());
        listener(begins(Step::Down));
        assert!(told.has_changed().unwrap());
    }
}
