//! Docker and its compose tool: the only user of bollard.
//!
//! Comes in: names, labels, commands. Goes out: containers, images, logs, answers. Must not: know jobs or rounds.
