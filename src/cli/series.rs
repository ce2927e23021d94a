//! The arguments that choose among stored series, shared by `history` and `export`.

use clap::Args;

use crate::app::Context;
use crate::domain::history::SeriesFilter;

/// Which of a query's series are meant.
#[derive(Args, Debug)]
pub(super) struct SeriesArgs {
    /// Of this benchmark only.
    #[arg(long, value_name = "NAME")]
    benchmark: Option<String>,
    /// Of series with this label only; a quantile is the label `q`. Given more than once, all of them must fit.
    #[arg(long = "label", value_name = "NAME=VALUE", value_parser = label)]
    labels: Vec<(String, String)>,
    /// Of this stage of the load plan only, from 1.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    stage: Option<u16>,
    /// Of every complete run; only of master sets if left out.
    #[arg(long)]
    all: bool,
}

fn label(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE, such as `endpoint=/buy`")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl SeriesArgs {
    /// The series that are meant, of one query or of all.
    pub(super) fn filter(self, context: &Context, query: Option<String>) -> SeriesFilter {
        SeriesFilter {
            project: context.settings.project.clone(),
            query,
            benchmark: self.benchmark,
            labels: self.labels.into_iter().collect(),
            stage: self.stage.map(|stage| stage - 1),
            all_runs: self.all,
        }
    }
}
