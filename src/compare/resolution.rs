//! Whether a histogram's buckets are fine enough for a limit: inside a bucket a quantile is interpolated, and what
//! moves it there is not what happened.

use crate::domain::limit::{Direction, Limit, LimitText, Quantity, Unit};
use crate::domain::series::Bucket;

use super::movement::{Movement, Size};
use super::side::Observed;

/// How much wider than the limit a bucket may be. At 4, a true change of 5 % appears as one of 2 to 7 % at a factor of
/// 1.2 between bounds, and at the factors of 2 that are common as one of 0 to 19 %.
const WIDEST: f64 = 4.0;
/// Bounds are written with few digits: 1.2 times one is not exactly the next.
const ROUNDING: f64 = 1.01;

/// Why a series can't decide, where the quantile of most rounds of a side lies in too coarse a bucket. None also where
/// the buckets' bounds alone show a change beyond the limit: what goes from a fine bucket to the last one is no doubt.
pub(super) fn too_coarse(
    baseline: &Observed,
    candidate: &Observed,
    limit: &Limit,
    unit: Unit,
    direction: Direction,
) -> Option<String> {
    let mut sides = [candidate, baseline].into_iter();
    let bucket = sides.find_map(|side| mostly_coarse(&side.buckets, side.rounds(), limit))?;
    if is_shown_by_bounds(&baseline.buckets, &candidate.buckets, limit, direction) {
        return None;
    }
    let lower = Quantity(bucket.lower, unit);
    let place = match bucket.upper {
        Some(upper) => format!("between {lower} and {}", Quantity(upper, unit)),
        None => format!("above {lower}, the last bound"),
    };
    Some(format!(
        "buckets too coarse: it lies {place}, which tells nothing of {}; use finer buckets or native histograms, and \
         let means and the generator's own quantiles decide (queries/load.yaml)",
        LimitText(limit, unit, direction)
    ))
}

/// Whether the least change that the bounds allow is beyond the limit, whichever way.
fn is_shown_by_bounds(baseline: &[Bucket], candidate: &[Bucket], limit: &Limit, direction: Direction) -> bool {
    let lowest = |side: &[Bucket]| side.iter().map(|bucket| bucket.lower).fold(f64::INFINITY, f64::min);
    let highest = |side: &[Bucket]| {
        side.iter().map(|bucket| bucket.upper.unwrap_or(f64::INFINITY)).fold(f64::NEG_INFINITY, f64::max)
    };
    let is_beyond = |baseline, candidate| {
        let size = Movement { baseline, candidate, direction }.size(limit);
        matches!(size, Size::Worse(limits) | Size::Better(limits) if limits >= 1.0)
    };
    let (risen, fallen) = ((highest(baseline), lowest(candidate)), (lowest(baseline), highest(candidate)));
    (risen.0 < risen.1 && is_beyond(risen.0, risen.1)) || (fallen.1 < fallen.0 && is_beyond(fallen.0, fallen.1))
}

fn mostly_coarse(buckets: &[Bucket], rounds: usize, limit: &Limit) -> Option<Bucket> {
    let coarse = || buckets.iter().copied().filter(|bucket| is_coarse(bucket, limit));
    if coarse().count() * 2 > rounds { coarse().next() } else { None }
}

fn is_coarse(bucket: &Bucket, limit: &Limit) -> bool {
    let Some(upper) = bucket.upper else { return true };
    // A change counts only beyond both parts, so a bucket that is finer than either will do.
    let absolute = limit.absolute.is_some_and(|part| upper - bucket.lower <= part * ROUNDING);
    let relative = limit.relative.is_some_and(|part| upper / bucket.lower - 1.0 <= WIDEST * part * ROUNDING);
    !absolute && !relative
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(relative: Option<f64>, absolute: Option<f64>) -> Limit {
        Limit { relative, absolute }
    }

    #[test]
    fn the_width_of_a_bucket_is_measured_by_the_limit() {
        let coarse = |lower, upper, relative, absolute| is_coarse(&Bucket { lower, upper }, &limit(relative, absolute));
        assert!(!coarse(0.001, Some(0.0011), Some(0.03), None));
        assert!(!coarse(0.00144, Some(0.00173), Some(0.05), None));
        assert!(coarse(0.00144, Some(0.00173), Some(0.03), None));
        assert!(coarse(0.005, Some(0.01), Some(0.05), None));
        assert!(coarse(0.0, Some(0.005), Some(0.25), None));
        assert!(coarse(0.0, Some(0.005), Some(0.25), Some(0.001)));
        assert!(!coarse(0.0, Some(0.005), Some(0.25), Some(0.005)));
        assert!(!coarse(0.0001, Some(0.00025), Some(0.25), Some(0.001)));
        assert!(coarse(10.0, None, Some(9.0), Some(1e9)));
    }

    #[test]
    fn a_change_that_the_bounds_themselves_show_needs_no_finer_ones() {
        let bucket = |lower, upper| [Bucket { lower, upper }];
        let (fine, wide, last) = (bucket(0.008, Some(0.009)), bucket(0.25, Some(0.5)), bucket(0.5, None));
        let neighbour = bucket(0.009, Some(0.5));
        let limit = limit(Some(0.25), None);
        let shown = |before: &[Bucket], after: &[Bucket]| is_shown_by_bounds(before, after, &limit, Direction::Lower);
        assert!(shown(&fine, &wide) && shown(&fine, &last) && shown(&wide, &fine) && shown(&last, &fine));
        assert!(!shown(&fine, &neighbour) && !shown(&wide, &wide) && !shown(&wide, &last) && !shown(&last, &last));
    }

    #[test]
    fn one_round_of_three_in_a_coarse_bucket_is_no_reason() {
        let (fine, coarse) = (Bucket { lower: 1.0, upper: Some(1.1) }, Bucket { lower: 0.0, upper: Some(1.0) });
        let limit = limit(Some(0.1), None);
        assert_eq!(mostly_coarse(&[fine, coarse, fine], 3, &limit), None);
        assert_eq!(mostly_coarse(&[fine, coarse, coarse], 3, &limit), Some(coarse));
        assert_eq!(mostly_coarse(&[coarse], 3, &limit), None);
    }
}
