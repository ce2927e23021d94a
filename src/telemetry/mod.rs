//! Logging and span names.
//!
//! Comes in: the log settings. Goes out: an installed subscriber. Must not: know any room.
