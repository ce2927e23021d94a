//! What a container uses, as the engine counts it: for where the kernel's own files can't be read.

use std::collections::HashMap;

use bollard::models::{ContainerBlkioStatEntry, ContainerNetworkStats, ContainerStatsResponse};
use bollard::query_parameters::StatsOptionsBuilder;
use futures_util::TryStreamExt;

use super::engine::Engine;
use super::error::DockerError;
use crate::domain::usage::{
    CFS_PERIODS, CFS_THROTTLED_PERIODS, CFS_THROTTLED_SECONDS, CPU_SYSTEM, CPU_USAGE, CPU_USER, FS_READS,
    FS_READS_BYTES, FS_WRITES, FS_WRITES_BYTES, MEMORY_CACHE, MEMORY_MAX_USAGE, MEMORY_RSS, MEMORY_SWAP, MEMORY_USAGE,
    MEMORY_WORKING_SET, NETWORK_RECEIVE_BYTES, NETWORK_RECEIVE_DROPPED, NETWORK_RECEIVE_ERRORS,
    NETWORK_RECEIVE_PACKETS, NETWORK_TRANSMIT_BYTES, NETWORK_TRANSMIT_DROPPED, NETWORK_TRANSMIT_ERRORS,
    NETWORK_TRANSMIT_PACKETS, Reading,
};

impl Engine {
    /// What a container uses at this moment; nothing where it does not run.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn container_usage(&self, name: &str) -> Result<Vec<Reading>, DockerError> {
        // One shot: without it the engine takes a second sample a second later.
        let options = StatsOptionsBuilder::new().stream(false).one_shot(true).build();
        let mut stream = Box::pin(self.docker.stats(name, Some(options)));
        let call = stream.try_next();
        let stats = self.call_optional(format!("read the statistics of container `{name}`"), call).await?;
        Ok(stats.flatten().map(|stats| readings(&stats)).unwrap_or_default())
    }
}

/// The engine's answer, of cgroup version 1 or 2, with our names.
fn readings(stats: &ContainerStatsResponse) -> Vec<Reading> {
    let mut readings = cpu(stats);
    readings.extend(memory(stats));
    readings.extend(blocks(stats));
    for (interface, counts) in stats.networks.iter().flatten() {
        readings.extend(network(interface, counts));
    }
    readings
}

fn cpu(stats: &ContainerStatsResponse) -> Vec<Reading> {
    const NS: f64 = 1e9;
    // A container that does not run has an answer of zeros, without a count of the cores.
    let Some(cpu) = stats.cpu_stats.as_ref().filter(|cpu| cpu.online_cpus.is_some()) else { return Vec::new() };
    let mut found = Vec::new();
    if let Some(usage) = &cpu.cpu_usage {
        found.push(CPU_USAGE.of(scaled(usage.total_usage, NS)));
        found.push(CPU_USER.of(scaled(usage.usage_in_usermode, NS)));
        found.push(CPU_SYSTEM.of(scaled(usage.usage_in_kernelmode, NS)));
    }
    if let Some(throttling) = &cpu.throttling_data {
        found.push(CFS_PERIODS.of(scaled(throttling.periods, 1.0)));
        found.push(CFS_THROTTLED_PERIODS.of(scaled(throttling.throttled_periods, 1.0)));
        found.push(CFS_THROTTLED_SECONDS.of(scaled(throttling.throttled_time, NS)));
    }
    found.into_iter().flatten().collect()
}

fn memory(stats: &ContainerStatsResponse) -> Vec<Reading> {
    let Some(memory) = stats.memory_stats.as_ref().filter(|memory| memory.usage.is_some()) else { return Vec::new() };
    let empty = HashMap::new();
    let fields = memory.stats.as_ref().unwrap_or(&empty);
    // By the name of version 1, else by that of version 2.
    let field = |names: [&str; 2]| names.iter().find_map(|name| fields.get(*name)).map(|value| *value as f64);
    let usage = scaled(memory.usage, 1.0);
    let inactive = field(["total_inactive_file", "inactive_file"]);
    let working_set = usage.zip(inactive).map(|(usage, inactive)| (usage - inactive).max(0.0));
    let found = [
        MEMORY_USAGE.of(usage),
        MEMORY_WORKING_SET.of(working_set),
        MEMORY_RSS.of(field(["total_rss", "anon"])),
        MEMORY_CACHE.of(field(["total_cache", "file"])),
        MEMORY_SWAP.of(field(["total_swap", "swap"])),
        // Version 2 has none in this answer, and says 0 or nothing.
        MEMORY_MAX_USAGE.of(scaled(memory.max_usage.filter(|most| *most > 0), 1.0)),
    ];
    found.into_iter().flatten().collect()
}

