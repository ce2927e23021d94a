//! Branches: pushes to the default one, and merge queues.

use crate::domain::notice::{Hold, HoldReason};
use crate::domain::order::{Ordered, Priority};
use crate::domain::revision::Revision;
use crate::domain::rules::TestsWhen;

use super::decide::is_ignored;
use super::desk::Desk;
use super::error::ManagerError;
use super::orders::{Wish, told};

impl Desk<'_> {
    /// A branch moved: of the default one every tip that is seen becomes a master set, whatever it changes, as tests
    /// compare with the tip.
    pub(super) async fn pushed(&self, branch: &str, asked_by: &str) -> Result<String, ManagerError> {
        let default = &self.project.settings.default_branch;
        if branch != default {
            return Ok("not the default branch".to_owned());
        }
        // The tip as it is now: an event that comes late must not measure what nobody compares with any more.
        let tip = self.github().branch_tip(default).await?;
        Ok(told(&self.order_masters(&tip, asked_by).await?))
    }

    /// Orders the master sets of a commit of the default branch.
    pub(super) async fn order_masters(&self, tip: &Revision, asked_by: &str) -> Result<Vec<Ordered>, ManagerError> {
        let default = &self.project.settings.default_branch;
        let mut ordered = Vec::new();
        for benchmark in self.project.benchmarks() {
            let priority = Priority::Master;
            ordered.push(self.order_master(&benchmark, tip, default, priority, asked_by).await?);
        }
        Ok(ordered)
    }

    /// A merge queue asks about a commit: who may fill it may write, so its commits are trusted. It waits for our
    /// check, so one is always posted, be it only to say that nothing is measured.
    pub(super) async fn merge_group(
        &self,
        head: &Revision,
        base_branch: &str,
        sender: &str,
    ) -> Result<String, ManagerError> {
        // Not the event's base: in a queue of several that is the group before, which nobody has merged.
        let base = &self.base_in(base_branch, head).await?;
        let hold = match self.rules().tests {
            _ if self.changes_nothing(base, head).await? => {
                Some((HoldReason::Ignored, "Not measured: only files that the configuration ignores are changed."))
            }
            TestsWhen::Always => None,
            TestsWhen::Label | TestsWhen::Command => Some((
                HoldReason::NotAsked,
                "Not measured: by the configuration, merge queues are measured only where every pull request is.",
            )),
        };
        if let Some((reason, text)) = hold {
            let (name, benchmarks) = (self.name(), self.project.benchmarks());
            let hold = Hold { reason, text: text.to_owned() };
            self.database.hold_notices(name, None, head, &benchmarks, &hold, false).await?;
            return Ok(format!("held, {}", reason.as_str()));
        }
        let mut ordered = Vec::new();
        for benchmark in self.project.benchmarks() {
            let wish = Wish {
                pull: None,
                head,
                base,
                is_base_named: false,
                asked_as: format!("merge queue of {base_branch}"),
                rounds: None,
                compare: None,
                priority: Priority::Automatic,
                ask: "",
                asked_by: sender,
            };
            ordered.push(self.order_test(&benchmark, wish).await?);
        }
        Ok(told(&ordered))
    }

    async fn changes_nothing(&self, base: &Revision, head: &Revision) -> Result<bool, ManagerError> {
        let patterns = &self.rules().ignore;
        if patterns.is_empty() {
            return Ok(false);
        }
        Ok(is_ignored(patterns, self.github().divergence(base, head).await?.files.as_deref()))
    }
}
