//! The first line of a report: the outcome, and the one fact behind it that matters most.

use crate::domain::comparison::{Comparison, SeriesComparison};
use crate::domain::limit::Quantity;
use crate::domain::run::StoredRun;
use crate::domain::verdict::{Outcome, Verdict};

use super::clean;
use super::evidence::decided_by;
use super::figures;
use super::model::{Body, Failure, ReportModel};
use super::phrase::Phrase;
use super::selection::is_warning;
use super::style::Ink;

/// The outcome as the words of a headline: `regression`, `no baseline`, `service failed (build)`.
pub(super) fn label(outcome: &Outcome) -> String {
    match outcome {
        Outcome::ServiceFailed(how) => format!("service failed ({})", how.as_str()),
        other => other.to_string().replace('-', " "),
    }
}

/// The label of a report: it says, too, where the configuration is at fault, which the outcome doesn't.
pub(super) fn report_label(model: &ReportModel) -> String {
    match &model.body {
        Body::Failure(Failure { is_configuration: true, .. }) => "configuration refused".to_owned(),
        _ => label(&model.outcome),
    }
}

/// What an outcome means to the reader.
pub(super) fn ink(outcome: &Outcome) -> Ink {
    match outcome {
        Outcome::Verdict(verdict) => verdict_ink(*verdict),
        Outcome::Measured => Ink::Good,
        Outcome::ServiceFailed(_) | Outcome::InfrastructureFailed | Outcome::Discarded => Ink::Bad,
        Outcome::Cancelled | Outcome::Superseded => Ink::Unsure,
    }
}

/// What a verdict means to the reader.
pub(super) fn verdict_ink(verdict: Verdict) -> Ink {
    match verdict {
        Verdict::Regression => Ink::Bad,
        Verdict::Improvement | Verdict::New | Verdict::Unchanged => Ink::Good,
        Verdict::Invalid | Verdict::Gone | Verdict::NoData | Verdict::NoBaseline | Verdict::Inconclusive => Ink::Unsure,
    }
}

/// What the verdict of a series means to the reader.
pub(super) fn series_ink(series: &SeriesComparison) -> Ink {
    if is_warning(series) { Ink::Unsure } else { verdict_ink(series.verdict) }
}

/// The sentence after the label.
pub(super) fn sentence(model: &ReportModel) -> Phrase {
    match &model.body {
        Body::Comparison(comparison) => of_comparison(comparison).own(decided_by(comparison)),
        Body::Failure(failure) => Phrase::default().foreign(&failure.reason),
        Body::Master(run) if model.outcome == Outcome::Verdict(Verdict::Invalid) => no_master(run),
        Body::Master(run) => {
            let valid = run.rounds.iter().filter(|round| round.invalid.is_none()).count();
            let rounds = figures::count(valid, "valid round");
            if model.is_stored_already(run) {
                let (set, run) = (model.revision.short(), &run.summary);
                let since = figures::instant(run.started_at);
                return Phrase::new(format!("the master set of {set} is stored since {since}, run {}", run.id.short()))
                    .own(format!(", {rounds}: not measured again"));
            }
            Phrase::new(format!("the master set of {} is stored, {rounds}", model.revision.short()))
        }
    }
}

/// The primary series, of which some have the verdict of the whole.
struct Deciding<'a> {
    all: usize,
    these: Vec<&'a SeriesComparison>,
}

impl Deciding<'_> {
    /// What became of series without a counterpart, of one and of many.
    fn news(&self) -> [&'static str; 2] {
        let gone = self.these.iter().filter(|series| series.verdict == Verdict::Gone).count();
        match gone {
            0 => ["is new, the others within their limits", "are new, the others within their limits"],
            gone if gone == self.these.len() => {
                ["is gone, the others within their limits", "are gone, the others within their limits"]
            }
            _ => ["is new or gone, the others within their limits", "are new or gone, the others within their limits"],
        }
    }

    /// Why all of them have the verdict, where that is not of each by itself.
    fn one_reason(&self) -> Option<&str> {
        let reason = self.these.first()?.reason.as_deref()?;
        let is_of_all = self.these.len() == self.all && self.all > 1;
        let agree = || self.these.iter().all(|series| series.reason.as_deref() == Some(reason));
        (is_of_all && agree()).then_some(reason)
    }
}

