//! Pinned baselines: kept with who and why, found by jobs, and told in reports.

use loadmark::domain::job::{JobKind, JobRequest};
use loadmark::domain::revision::Revision;
use loadmark::report::{Body, ReportModel};

use crate::harness::postgres::database;
use crate::harness::project::{Project, service_file};

fn revision(digit: char) -> Revision {
    digit.to_string().repeat(40).parse().unwrap()
}

#[tokio::test]
async fn one_holds_at_a_time_and_those_before_stay_for_the_record() {
    let database = database().await;
    let store = database.connect().await;
    assert_eq!(store.pin_of("shop", "browse").await.unwrap(), None);
    assert!(!store.unpin("shop", "browse", "ann").await.unwrap());
    store.pin("shop", "browse", &revision('a'), "The last release.", "ann").await.unwrap();
    store.pin("shop", "browse", &revision('b'), "The next\0 one.", "ben").await.unwrap();
    store.pin("shop", "buy", &revision('c'), "Another benchmark.", "ann").await.unwrap();
    store.pin("other", "browse", &revision('d'), "Another project.", "ann").await.unwrap();

    let held = store.pin_of("shop", "browse").await.unwrap().unwrap();
    assert_eq!((held.revision, held.by.as_str(), &held.ended), (revision('b'), "ben", &None));
    assert_eq!(held.reason, "The next\u{fffd} one.");
    assert!(store.unpin("shop", "browse", "cat").await.unwrap());
    assert_eq!(store.pin_of("shop", "browse").await.unwrap(), None);
    assert!(store.pin_of("shop", "buy").await.unwrap().is_some(), "another's stays");

    let pins = store.pins("shop").await.unwrap();
    let ends: Vec<_> = pins.iter().map(|pin| pin.ended.as_ref().map(|end| end.by.as_str())).collect();
    assert_eq!(ends, [None, Some("cat"), Some("ben")], "{pins:?}");
    assert_eq!(pins[2].revision, revision('a'));
}

#[tokio::test]
async fn of_two_who_pin_at_once_one_holds() {
    let database = database().await;
    let store = database.connect().await;
    let revisions = ['a', 'b', 'c', 'd'].map(revision);
    let all = revisions.iter().map(|one| store.pin("shop", "browse", one, "At once.", "ann"));
    for pinned in futures_util::future::join_all(all).await {
        pinned.unwrap();
    }
    let pins = store.pins("shop").await.unwrap();
    let holding = pins.iter().filter(|pin| pin.ended.is_none());
    assert_eq!((pins.len(), holding.count()), (4, 1), "{pins:?}");
}

#[tokio::test]
async fn the_command_line_pins_shows_and_takes_back() {
    let project = Project::new().await;
    let pin = ["baseline", "pin", "main", "--reason", "  The last release.  "];
    let told = project.run(&pin).expect(0).stdout;
    let sha = project.sha("main");
    let expected = format!("web: candidates are compared with {} from now on\n  it has no master set", &sha[..12]);
    assert!(told.starts_with(&expected) && told.contains(&format!("master {sha} --benchmark web`")), "{told}");

    let shown = project.run(&["baseline"]).expect(0).stdout;
    assert!(shown.contains(&sha[..12]) && shown.contains("The last release.\n"), "{shown}");
    assert!(!shown.contains("until"), "{shown}");
    let json = project.json(&["baseline", "show"], "loadmark.pins/1");
    let pin = &json["pins"][0];
    assert_eq!((&pin["benchmark"], &pin["revision"]), (&"web".into(), &sha.into()));
    assert_eq!((&pin["reason"], &pin["by"]), (&"The last release.".into(), &"command line".into()));
    assert!(pin["at"].is_string() && pin["unpinned"].is_null(), "{json}");

    let told = project.run(&["baseline", "unpin", "--benchmark", "web"]).expect(0).stdout;
    assert_eq!(told, "web: candidates are compared with the configured baseline again\n");
    assert_eq!(project.run(&["baseline", "unpin"]).expect(0).stdout, "no baseline is pinned\n");
    assert_eq!(project.run(&["baseline"]).expect(0).stdout, "no baseline is pinned\n");
    let all = project.json(&["baseline", "show", "--all"], "loadmark.pins/1");
    assert_eq!(all["pins"][0]["unpinned"]["by"], "command line");
    assert!(project.run(&["baseline", "show", "--all"]).expect(0).stdout.contains(" by command line\n"));
}

