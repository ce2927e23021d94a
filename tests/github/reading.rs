//! What is read: pull requests, branches, permissions, deliveries.

use loadmark::domain::github::{Permission, PullNumber};

use super::Stage;
use crate::fake_github::{FakeGithub, NewPull, git};

#[tokio::test]
async fn a_pull_request_is_read_as_it_is_now() {
    let stage = Stage::new().await;
    let number = stage.fake.open_pull(NewPull { is_draft: true, ..NewPull::of("alice", "faster") }).await;
    stage.fake.label_as("alice", number, "bench").await;
    let github = stage.app();
    let pull = github.pull(PullNumber(number)).await.unwrap();
    assert_eq!((pull.head, pull.base), (stage.revision("faster"), stage.revision("main")));
    assert_eq!((pull.author.as_str(), pull.base_branch.as_str()), ("alice", "main"));
    assert_eq!(pull.head_repository, Some("team/shop".parse().unwrap()));
    assert!(pull.is_draft && pull.is_open && pull.labels.contains("bench"));

    stage.git(&["checkout", "--quiet", "faster"]);
    stage.git(&["commit", "--quiet", "--allow-empty", "--message", "More"]);
    stage.fake.push(number, "faster").await;
    stage.fake.draft("alice", number, false).await;
    stage.fake.unlabel_as("alice", number, "bench").await;
    stage.fake.close("alice", number).await;
    let pull = github.pull(PullNumber(number)).await.unwrap();
    assert_eq!(pull.head, stage.revision("faster"));
    assert!(!pull.is_draft && !pull.is_open && pull.labels.is_empty());
    stage.fake.reopen("alice", number).await;
    assert!(github.pull(PullNumber(number)).await.unwrap().is_open);

    let error = github.pull(PullNumber(99)).await.unwrap_err();
    assert!(error.is_gone() && !error.may_pass());
    assert_eq!(error.to_string(), "failed to read pull request #99 of team/shop: GitHub answered 404: Not Found");
}

#[tokio::test]
async fn the_pull_request_of_a_deleted_fork_is_from_elsewhere() {
    let stage = Stage::new().await;
    let number = stage.fake.open_pull(NewPull::from_fork("eve", "eve/shop", "patch", "faster")).await;
    let github = stage.app();
    let pull = github.pull(PullNumber(number)).await.unwrap();
    assert_eq!(pull.head_repository, Some("eve/shop".parse().unwrap()));
    stage.fake.delete_fork(number);
    let pull = github.pull(PullNumber(number)).await.unwrap();
    assert_eq!(pull.head_repository, None);
    assert!(pull.is_from_elsewhere(github.repository()));
    assert_eq!(stage.git(&["rev-parse", "refs/pull/1/head"]), pull.head.to_string());
}

#[tokio::test]
async fn all_open_pull_requests_are_listed_whatever_their_number() {
    let stage = Stage::new().await;
    for _ in 0..101 {
        stage.fake.open_pull(NewPull::of("alice", "faster")).await;
    }
    stage.fake.close("alice", 7).await;
    let pulls = stage.app().open_pulls().await.unwrap();
    let numbers: Vec<_> = pulls.iter().map(|pull| pull.number.0).collect();
    assert_eq!(numbers, (1..=101).filter(|number| *number != 7).collect::<Vec<_>>());
    stage.fake.open_pull(NewPull::of("alice", "faster")).await;
    assert_eq!(stage.app().open_pulls().await.unwrap().len(), 101);
}

#[tokio::test]
async fn a_branch_has_a_tip_and_a_tag_of_its_name_is_not_it() {
    let stage = Stage::new().await;
    stage.git(&["tag", "release/1", "main"]);
    stage.git(&["branch", "release/1", "faster"]);
    assert_eq!(stage.app().branch_tip("release/1").await.unwrap(), stage.revision("faster"));
    assert!(stage.app().branch_tip("nowhere").await.unwrap_err().is_gone());
    assert!(stage.app().branch_tip("../../../app").await.unwrap_err().is_gone());
}

