//! What people do: each tells its event by webhook, waits for the answer, and gives its status where that matters.

use serde_json::json;

use super::state::{Check, Issue, Pull};
use super::{FakeGithub, git, issues, webhooks};

/// The permissions that GitHub knows, as (its old word, its role).
const LEVELS: [(&str, &str); 6] = [
    ("none", "none"),
    ("read", "read"),
    ("read", "triage"),
    ("write", "write"),
    ("write", "maintain"),
    ("admin", "admin"),
];

/// A pull request to be opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewPull<'a> {
    /// Who opens it.
    pub author: &'a str,
    /// Its branch.
    pub branch: &'a str,
    /// Its newest commit, as git names it in the folder; the branch's where it is empty.
    pub commit: &'a str,
    /// The branch it is to be merged into.
    pub base: &'a str,
    /// The repository of its branch, where that is a fork.
    pub fork: Option<&'a str>,
    /// A draft.
    pub is_draft: bool,
    /// Its title.
    pub title: &'a str,
}

impl<'a> NewPull<'a> {
    /// From a branch of the repository itself into `main`.
    pub fn of(author: &'a str, branch: &'a str) -> Self {
        Self { author, branch, commit: "", base: "main", fork: None, is_draft: false, title: "A change" }
    }

    /// From a fork, with the commit that git names so in the folder.
    pub fn from_fork(author: &'a str, fork: &'a str, branch: &'a str, commit: &'a str) -> Self {
        Self { fork: Some(fork), commit, ..Self::of(author, branch) }
    }
}

impl FakeGithub {
    fn folder(&self) -> std::path::PathBuf {
        self.read(|held| held.folder.clone())
    }

    fn commit(&self, name: &str) -> String {
        git::commit(&self.folder(), name).unwrap_or_else(|| panic!("no commit `{name}`"))
    }

    /// What can be fetched as `refs/pull/NUMBER/head`.
    fn keep_ref(&self, number: i32, sha: &str) {
        git::git(&self.folder(), &["update-ref", &format!("refs/pull/{number}/head"), sha]).expect("a ref");
    }

    fn change<T>(&self, number: i32, change: impl FnOnce(&mut Pull) -> T) -> T {
        let mut state = self.shared.state();
        let held = state.repository(&self.repository).expect("a repository that is held");
        change(held.pulls.get_mut(&number).expect("a pull request that was opened"))
    }

    async fn tell_pull(&self, number: i32, action: &str, by: &str, label: Option<&str>) -> u16 {
        let event = webhooks::pull_changed(&self.shared, &self.repository, number, action, by, label);
        webhooks::tell(&self.shared, event).await
    }

    async fn tell(&self, name: &'static str, by: &str, payload: serde_json::Value) -> u16 {
        let event = webhooks::event(&self.shared, &self.repository, name, by, payload);
        webhooks::tell(&self.shared, event).await
    }

    /// Gives somebody a permission: `none`, `read`, `triage`, `write`, `maintain` or `admin`.
    pub fn permit(&self, login: &str, role: &str) {
        let level = LEVELS.iter().find(|(_, known)| *known == role).expect("a role of GitHub");
        let mut state = self.shared.state();
        state.account(login);
        let held = state.repository(&self.repository).expect("a repository that is held");
        held.permissions.insert(login.to_owned(), (level.0.to_owned(), level.1.to_owned()));
    }

    /// Opens a pull request; its number.
    pub async fn open_pull(&self, new: NewPull<'_>) -> i32 {
        let head = self.commit(if new.commit.is_empty() { new.branch } else { new.commit });
        let number = {
            let mut state = self.shared.state();
            state.account(new.author);
            let held = state.repository(&self.repository).expect("a repository that is held");
            held.last_number += 1;
            let pull = Pull {
                number: held.last_number,
                title: new.title.to_owned(),
                author: new.author.to_owned(),
                branch: new.branch.to_owned(),
                head: head.clone(),
                head_repository: Some(new.fork.unwrap_or(&self.repository).to_owned()),
                base: new.base.to_owned(),
                is_draft: new.is_draft,
                is_open: true,
                merged_as: None,
                labels: std::collections::BTreeSet::new(),
            };
            held.pulls.insert(pull.number, pull);
            held.last_number
        };
        self.keep_ref(number, &head);
        self.tell_pull(number, "opened", new.author, None).await;
        number
    }

