//! Use cases: wiring of settings, clients and rooms, one file each; graceful shutdown.
//!
//! Comes in: parsed arguments. Goes out: what to print and the exit code. Must not: parse or print.
