//! A side of a comparison as it is judged: the values of its valid rounds by series, and what its queries missed.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::comparison::SideSummary;
use crate::domain::run::{Arm, StoredRound, StoredRun};
use crate::domain::series::{Bucket, SeriesInfo, SeriesKey};

/// The values of a series on one side. Kept by round, because rounds of the same number belong together where both
/// sides were measured in turn.
#[derive(Clone, Debug)]
pub(super) struct Observed {
    /// Values, and of how many events each is a share where that is known.
    by_round: BTreeMap<u16, (f64, Option<f64>)>,
    /// Unit, direction and definition, as measured.
    pub(super) info: SeriesInfo,
    /// Of quantiles, the buckets in which they lie, where they are known.
    pub(super) buckets: Vec<Bucket>,
}

impl Observed {
    /// The values in the order of the rounds, with their median.
    pub(super) fn summary(&self) -> Option<SideSummary> {
        SideSummary::of(self.by_round.values().map(|(value, _)| *value).collect())
    }

    /// The value in a round, and of how many events it is a share where that is known.
    pub(super) fn in_round(&self, number: u16) -> Option<(f64, Option<f64>)> {
        self.by_round.get(&number).copied()
    }

    /// In how many rounds there is a value.
    pub(super) fn rounds(&self) -> usize {
        self.by_round.len()
    }
}

/// A run, indexed.
#[derive(Debug)]
pub(super) struct Side<'a> {
    /// Which side.
    pub(super) arm: Arm,
    /// The run as it was stored.
    pub(super) run: &'a StoredRun,
    valid: Vec<&'a StoredRound>,
    observed: BTreeMap<&'a SeriesKey, Observed>,
    keys: BTreeMap<(&'a str, u16), BTreeSet<&'a SeriesKey>>,
}

impl<'a> Side<'a> {
    /// Indexes a run; its invalid rounds are left out.
    pub(super) fn new(arm: Arm, run: &'a StoredRun) -> Self {
        let valid: Vec<_> = run.rounds.iter().filter(|round| round.invalid.is_none()).collect();
        let mut observed: BTreeMap<&SeriesKey, Observed> = BTreeMap::new();
        let mut keys: BTreeMap<(&str, u16), BTreeSet<&SeriesKey>> = BTreeMap::new();
        for round in &valid {
            for measurement in &round.measurements {
                let key = &measurement.key;
                let fresh = || Observed { by_round: BTreeMap::new(), info: measurement.info, buckets: Vec::new() };
                let series = observed.entry(key).or_insert_with(fresh);
                series.by_round.insert(round.number, (measurement.value, measurement.total));
                series.buckets.extend(measurement.bucket);
                keys.entry((&key.query, key.stage)).or_default().insert(key);
            }
        }
        Self { arm, run, valid, observed, keys }
    }

    /// The rounds that can be trusted, in order.
    pub(super) fn valid_rounds(&self) -> &[&'a StoredRound] {
        &self.valid
    }

    /// The values of a series, if it has any.
    pub(super) fn observed(&self, key: &SeriesKey) -> Option<&Observed> {
        self.observed.get(key)
    }

    /// The series that a query answered in a stage.
    pub(super) fn keys<'s>(&'s self, query: &'s str, stage: u16) -> impl Iterator<Item = &'s SeriesKey> {
        self.keys.get(&(query, stage)).into_iter().flatten().copied()
    }

    /// The stages in which a query was asked.
    pub(super) fn stages(&self, query: &str) -> BTreeSet<u16> {
        let answered = self.keys.keys().filter(|(name, _)| *name == query).map(|(_, stage)| *stage);
        let missed = self.valid.iter().flat_map(|round| &round.missing);
        answered.chain(missed.filter(|missing| missing.query == query).map(|missing| missing.stage)).collect()
    }

    /// Why a query gave nothing in a stage, as the first round that missed it says.
    pub(super) fn missing(&self, query: &str, stage: u16) -> Option<&'a str> {
        let mut all = self.valid.iter().flat_map(|round| &round.missing);
        all.find(|missing| missing.query == query && missing.stage == stage).map(|missing| missing.reason.as_str())
    }
}
