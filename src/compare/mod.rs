//! Comparison: pure thresholds and statistics.
//!
//! Comes in: the two sides. Goes out: verdicts. Must not: do I/O, know how numbers came about.
