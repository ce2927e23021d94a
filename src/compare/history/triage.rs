//! Where a candidate stands among the master sets of the past: enough to pass it, never enough to accuse it.

use std::collections::BTreeMap;

use time::Date;

use super::changes::{DEFAULT_LIMIT, changes};
use super::level::{MAD_TO_SD, median};
use crate::domain::comparison::SideSummary;
use crate::domain::history::{PastMedian, PastRun};
use crate::domain::limit::Limit;
use crate::domain::query::Query;
use crate::domain::run::StoredRun;
use crate::domain::series::{SeriesInfo, SeriesKey};

/// Fewer values of the past say nothing of the noise.
pub const FEWEST: usize = 10;
/// A candidate may lie so much farther from the past than it seems to, in robust standard deviations.
const DOUBT: f64 = 2.0;
/// So many master sets are the newest: a candidate is held against these by themselves, too, as a change that came with the
/// last few of them is no step yet.
const NEWEST: usize = 3;
/// The least standard deviation of a past whose values are all alike, of a ratio.
const FLOOR: f64 = 0.005;
/// The seed of the search for steps in the past: the same past is always cut at the same places.
const SEED: u64 = 1;

/// Where a value stands among those of the past.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Standing {
    /// How far it is from their median, in robust standard deviations of a new value; positive where it is higher.
    pub z: f64,
    /// The median of the past.
    pub median: f64,
    /// How many values of the past there are.
    pub points: usize,
    /// How far it is from their median at most, in either direction, by two robust standard deviations more than it seems,
    /// in itself.
    pub most: f64,
    /// How far one that lies on their median is from it at most.
    pub least_most: f64,
    /// How far it is from the median of the newest of them, in either direction, in itself.
    pub from_newest: f64,
}

/// What the past says of a candidate.
#[derive(Clone, PartialEq, Debug)]
pub enum Triage {
    /// Every primary series is where it was.
    Passed,
    /// Only pairs of rounds can tell; why.
    NeedsPairs(String),
    /// A primary series has only so many comparable master sets since its last step.
    TooFew(usize),
}

impl Standing {
    /// Whether the past suffices to pass it: what it may have changed by is less than what counts. To be as near as noise
    /// brings most values would not do: where noise is as large as the limit, three of four changes by the limit are.
    fn passes(&self, limit: Option<&Limit>) -> bool {
        let is_less = |change: f64, limit: &Limit| change == 0.0 || change < self.counts(limit);
        limit.is_none_or(|limit| is_less(self.most, limit) && is_less(self.from_newest, limit))
    }

    /// Whether the past varies too much to pass any value.
    fn passes_none(&self, limit: Option<&Limit>) -> bool {
        limit.is_some_and(|limit| self.least_most > 0.0 && self.least_most >= self.counts(limit))
    }

    /// The least change that counts: both parts of a limit have to be passed.
    fn counts(&self, limit: &Limit) -> f64 {
        let relative = limit.relative.map_or(0.0, |part| part * self.median.abs());
        relative.max(limit.absolute.unwrap_or(0.0))
    }
}

/// Where a value stands among those of the past, the oldest first, since their last step. By ratios if all are positive,
/// else by differences. `limit` is the relative change that the search for steps goes by.
///
/// # Errors
/// There are too few values since the last step; how many there are.
pub fn standing(value: f64, past: &[f64], limit: Option<f64>) -> Result<Standing, usize> {
    let last_step = changes(past, limit.unwrap_or(DEFAULT_LIMIT), SEED).points.last().map_or(0, |step| step.at);
    let past = &past[last_step..];
    let points = past.len();
    let center = median(past.to_vec()).filter(|_| points >= FEWEST).ok_or(points)?;
    let is_log = value > 0.0 && past.iter().all(|past| *past > 0.0);
    let scaled = |value: f64| if is_log { value.ln() } else { value };
    let off = past.iter().map(|past| (scaled(*past) - scaled(center)).abs()).collect();
    let spread = match MAD_TO_SD * median(off).unwrap_or(0.0) {
        0.0 if is_log => FLOOR,
        0.0 => FLOOR * center.abs(),
        spread => spread,
    };
    let newest = median(past[points - NEWEST.min(points)..].to_vec()).unwrap_or(center);
    let distance = scaled(value) - scaled(center);
    // A new value differs from the median of n by its own noise and by that of the median.
    let spread = spread * (1.0 + 1.0 / points as f64).sqrt();
    let z = if distance == 0.0 { 0.0 } else { distance / spread };
    let farthest = |distance: f64| match distance.abs() + DOUBT * spread {
        logarithm if is_log => center * logarithm.exp_m1(),
        plain => plain,
    };
    let (most, least_most) = (farthest(distance), farthest(0.0));
    Ok(Standing { z, median: center, points, most, least_most, from_newest: (value - newest).abs() })
}

