//! What is kept of a run besides its numbers: the raw samples, the logs of every container; and images for equal
//! trees.

use std::fs;
use std::path::Path;

use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};
use sqlx::Row;

use crate::harness::engine;
use crate::harness::project::{Project, service_file};

#[tokio::test]
async fn raw_samples_and_logs_are_kept_and_an_equal_tree_is_not_built_again() {
    let project = Project::new().await;
    // Files like no other test's: of two builds of the same files at once, BuildKit logs the steps of one only.
    project.write("repository/server.pl", service_file("server.pl") + "# " + project.name() + "\n");
    project.commit("A service like no other");
    // Another commit with the same files, ahead of the default branch.
    project.git(&["checkout", "--quiet", "-b", "equal"]);
    project.commit("Nothing but a message");
    let report = project.json(&["master"], "loadmark.report/1");
    let run = report["master"]["run"]["id"].as_str().unwrap();
    assert_archive(&project).await;
    assert_logs(&project.folder().join("data/runs").join(run));
    let equal = project.run(&["test"]).expect(0);
    let equal_image = format!("loadmark/{}-app:{}", project.name(), &project.sha("equal")[..12]);
    let note = format!("image {equal_image}: reused, its build context is the same tree");
    assert!(equal.stderr.lines().any(|line| line == note), "{note}\n{}", equal.stderr);
    // A tag for each commit, and one for the tree.
    assert_eq!(engine::images(project.name()).len(), 3);
    project.assert_nothing_left();
}

/// The archive that the database names holds a TSDB's blocks, and is the one whose hash was stored.
async fn assert_archive(project: &Project) {
    let mut session = project.database.session().await;
    let stored = sqlx::query("SELECT raw_path, raw_bytes, raw_sha256 FROM rounds").fetch_one(&mut session).await;
    let stored = stored.unwrap();
    let path = project.folder().join("data").join(stored.get::<String, _>("raw_path"));
    let archive = fs::read(&path).unwrap();
    assert_eq!(stored.get::<i64, _>("raw_bytes"), i64::try_from(archive.len()).unwrap());
    assert_eq!(stored.get::<String, _>("raw_sha256"), hex::encode(Sha256::digest(&archive)));
    let mut unpacked = tar::Archive::new(GzDecoder::new(archive.as_slice()));
    let names: Vec<String> =
        unpacked.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().display().to_string()).collect();
    for part in ["/index", "/meta.json", "/chunks/000001"] {
        assert!(names.iter().any(|name| name.ends_with(part)), "no {part} in {names:?}");
    }
}

/// One file a container, those of the measuring part included.
fn assert_logs(folder: &Path) {
    let build = fs::read_to_string(folder.join("build-app.log")).unwrap();
    assert!(build.contains("COPY server.pl behaviour /app/"), "{build}");
    let round = folder.join("round-1");
    let log = |name: &str| fs::read_to_string(round.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(log("app-1.log").contains("fixture: behaves as: normal=1"));
    assert!(log("store-1.log").contains("store: open"));
    assert!(log("loadmark-prometheus-1.log").contains("Server is ready to receive web requests"));
    log("loadmark-load-1.log");
}
