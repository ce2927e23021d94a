//! Reports: pure words.
//!
//! Comes in: a comparison or a run. Goes out: text, Markdown, JSON. Must not: do I/O, decide a verdict.