/// Whether the master sets of the past, the oldest first, all of the candidate's benchmark, measurement hash and machine
/// class, suffice to pass a candidate: every primary series is there, and surely within its limit.
/// `queries` are those in force, `today` the day by UTC.
pub fn triage(candidate: &StoredRun, past: &[PastRun], queries: &[Query], today: Date) -> Triage {
    if let Some(round) = candidate.rounds.iter().find(|round| round.invalid.is_some()) {
        return Triage::NeedsPairs(format!("round {} of the candidate is invalid", round.number));
    }
    let now = values(candidate);
    let terms = |key: &SeriesKey| {
        let query = queries.iter().find(|query| query.name == key.query)?;
        Some(query.terms(key, today)).filter(|terms| terms.primary)
    };
    let primary: Vec<_> = now.iter().filter_map(|(form, values)| Some((form, values, terms(form.key)?))).collect();
    if let Some(lacks) = lacking(&now, past, queries, today, |key| terms(key).is_some()) {
        return Triage::NeedsPairs(format!("the candidate lacks {lacks}"));
    }
    let all = candidate.rounds.len();
    if let Some((form, values, _)) = primary.iter().find(|(_, values, _)| values.len() < all) {
        return Triage::NeedsPairs(format!("{} is in {} of {all} rounds", form.key, values.len()));
    }
    let histories = histories(past);
    let is_empty = primary.is_empty();
    let mut fewest = usize::MAX;
    let mut farthest: Option<(f64, &SeriesKey)> = None;
    for (form, values, terms) in primary {
        let Some(SideSummary { median: value, .. }) = SideSummary::of(values.clone()) else { continue };
        let history = histories.get(form).map_or(&[][..], Vec::as_slice);
        match standing(value, history, terms.limit.and_then(|limit| limit.relative)) {
            Err(points) => fewest = fewest.min(points),
            Ok(standing) if standing.passes(terms.limit.as_ref()) => {}
            Ok(Standing { z, .. }) if farthest.is_none_or(|(far, _)| z.abs() > far.abs()) => {
                farthest = Some((z, form.key));
            }
            Ok(_) => {}
        }
    }
    match farthest {
        _ if fewest < FEWEST => Triage::TooFew(fewest),
        _ if is_empty => Triage::NeedsPairs("no primary series has a value".to_owned()),
        Some((z, key)) => Triage::NeedsPairs(format!(
            "{key}, {z:+.1} standard deviations from the master sets of the past, may have changed by its limit"
        )),
        None => Triage::Passed,
    }
}

/// Why no candidate could be passed by these master sets, the oldest first; none where one may be. Then its rounds by
/// itself can be spared.
pub fn passes_none(past: &[PastRun], queries: &[Query], today: Date) -> Option<String> {
    let newest: Vec<Form<'_>> =
        past.last().into_iter().flat_map(|run| &run.medians).map(|one| Form::new(&one.key, &one.info)).collect();
    // What is asked in another form by now says nothing of a candidate.
    let asked = histories(past).into_iter().filter(|(form, _)| newest.contains(form));
    asked.into_iter().find_map(|(form, values)| {
        let query = queries.iter().find(|query| query.name == form.key.query)?;
        let terms = query.terms(form.key, today);
        let newest = values.last().filter(|_| terms.primary)?;
        let standing = standing(*newest, &values, terms.limit.and_then(|limit| limit.relative)).ok()?;
        let passes_none = standing.passes_none(terms.limit.as_ref());
        passes_none
            .then(|| format!("the master sets of the past vary too much to tell a change of {} by its limit", form.key))
    })
}

/// A series as one form of its query measures it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Form<'a> {
    key: &'a SeriesKey,
    definition: u64,
    unit: &'static str,
}

impl<'a> Form<'a> {
    fn new(key: &'a SeriesKey, info: &SeriesInfo) -> Self {
        Self { key, definition: info.definition.0, unit: info.unit.as_str() }
    }
}

/// The values of a run, one a round.
fn values(run: &StoredRun) -> BTreeMap<Form<'_>, Vec<f64>> {
    let mut values: BTreeMap<Form<'_>, Vec<f64>> = BTreeMap::new();
    for measurement in run.rounds.iter().flat_map(|round| &round.measurements) {
        values.entry(Form::new(&measurement.key, &measurement.info)).or_default().push(measurement.value);
    }
    values
}

/// The values of each series over the runs of the past.
fn histories(past: &[PastRun]) -> BTreeMap<Form<'_>, Vec<f64>> {
    let mut histories: BTreeMap<Form<'_>, Vec<f64>> = BTreeMap::new();
    for PastMedian { key, info, median } in past.iter().flat_map(|run| &run.medians) {
        histories.entry(Form::new(key, info)).or_default().push(*median);
    }
    histories
}

/// A primary series of the newest run of the past, or a primary query, of which the candidate has nothing.
fn lacking(
    now: &BTreeMap<Form<'_>, Vec<f64>>,
    past: &[PastRun],
    queries: &[Query],
    today: Date,
    is_primary: impl Fn(&SeriesKey) -> bool,
) -> Option<String> {
    let asked = |query: &str, definition: Option<u64>| {
        now.keys().any(|form| form.key.query == query && definition.is_none_or(|asked| form.definition == asked))
    };
    let silent = queries.iter().find(|query| query.is_primary(today) && !asked(&query.name, None));
    let newest = past.last().into_iter().flat_map(|run| &run.medians);
    // What the past was asked in another form says nothing of this one.
    let mut comparable = newest.filter(|past| asked(&past.key.query, Some(past.info.definition.0)));
    let gone = comparable.find(|past| is_primary(&past.key) && !now.contains_key(&Form::new(&past.key, &past.info)));
    silent.map(|query| query.name.clone()).or_else(|| gone.map(|past| past.key.to_string()))
}
