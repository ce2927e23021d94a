//! The queue: enqueue, claim, lease, heartbeat, finish, reap, one slot per host.
//!
//! Comes in: job requests. Goes out: claimed jobs with their leases. Must not: know what a job does.

mod clock;
mod error;
mod lease;
mod turns;

pub use error::QueueError;
pub use lease::{Lease, Loss};
pub use turns::{Claim, Queue, Turn, Waiting};