/// A run that was to be a master set, and can't be one.
fn no_master(run: &StoredRun) -> Phrase {
    let invalid = run.rounds.iter().find_map(|round| Some((round.number, round.invalid.as_ref()?)));
    match invalid {
        Some((number, reason)) => {
            Phrase::new(format!("no master set, round {number} of {} is invalid: ", run.rounds.len())).foreign(reason)
        }
        None => Phrase::new("no master set, no round was measured"),
    }
}

fn of_comparison(comparison: &Comparison) -> Phrase {
    let verdict = comparison.verdict;
    let primary = || comparison.series.iter().filter(|series| series.primary);
    let is_required = primary().any(|one| one.verdict == Verdict::Gone && one.required);
    let these =
        primary().filter(|one| decides(one, verdict) && (verdict != Verdict::Gone || one.required >= is_required));
    let deciding = Deciding { all: primary().count(), these: these.collect() };
    let [one, many] = match verdict {
        Verdict::Regression => ["is worse", "are worse"],
        Verdict::Improvement => ["is better", "are better"],
        Verdict::Inconclusive => ["may have changed", "may have changed"],
        Verdict::Gone => ["of the baseline is missing here", "of the baseline are missing here"],
        Verdict::NoData => ["has no data", "have no data"],
        Verdict::Invalid => ["can't be judged", "can't be judged"],
        Verdict::New => deciding.news(),
        Verdict::Unchanged => return unchanged(&deciding, primary().find(|one| is_warning(one))),
        Verdict::NoBaseline => return no_baseline(comparison, deciding.all),
    };
    let Some(first) = deciding.these.first() else {
        return Phrase::new("nothing could be judged: no primary series has a limit");
    };
    if let Some(reason) = deciding.one_reason().filter(|_| verdict == Verdict::Invalid) {
        return Phrase::new("nothing can be judged: ").foreign(reason);
    }
    let predicate = if deciding.these.len() == 1 { one } else { many };
    let opening = Phrase::new(format!("{} of {} series {predicate}", deciding.these.len(), deciding.all));
    match verdict {
        Verdict::Regression | Verdict::Improvement | Verdict::Inconclusive => {
            let opening = opening.own(if deciding.these.len() == 1 { ": " } else { ", most of all " });
            moved(opening.foreign(clean::series(&first.key)), first)
        }
        Verdict::New => opening,
        _ => {
            let named = opening.own(": ").foreign(clean::series(&first.key));
            match &first.reason {
                Some(reason) => named.own(": ").foreign(reason),
                _ => named,
            }
        }
    }
}

/// Whether a primary series is one of those that gave the whole this verdict. What only warns does not, and what is gone
/// without being required counts as what is new.
fn decides(series: &SeriesComparison, verdict: Verdict) -> bool {
    match verdict {
        Verdict::Regression => series.verdict == verdict && !is_warning(series),
        Verdict::New => series.verdict == verdict || (series.verdict == Verdict::Gone && !series.required),
        _ => series.verdict == verdict,
    }
}

fn moved(phrase: Phrase, series: &SeriesComparison) -> Phrase {
    let limit = figures::limit(series);
    match (series.change, &series.candidate) {
        (None, Some(candidate)) if series.estimate.is_none() => {
            phrase.own(format!(" from 0 to {} (limit {limit})", Quantity(candidate.median, series.unit)))
        }
        _ => phrase.own(format!(" by {} (limit {limit})", figures::change(series))),
    }
}

fn unchanged(deciding: &Deciding<'_>, warning: Option<&SeriesComparison>) -> Phrase {
    let told = match deciding.all {
        1 => "1 series judged, within its limit".to_owned(),
        all => format!("{all} series judged, all within their limits"),
    };
    match warning {
        None => Phrase::new(told),
        Some(series) => {
            let named = Phrase::new(told).own(", with a warning: ").foreign(clean::series(&series.key));
            named.own(format!(" by {}", figures::change(series)))
        }
    }
}

fn no_baseline(comparison: &Comparison, all: usize) -> Phrase {
    Phrase::new(match comparison.baseline {
        None => "measured, but there is no master set to compare with".to_owned(),
        Some(_) => format!("measured, but none of its {all} series is in the baseline"),
    })
}
