//! Commands in comments: of people who may write, answered by a reaction at once and by the sticky comment.

use time::OffsetDateTime;

use crate::domain::approval::ApprovalWay;
use crate::domain::chain::error_chain;
use crate::domain::command::{Command, TestOptions};
use crate::domain::github::{PullNumber, PullRequest};
use crate::domain::job::Job;
use crate::domain::notice::{Answer, Hold, HoldReason};
use crate::domain::order::{Ordered, Priority};
use crate::domain::procedure::CompareMethod;
use crate::domain::revision::Revision;
use crate::github::{GithubError, Reaction};
use crate::webhook;

use super::decide::how_to_approve;
use super::desk::Desk;
use super::error::ManagerError;
use super::orders::{Wish, is_open, newest, told};

/// How the marker of every text of ours begins.
const MARK: &str = "<!-- loadmark:";

/// A comment with commands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comment<'a> {
    pub(super) pull: PullNumber,
    pub(super) id: i64,
    pub(super) sender: &'a str,
    pub(super) is_bot: bool,
    pub(super) body: &'a str,
    /// Where it may have been acted on before: when it arrived. What was asked after it, it does not mean.
    pub(super) asked_until: Option<OffsetDateTime>,
}

/// What a command came to.
struct Done {
    reaction: Reaction,
    /// For the delivery's outcome.
    what: String,
    /// For the sticky comment.
    answer: Option<Answer>,
}

impl Done {
    fn new(reaction: Reaction, what: impl Into<String>) -> Self {
        Self { reaction, what: what.into(), answer: None }
    }

    /// Not done; the sticky comment says why.
    fn refused(why: String) -> Self {
        Self { reaction: Reaction::ThumbsDown, what: format!("refused: {why}"), answer: Some(Answer::Refused(why)) }
    }
}

