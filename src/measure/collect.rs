//! Asking the queries of a benchmark over a window, several at a time.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{StreamExt, stream};
use sha2::{Digest, Sha256};

use super::error::MeasureError;
use super::resolution::Histograms;
use super::scrape::Scraper;
use super::totals::Totals;
use crate::domain::query::Query;
use crate::domain::run::Window;
use crate::domain::series::{Definition, Measurement, MissingData, SeriesInfo, SeriesKey};
use crate::domain::settings::PrometheusSettings;
use crate::domain::template::Template;
use crate::prometheus::{Answer, PrometheusError, Sample};

/// What a window gave.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Collected {
    /// One value a series; ordered by query, quantile and labels.
    pub measurements: Vec<Measurement>,
    /// Queries that gave nothing usable.
    pub missing: Vec<MissingData>,
}

/// Asks each query, once a quantile, over each window, several at a time; and, once a query, the buckets that its
/// quantiles come from, and how many events its ratio is of.
///
/// # Errors
/// Prometheus does not answer. A query that it refuses, or that gives nothing or too much, is [`MissingData`].
pub async fn collect(
    scraper: &Scraper,
    queries: &[Query],
    windows: &[Window],
    settings: &PrometheusSettings,
) -> Result<Collected, MeasureError> {
    let asked = windows.iter().flat_map(|window| {
        queries.iter().flat_map(move |query| asks(query).into_iter().map(move |ask| (window, query, ask)))
    });
    let answers = asked.map(|(window, query, ask)| async move {
        let answer = answer(scraper, query, window, &ask, settings.series_limit).await?;
        Ok::<_, MeasureError>((window, query, ask, answer))
    });
    let mut answers = stream::iter(answers).buffered(usize::from(settings.concurrency.max(1)));
    let mut collected = Collected::default();
    let (mut histograms, mut totals) = (Histograms::default(), Totals::default());
    while let Some(answered) = answers.next().await {
        let (window, query, ask, answer) = answered?;
        let missing = |reason| MissingData { query: query.name.clone(), stage: window.stage, reason };
        match (ask, answer) {
            // Answers come in the order of the asks, so the values that follow are of this query.
            (Ask::Buckets(_), samples) => histograms = Histograms::of(samples.unwrap_or_default(), &query.labels),
            (Ask::Total(_), samples) => match samples.and_then(|samples| Totals::of(samples, &query.labels)) {
                Ok(found) => totals = found,
                Err(reason) => {
                    totals = Totals::default();
                    collected.missing.push(missing(format!("its `total`: {reason}")));
                }
            },
            (Ask::Value(quantile), samples) => {
                let found = samples.and_then(|samples| measurements(query, window.stage, quantile, samples));
                match found.map(|found| resolve(query, quantile, &histograms, found)) {
                    Ok(mut found) => {
                        let misfit = query.total.as_ref().and_then(|_| totals.add_to(&mut found));
                        collected.missing.extend(misfit.map(|reason| missing(reason.to_owned())));
                        collected.measurements.extend(found);
                    }
                    Err(reason) => collected.missing.push(missing(reason)),
                }
            }
        }
    }
    Ok(collected)
}

/// What is asked for a query in a window.
enum Ask {
    /// The buckets that its quantiles come from.
    Buckets(Template),
    /// How many events its ratio is of.
    Total(Template),
    /// Its values, of one quantile where it has some.
    Value(Option<f64>),
}

/// The buckets come before the values that lie in them, and totals before the shares of them.
fn asks(query: &Query) -> Vec<Ask> {
    let buckets = query.promql.quantile_source().map(|source| Ask::Buckets(source.buckets));
    let quantiles = query.quantiles.iter().copied().map(Some);
    let plain = query.quantiles.is_empty().then_some(None);
    let total = query.total.clone().map(Ask::Total);
    buckets.into_iter().chain(total).chain(quantiles.chain(plain).map(Ask::Value)).collect()
}

/// The samples of one ask, or why there are none.
async fn answer(
    scraper: &Scraper,
    query: &Query,
    window: &Window,
    ask: &Ask,
    series_limit: u32,
) -> Result<Result<Vec<Sample>, String>, MeasureError> {
    let promql = match ask {
        Ask::Buckets(template) | Ask::Total(template) => scraper.fill(template, window, None),
        Ask::Value(quantile) => scraper.fill(&query.promql, window, *quantile),
    };
    let samples = match scraper.prometheus.query(&promql, Some(window.t1_ms)).await {
        Ok(Answer::Vector(samples)) => samples,
        Ok(Answer::Scalar(value)) => vec![Sample { labels: BTreeMap::new(), value }],
        Ok(Answer::Matrix) => return Ok(Err("it gave a range vector, not one value a series".to_owned())),
        Err(PrometheusError::Refused { message, .. }) => return Ok(Err(format!("Prometheus refused it: {message}"))),
        Err(error) => return Err(error.into()),
    };
    let is_of_buckets = matches!(ask, Ask::Buckets(_));
    Ok(if !is_of_buckets && samples.len() > series_limit as usize {
        let given = samples.len();
        Err(format!(
            "it gave {given} series, more than `prometheus.series_limit` ({series_limit}); aggregate them, as in \
             `sum by (endpoint) (...)`, or raise the limit"
        ))
    } else {
        Ok(samples)
    })
}

