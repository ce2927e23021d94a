//! Which series a reader must see, and which are folded into a count.

use crate::domain::comparison::{Comparison, SeriesComparison, Tier};
use crate::domain::verdict::Verdict;

/// The series of a comparison, by how much of a reader's time they deserve.
#[derive(Debug, Default)]
pub(super) struct Selection<'a> {
    /// Something to see, the worst first.
    pub(super) shown: Vec<&'a SeriesComparison>,
    /// Nothing to see.
    pub(super) folded: Vec<&'a SeriesComparison>,
    unchanged: usize,
    without_limit: usize,
    without_baseline: usize,
}

impl<'a> Selection<'a> {
    /// Sorts the series of a comparison.
    pub(super) fn of(comparison: &'a Comparison) -> Self {
        let mut selection = Self::default();
        for series in &comparison.series {
            let count = match series.verdict {
                Verdict::Unchanged => &mut selection.unchanged,
                Verdict::NoBaseline => &mut selection.without_baseline,
                Verdict::Inconclusive | Verdict::New if series.limit.is_none() => &mut selection.without_limit,
                _ => {
                    selection.shown.push(series);
                    continue;
                }
            };
            *count += 1;
            selection.folded.push(series);
        }
        // What only warns comes after what fails.
        selection.shown.sort_by_key(|series| (series.verdict, is_warning(series)));
        selection
    }

    /// `14 unchanged, 2 without limit`; empty if nothing is folded.
    pub(super) fn folded_line(&self) -> String {
        let counts = [
            (self.unchanged, "unchanged"),
            (self.without_baseline, "measured without baseline"),
            (self.without_limit, "without limit"),
        ];
        let parts = counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
        parts.collect::<Vec<_>>().join(", ")
    }

    /// Whether a series that is shown does not decide the job's verdict.
    pub(super) fn has_secondary(&self) -> bool {
        self.shown.iter().any(|series| !series.primary)
    }
}

/// Whether a series is worse, but only by the limit that warns.
pub(super) fn is_warning(series: &SeriesComparison) -> bool {
    series.verdict == Verdict::Regression && series.tier == Some(Tier::Warn)
}

/// The verdict of a series, in parentheses where it does not decide the job's.
pub(super) fn verdict_word(series: &SeriesComparison) -> String {
    let word = match series.verdict {
        Verdict::Inconclusive if series.limit.is_none() => return "not judged".to_owned(),
        Verdict::Regression if is_warning(series) => "warning",
        Verdict::Gone if series.required => "gone, required",
        verdict => verdict.as_str(),
    };
    match &series.muted {
        Some(_) => format!("({word}, muted)"),
        None if series.primary => word.to_owned(),
        None => format!("({word})"),
    }
}
