//! What a container uses, read from the kernel's files at this moment: its control group, version 1 or 2, and its
//! network namespace. Microseconds a container, no word with the engine.

use std::collections::HashMap;

use super::kernel::Kernel;
use super::network;
use crate::domain::usage::{
    CFS_PERIODS, CFS_THROTTLED_PERIODS, CFS_THROTTLED_SECONDS, CPU_SYSTEM, CPU_USAGE, CPU_USER, FS_READS,
    FS_READS_BYTES, FS_WRITES, FS_WRITES_BYTES, MEMORY_CACHE, MEMORY_MAX_USAGE, MEMORY_RSS, MEMORY_SWAP, MEMORY_USAGE,
    MEMORY_WORKING_SET, OOM_EVENTS, Reading,
};

const NS: f64 = 1e9;
const US: f64 = 1e6;

/// What the container with this id uses, whose main process is `pid`. None where this kernel has no such process in
/// a control group of that container: it has ended, or the engine runs on another machine.
pub fn container_usage(pid: u32, id: &str) -> Option<Vec<Reading>> {
    Kernel::here().container_usage(pid, id)
}

impl Kernel {
    fn container_usage(&self, pid: u32, id: &str) -> Option<Vec<Reading>> {
        let groups = self.optional(&format!("proc/{pid}/cgroup"))?;
        if id.is_empty() || !groups.contains(id) {
            return None;
        }
        let mut readings = match self.cgroup_version() {
            2 => self.unified(&groups),
            _ => self.split(&groups),
        };
        let net = |file: &str| self.optional(&format!("proc/{pid}/net/{file}")).unwrap_or_default();
        readings.extend(network::interfaces(&net("dev")));
        readings.extend(network::tcp(&net("snmp"), &net("netstat")));
        Some(readings)
    }

    /// Version 2: one folder.
    fn unified(&self, groups: &str) -> Vec<Reading> {
        let path = group(groups, "");
        let file = |name: &str| self.optional(&format!("sys/fs/cgroup{}/{name}", path?));
        let fields = |name: &str| fields(&file(name).unwrap_or_default());
        let number = |name: &str| file(name)?.parse().ok();
        let (cpu, memory, events) = (fields("cpu.stat"), fields("memory.stat"), fields("memory.events"));
        let usage = number("memory.current");
        let io = file("io.stat").unwrap_or_default();
        let blocks = |key: &str| file("io.stat").map(|_| io_stat(&io, key));
        present([
            CPU_USAGE.of(scaled(&cpu, "usage_usec", US)),
            CPU_USER.of(scaled(&cpu, "user_usec", US)),
            CPU_SYSTEM.of(scaled(&cpu, "system_usec", US)),
            CFS_PERIODS.of(scaled(&cpu, "nr_periods", 1.0)),
            CFS_THROTTLED_PERIODS.of(scaled(&cpu, "nr_throttled", 1.0)),
            CFS_THROTTLED_SECONDS.of(scaled(&cpu, "throttled_usec", US)),
            MEMORY_USAGE.of(usage),
            MEMORY_WORKING_SET.of(working_set(usage, memory.get("inactive_file"))),
            MEMORY_RSS.of(memory.get("anon").copied()),
            MEMORY_CACHE.of(memory.get("file").copied()),
            MEMORY_SWAP.of(number("memory.swap.current")),
            MEMORY_MAX_USAGE.of(number("memory.peak")),
            OOM_EVENTS.of(events.get("oom_kill").copied()),
            FS_READS_BYTES.of(blocks("rbytes")),
            FS_WRITES_BYTES.of(blocks("wbytes")),
            FS_READS.of(blocks("rios")),
            FS_WRITES.of(blocks("wios")),
        ])
    }

