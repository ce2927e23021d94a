//! Git: a mirror of the repository, revisions, work trees.
//!
//! Comes in: the repository and a name of a revision. Goes out: a source tree on disk. Must not: build or run it.
