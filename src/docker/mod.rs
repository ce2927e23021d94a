//! Docker and its compose tool: the only user of bollard.
//!
//! Comes in: names, labels, commands. Goes out: containers, images, logs, answers. Must not: know jobs or rounds.
//!
//! Every call has a time-out: an engine that hangs is an error, not a stuck job.

mod compose;
mod container;
mod engine;
mod error;
mod image;
mod label;
mod network;
mod process;
mod stats;
mod volume;

pub use compose::{Compose, buildx_version};
pub use container::{ContainerState, Health, NewContainer};
pub use engine::Engine;
pub use error::DockerError;
pub use image::NamedImage;
pub use label::Labelled;
pub use process::{Finished, kill_tools};