    /// Version 1: one folder a controller.
    fn split(&self, groups: &str) -> Vec<Reading> {
        let file = |controller: &str, name: &str| {
            self.optional(&format!("sys/fs/cgroup/{controller}{}/{name}", group(groups, controller)?))
        };
        let fields = |controller: &str, name: &str| fields(&file(controller, name).unwrap_or_default());
        let number = |controller: &str, name: &str| -> Option<f64> { file(controller, name)?.parse().ok() };
        let seconds = |name: &str| Some(number("cpuacct", name)? / NS);
        let (cpu, memory) = (fields("cpu", "cpu.stat"), fields("memory", "memory.stat"));
        let usage = number("memory", "memory.usage_in_bytes");
        let blocks = |what: &str, operation: &str| {
            let recursive = file("blkio", &format!("blkio.throttle.io_{what}_recursive"));
            let counts = recursive.or_else(|| file("blkio", &format!("blkio.throttle.io_{what}")))?;
            Some(io_operations(&counts, operation))
        };
        present([
            CPU_USAGE.of(seconds("cpuacct.usage")),
            CPU_USER.of(seconds("cpuacct.usage_user")),
            CPU_SYSTEM.of(seconds("cpuacct.usage_sys")),
            CFS_PERIODS.of(scaled(&cpu, "nr_periods", 1.0)),
            CFS_THROTTLED_PERIODS.of(scaled(&cpu, "nr_throttled", 1.0)),
            CFS_THROTTLED_SECONDS.of(scaled(&cpu, "throttled_time", NS)),
            MEMORY_USAGE.of(usage),
            MEMORY_WORKING_SET.of(working_set(usage, memory.get("total_inactive_file"))),
            MEMORY_RSS.of(memory.get("total_rss").copied()),
            MEMORY_CACHE.of(memory.get("total_cache").copied()),
            MEMORY_SWAP.of(memory.get("total_swap").copied()),
            MEMORY_MAX_USAGE.of(number("memory", "memory.max_usage_in_bytes")),
            OOM_EVENTS.of(fields("memory", "memory.oom_control").get("oom_kill").copied()),
            FS_READS_BYTES.of(blocks("service_bytes", "Read")),
            FS_WRITES_BYTES.of(blocks("service_bytes", "Write")),
            FS_READS.of(blocks("serviced", "Read")),
            FS_WRITES.of(blocks("serviced", "Write")),
        ])
    }
}

fn present(readings: [Option<Reading>; 17]) -> Vec<Reading> {
    readings.into_iter().flatten().collect()
}

/// The path of a process' group in the hierarchy of a controller; that of version 2 has no name.
fn group<'a>(groups: &'a str, controller: &str) -> Option<&'a str> {
    groups.lines().find_map(|line| {
        let (_, rest) = line.split_once(':')?;
        let (controllers, path) = rest.split_once(':')?;
        controllers.split(',').any(|name| name == controller).then_some(path)
    })
}

/// Lines of a name and a number.
fn fields(text: &str) -> HashMap<String, f64> {
    let field = |line: &str| {
        let (name, value) = line.split_once(' ')?;
        Some((name.to_owned(), value.trim().parse().ok()?))
    };
    text.lines().filter_map(field).collect()
}

fn scaled(fields: &HashMap<String, f64>, name: &str, unit: f64) -> Option<f64> {
    fields.get(name).map(|value| value / unit)
}

/// As cAdvisor and the kubelet count it: what can't be given back without work.
fn working_set(usage: Option<f64>, inactive_file: Option<&f64>) -> Option<f64> {
    Some((usage? - inactive_file?).max(0.0))
}

/// A key of `io.stat` over all devices.
fn io_stat(text: &str, key: &str) -> f64 {
    let values = text.split_whitespace().filter_map(|word| word.split_once('='));
    values.filter(|(name, _)| *name == key).filter_map(|(_, value)| value.parse::<f64>().ok()).sum()
}

/// An operation of a `blkio` file over all devices: lines of device, operation and count.
fn io_operations(text: &str, operation: &str) -> f64 {
    let count = |line: &str| -> Option<f64> {
        let mut words = line.split_whitespace().skip(1);
        (words.next()? == operation).then_some(words.next()?.parse().ok()?)
    };
    text.lines().filter_map(count).sum()
}

#[cfg(test)]
mod tests {
    use super::super::kernel::tests::machine;
    use super::*;
    use crate::domain::usage::Metric;

    const ID: &str = "24054ca88cd6";

    fn value(readings: &[Reading], metric: &Metric) -> Option<f64> {
        readings.iter().find(|reading| reading.metric == metric).map(|reading| reading.value)
    }

    /// As recorded on a host with version 1; the files of two controllers left out.
    const SPLIT: [(&str, &str); 9] = [
        (
            "proc/7/cgroup",
            "4:memory:/docker/24054ca88cd6\n2:cpu,cpuacct:/docker/24054ca88cd6\n0::/docker/24054ca88cd6\n",
        ),
        ("sys/fs/cgroup/cpuacct/docker/24054ca88cd6/cpuacct.usage", "1620543582\n"),
        ("sys/fs/cgroup/cpuacct/docker/24054ca88cd6/cpuacct.usage_user", "1500000000\n"),
        (
            "sys/fs/cgroup/cpu/docker/24054ca88cd6/cpu.stat",
            "nr_periods 33\nnr_throttled 31\nthrottled_time 1508663638\nnr_bursts 0\nburst_time 0\n",
        ),
        ("sys/fs/cgroup/memory/docker/24054ca88cd6/memory.usage_in_bytes", "3162112\n"),
        ("sys/fs/cgroup/memory/docker/24054ca88cd6/memory.max_usage_in_bytes", "3825664\n"),
        (
            "sys/fs/cgroup/memory/docker/24054ca88cd6/memory.stat",
            "inactive_file 1\ntotal_cache 2260992\ntotal_rss 167936\ntotal_swap 0\ntotal_inactive_file 2019328\n",
        ),
        (
            "sys/fs/cgroup/memory/docker/24054ca88cd6/memory.oom_control",
            "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
        ),
        ("proc/7/net/snmp", "Tcp: RtoMin RetransSegs\nTcp: 200 5\n"),
    ];

