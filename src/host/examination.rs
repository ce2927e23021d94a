//! What of this host's settings and state would spoil a measurement, each with its remedy. What a machine does not
//! tell is said so, not guessed.

use super::kernel::Kernel;
use crate::domain::conditions::{HostFacts, HostState};
use crate::domain::finding::{Finding, Level};
use crate::domain::placement::Cores;

/// Less memory than this is too little for Prometheus, a database and a service.
const LITTLE_MEMORY: u64 = 2 << 30;
/// Fewer open files than this end in the middle of a load.
const FEW_FILES: u64 = 4096;
/// Fewer ports than this are used up by a load that opens connections anew.
const FEW_PORTS: u32 = 10_000;
/// Clocks that take a microsecond or more to read.
const SLOW_CLOCKS: [&str; 4] = ["hpet", "acpi_pm", "jiffies", "refined-jiffies"];

/// Everything that is looked at, besides what the engine knows.
#[derive(Clone, Debug)]
pub struct Examination {
    /// The host's settings.
    pub facts: HostFacts,
    /// Its state, and that a moment before.
    pub states: (HostState, HostState),
    /// The cores that are there for us.
    pub cores: Option<Cores>,
    /// How many files this process may have open.
    pub open_files: Option<u64>,
    /// The ports that connections are made from.
    pub ports: Option<(u32, u32)>,
}

impl Examination {
    /// Of this host, between a moment before and now.
    pub fn here(before: HostState) -> Self {
        let kernel = Kernel::here();
        Self {
            facts: super::facts(),
            states: (before, super::state()),
            cores: super::cores(),
            open_files: rustix::process::getrlimit(rustix::process::Resource::Nofile).current,
            ports: kernel.optional("proc/sys/net/ipv4/ip_local_port_range").and_then(|text| port_range(&text)),
        }
    }

    /// What it comes to, one finding a subject.
    pub fn findings(&self) -> Vec<Finding> {
        vec![
            self.cores(),
            self.memory(),
            self.swap(),
            self.load(),
            self.steal(),
            self.governor(),
            self.boost(),
            self.hyper_threads(),
            self.virtualisation(),
            self.huge_pages(),
            self.clock(),
            self.cgroup(),
            self.open_files(),
            self.ports(),
        ]
    }

    fn cores(&self) -> Finding {
        const CHECK: &str = "cores";
        match &self.cores {
            None => Finding::note(CHECK, "the kernel does not tell which are online"),
            Some(cores) if cores.count() == 1 => Finding::bad(
                CHECK,
                Level::Problem,
                format!("only core {cores}: the load generator takes the service's time"),
                "measure on a host with two cores at least; small changes can't be seen here",
            ),
            Some(cores) => Finding::ok(CHECK, format!("{} ({cores})", cores.count())),
        }
    }

    fn memory(&self) -> Finding {
        const CHECK: &str = "memory";
        let Some(available) = self.states.1.memory_available_bytes else {
            return Finding::note(CHECK, "the kernel does not tell what is available");
        };
        let found = format!("{:.1} GiB available", available as f64 / (1_u64 << 30) as f64);
        if available < LITTLE_MEMORY {
            return Finding::bad(CHECK, Level::Problem, found, "end other programs, or take a larger host");
        }
        Finding::ok(CHECK, found)
    }

    fn swap(&self) -> Finding {
        const CHECK: &str = "swap";
        match self.states.1.swap_used_bytes {
            None => Finding::note(CHECK, "not told"),
            Some(0) => Finding::ok(CHECK, "none in use"),
            Some(used) => Finding::bad(
                CHECK,
                Level::Problem,
                format!("{} MiB in use: pages come back slowly, in the middle of a load", used >> 20),
                "free memory, then `swapoff -a && swapon -a`, or leave swap off",
            ),
        }
    }

    fn load(&self) -> Finding {
        const CHECK: &str = "load now";
        let (before, now) = (self.states.0.ticks, self.states.1.ticks);
        let Some(busy) = before.zip(now).and_then(|(before, now)| now.busy_share_since(before)) else {
            return Finding::note(CHECK, "not told");
        };
        let average = self.states.1.load1.map(|load| format!(", load average {load:.2}")).unwrap_or_default();
        let found = format!("cores {:.0}% busy over a second{average}", busy * 100.0);
        match busy {
            0.25.. => Finding::bad(CHECK, Level::Problem, found, "wait until other work is done, see `top`"),
            0.1.. => Finding::bad(CHECK, Level::Note, found, "see `top` for who it is"),
            _ => Finding::ok(CHECK, found),
        }
    }