impl Desk<'_> {
    /// Carries out the commands of a comment, if its author may.
    pub(super) async fn commented(&self, comment: Comment<'_>) -> Result<String, ManagerError> {
        let commands = webhook::commands(comment.body, &self.rules().command);
        if commands.is_empty() {
            return Ok("no command".to_owned());
        }
        if comment.is_bot || self.is_ours(comment).await? {
            return Ok("a bot's commands are none".to_owned());
        }
        if !self.may_write(comment.sender).await? {
            self.react(comment.id, Reaction::ThumbsDown).await;
            return Ok(format!("`{}` may not command", comment.sender));
        }
        let pull = self.github().pull(comment.pull).await?;
        let mut outcomes = Vec::new();
        for (index, command) in commands.iter().enumerate() {
            // The comment's id, not the delivery's: sent again under another id, it is the same asking.
            let ask = format!("comment-{}-{index}", comment.id);
            let done = self.carry_out(command, &pull, comment, &ask).await?;
            self.react(comment.id, done.reaction).await;
            self.answer(comment.pull, done.answer.as_ref()).await?;
            outcomes.push(done.what);
        }
        Ok(outcomes.join("; "))
    }

    /// Whether we wrote it. With a person's token we write under that person's name, who may command all the same.
    async fn is_ours(&self, comment: Comment<'_>) -> Result<bool, ManagerError> {
        let by_us = comment.sender == self.github().ourselves().await?.login;
        Ok(by_us && (self.github().uses_checks() || comment.body.contains(MARK)))
    }

    /// A comment that is gone needs no reaction, and for the want of one no command is carried out twice.
    async fn react(&self, comment: i64, reaction: Reaction) {
        if let Err(error) = self.github().react(comment, reaction).await {
            tracing::warn!(comment, error = error_chain(&error), "a comment gets no reaction");
        }
    }

    async fn carry_out(
        &self,
        command: &Command,
        pull: &PullRequest,
        comment: Comment<'_>,
        ask: &str,
    ) -> Result<Done, ManagerError> {
        let sender = comment.sender;
        match command {
            Command::Test(_) | Command::Rerun | Command::Approve(_) if !pull.is_open => {
                Ok(Done::refused("the pull request is closed".to_owned()))
            }
            Command::Test(options) => self.test(options, pull, sender, ask).await,
            Command::Rerun => self.rerun(pull, sender, ask).await,
            Command::Cancel => self.cancel_all(pull.number, comment.asked_until).await,
            Command::Status => Ok(Done::new(Reaction::ThumbsUp, "status")),
            Command::Help => Ok(Done { answer: Some(Answer::Help), ..Done::new(Reaction::ThumbsUp, "help") }),
            Command::Approve(head) => self.approve_by_comment(head, pull, sender).await,
            Command::Unknown(why) => {
                let answer = Some(Answer::Unknown(why.clone()));
                Ok(Done { answer, ..Done::new(Reaction::Confused, "no such command") })
            }
        }
    }

    async fn test(
        &self,
        options: &TestOptions,
        pull: &PullRequest,
        sender: &str,
        ask: &str,
    ) -> Result<Done, ManagerError> {
        if let Some(held) = self.held_as_strange(pull).await? {
            return Ok(held);
        }
        let benchmarks = match &options.benchmark {
            None => self.project.benchmarks(),
            Some(name) => match self.project.benchmark(name) {
                Ok(name) => vec![name],
                Err(error) => return Ok(Done::refused(error.to_string())),
            },
        };
        let base = match &options.base {
            None => self.base_of(pull).await?,
            Some(base) => match self.named(base, &pull.base_branch).await {
                Ok(Some(base)) => base,
                Ok(None) => {
                    let why = format!("the base is not in the history of `{}`", pull.base_branch);
                    return Ok(Done::refused(why));
                }
                Err(error) if error.is_gone() => {
                    return Ok(Done::refused("there is no such base in the repository".to_owned()));
                }
                Err(error) => return Err(error.into()),
            },
        };
        let is_plain = *options == TestOptions::default();
        let jobs = self.queue.jobs_of_pull(self.name(), pull.number).await?;
        let mut ordered = Vec::new();
        for benchmark in benchmarks {
            // Asked plainly while the same waits or runs already, that is the answer.
            if let Some(job) = newest(&jobs, &pull.head, &benchmark).filter(|job| is_plain && is_open(job)) {
                ordered.push(Ordered::Known(job.id));
                continue;
            }
            let TestOptions { rounds, compare, .. } = *options;
            let is_base_named = options.base.is_some();
            // The past, by which `auto` may pass it, says nothing of a base that somebody chose.
            let is_auto = self.project.method(&benchmark, compare) == Some(CompareMethod::Auto);
            let compare = if is_base_named && is_auto { Some(CompareMethod::Paired) } else { compare };
            let wish = Wish { rounds, compare, is_base_named, ..commanded(pull, &base, ask, sender) };
            ordered.push(self.order_test(&benchmark, wish).await?);
        }
        Ok(Done::new(Reaction::Eyes, told(&ordered)))
    }

    /// The revision that `--base` names: the tip of a branch, or a full SHA in the history of the branch the pull
    /// request goes into. Any other, none: GitHub shows the commits of every fork as the repository's own, and a base
    /// without a master set is built.
    pub(super) async fn named(&self, base: &str, branch: &str) -> Result<Option<Revision>, GithubError> {
        let Ok(revision) = base.parse::<Revision>() else {
            return self.github().branch_tip(base).await.map(Some);
        };
        let tip = self.github().branch_tip(branch).await?;
        let parted = self.github().divergence(&tip, &revision).await?.merge_base;
        Ok(Some(revision).filter(|revision| *revision == parted))
    }

    /// Measures again what was measured of the head last, in the same way; what was not yet, plainly.
    async fn rerun(&self, pull: &PullRequest, sender: &str, ask: &str) -> Result<Done, ManagerError> {
        if let Some(held) = self.held_as_strange(pull).await? {
            return Ok(held);
        }
        let jobs = self.queue.jobs_of_pull(self.name(), pull.number).await?;
        let mut ordered = Vec::new();
        for benchmark in self.project.benchmarks() {
            ordered.push(self.again(pull, &benchmark, newest(&jobs, &pull.head, &benchmark), sender, ask).await?);
        }
        Ok(Done::new(Reaction::Eyes, told(&ordered)))
    }

    /// A test of a head once more, as it was asked before.
    pub(super) async fn again(
        &self,
        pull: &PullRequest,
        benchmark: &str,
        before: Option<&Job>,
        sender: &str,
        ask: &str,
    ) -> Result<Ordered, ManagerError> {
        if let Some(job) = before.filter(|job| is_open(job)) {
            return Ok(Ordered::Known(job.id));
        }
        let before_that = before.and_then(|job| job.request.base.clone());
        let is_base_named = before_that.is_some();
        let base = match before_that {
            Some(base) => base,
            None => self.base_of(pull).await?,
        };
        let rounds = before.and_then(|job| job.request.rounds);
        let compare = before.and_then(|job| job.request.compare);
        let wish = Wish { rounds, compare, is_base_named, ..commanded(pull, &base, ask, sender) };
        self.order_test(benchmark, wish).await
    }

    async fn cancel_all(&self, pull: PullNumber, until: Option<OffsetDateTime>) -> Result<Done, ManagerError> {
        let jobs = self.queue.jobs_of_pull(self.name(), pull).await?;
        let is_meant = |job: &&Job| is_open(job) && until.is_none_or(|until| job.enqueued_at <= until);
        let open: Vec<_> = jobs.iter().filter(is_meant).map(|job| job.id).collect();
        for job in &open {
            self.queue.cancel(*job).await?;
        }
        Ok(Done::new(Reaction::ThumbsUp, format!("cancelled {} jobs", open.len())))
    }

    async fn approve_by_comment(
        &self,
        named: &Revision,
        pull: &PullRequest,
        sender: &str,
    ) -> Result<Done, ManagerError> {
        if *named != pull.head {
            let (named, head) = (named.short(), pull.head.short());
            return Ok(Done::refused(format!("{named} is not the head of this pull request, which is {head} now")));
        }
        self.approve(pull, sender, ApprovalWay::Comment).await?;
        Ok(Done::new(Reaction::Eyes, told(&self.order_automatic(pull, Priority::Commanded, sender).await?)))
    }

    /// A commit that may not run yet: asking for a test approves nothing, as the comment does not name the commit.
    async fn held_as_strange(&self, pull: &PullRequest) -> Result<Option<Done>, ManagerError> {
        if self.is_trusted(pull).await? {
            return Ok(None);
        }
        let hold = Hold { reason: HoldReason::Unapproved, text: how_to_approve(self.rules(), pull) };
        self.hold(pull, &hold, true).await?;
        Ok(Some(Done::refused("the commit comes from outside the repository, and is not approved".to_owned())))
    }
}

/// A wish by a command.
fn commanded<'a>(pull: &'a PullRequest, base: &'a Revision, ask: &'a str, asked_by: &'a str) -> Wish<'a> {
    Wish { priority: Priority::Commanded, ask, asked_by, ..Wish::of(pull, base) }
}
