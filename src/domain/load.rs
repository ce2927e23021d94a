//! What the load generator is told, and what it reports: the specification, the ledger, the record.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::grpc::{GrpcCall, GrpcCode};
use super::plan::Stage;
use super::units::Span;

/// Raised when pacing, recording or the meaning of a figure changes; part of the measurement hash.
pub const GENERATOR_PROTOCOL: u32 = 2;

/// How the times between requests are chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arrivals {
    /// Evenly spaced.
    #[default]
    Even,
    /// Exponentially distributed gaps with the stage's mean rate, from the seed.
    Poisson,
}

/// One kind of request of the load.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestSpec {
    /// Names it in metrics and reports; unique within a benchmark.
    pub name: String,
    /// How often it is chosen, in proportion to the others' weights; at least 1.
    #[serde(default = "one")]
    pub weight: u32,
    /// The HTTP method.
    #[serde(default = "get")]
    pub method: String,
    /// `http://host:port/path`, without a path for a gRPC call; the host is a compose service's name.
    pub url: String,
    /// What is called, if this is a gRPC call; then `method` and all that follows here are of no use. Left out
    /// otherwise, so that specifications without it stay what they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grpc: Option<GrpcCall>,
    /// Headers, sent as given; `host` and `content-length` are added.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body, sent as given.
    #[serde(default)]
    pub body: Option<String>,
    /// Statuses that count as ok; empty: any 2xx or 3xx.
    #[serde(default)]
    pub expect_status: Vec<u16>,
    /// A text that the body of an ok answer contains; without it the answer is wrong.
    #[serde(default)]
    pub expect_body: Option<String>,
}

fn one() -> u32 {
    1
}

fn get() -> String {
    "GET".to_owned()
}

/// All that the generator needs to know, written to a file that its container reads.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadSpec {
    /// What is sent; at least one.
    pub requests: Vec<RequestSpec>,
    /// A stage that is sent, recorded apart, and never measured.
    pub warm_up: Option<Stage>,
    /// The stages that are measured; at least one.
    pub stages: Vec<Stage>,
    /// How the gaps are chosen.
    pub arrivals: Arrivals,
    /// Seed of the choice among requests and of Poisson gaps.
    pub seed: u64,
    /// Connections over all workers and hosts.
    pub connections: u32,
    /// Worker threads.
    pub workers: u16,
    /// A request that takes longer, from its intended send, counts as timed out.
    pub timeout: Span,
    /// How many requests may wait for a connection, over all workers; more overflow, and are counted.
    pub queue: u32,
}

/// Every scheduled request, by kind of end. Always balances, see [`Ledger::is_balanced`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// What the schedule asked for.
    pub scheduled: u64,
    /// Answered as expected.
    pub ok: u64,
    /// Answered with a status that is not expected.
    pub http_error: u64,
    /// Answered with a gRPC status that is not expected.
    pub grpc_error: u64,
    /// Answered with the right status and the wrong body.
    pub wrong_answer: u64,
    /// Not answered within the time-out.
    pub timeout: u64,
    /// The connection failed or broke.
    pub connection_error: u64,
    /// Found the queue full.
    pub overflow: u64,
    /// Never dispatched: the generator fell behind until the stage's drain ended.
    pub unsent: u64,
    /// Dispatched, without an end when the drain ended.
    pub unfinished: u64,
}

