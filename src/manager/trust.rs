//! Trust: whose commits may run on our machines. Anything but a clear yes is a no.

use crate::domain::approval::ApprovalWay;
use crate::domain::event::PullChange;
use crate::domain::github::PullRequest;
use crate::domain::revision::Revision;

use super::desk::Desk;
use super::error::ManagerError;

/// An event of a pull request, as far as trust may come from it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Occasion<'a> {
    /// Who did it; empty: nobody, we look by ourselves.
    pub(super) sender: &'a str,
    /// What was done; none: nothing.
    pub(super) change: Option<&'a PullChange>,
    /// The head as it was then.
    pub(super) seen: &'a Revision,
}

impl<'a> Occasion<'a> {
    /// A look of our own.
    pub(super) fn look(seen: &'a Revision) -> Self {
        Self { sender: "", change: None, seen }
    }
}

/// What an event lets happen to the head as it is now, and by whose permission it can: without any I/O.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Claim {
    /// Its sender pushed exactly this head: it is theirs and the author's to answer for.
    Pushed,
    /// Its sender set our label while exactly this head was there.
    Labelled,
    /// Its sender set our label, and the head has moved since: it says nothing about this one.
    LabelledAnother,
    /// It says nothing.
    Nothing,
}

/// What an event claims about the head.
pub(super) fn claim(occasion: Occasion<'_>, label: &str, pull: &PullRequest) -> Claim {
    let is_present = *occasion.seen == pull.head;
    match occasion.change {
        Some(PullChange::Pushed) if is_present => Claim::Pushed,
        // Anybody can open one from anybody's branch; what is in one's own fork one pushed.
        Some(PullChange::Opened) if is_present && owns_source(occasion.sender, pull) => Claim::Pushed,
        Some(PullChange::Labeled(set)) if set == label && is_present => Claim::Labelled,
        Some(PullChange::Labeled(set)) if set == label => Claim::LabelledAnother,
        _ => Claim::Nothing,
    }
}

/// Whether the head lies in an account's own repository; GitHub ignores case.
fn owns_source(login: &str, pull: &PullRequest) -> bool {
    pull.head_repository.as_ref().is_some_and(|source| source.owner().eq_ignore_ascii_case(login))
}

impl Desk<'_> {
    /// Whether somebody may have code run: by GitHub's answer about permissions, and by nothing else.
    pub(super) async fn may_write(&self, login: &str) -> Result<bool, ManagerError> {
        Ok(!login.is_empty() && self.github().permission(login).await?.may_write())
    }

    /// Whether the head may run, without a new approval.
    pub(super) async fn is_trusted(&self, pull: &PullRequest) -> Result<bool, ManagerError> {
        Ok(!pull.is_from_elsewhere(&self.rules().repository)
            || self.database.is_approved(self.name(), pull.number, &pull.head).await?)
    }

    /// Lets the head run.
    pub(super) async fn approve(&self, pull: &PullRequest, by: &str, way: ApprovalWay) -> Result<(), ManagerError> {
        let (name, head) = (self.name(), &pull.head);
        if self.database.approve(name, pull.number, head, by, way).await? {
            tracing::info!(project = name, pull = pull.number.0, %head, by, way = way.as_str(), "a commit may run");
        }
        Ok(())
    }

    /// What the push of an outside head is worth: who may write pushed it, to the pull request of one who may.
    pub(super) async fn approve_own_push(&self, pull: &PullRequest, sender: &str) -> Result<bool, ManagerError> {
        if !self.may_write(&pull.author).await? || !self.may_write(sender).await? {
            return Ok(false);
        }
        self.approve(pull, sender, ApprovalWay::Push).await?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_event_that_saw_the_present_head_says_anything_about_it() {
        let (head, older): (Revision, Revision) = ("a".repeat(40).parse().unwrap(), "b".repeat(40).parse().unwrap());
        let mut pull = PullRequest {
            number: crate::domain::github::PullNumber(7),
            head: head.clone(),
            head_repository: Some("Ann/shop".parse().unwrap()),
            base_branch: "main".to_owned(),
            base: older.clone(),
            author: "ann".to_owned(),
            is_draft: false,
            is_open: true,
            labels: std::collections::BTreeSet::new(),
        };
        let of = |change: PullChange, seen, pull: &PullRequest| {
            claim(Occasion { sender: "ann", change: Some(&change), seen }, "bench", pull)
        };
        assert_eq!(of(PullChange::Opened, &head, &pull), Claim::Pushed);
        // Who opens a pull request from somebody else's branch pushed nothing.
        for source in [Some("eve/shop".parse().unwrap()), None] {
            pull.head_repository = source;
            assert_eq!(of(PullChange::Opened, &head, &pull), Claim::Nothing);
        }
        let told = |change, seen| of(change, seen, &pull);
        assert_eq!(told(PullChange::Pushed, &head), Claim::Pushed);
        assert_eq!(told(PullChange::Pushed, &older), Claim::Nothing);
        assert_eq!(told(PullChange::Labeled("bench".to_owned()), &head), Claim::Labelled);
        assert_eq!(told(PullChange::Labeled("bench".to_owned()), &older), Claim::LabelledAnother);
        // Who does these need not have looked at the commit.
        for change in [PullChange::Labeled("bug".to_owned()), PullChange::Ready, PullChange::Reopened] {
            assert_eq!(told(change, &head), Claim::Nothing);
        }
        assert_eq!(claim(Occasion::look(&head), "bench", &pull), Claim::Nothing);
    }
}
