//! What decides how a job's code is tested, and what it is compared with.

use super::alone::with_stored;
use super::side::Task;
use super::{Pipeline, PipelineError};
use crate::domain::comparison::Comparison;
use crate::domain::job::{JobKind, JobRequest};
use crate::domain::pin::Pin;
use crate::domain::query::Query;
use crate::domain::revision::Revision;
use crate::domain::rules::MissingBaseline;
use crate::domain::run::{NewRun, StoredRun};
use crate::domain::settings::BaselineChoice;
use crate::measure;

/// How far back a measured ancestor is looked for: beyond, a comparison would say little of one change.
pub(super) const FARTHEST: u32 = 200;

/// A master set of a revision before the one that was wanted.
struct Ancestor {
    run: StoredRun,
    /// How many commits before.
    distance: usize,
}

impl Pipeline {
    /// The revision whose compose file holds: one that somebody who may write to the repository put on a branch, and
    /// never the candidate's own where it could be another's. A master set of such a revision and an uncommitted work
    /// tree are their own.
    pub(super) async fn rules_revision(
        &self,
        request: &JobRequest,
        pin: Option<&Pin>,
    ) -> Result<Revision, PipelineError> {
        let (mirror, revision) = (&self.rooms.mirror, &request.revision);
        if revision.is_dirty() || (request.kind == JobKind::NewMaster && mirror.is_ours(revision, None).await?) {
            return Ok(revision.clone());
        }
        let tip = mirror.resolve(&self.settings.default_branch).await?;
        let from_tip = mirror.merge_base(revision, &tip).await?;
        // What is on the default branch already, and of no pull request, is trusted as it is.
        if request.kind == JobKind::NewTest && request.pull.is_none() && from_tip.as_ref() == Some(revision) {
            return Ok(revision.clone());
        }
        // A pull request need not be against the default branch. Its base says where it parted from its own, unless
        // it is one of the pull request's own commits, which no other branch has. A pinned base says nothing of that.
        if request.kind == JobKind::NewTest
            && pin.is_none()
            && let Some(base) = &request.base
            && let Some(parted) = mirror.merge_base(revision, base).await?
            && mirror.is_ours(&parted, Some(revision)).await?
        {
            return Ok(parted);
        }
        Ok(from_tip.unwrap_or(tip))
    }

    /// The pin by which a job's baseline was or is chosen; none where another was named. The manager has put the pinned
    /// revision into the request.
    pub(super) async fn pin(&self, request: &JobRequest) -> Result<Option<Pin>, PipelineError> {
        if !matches!(request.kind, JobKind::NewTest | JobKind::Experiment) {
            return Ok(None);
        }
        let pin = self.rooms.database.pin_of(&self.settings.project, &request.benchmark).await?;
        Ok(pin.filter(|pin| request.base.as_ref().is_none_or(|base| *base == pin.revision)))
    }

    pub(super) async fn baseline_revision(
        &self,
        request: &JobRequest,
        pin: Option<&Pin>,
    ) -> Result<Revision, PipelineError> {
        if let Some(pin) = pin {
            return Ok(pin.revision.clone());
        }
        if let Some(base) = &request.base {
            return Ok(base.clone());
        }
        let tip = self.rooms.mirror.resolve(&self.settings.default_branch).await?;
        Ok(match self.settings.baseline {
            BaselineChoice::Tip => tip,
            BaselineChoice::MergeBase => self.rooms.mirror.merge_base(&request.revision, &tip).await?.unwrap_or(tip),
        })
    }

    /// The master set of the base, or of its nearest measured ancestor where the configuration takes that for it; and
    /// what the reader should know of the choice.
    async fn baseline_set(
        &self,
        kind: JobKind,
        new: &NewRun,
        base: &Revision,
        queries: &[Query],
    ) -> Result<Option<(StoredRun, Option<String>)>, PipelineError> {
        let (hash, class) = (&new.measurement_hash, &new.class);
        let exact = self.rooms.database.master_set(&new.project, &new.benchmark, base, hash, class).await?;
        let (mut run, note) = match exact {
            Some(run) => (run, None),
            None if kind == JobKind::NewTest && self.takes_nearest() => {
                let Some(Ancestor { run, distance }) = self.nearest_set(new, base).await? else { return Ok(None) };
                let (set, base) = (run.summary.revision.short(), base.short());
                let commits = if distance == 1 { "1 commit".to_owned() } else { format!("{distance} commits") };
                (run, Some(format!("compared with {set}, {commits} before the base {base}, which has no master set")))
            }
            None => return Ok(None),
        };
        measure::keep_asked(&mut run, queries);
        Ok(Some((run, note)))
    }

    fn takes_nearest(&self) -> bool {
        let missing = self.settings.github.as_ref().map(|github| github.missing_baseline);
        missing == Some(MissingBaseline::Nearest)
    }

    /// How a run compares with what it is to be compared with, where a set of that is stored.
    pub(super) async fn against_base(&self, task: &Task<'_>, run: &StoredRun) -> Result<Comparison, PipelineError> {
        let Task { claim, benchmark, sources, candidate } = task;
        let master = match &sources.baseline {
            Some(base) => self.baseline_set(claim.request.kind, &candidate.new, base, &benchmark.queries).await?,
            None => None,
        };
        let (master, note) = master.unzip();
        let mut comparison = with_stored(task, master.as_ref(), run);
        comparison.notes.extend(sources.pin.as_ref().map(Pin::note));
        comparison.notes.extend(note.flatten());
        Ok(comparison)
    }

    /// How a master set compares with the one before it on its branch; none where there is none.
    pub(super) async fn against_previous(
        &self,
        task: &Task<'_>,
        run: &StoredRun,
    ) -> Result<Option<Comparison>, PipelineError> {
        let new = &task.candidate.new;
        let Some(mut before) = self.nearest_set(new, &new.revision).await? else { return Ok(None) };
        measure::keep_asked(&mut before.run, &task.benchmark.queries);
        Ok(Some(with_stored(task, Some(&before.run), run)))
    }

    /// The master set of the nearest first-parent ancestor that has one, measured on the same ground as the new run.
    async fn nearest_set(&self, new: &NewRun, revision: &Revision) -> Result<Option<Ancestor>, PipelineError> {
        let ancestors = self.rooms.mirror.ancestors(revision, FARTHEST).await?;
        let (hash, class, database) = (&new.measurement_hash, &new.class, &self.rooms.database);
        let measured =
            database.revisions_with_master_set(&new.project, &new.benchmark, &ancestors, hash, class).await?;
        let Some(index) = ancestors.iter().position(|ancestor| measured.contains(ancestor)) else { return Ok(None) };
        let run = database.master_set(&new.project, &new.benchmark, &ancestors[index], hash, class).await?;
        Ok(run.map(|run| Ancestor { run, distance: index + 1 }))
    }
}
