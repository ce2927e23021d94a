//! How finely a histogram's buckets tell where a quantile lies.

use std::collections::BTreeMap;

use crate::domain::series::Bucket;
use crate::prometheus::Sample;

/// Upper bounds with how many values lie at or below each; ascending.
type Cumulative = Vec<(f64, f64)>;

/// The histograms that a query's quantiles come from, by the labels that its series keep.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Histograms(BTreeMap<BTreeMap<String, String>, Cumulative>);

impl Histograms {
    /// From samples with the label `le`; native histograms have none. Of several histograms for the same labels none
    /// is kept: the quantile is of neither.
    pub(super) fn of(samples: Vec<Sample>, kept: &[String]) -> Self {
        let mut all: BTreeMap<BTreeMap<String, String>, Cumulative> = BTreeMap::new();
        for Sample { labels, value } in samples {
            let Some(bound) = labels.get("le").and_then(|le| le.parse::<f64>().ok()) else { continue };
            let labels = labels.into_iter().filter(|(name, _)| kept.contains(name)).collect();
            all.entry(labels).or_default().push((bound, value));
        }
        for buckets in all.values_mut() {
            buckets.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        }
        all.retain(|_, buckets| buckets.windows(2).all(|pair| pair[0].0 < pair[1].0));
        Self(all)
    }

    /// The bucket in which a quantile lies, in the unit of its value: a query may turn milliseconds into seconds.
    pub(super) fn bucket(&self, labels: &BTreeMap<String, String>, quantile: f64, value: f64) -> Option<Bucket> {
        let (found, interpolated) = locate(self.0.get(labels)?, quantile)?;
        let scale = value / interpolated;
        // Prometheus adds up in another order.
        let scale = if (scale - 1.0).abs() < 1e-6 { 1.0 } else { scale };
        let is_sound = scale.is_finite() && scale > 0.0;
        is_sound.then(|| Bucket { lower: found.lower * scale, upper: found.upper.map(|upper| upper * scale) })
    }
}

/// The bucket of a quantile, and the value that Prometheus interpolates in it; of the last, its lower bound.
fn locate(buckets: &Cumulative, quantile: f64) -> Option<(Bucket, f64)> {
    let (last, finite) = buckets.split_last()?;
    let (first, _) = finite.first()?;
    if last.0 != f64::INFINITY || last.1 <= 0.0 || *first <= 0.0 {
        return None;
    }
    let rank = quantile * last.1;
    let Some(index) = finite.iter().position(|(_, count)| *count >= rank) else {
        let lower = finite.last()?.0;
        return Some((Bucket { lower, upper: None }, lower));
    };
    let (lower, below) = if index == 0 { (0.0, 0.0) } else { finite[index - 1] };
    let (upper, count) = finite[index];
    let share = if count > below { (rank - below) / (count - below) } else { 1.0 };
    Some((Bucket { lower, upper: Some(upper) }, lower + (upper - lower) * share))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histograms(buckets: &[(&str, f64)]) -> Histograms {
        let sample = |(le, value): &(&str, f64)| Sample {
            labels: [("le", *le), ("endpoint", "/buy")].map(|(n, v)| (n.to_owned(), v.to_owned())).into(),
            value: *value,
        };
        Histograms::of(buckets.iter().map(sample).collect(), &["endpoint".to_owned()])
    }

    fn labels() -> BTreeMap<String, String> {
        [("endpoint".to_owned(), "/buy".to_owned())].into()
    }

    const LATENCY: [(&str, f64); 4] = [("+Inf", 100.0), ("0.01", 90.0), ("0.005", 60.0), ("0.025", 98.0)];

    #[test]
    fn a_quantile_lies_in_the_first_bucket_that_reaches_its_rank() {
        let found = |quantile, value| histograms(&LATENCY).bucket(&labels(), quantile, value).unwrap();
        // As Prometheus interpolates: half of 100 is 50 of the 60 in the first.
        assert_eq!(found(0.5, 0.005 * 50.0 / 60.0), Bucket { lower: 0.0, upper: Some(0.005) });
        assert_eq!(found(0.9, 0.01), Bucket { lower: 0.005, upper: Some(0.01) });
        assert_eq!(found(0.99, 0.025), Bucket { lower: 0.025, upper: None });
    }

    #[test]
    fn bounds_are_in_the_unit_of_the_value() {
        let found = histograms(&LATENCY).bucket(&labels(), 0.9, 10.0).unwrap();
        assert_eq!(found, Bucket { lower: 5.0, upper: Some(10.0) });
    }

    #[test]
    fn what_is_no_single_classic_histogram_has_none() {
        let bucket = |histograms: Histograms| histograms.bucket(&labels(), 0.5, 0.004);
        assert_eq!(bucket(histograms(&[])), None);
        assert_eq!(bucket(histograms(&[("+Inf", 10.0)])), None);
        assert_eq!(bucket(histograms(&[("1", 0.0), ("+Inf", 0.0)])), None);
        assert_eq!(bucket(histograms(&[("-1", 1.0), ("+Inf", 2.0)])), None);
        assert_eq!(bucket(histograms(&[LATENCY.as_slice(), &LATENCY].concat())), None);
        assert_eq!(histograms(&LATENCY).bucket(&BTreeMap::new(), 0.5, 0.004), None);
    }
}
