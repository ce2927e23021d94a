//! The faults that need a manager, real stacks, and processes that are really killed; `make test-faults` runs them.
//! scripts/test-faults.sh says which test stands for which fault; quick ones are where the capability is tested.

mod crash;
mod invariants;
mod stopped;
