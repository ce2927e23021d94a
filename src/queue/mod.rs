//! The queue: enqueue, order, claim, lease, heartbeat, finish, reap, slots by host.
//!
//! Comes in: job requests and orders. Goes out: claimed jobs with their leases. Must not: know what a job does.

mod clock;
mod error;
mod lease;
mod orders;
mod served;
mod turns;

pub use crate::database::Lost;
pub use error::QueueError;
pub use lease::{Lease, Loss};
pub use served::Counter;
pub use turns::{Claim, Queue, Turn, Waiting};
