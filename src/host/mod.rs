//! The host: the machine record and the machine class.
//!
//! Comes in: nothing. Goes out: facts. Must not: change the machine.
