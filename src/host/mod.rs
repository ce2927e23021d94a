//! The host: the machine record and the machine class; what containers and the host use, by the kernel's files.
//!
//! Comes in: nothing. Goes out: facts. Must not: change the machine, or talk to the engine.

mod cgroup;
mod class;
mod conditions;
mod cores;
mod counters;
mod error;
mod examination;
mod kernel;
mod network;
mod record;

pub use cgroup::container_usage;
pub use class::class;
pub use conditions::{facts, state};
pub use cores::cores;
pub use counters::counters;
pub use error::HostError;
pub use examination::Examination;
pub use record::{name, record};
