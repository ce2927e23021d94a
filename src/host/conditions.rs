//! Settings and state of this host that move measurements, as far as its kernel tells them.

use std::collections::BTreeSet;
use std::fs;

use time::OffsetDateTime;

use super::counters::{load1, meminfo};
use super::kernel::Kernel;
use crate::domain::conditions::{CoreTicks, HostFacts, HostState};

const CPU: &str = "sys/devices/system/cpu";

/// This host's settings.
pub fn facts() -> HostFacts {
    Kernel::here().facts()
}

/// How this host is now.
pub fn state() -> HostState {
    Kernel::here().state()
}

impl Kernel {
    fn facts(&self) -> HostFacts {
        HostFacts {
            kernel: self.optional("proc/sys/kernel/osrelease"),
            governor: self.of_every_core("scaling_governor"),
            frequency_driver: self.of_every_core("scaling_driver"),
            boost: self.boost(),
            smt: self.optional(&format!("{CPU}/smt/control")),
            huge_pages: self.optional("sys/kernel/mm/transparent_hugepage/enabled").and_then(|text| chosen(&text)),
            clock_source: self.optional("sys/devices/system/clocksource/clocksource0/current_clocksource"),
            virtualisation: self.virtualisation(),
            cgroup_version: self.cgroup_version(),
        }
    }

    /// A file of frequency scaling: cores may differ, and a virtual machine has none.
    fn of_every_core(&self, file: &str) -> Option<String> {
        let policies = fs::read_dir(self.root.join(CPU).join("cpufreq")).ok()?;
        let values: BTreeSet<String> = policies
            .flatten()
            .filter_map(|policy| fs::read_to_string(policy.path().join(file)).ok())
            .map(|value| value.trim().to_owned())
            .collect();
        (!values.is_empty()).then(|| values.into_iter().collect::<Vec<_>>().join(", "))
    }

    /// Intel's driver says whether it is off, the others whether it is on.
    fn boost(&self) -> Option<bool> {
        let is_on = |file: &str| self.optional(&format!("{CPU}/{file}")).map(|text| text == "1");
        is_on("intel_pstate/no_turbo").map(|off| !off).or_else(|| is_on("cpufreq/boost"))
    }

    /// By the CPU's own word; the name is the firmware's, where it has one.
    fn virtualisation(&self) -> Option<String> {
        let cpu = self.optional("proc/cpuinfo")?;
        let is_guest = cpu.lines().any(|line| {
            let flags = line.split_once(':').filter(|(name, _)| name.trim() == "flags");
            flags.is_some_and(|(_, flags)| flags.split_whitespace().any(|flag| flag == "hypervisor"))
        });
        let hypervisor = self.optional("sys/hypervisor/type");
        if !is_guest && hypervisor.is_none() {
            return None;
        }
        let firmware = || self.optional("sys/class/dmi/id/sys_vendor").filter(|vendor| !vendor.is_empty());
        Some(hypervisor.or_else(firmware).unwrap_or_else(|| "unnamed".to_owned()))
    }

    fn state(&self) -> HostState {
        let memory = self.optional("proc/meminfo").unwrap_or_default();
        let bytes = |name: &str| meminfo(&memory, name).map(|bytes| bytes as u64);
        let swap_used = bytes("SwapTotal").zip(bytes("SwapFree")).map(|(all, free)| all.saturating_sub(free));
        HostState {
            at: OffsetDateTime::now_utc(),
            load1: self.optional("proc/loadavg").and_then(|text| load1(&text)),
            swap_used_bytes: swap_used,
            memory_available_bytes: bytes("MemAvailable"),
            ticks: self.optional("proc/stat").and_then(|text| ticks(&text)),
        }
    }
}

/// The word in brackets.
fn chosen(text: &str) -> Option<String> {
    let (_, rest) = text.split_once('[')?;
    Some(rest.split_once(']')?.0.to_owned())
}

/// The sum of all cores: user, nice, system, idle, iowait, irq, softirq, steal; a guest's time is in the first two.
fn ticks(stat: &str) -> Option<CoreTicks> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let ticks: Vec<u64> = line.split_whitespace().take(8).filter_map(|number| number.parse().ok()).collect();
    let [_, _, _, idle, waiting, _, _, steal] = ticks[..] else { return None };
    let all: u64 = ticks.iter().sum();
    Some(CoreTicks { all, busy: all - idle - waiting - steal, steal })
}

#[cfg(test)]
mod tests {
    use super::super::kernel::tests::machine;
    use super::*;

    #[test]
    fn a_machine_of_metal_tells_its_settings() {
        let (_folder, kernel) = machine(&[
            ("proc/sys/kernel/osrelease", "6.12.3-amd64\n"),
            ("proc/cpuinfo", "flags\t\t: fpu vme sse\n"),
            ("sys/devices/system/cpu/cpufreq/policy0/scaling_governor", "powersave\n"),
            ("sys/devices/system/cpu/cpufreq/policy1/scaling_governor", "performance\n"),
            ("sys/devices/system/cpu/cpufreq/policy1/scaling_driver", "intel_pstate\n"),
            ("sys/devices/system/cpu/intel_pstate/no_turbo", "0\n"),
            ("sys/devices/system/cpu/smt/control", "on\n"),
            ("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n"),
            ("sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n"),
            ("sys/fs/cgroup/cgroup.controllers", "cpu\n"),
        ]);
        let text = |text: &str| Some(text.to_owned());
        let expected = HostFacts {
            kernel: text("6.12.3-amd64"),
            governor: text("performance, powersave"),
            frequency_driver: text("intel_pstate"),
            boost: Some(true),
            smt: text("on"),
            huge_pages: text("madvise"),
            clock_source: text("tsc"),
            virtualisation: None,
            cgroup_version: 2,
        };
        assert_eq!(kernel.facts(), expected);
    }

    #[test]
    fn a_virtual_machine_has_no_frequencies_and_a_hypervisor() {
        let (_folder, kernel) = machine(&[
            ("proc/cpuinfo", "flags\t\t: fpu hypervisor sse\n"),
            ("sys/class/dmi/id/sys_vendor", "QEMU\n"),
            ("sys/devices/system/cpu/cpufreq/boost", "0\n"),
        ]);
        let facts = kernel.facts();
        assert_eq!((facts.governor, facts.boost), (None, Some(false)));
        assert_eq!(facts.virtualisation.as_deref(), Some("QEMU"));
    }

    #[test]
    fn the_state_is_that_of_this_moment() {
        let (_folder, kernel) = machine(&[
            ("proc/loadavg", "0.23 0.26 0.31 2/117 27306\n"),
            ("proc/meminfo", "MemAvailable:  4 kB\nSwapTotal:   10 kB\nSwapFree:    8 kB\n"),
            ("proc/stat", "cpu  100 0 50 800 20 5 5 20 0 0\ncpu0 1 1 1 1\n"),
        ]);
        let state = kernel.state();
        assert_eq!(
            (state.load1, state.swap_used_bytes, state.memory_available_bytes),
            (Some(0.23), Some(2048), Some(4096))
        );
        assert_eq!(state.ticks, Some(CoreTicks { all: 1000, busy: 160, steal: 20 }));
        let (_folder, nothing) = machine(&[]);
        assert_eq!((nothing.state().ticks, nothing.state().load1), (None, None));
    }
}
