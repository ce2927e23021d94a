//! The generator's metrics in the OpenMetrics text format, collected from the live counts at each scrape.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};

use super::board::Board;
use super::clock::SECOND_NS;
use super::meter::{BOUNDS_NS, Distribution, Totals};
use crate::domain::grpc::GrpcCode;

/// The `content-type` of [`crate::load::Generator::metrics`].
pub const METRICS_CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All metrics of a generator, without a registry that lives on: the counts do not live in one.
pub(super) fn write_metrics(board: &Arc<Board>) -> String {
    let mut registry = Registry::with_prefix("loadmark_load");
    registry.register_collector(Box::new(Scrape(Arc::clone(board))));
    let mut text = String::new();
    encode(&mut text, &registry).expect("a string takes every write");
    text
}

#[derive(Debug)]
struct Scrape(Arc<Board>);

impl Collector for Scrape {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let board = &self.0;
        let totals: Vec<(&str, Totals)> = board.names.iter().map(String::as_str).zip(board.totals()).collect();
        write_counts(&mut encoder, &totals)?;
        type Pick = fn(&Totals) -> &Distribution;
        let latencies: [(&str, &str, Pick); 3] = [
            ("response", "From the intended send to the end of the answer; time-outs included", |totals| {
                &totals.response
            }),
            ("service", "From the send to the end of the answer; time-outs included", |totals| &totals.service),
            ("lag", "From the intended send until the generator got round to it", |totals| &totals.lag),
        ];
        for (name, help, pick) in latencies {
            write_histogram(&mut encoder, name, help, totals.iter().map(|(request, totals)| (*request, pick(totals))))?;
        }
        write_tails(&mut encoder, board)?;
        let active = ConstCounter::new(board.active_seconds());
        let help = "Seconds in which load was on: schedules, and drains that outlasted theirs";
        active.encode(encoder.encode_descriptor("active", help, Some(&Unit::Seconds), MetricType::Counter)?)?;
        let planned = ConstGauge::new(board.planned_rate());
        let help = "Requests a second that the load plan asks for at this moment";
        planned.encode(encoder.encode_descriptor("planned_rate", help, None, MetricType::Gauge)?)
    }
}

fn write_counts(encoder: &mut DescriptorEncoder<'_>, totals: &[(&str, Totals)]) -> fmt::Result {
    let help = "Requests that the schedule asked for";
    let mut family = encoder.encode_descriptor("scheduled", help, None, MetricType::Counter)?;
    for (request, totals) in totals {
        ConstCounter::new(totals.scheduled).encode(family.encode_family(&[("request", *request)])?)?;
    }
    let help = "Requests by kind of end; the sum is what was scheduled once none is under way";
    let mut family = encoder.encode_descriptor("requests", help, None, MetricType::Counter)?;
    for (request, totals) in totals {
        for (outcome, count) in totals.ledger().ends() {
            let labels = [("request", *request), ("outcome", outcome)];
            ConstCounter::new(count).encode(family.encode_family(&labels)?)?;
        }
    }
    let help = "Statuses that the service gave to gRPC calls in time, by name";
    let mut family = encoder.encode_descriptor("grpc_status", help, None, MetricType::Counter)?;
    for (request, totals) in totals {
        for (code, count) in GrpcCode::ALL.into_iter().zip(totals.codes).filter(|(_, count)| *count > 0) {
            let labels = [("request", *request), ("code", &code.to_string())];
            ConstCounter::new(count).encode(family.encode_family(&labels)?)?;
        }
    }
    Ok(())
}

/// Of a stage only once it has ended. The series without a request is that of all of them.
fn write_tails(encoder: &mut DescriptorEncoder<'_>, board: &Board) -> fmt::Result {
    let tails = board.tails();
    let tails = tails.iter().map(|(stage, request, tails)| {
        let request = request.as_deref().map(|request| ("request", request.to_owned()));
        (request.into_iter().chain([("stage", stage.to_string())]).collect::<Vec<_>>(), tails)
    });
    let tails: Vec<_> = tails.collect();
    let help = "Lower quartile of the quantiles of a stage's slices, of response times; a slice has 10 / (1 - quantile) \
                requests";
    let mut family = encoder.encode_descriptor("slice_quantile", help, Some(&Unit::Seconds), MetricType::Gauge)?;
    for (labels, tails) in &tails {
        for (quantile, ns) in [("0.9", tails.p90_ns), ("0.99", tails.p99_ns)] {
            let labels: Vec<_> = labels.iter().cloned().chain([("quantile", quantile.to_owned())]).collect();
            ConstGauge::new(seconds(ns)).encode(family.encode_family(&labels)?)?;
        }
    }
    let help = "Share of a stage's slices whose 99th percentile is more than 3 times that of the median slice";
    let mut family = encoder.encode_descriptor("stall_fraction", help, None, MetricType::Gauge)?;
    for (labels, tails) in &tails {
        ConstGauge::new(tails.stall_fraction).encode(family.encode_family(labels)?)?;
    }
    Ok(())
}

fn write_histogram<'totals>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    totals: impl Iterator<Item = (&'totals str, &'totals Distribution)>,
) -> fmt::Result {
    let mut family = encoder.encode_descriptor(name, help, Some(&Unit::Seconds), MetricType::Histogram)?;
    for (request, distribution) in totals {
        let bounds = BOUNDS_NS.iter().map(|bound| seconds(*bound)).chain([f64::INFINITY]);
        let buckets: Vec<(f64, u64)> = bounds.zip(distribution.counts.iter().copied()).collect();
        let labels = [("request", request)];
        family.encode_family(&labels)?.encode_histogram::<NoLabelSet>(
            seconds(distribution.sum_ns),
            distribution.count(),
            &buckets,
            None,
        )?;
    }
    Ok(())
}

fn seconds(ns: u64) -> f64 {
    ns as f64 / SECOND_NS as f64
}
