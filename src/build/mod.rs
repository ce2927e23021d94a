//! Images: the service under test, built from a source tree.
//!
//! Comes in: a source tree and the resolved build section. Goes out: an image, or the last lines of the build log.
//! Must not: start containers.
