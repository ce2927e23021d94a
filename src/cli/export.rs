//! `export`.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::exit::CliError;
use super::global::{Format, Global};
use super::series::SeriesArgs;
use crate::app::{self, Context};
use crate::domain::settings::Settings;
use crate::report::{Export, ExportFormat};

/// Arguments of `export`.
#[derive(Args, Debug)]
pub(super) struct ExportArgs {
    /// The query's name; every query if left out.
    query: Option<String>,
    #[command(flatten)]
    series: SeriesArgs,
    /// How it is written; CSV if left out, JSON with `--format json`.
    #[arg(long = "as", value_name = "FORMAT")]
    form: Option<Form>,
    /// Where to; `-` is standard output.
    #[arg(long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
}

/// How an export is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// For spreadsheets and data frames.
    Csv,
    /// For programs.
    Json,
}

pub(super) async fn export(args: ExportArgs, settings: Settings, global: &Global) -> Result<u8, CliError> {
    let format = match (args.form, global.format) {
        (Some(Form::Csv), _) | (None, Format::Text) => ExportFormat::Csv,
        (Some(Form::Json), _) | (None, Format::Json) => ExportFormat::Json,
        (None, Format::Markdown) => return Err(CliError::NoMarkdown),
    };
    let context = Context::open(settings).await?;
    let filter = args.series.filter(&context, args.query);
    let is_stdout = args.output.as_os_str() == "-";
    let name = if is_stdout { "standard output".to_owned() } else { format!("`{}`", args.output.display()) };
    let failed = |source| CliError::Io { operation: format!("write to {name}"), source };
    let written = async {
        let out: Box<dyn Write> =
            if is_stdout { Box::new(io::stdout()) } else { Box::new(File::create(&args.output).map_err(failed)?) };
        let mut export = Export::new(format, BufWriter::new(out)).map_err(failed)?;
        let rows = app::export(&context, &filter, |row| export.row(row).map_err(failed)).await?;
        export.finish().map_err(failed)?;
        Ok(rows)
    };
    match written.await {
        Ok(0) => tracing::warn!("no run measured it; `--all` takes those that are no master sets, too"),
        Ok(_) => {}
        // A closed pipe (`| head`) is no error.
        Err(CliError::Io { source, .. }) if is_stdout && source.kind() == ErrorKind::BrokenPipe => {}
        Err(error) => return Err(error),
    }
    Ok(0)
}
