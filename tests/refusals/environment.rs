//! Docker or Postgres that can't be reached.

use insta::assert_snapshot;

use crate::harness::project::{DATABASE, Project};

#[tokio::test]
async fn docker_that_can_not_be_reached() {
    let project = Project::new().await;
    let nowhere = [("DOCKER_HOST", "unix:///nonexistent.sock")];
    let refused = project.start_with(&["test"], &nowhere).finish().expect(1);
    assert_snapshot!(refused.stderr, @"loadmark: failed to reach the Docker engine at unix:///nonexistent.sock; is it running, and may this user use it?: Socket not found: /nonexistent.sock");
    assert_eq!(refused.stdout, "");
}

#[tokio::test]
async fn postgres_that_can_not_be_reached() {
    let project = Project::new().await;
    // Nobody listens on the first port (tcpmux); one that was free a moment ago may be another test's by now.
    let closed = "127.0.0.1:1";
    let url = format!("postgres://somebody:topsecret@{closed}/loadmark");
    let refused = project.start_with(&["test"], &[(DATABASE, &url)]).finish().expect(1);
    assert_snapshot!(refused.stderr.replace(closed, "ADDRESS"), @"loadmark: failed to connect to Postgres at ADDRESS: is it running, reachable from here, and are its credentials right?: error communicating with database: Connection refused (os error 111)");
    assert_eq!(refused.stdout, "");
}

#[tokio::test]
async fn a_database_url_that_is_none() {
    let project = Project::new().await;
    let refused = project.start_with(&["test"], &[(DATABASE, "topsecret@somewhere")]).finish().expect(3);
    assert_snapshot!(refused.stderr, @r#"
    loadmark: config.yaml:7:23: the value that `database.url` names is no Postgres URL: it must begin with `postgres://` or `postgresql://`
      |
    7 | database: {url: {env: LOADMARK_TEST_DATABASE}}
      |                       ^^^^^^^^^^^^^^^^^^^^^^
    "#);
    project.configure("LOADMARK_TEST_DATABASE", "LOADMARK_NO_DATABASE");
    assert_snapshot!(project.run(&["test"]).expect(3).stderr, @r#"
    loadmark: config.yaml:7:23: `database.url` names the environment variable `LOADMARK_NO_DATABASE`, which is not set: set it, or change the key
      |
    7 | database: {url: {env: LOADMARK_NO_DATABASE}}
      |                       ^^^^^^^^^^^^^^^^^^^^
    "#);
}

#[tokio::test]
async fn an_image_that_is_nowhere() {
    let project = Project::new().await;
    project.configure("project:", "images: {prometheus: ['localhost:1/nobody/has:this']}\nproject:");
    let refused = project.run(&["master"]).expect(3);
    assert!(refused.stdout.contains("image `prometheus`: none of localhost:1/nobody/has:this is here"), "{refused:?}");
    project.assert_nothing_left();
}

#[tokio::test]
async fn a_database_of_a_newer_version() {
    let project = Project::new().await;
    project
        .database
        .execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                  VALUES (9999, 'of tomorrow', true, '', 0)",
        )
        .await;
    for args in [&["test"][..], &["master"], &["runs"], &["jobs", "retry", "1"]] {
        let refused = project.run(args).expect(1);
        assert_eq!(refused.stdout, "");
        let told = "failed to use the database at 127.0.0.1:";
        assert!(refused.stderr.contains(told), "{}", refused.stderr);
        let versions = "a newer loadmark has migrated it to version 9999, and this one knows up to ";
        assert!(refused.stderr.contains(versions), "{}", refused.stderr);
        assert!(refused.stderr.trim_end().ends_with("; install the newer loadmark"), "{}", refused.stderr);
    }
    assert_eq!(project.database.number("SELECT count(*) FROM jobs").await, 0);
    assert_eq!(project.database.number("SELECT max(version) FROM _sqlx_migrations").await, 9999);
    project.assert_nothing_left();
}
