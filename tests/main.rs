//! The one integration binary: a harness, and one module per capability.

mod database;
mod harness;
mod queue;
