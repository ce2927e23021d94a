//! `check`.

use std::fmt::Write;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::exit::CliError;
use super::global::{Format, Global};
use super::output;
use crate::app::{self, Checked, CheckedBenchmark};
use crate::config;
use crate::domain::procedure::{Arrangement, PairSettings};
use crate::domain::rules::Schedule;

/// The configuration, and those of further projects that it names.
pub(super) async fn check(global: &Global, stop: &CancellationToken) -> Result<u8, CliError> {
    let mut checked = Vec::new();
    let (first, further) = config::load_projects(&global.config, &|name| std::env::var(name).ok())?;
    for settings in [&first].into_iter().chain(&further) {
        checked.push(app::check(settings, stop).await?);
    }
    output::print(&match global.format {
        Format::Json => as_json(&checked),
        Format::Text | Format::Markdown => checked.iter().map(as_text).collect(),
    })?;
    Ok(0)
}

fn as_text(checked: &Checked) -> String {
    let mut text = format!("ok: project {}, {}, compose {}\n", checked.project, checked.engine, checked.compose);
    for benchmark in &checked.benchmarks {
        // Writing to a String can't fail.
        let _ = writeln!(
            text,
            "  {}: {} rounds of {}, {} queries\n    services: {}\n    targets:  {}\n    cores:    {}\n    compare:  {}",
            benchmark.name,
            benchmark.rounds,
            benchmark.plan,
            benchmark.queries,
            benchmark.services.join(", "),
            if benchmark.targets.is_empty() { "only the generator".to_owned() } else { benchmark.targets.join(", ") },
            benchmark.placement.as_ref().map_or_else(|| "all for all".to_owned(), ToString::to_string),
            compared(benchmark),
        );
        for warning in &benchmark.warnings {
            let _ = writeln!(text, "    warning:  {warning}");
        }
    }
    for schedule in &checked.schedule {
        let what = schedule.against.as_ref().map_or("master set".to_owned(), |base| format!("in pairs against {base}"));
        let _ = writeln!(text, "  {}: {what} at {} UTC", schedule.benchmark, schedule.cron);
    }
    if let Some(github) = &checked.github {
        let _ = writeln!(text, "  github: {github}");
    }
    for why in &checked.unset {
        let _ = writeln!(text, "  unset: {}", why.lines().next().unwrap_or_default());
    }
    text
}

/// By which method candidates are compared, and what has to be measured for that.
fn compared(benchmark: &CheckedBenchmark) -> String {
    let method = benchmark.compare;
    let Some((PairSettings { min, max, arrangement, .. }, needed)) = &benchmark.pairs else {
        return format!("{method} sets");
    };
    let primary = benchmark.primary;
    let arranged = match arrangement {
        Arrangement::Turns => "in turns",
        Arrangement::Twins => "of twins",
    };
    format!(
        "{method}, {min} to {max} pairs {arranged}; at {primary} primary series or more, fewer than {needed} pairs \
         can show nothing"
    )
}

/// The first project at the root, the others beside it.
fn as_json(checked: &[Checked]) -> String {
    let mut projects = checked.iter().map(project_json);
    let mut root = projects.next().unwrap_or_else(|| json!({}));
    root["schema"] = "loadmark.check/1".into();
    root["further_projects"] = projects.collect();
    root.to_string()
}

fn project_json(checked: &Checked) -> Value {
    let benchmarks: Vec<_> = checked
        .benchmarks
        .iter()
        .map(|b| {
            json!({
                "name": b.name, "services": b.services, "targets": b.targets, "queries": b.queries,
                "plan": b.plan, "rounds": b.rounds, "placement": b.placement, "compare": b.compare,
                "pairs": b.pairs.as_ref().map(|(pairs, needed)| json!({
                    "min": pairs.min, "max": pairs.max, "arrangement": pairs.arrangement, "needed": needed,
                })),
                "primary_series": b.primary, "warnings": b.warnings,
            })
        })
        .collect();
    let github = checked.github.as_ref().map(|github| {
        json!({
            "repository": github.repository, "api": github.api, "credentials": github.credentials,
            "webhook_secrets": github.webhook_secrets,
        })
    });
    let at = |Schedule { benchmark, cron, against }: &Schedule| json!({"benchmark": benchmark, "cron": cron, "against": against});
    json!({
        "project": checked.project, "engine": checked.engine, "compose": checked.compose, "benchmarks": benchmarks,
        "github": github, "schedule": checked.schedule.iter().map(at).collect::<Vec<_>>(), "unset": checked.unset,
    })
}
