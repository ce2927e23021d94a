//! The one integration binary: a harness, and one module per capability.

#![expect(clippy::unwrap_used, reason = "clippy allows it in test functions, not in what they share")]

mod checkout;
mod commands;
mod config;
mod database;
mod embedded;
mod failures;
mod harness;
mod house;
mod interruption;
mod leases;
mod load;
mod main_job;
mod queue;
mod refusals;
mod reports;
