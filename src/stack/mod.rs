//! Stacks: the resolved compose project, our override, up, ready, the generator, logs, down, sweep.
//!
//! Comes in: a benchmark, the tree whose compose file holds, images. Goes out: endpoints, the load record, logs, the
//! snapshot's archive. Must not: ask PromQL for results, or decide what a failure means for the job.
//!
//! The user's compose file is never changed: it is resolved by the compose tool, checked, and started with an
//! override file of ours on top, which sets the image under test, labels, internal networks, and adds Prometheus and
//! the load generator. Networks of the user's services are internal, without an address of the host on them; ours
//! join a control network too, and publish on 127.0.0.1 on ports that the engine chooses.
//!
//! A Prometheus over the samples that were kept of a round is no stack, but starts and goes like one.
//! For as long as a stack is up, what its containers and the host use is read at each scrape and handed to its
//! Prometheus through the generator: no port of the host is opened, no container holds the engine's socket.
//!
//! Teardown is by label and idempotent: [`Stacks::remove_run`] is what ends a round, an interrupted run, and what
//! the sweep at the next start calls.

mod control;
mod error;
mod exporter;
mod exposition;
mod images;
mod kept;
mod lives;
mod names;
mod overlay;
mod policy;
mod project;
mod running;
mod scrape;
mod selfimage;
mod started;
mod sweep;

pub use error::StackError;
pub use kept::KeptSamples;
pub use lives::Lives;

pub use exporter::HostReader;
pub use names::{INSTANCE_LABEL, RUN_LABEL};
pub use project::Project;
pub use running::{Running, StackImages};
pub use sweep::Stacks;
