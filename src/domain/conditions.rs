//! Under which conditions a run was measured: the host's settings and state, the engine, the images, every command.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::machine::EngineInfo;
use super::placement::Placement;

/// The record of a run's conditions. What a machine does not tell is none.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Conditions {
    /// Loadmark's version.
    pub loadmark: String,
    /// Which cores the stack ran on; none: all on all.
    pub placement: Option<Placement>,
    /// The host's settings at the start.
    pub host: HostFacts,
    /// Those at the end, where they are others.
    pub host_at_end: Option<HostFacts>,
    /// The engine.
    pub engine: EngineInfo,
    /// Images by name, each with its digest (the engine's id).
    pub images: BTreeMap<String, Option<String>>,
    /// How the host was at the start.
    pub start: HostState,
    /// How it was at the end; none where the run was stopped.
    pub end: Option<HostState>,
    /// Share of all cores' time that the hypervisor gave to others, over the run.
    pub steal_share: Option<f64>,
    /// Every command that was run, in the order of their ends.
    pub commands: Vec<CommandRecord>,
}

/// From this share of stolen time on a host is not its own.
const MUCH_STEAL: f64 = 0.02;

/// Settings of a host that move measurements.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct HostFacts {
    /// The kernel's release in full.
    pub kernel: Option<String>,
    /// Frequency governors, those of all cores.
    pub governor: Option<String>,
    /// What sets frequencies.
    pub frequency_driver: Option<String>,
    /// Whether cores may exceed their nominal frequency.
    pub boost: Option<bool>,
    /// Hyper-threads: `on`, `off`, `notsupported` and the like, in the kernel's words.
    pub smt: Option<String>,
    /// Transparent huge pages: `always`, `madvise` or `never`.
    pub huge_pages: Option<String>,
    /// The clock in use.
    pub clock_source: Option<String>,
    /// The kind of virtual machine that this is; none where nothing speaks for one.
    pub virtualisation: Option<String>,
    /// 1 or 2.
    pub cgroup_version: u8,
}

/// How a host was at a moment.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct HostState {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Load average over a minute.
    pub load1: Option<f64>,
    /// Swap in use.
    pub swap_used_bytes: Option<u64>,
    /// Memory that could still be given.
    pub memory_available_bytes: Option<u64>,
    /// Time of all cores since the boot, in ticks.
    pub ticks: Option<CoreTicks>,
}

/// Time of all cores since the boot, in the kernel's ticks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CoreTicks {
    /// All of it.
    pub all: u64,
    /// What was neither idle nor waiting.
    pub busy: u64,
    /// What the hypervisor gave to others.
    pub steal: u64,
}

impl CoreTicks {
    /// The share that was stolen between an earlier moment and this one; none where no time went by.
    pub fn steal_share_since(self, earlier: Self) -> Option<f64> {
        let all = self.all.checked_sub(earlier.all).filter(|all| *all > 0)?;
        Some(self.steal.checked_sub(earlier.steal)? as f64 / all as f64)
    }

    /// The share that was busy between an earlier moment and this one; none where no time went by.
    pub fn busy_share_since(self, earlier: Self) -> Option<f64> {
        let all = self.all.checked_sub(earlier.all).filter(|all| *all > 0)?;
        Some(self.busy.checked_sub(earlier.busy)? as f64 / all as f64)
    }
}

/// A command that was run to its end, or given up.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CommandRecord {
    /// The program.
    pub program: String,
    /// Its arguments; they never hold secrets.
    pub arguments: Vec<String>,
    /// Its exit code; none where it could not be started, was killed or took too long.
    pub exit_code: Option<i32>,
    /// How long it took.
    pub seconds: f64,
}

impl Conditions {
    /// Ends the record.
    pub fn end(&mut self, state: HostState, host: HostFacts, commands: Vec<CommandRecord>) {
        self.steal_share = state.ticks.zip(self.start.ticks).and_then(|(end, start)| end.steal_share_since(start));
        self.host_at_end = (host != self.host).then_some(host);
        self.end = Some(state);
        self.commands = commands;
    }

    /// What else the host was busy with, where that is enough to be told beside a verdict.
    pub fn contention(&self) -> Option<String> {
        let share = self.steal_share.filter(|share| *share >= MUCH_STEAL)?;
        let percent = share * 100.0;
        Some(format!(
            "contention: {percent:.1}% of the cores' time went to other machines (steal) while this was measured"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_the_time_between_two_moments() {
        let start = CoreTicks { all: 1000, busy: 500, steal: 10 };
        let end = CoreTicks { all: 3000, busy: 1000, steal: 110 };
        assert_eq!(end.steal_share_since(start), Some(0.05));
        assert_eq!(end.busy_share_since(start), Some(0.25));
        assert_eq!(start.steal_share_since(start), None);
        assert_eq!(start.steal_share_since(end), None, "a host that was booted in between");
    }
}
