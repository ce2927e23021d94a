//! What containers and their host use, as metrics: the names, units and kinds of cAdvisor's and node_exporter's.

/// How a metric moves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MetricKind {
    /// It only grows, until its container starts anew.
    Counter,
    /// It comes and goes.
    Gauge,
}

/// A metric of containers or of the host.
#[derive(PartialEq, Eq, Debug)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// One sentence.
    pub help: &'static str,
    /// How it moves.
    pub kind: MetricKind,
}

/// A value of a metric. What can't be read has no reading: it is absent, not 0.
#[derive(Clone, PartialEq, Debug)]
pub struct Reading {
    /// Of what.
    pub metric: &'static Metric,
    /// What tells it from the metric's other readings of the same container or host.
    pub labels: Vec<(&'static str, String)>,
    /// The value.
    pub value: f64,
}

impl Metric {
    const fn counter(name: &'static str, help: &'static str) -> Self {
        Self { name, help, kind: MetricKind::Counter }
    }

    const fn gauge(name: &'static str, help: &'static str) -> Self {
        Self { name, help, kind: MetricKind::Gauge }
    }

    /// A reading without labels, of a value that may not be there.
    pub fn of(&'static self, value: Option<f64>) -> Option<Reading> {
        Some(Reading { metric: self, labels: Vec::new(), value: value? })
    }

    /// A reading with labels.
    pub fn with(&'static self, labels: impl Into<Vec<(&'static str, String)>>, value: f64) -> Reading {
        Reading { metric: self, labels: labels.into(), value }
    }
}

macro_rules! metrics {
    ($($kind:ident $constant:ident $name:literal $help:literal;)*) => {
        $(
            #[doc = $help]
            pub static $constant: Metric = Metric::$kind($name, $help);
        )*
    };
}

metrics! {
    counter CPU_USAGE "container_cpu_usage_seconds_total" "CPU time used, in seconds.";
    counter CPU_USER "container_cpu_user_seconds_total" "CPU time used outside the kernel, in seconds.";
    counter CPU_SYSTEM "container_cpu_system_seconds_total" "CPU time used in the kernel, in seconds.";
    counter CFS_PERIODS "container_cpu_cfs_periods_total" "Periods in which a CPU quota was enforced.";
    counter CFS_THROTTLED_PERIODS "container_cpu_cfs_throttled_periods_total" "Periods in which the quota was used up.";
    counter CFS_THROTTLED_SECONDS "container_cpu_cfs_throttled_seconds_total"
        "Time for which tasks were kept waiting because the quota was used up, in seconds.";
    gauge MEMORY_USAGE "container_memory_usage_bytes" "Memory in use, the page cache included.";
    gauge MEMORY_WORKING_SET "container_memory_working_set_bytes"
        "Memory in use without the inactive part of the page cache.";
    gauge MEMORY_RSS "container_memory_rss" "Anonymous memory, in bytes.";
    gauge MEMORY_CACHE "container_memory_cache" "Page cache, in bytes.";
    gauge MEMORY_SWAP "container_memory_swap" "Memory that is swapped out, in bytes.";
    gauge MEMORY_MAX_USAGE "container_memory_max_usage_bytes" "The most memory ever in use, the page cache included.";
    counter OOM_EVENTS "container_oom_events_total" "Processes that the kernel killed for memory.";
    counter NETWORK_RECEIVE_BYTES "container_network_receive_bytes_total" "Bytes received.";
    counter NETWORK_RECEIVE_PACKETS "container_network_receive_packets_total" "Packets received.";
    counter NETWORK_RECEIVE_ERRORS "container_network_receive_errors_total" "Errors while receiving.";
    counter NETWORK_RECEIVE_DROPPED "container_network_receive_packets_dropped_total" "Packets dropped while receiving.";
    counter NETWORK_TRANSMIT_BYTES "container_network_transmit_bytes_total" "Bytes sent.";
    counter NETWORK_TRANSMIT_PACKETS "container_network_transmit_packets_total" "Packets sent.";
    counter NETWORK_TRANSMIT_ERRORS "container_network_transmit_errors_total" "Errors while sending.";
    counter NETWORK_TRANSMIT_DROPPED "container_network_transmit_packets_dropped_total" "Packets dropped while sending.";
    counter TCP_RETRANSMITS "container_network_tcp_retransmits_total" "TCP segments that were sent again.";
    counter TCP_LISTEN_DROPS "container_network_tcp_listen_drops_total"
        "TCP connections that a listening socket dropped, for a full backlog among other reasons.";
    counter FS_READS_BYTES "container_fs_reads_bytes_total" "Bytes read from block devices.";
    counter FS_WRITES_BYTES "container_fs_writes_bytes_total" "Bytes written to block devices.";
    counter FS_READS "container_fs_reads_total" "Reads from block devices.";
    counter FS_WRITES "container_fs_writes_total" "Writes to block devices.";
    gauge START_TIME "container_start_time_seconds" "When the main process was started, in seconds since the Unix epoch.";
    counter RESTARTS "container_restarts_total" "How often the engine started the container again.";
    counter NODE_CPU "node_cpu_seconds_total" "What the host's cores spent their time with, in seconds.";
    gauge NODE_LOAD1 "node_load1" "The host's load average over a minute.";
    gauge NODE_MEMORY_AVAILABLE "node_memory_MemAvailable_bytes" "Memory that the host could still give.";
    counter NODE_SWAP_IN "node_vmstat_pswpin" "Pages that the host swapped in.";
    counter NODE_SWAP_OUT "node_vmstat_pswpout" "Pages that the host swapped out.";
}