fn blocks(stats: &ContainerStatsResponse) -> Vec<Reading> {
    let Some(blkio) = &stats.blkio_stats else { return Vec::new() };
    // Null: not counted. An empty list: nothing was read or written.
    let sum = |entries: &Option<Vec<ContainerBlkioStatEntry>>, operation: &str| {
        let of =
            |entry: &&ContainerBlkioStatEntry| entry.op.as_deref().is_some_and(|op| op.eq_ignore_ascii_case(operation));
        let entries = entries.as_ref()?;
        Some(entries.iter().filter(of).filter_map(|entry| entry.value).sum::<u64>() as f64)
    };
    let found = [
        FS_READS_BYTES.of(sum(&blkio.io_service_bytes_recursive, "read")),
        FS_WRITES_BYTES.of(sum(&blkio.io_service_bytes_recursive, "write")),
        FS_READS.of(sum(&blkio.io_serviced_recursive, "read")),
        FS_WRITES.of(sum(&blkio.io_serviced_recursive, "write")),
    ];
    found.into_iter().flatten().collect()
}

fn network(interface: &str, counts: &ContainerNetworkStats) -> Vec<Reading> {
    let found = [
        (&NETWORK_RECEIVE_BYTES, counts.rx_bytes),
        (&NETWORK_RECEIVE_PACKETS, counts.rx_packets),
        (&NETWORK_RECEIVE_ERRORS, counts.rx_errors),
        (&NETWORK_RECEIVE_DROPPED, counts.rx_dropped),
        (&NETWORK_TRANSMIT_BYTES, counts.tx_bytes),
        (&NETWORK_TRANSMIT_PACKETS, counts.tx_packets),
        (&NETWORK_TRANSMIT_ERRORS, counts.tx_errors),
        (&NETWORK_TRANSMIT_DROPPED, counts.tx_dropped),
    ];
    let reading = |(metric, value): (&'static crate::domain::usage::Metric, Option<u64>)| {
        Some(metric.with([("interface", interface.to_owned())], value? as f64))
    };
    found.into_iter().filter_map(reading).collect()
}

fn scaled(value: Option<u64>, unit: f64) -> Option<f64> {
    value.map(|value| value as f64 / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(name: &str) -> Vec<Reading> {
        let path = format!("{}/tests/data/engine/{name}", env!("CARGO_MANIFEST_DIR"));
        readings(&serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap())
    }

    fn value(readings: &[Reading], name: &str) -> Option<f64> {
        readings.iter().find(|reading| reading.metric.name == name).map(|reading| reading.value)
    }

    #[test]
    fn an_answer_of_version_1_is_understood() {
        let readings = recorded("stats-cgroup-v1.json");
        let of = |name| value(&readings, name);
        assert_eq!(of("container_cpu_usage_seconds_total"), Some(1.067767734));
        assert_eq!(of("container_cpu_cfs_throttled_seconds_total"), Some(0.965994839));
        assert_eq!(of("container_memory_working_set_bytes"), Some(1_142_784.0));
        assert_eq!(of("container_memory_rss"), Some(167_936.0));
        assert_eq!(of("container_memory_max_usage_bytes"), Some(3_825_664.0));
        assert_eq!(of("container_fs_reads_bytes_total"), Some(0.0));
        assert_eq!(of("container_network_receive_bytes_total"), Some(736.0));
        assert_eq!(of("container_oom_events_total"), None, "the engine does not tell");
    }

    #[test]
    fn an_answer_of_version_2_is_understood() {
        let readings = recorded("stats-cgroup-v2.json");
        let of = |name| value(&readings, name);
        assert_eq!(of("container_cpu_usage_seconds_total"), Some(2.5));
        assert_eq!(of("container_memory_working_set_bytes"), Some(2_000_000.0));
        assert_eq!(of("container_memory_rss"), Some(1_000_000.0));
        assert_eq!(of("container_memory_max_usage_bytes"), None);
        assert_eq!(of("container_fs_reads_bytes_total"), Some(4096.0));
        assert_eq!(of("container_fs_reads_total"), None, "not counted is not 0");
    }

    #[test]
    fn a_container_that_does_not_run_uses_nothing() {
        let stopped = r#"{"cpu_stats": {"cpu_usage": {"total_usage": 0}}, "memory_stats": {}, "blkio_stats": {}}"#;
        assert_eq!(readings(&serde_json::from_str(stopped).unwrap()), []);
    }
}
