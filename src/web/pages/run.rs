//! A run: its rounds with the load that was held, where the time went, what it measured, and its files.

use askama::Template;
use axum::extract::{Path, State};

use super::facts::{instant, moment};
use super::{Page, rendered};
use crate::domain::run::{Invalidation, RunState, StageLoad, StoredRound, StoredRun};
use crate::domain::verdict::Outcome;
use crate::report::{Body, ReportModel, TablePage, clean_line, page};
use crate::web::files::{KeptFile, kept_files};
use crate::web::state::App;

#[derive(Template)]
#[template(path = "run.html")]
struct RunPage {
    refresh: Option<u32>,
    id: String,
    short: String,
    job: i64,
    tone: &'static str,
    state: &'static str,
    subject: String,
    invalidated: Option<String>,
    facts: Vec<(&'static str, String)>,
    stages: Vec<StageLine>,
    steps: Vec<String>,
    phases: Vec<PhaseLine>,
    remarks: Vec<String>,
    series: Option<TablePage>,
    files: Vec<KeptFile>,
}

/// The load of a stage in a round.
struct StageLine {
    round: u16,
    stage: usize,
    planned: String,
    achieved: String,
    failed: String,
    window: String,
    load_seconds: String,
    /// The round can't be trusted.
    is_invalid: bool,
}

/// Where a round's time went.
struct PhaseLine {
    round: u16,
    seconds: Vec<String>,
    sum: String,
}

/// `GET /runs/{id}`; the first digits of the id are enough.
pub(crate) async fn run(State(app): State<App>, Path(id): Path<String>) -> Page {
    let run = app.database.run(&id).await?;
    let summary = &run.summary;
    let invalidated = app.database.invalidation(summary.id).await?;
    let files = kept_files(&app, &summary.project, summary.id).await;
    let steps = step_names(&run);
    rendered(&RunPage {
        refresh: None,
        id: summary.id.to_string(),
        short: summary.id.short(),
        job: summary.job.0,
        tone: tone(summary.state),
        state: summary.state.as_str(),
        subject: format!("{}, benchmark {}", clean_line(&summary.project), clean_line(&summary.benchmark)),
        invalidated: invalidated.as_ref().map(taken_back),
        facts: facts(&run),
        stages: run.rounds.iter().flat_map(stages).collect(),
        phases: run.rounds.iter().map(|round| phases(round, &steps)).collect(),
        steps: steps.iter().map(|step| clean_line(step)).collect(),
        remarks: run.rounds.iter().flat_map(StoredRound::remarks).map(|remark| clean_line(&remark)).collect(),
        series: series(&run),
        files,
    })
}

fn tone(state: RunState) -> &'static str {
    match state {
        RunState::Partial => "unsure",
        RunState::Complete => "good",
        RunState::Invalidated => "bad",
    }
}

fn taken_back(invalidation: &Invalidation) -> String {
    let Invalidation { reason, by, at } = invalidation;
    format!("taken back by {} at {}: {}", clean_line(by), instant(*at), clean_line(reason))
}

fn facts(run: &StoredRun) -> Vec<(&'static str, String)> {
    let summary = &run.summary;
    vec![
        ("commit", summary.revision.to_string()),
        ("master set", if summary.is_master { "yes" } else { "no" }.to_owned()),
        ("rounds", format!("{} of {}", summary.rounds.0, summary.rounds.1)),
        ("machine class", clean_line(&summary.class.0)),
        ("measurement hash", summary.measurement_hash.short().to_owned()),
        ("started at", instant(summary.started_at)),
    ]
}

fn stages(round: &StoredRound) -> Vec<StageLine> {
    let line = |(index, load): (usize, &StageLoad)| {
        let window = round.windows.iter().find(|window| usize::from(window.stage) == index);
        StageLine {
            round: round.number,
            stage: index + 1,
            planned: format!("{}", load.planned_rate),
            achieved: format!("{:.1}", load.achieved_rate),
            failed: format!("{} of {}", load.failed, load.scheduled),
            window: window.map_or_else(String::new, |w| format!("{} – {}", moment(w.t0_ms), moment(w.t1_ms))),
            load_seconds: window.map_or_else(String::new, |window| format!("{:.1}", window.load_seconds)),
            is_invalid: round.invalid.is_some(),
        }
    };
    round.load.iter().enumerate().map(line).collect()
}

/// The steps that occur, in the order of their first occurrence.
fn step_names(run: &StoredRun) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for step in run.rounds.iter().flat_map(|round| &round.steps) {
        if !names.contains(&step.step) {
            names.push(step.step.clone());
        }
    }
    names
}

fn phases(round: &StoredRound, names: &[String]) -> PhaseLine {
    let seconds = |name: &String| {
        let of_step = round.steps.iter().filter(|step| step.step == *name);
        of_step.map(|step| step.seconds).reduce(|sum, seconds| sum + seconds)
    };
    PhaseLine {
        round: round.number,
        seconds: names.iter().map(|name| seconds(name).map_or_else(String::new, |s| format!("{s:.1}"))).collect(),
        sum: format!("{:.1}", round.steps.iter().map(|step| step.seconds).sum::<f64>()),
    }
}

/// Every series with its median, as the report of a master set shows them.
fn series(run: &StoredRun) -> Option<TablePage> {
    let summary = &run.summary;
    let model = ReportModel {
        job: None,
        project: summary.project.clone(),
        benchmark: summary.benchmark.clone(),
        revision: summary.revision.clone(),
        asked_as: String::new(),
        base: None,
        is_base_named: false,
        outcome: Outcome::Measured,
        body: Body::Master(run.clone()),
        previous: None,
        elapsed: None,
        log_folder: None,
        placement: None,
        program: String::new(),
    };
    page(&model).tables.into_iter().next()
}
