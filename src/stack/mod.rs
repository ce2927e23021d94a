//! Stacks: the resolved compose project, our override, up, ready, the generator, logs, down, sweep.
//!
//! Comes in: an image and a benchmark. Goes out: endpoints, the load record. Must not: ask PromQL for results.