    fn steal(&self) -> Finding {
        const CHECK: &str = "steal";
        let (before, now) = (self.states.0.ticks, self.states.1.ticks);
        match before.zip(now).and_then(|(before, now)| now.steal_share_since(before)) {
            None => Finding::note(CHECK, "not told"),
            Some(share) => {
                let found = format!("{:.1}% of the cores' time went to other machines, over a second", share * 100.0);
                let remedy = "move to a dedicated host, or one with fewer neighbours";
                match share {
                    0.02.. => Finding::bad(CHECK, Level::Problem, found, remedy),
                    0.001.. => Finding::bad(CHECK, Level::Note, found, remedy),
                    _ => Finding::ok(CHECK, found),
                }
            }
        }
    }

    fn governor(&self) -> Finding {
        const CHECK: &str = "frequency governor";
        let driver = self.facts.frequency_driver.as_ref().map(|driver| format!(" ({driver})")).unwrap_or_default();
        match self.facts.governor.as_deref() {
            None => Finding::note(CHECK, "not told: no frequency scaling here, or a hypervisor hides it"),
            Some("performance") => Finding::ok(CHECK, format!("performance{driver}")),
            Some(other) => Finding::bad(
                CHECK,
                Level::Problem,
                format!("{other}{driver}: frequencies follow the load"),
                "`cpupower frequency-set --governor performance`",
            ),
        }
    }

    fn boost(&self) -> Finding {
        const CHECK: &str = "turbo";
        match self.facts.boost {
            None => Finding::note(CHECK, "not told: none here, or a hypervisor hides it"),
            Some(false) => Finding::ok(CHECK, "off"),
            Some(true) => {
                let file = match self.facts.frequency_driver.as_deref() {
                    Some(driver) if driver.starts_with("intel") => {
                        "echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo"
                    }
                    _ => "echo 0 > /sys/devices/system/cpu/cpufreq/boost",
                };
                let found = "on: frequencies depend on temperature and on the neighbouring cores";
                Finding::bad(CHECK, Level::Note, found, format!("`{file}`"))
            }
        }
    }

    fn hyper_threads(&self) -> Finding {
        const CHECK: &str = "hyper-threads";
        match self.facts.smt.as_deref() {
            None => Finding::note(CHECK, "not told"),
            Some("on") => Finding::bad(
                CHECK,
                Level::Note,
                "on: two threads share the units of a core",
                "`echo off > /sys/devices/system/cpu/smt/control`, or give both threads of a core to one side by \
                 `placement`, see `lscpu --extended`",
            ),
            Some("notsupported" | "notimplemented") => Finding::ok(CHECK, "none"),
            Some(off) => Finding::ok(CHECK, off),
        }
    }

    fn virtualisation(&self) -> Finding {
        const CHECK: &str = "virtualisation";
        match &self.facts.virtualisation {
            None => Finding::ok(CHECK, "nothing speaks for a virtual machine"),
            Some(kind) => Finding::bad(
                CHECK,
                Level::Note,
                format!("a virtual machine ({kind}): its neighbours can slow it down"),
                "a dedicated host for tight limits; `loadmark runs show` has the steal of each run",
            ),
        }
    }

    fn huge_pages(&self) -> Finding {
        const CHECK: &str = "transparent huge pages";
        match self.facts.huge_pages.as_deref() {
            None => Finding::note(CHECK, "not told"),
            Some("always") => Finding::bad(
                CHECK,
                Level::Note,
                "always: the kernel joins pages in the background",
                "`echo madvise > /sys/kernel/mm/transparent_hugepage/enabled`",
            ),
            Some(other) => Finding::ok(CHECK, other),
        }
    }

    fn clock(&self) -> Finding {
        const CHECK: &str = "clock";
        match self.facts.clock_source.as_deref() {
            None => Finding::note(CHECK, "not told"),
            Some(slow) if SLOW_CLOCKS.contains(&slow) => Finding::bad(
                CHECK,
                Level::Problem,
                format!("{slow}: slow to read, each request reads it several times"),
                "see /sys/devices/system/clocksource/clocksource0/available_clocksource; boot with `tsc=reliable` \
                 where the TSC is",
            ),
            Some(fine) => Finding::ok(CHECK, fine),
        }
    }

    fn cgroup(&self) -> Finding {
        const CHECK: &str = "control groups";
        match self.facts.cgroup_version {
            2 => Finding::ok(CHECK, "version 2"),
            _ => Finding::note(CHECK, "version 1: works, and is compared only with hosts that have it too"),
        }
    }

    fn open_files(&self) -> Finding {
        const CHECK: &str = "open files";
        match self.open_files {
            Some(limit) if limit < FEW_FILES => {
                let found = format!("at most {limit} a process");
                Finding::bad(CHECK, Level::Problem, found, "`ulimit -n 65536`, or LimitNOFILE= of the service")
            }
            Some(limit) => Finding::ok(CHECK, format!("at most {limit} a process")),
            None => Finding::ok(CHECK, "no limit"),
        }
    }

