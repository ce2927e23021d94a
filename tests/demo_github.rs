//! The story of a pull request, played before a fake GitHub with the real manager, real stacks and the demo's service:
//! a stranger opens it, a maintainer lets it run, a label, a comment, a force-push, a button, a merge.
//!
//! In: the binary, the configuration and the repository, as scripts/demo-github.sh makes them. Out: one line a step,
//! `story STEP: expected X, got Y`, and the comment as it grew in a folder, as Markdown and as a page. Exit 0 when all
//! agree.

#![expect(clippy::print_stdout, reason = "a program for people")]
#![expect(clippy::unwrap_used, reason = "whatever is missing here ends the story")]

#[expect(dead_code, unused_imports, reason = "the tests use all of it")]
mod fake_github;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fake_github::{APP_KEY, FakeGithub, NewPull, WEBHOOK_SECRET, bot};

/// Who may write.
const MAINTAINER: &str = "maintainer";
/// Who may not.
const STRANGER: &str = "stranger";
/// The longest that a step may take: three rounds of a master set and three of a test, and the shop's first build.
const LIMIT: Duration = Duration::from_secs(900);

#[tokio::main]
async fn main() {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [binary, configuration, repository, folder] = arguments.as_slice() else {
        println!("usage: demo-github BINARY CONFIGURATION REPOSITORY FOLDER; `make demo-github` calls it");
        std::process::exit(2);
    };
    let mut story = Story::begin(binary, configuration, repository, folder).await;
    story.play().await;
    let agreed = story.end();
    std::process::exit(i32::from(!agreed));
}

struct Story {
    github: FakeGithub,
    manager: Child,
    repository: PathBuf,
    folder: PathBuf,
    told: Vec<(String, bool)>,
    written: usize,
    began: Instant,
}

