//! The faults that need a manager, real stacks, and processes that are really killed; `make test-faults` runs them.
//! scripts/test-faults.sh says which test stands for which fault; quick ones are where the capability is tested.
//!
//! Each has the machine to itself there, one after the other. `make test` leaves them out.

mod away;
mod crash;
mod engine;
mod github;
mod invariants;
mod neighbours;
mod room;
mod stopped;
mod tools;
