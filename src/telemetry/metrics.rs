//! What is counted while the process lives: one registry for all rooms, written out as OpenMetrics text.
//!
//! Labels take their values from short lists: a name from outside that is in none becomes `other`, so nobody can make
//! the registry grow.

use std::sync::OnceLock;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::words::{
    Dependency, GithubOutcome, NoticeOutcome, WebhookOutcome, event_label, outcome_label, phase_label, place_label,
};
use crate::domain::job::JobKind;
use crate::domain::overview::QueueSummary;
use crate::domain::verdict::Outcome;

/// The `content-type` of [`Metrics::encode`].
pub const METRICS_CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Jobs take minutes to hours.
const JOB_BOUNDS: [f64; 10] = [10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0, 7200.0];
/// Phases take a moment to an hour.
const PHASE_BOUNDS: [f64; 11] = [0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0];
/// Answers to GitHub take milliseconds.
const ANSWER_BOUNDS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2.0, 10.0];

type Labels<const N: usize> = [(&'static str, &'static str); N];
type Counters<const N: usize> = Family<Labels<N>, Counter>;
type Histograms<const N: usize> = Family<Labels<N>, Histogram, fn() -> Histogram>;

/// The registry of this process.
pub fn metrics() -> &'static Metrics {
    static METRICS: OnceLock<Metrics> = OnceLock::new();
    METRICS.get_or_init(Metrics::new)
}

/// Everything that is counted.
#[derive(Debug)]
pub struct Metrics {
    jobs: Histograms<2>,
    phases: Histograms<1>,
    lease_losses: Counters<1>,
    webhooks: Counters<2>,
    webhook_seconds: Histogram,
    github_calls: Counters<1>,
    /// Below 0: GitHub has not said.
    github_rate_left: Gauge,
    failures: Counters<1>,
    notices: Counters<2>,
}

impl Metrics {
    fn new() -> Self {
        Self {
            jobs: Family::new_with_constructor(|| Histogram::new(JOB_BOUNDS)),
            phases: Family::new_with_constructor(|| Histogram::new(PHASE_BOUNDS)),
            lease_losses: Family::default(),
            webhooks: Family::default(),
            webhook_seconds: Histogram::new(ANSWER_BOUNDS),
            github_calls: Family::default(),
            github_rate_left: unknown_gauge(),
            failures: Family::default(),
            notices: Family::default(),
        }
    }

    /// A job ended under our lease, so long after its claim.
    pub fn job_ended(&self, kind: JobKind, outcome: Outcome, took: Duration) {
        let labels = [("kind", kind.as_str()), ("outcome", outcome_label(outcome))];
        self.jobs.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// A step of a job ended; the name is that of [`crate::domain::progress::Step`] or of a stored step.
    pub fn phase_ended(&self, phase: &str, took: Duration) {
        self.phases.get_or_create(&[("phase", phase_label(phase))]).observe(took.as_secs_f64());
    }

    /// A lease was lost: `refused`, `expired` or, of a job that somebody cancelled, `cancelled`.
    pub fn lease_lost(&self, reason: &'static str) {
        self.lease_losses.get_or_create(&[("reason", reason)]).inc();
    }

    /// A webhook was answered; the event is its name without an action, as GitHub's header says it.
    pub fn webhook(&self, event: &str, outcome: WebhookOutcome, took: Duration) {
        let labels = [("event", event_label(event)), ("outcome", outcome.as_str())];
        self.webhooks.get_or_create(&labels).inc();
        self.webhook_seconds.observe(took.as_secs_f64());
    }

    /// A call of GitHub's API ended.
    pub fn github_call(&self, outcome: GithubOutcome) {
        self.github_calls.get_or_create(&[("outcome", outcome.as_str())]).inc();
    }

    /// How many calls GitHub still allows in this hour, by its last answer.
    pub fn github_rate_left(&self, calls: u64) {
        self.github_rate_left.set(i64::try_from(calls).unwrap_or(i64::MAX));
    }

    /// Something that we stand on failed us.
    pub fn failed(&self, dependency: Dependency) {
        self.failures.get_or_create(&[("of", dependency.as_str())]).inc();
    }

    /// A notice was dealt with; the place is [`crate::domain::notice::Place::kind`].
    pub fn notice(&self, place: &str, outcome: NoticeOutcome) {
        self.notices.get_or_create(&[("place", place_label(place)), ("outcome", outcome.as_str())]).inc();
    }

    /// All of it, with the queue as it is; none: the database does not say.
    pub fn encode(&self, queue: Option<&QueueSummary>) -> String {
        let mut registry = Registry::with_prefix("loadmark");
        self.register(&mut registry);
        register_queue(&mut registry, queue);
        let mut text = String::new();
        encode(&mut text, &registry).expect("a string takes every write");
        text
    }

    /// Clones of families count into the same cells.
    fn register(&self, registry: &mut Registry) {
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "Which Loadmark this is", build);
        let help = "Jobs that ended under a lease of this process, from claim to end";
        registry.register_with_unit("job_duration", help, Unit::Seconds, self.jobs.clone());
        let help = "Steps of jobs that ended in this process";
        registry.register_with_unit("phase_duration", help, Unit::Seconds, self.phases.clone());
        registry.register("lease_losses", "Leases that this process lost, by reason", self.lease_losses.clone());
        registry.register("webhooks", "Webhooks answered, by event and outcome", self.webhooks.clone());
        let help = "From the last header of a webhook to its answer";
        registry.register_with_unit("webhook_duration", help, Unit::Seconds, self.webhook_seconds.clone());
        registry.register("github_calls", "Calls of GitHub's API, by outcome", self.github_calls.clone());
        let help = "Calls that GitHub still allows in this hour, by its last answer";
        if self.github_rate_left.get() >= 0 {
            registry.register("github_rate_left", help, self.github_rate_left.clone());
        }
        registry.register("failures", "Failures of what Loadmark stands on", self.failures.clone());
        let help = "What stands on GitHub: checks, comments and issues, by what writing them came to";
        registry.register("notices", help, self.notices.clone());
    }
}

