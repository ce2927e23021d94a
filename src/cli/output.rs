//! Writing results to standard output, in the format that was asked for.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use super::exit::CliError;
use super::global::{Format, Global};
use crate::report::{self, Colours, ReportModel, Style};

/// Characters a line where standard output is no terminal.
const DEFAULT_WIDTH: usize = 120;
/// The narrowest and the widest table.
const WIDTHS: (usize, usize) = (60, 160);

/// How text looks here.
pub(super) fn style() -> Style {
    let terminal = io::stdout().is_terminal();
    let plain = !terminal || std::env::var_os("NO_COLOR").is_some();
    let size = if terminal { rustix::termios::tcgetwinsize(io::stdout()).ok() } else { None };
    let width = size.map_or(DEFAULT_WIDTH, |size| usize::from(size.ws_col).clamp(WIDTHS.0, WIDTHS.1));
    Style { colours: if plain { Colours::Off } else { Colours::On }, width }
}

/// Prints a result. A closed pipe (`| head`) is no error.
pub(super) fn print(text: &str) -> Result<(), CliError> {
    let mut stdout = io::stdout().lock();
    let end = if text.ends_with('\n') { "" } else { "\n" };
    match write!(stdout, "{text}{end}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(CliError::Io { operation: "write to standard output".to_owned(), source: error })
        }
        _ => Ok(()),
    }
}

/// Prints a report.
pub(super) fn print_report(model: &ReportModel, global: &Global) -> Result<(), CliError> {
    print(&match global.format {
        Format::Text => report::text(model, style()),
        Format::Json => report::json(model),
        Format::Markdown => report::markdown(model),
    })
}

/// Writes a report as JSON to a file as well.
pub(super) fn write_report(model: &ReportModel, path: &Path) -> Result<(), CliError> {
    std::fs::write(path, report::json(model) + "\n")
        .map_err(|source| CliError::Io { operation: format!("write `{}`", path.display()), source })
}

/// How next steps call this program: as it was called, with its configuration.
pub(super) fn program(global: &Global) -> String {
    let name = std::env::args().next().unwrap_or_else(|| "loadmark".to_owned());
    if global.config == Path::new("config.yaml") {
        name
    } else {
        format!("{name} --config {}", global.config.display())
    }
}
