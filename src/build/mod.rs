//! Images: the service under test, built from a source tree by the compose tool.
//!
//! Comes in: a [`BuildPlan`](crate::domain::flow::BuildPlan) and a revision. Goes out: an
//! [`Image`](crate::domain::flow::Image), or the last lines of the build log. Must not: start containers.
//!
//! An image is known by two tags: `tree-KEY`, equal for equal build contexts, by which it is found again, and the
//! revision's. A build that fails leaves no tag.

mod builder;

pub use builder::{BuildError, Builder};
