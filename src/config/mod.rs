//! Configuration: `config.yaml`, query sets and the environment variables they name become the settings of `domain`.
//!
//! Comes in: a path. Goes out: [`crate::domain::settings::Settings`], or an error that names file, line, column and
//! the nearest valid key. Must not: start anything, reach the network, look up a variable that no file names.
//!
//! `source` reads files and finds places in them, `yaml` turns YAML into `raw` types and its errors into ours; the
//! other modules check one part of the settings each.

mod benchmark;
mod database;
mod defaults;
mod error;
mod excerpt;
mod github;
mod grpc;
mod manager;
mod name;
mod nearest;
mod placement;
mod projects;
mod promql;
mod query;
mod query_raw;
mod query_set;
mod raw;
mod repository;
mod request;
mod schedule;
mod secret;
mod series_rule;
mod settings;
mod shape;
mod source;
mod terms;
mod url;
mod value;
mod yaml;

pub use defaults::{compose_command as default_compose_command, images as default_images};
pub use error::{ConfigError, Place, Problem};
pub use nearest::suggest;
pub use projects::load_projects;
pub use promql::PromQlError;
pub use secret::{require_credentials, require_secrets};
pub use settings::load;
