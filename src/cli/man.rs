//! `man`.

use std::io;
use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_mangen::Man;

use super::args::Cli;
use super::exit::CliError;
use super::output;

/// Arguments of `man`.
#[derive(Args, Debug)]
pub(super) struct ManArgs {
    /// Write a page for every subcommand into this folder, which is made if need be, instead of printing the first one.
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
}

pub(super) fn man(args: &ManArgs) -> Result<u8, CliError> {
    let Some(folder) = &args.output else {
        let mut page = Vec::new();
        Man::new(Cli::command()).render(&mut page).map_err(failed("write the manual page".to_owned()))?;
        output::print(&String::from_utf8_lossy(&page))?;
        return Ok(0);
    };
    let write = || {
        std::fs::create_dir_all(folder)?;
        clap_mangen::generate_to(Cli::command(), folder)
    };
    write().map_err(failed(format!("write manual pages into `{}`", folder.display())))?;
    Ok(0)
}

fn failed(operation: String) -> impl FnOnce(io::Error) -> CliError {
    |source| CliError::Io { operation, source }
}
