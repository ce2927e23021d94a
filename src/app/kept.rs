//! Asking the kept samples of one run, round by round.

use std::io::ErrorKind;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::context::Context;
use super::error::AppError;
use crate::domain::flow::RoundId;
use crate::domain::job::ClaimedJob;
use crate::domain::progress::{Listener, Progress};
use crate::domain::query::Query;
use crate::domain::requery::{KeptRound, LateAnswers, Requery};
use crate::domain::run::{RunSummary, StoredRound};
use crate::domain::settings::PROMETHEUS_IMAGE;
use crate::measure::{Scraper, collect};
use crate::stack::Stacks;

/// A run that is asked again.
pub(super) struct Asking<'a> {
    pub(super) context: &'a Context,
    pub(super) stacks: &'a Stacks,
    pub(super) run: &'a RunSummary,
    pub(super) queries: Vec<Query>,
    pub(super) listener: &'a Listener,
}

impl Asking<'_> {
    /// The rounds that can be asked: valid ones, whose samples are here.
    pub(super) async fn rounds(&self) -> Result<Vec<KeptRound>, AppError> {
        let (valid, invalid): (Vec<_>, Vec<_>) = self
            .context
            .database
            .kept_rounds(self.run.id)
            .await?
            .into_iter()
            .partition(|round| round.invalid.is_none());
        for round in invalid {
            let why = round.invalid.unwrap_or_default();
            self.note(format!(
                "round {} of run {} is not asked, it is invalid: {why}",
                round.number,
                self.run.id.short()
            ));
        }
        if valid.is_empty() {
            let id = self.run.id.short();
            return Err(AppError::Usage(format!("run {id} has no valid round, and no other one is asked")));
        }
        for round in &valid {
            if !self.archive(round).is_file() {
                return Err(self.gone(round));
            }
        }
        Ok(valid)
    }

    /// Asks all rounds, and stores what is new, if that is wanted.
    pub(super) async fn answer(
        &self,
        claim: &ClaimedJob,
        rounds: &[KeptRound],
        store: bool,
    ) -> Result<Requery, AppError> {
        let database = &self.context.database;
        let candidates = self.context.settings.images.get(PROMETHEUS_IMAGE).cloned().unwrap_or_default();
        let image = self.context.engine.first_image(PROMETHEUS_IMAGE, &candidates).await?;
        // As it is in our turn: another requery may have ended since.
        let stored = database.run(&self.run.id.to_string()).await?;
        let (mut fresh, mut known) = (Vec::new(), 0);
        for round in rounds {
            let mut answers = self.ask(round, &image).await?;
            let asked = answers.measurements.len();
            if let Some(before) = stored.rounds.iter().find(|before| before.number == round.number) {
                leave_out_known(&mut answers, before);
            }
            known += asked - answers.measurements.len();
            fresh.push(answers);
        }
        if store {
            database.add_answers(claim, self.run.id, &fresh).await?;
        }
        Ok(Requery { run: self.run.clone(), stored: store, rounds: fresh, known })
    }

    async fn ask(&self, round: &KeptRound, image: &str) -> Result<LateAnswers, AppError> {
        let (settings, run) = (&self.context.settings, self.run);
        let number = round.number;
        let archive = self.read_archive(round).await?;
        let instance = self.stacks.instance();
        // Which attempt gave the samples is nothing that they are labelled with.
        let (arm, revision) = (round.arm, run.revision.clone());
        let id = RoundId { instance, run: run.id, round: number, attempt: 1, arm, revision };
        let samples = self.stacks.open_samples(image, &id, archive).await?;
        self.note(format!("run {}, round {number}: asks {} queries", run.id.short(), self.queries.len()));
        let scraper = Scraper::over_kept(samples.address(), &id, settings.timeouts.query.0)?;
        let collected = tokio::select! {
            collected = async {
                scraper.wait_true("vector(1)", settings.timeouts.ready.0).await?;
                collect(&scraper, &self.queries, &round.windows, &settings.prometheus).await
            } => collected?,
            error = samples.ended() => return Err(error.into()),
        };
        self.stacks.remove_run(run.id).await?;
        let (measurements, missing) = (collected.measurements, collected.missing);
        Ok(LateAnswers { round: number, arm: round.arm, measurements, missing })
    }

    fn note(&self, text: String) {
        (self.listener)(Progress::Note(text));
    }

    fn archive(&self, round: &KeptRound) -> PathBuf {
        self.context.settings.data.join(&round.raw.path)
    }

    /// The archive as it was written: one that was changed since answers something else.
    async fn read_archive(&self, round: &KeptRound) -> Result<Vec<u8>, AppError> {
        let path = self.archive(round);
        let archive = match tokio::fs::read(&path).await {
            Ok(archive) => archive,
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(self.gone(round)),
            Err(source) => return Err(AppError::Io { operation: "read", path, source }),
        };
        if hex::encode(Sha256::digest(&archive)) == round.raw.sha256 {
            return Ok(archive);
        }
        let path = path.display();
        Err(self.unusable(round, format!("`{path}` is not the file that was written, its SHA-256 differs")))
    }

    fn gone(&self, round: &KeptRound) -> AppError {
        let path = self.archive(round);
        let problem =
            format!("`{}` is not there; they stay on the host that measured, until they are deleted", path.display());
        self.unusable(round, problem)
    }

    fn unusable(&self, round: &KeptRound, what: String) -> AppError {
        let command = if self.run.is_master { "master" } else { "test" };
        let problem = format!("{what}. Restore it, or measure again: `loadmark {command} {}`", self.run.revision.sha());
        AppError::Samples { run: self.run.id, round: round.number, problem }
    }
}

/// Leaves what the stored round does not have yet.
fn leave_out_known(answers: &mut LateAnswers, before: &StoredRound) {
    answers
        .measurements
        .retain(|new| !before.measurements.iter().any(|old| old.key == new.key && old.info == new.info));
    answers.missing.retain(|new| !before.missing.contains(new));
}
