//! What can go wrong in this room.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// The kernel did not say what the machine record needs. Fits "failed to ...".
#[derive(Debug, Error)]
pub enum HostError {
    /// A file of the kernel's can't be read.
    #[error("read `{path}` for the machine record; is it hidden by a container or a security profile?")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file of the kernel's has another shape than expected.
    #[error("find {what} in `{path}` for the machine record; set `machine_class` and report this kernel")]
    Parse {
        /// Which file.
        path: PathBuf,
        /// What is missing.
        what: &'static str,
    },
}
