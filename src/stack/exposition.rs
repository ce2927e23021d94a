//! Readings in Prometheus' text format.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::domain::usage::{MetricKind, Reading};

/// The label that names the compose service of a container.
pub(super) const SERVICE_LABEL: &str = "service";
/// The label that names the container, `shop-1`.
pub(super) const CONTAINER_LABEL: &str = "container";

/// Metrics with all of their readings, whoever they are of.
#[derive(Default)]
pub(super) struct Exposition {
    metrics: BTreeMap<&'static str, (MetricKind, &'static str, Vec<String>)>,
}

impl Exposition {
    /// Adds readings; `owner` are labels that all of them get.
    pub(super) fn add(&mut self, readings: &[Reading], owner: &[(&'static str, &str)]) {
        for Reading { metric, labels, value } in readings {
            let own = labels.iter().map(|(name, value)| (*name, value.as_str()));
            let labels: Vec<String> = owner
                .iter()
                .copied()
                .chain(own)
                .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
                .collect();
            let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
            let (_, _, lines) = self.metrics.entry(metric.name).or_insert((metric.kind, metric.help, Vec::new()));
            lines.push(format!("{}{labels} {value}\n", metric.name));
        }
    }

    /// The text.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for (name, (kind, help, lines)) in &self.metrics {
            let kind = match kind {
                MetricKind::Counter => "counter",
                MetricKind::Gauge => "gauge",
            };
            // Writing to a String can't fail.
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{}", lines.concat());
        }
        text
    }
}

/// The format's own escapes, for the value of a label.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::usage::{MEMORY_RSS, NETWORK_RECEIVE_BYTES, NODE_LOAD1};

    #[test]
    fn readings_of_one_metric_stand_together_under_its_type() {
        let mut exposition = Exposition::default();
        let received = |value| NETWORK_RECEIVE_BYTES.with([("interface", "eth0".to_owned())], value);
        for (container, value) in [("shop-1", 1.5), ("sh\"op\\\n", 2e15)] {
            let readings = [received(value), MEMORY_RSS.with([], 7.0)];
            exposition.add(&readings, &[(SERVICE_LABEL, "shop"), (CONTAINER_LABEL, container)]);
        }
        exposition.add(&[NODE_LOAD1.with([], 0.25)], &[]);
        let expected = r#"# HELP container_memory_rss Anonymous memory, in bytes.
# TYPE container_memory_rss gauge
container_memory_rss{service="shop",container="shop-1"} 7
container_memory_rss{service="shop",container="sh\"op\\\n"} 7
# HELP container_network_receive_bytes_total Bytes received.
# TYPE container_network_receive_bytes_total counter
container_network_receive_bytes_total{service="shop",container="shop-1",interface="eth0"} 1.5
container_network_receive_bytes_total{service="shop",container="sh\"op\\\n",interface="eth0"} 2000000000000000
# HELP node_load1 The host's load average over a minute.
# TYPE node_load1 gauge
node_load1 0.25
"#;
        assert_eq!(exposition.text(), expected);
    }
}
