//! The one integration binary: a harness, and one module per capability.

mod house;
mod reports;
