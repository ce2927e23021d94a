//! Confirmation: what would alert at the first look at stored data does so only where as many fresh rounds say the same.

use crate::domain::comparison::{Comparison, SeriesComparison, Sides, Tier};
use crate::domain::run::StoredRun;
use crate::domain::verdict::Verdict;

use super::comparison::{compare, whole, worst_first};

/// Compares a candidate whose rounds after the first so many were measured to confirm those. The figures are those of all
/// rounds; a series is a regression only where each of the two sets shows it by itself.
pub fn confirm(sides: Sides<'_>, first: u16) -> Comparison {
    let part = |is_of_it: &dyn Fn(u16) -> bool| {
        let rounds = sides.candidate.rounds.iter().filter(|round| is_of_it(round.number)).cloned().collect();
        let candidate = StoredRun { summary: sides.candidate.summary.clone(), rounds };
        compare(Sides { candidate: &candidate, ..sides })
    };
    let parts = [part(&|number| number <= first), part(&|number| number > first)];
    let mut comparison = compare(sides);
    for series in &mut comparison.series {
        let [in_first, in_second] = parts.each_ref().map(|part| alerts_of(part, series));
        if alerts(series) && !(in_first && in_second) {
            series.verdict = Verdict::Inconclusive;
            series.tier = None;
            series.reason = Some(
                match (in_first, in_second) {
                    (true, false) => "a regression in the first set of rounds, which the second does not confirm",
                    (false, true) => "a regression in the second set of rounds alone",
                    _ => "a regression in both sets of rounds together, and in neither by itself",
                }
                .to_owned(),
            );
        }
    }
    comparison.series.sort_by(worst_first);
    comparison.verdict = whole(&comparison.series);
    comparison.method += "; what that showed at first was measured a second time, and counts where both times agree";
    comparison
}

fn alerts_of(part: &Comparison, series: &SeriesComparison) -> bool {
    part.series.iter().any(|one| one.key == series.key && alerts(one))
}

fn alerts(series: &SeriesComparison) -> bool {
    series.verdict == Verdict::Regression && series.tier != Some(Tier::Warn)
}
