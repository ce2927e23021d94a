//! The one integration binary: a harness, and one module per capability.

mod config;
mod database;
mod harness;
mod house;
mod leases;
mod load;
mod queue;
mod reports;
