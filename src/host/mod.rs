//! The host: the machine record and the machine class.
//!
//! Comes in: nothing. Goes out: facts. Must not: change the machine.

mod class;
mod error;
mod record;

pub use class::class;
pub use error::HostError;
pub use record::record;
