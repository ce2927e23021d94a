//! How many events each series of a ratio is of.

use std::collections::BTreeMap;

use crate::domain::series::Measurement;
use crate::prometheus::Sample;

/// The answers to a query's `total`, by the labels that its series keep.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Totals(BTreeMap<BTreeMap<String, String>, f64>);

impl Totals {
    /// Of the samples of one window; what is no number of events is left out. Or why they are of no use.
    pub(super) fn of(samples: Vec<Sample>, kept: &[String]) -> Result<Self, String> {
        if samples.is_empty() {
            return Err("it gave nothing".to_owned());
        }
        let mut totals = BTreeMap::new();
        for Sample { labels, value } in samples {
            let labels = labels.into_iter().filter(|(name, _)| kept.contains(name)).collect();
            if totals.insert(labels, value).is_some() {
                return Err("it gave several values for a series; aggregate them by the labels of the query".to_owned());
            }
        }
        totals.retain(|_, value| value.is_finite() && *value >= 0.0);
        Ok(Self(totals))
    }

    /// Adds them to the measurements of their window. Where they fit none of these, that is returned.
    pub(super) fn add_to(&self, measurements: &mut [Measurement]) -> Option<&'static str> {
        for measurement in measurements.iter_mut() {
            let mut labels = measurement.key.labels.clone();
            labels.remove("q");
            measurement.total = self.0.get(&labels).copied();
        }
        let fits_none = measurements.iter().all(|measurement| measurement.total.is_none());
        (fits_none && !self.0.is_empty())
            .then_some("its `total` fits none of its series: both must keep the same labels")
    }
}
