//! Figures as people read them: values with their spread, changes, limits, loads, times.

use std::time::Duration;

use time::OffsetDateTime;
use time::macros::format_description;

use crate::domain::comparison::{Evidence, SeriesComparison, SideSummary};
use crate::domain::limit::{Direction, Limit, LimitText, Quantity, Unit};
use crate::domain::run::StageLoad;
use crate::domain::verdict::Verdict;

/// Stands where there is no value.
pub(super) const NONE: &str = "-";
/// Stands where an interval has no bound.
const OPEN: &str = "…";

/// A median in its unit, `1.24 ms`.
pub(super) fn median(side: Option<&SideSummary>, unit: Unit) -> String {
    side.map_or_else(|| NONE.to_owned(), |side| Quantity(side.median, unit).to_string())
}

/// A median with the spread of its rounds, `1.24 ms ±2.0%`.
pub(super) fn median_and_spread(side: Option<&SideSummary>, unit: Unit) -> String {
    let spread = side.and_then(spread).map(|spread| format!(" ±{}", percent(spread))).unwrap_or_default();
    format!("{}{spread}", median(side, unit))
}

/// A median with the number of its rounds and their spread, `1.24 ms (3, ±2.0%)`.
pub(super) fn with_noise(side: Option<&SideSummary>, unit: Unit) -> String {
    let Some(side) = side else {
        return NONE.to_owned();
    };
    let spread = spread(side).map(|spread| format!(", ±{}", percent(spread))).unwrap_or_default();
    format!("{} ({}{spread})", median(Some(side), unit), side.values.len())
}

/// The spread alone, `±2.0%`.
pub(super) fn spread_text(side: &SideSummary) -> String {
    spread(side).map_or_else(|| NONE.to_owned(), |spread| format!("±{}", percent(spread)))
}

/// Half the range of the rounds over their median; none of a single round or around 0.
pub(super) fn spread(side: &SideSummary) -> Option<f64> {
    let SideSummary { values, median } = side;
    let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
    (values.len() > 1 && *median != 0.0).then(|| (highest - lowest) / 2.0 / median.abs())
}

/// A share, `2.5%`, `104%`.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent.abs() < 9.95 { format!("{percent:.1}%") } else { format!("{percent:.0}%") }
}

/// A relative change with its sign, `+2.5%`.
pub(super) fn signed(change: f64) -> String {
    let sign = if change < 0.0 { "" } else { "+" };
    format!("{sign}{}", percent(change))
}

/// A size without sign, `2.5%`, or `0.31pp`, `120 us` where it is a difference.
pub(super) fn size(size: f64, is_relative: bool, unit: Unit) -> String {
    match unit {
        _ if is_relative => percent(size),
        // Points, so that it can't be taken for a relative change.
        Unit::Ratio => format!("{:.2}pp", size * 100.0),
        _ => Quantity(size, unit).to_string(),
    }
}

/// An effect with its sign, `+2.5%`, `-0.31pp`.
fn effect(effect: f64, is_relative: bool, unit: Unit) -> String {
    let sign = if effect < 0.0 { "" } else { "+" };
    format!("{sign}{}", size(effect, is_relative, unit))
}

/// The estimated change with its interval, `+2.5% [+1.2%, +3.9%]`; without an estimate the change of the medians.
pub(super) fn change_and_interval(series: &SeriesComparison) -> String {
    let interval = series.estimate.as_ref().filter(|estimate| estimate.lower.or(estimate.upper).is_some());
    let interval = interval.map(|estimate| {
        let bound = |bound: Option<f64>| {
            bound.map_or_else(|| OPEN.to_owned(), |bound| effect(bound, estimate.is_relative, series.unit))
        };
        format!(" [{}, {}]", bound(estimate.lower), bound(estimate.upper))
    });
    change(series) + &interval.unwrap_or_default()
}

/// The title of a column of changes: with the confidence of their intervals, where all have the same.
pub(super) fn change_title(all: &[&SeriesComparison]) -> String {
    let mut levels = all.iter().filter_map(|series| Some(series.estimate.as_ref()?.confidence));
    match levels.next() {
        None => "change".to_owned(),
        Some(level) if levels.all(|other| other == level) => format!("change [{}]", confidence(level)),
        Some(_) => "change [interval]".to_owned(),
    }
}

/// A confidence, `95%`, `98.3%`.
fn confidence(level: f64) -> String {
    let text = format!("{:.1}", level * 100.0);
    format!("{}%", text.strip_suffix(".0").unwrap_or(&text))
}

/// A change with its sign: as estimated by pairs of rounds, else of the medians; the two values where there is no
/// relative one.
pub(super) fn change(series: &SeriesComparison) -> String {
    if let Some(estimate) = &series.estimate {
        return effect(estimate.effect, estimate.is_relative, series.unit);
    }
    match (series.change, &series.baseline, &series.candidate) {
        (Some(change), ..) => signed(change),
        (None, Some(from), Some(to)) if from.median != to.median => {
            format!("from {}", Quantity(from.median, series.unit))
        }
        (None, Some(_), Some(_)) => "+0.0%".to_owned(),
        _ => NONE.to_owned(),
    }
}