    /// Pushes to a pull request's branch, by force where need be: its newest commit is now this one.
    pub async fn push(&self, number: i32, commit: &str) {
        let head = self.commit(commit);
        self.keep_ref(number, &head);
        let author = self.change(number, |pull| {
            pull.head = head;
            pull.author.clone()
        });
        self.tell_pull(number, "synchronize", &author, None).await;
    }

    /// Tells that a branch of the repository moved to where it is in the folder.
    pub async fn push_branch(&self, by: &str, branch: &str) {
        let after = self.commit(branch);
        let payload = json!({
            "ref": format!("refs/heads/{branch}"), "before": "0".repeat(40), "after": after, "deleted": false,
            "created": false, "forced": false, "commits": [],
        });
        self.tell("push", by, payload).await;
    }

    /// Comments; the comment's id.
    pub async fn comment_as(&self, login: &str, pull: i32, body: &str) -> i64 {
        let comment = issues::say(&self.shared, &self.repository, pull, login, body);
        let event = webhooks::commented(&self.shared, &self.repository, &comment, "created");
        webhooks::tell(&self.shared, event).await;
        comment.id
    }

    /// Changes a comment.
    pub async fn edit_comment(&self, id: i64, body: &str) {
        let comment = {
            let mut state = self.shared.state();
            let held = state.repository(&self.repository).expect("a repository that is held");
            let comment = held.comments.iter_mut().find(|one| one.id == id).expect("a comment");
            comment.body = body.to_owned();
            comment.clone()
        };
        let event = webhooks::commented(&self.shared, &self.repository, &comment, "edited");
        webhooks::tell(&self.shared, event).await;
    }

    /// Takes a comment away.
    pub fn delete_comment(&self, id: i64) {
        let mut state = self.shared.state();
        let held = state.repository(&self.repository).expect("a repository that is held");
        held.comments.retain(|one| one.id != id);
    }

    /// Sets a label.
    pub async fn label_as(&self, login: &str, number: i32, label: &str) {
        self.change(number, |pull| pull.labels.insert(label.to_owned()));
        self.tell_pull(number, "labeled", login, Some(label)).await;
    }

    /// Takes a label away.
    pub async fn unlabel_as(&self, login: &str, number: i32, label: &str) {
        self.change(number, |pull| pull.labels.remove(label));
        self.tell_pull(number, "unlabeled", login, Some(label)).await;
    }

    /// Closes a pull request.
    pub async fn close(&self, login: &str, number: i32) {
        self.change(number, |pull| pull.is_open = false);
        self.tell_pull(number, "closed", login, None).await;
    }

    /// Opens a closed pull request again.
    pub async fn reopen(&self, login: &str, number: i32) {
        self.change(number, |pull| pull.is_open = true);
        self.tell_pull(number, "reopened", login, None).await;
    }

    /// Makes a pull request a draft, or says that it is ready.
    pub async fn draft(&self, login: &str, number: i32, is_draft: bool) {
        self.change(number, |pull| pull.is_draft = is_draft);
        let action = if is_draft { "converted_to_draft" } else { "ready_for_review" };
        self.tell_pull(number, action, login, None).await;
    }

    /// The fork of a pull request is deleted; nobody is told.
    pub fn delete_fork(&self, number: i32) {
        self.change(number, |pull| pull.head_repository = None);
    }