#[tokio::test]
async fn commits_part_at_their_merge_base_and_moved_files_count_twice() {
    let stage = Stage::new().await;
    let parted = stage.revision("main");
    stage.git(&["commit", "--quiet", "--allow-empty", "--message", "Meanwhile"]);
    stage.git(&["checkout", "--quiet", "faster"]);
    std::fs::write(stage.folder().join("notes"), "one line\nand another\n").unwrap();
    stage.git(&["add", "--all"]);
    stage.git(&["commit", "--quiet", "--message", "Notes"]);
    let notes = stage.revision("faster");
    stage.git(&["mv", "notes", "read me"]);
    stage.git(&["commit", "--quiet", "--message", "Moved"]);
    let github = stage.app();
    let found = github.divergence(&stage.revision("main"), &stage.revision("faster")).await.unwrap();
    assert_eq!(found.merge_base, parted);
    assert_eq!(found.files.unwrap(), ["read me", "server"]);
    let found = github.divergence(&notes, &stage.revision("faster")).await.unwrap();
    assert_eq!(found.files.unwrap(), ["read me", "notes"]);
}

#[tokio::test]
async fn more_files_than_github_lists_are_not_known() {
    let stage = Stage::new().await;
    stage.git(&["checkout", "--quiet", "faster"]);
    for number in 0..299 {
        std::fs::write(stage.folder().join(format!("file-{number}")), number.to_string()).unwrap();
    }
    stage.git(&["add", "--all"]);
    stage.git(&["commit", "--quiet", "--message", "Many"]);
    let found = stage.app().divergence(&stage.revision("main"), &stage.revision("faster")).await.unwrap();
    assert_eq!(found.files, None, "{} files", found.files.as_ref().unwrap().len());
}

#[tokio::test]
async fn a_permission_is_what_the_collaborator_api_says() {
    let stage = Stage::new().await;
    let github = stage.app();
    for (role, permission) in [
        ("none", Permission::None),
        ("read", Permission::Read),
        ("triage", Permission::Triage),
        ("write", Permission::Write),
        ("maintain", Permission::Maintain),
        ("admin", Permission::Admin),
    ] {
        stage.fake.permit("sam", role);
        assert_eq!(github.permission("sam").await.unwrap(), permission);
    }
    stage.fake.token("passer-by");
    assert_eq!(github.permission("passer-by").await.unwrap(), Permission::Read);
    for nobody in ["no-such-user", "", "../../../user", "sam/permission?"] {
        assert_eq!(github.permission(nobody).await.unwrap(), Permission::None, "{nobody}");
    }
}

