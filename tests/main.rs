//! The one integration binary: a harness, and one module per capability.
#![expect(clippy::unwrap_used, reason = "clippy allows it in #[test] functions, and their helpers are tests, too")]

mod database;
mod harness;
mod leases;
mod queue;