    fn ports(&self) -> Finding {
        const CHECK: &str = "ports for connections";
        let Some((first, last)) = self.ports else { return Finding::note(CHECK, "not told") };
        let found = format!("{first} to {last}");
        if last.saturating_sub(first) < FEW_PORTS {
            return Finding::bad(CHECK, Level::Note, found, "`sysctl net.ipv4.ip_local_port_range='32768 60999'`");
        }
        Finding::ok(CHECK, found)
    }
}

fn port_range(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split_whitespace().map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::domain::conditions::CoreTicks;

    fn state(ticks: CoreTicks) -> HostState {
        HostState {
            at: datetime!(2026-03-04 05:06:07 UTC),
            load1: Some(0.5),
            swap_used_bytes: Some(0),
            memory_available_bytes: Some(8 << 30),
            ticks: Some(ticks),
        }
    }

    fn quiet() -> Examination {
        let text = |text: &str| Some(text.to_owned());
        Examination {
            facts: HostFacts {
                kernel: text("6.12.3"),
                governor: text("performance"),
                frequency_driver: text("intel_pstate"),
                boost: Some(false),
                smt: text("off"),
                huge_pages: text("madvise"),
                clock_source: text("tsc"),
                virtualisation: None,
                cgroup_version: 2,
            },
            states: (
                state(CoreTicks { all: 1000, busy: 100, steal: 0 }),
                state(CoreTicks { all: 2000, busy: 101, steal: 0 }),
            ),
            cores: "0-3".parse().ok(),
            open_files: Some(65_536),
            ports: Some((32_768, 60_999)),
        }
    }

    fn seen(examination: &Examination) -> Vec<String> {
        let bad = examination.findings().into_iter().filter(|finding| finding.level > Level::Ok);
        bad.map(|finding| format!("{} {}", finding.check, finding.level.as_str())).collect()
    }

    #[test]
    fn a_quiet_machine_of_metal_is_fine() {
        assert_eq!(seen(&quiet()), Vec::<String>::new());
    }

    #[test]
    fn everything_that_spoils_a_measurement_is_told_with_its_remedy() {
        let text = |text: &str| Some(text.to_owned());
        let mut bad = quiet();
        bad.facts = HostFacts {
            kernel: None,
            governor: text("powersave"),
            frequency_driver: text("acpi-cpufreq"),
            boost: Some(true),
            smt: text("on"),
            huge_pages: text("always"),
            clock_source: text("hpet"),
            virtualisation: text("KVM"),
            cgroup_version: 1,
        };
        bad.cores = "0".parse().ok();
        bad.states.1 = HostState {
            swap_used_bytes: Some(64 << 20),
            memory_available_bytes: Some(1 << 30),
            ..state(CoreTicks { all: 2000, busy: 500, steal: 30 })
        };
        (bad.open_files, bad.ports) = (Some(1024), Some((1000, 2000)));
        let expected = [
            "cores problem",
            "memory problem",
            "swap problem",
            "load now problem",
            "steal problem",
            "frequency governor problem",
            "turbo note",
            "hyper-threads note",
            "virtualisation note",
            "transparent huge pages note",
            "clock problem",
            "control groups note",
            "open files problem",
            "ports for connections note",
        ];
        assert_eq!(seen(&bad), expected);
        let without_remedy = |finding: &Finding| finding.remedy.is_none() && finding.check != "control groups";
        assert!(!bad.findings().iter().any(without_remedy));
        let turbo = bad.findings().into_iter().find(|finding| finding.check == "turbo").unwrap();
        assert_eq!(turbo.remedy.unwrap(), "`echo 0 > /sys/devices/system/cpu/cpufreq/boost`");
    }

    #[test]
    fn what_a_machine_does_not_tell_is_not_guessed() {
        let silent = HostState {
            load1: None,
            swap_used_bytes: None,
            memory_available_bytes: None,
            ticks: None,
            ..state(CoreTicks { all: 0, busy: 0, steal: 0 })
        };
        let nothing = Examination {
            facts: HostFacts { cgroup_version: 2, ..HostFacts::default() },
            states: (silent.clone(), silent),
            cores: None,
            open_files: None,
            ports: None,
        };
        let told: Vec<_> = nothing
            .findings()
            .into_iter()
            .filter(|finding| finding.found.contains("not tell") || finding.found.contains("not told"))
            .collect();
        assert_eq!(told.len(), 11);
        assert!(told.iter().all(|finding| finding.level == Level::Note));
    }

    #[test]
    fn the_range_of_ports_has_two_numbers() {
        assert_eq!(port_range("32768\t60999"), Some((32_768, 60_999)));
        assert_eq!(port_range("32768"), None);
    }
}
