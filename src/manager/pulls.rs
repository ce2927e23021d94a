//! Pull requests: opened, pushed to, labelled, closed; or looked at because nobody told.

use crate::domain::approval::ApprovalWay;
use crate::domain::event::PullChange;
use crate::domain::github::{PullNumber, PullRequest};
use crate::domain::notice::{Hold, HoldReason};
use crate::domain::order::Priority;
use crate::domain::rules::TestsWhen;
use crate::domain::verdict::Outcome;

use super::decide::{Decision, Facts, decide, how_to_approve, is_ignored};
use super::desk::Desk;
use super::error::ManagerError;
use super::orders::told;
use super::trust::{Claim, Occasion, claim};

/// How often a head is followed that moves while it is acted on; the next event tells of further moves.
const MOST_MOVES: usize = 3;

impl Desk<'_> {
    /// Acts on an event of a pull request: on its head as it is now, whatever the event saw.
    pub(super) async fn pull_changed(
        &self,
        number: PullNumber,
        occasion: Occasion<'_>,
    ) -> Result<String, ManagerError> {
        let pull = self.github().pull(number).await?;
        self.pull_as_it_is(&pull, occasion).await
    }

    /// As [`Desk::pull_changed`], for a pull request that was just read. Somebody else may have read a newer head and
    /// acted on it meanwhile; so it is read once more at the end, and where it moved, what was done is put right.
    pub(super) async fn pull_as_it_is(
        &self,
        pull: &PullRequest,
        occasion: Occasion<'_>,
    ) -> Result<String, ManagerError> {
        let mut outcome = self.pull_as_read(pull, occasion).await?;
        let mut known = (pull.head.clone(), pull.is_open);
        for _ in 0..MOST_MOVES {
            let now = self.github().pull(pull.number).await?;
            let is = (now.head.clone(), now.is_open);
            if is == known {
                break;
            }
            outcome = self.pull_as_read(&now, Occasion::look(&now.head)).await?;
            known = is;
        }
        Ok(outcome)
    }

    async fn pull_as_read(&self, pull: &PullRequest, occasion: Occasion<'_>) -> Result<String, ManagerError> {
        let current = Some(&pull.head).filter(|_| pull.is_open);
        let ended = self.queue.supersede(self.name(), pull.number, current, Outcome::Superseded).await?;
        if !pull.is_open {
            return Ok(format!("closed; {} of its jobs end", ended.len()));
        }
        let was_asked = self.is_wanted(pull);
        let mut pull = pull.clone();
        let heeded = self.heed(&mut pull, occasion).await;
        let pull = &pull;
        if heeded.is_err() {
            self.hold_if_strange(pull, was_asked).await?;
        }
        let is_asked = heeded?;
        let is_trusted = self.is_trusted(pull).await?;
        let is_ignored = !is_asked && self.changes_only_ignored_files(pull).await?;
        match decide(self.rules(), pull, Facts { is_asked, is_trusted, is_ignored }) {
            Decision::Hold(hold) => {
                self.hold(pull, &hold, was_asked).await?;
                Ok(format!("held, {}", hold.reason.as_str()))
            }
            Decision::Measure => {
                let ordered = self.order_automatic(pull, Priority::Automatic, asked_by(occasion)).await?;
                Ok(told(&ordered))
            }
        }
    }

    /// Takes from an event what it lets happen, and takes labels away that say nothing any more. True: it asks for
    /// exactly this head.
    async fn heed(&self, pull: &mut PullRequest, occasion: Occasion<'_>) -> Result<bool, ManagerError> {
        let label = &self.rules().label;
        let is_strange = pull.is_from_elsewhere(&self.rules().repository);
        match claim(occasion, label, pull) {
            Claim::Pushed if is_strange && !self.is_trusted(pull).await? => {
                self.approve_own_push(pull, occasion.sender).await?;
            }
            Claim::Labelled if self.may_write(occasion.sender).await? => {
                if is_strange {
                    self.approve(pull, occasion.sender, ApprovalWay::Label).await?;
                }
                return Ok(true);
            }
            // Set by somebody who may not, or for another commit: left there, it would seem to say something.
            Claim::Labelled => self.take_label_away(pull).await?,
            Claim::LabelledAnother if is_strange => self.take_label_away(pull).await?,
            Claim::LabelledAnother | Claim::Pushed | Claim::Nothing => {}
        }
        if is_strange && occasion.change == Some(&PullChange::Pushed) && !self.is_trusted(pull).await? {
            self.take_label_away(pull).await?;
        }
        Ok(false)
    }

    async fn take_label_away(&self, pull: &mut PullRequest) -> Result<(), ManagerError> {
        let label = &self.rules().label;
        if pull.labels.contains(label) {
            self.github().remove_label(pull.number, label).await?;
            pull.labels.remove(label);
        }
        Ok(())
    }

    /// Where it can't be found out who may do what, a stranger's commit waits, and its check says so.
    async fn hold_if_strange(&self, pull: &PullRequest, was_asked: bool) -> Result<(), ManagerError> {
        if self.is_trusted(pull).await? {
            return Ok(());
        }
        let hold = Hold { reason: HoldReason::Unapproved, text: how_to_approve(self.rules(), pull) };
        self.hold(pull, &hold, was_asked).await
    }

    /// Whether the rules would have it measured, if it is trusted.
    fn is_wanted(&self, pull: &PullRequest) -> bool {
        match self.rules().tests {
            TestsWhen::Always => true,
            TestsWhen::Label => pull.labels.contains(&self.rules().label),
            TestsWhen::Command => false,
        }
    }

    async fn changes_only_ignored_files(&self, pull: &PullRequest) -> Result<bool, ManagerError> {
        let patterns = &self.rules().ignore;
        if patterns.is_empty() {
            return Ok(false);
        }
        // From where they parted: what the base did since then is none of its changes.
        let divergence = self.github().divergence(&pull.base, &pull.head).await?;
        Ok(is_ignored(patterns, divergence.files.as_deref()))
    }
}

/// Who asked, for people.
fn asked_by<'a>(occasion: Occasion<'a>) -> &'a str {
    if occasion.change.is_none() { "catch-up" } else { occasion.sender }
}