fn unknown_gauge() -> Gauge {
    let gauge = Gauge::default();
    gauge.set(-1);
    gauge
}

/// Gauges of the queue, or none of them: a number that nobody knows is not zero.
fn register_queue(registry: &mut Registry, queue: Option<&QueueSummary>) {
    let up = Gauge::<i64>::default();
    up.set(i64::from(queue.is_some()));
    registry.register("database_up", "Whether the database answered this scrape", up);
    let Some(queue) = queue else { return };
    let jobs = Family::<Labels<1>, Gauge>::default();
    for (state, count) in [("queued", queue.queued), ("running", queue.running)] {
        jobs.get_or_create(&[("state", state)]).set(i64::try_from(count).unwrap_or(i64::MAX));
    }
    registry.register("queue_jobs", "Jobs in the queue, by state; those that ended are not counted", jobs);
    let oldest = Gauge::<i64>::default();
    oldest.set(queue.oldest.map_or(0, |age| i64::try_from(age.as_secs()).unwrap_or(i64::MAX)));
    let help = "Age of the job that is queued for the longest; 0 where none is";
    registry.register_with_unit("queue_oldest_age", help, Unit::Seconds, oldest);
    let deliveries = Gauge::<i64>::default();
    deliveries.set(i64::try_from(queue.open_deliveries).unwrap_or(i64::MAX));
    registry.register("deliveries_open", "Webhooks accepted and not acted upon yet", deliveries);
    let notices = Gauge::<i64>::default();
    notices.set(i64::try_from(queue.due_notices).unwrap_or(i64::MAX));
    registry.register("notices_due", "Notices that are not on GitHub yet as they should be", notices);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::verdict::{ServiceFailure, Verdict};

    fn line(text: &str, start: &str) -> String {
        text.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("no {start} in\n{text}")).to_owned()
    }

    #[test]
    fn what_was_counted_is_written() {
        let metrics = Metrics::new();
        metrics.job_ended(JobKind::NewTest, Outcome::Verdict(Verdict::Regression), Duration::from_secs(90));
        metrics.job_ended(JobKind::NewTest, Outcome::ServiceFailed(ServiceFailure::Oom), Duration::from_secs(5));
        metrics.phase_ended("ready", Duration::from_secs(2));
        metrics.lease_lost("expired");
        metrics.webhook("push", WebhookOutcome::Accepted, Duration::from_millis(3));
        metrics.github_call(GithubOutcome::RateLimited);
        metrics.github_rate_left(4711);
        metrics.failed(Dependency::Postgres);
        metrics.notice("comment", NoticeOutcome::Written);
        let text = metrics.encode(None);
        for expected in [
            "loadmark_build_info{version=\"0.1.0\"} 1",
            "loadmark_job_duration_seconds_count{kind=\"new-test\",outcome=\"regression\"} 1",
            "loadmark_job_duration_seconds_sum{kind=\"new-test\",outcome=\"service-failed\"} 5.0",
            "loadmark_phase_duration_seconds_bucket{le=\"5.0\",phase=\"ready\"} 1",
            "loadmark_lease_losses_total{reason=\"expired\"} 1",
            "loadmark_webhooks_total{event=\"push\",outcome=\"accepted\"} 1",
            "loadmark_webhook_duration_seconds_bucket{le=\"0.005\"} 1",
            "loadmark_github_calls_total{outcome=\"rate-limited\"} 1",
            "loadmark_github_rate_left 4711",
            "loadmark_failures_total{of=\"postgres\"} 1",
            "loadmark_notices_total{place=\"comment\",outcome=\"written\"} 1",
            "loadmark_database_up 0",
        ] {
            assert_eq!(line(&text, expected), expected);
        }
        assert!(text.ends_with("# EOF\n"), "{text}");
    }

    #[test]
    fn an_unknown_queue_is_not_an_empty_one() {
        let metrics = Metrics::new();
        assert!(!metrics.encode(None).contains("loadmark_queue_"));
        let queue = QueueSummary {
            queued: 7,
            running: 1,
            oldest: Some(Duration::from_secs(61)),
            open_deliveries: 2,
            due_notices: 3,
        };
        let text = metrics.encode(Some(&queue));
        for expected in [
            "loadmark_queue_jobs{state=\"queued\"} 7",
            "loadmark_queue_oldest_age_seconds 61",
            "loadmark_deliveries_open 2",
            "loadmark_notices_due 3",
            "loadmark_database_up 1",
        ] {
            assert_eq!(line(&text, expected), expected);
        }
    }

    #[test]
    fn names_from_outside_do_not_make_it_grow() {
        let metrics = Metrics::new();
        for number in 0..1000 {
            metrics.webhook(&format!("event-{number}"), WebhookOutcome::Ignored, Duration::ZERO);
            metrics.phase_ended(&format!("phase {number}"), Duration::ZERO);
        }
        let text = metrics.encode(None);
        assert_eq!(text.lines().filter(|line| line.starts_with("loadmark_webhooks_total")).count(), 1);
        assert!(text.contains("event=\"other\",outcome=\"ignored\"} 1000"), "{text}");
        assert_eq!(text.lines().filter(|line| line.starts_with("loadmark_phase_duration_seconds_count")).count(), 1);
    }
}
