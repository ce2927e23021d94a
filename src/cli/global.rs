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

/// Who acts, as it is kept with what is done.
pub(super) fn who() -> String {
    std::env::var("USER").ok().filter(|name| !name.trim().is_empty()).unwrap_or_else(|| "command line".to_owned())
}

/// A reason that is kept with what is done.
pub(super) fn reason(text: &str) -> Result<String, &'static str> {
    match text.trim() {
        "" => Err("say why: it is kept and shown"),
        reason => Ok(reason.to_owned()),
    }
}
