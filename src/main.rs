//! Parse, dispatch, error to exit code: all in `cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    loadmark::cli::run()
}