/// Adds the buckets in which quantiles lie.
fn resolve(
    query: &Query,
    quantile: Option<f64>,
    histograms: &Histograms,
    mut found: Vec<Measurement>,
) -> Vec<Measurement> {
    let Some(source) = query.promql.quantile_source() else { return found };
    if let Some(quantile) = source.quantile.or(quantile) {
        for measurement in &mut found {
            let mut labels = measurement.key.labels.clone();
            labels.remove("q");
            measurement.bucket = histograms.bucket(&labels, quantile, measurement.value);
        }
    }
    found
}

/// What decides, of a query, what its values are: neither its name nor its limits.
pub fn definition(query: &Query) -> Definition {
    let mut digest = Sha256::new();
    for part in std::iter::once(query.promql.as_str()).chain(query.labels.iter().map(String::as_str)) {
        digest.update(part);
        digest.update([0]);
    }
    let digest: [u8; 32] = digest.finalize().into();
    Definition(digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// Samples become measurements: labels dropped, NaN left out.
fn measurements(
    query: &Query,
    stage: u16,
    quantile: Option<f64>,
    samples: Vec<Sample>,
) -> Result<Vec<Measurement>, String> {
    let given = samples.len();
    let info = SeriesInfo { unit: query.unit, direction: query.direction, definition: definition(query) };
    let mut seen = BTreeSet::new();
    let mut measurements = Vec::new();
    for sample in samples {
        let mut labels: BTreeMap<String, String> =
            sample.labels.into_iter().filter(|(name, _)| query.labels.contains(name)).collect();
        if let Some(quantile) = quantile {
            labels.insert("q".to_owned(), quantile.to_string());
        }
        let key = SeriesKey { query: query.name.clone(), labels, stage };
        if !seen.insert(key.clone()) {
            return Err(format!("it gave several values for {key}; aggregate them, or name more `labels` to keep"));
        }
        if sample.value.is_finite() {
            measurements.push(Measurement { key, info, value: sample.value, bucket: None, total: None });
        }
    }
    match (given, measurements.len()) {
        (0, _) => Err("it gave nothing".to_owned()),
        (_, 0) => Err("it gave only NaN or infinity".to_owned()),
        _ => Ok(measurements),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::limit::{Direction, Unit};

    fn query(labels: &[&str]) -> Query {
        Query {
            name: "latency".to_owned(),
            help: String::new(),
            unit: Unit::Seconds,
            direction: Direction::Lower,
            promql: Template::parse("up").unwrap(),
            quantiles: vec![],
            labels: labels.iter().map(ToString::to_string).collect(),
            primary: Some(true),
            limit: None,
            quantile_limits: vec![],
            warn: None,
            improvement: None,
            required: false,
            nullable: false,
            muted: None,
            total: None,
            series: Vec::new(),
            decidable: Vec::new(),
        }
    }

    fn sample(endpoint: &str, value: f64) -> Sample {
        let labels = [("endpoint", endpoint), ("run", "x")];
        Sample { labels: labels.map(|(n, v)| (n.to_owned(), v.to_owned())).into(), value }
    }

    #[test]
    fn only_the_labels_to_keep_are_kept_and_the_quantile_is_one() {
        let found = measurements(&query(&["endpoint"]), 1, Some(0.99), vec![sample("/buy", 0.5)]).unwrap();
        assert_eq!(found[0].key.to_string(), r#"latency{endpoint="/buy",q="0.99"} stage 2"#);
        assert_eq!(found[0].value, 0.5);
    }

    #[test]
    fn nothing_nan_and_clashes_are_missing_data_with_a_reason() {
        let reason = |labels: &[&str], samples| measurements(&query(labels), 0, None, samples).unwrap_err();
        assert_eq!(reason(&[], vec![]), "it gave nothing");
        assert_eq!(reason(&["endpoint"], vec![sample("/a", f64::NAN)]), "it gave only NaN or infinity");
        let clash = reason(&[], vec![sample("/a", 1.0), sample("/b", 2.0)]);
        assert!(clash.contains("several values for latency"), "{clash}");
    }

    #[test]
    fn an_edited_query_has_another_definition_and_an_edited_limit_has_not() {
        let plain = query(&["endpoint"]);
        let other = Query { promql: Template::parse("up + 0").unwrap(), ..plain.clone() };
        assert_ne!(definition(&plain), definition(&other));
        assert_ne!(definition(&plain), definition(&query(&["endpoint", "code"])));
        let lenient = Query { limit: None, primary: Some(false), help: "x".to_owned(), ..plain.clone() };
        assert_eq!(definition(&plain), definition(&lenient));
    }

    #[test]
    fn a_nan_leaves_the_other_series_alone() {
        let samples = vec![sample("/a", f64::NAN), sample("/b", 2.0)];
        assert_eq!(measurements(&query(&["endpoint"]), 0, None, samples).unwrap().len(), 1);
    }
}
