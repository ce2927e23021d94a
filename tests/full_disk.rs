//! A full disk: told with its path and what to do, nothing half-written, and once there is room all goes on.
//!
//! The disk is a small memory file system that only the command sees, so that nothing of it outlives the command.

use crate::harness::program::{BINARY, Finished};
use crate::harness::project::Project;

/// Runs LOADMARK FIRST in a FOLDER with SIZE room, and LOADMARK AGAIN once there is more. Between the two it lists
/// files that are no more than begun; the store always has a word to log.
const SCRIPT: &str = r#"
mkdir -p "$FOLDER" && mount -t tmpfs -o size="$SIZE" none "$FOLDER" || exit 77
"$LOADMARK" $FIRST >&2
echo "ended with $?"
find data/runs -type f ! -name '*.log' ! -name '*.yaml' 2>/dev/null
find data/runs -type f -name 'store-1.log' -size 0 2>/dev/null
find data/work -mindepth 1 2>/dev/null
mount -o remount,size=64m "$FOLDER"
exec "$LOADMARK" $AGAIN
"#;

/// Both commands: the first one's words on standard error before the second one's, its end before the second one's
/// report.
fn with_room(project: &Project, folder: &str, size: &str, first: &str, again: &str) -> Finished {
    // Whoever is not root may still mount in a world of his own.
    let alone: &[&str] = if rustix::process::geteuid().is_root() { &[] } else { &["--user", "--map-root-user"] };
    let words = [&["unshare", "--mount"], alone, &["sh", "-c", SCRIPT]].concat();
    let variables = [("FOLDER", folder), ("SIZE", size), ("LOADMARK", BINARY), ("FIRST", first), ("AGAIN", again)];
    project.launch(&words, &variables).finish()
}

/// The first command failed on standard error with a path in our folder, with why, and what to do.
#[track_caller]
fn assert_told(project: &Project, both: &Finished, path: &str) {
    let told = project.plain(&both.stderr);
    for part in
        [path, "No space left on device", "; free space there, or set `data` to a folder elsewhere, and ask again\n"]
    {
        assert!(told.contains(part), "no `{part}` in {told}");
    }
}

#[tokio::test]
async fn no_room_for_the_mirror_or_the_work_tree() {
    let project = Project::new().await;
    // The engine does not see what is mounted; the absent file ends the second command before it is asked.
    project.configure("{repository: compose.yaml}", "{repository: none.yaml}");
    let absent = "ended with 1\nCONFIGURATION REFUSED: there is no compose file";
    let cases =
        [("data", "16k", "master", "in `FOLDER/data/mirror-"), ("data/work", "8k", "jobs retry 2", "/candidate`")];
    for (folder, size, again, path) in cases {
        let both = with_room(&project, folder, size, "master", again).expect(3);
        assert_told(&project, &both, path);
        assert!(both.stdout.starts_with(absent), "{folder}: {}", both.stdout);
        project.assert_nothing_left();
    }
}

#[tokio::test]
async fn no_room_for_the_samples() {
    let project = Project::new().await;
    let both = with_room(&project, "data/runs", "12k", "master", "jobs retry 1").expect(0);
    assert_told(&project, &both, "/round-1/tsdb.tar.gz`: No space left on device");
    assert!(both.stdout.starts_with("ended with 1\nMEASURED: "), "{}", both.stdout);
    let runs = project.json(&["runs"], "loadmark.runs/1");
    let states: Vec<_> = runs["runs"].as_array().unwrap().iter().map(|run| &run["state"]).collect();
    assert_eq!(states, ["complete", "partial"]);
    project.assert_nothing_left();
}
