//! The queue: enqueue, claim, lease, heartbeat, finish, reap, one slot per host.
//!
//! Comes in: job requests. Goes out: claimed jobs with their leases. Must not: know what a job does.
