//! Containers that met their CPU quota. That is a note and no fault: the quota is part of the stack, the same on both
//! sides, and a service that meets it more often than before has become slower. But it explains tails like no other
//! figure.

use super::error::MeasureError;
use super::scrape::{Scraper, samples};
use super::validity::Span;
use crate::domain::run::Window;
use crate::domain::template::Template;
use crate::prometheus::{Answer, Sample};

/// A smaller share of throttled periods is not worth a word.
const WORTH_A_NOTE: f64 = 0.05;
/// In the exporter's names, which are cAdvisor's.
const SHARE: &str = "sum by (service) (D(container_cpu_cfs_throttled_periods_total)) \
     / (sum by (service) (D(container_cpu_cfs_periods_total)) > 0)";

/// One for each container that was held back, where the stack's containers are measured.
pub(super) async fn notes(scraper: &Scraper, span: Span) -> Result<Vec<String>, MeasureError> {
    let template = Template::parse(SHARE).expect("it has no placeholders");
    let window = Window { stage: 0, t0_ms: span.from_ms, t1_ms: span.to_ms, load_seconds: 1.0 };
    let answer = scraper.prometheus.query(&scraper.fill(&template, &window, None), Some(span.to_ms)).await?;
    Ok(notes_of(answer))
}

fn notes_of(answer: Answer) -> Vec<String> {
    let note = |sample: &Sample| {
        let service = sample.labels.get("service").map_or("", String::as_str);
        format!(
            "`{service}` was throttled in {:.0}% of its CPU periods: its quota, not its code, sets its tails; raise its \
             `cpus` unless that is meant",
            sample.value * 100.0
        )
    };
    samples(answer).iter().filter(|sample| sample.value > WORTH_A_NOTE).map(note).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_throttled_often_is_noted() {
        let share =
            |service: &str, value| Sample { labels: [("service".to_owned(), service.to_owned())].into(), value };
        let notes = notes_of(Answer::Vector(vec![share("app", 0.23), share("store", 0.01), share("idle", f64::NAN)]));
        assert_eq!(notes.len(), 1);
        assert!(notes[0].starts_with("`app` was throttled in 23% of its CPU periods"), "{notes:?}");
    }
}
