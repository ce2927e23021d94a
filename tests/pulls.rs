//! What a pull request brings: its commit and nothing else, what was before it, and tokens that stay unseen.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use loadmark::checkout::{CheckoutError, Mirror, TokenSource};
use loadmark::domain::github::PullNumber;
use loadmark::domain::revision::Revision;
use loadmark::domain::settings::{Repository, Secret};

use crate::checkout::files;

/// A repository with two commits on `main`, and a pull request from elsewhere: its head is on no branch.
struct Upstream {
    folder: tempfile::TempDir,
}

impl Upstream {
    fn new() -> Self {
        let upstream = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(upstream.source()).unwrap();
        upstream.git(&["init", "--quiet", "--initial-branch", "main"]);
        upstream.commit("one");
        upstream.commit("two");
        upstream
    }

    fn source(&self) -> PathBuf {
        self.folder.path().join("source")
    }

    fn git(&self, args: &[&str]) -> String {
        let done = std::process::Command::new("git").arg("-C").arg(self.source()).args(args).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    }

    fn commit(&self, message: &str) -> Revision {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@t.invalid"];
        self.git(&[&identity[..], &["commit", "--quiet", "--allow-empty", "-m", message]].concat());
        self.git(&["rev-parse", "HEAD"]).parse().unwrap()
    }

    /// Pushes a commit on top of `main` to the pull request, and to no branch.
    fn push(&self, message: &str) -> Revision {
        self.git(&["checkout", "--quiet", "--detach", "main"]);
        let head = self.commit(message);
        self.git(&["update-ref", "refs/pull/7/head", head.sha()]);
        self.git(&["checkout", "--quiet", "main"]);
        head
    }

    async fn mirror(&self) -> Mirror {
        let (data, source) = (self.folder.path().join("data"), Repository::Folder(self.source()));
        Mirror::open(&data, source, Duration::from_secs(60)).await.unwrap()
    }
}

#[tokio::test]
async fn a_job_gets_exactly_the_commit_of_its_pull_request_or_nothing() {
    let upstream = Upstream::new();
    let mirror = upstream.mirror().await;
    let approved = upstream.push("approved");
    let tree = upstream.folder.path().join("tree");
    assert!(mirror.check_out(&approved, &tree).await.is_err(), "it is on no branch");
    mirror.bring(&approved, Some(PullNumber(7))).await.unwrap();
    mirror.check_out(&approved, &tree).await.unwrap();
    // Its head is no branch of the repository, and nothing that is on branches changed by it.
    assert!(!mirror.is_ours(&approved, None).await.unwrap());
    let main = mirror.resolve("main").await.unwrap();
    assert!(mirror.is_ours(&main, None).await.unwrap());
    assert!(mirror.is_ours(&main, Some(&approved)).await.unwrap());
    assert!(!mirror.is_ours(&main, Some(&main)).await.unwrap(), "no branch has it without itself");
    // Another push before the job begins: what was approved is fetched by its name, and never the new head.
    let next = upstream.push("not approved");
    let before = upstream.push("overwritten before anybody fetched it");
    upstream.push("the newest");
    mirror.bring(&before, Some(PullNumber(7))).await.unwrap();
    assert_eq!(mirror.merge_base(&before, &main).await.unwrap(), Some(main));
    upstream.git(&["reflog", "expire", "--expire=now", "--all"]);
    upstream.git(&["prune", "--expire=now"]);
    let error = mirror.bring(&next, Some(PullNumber(7))).await.unwrap_err();
    let expected = format!(
        "the repository no longer has commit {}: pull request #7 moved on; ask for its newest commit instead",
        next.short()
    );
    assert_eq!(error.to_string(), expected);
    let unknown: Revision = "0123456789".repeat(4).parse().unwrap();
    assert!(matches!(mirror.bring(&unknown, Some(PullNumber(99))).await, Err(CheckoutError::Gone { .. })));
}

#[tokio::test]
async fn ancestors_are_the_states_that_the_branch_was_in() {
    let upstream = Upstream::new();
    let two: Revision = upstream.git(&["rev-parse", "main"]).parse().unwrap();
    upstream.git(&["checkout", "--quiet", "-b", "side"]);
    upstream.commit("on the side");
    upstream.git(&["checkout", "--quiet", "main"]);
    let identity = ["-c", "user.name=t", "-c", "user.email=t@t.invalid"];
    upstream.git(&[&identity[..], &["merge", "--quiet", "--no-ff", "-m", "merged", "side"]].concat());
    let merged: Revision = upstream.git(&["rev-parse", "main"]).parse().unwrap();
    let mirror = upstream.mirror().await;
    let ancestors = mirror.ancestors(&merged, 200).await.unwrap();
    assert_eq!((ancestors.len(), &ancestors[0]), (2, &two));
    assert_eq!(mirror.ancestors(&merged, 1).await.unwrap(), [two]);
}

#[tokio::test]
async fn a_token_is_in_no_argument_of_git_or_its_children_and_in_no_error() {
    const CANARY: &str = "ghs_c4n4ryT0kenThatMustNotBeSeen";
    let folder = tempfile::tempdir().unwrap();
    // Accepts, and never answers: git waits in the midst of its fetch.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("127.0.0.1:{}", silent.local_addr().unwrap().port());
    let source = Repository::Url(format!("https://{address}/team/shop.git"));
    let tokens = TokenSource::new(|| async { Ok(Some(Secret(CANARY.to_owned()))) });
    let data = folder.path().join("data");
    let limit = Duration::from_secs(60);
    let opened = tokio::spawn({
        let (data, source) = (data.clone(), source.clone());
        async move { Mirror::open_with(&data, source, limit, Some(tokens)).await }
    });
    let (connection, _) = silent.accept().await.unwrap();
    let seen: Vec<String> = command_lines().into_iter().filter(|line| line.contains(&address)).collect();
    assert!(seen.iter().any(|line| line.contains("remote-https")), "git's child was seen: {seen:?}");
    assert!(!seen.iter().any(|line| line.contains(CANARY)), "{seen:?}");
    drop((connection, silent));
    let error = opened.await.unwrap().unwrap_err();
    let told = format!("{error:?} {error}");
    assert!(told.contains(&address) && !told.contains(CANARY), "{told}");
    for path in files(&data).keys() {
        let content = fs::read(path).unwrap();
        assert!(!content.windows(CANARY.len()).any(|part| part == CANARY.as_bytes()), "{path}");
    }
    let refused = TokenSource::new(|| async { Err("the app was uninstalled".into()) });
    let error = Mirror::open_with(&data, source, limit, Some(refused)).await.unwrap_err();
    assert!(error.to_string().starts_with("failed to get a token"), "{error}");
}

/// The command lines of all processes.
fn command_lines() -> Vec<String> {
    let processes =
        fs::read_dir("/proc").unwrap().filter_map(|entry| fs::read(entry.ok()?.path().join("cmdline")).ok());
    processes.map(|line| String::from_utf8_lossy(&line).replace('\0', " ")).collect()
}