#[tokio::test]
async fn deliveries_that_never_arrived_are_known_and_sent_again() {
    let stage = Stage::new().await;
    let other_folder = tempfile::TempDir::new().unwrap();
    git::git(other_folder.path(), &["init", "--quiet", "--initial-branch", "main"]).unwrap();
    let other = stage.fake.also("team/other", other_folder.path());
    // Nobody listens there.
    stage.fake.send_webhooks_to("http://127.0.0.1:9/webhook/github");
    assert_eq!((stage.fake.ping().await, other.star("bob").await, stage.fake.star("bob").await), (0, 0, 0));
    let (as_app, settings) = (stage.app(), stage.fake.settings());
    let ids =
        |failed: &[loadmark::github::FailedDelivery]| failed.iter().map(|one| one.guid.clone()).collect::<Vec<_>>();
    let failed = as_app.failed_deliveries(None).await.unwrap();
    let (ping, star) = (&stage.fake.deliveries()[0], &stage.fake.deliveries()[2]);
    assert_eq!(ids(&failed), [ping.guid.clone(), star.guid.clone()], "those of the other repository are its own");
    assert_eq!((failed[0].id, failed[0].event.as_str()), (ping.id, "ping"));

    let hears = Hears::start().await;
    stage.fake.send_webhooks_to(&hears.url);
    as_app.redeliver(failed[0].id).await.unwrap();
    stage.fake.settled().await;
    let again = stage.fake.deliveries().pop().unwrap();
    assert_eq!((again.guid, again.is_redelivery, again.status_code), (ping.guid.clone(), true, 200));
    assert_eq!(ids(&as_app.failed_deliveries(None).await.unwrap()), std::slice::from_ref(&star.guid));

    let mut settings_of_user = stage.fake.settings_with(loadmark::domain::rules::Credentials::Token(
        loadmark::domain::settings::Secret(stage.fake.token("alice")),
    ));
    assert_eq!(settings_of_user.repository, settings.repository);
    let without = loadmark::github::Github::with_pace(&settings_of_user, super::QUICK).unwrap();
    assert_eq!(without.failed_deliveries(None).await.unwrap(), []);
    assert!(without.redeliver(failed[1].id).await.unwrap_err().to_string().contains("`github.hook`"));
    settings_of_user.hook = Some(1);
    let with_hook = loadmark::github::Github::with_pace(&settings_of_user, super::QUICK).unwrap();
    assert_eq!(ids(&with_hook.failed_deliveries(None).await.unwrap()), std::slice::from_ref(&star.guid));
    with_hook.redeliver(failed[1].id).await.unwrap();
    stage.fake.settled().await;
    assert_eq!(with_hook.failed_deliveries(None).await.unwrap(), []);
}

#[tokio::test]
async fn deliveries_from_before_a_time_are_left_alone() {
    let stage = Stage::new().await;
    stage.fake.send_webhooks_to("http://127.0.0.1:9/webhook/github");
    stage.fake.ping().await;
    stage.fake.pass(std::time::Duration::from_secs(600));
    stage.fake.star("bob").await;
    let since = stage.fake.deliveries()[1].delivered_at.clone();
    let failed = stage.app().failed_deliveries(Some(&since)).await.unwrap();
    assert_eq!(failed.iter().map(|one| one.event.as_str()).collect::<Vec<_>>(), ["star"]);
    assert_eq!(failed[0].delivered_at, since);
}

/// Takes every webhook.
struct Hears {
    url: String,
    server: tokio::task::JoinHandle<()>,
}

impl Hears {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhook/github", listener.local_addr().unwrap());
        let router = axum::Router::new().fallback(|| async { "taken" });
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, server }
    }
}

impl Drop for Hears {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[tokio::test]
async fn what_did_not_change_costs_nothing() {
    let stage = Stage::new().await;
    let number = stage.fake.open_pull(NewPull::of("alice", "faster")).await;
    let github = stage.app();
    let first = github.pull(PullNumber(number)).await.unwrap();
    assert_eq!(github.rate_left(), Some(4999));
    let statuses = |fake: &FakeGithub| {
        let requests = fake.requests();
        requests.iter().filter(|one| one.path.contains("/pulls/")).map(|one| one.status.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(github.pull(PullNumber(number)).await.unwrap(), first);
    assert_eq!(github.clone().pull(PullNumber(number)).await.unwrap(), first);
    assert_eq!(statuses(&stage.fake), [200, 304, 304]);
    stage.fake.label_as("alice", number, "bench").await;
    assert!(github.pull(PullNumber(number)).await.unwrap().labels.contains("bench"));
    assert_eq!(statuses(&stage.fake), [200, 304, 304, 200]);
}

#[tokio::test]
async fn a_delivery_that_fails_time_and_again_is_let_be() {
    let stage = Stage::new().await;
    stage.fake.send_webhooks_to("http://127.0.0.1:9/webhook/github");
    stage.fake.ping().await;
    let app = stage.app();
    for _ in 0..2 {
        let failed = app.failed_deliveries(None).await.unwrap();
        app.redeliver(failed[0].id).await.unwrap();
        stage.fake.settled().await;
    }
    assert_eq!(stage.fake.deliveries().len(), 3);
    assert_eq!(app.failed_deliveries(None).await.unwrap(), []);
}