/// The limit that the verdict is measured against: of a warning the one that warns. For an improvement its own, or the
/// mirrored one: under `+25%` it takes `-20%`, because from there back would be +25 %. What pairs leave undecided is whether
/// it is worse, whichever way it looks.
pub(super) fn limit(series: &SeriesComparison) -> String {
    let Some(limit) = &series.limit else {
        return "none".to_owned();
    };
    let text = |limit: &Limit, direction| LimitText(limit, series.unit, direction).to_string();
    match (&series.counted, series.verdict) {
        (Some(counted), Verdict::Improvement) => return text(counted, opposite(series.direction)),
        (Some(counted), _) => return text(counted, series.direction),
        (None, _) => {}
    }
    let change = series.estimate.as_ref().map(|estimate| estimate.effect).or(series.change);
    let is_better = match series.direction {
        Direction::Lower => change.is_some_and(|change| change < 0.0),
        Direction::Higher => change.is_some_and(|change| change > 0.0),
    };
    let is_open = series.verdict == Verdict::Inconclusive && series.evidence != Evidence::Paired;
    if series.verdict == Verdict::Improvement || (is_open && is_better) {
        mirrored(limit, series.unit, series.direction)
    } else {
        text(limit, series.direction)
    }
}

fn opposite(direction: Direction) -> Direction {
    match direction {
        Direction::Lower => Direction::Higher,
        Direction::Higher => Direction::Lower,
    }
}

fn mirrored(limit: &Limit, unit: Unit, direction: Direction) -> String {
    let relative = limit.relative.map(|part| match direction {
        Direction::Lower => part / (1.0 + part),
        Direction::Higher => part / (1.0 - part),
    });
    LimitText(&Limit { relative, absolute: limit.absolute }, unit, opposite(direction)).to_string()
}

/// Planned and achieved load over all rounds and stages; none without rounds.
pub(super) fn load(load: &[StageLoad]) -> Option<String> {
    let rounds = load.len();
    if rounds == 0 {
        return None;
    }
    let sum = |of: fn(&StageLoad) -> f64| load.iter().map(of).sum::<f64>();
    let (planned, achieved) = (sum(|stage| stage.planned_rate), sum(|stage| stage.achieved_rate));
    let failed: u64 = load.iter().map(|stage| stage.failed).sum();
    let scheduled: u64 = load.iter().map(|stage| stage.scheduled).sum();
    let mean = |sum: f64| Quantity(sum / rounds as f64, Unit::PerSecond);
    let share = 100.0 * achieved / planned;
    Some(format!(
        "{} achieved of {} planned ({share:.1}%), {failed} of {scheduled} requests failed",
        mean(achieved),
        mean(planned)
    ))
}

/// A length of time, `52 s`, `4 min 12 s`, `1 h 3 min`.
pub(super) fn elapsed(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// A point in time in UTC to the second, `2026-11-20 17:35:16 UTC`.
pub(super) fn instant(at: OffsetDateTime) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
    // Formatting fails only for components that an instant does not have.
    at.to_offset(time::UtcOffset::UTC).format(&format).unwrap_or_else(|_| NONE.to_owned())
}

/// A number of things, `1 round`, `3 rounds`; the plural takes an s.
pub(super) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreads_are_half_the_range() {
        let side = |values: &[f64], median| SideSummary { values: values.to_vec(), median };
        let of = |side: &SideSummary| median_and_spread(Some(side), Unit::Seconds);
        assert_eq!(of(&side(&[0.9, 1.0, 1.1], 1.0)), "1 s ±10%");
        assert_eq!(of(&side(&[1.0], 1.0)), "1 s");
        assert_eq!(of(&side(&[0.0, 0.0], 0.0)), "0 s");
        assert_eq!(median_and_spread(None, Unit::Seconds), "-");
    }

    #[test]
    fn the_limit_of_an_improvement_is_mirrored() {
        let quarter = Limit { relative: Some(0.25), absolute: Some(0.001) };
        assert_eq!(mirrored(&quarter, Unit::Seconds, Direction::Lower), "-20% and 1 ms");
        assert_eq!(mirrored(&Limit { absolute: None, ..quarter }, Unit::PerSecond, Direction::Higher), "+33.3%");
    }

    #[test]
    fn times() {
        let of = |seconds| elapsed(Duration::from_secs(seconds));
        assert_eq!([of(52), of(252), of(3800)], ["52 s", "4 min 12 s", "1 h 3 min"]);
        assert_eq!(instant(OffsetDateTime::UNIX_EPOCH), "1970-01-01 00:00:00 UTC");
    }
}
