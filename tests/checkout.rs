//! Which revision is measured, and against what: no master set, a named base, uncommitted changes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use loadmark::checkout::Mirror;
use loadmark::domain::settings::Repository;
use sha2::{Digest, Sha256};

use crate::harness::project::{Project, service_file};

#[tokio::test]
async fn without_a_master_set_there_is_no_verdict_and_the_command_that_helps_is_named() {
    let project = Project::new().await;
    project.branch("same", "server.pl", &(service_file("server.pl") + "# The end.\n"));
    let alone = project.run(&["test", "same"]).expect(4);
    let first = alone.stdout.lines().next().unwrap();
    assert_eq!(first, "NO BASELINE: measured, but there is no master set to compare with");
    let next = alone.stdout.lines().find(|line| line.trim_start().starts_with("next")).unwrap();
    assert!(next.contains("/loadmark master ") && next.ends_with("measure the master set"), "{next}");
    // A base that is named is measured first, and then serves like any master set.
    let main = project.sha("main");
    let with_base = project.run(&["test", "same", "--base", "main"]).expect(0);
    assert!(with_base.stdout.starts_with("MEASURED: "), "{}", with_base.stdout);
    assert!(with_base.stdout.contains("\nUNCHANGED: 9 series judged"), "{}", with_base.stdout);
    let jobs = project.json(&["jobs"], "loadmark.jobs/1");
    let kinds: Vec<_> = jobs["jobs"].as_array().unwrap().iter().map(|job| job["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["experiment", "new-master", "experiment"]);
    assert_eq!(jobs["jobs"][0]["base"], main);
    // The next time it is found, and has no report.
    let again = project.run(&["test", "same", "--base", "main"]).expect(0);
    let run = jobs["jobs"][1]["run"].as_str().unwrap();
    let note = format!("base {} has a master set of `web`: run {}", &main[..12], &run[..8]);
    assert!(again.stderr.lines().any(|line| line == note), "{}", again.stderr);
    assert!(again.stdout.starts_with("UNCHANGED: 9 series judged"), "{}", again.stdout);
    let jobs = project.json(&["jobs"], "loadmark.jobs/1");
    assert_eq!((&jobs["jobs"][1]["kind"], &jobs["jobs"][1]["run"]), (&"new-master".into(), &run.into()));
}

#[tokio::test]
async fn an_uncommitted_change_is_measured_and_the_repository_stays_untouched() {
    let project = Project::new().await;
    project.run(&["master"]).expect(0);
    project.edit("repository/server.pl", "# /fast answers at once", "# /fast answers immediately");
    project.write("repository/a new file", "not added, not ignored\n");
    let before = files(&project.repository());
    let dirty = project.run(&["test", "--dirty", "--format", "json"]).expect(0);
    let after = files(&project.repository());
    let changed: Vec<_> = after.iter().filter(|(path, hash)| before.get(*path) != Some(*hash)).collect();
    assert!(changed.is_empty() && after.len() == before.len(), "changed in the user's repository: {changed:?}");
    let report = dirty.json("loadmark.report/1");
    let revision = report["revision"].as_str().unwrap();
    let hash =
        revision.strip_prefix(&format!("{}+dirty.", project.sha("HEAD"))).unwrap_or_else(|| panic!("{revision}"));
    assert!(hash.len() >= 12 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{revision}");
    assert_eq!((&report["outcome"], &report["asked_as"]), (&"unchanged".into(), &"work tree".into()));
    assert!(dirty.stderr.contains(": built"), "{}", dirty.stderr);
    // The compose file of an uncommitted work tree is its own.
    project.edit("repository/compose.yaml", "  app:", "  shop:");
    let refused = project.run(&["test", "--dirty"]).expect(3);
    assert!(refused.stdout.contains("there is no service `app`; its services are shop, store"), "{refused:?}");
    project.assert_nothing_left();
}

#[tokio::test]
async fn the_compose_file_of_a_commit_under_test_does_not_decide_how_it_is_tested() {
    let project = Project::new().await;
    project.branch("other", "compose.yaml", &service_file("compose.yaml").replace("  store:", "  warehouse:"));
    let report = project.run(&["test", "other", "--format", "json"]).expect(4).json("loadmark.report/1");
    let run = report["comparison"]["candidate"]["id"].as_str().unwrap();
    assert!(project.folder().join("data/runs").join(run).join("round-1/store-1.log").is_file());
}

/// All files below a folder, git's own included, with a hash of their content.
pub fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let hash = hex::encode(Sha256::digest(fs::read(&path).unwrap()));
                found.insert(path.display().to_string(), hash);
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_that_fetch_at_once_go_one_after_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    let git = |args: &[&str]| {
        let done = std::process::Command::new("git").arg("-C").arg(&source).args(args).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    std::fs::create_dir(&source).unwrap();
    git(&["init", "--quiet", "--initial-branch", "main"]);
    let identity = ["-c", "user.name=t", "-c", "user.email=t@t.invalid"];
    let commit = |message| git(&[&identity[..], &["commit", "--quiet", "--allow-empty", "-m", message]].concat());
    for round in ["one", "two", "three"] {
        commit(round);
        git(&["branch", round]);
        let open = || {
            let (data, source) = (folder.path().join("data"), Repository::Folder(source.clone()));
            tokio::spawn(async move { Mirror::open(&data, source, Duration::from_secs(60)).await })
        };
        let opened: Vec<_> = (0..8).map(|_| open()).collect();
        for mirror in opened {
            mirror.await.unwrap().unwrap().resolve(round).await.unwrap();
        }
    }
}
