//! What can go wrong in the load generator itself. What goes wrong with a request is no error: it is an entry of the
//! ledger.

use std::io;
use std::time::Duration;

use thiserror::Error;

use crate::domain::load::Phase;

/// The generator could not do what it was asked. Reads after "failed to".
#[derive(Debug, Error)]
pub enum LoadError {
    /// The specification asks for something impossible or unsupported.
    #[error("accept the load specification: `{place}` {reason}")]
    Spec {
        /// The field, such as `requests[1].url`.
        place: String,
        /// What is wrong with it, and what would do.
        reason: String,
    },
    /// The service did not tell what a gRPC method takes.
    #[error(
        "learn from {service} by server reflection what `{method}` takes, for the request `{request}`: {reason}; give \
         the request its `proto` file (in a specification, its `descriptors`), or let the service offer reflection"
    )]
    Reflection {
        /// The request's name.
        request: String,
        /// `PACKAGE.SERVICE/METHOD`.
        method: String,
        /// `HOST:PORT`.
        service: String,
        /// What the service did instead.
        reason: String,
    },
    /// A phase that the specification does not have.
    #[error("run {phase:?}: the load specification has {stages} stages (from 0) and {warm_up}")]
    UnknownPhase {
        /// What was asked for.
        phase: Phase,
        /// How many stages there are.
        stages: usize,
        /// `a warm-up` or `no warm-up`.
        warm_up: &'static str,
    },
    /// One phase at a time.
    #[error("run {asked:?} while {running:?} is running: wait for its end")]
    Busy {
        /// What was asked for.
        asked: Phase,
        /// What is under way.
        running: Phase,
    },
    /// The time at which a phase was to begin has passed.
    #[error("begin {phase:?}: the order came {late:?} too late for its start; is this host overloaded?")]
    Late {
        /// What was asked for.
        phase: Phase,
        /// By how much.
        late: Duration,
    },
    /// A worker thread, its runtime or its timer could not be had.
    #[error("start load worker {worker}: is the limit of open files or threads too low?")]
    StartWorker {
        /// Which of the workers, from 0.
        worker: u16,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The timer of a worker stopped working in the middle of a phase.
    #[error("keep the pace of {phase:?}: its figures are lost, run it again")]
    Pace {
        /// The phase under way.
        phase: Phase,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A worker thread ended in the middle of a phase.
    #[error("finish {phase:?}: a load worker died, see its panic above; start the generator anew")]
    WorkerLost {
        /// The phase under way.
        phase: Phase,
    },
}

/// Refuses a field of the specification.
pub(super) fn refuse(place: impl Into<String>, reason: impl Into<String>) -> LoadError {
    LoadError::Spec { place: place.into(), reason: reason.into() }
}