    /// Merges a pull request by a merge commit, which is made in the folder; its SHA.
    pub async fn merge(&self, login: &str, number: i32) -> String {
        let (folder, pull) = (self.folder(), self.pull(number));
        let base = self.commit(&format!("refs/heads/{}", pull.base));
        let tree = git::git(&folder, &["merge-tree", "--write-tree", &base, &pull.head]);
        // Older gits can't merge without a work tree: then the change wins whole.
        let tree = tree.unwrap_or_else(|_| format!("{}^{{tree}}", pull.head));
        let message = format!("Merge pull request #{number}");
        let arguments = ["commit-tree", &tree, "-p", &base, "-p", &pull.head, "-m", &message];
        let merged = git::git(&folder, &arguments).expect("a merge commit");
        let branch = format!("refs/heads/{}", pull.base);
        git::git(&folder, &["update-ref", &branch, &merged]).expect("a ref");
        self.change(number, |pull| {
            pull.is_open = false;
            pull.merged_as = Some(merged.clone());
        });
        self.tell_pull(number, "closed", login, None).await;
        self.push_branch(login, &pull.base).await;
        merged
    }

    /// Presses a button of a check.
    pub async fn press(&self, check: i64, button: &str, login: &str) {
        let check = self.check(check);
        let is_shown = check.actions.iter().any(|action| action["identifier"] == button);
        assert!(is_shown, "the check has no button `{button}`: {:?}", check.actions);
        let event = webhooks::checked(&self.shared, &self.repository, &check, Some(button), login);
        webhooks::tell(&self.shared, event).await;
    }

    /// Presses GitHub's own "Re-run" of a check.
    pub async fn rerun(&self, check: i64, login: &str) {
        let event = webhooks::checked(&self.shared, &self.repository, &self.check(check), None, login);
        webhooks::tell(&self.shared, event).await;
    }

    /// Presses GitHub's "Re-run all checks" at a commit.
    pub async fn rerun_suite(&self, sha: &str, login: &str) {
        let payload = json!({
            "action": "rerequested",
            "check_suite": { "id": 1, "head_sha": sha, "app": super::answers::app() },
        });
        self.tell("check_suite", login, payload).await;
    }

    fn check(&self, id: i64) -> Check {
        let found = self.read(|held| held.checks.iter().find(|check| check.id == id).cloned());
        found.expect("a check that was written")
    }

    /// A merge queue asks whether a commit may be merged.
    pub async fn queue_merge(&self, head: &str, base: &str) {
        let (head_sha, base_sha) = (self.commit(head), self.commit(base));
        let payload = json!({
            "action": "checks_requested",
            "merge_group": {
                "head_sha": head_sha, "head_ref": format!("refs/heads/gh-readonly-queue/{base}/1"),
                "base_sha": base_sha, "base_ref": format!("refs/heads/{base}"),
            },
        });
        self.tell("merge_group", "github-merge-queue[bot]", payload).await;
    }

    /// Tries the webhook out; the answer's status.
    pub async fn ping(&self) -> u16 {
        self.tell("ping", "alice", json!({ "zen": "Keep it logically awesome.", "hook_id": 1 })).await
    }

    /// Makes a check another app's, as one that a workflow of the commit made by the same name and id.
    pub fn disown_check(&self, id: i64) {
        let mut state = self.shared.state();
        let held = state.repository(&self.repository).expect("a repository that is held");
        let check = held.checks.iter_mut().find(|check| check.id == id).expect("a check that is there");
        // GitHub's own, of its actions.
        check.app = 15_368;
    }

    /// Something that means nothing to us; the answer's status.
    pub async fn star(&self, login: &str) -> u16 {
        self.tell("star", login, json!({ "action": "created" })).await
    }

    /// Opens an issue as somebody; its number.
    pub fn open_issue(&self, login: &str, title: &str, body: &str) -> i32 {
        let mut state = self.shared.state();
        state.account(login);
        let held = state.repository(&self.repository).expect("a repository that is held");
        held.last_number += 1;
        let (author, title, body) = (login.to_owned(), title.to_owned(), body.to_owned());
        let issue = Issue { number: held.last_number, author, title, body, is_open: true };
        held.issues.insert(issue.number, issue);
        held.last_number
    }

    /// Closes an issue.
    pub fn close_issue(&self, number: i32) {
        let mut state = self.shared.state();
        let held = state.repository(&self.repository).expect("a repository that is held");
        held.issues.get_mut(&number).expect("an issue").is_open = false;
    }
}
