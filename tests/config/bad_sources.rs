//! Repositories, databases, commands and files that must not be used, and secrets that must not be shown.

use insta::assert_snapshot;

use super::*;

#[test]
fn repositories_that_git_must_not_be_asked_for() {
    assert_snapshot!(config("repository: repo", "repository: \"ext::sh -c id\""), @r#"
    config.yaml:2:13: `repository` asks for a remote helper of git, which may run anything; expected a folder, `https://HOST/PATH`, `ssh://USER@HOST/PATH` or `USER@HOST:PATH`
      |
    2 | repository: "ext::sh -c id"
      |             ^^^^^^^^^^^^^^^
    "#);
    assert_snapshot!(config("repository: repo", "repository: file:///srv/shop"), @r"
    config.yaml:2:13: `repository` has the scheme `file`; expected a folder, `https://HOST/PATH`, `ssh://USER@HOST/PATH` or `USER@HOST:PATH`
      |
    2 | repository: file:///srv/shop
      |             ^^^^^^^^^^^^^^^^
    ");
    assert_snapshot!(config("repository: repo", "repository: --upload-pack=id"), @r"
    config.yaml:2:13: `repository` looks like an option of git; expected a folder, `https://HOST/PATH`, `ssh://USER@HOST/PATH` or `USER@HOST:PATH`
      |
    2 | repository: --upload-pack=id
      |             ^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn a_token_in_a_url_is_refused_and_not_printed() {
    let message = config("repository: repo", "repository: https://hunter2@example.com/shop.git");
    assert!(!message.contains("hunter2"), "{message}");
    assert_snapshot!(message, @"config.yaml:2:13: `repository` has a password or token in its URL, which ends in logs and process lists; expected a folder, `https://HOST/PATH`, `ssh://USER@HOST/PATH` or `USER@HOST:PATH`");
}

#[test]
fn the_environment_variable_that_is_named_and_not_set() {
    let folder = Folder::good();
    for value in [None, Some(" ".to_owned())] {
        let error = load(&folder.path("config.yaml"), &|_| value.clone()).unwrap_err();
        assert!(matches!(problem(error), Problem::EnvironmentUnset { variable, .. } if variable == "SHOP_DATABASE"));
    }
    assert_snapshot!(config("env: SHOP_DATABASE", "env: OTHER"), @r"
    config.yaml:3:23: `database.url` names the environment variable `OTHER`, which is not set: set it, or change the key
      |
    3 | database: {url: {env: OTHER}}
      |                       ^^^^^
    ");
}

#[test]
fn databases() {
    assert_snapshot!(config("{env: SHOP_DATABASE}", "{}"), @r"
    config.yaml:3:17: expected exactly one of the keys `env` and `file` here
      |
    3 | database: {url: {}}
      |                 ^
    ");
    assert_snapshot!(config("{url: {env: SHOP_DATABASE}}", "{embedded: a, url: {env: SHOP_DATABASE}}"), @"config.yaml:3:11: expected exactly one of the keys `embedded` and `url` here");
    assert_snapshot!(config("{env: SHOP_DATABASE}", "{file: body.json}"), @r"
    config.yaml:3:24: the value that `database.url` names is no Postgres URL: it must begin with `postgres://` or `postgresql://`
      |
    3 | database: {url: {file: body.json}}
      |                        ^^^^^^^^^
    ");
}

#[test]
fn a_secret_in_the_configuration_is_refused_and_not_printed() {
    let message = config("{env: SHOP_DATABASE}", "postgres://shop:hunter2@db/shop");
    assert!(!message.contains("hunter2"), "{message}");
    assert_snapshot!(message, @"config.yaml:3:17: `database.url` must not stand in the configuration, it is a secret: write {env: VARIABLE} or {file: PATH}");
}

#[test]
fn a_password_at_a_wrong_key_is_not_printed() {
    for database in ["{urll: \"postgres://shop:hunter2@db/shop\"}", "postgres://shop:hunter2@db/shop"] {
        let message = config("{url: {env: SHOP_DATABASE}}", database);
        assert!(message.contains("database:") && !message.contains("hunter2"), "{message}");
    }
}

#[test]
fn compose_files_outside_the_repository() {
    assert_snapshot!(config("{operator: stack.yaml}", "{repository: ../stack.yaml}"), @r"
    config.yaml:6:27: `../stack.yaml` leaves the repository
      |
    6 |     compose: {repository: ../stack.yaml}
      |                           ^^^^^^^^^^^^^
    ");
}

#[test]
fn commands_images_and_branches_that_look_like_options() {
    assert_snapshot!(root_line("compose_command: []"), @r"
    config.yaml:3:18: the list is empty: expected a command, such as [docker, compose]
      |
    3 | compose_command: []
      |                  ^
    ");
    assert_snapshot!(root_line("images: {postgres: [--privileged]}"), @r"
    config.yaml:3:21: this looks like an option: expected an image, such as `postgres:17`
      |
    3 | images: {postgres: [--privileged]}
      |                     ^^^^^^^^^^^^
    ");
    assert_snapshot!(root_line("default_branch: --all"), @r"
    config.yaml:3:17: `--all` is no name of a branch
      |
    3 | default_branch: --all
      |                 ^^^^^
    ");
}
