//! `completions`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::args::Cli;
use super::exit::CliError;
use super::output;

/// Arguments of `completions`.
#[derive(Args, Debug)]
pub(super) struct CompletionsArgs {
    /// For which shell.
    shell: Shell,
}

pub(super) fn completions(args: &CompletionsArgs) -> Result<u8, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "loadmark", &mut script);
    output::print(&String::from_utf8_lossy(&script))?;
    Ok(0)
}
