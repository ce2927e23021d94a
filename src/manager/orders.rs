//! Orders: from a decision to jobs. Each carries a key of what asked for it, so that asking again finds the same job.

use sha2::{Digest, Sha256};

use crate::domain::github::{PullNumber, PullRequest};
use crate::domain::ids::JobId;
use crate::domain::job::{Job, JobKind, JobRequest, JobState};
use crate::domain::order::{Order, Ordered, Priority, Terms};
use crate::domain::procedure::CompareMethod;
use crate::domain::revision::Revision;
use crate::domain::rules::MissingBaseline;
use crate::domain::settings::BaselineChoice;
use crate::domain::verdict::{Outcome, Verdict};

use super::desk::Desk;
use super::error::ManagerError;

/// A wish for tests of one commit.
#[derive(Clone, Debug)]
pub(super) struct Wish<'a> {
    /// The pull request; none for a branch's commit or a merge queue's.
    pub(super) pull: Option<PullNumber>,
    /// The commit.
    pub(super) head: &'a Revision,
    /// What it is compared with.
    pub(super) base: &'a Revision,
    /// Whether somebody named the base: then it goes before a pinned one.
    pub(super) is_base_named: bool,
    /// The commit's name for people.
    pub(super) asked_as: String,
    /// Rounds in place of the benchmark's.
    pub(super) rounds: Option<u16>,
    /// How it is compared, in place of the benchmark's way.
    pub(super) compare: Option<CompareMethod>,
    /// Who goes first.
    pub(super) priority: Priority,
    /// Which asking it is.
    pub(super) ask: &'a str,
    /// Who asked.
    pub(super) asked_by: &'a str,
}

/// Which asking an automatic wish is, given the newest job for the same thing; none: that job answers it. A job that a
/// push overtook answers nothing if its commit is the head again.
pub(super) fn automatic_ask(newest: Option<&Job>) -> Option<String> {
    match newest {
        None => Some(String::new()),
        Some(Job { id, state: JobState::Finished { outcome: Outcome::Superseded, .. }, .. }) => {
            Some(format!("after-{id}"))
        }
        Some(_) => None,
    }
}

/// The newest test of a benchmark at a commit.
pub(super) fn newest<'j>(jobs: &'j [Job], head: &Revision, benchmark: &str) -> Option<&'j Job> {
    let is_meant = |job: &&Job| {
        let request = &job.request;
        request.kind == JobKind::NewTest && request.revision == *head && request.benchmark == benchmark
    };
    jobs.iter().filter(is_meant).max_by_key(|job| job.id)
}

/// Whether a job is not over.
pub(super) fn is_open(job: &Job) -> bool {
    !matches!(job.state, JobState::Finished { .. })
}