    #[test]
    fn version_1_is_read_controller_by_controller() {
        let (_folder, kernel) = machine(&SPLIT);
        let readings = kernel.container_usage(7, ID).unwrap();
        let of = |metric| value(&readings, metric);
        assert_eq!((of(&CPU_USAGE), of(&CPU_USER), of(&CPU_SYSTEM)), (Some(1.620543582), Some(1.5), None));
        assert_eq!((of(&CFS_PERIODS), of(&CFS_THROTTLED_PERIODS)), (Some(33.0), Some(31.0)));
        assert_eq!(of(&CFS_THROTTLED_SECONDS), Some(1.508663638));
        assert_eq!((of(&MEMORY_USAGE), of(&MEMORY_WORKING_SET)), (Some(3162112.0), Some(1142784.0)));
        assert_eq!((of(&MEMORY_RSS), of(&MEMORY_MAX_USAGE)), (Some(167936.0), Some(3825664.0)));
        assert_eq!((of(&OOM_EVENTS), of(&FS_READS_BYTES)), (Some(2.0), None));
        assert_eq!(of(&crate::domain::usage::TCP_RETRANSMITS), Some(5.0));
    }

    #[test]
    fn block_devices_are_summed_up_and_none_is_0() {
        let blkio = "8:0 Read 10\n8:0 Write 20\n8:0 Total 30\n8:16 Read 1\n8:16 Write 2\nTotal 33\n";
        assert_eq!((io_operations(blkio, "Read"), io_operations(blkio, "Write")), (11.0, 22.0));
        assert_eq!(io_operations("Total 0\n", "Read"), 0.0);
        let stat = "8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0\n259:0 rbytes=5 wbytes=0 rios=1 wios=0\n";
        assert_eq!((io_stat(stat, "rbytes"), io_stat(stat, "wios"), io_stat("", "rios")), (15.0, 2.0, 0.0));
    }

    /// As written down from a host with version 2 and the systemd driver.
    const UNIFIED: [(&str, &str); 8] = [
        ("sys/fs/cgroup/cgroup.controllers", "cpu io memory pids\n"),
        ("proc/7/cgroup", "0::/system.slice/docker-24054ca88cd6.scope\n"),
        (
            "sys/fs/cgroup/system.slice/docker-24054ca88cd6.scope/cpu.stat",
            "usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\nnr_periods 10\nnr_throttled 4\n\
             throttled_usec 250000\n",
        ),
        ("sys/fs/cgroup/system.slice/docker-24054ca88cd6.scope/memory.current", "5000000\n"),
        (
            "sys/fs/cgroup/system.slice/docker-24054ca88cd6.scope/memory.stat",
            "anon 1000000\nfile 4000000\ninactive_file 3000000\n",
        ),
        ("sys/fs/cgroup/system.slice/docker-24054ca88cd6.scope/memory.events", "low 0\noom 1\noom_kill 1\n"),
        ("sys/fs/cgroup/system.slice/docker-24054ca88cd6.scope/memory.swap.current", "0\n"),
        ("sys/fs/cgroup/system.slice/docker-24054ca88cd6.scope/io.stat", "8:0 rbytes=4096 wbytes=0 rios=1 wios=0\n"),
    ];

    #[test]
    fn version_2_is_read_from_one_folder() {
        let (_folder, kernel) = machine(&UNIFIED);
        let readings = kernel.container_usage(7, ID).unwrap();
        let of = |metric| value(&readings, metric);
        assert_eq!((of(&CPU_USAGE), of(&CPU_USER), of(&CPU_SYSTEM)), (Some(2.5), Some(2.0), Some(0.5)));
        assert_eq!((of(&CFS_THROTTLED_PERIODS), of(&CFS_THROTTLED_SECONDS)), (Some(4.0), Some(0.25)));
        assert_eq!((of(&MEMORY_WORKING_SET), of(&MEMORY_RSS)), (Some(2e6), Some(1e6)));
        assert_eq!(of(&MEMORY_MAX_USAGE), None, "kernels before 5.19 have no memory.peak");
        assert_eq!((of(&OOM_EVENTS), of(&MEMORY_SWAP)), (Some(1.0), Some(0.0)));
        assert_eq!((of(&FS_READS_BYTES), of(&FS_WRITES_BYTES)), (Some(4096.0), Some(0.0)));
    }

    #[test]
    fn another_process_under_the_same_number_is_not_read() {
        let (_folder, kernel) = machine(&UNIFIED);
        assert_eq!(kernel.container_usage(7, "another"), None);
        assert_eq!(kernel.container_usage(7, ""), None);
        assert_eq!(kernel.container_usage(8, ID), None);
    }
}
