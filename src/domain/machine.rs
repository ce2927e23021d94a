//! The machine that measured: its record, and the class of machines whose measurements may be compared.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Facts of a host that move measurements.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MachineRecord {
    /// The host's name.
    pub host: String,
    /// As the CPU calls itself.
    pub cpu_model: String,
    /// Logical cores.
    pub cores: u32,
    /// Memory, in GiB, rounded.
    pub memory_gib: u32,
    /// Kernel, `major.minor`.
    pub kernel: String,
    /// 1 or 2.
    pub cgroup_version: u8,
    /// The container engine and its version.
    pub engine: String,
}

/// Hosts whose measurements may be compared: the operator's label, else a hash of the record's hardware facts.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MachineClass(pub String);

impl fmt::Display for MachineClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What a container engine says of itself and its machine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EngineInfo {
    /// Its version.
    pub version: String,
    /// What keeps images and containers' files.
    pub storage_driver: String,
    /// Who makes control groups: `cgroupfs` or `systemd`.
    pub cgroup_driver: String,
    /// `1` or `2`.
    pub cgroup_version: String,
    /// What its machine runs.
    pub operating_system: String,
    /// Where it keeps images and volumes, on its machine.
    pub folder: String,
    /// Cores that it can use.
    pub cores: Option<usize>,
}