impl Ledger {
    /// The kinds of end with their counts, in the order of the fields.
    pub fn ends(&self) -> [(&'static str, u64); 9] {
        [
            ("ok", self.ok),
            ("http_error", self.http_error),
            ("grpc_error", self.grpc_error),
            ("wrong_answer", self.wrong_answer),
            ("timeout", self.timeout),
            ("connection_error", self.connection_error),
            ("overflow", self.overflow),
            ("unsent", self.unsent),
            ("unfinished", self.unfinished),
        ]
    }

    /// Whether every scheduled request has exactly one end.
    pub fn is_balanced(&self) -> bool {
        self.scheduled == self.ends().iter().map(|(_, count)| count).sum::<u64>()
    }

    /// The sum of two ledgers.
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            scheduled: self.scheduled + other.scheduled,
            ok: self.ok + other.ok,
            http_error: self.http_error + other.http_error,
            grpc_error: self.grpc_error + other.grpc_error,
            wrong_answer: self.wrong_answer + other.wrong_answer,
            timeout: self.timeout + other.timeout,
            connection_error: self.connection_error + other.connection_error,
            overflow: self.overflow + other.overflow,
            unsent: self.unsent + other.unsent,
            unfinished: self.unfinished + other.unfinished,
        }
    }
}

/// Which part of a round's load.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Sent, recorded apart, never measured.
    WarmUp,
    /// A stage of the plan, from 0.
    Stage(u16),
}

/// Which slices are a side's own, where two generators share the time: A B B A A B B A ...
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnSide {
    /// Of every four the first and the last.
    First,
    /// Of every four the two in the middle.
    Second,
}

/// How a generator shares the time with another, so that both meet the same drifts of the host.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Turn {
    /// Which slices are its own.
    pub side: TurnSide,
    /// How long a slice is, in seconds; at least 1.
    pub slice_seconds: u32,
}

/// What the generator is asked to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhaseOrder {
    /// Which phase to run.
    pub phase: Phase,
    /// When it begins, in nanoseconds since the Unix epoch by the generator's clock; none: at once.
    #[serde(default)]
    pub start_unix_ns: Option<u64>,
    /// Whose time it shares; none: it has all of it.
    #[serde(default)]
    pub turn: Option<Turn>,
}

impl PhaseOrder {
    /// At once, with all of the time.
    pub fn now(phase: Phase) -> Self {
        Self { phase, start_unix_ns: None, turn: None }
    }
}

/// How a phase was held in turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HeldTurn {
    /// Which slices of its time were its own, from the phase's start.
    pub turn: Turn,
    /// Nanoseconds in which its load was on: its slices, and what requests took beyond them.
    pub load_ns: u64,
}

/// Quantiles of a latency, in nanoseconds, with the histogram they came from.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LatencySummary {
    /// How many values.
    pub count: u64,
    /// Mean, in nanoseconds.
    pub mean_ns: f64,
    /// Median, in nanoseconds.
    pub p50_ns: u64,
    /// 90th percentile, in nanoseconds.
    pub p90_ns: u64,
    /// 99th percentile, in nanoseconds.
    pub p99_ns: u64,
    /// Largest, in nanoseconds.
    pub max_ns: u64,
    /// The HDR histogram (3 significant digits, nanoseconds), V2 + DEFLATE or V2 serialization, base64.
    pub histogram: String,
}

/// Response latencies of one second of a stage, for verdicts on tails per slice.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SliceRecord {
    /// Seconds since the stage began; those of the other's slices are left out where it was held in turn.
    pub second: u32,
    /// Answered requests that were intended in this second.
    pub count: u64,
    /// Median response time, in nanoseconds.
    pub p50_ns: u64,
    /// 99th percentile of response times, in nanoseconds.
    pub p99_ns: u64,
    /// 99th percentile of lag (dispatched - intended), in nanoseconds.
    pub lag_p99_ns: u64,
}

/// The tails of one kind of request, or of all, as they were in most of a phase: of slices, each of them a second or as
/// many as hold 10 / (1 - q) requests for a quantile q, the last with what is left over. A phase with fewer requests is
/// one slice.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct SliceTails {
    /// How many slices there are for the 99th percentile.
    pub slices: u32,
    /// Lower quartile of the slices' 90th percentiles of response times, in nanoseconds.
    pub p90_ns: u64,
    /// Lower quartile of the slices' 99th percentiles of response times, in nanoseconds.
    pub p99_ns: u64,
    /// Share of the slices whose 99th percentile is more than 3 times that of the median slice.
    pub stall_fraction: f64,
}

