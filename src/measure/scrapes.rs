//! Whether every scrape of the window succeeded, and none is missing.

use std::time::Duration;

use super::error::MeasureError;
use super::scrape::Scraper;
use super::validity::Span;
use crate::domain::fault::Fault;
use crate::domain::flow::ScrapeTarget;
use crate::prometheus::Track;

/// The longest time without a scrape, in intervals: one scrape may be late, or lost.
const LONGEST_GAP: f64 = 2.5;
/// Shorter gaps than this are no matter whatever the interval: a busy host pauses anybody for so long.
const SHORTEST_GAP: Duration = Duration::from_secs(1);

pub(super) async fn faults(scraper: &Scraper, span: Span, interval: Duration) -> Result<Vec<Fault>, MeasureError> {
    let up = format!("up{{{}}}[{}]", scraper.selector, span.length(interval));
    let tracks = scraper.prometheus.tracks(&up, span.to_ms).await?;
    let mut faults: Vec<Fault> =
        scraper.targets.iter().flat_map(|target| of_target(target, &tracks, span, interval)).collect();
    if faults.iter().any(|fault| matches!(fault, Fault::ScrapesFailed { .. })) {
        let errors = scraper.prometheus.scrape_errors().await?;
        for fault in &mut faults {
            if let Fault::ScrapesFailed { target, error, .. } = fault {
                *error = errors.get(target).cloned();
            }
        }
    }
    Ok(faults)
}

fn of_target(target: &ScrapeTarget, tracks: &[Track], span: Span, interval: Duration) -> Vec<Fault> {
    let is_of = |track: &&Track| track.labels.get("instance") == Some(&target.instance);
    let points = tracks.iter().find(is_of).map_or(&[] as &[_], |track| track.points.as_slice());
    // One before that which holds at the beginning is no part of the window.
    let first = points.iter().rposition(|(at_ms, _)| *at_ms <= span.from_ms).unwrap_or(0);
    let points = points.get(first..).unwrap_or_default();
    let failed = points.iter().filter(|(_, up)| *up != 1.0).count();
    let times = points.iter().map(|(at_ms, _)| *at_ms);
    let starts = std::iter::once(points.first().map_or(span.from_ms, |(at_ms, _)| span.from_ms.min(*at_ms)))
        .chain(times.clone());
    let gap_ms = starts.zip(times.chain([span.to_ms])).map(|(from, to)| to - from).max().unwrap_or(0);
    let gap = Duration::from_millis(u64::try_from(gap_ms).unwrap_or(0));
    let (name, scrapes) = (|| target.instance.clone(), points.len());
    let failed = (failed > 0).then(|| Fault::ScrapesFailed { target: name(), failed, scrapes, error: None });
    let late = (gap > interval.mul_f64(LONGEST_GAP).max(SHORTEST_GAP)).then(|| Fault::ScrapeGap {
        target: name(),
        gap,
        interval,
        scrapes,
    });
    failed.into_iter().chain(late).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: Span = Span { from_ms: 10_000, to_ms: 16_000 };

    fn faults_of(points: &[(i64, f64)]) -> Vec<Fault> {
        let target = |instance: &str| ScrapeTarget {
            service: "shop".to_owned(),
            instance: instance.to_owned(),
            address: "shop:8080".to_owned(),
            path: "/metrics".to_owned(),
        };
        let labels = [("instance".to_owned(), "shop-1".to_owned())].into();
        let tracks = [Track { labels, points: points.to_vec() }];
        of_target(&target("shop-1"), &tracks, SPAN, Duration::from_secs(1))
    }

    fn every_second(from: i64, to: i64) -> Vec<(i64, f64)> {
        (from..=to).map(|second| (second * 1000 - 100, 1.0)).collect()
    }

    #[test]
    fn scrapes_in_time_are_no_fault() {
        assert_eq!(faults_of(&every_second(10, 16)), []);
        let mut one_lost = every_second(10, 16);
        one_lost.remove(3);
        assert_eq!(faults_of(&one_lost), []);
    }

    #[test]
    fn a_failed_scrape_is_one() {
        let mut points = every_second(10, 16);
        points[2].1 = 0.0;
        points[3].1 = 0.0;
        let expected = Fault::ScrapesFailed { target: "shop-1".to_owned(), failed: 2, scrapes: 7, error: None };
        assert_eq!(faults_of(&points), [expected]);
    }

    #[test]
    fn a_gap_is_one_wherever_it_lies() {
        let gap = |points: &[(i64, f64)]| match faults_of(points).as_slice() {
            [Fault::ScrapeGap { gap, .. }] => gap.as_millis(),
            other => panic!("{other:?}"),
        };
        let mut middle = every_second(10, 16);
        middle.drain(2..4);
        assert_eq!(gap(&middle), 3000);
        assert_eq!(gap(&every_second(10, 13)), 3100);
        assert_eq!(gap(&every_second(13, 16)), 2900);
        assert_eq!(gap(&[]), 6000);
    }
}
