//! Revisions that are none, and folders that are no repository.

use insta::assert_snapshot;

use super::refusal;
use crate::harness::project::Project;

#[tokio::test]
async fn an_unknown_revision() {
    let project = Project::new().await;
    assert_snapshot!(refusal(&project, &["test", "no-such-branch"], 2), @"loadmark: revision `no-such-branch` names no commit of the repository; see `git log --oneline --all`");
    assert_snapshot!(refusal(&project, &["master", "0123456789abcdef"], 2), @"loadmark: revision `0123456789abcdef` names no commit of the repository; see `git log --oneline --all`");
    assert_snapshot!(refusal(&project, &["test", "--base", "no-such-base"], 2), @"loadmark: revision `no-such-base` names no commit of the repository; see `git log --oneline --all`");
}

#[tokio::test]
async fn a_revision_that_looks_like_an_option() {
    let project = Project::new().await;
    assert_snapshot!(refusal(&project, &["test", "--", "--upload-pack=x"], 2), @"loadmark: revision `--upload-pack=x` looks like an option; a revision does not begin with `-`");
    assert_snapshot!(refusal(&project, &["test", "--base=--upload-pack=x"], 2), @"loadmark: revision `--upload-pack=x` looks like an option; a revision does not begin with `-`");
    refusal(&project, &["test", "--upload-pack=x"], 2);
}

#[tokio::test]
async fn a_folder_that_is_no_repository() {
    let project = Project::new().await;
    std::fs::create_dir(project.folder().join("plain")).unwrap();
    project.configure("repository: repository", "repository: plain");
    assert_snapshot!(refusal(&project, &["test"], 3), @"loadmark: `FOLDER/plain` is not a git repository (fatal: not a git repository (or any of the parent directories): .git); set `repository` to the root of one");
    project.configure("repository: plain", "repository: nowhere");
    assert_snapshot!(refusal(&project, &["test"], 3), @"loadmark: `FOLDER/nowhere` is not a git repository (there is no such folder); set `repository` to the root of one");
}

#[tokio::test]
async fn a_folder_inside_a_repository() {
    let project = Project::new().await;
    std::fs::create_dir(project.repository().join("part")).unwrap();
    project.configure("repository: repository", "repository: repository/part");
    assert_snapshot!(refusal(&project, &["test"], 3), @"loadmark: `FOLDER/repository/part` is inside the git repository `FOLDER/repository` but not its root; write `repository: FOLDER/repository`");
}
