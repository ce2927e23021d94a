//! GitHub's client against a GitHub that holds it to the rules, and fails.

mod canary;
mod credentials;
mod failures;
mod fake;
mod limits;
mod reading;
mod writing;

use std::path::Path;
use std::time::Duration;

use loadmark::domain::check::CheckState;
use loadmark::domain::revision::Revision;
use loadmark::domain::rules::Credentials;
use loadmark::domain::settings::Secret;
use loadmark::github::{Button, CheckContent, Github, Pace};
use tempfile::TempDir;

use crate::fake_github::{FakeGithub, git};

/// No waits between writes; failures end soon.
const QUICK: Pace = Pace {
    write_gap: Duration::ZERO,
    timeout: Duration::from_secs(5),
    again: Duration::ZERO,
    refresh: Duration::from_secs(300),
};

/// A GitHub with the repository `team/shop`, on whose branch `main` is one commit, and on `faster` one more.
struct Stage {
    fake: FakeGithub,
    folder: TempDir,
}

impl Stage {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let run = |arguments: &[&str]| git::git(folder.path(), arguments).unwrap();
        run(&["init", "--quiet", "--initial-branch", "main"]);
        std::fs::write(folder.path().join("server"), "slow\n").unwrap();
        run(&["add", "--all"]);
        run(&["commit", "--quiet", "--message", "A service"]);
        run(&["checkout", "--quiet", "-b", "faster"]);
        std::fs::write(folder.path().join("server"), "fast\n").unwrap();
        run(&["commit", "--quiet", "--all", "--message", "Faster"]);
        run(&["checkout", "--quiet", "main"]);
        Self { fake: FakeGithub::start("team/shop", folder.path()).await, folder }
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn git(&self, arguments: &[&str]) -> String {
        git::git(self.folder(), arguments).unwrap()
    }

    fn revision(&self, name: &str) -> Revision {
        git::commit(self.folder(), name).unwrap().parse().unwrap()
    }

    /// A client as the app.
    fn app(&self) -> Github {
        Github::with_pace(&self.fake.settings(), QUICK).unwrap()
    }

    /// A client with a user's token, who may write.
    fn user(&self, login: &str) -> Github {
        self.fake.permit(login, "write");
        self.with_token(self.fake.token(login))
    }

    fn with_token(&self, token: String) -> Github {
        let settings = self.fake.settings_with(Credentials::Token(Secret(token)));
        Github::with_pace(&settings, QUICK).unwrap()
    }

    /// How often calls were made whose path has this in it.
    fn count(&self, method: &str, path: &str) -> usize {
        let is_meant = |one: &&crate::fake_github::Request| one.method == method && one.path.contains(path);
        self.fake.requests().iter().filter(is_meant).count()
    }
}

/// A check that waits, as small as it may be.
fn check(head: &Revision) -> CheckContent {
    CheckContent {
        name: "loadmark: browse".to_owned(),
        head: head.clone(),
        external_id: "shop/browse".to_owned(),
        state: CheckState::Queued,
        title: "Waits for its turn".to_owned(),
        summary: "There is nothing yet.".to_owned(),
        text: None,
        details_url: "https://loadmark.test/jobs/1".to_owned(),
        started_at: None,
        completed_at: None,
        actions: vec![button("Approve")],
    }
}

fn button(label: &str) -> Button {
    Button { label: label.to_owned(), description: "Lets it run".to_owned(), identifier: label.to_lowercase() }
}