#[tokio::test]
async fn what_can_not_be_pinned_is_refused() {
    let project = Project::new().await;
    let refused = |args: &[&str], code: i32| project.run(args).expect(code).stderr;
    assert!(refused(&["baseline", "pin", "main"], 2).contains("--reason <REASON>"));
    assert!(refused(&["baseline", "pin", "main", "--reason", " "], 2).contains("say why: it is kept and shown"));
    assert!(refused(&["baseline", "pin", "mian", "--reason", "x"], 2).contains("mian"));
    let unknown = ["baseline", "pin", "main", "--reason", "x", "--benchmark", "wbe"];
    assert!(refused(&unknown, 2).contains("there is no benchmark `wbe`; the configuration has web"));
    assert!(refused(&["runs", "invalidate", "1234", "--reason", ""], 2).contains("say why"));
    assert_eq!(project.json(&["baseline"], "loadmark.pins/1")["pins"], serde_json::json!([]));
}

/// What a job of the queue came to, and what it says of the pin. Whether its round is valid does not matter here.
async fn ended(project: &Project, kind: JobKind, base: Option<&Revision>) -> (ReportModel, Option<String>) {
    let request = JobRequest {
        kind,
        project: project.name().to_owned(),
        benchmark: "web".to_owned(),
        revision: project.sha("change").parse().unwrap(),
        asked_as: "change".to_owned(),
        base: base.cloned(),
        force: false,
        pull: None,
        rounds: None,
        compare: None,
    };
    let store = project.database.connect().await;
    let job = store.enqueue(&request).await.unwrap();
    project.run(&["jobs", "retry", &job.to_string(), "--fail-on", "never"]).expect(0);
    let model = ReportModel::from_document(store.job_result(job).await.unwrap().unwrap()).unwrap();
    let Body::Comparison(comparison) = &model.body else { panic!("{model:?}") };
    let note = comparison.notes.iter().find(|note| note.contains("pinned")).cloned();
    (model, note)
}

/// A project whose `main` went on from what is pinned, with another compose file, and a branch `change`.
async fn pinned() -> (Project, Revision) {
    let project = Project::new().await;
    let pinned = project.sha("main").parse().unwrap();
    project.run(&["baseline", "pin", "main", "--reason", "The last release."]).expect(0);
    project.write("repository/compose.yaml", service_file("compose.yaml").replace("  store:", "  depot:"));
    project.commit("Another store");
    project.branch("change", "server.pl", &(service_file("server.pl") + "# The end.\n"));
    (project, pinned)
}

#[tokio::test]
async fn tests_are_compared_with_what_is_pinned_unless_a_base_is_named() {
    let (project, pinned) = pinned().await;
    let (told, note) = ended(&project, JobKind::Experiment, None).await;
    assert_eq!(told.base.as_ref(), Some(&pinned), "not the tip");
    let (note, begin) = (note.unwrap(), format!("the baseline {} is pinned, by command line on ", pinned.short()));
    assert!(note.starts_with(&begin) && note.ends_with(": The last release."), "{note}");

    let named = project.sha("main").parse().unwrap();
    let (told, note) = ended(&project, JobKind::Experiment, Some(&named)).await;
    assert_eq!((told.base, note), (Some(named), None));
}

/// It is not where a pull request parted, so the rules that hold are those of the default branch.
#[tokio::test]
async fn a_pinned_base_of_a_pull_request_says_nothing_of_its_rules() {
    let (project, pinned) = pinned().await;
    let (told, note) = ended(&project, JobKind::NewTest, Some(&pinned)).await;
    assert_eq!((told.base.as_ref(), note.is_some()), (Some(&pinned), true));
    let Body::Comparison(comparison) = &told.body else { panic!("{told:?}") };
    let logs = project.data().join("runs").join(comparison.candidate.id.to_string()).join("round-1");
    assert!(logs.join("depot-1.log").is_file(), "{logs:?}");
}