impl Desk<'_> {
    /// Orders tests of a pull request's head by itself, where they were not ordered yet.
    pub(super) async fn order_automatic(
        &self,
        pull: &PullRequest,
        priority: Priority,
        asked_by: &str,
    ) -> Result<Vec<Ordered>, ManagerError> {
        let jobs = self.queue.jobs_of_pull(self.name(), pull.number).await?;
        let mut base = None;
        let mut ordered = Vec::new();
        for benchmark in self.project.benchmarks() {
            let known = newest(&jobs, &pull.head, &benchmark);
            let Some(ask) = automatic_ask(known) else {
                ordered.extend(known.map(|job| Ordered::Known(job.id)));
                continue;
            };
            if base.is_none() {
                base = Some(self.base_of(pull).await?);
            }
            let base = base.as_ref().unwrap_or(&pull.base);
            let wish = Wish { priority, ask: &ask, asked_by, ..Wish::of(pull, base) };
            ordered.push(self.order_test(&benchmark, wish).await?);
        }
        Ok(ordered)
    }

    /// Orders a test, and the master set it is compared with, where that is to be measured first.
    pub(super) async fn order_test(&self, benchmark: &str, wish: Wish<'_>) -> Result<Ordered, ManagerError> {
        let pin = if wish.is_base_named { None } else { self.database.pin_of(self.name(), benchmark).await? };
        let base = pin.as_ref().map_or(wish.base, |pin| &pin.revision);
        // In pairs the base is measured by the same job.
        let is_stored = self.project.method(benchmark, wish.compare) == Some(CompareMethod::Stored);
        let after = match self.rules().missing_baseline {
            MissingBaseline::Measure if is_stored => self.order_parent(benchmark, base, wish.asked_by).await?,
            MissingBaseline::Measure | MissingBaseline::Nearest => None,
        };
        let request = JobRequest {
            base: Some(base.clone()),
            pull: wish.pull,
            rounds: wish.rounds,
            compare: wish.compare,
            ..JobRequest::new(JobKind::NewTest, self.name(), benchmark, wish.head, &wish.asked_as)
        };
        let terms = Terms {
            served: true,
            priority: wish.priority,
            ask: wish.ask.to_owned(),
            asked_by: wish.asked_by.to_owned(),
        };
        Ok(self.queue.order(&Order { request, terms, after }).await?)
    }

    /// The job after which a master set of the base can be expected; none: there is one, or none is to be had.
    async fn order_parent(
        &self,
        benchmark: &str,
        base: &Revision,
        asked_by: &str,
    ) -> Result<Option<JobId>, ManagerError> {
        let (name, configuration) = (self.name(), &self.project.settings.text);
        if self.database.has_master(name, benchmark, base, configuration).await? {
            return Ok(None);
        }
        let ordered = self.order_master(benchmark, base, &base.short(), Priority::Master, asked_by).await?;
        let Ordered::Known(known) = ordered else { return Ok(Some(ordered.job())) };
        // It may have been asked again since; the newest one tells. One by the clock doesn't: it runs when nothing else
        // waits, and nothing is to wait for that.
        let jobs = self.database.jobs_of_check(name, None, base, benchmark).await?;
        let is_awaited = |job: &&Job| {
            job.request.kind == JobKind::NewMaster && job.terms.priority != Priority::Scheduled && job.id >= known
        };
        let newest = jobs.iter().find(is_awaited);
        match newest.map(|job| (job.id, &job.state)) {
            Some((id, JobState::Finished { outcome, .. })) if is_ours_to_repeat(*outcome) => {
                Ok(Some(self.queue.ask_again(id).await?.job()))
            }
            Some((_, JobState::Finished { .. })) | None => Ok(None),
            Some((id, _)) => Ok(Some(id)),
        }
    }

    /// Orders a master set by itself: once for a commit and a configuration. Where an equal set is stored already, the
    /// job ends at once.
    pub(super) async fn order_master(
        &self,
        benchmark: &str,
        revision: &Revision,
        asked_as: &str,
        priority: Priority,
        asked_by: &str,
    ) -> Result<Ordered, ManagerError> {
        let rules = hex::encode(Sha256::digest(&self.project.settings.text));
        let request = JobRequest::new(JobKind::NewMaster, self.name(), benchmark, revision, asked_as);
        // A changed configuration is asked anew: what its sets are compared by may be another.
        let ask = format!("rules-{}", &rules[..12]);
        let terms = Terms { served: true, priority, ask, asked_by: asked_by.to_owned() };
        Ok(self.queue.order(&Order { request, terms, after: None }).await?)
    }

    /// What a pull request's head is compared with: the tip of the branch it goes into, or where it left it.
    pub(super) async fn base_of(&self, pull: &PullRequest) -> Result<Revision, ManagerError> {
        self.base_in(&pull.base_branch, &pull.head).await
    }

    /// The same for any commit that goes into a branch.
    pub(super) async fn base_in(&self, branch: &str, head: &Revision) -> Result<Revision, ManagerError> {
        let tip = self.github().branch_tip(branch).await?;
        Ok(match self.project.settings.baseline {
            BaselineChoice::Tip => tip,
            BaselineChoice::MergeBase => self.github().divergence(&tip, head).await?.merge_base,
        })
    }
}

impl<'a> Wish<'a> {
    /// For a pull request's head, by itself.
    pub(super) fn of(pull: &'a PullRequest, base: &'a Revision) -> Self {
        Self {
            pull: Some(pull.number),
            head: &pull.head,
            base,
            is_base_named: false,
            asked_as: pull.number.to_string(),
            rounds: None,
            compare: None,
            priority: Priority::Automatic,
            ask: "",
            asked_by: "",
        }
    }
}

/// Whether a job that left no set to compare with ended for a reason that is not the commit's; rounds that do not count
/// are the machine's.
fn is_ours_to_repeat(outcome: Outcome) -> bool {
    match outcome {
        Outcome::InfrastructureFailed | Outcome::Cancelled | Outcome::Superseded | Outcome::Discarded => true,
        Outcome::Measured | Outcome::Verdict(Verdict::Invalid) => true,
        Outcome::Verdict(_) | Outcome::ServiceFailed(_) => false,
    }
}

/// Jobs as people read them in a delivery's outcome: those that are new, or that all were known.
pub(super) fn told(ordered: &[Ordered]) -> String {
    let of = |new: bool| -> Vec<String> {
        let is_meant = |one: &&Ordered| matches!(one, Ordered::New(_)) == new;
        ordered.iter().filter(is_meant).map(|one| one.job().to_string()).collect()
    };
    match (of(true), of(false)) {
        (new, _) if !new.is_empty() => format!("started {}", new.join(", ")),
        (_, known) if !known.is_empty() => format!("known already: {}", known.join(", ")),
        _ => "no benchmark".to_owned(),
    }
}
