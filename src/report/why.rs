//! What is to be said of a series beside its figures: why, what noise hides and what would decide it, why it is muted.

use crate::domain::comparison::{Estimate, SeriesComparison};
use crate::domain::verdict::Verdict;

use super::evidence::MOST_PAIRS;
use super::figures;
use super::phrase::Phrase;
use super::selection::is_warning;

/// One sentence; none where the figures say it all.
pub(super) fn why(series: &SeriesComparison) -> Option<Phrase> {
    let reason = reason(series).map(|reason| Phrase::default().foreign(reason));
    let all = reason.into_iter().chain(warning(series)).chain(outlook(series)).chain(muted(series));
    all.reduce(|told, next| told.own("; ").then(next))
}

/// Why it has this verdict. That a series without a limit is not judged is said by its word already.
pub(super) fn reason(series: &SeriesComparison) -> Option<&str> {
    let is_news = series.limit.is_some() || series.verdict == Verdict::NoData;
    series.reason.as_deref().filter(|_| is_news)
}

fn warning(series: &SeriesComparison) -> Option<Phrase> {
    is_warning(series).then(|| Phrase::new("beyond the limit that warns, within the one that fails"))
}

/// Of what is undecided: the smallest change that would have been seen, and what would decide it.
fn outlook(series: &SeriesComparison) -> Option<Phrase> {
    let estimate = series.estimate.as_ref().filter(|_| series.verdict == Verdict::Inconclusive)?;
    let seen = estimate.detectable.map(|least| {
        let least = figures::size(least, estimate.is_relative, series.unit);
        Phrase::new(format!("a change of {least} would have been seen four times in five"))
    });
    // A reason that was found says so itself.
    let needed = estimate.pairs_needed.filter(|_| series.reason.is_none());
    let decides = needed.map(|needed| what_decides(estimate, needed));
    seen.into_iter().chain(decides).reduce(|told, next| told.own("; ").then(next))
}

fn what_decides(estimate: &Estimate, needed: u32) -> Phrase {
    if needed > MOST_PAIRS {
        let told = format!(
            "it would take about {needed} pairs to decide it, and a job measures {MOST_PAIRS} at most: lengthen the load \
             window, or widen the limit"
        );
        return Phrase::new(told);
    }
    let more = if needed > u32::from(estimate.pairs) { "" } else { "again " };
    Phrase::new(format!("about {needed} pairs would decide it: measure {more}with ")).code(format!("--rounds {needed}"))
}

fn muted(series: &SeriesComparison) -> Option<Phrase> {
    let muted = series.muted.as_ref()?;
    Some(Phrase::new(format!("muted until {}: ", muted.until)).foreign(&muted.reason))
}
