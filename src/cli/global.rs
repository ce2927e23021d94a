//! The arguments that all subcommands share.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::domain::verdict::FailOn;

/// What every subcommand takes.
#[derive(Args, Clone, Debug)]
pub(super) struct Global {
    /// The configuration file.
    #[arg(long, global = true, value_name = "PATH", default_value = "config.yaml")]
    pub(super) config: PathBuf,
    /// How results are written to standard output.
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    pub(super) format: Format,
    /// Which verdicts make the command fail.
    #[arg(long, global = true, value_name = "WHAT", default_value = "no-data")]
    pub(super) fail_on: FailOn,
}

/// How results are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum Format {
    /// For a terminal.
    Text,
    /// One document a result; see docs/formats.md.
    Json,
    /// For a pull request.
    Markdown,
}