impl Story {
    async fn begin(binary: &Path, configuration: &Path, repository: &Path, folder: &Path) -> Self {
        let github = FakeGithub::start("shop-team/shop", repository).await;
        github.permit(MAINTAINER, "maintain");
        github.permit(STRANGER, "read");
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("app.pem"), APP_KEY).unwrap();
        let text = fs::read_to_string(configuration).unwrap().replace("GITHUB_API", github.api());
        fs::write(configuration, text).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let text = fs::read_to_string(configuration).unwrap().replace("LISTEN_PORT", &port.to_string());
        fs::write(configuration, text).unwrap();
        let manager = Command::new(binary)
            .arg("serve")
            .arg("--config")
            .arg(configuration)
            .env("LOADMARK_DEMO_WEBHOOK_SECRET", WEBHOOK_SECRET)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let address = format!("http://127.0.0.1:{port}");
        let story = Self {
            github,
            manager,
            repository: repository.to_owned(),
            folder: folder.to_owned(),
            told: Vec::new(),
            written: 0,
            began: Instant::now(),
        };
        story.say(&format!("the manager's pages are at {address}/ while the story goes on"));
        story.until(async || reqwest_ok(&format!("{address}/-/ready")).await.then_some(())).await;
        story.github.send_webhooks_to(&format!("{address}/webhook/github"));
        story
    }

    async fn play(&mut self) {
        self.say("a stranger opens a pull request from a fork");
        let refactoring = self.sha("refactoring");
        let pull =
            self.github.open_pull(NewPull::from_fork(STRANGER, "stranger/shop", "refactoring", "refactoring")).await;
        self.step("open", "action_required", &refactoring, pull).await;

        self.say("a maintainer approves exactly that commit; the master set of its base is measured first");
        self.github.comment_as(MAINTAINER, pull, &format!("/loadmark approve {refactoring}")).await;
        self.step("approve", "success", &refactoring, pull).await;

        self.say("the stranger pushes another commit, which nobody has approved");
        let slow = self.sha("slow-search");
        self.github.push(pull, "slow-search").await;
        self.step("push", "action_required", &slow, pull).await;

        self.say("a maintainer sets the label `bench`");
        self.github.label_as(MAINTAINER, pull, "bench").await;
        self.step("label", "failure", &slow, pull).await;

        self.say("a maintainer wants to see it once more, by a comment");
        self.github.comment_as(MAINTAINER, pull, "Can't believe it.\n\n/loadmark rerun").await;
        self.step("comment", "in_progress", &slow, pull).await;

        self.say("the stranger force-pushes meanwhile: what runs is ended, the label goes");
        let faster = self.sha("faster-products");
        self.github.push(pull, "faster-products").await;
        self.step("force-push", "cancelled", &slow, pull).await;
        self.step("again", "action_required", &faster, pull).await;
        let labels = if self.github.pull(pull).labels.is_empty() { "none" } else { "left" };
        self.tell("labels", "none", labels);

        self.say("a maintainer presses the check's Approve button");
        let check = self.github.checks(&faster).pop().unwrap();
        self.github.press(check.id, "approve", MAINTAINER).await;
        self.step("button", "success", &faster, pull).await;

        self.say("a maintainer merges; what main is now becomes the master set");
        let merged = self.github.merge(MAINTAINER, pull).await;
        self.step("merge", "success", &merged, pull).await;
        let comments = self.github.comments(pull).iter().filter(|comment| comment.author == bot()).count();
        self.tell("comments", "1", &comments.to_string());
    }

    /// Waits until the check of a commit is as expected, or is concluded otherwise.
    async fn step(&mut self, name: &str, expected: &str, sha: &str, pull: i32) {
        let look = async || {
            let check = self.github.checks(sha).pop()?;
            let is = check.conclusion.unwrap_or(check.status);
            // Before a commit is let run, and before one that was measured is measured again, its check is concluded.
            let is_passing_by = matches!(is.as_str(), "queued" | "in_progress" | "action_required");
            let was_before = expected == "in_progress" || expected == "cancelled";
            (is == expected || !(is_passing_by || was_before)).then_some(is)
        };
        let got = self.until(look).await;
        self.github.settled().await;
        self.tell(name, expected, &got);
        self.keep_comment(pull);
    }

    fn tell(&mut self, name: &str, expected: &str, got: &str) {
        let line = format!("story {name}: expected {expected}, got {got}");
        self.say(&line);
        self.told.push((line, expected == got));
    }

    fn say(&self, text: &str) {
        let seconds = self.began.elapsed().as_secs();
        println!("[{}:{:02}] {text}", seconds / 60, seconds % 60);
    }

    /// Writes every text that the comment had since the last look.
    fn keep_comment(&mut self, pull: i32) {
        let comments = self.github.comments(pull);
        let Some(comment) = comments.iter().find(|comment| comment.author == bot()) else { return };
        for text in &comment.grown[self.written..] {
            self.written += 1;
            let name = format!("comment-{:02}", self.written);
            fs::write(self.folder.join(format!("{name}.md")), text).unwrap();
            fs::write(self.folder.join(format!("{name}.html")), page(text)).unwrap();
            let headline =
                text.lines().find(|line| line.starts_with('#') || line.starts_with("**")).unwrap_or_default();
            self.say(&format!("  {name}.md: {headline}"));
        }
    }

    async fn until<T>(&self, look: impl AsyncFn() -> Option<T>) -> T {
        let looking = async {
            loop {
                if let Some(found) = look().await {
                    return found;
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        tokio::time::timeout(LIMIT, looking).await.expect("nothing came of it in time")
    }

    fn sha(&self, revision: &str) -> String {
        fake_github::git::commit(&self.repository, revision).expect("a branch of the demo's repository")
    }

    /// Ends the manager, and says it all once more; whether all agreed.
    fn end(mut self) -> bool {
        let pid = rustix::process::Pid::from_raw(self.manager.id().cast_signed()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        let ended = self.manager.wait().unwrap();
        let is_clean = ended.success();
        self.told.push((format!("story stop: expected 0, got {}", ended.code().unwrap_or(-1)), is_clean));
        let last = self.folder.join(format!("comment-{:02}.md", self.written));
        println!("\nThe comment as it stands at the end, {}:\n", last.display());
        println!("{}", fs::read_to_string(&last).unwrap_or_default());
        for (line, _) in &self.told {
            println!("{line}");
        }
        self.told.iter().all(|(_, agreed)| *agreed)
    }
}

impl Drop for Story {
    fn drop(&mut self) {
        // A story that broke off leaves no manager behind.
        let _ = self.manager.kill();
        let _ = self.manager.wait();
    }
}

/// A comment as GitHub would show it.
fn page(markdown: &str) -> String {
    let mut options = comrak::Options::default();
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.strikethrough = true;
    options.render.r#unsafe = true;
    let body = comrak::markdown_to_html(markdown, &options);
    format!(
        "<!doctype html><meta charset=utf-8><title>The comment</title><style>\
         body{{font:14px/1.5 sans-serif;max-width:900px;margin:2em auto;border:1px solid #d0d7de;border-radius:6px;padding:1em}}\
         table{{border-collapse:collapse}}td,th{{border:1px solid #d0d7de;padding:4px 10px}}\
         code,pre{{font:12px monospace;background:#eff1f3;border-radius:4px;padding:.1em .3em}}</style>{body}"
    )
}

async fn reqwest_ok(url: &str) -> bool {
    reqwest::get(url).await.is_ok_and(|answer| answer.status().is_success())
}
