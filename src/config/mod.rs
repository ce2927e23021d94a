//! Configuration: `config.yaml`, query sets and the environment variables they name become the settings of `domain`.
//!
//! Comes in: a path. Goes out: [`crate::domain::settings::Settings`], or an error that names file, line, column and
//! the nearest valid key. Must not: start anything, reach the network.