/// One kind of request in one phase.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RequestRecord {
    /// The request's name.
    pub name: String,
    /// Its ends.
    pub ledger: Ledger,
    /// done - intended: the headline.
    pub response: LatencySummary,
    /// done - sent.
    pub service: LatencySummary,
    /// dispatched - intended.
    pub lag: LatencySummary,
    /// sent - dispatched: the wait for a connection.
    pub queue_wait: LatencySummary,
    /// Its tails by slice; none where nothing was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tails: Option<SliceTails>,
    /// How often the service gave each status to a gRPC call in time; empty for HTTP.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub grpc_codes: BTreeMap<GrpcCode, u64>,
}

/// What happened in one phase, with its exact window. Times are nanoseconds since the Unix epoch.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PhaseRecord {
    /// Which phase.
    pub phase: Phase,
    /// What was planned.
    pub planned: Stage,
    /// The intended time of the first request.
    pub started_unix_ns: u64,
    /// The end of the schedule.
    pub scheduled_end_unix_ns: u64,
    /// The end of the drain: no request was under way after it.
    pub drained_unix_ns: u64,
    /// When the generator had counted it all: what it tells of the phase as a whole is on its metrics from then on.
    #[serde(default)]
    pub recorded_unix_ns: u64,
    /// How it shared its time with another generator; none: it had all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<HeldTurn>,
    /// Over all requests.
    pub ledger: Ledger,
    /// By request, in the order of the specification.
    pub requests: Vec<RequestRecord>,
    /// By second.
    pub slices: Vec<SliceRecord>,
    /// Tails by slice, over all requests; none where nothing was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tails: Option<SliceTails>,
}

impl PhaseRecord {
    /// Nanoseconds in which load was on: from the first intended send to the end of the schedule or, where the
    /// service fell behind, of the drain if that is later than the schedule's end. The other's slices of a phase that
    /// was held in turn are left out.
    pub fn load_ns(&self) -> u64 {
        let end = self.scheduled_end_unix_ns.max(self.drained_unix_ns);
        self.turn.map_or(end.saturating_sub(self.started_unix_ns), |held| held.load_ns)
    }

    /// [`Self::load_ns`] in seconds.
    pub fn load_seconds(&self) -> f64 {
        self.load_ns() as f64 / 1e9
    }

    /// Requests with any answer, a second of load; 0 where no time went by.
    pub fn achieved_rate(&self) -> f64 {
        let answered = self.ledger.ok + self.ledger.http_error + self.ledger.grpc_error + self.ledger.wrong_answer;
        let rate = answered as f64 / self.load_seconds();
        if rate.is_finite() { rate } else { 0.0 }
    }
}

/// The record file of a generator: `loadmark.load/1`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LoadRecord {
    /// `loadmark.load/1`.
    pub schema: String,
    /// What was asked.
    pub spec: LoadSpec,
    /// The phases that ran, in order.
    pub phases: Vec<PhaseRecord>,
}

/// What the generator says of itself while it runs.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LoadStatus {
    /// The phase under way, if any.
    pub running: Option<Phase>,
    /// The phases that ended, in order.
    pub done: Vec<Phase>,
    /// Answers in the last full second.
    pub rate: f64,
    /// 99th percentile of response times in the last full second, in nanoseconds.
    pub p99_ns: u64,
    /// Ends so far in the phase under way, or of the last one.
    pub ledger: Ledger,
    /// What time it is by the generator's clock, in nanoseconds since the Unix epoch.
    pub now_unix_ns: u64,
}

/// Asks the generator, from inside the stack's network, whether something answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Probe {
    /// A GET that answers 2xx.
    Http(String),
    /// A connection to `host:port`.
    Tcp(String),
}

/// The answer to a [`Probe`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ProbeAnswer {
    /// Whether it held.
    pub ok: bool,
    /// What was seen instead.
    pub detail: String,
}
