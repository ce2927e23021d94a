//! What the host's cores and memory are busy with, by the names of node_exporter.

use super::kernel::Kernel;
use crate::domain::usage::{NODE_CPU, NODE_LOAD1, NODE_MEMORY_AVAILABLE, NODE_SWAP_IN, NODE_SWAP_OUT, Reading};

/// The modes of a core, in the order of `/proc/stat`. A guest's time is in `user` and `nice` already.
const MODES: [&str; 8] = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"];

/// The host's counters at this moment.
pub fn counters() -> Vec<Reading> {
    Kernel::here().counters()
}

impl Kernel {
    fn counters(&self) -> Vec<Reading> {
        let file = |name: &str| self.optional(name).unwrap_or_default();
        let mut readings = cores(&file("proc/stat"), rustix::param::clock_ticks_per_second());
        let (load, memory, pages) = (file("proc/loadavg"), file("proc/meminfo"), file("proc/vmstat"));
        let found = [
            NODE_LOAD1.of(load1(&load)),
            NODE_MEMORY_AVAILABLE.of(meminfo(&memory, "MemAvailable")),
            NODE_SWAP_IN.of(number_after(&pages, "pswpin ")),
            NODE_SWAP_OUT.of(number_after(&pages, "pswpout ")),
        ];
        readings.extend(found.into_iter().flatten());
        readings
    }
}

fn cores(stat: &str, ticks_per_second: u64) -> Vec<Reading> {
    let mut readings = Vec::new();
    for line in stat.lines() {
        let Some((core, ticks)) = line.strip_prefix("cpu").and_then(|rest| rest.split_once(' ')) else { continue };
        if core.is_empty() {
            continue; // The sum of all.
        }
        for (mode, ticks) in MODES.iter().zip(ticks.split_whitespace()) {
            let Ok(ticks) = ticks.parse::<f64>() else { continue };
            let labels = [("cpu", core.to_owned()), ("mode", (*mode).to_owned())];
            readings.push(NODE_CPU.with(labels, ticks / ticks_per_second as f64));
        }
    }
    readings
}

/// The load average over a minute, of `/proc/loadavg`.
pub(super) fn load1(loadavg: &str) -> Option<f64> {
    loadavg.split_whitespace().next()?.parse().ok()
}

/// A line of `/proc/meminfo`, in bytes.
pub(super) fn meminfo(text: &str, name: &str) -> Option<f64> {
    let kib = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(kib.trim().strip_suffix("kB")?.trim().parse::<f64>().ok()? * 1024.0)
}

fn number_after(text: &str, name: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(name))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::kernel::tests::machine;
    use super::*;

    #[test]
    fn every_core_tells_its_modes_in_seconds() {
        let stat = "cpu  57838 0 15084 258345 1028 0 118 116 0 0\ncpu0 28459 0 6344 131069 284 0 23 53 0 0\nintr 1\n";
        let readings = cores(stat, 100);
        assert_eq!(readings.len(), 8);
        assert_eq!(readings[0].labels, [("cpu", "0".to_owned()), ("mode", "user".to_owned())]);
        assert_eq!((readings[0].value, readings[7].value), (284.59, 0.53));
        assert_eq!(readings[7].labels[1].1, "steal");
    }

    #[test]
    fn what_a_kernel_does_not_tell_is_absent() {
        let files = [
            ("proc/loadavg", "0.23 0.26 0.31 2/117 27306\n"),
            ("proc/meminfo", "MemTotal:        8039412 kB\nMemAvailable:    100 kB\n"),
            ("proc/vmstat", "nr_free_pages 1\npswpin 3\n"),
        ];
        let (_folder, kernel) = machine(&files);
        let found: Vec<_> = kernel.counters().iter().map(|reading| (reading.metric.name, reading.value)).collect();
        assert_eq!(
            found,
            [("node_load1", 0.23), ("node_memory_MemAvailable_bytes", 102_400.0), ("node_vmstat_pswpin", 3.0)]
        );
    }
}
