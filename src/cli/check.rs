//! `check`.

use std::fmt::Write;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::exit::CliError;
use super::global::{Format, Global};
use super::output;
use crate::app::{self, Checked};
use crate::domain::settings::Settings;

pub(super) async fn check(settings: Settings, global: &Global, stop: &CancellationToken) -> Result<u8, CliError> {
    let checked = app::check(&settings, stop).await?;
    output::print(&match global.format {
        Format::Json => as_json(&checked),
        Format::Text | Format::Markdown => as_text(&checked),
    })?;
    Ok(0)
}

fn as_text(checked: &Checked) -> String {
    let mut text = format!("ok: project {}, {}, compose {}\n", checked.project, checked.engine, checked.compose);
    for benchmark in &checked.benchmarks {
        // Writing to a String can't fail.
        let _ = writeln!(
            text,
            "  {}: {} rounds of {}, {} queries\n    services: {}\n    targets:  {}\n    cores:    {}",
            benchmark.name,
            benchmark.rounds,
            benchmark.plan,
            benchmark.queries,
            benchmark.services.join(", "),
            if benchmark.targets.is_empty() { "only the generator".to_owned() } else { benchmark.targets.join(", ") },
            benchmark.placement.as_ref().map_or_else(|| "all for all".to_owned(), ToString::to_string),
        );
    }
    text
}

fn as_json(checked: &Checked) -> String {
    let benchmarks: Vec<_> = checked
        .benchmarks
        .iter()
        .map(|b| {
            json!({
                "name": b.name, "services": b.services, "targets": b.targets, "queries": b.queries,
                "plan": b.plan, "rounds": b.rounds, "placement": b.placement,
            })
        })
        .collect();
    json!({
        "schema": "loadmark.check/1", "project": checked.project, "engine": checked.engine,
        "compose": checked.compose, "benchmarks": benchmarks,
    })
    .to_string()
}
