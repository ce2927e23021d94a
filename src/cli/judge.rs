//! `judge`.

use std::path::PathBuf;

use clap::Args;

use super::exit::{CliError, code_of_outcome};
use super::global::{Format, Global};
use super::output;
use crate::app::{self, JudgeOptions};
use crate::domain::verdict::Outcome;
use crate::report;

/// Arguments of `judge`.
#[derive(Args, Debug)]
#[group(skip)]
pub(super) struct JudgeArgs {
    /// Recorded rounds: CSV with the columns series, pair, side and value, and if need be direction, limit, primary,
    /// nullable and total; or a report as JSON. Of two runs as JSON, give it twice, the baseline first. `-` is standard
    /// input.
    #[arg(long, value_name = "FILE", required_unless_present = "history", conflicts_with = "history")]
    input: Vec<PathBuf>,
    /// A recorded history: CSV with the columns series, index and value; answers its change points and drift.
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// The limit of series that have none of their own, such as `3%` or `3% and 0.5`.
    #[arg(long, value_name = "LIMIT", default_value = "3%", allow_hyphen_values = true)]
    limit: String,
    /// The chance of any false claim among all primary series, in each direction.
    #[arg(long, value_name = "SHARE", default_value_t = 0.05, value_parser = share)]
    error: f64,
    /// After how many pairs to look, ascending, such as `10,16,24`; once, after all of them, if left out.
    #[arg(long, value_name = "PAIRS", value_delimiter = ',', value_parser = clap::value_parser!(u16).range(1..))]
    looks: Vec<u16>,
    /// The seed of random draws.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse::<f64>().ok().filter(|share| *share > 0.0 && *share <= 0.5);
    share.ok_or_else(|| "expected a number above 0 and at most 0.5, such as 0.05".to_owned())
}

pub(super) fn judge(args: JudgeArgs, global: &Global) -> Result<u8, CliError> {
    if let Some(history) = args.history {
        let found = app::judge_histories(&history, &args.limit, args.seed)?;
        output::print(&match global.format {
            Format::Text => report::histories_text(&found, output::style()),
            Format::Json => report::histories_json(&found),
            Format::Markdown => report::histories_markdown(&found),
        })?;
        return Ok(0);
    }
    if !args.looks.is_sorted_by(|one, next| one < next) {
        return Err(CliError::Looks);
    }
    let options = JudgeOptions { limit: args.limit, error: args.error, looks: args.looks, seed: args.seed };
    let judgement = app::judge(&args.input, &options)?;
    output::print(&match global.format {
        Format::Text => report::judgement_text(&judgement, output::style()),
        Format::Json => report::judgement_json(&judgement),
        Format::Markdown => report::judgement_markdown(&judgement),
    })?;
    Ok(code_of_outcome(&Outcome::Verdict(judgement.verdict), global))
}
