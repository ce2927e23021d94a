//! Mistakes about the manager, GitHub and schedules.

use insta::assert_snapshot;

use super::*;

/// The message for one more key of `github`.
fn github(key: &str) -> String {
    root_line(&format!("github: {{repository: team/shop, token: {{env: SHOP_DATABASE}}, {key}}}"))
}

/// The message without the quoted line.
fn first_line(message: String) -> String {
    message.lines().next().unwrap().to_owned()
}

#[test]
fn unknown_keys_and_values() {
    assert_snapshot!(github("tests: allways"), @r"
    config.yaml:3:69: unknown value `allways`: did you mean `always`?
      |
    3 | github: {repository: team/shop, token: {env: SHOP_DATABASE}, tests: allways}
      |                                                                     ^^^^^^^
    ");
    for (line, message) in [
        ("manager: {adress: x}", "config.yaml:3:11: unknown key `adress`: expected one of"),
        ("manager: {lisen: x}", "config.yaml:3:11: unknown key `lisen`: did you mean `listen`?"),
        ("github: {repo: team/shop}", "config.yaml:3:10: unknown key `repo`: expected one of `repository`"),
        ("github: {token: {env: SHOP_DATABASE}}", "config.yaml:3:10: missing key `repository`, in the same block"),
        ("schedule: [{crom: x, benchmark: shop}]", "config.yaml:3:13: unknown key `crom`: did you mean `cron`?"),
    ] {
        let told = root_line(line);
        assert!(told.starts_with(message), "{told}");
    }
    let told = github("missing_baseline: measured");
    assert!(told.contains("unknown value `measured`: did you mean `measure`?"), "{told}");
}

#[test]
fn addresses() {
    assert_snapshot!(root_line("manager: {listen: localhost}"), @r"
    config.yaml:3:19: `localhost` is no address to listen on: expected ADDRESS:PORT, such as `127.0.0.1:8080` or `[::]:8080`
      |
    3 | manager: {listen: localhost}
      |                   ^^^^^^^^^
    ");
    assert_snapshot!(root_line("manager: {url: \"file:///etc\"}"), @r#"
    config.yaml:3:16: `manager.url` is not of the web: `file:///etc`; expected `https://HOST/PATH` or `http://HOST/PATH`
      |
    3 | manager: {url: "file:///etc"}
      |                ^^^^^^^^^^^^^
    "#);
    assert_snapshot!(first_line(github("api: http://ghe.example.com")), @"config.yaml:3:67: `github.api` would send our credentials without TLS: `http://ghe.example.com`; expected `https://HOST/PATH`");
    assert_snapshot!(first_line(github("api: https://169.254.169.254/latest")), @"config.yaml:3:67: `github.api` leads to an address that belongs to no server: link-local, multicast or unspecified: `https://169.254.169.254/latest`; expected `https://HOST/PATH`");
    let told = github("api: \"https://hunter2@ghe.example.com\"");
    assert_snapshot!(told, @"config.yaml:3:67: `github.api` has a password or token in it; expected `https://HOST/PATH`");
}

#[test]
fn numbers_and_sizes() {
    for (line, message) in [
        ("manager: {concurrency: 0}", "config.yaml:3:24: `concurrency` is 0; expected a whole number from 1 to 64"),
        ("manager: {reconcile: 0s}", "config.yaml:3:22: `reconcile` is 0; expected more"),
        ("manager: {min_free_space: 5}", "config.yaml:3:27: `5` has no unit: expected a size with one of the units"),
        ("queue: {attempts: 0}", "config.yaml:3:8: `attempts` is 0; expected a whole number from 1 to 20"),
        ("queue: {attempts: 21}", "config.yaml:3:8: `attempts` is 21; expected a whole number from 1 to 20"),
        ("queue: {back_off: 0s}", "config.yaml:3:8: `back_off` is 0; expected more"),
    ] {
        let told = root_line(line);
        assert!(told.starts_with(message), "{told}");
    }
}

#[test]
fn names_patterns_and_times() {
    for (key, message) in [
        ("hook: 0", "`hook` is 0; expected a whole number from 1 to 9223372036854775807"),
        ("command: loadmark", "`loadmark` is no name for a command: expected `/` and then a-z, 0-9 and -, at most 40"),
        ("command: \"/a b\"", "`/a b` is no name for a command"),
        ("label: \"\"", "`` is no name for a label of GitHub: expected 1 to 50 characters"),
        ("benchmarks: [shp]", "there is no benchmark `shp`: did you mean `shop`?"),
        ("ignore: [\"a[\"]", "`a[` is no pattern of files: unclosed character class"),
        ("ignore: [/docs]", "`/docs` is no pattern of files: expected one that is relative to the repository"),
    ] {
        let told = github(key);
        assert!(told.contains(message), "{told}");
    }
    let repository = root_line("github: {repository: shop, token: {env: SHOP_DATABASE}}");
    assert!(repository.starts_with("config.yaml:3:22: `shop` is no repository of GitHub; expected OWNER/NAME"));
    for (line, message) in [
        ("schedule: [{cron: \"0 2 * *\", benchmark: shop}]", "`0 2 * *` is no time of cron ("),
        ("schedule: [{cron: \"0 0 2 * * *\", benchmark: shop}]", "`0 0 2 * * *` is no time of cron ("),
        ("schedule: [{cron: \"61 2 * * *\", benchmark: shop}]", "such as `0 2 * * *`"),
        ("schedule: [{cron: \"0 2 * * *\", benchmark: shp}]", "there is no benchmark `shp`: did you mean `shop`?"),
    ] {
        let told = root_line(line);
        assert!(told.contains(message), "{told}");
    }
}

#[test]
fn who_we_are_is_said_once() {
    let both = root_line("github: {repository: a/b, token: {env: X}, app: {id: 1, key: {env: X}}}");
    assert_snapshot!(both, @"config.yaml:3:9: expected exactly one of the keys `app` and `token` here");
    let neither = root_line("github: {repository: a/b}");
    assert_snapshot!(neither, @"config.yaml:3:9: expected exactly one of the keys `app` and `token` here");
    assert_snapshot!(first_line(github("previous_webhook_secret: {env: X}")), @"config.yaml:3:87: `previous_webhook_secret` stands beside `webhook_secret`, which is missing");
}

#[test]
fn secrets_in_the_configuration_are_refused_and_not_printed() {
    for line in [
        "manager: {api_token: hunter2}",
        "github: {repository: a/b, token: hunter2}",
        "github: {repository: a/b, app: {id: 1, key: hunter2}}",
        "github: {repository: a/b, token: {env: SHOP_DATABASE}, webhook_secret: hunter2}",
    ] {
        let told = root_line(line);
        assert!(told.contains("must not stand in the configuration, it is a secret"), "{told}");
        assert!(!told.contains("hunter2"), "{told}");
    }
}

/// Of a secret that can't be one, no more is told than where it was named.
#[test]
fn secrets_that_can_be_none_are_refused_and_not_printed() {
    for (line, message) in [
        (
            "manager: {api_token: {file: secret}}",
            "config.yaml:3:29: the value that `manager.api_token` names is no token: expected at least 16 printable",
        ),
        (
            "github: {repository: a/b, token: {file: secret}}",
            "config.yaml:3:41: the value that `github.token` names is no token: it has spaces",
        ),
        (
            "github: {repository: a/b, app: {id: 1, key: {file: secret}}}",
            "config.yaml:3:52: the value that `github.app.key` names is no private key: expected PEM",
        ),
        (
            "github: {repository: a/b, token: {env: SHOP_DATABASE}, webhook_secret: {file: secret}}",
            "config.yaml:3:79: the value that `github.webhook_secret` names is no secret: it is shorter than 8",
        ),
    ] {
        let folder =
            Folder::good().replace("config.yaml", "repository: repo\n", &format!("repository: repo\n{line}\n"));
        folder.write("secret", "s3 cret");
        let told = folder.message();
        assert!(told.starts_with(message) && !told.contains("s3 cret"), "{told}");
    }
}
