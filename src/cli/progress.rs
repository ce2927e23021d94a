//! Progress on standard error: one living line on a terminal, plain lines elsewhere.

use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::domain::progress::{Listener, Place, Progress, Step, TimeLeft};

/// How often the load is told where there is no terminal.
const LOAD_LINE_EVERY: Duration = Duration::from_secs(5);

/// Where progress is shown: a living line, which goes with the last handle on it, if standard error is a terminal.
pub(super) struct Screen {
    line: Option<ProgressBar>,
}

impl Screen {
    /// Shows nothing yet.
    pub(super) fn new() -> Self {
        Self { line: io::stderr().is_terminal().then(living_line) }
    }

    /// A listener that shows what it hears.
    pub(super) fn listener(&self) -> Arc<Listener> {
        self.line.clone().map_or_else(in_lines, on_terminal)
    }

    /// Prints with the living line out of the way.
    pub(super) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.line {
            Some(line) => {
                line.set_message("");
                line.suspend(print)
            }
            None => print(),
        }
    }
}

fn living_line() -> ProgressBar {
    let line = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
        line.set_style(style);
    }
    // Seldom enough to take nothing from what is measured on this host.
    line.enable_steady_tick(Duration::from_millis(500));
    line
}

fn on_terminal(bar: ProgressBar) -> Arc<Listener> {
    let begun: Mutex<Option<(Progress, Instant)>> = Mutex::new(None);
    Arc::new(move |progress| {
        let Ok(mut begun) = begun.lock() else { return };
        match &progress {
            Progress::Begins { .. } => {
                bar.set_message(describe(&progress));
                *begun = Some((progress, Instant::now()));
            }
            Progress::Load { .. } => {
                let step = begun.as_ref().map_or_else(String::new, |(step, at)| describe(&later(step, at.elapsed())));
                let load = if is_worth_a_line(&progress) { describe(&progress) } else { "beginning".to_owned() };
                bar.set_message(format!("{step} · {load}"));
            }
            Progress::Note(text) => bar.println(format!("  {text}")),
        }
    })
}

/// A step's beginning as it is told some time after: less is left.
fn later(progress: &Progress, elapsed: Duration) -> Progress {
    match progress {
        Progress::Begins { step, place, left } => {
            Progress::Begins { step: *step, place: *place, left: left.map(|left| left.after(elapsed)) }
        }
        other => other.clone(),
    }
}

fn in_lines() -> Arc<Listener> {
    let last_load: Mutex<Option<Instant>> = Mutex::new(None);
    Arc::new(move |progress| {
        if !is_worth_a_line(&progress) {
            return;
        }
        if let Progress::Load { .. } = progress {
            let Ok(mut last) = last_load.lock() else { return };
            if last.is_some_and(|last| last.elapsed() < LOAD_LINE_EVERY) {
                return;
            }
            *last = Some(Instant::now());
        }
        // Nobody is left to tell when standard error is gone.
        let _ = writeln!(io::stderr(), "{}", describe(&progress));
    })
}

/// Steps that take no time to speak of would only be noise in a log.
fn is_worth_a_line(progress: &Progress) -> bool {
    match progress {
        Progress::Begins { step, .. } => !matches!(step, Step::Drain | Step::Queries | Step::Snapshot | Step::Logs),
        // The first second has no figures yet.
        Progress::Load { rate, .. } => *rate > 0.0,
        Progress::Note(_) => true,
    }
}

fn describe(progress: &Progress) -> String {
    match progress {
        Progress::Begins { step, place, left } => {
            let place = match place {
                None => String::new(),
                Some(Place::Round { number, of }) => format!("round {number}/{of} · "),
                Some(place) => format!("{place} · "),
            };
            let left = left.map_or_else(String::new, |left| format!(" · about {} left", time_left(left)));
            format!("{place}{}{left}", step.as_str())
        }
        Progress::Load { rate, planned, p99 } => {
            format!("{rate:.0} of {planned:.0} requests/s, p99 {:.1} ms", p99.as_secs_f64() * 1000.0)
        }
        Progress::Note(text) => text.clone(),
    }
}

fn time_left(left: TimeLeft) -> String {
    let (least, most) = (human(left.least), human(left.most));
    if least == most { most } else { format!("{least} to {most}") }
}

fn human(span: Duration) -> String {
    let seconds = span.as_secs();
    if seconds < 60 { format!("{seconds} s") } else { format!("{} min {} s", seconds / 60, seconds % 60) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::progress::InPair;
    use crate::domain::run::Arm;

    #[test]
    fn of_pairs_it_is_told_when_they_may_be_over_at_the_earliest() {
        let pair = InPair { number: 3, least: 10, most: 32, arm: Arm::Baseline, is_first: true };
        let left = TimeLeft { least: Duration::from_secs(240), most: Duration::from_secs(900) };
        let progress = Progress::Begins { step: Step::Load, place: Some(Place::Pair(pair)), left: Some(left) };
        let told = "pair 3 of 10 to 32, baseline (first) · load · about 4 min 0 s to 15 min 0 s left";
        assert_eq!(describe(&progress), told);
    }

    #[test]
    fn a_step_is_told_with_its_round_and_the_time_left() {
        let left = TimeLeft { least: Duration::from_secs(75), most: Duration::from_secs(75) };
        let place = Some(Place::Round { number: 2, of: 3 });
        let progress = Progress::Begins { step: Step::Load, place, left: Some(left) };
        assert_eq!(describe(&progress), "round 2/3 · load · about 1 min 15 s left");
        assert_eq!(describe(&later(&progress, Duration::from_secs(16))), "round 2/3 · load · about 59 s left");
        let progress = Progress::Load { rate: 199.6, planned: 200.0, p99: Duration::from_micros(12_340) };
        assert_eq!(describe(&progress), "200 of 200 requests/s, p99 12.3 ms");
    }
}
