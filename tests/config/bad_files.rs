//! Files that are absent, hostile or no YAML; keys that do not exist, stand twice or are missing.

use insta::assert_snapshot;

use super::*;

#[test]
fn an_absent_configuration() {
    let folder = Folder::good();
    let error = load(&folder.path("missing.yaml"), &environment).unwrap_err();
    assert!(matches!(&error, ConfigError::Absent { .. }));
    let message = error.to_string().replace(&format!("{}/", folder.0.path().display()), "");
    assert_snapshot!(message, @"read missing.yaml: there is no such file; `--config PATH` chooses another");
}

#[test]
fn a_folder_in_place_of_the_file() {
    let folder = Folder::good();
    let error = load(folder.0.path(), &environment).unwrap_err();
    assert!(matches!(error, ConfigError::Unreadable { .. }), "{error}");
}

#[test]
fn a_file_that_is_too_large_is_not_parsed() {
    let folder = Folder::good();
    folder.write("config.yaml", vec![b'#'; 1024 * 1024 + 1]);
    assert_snapshot!(folder.message(), @"read config.yaml: it is larger than 1048576 bytes, which no configuration needs");
}

#[test]
fn a_device_without_end() {
    let error = load(Path::new("/dev/zero"), &environment).unwrap_err();
    assert!(matches!(error, ConfigError::TooLarge { .. }), "{error}");
}

#[test]
fn random_bytes() {
    let folder = Folder::good();
    folder.write("config.yaml", [0x23, 0x0a, 0xff, 0xfe, 0x00, 0x9c]);
    assert_snapshot!(folder.message(), @"read config.yaml: it is not a text in UTF-8 (from byte 2 on)");
    folder.write("config.yaml", "\u{1}\u{2}[{]*&");
    assert_snapshot!(folder.message(), @r"
    config.yaml:1:1: not valid YAML: unexpected character: `\u{1}'
      |
    1 |   [{]*&
      | ^
    ");
}

#[test]
fn an_empty_file() {
    let folder = Folder::good();
    folder.write("config.yaml", "# nothing yet\n");
    assert_snapshot!(folder.message(), @"config.yaml:2:1: the file is empty; expected at least `project`, `repository` and `benchmarks`");
}

#[test]
fn no_yaml() {
    assert_snapshot!(config("project: shop\n", "project: 'shop\n"), @r"
    config.yaml:2:1: not valid YAML: invalid indentation in multiline quoted scalar
      |
    2 | repository: repo
      | ^
    ");
    assert_snapshot!(config("    service: shop", "\tservice: shop"), @r"
    config.yaml:7:2: not valid YAML: tabs disallowed within this context (block indentation)
      |
    7 |  service: shop
      |  ^
    ");
    assert_snapshot!(config("    service: shop", "     service: shop"), @r"
    config.yaml:7:6: not valid YAML: while parsing a block mapping, did not find expected key
      |
    7 |      service: shop
      |      ^
    ");
    assert_snapshot!(config("repository: repo", "repository: *shop"), @r"
    config.yaml:2:13: not valid YAML: reference to unknown value
      |
    2 | repository: *shop
      |             ^
    ");
}

#[test]
fn deep_nesting() {
    let folder = Folder::good();
    folder.write("config.yaml", format!("project: {}", "[".repeat(500_000)));
    assert_snapshot!(folder.message(), @r"
    config.yaml:1:10: expected a text, found `[`
      |
    1 | project: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[...
      |          ^
    ");
}

/// Ten billion entries, if they were all made.
#[test]
fn an_alias_bomb() {
    let mut bomb = "project: shop\nrepository: repo\nimages:\n  a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (from, to) in ('a'..='i').zip('b'..='j') {
        bomb.push_str(&format!("  {to}: &{to} [{}]\n", vec![format!("*{from}"); 10].join(", ")));
    }
    let folder = Folder::good();
    folder.write("config.yaml", &bomb);
    assert_snapshot!(folder.message(), @r"
    config.yaml:5:10: expected a text, found `[`
      |
    5 |   b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
      |          ^^
    ");
}

/// The same list of valid entries again and again.
#[test]
fn too_many_aliases() {
    let list = vec!["x"; 1_000].join(", ");
    let aliases: String = (0..500).map(|n| format!("  image-{n}: *a\n")).collect();
    let folder = Folder::good();
    folder.write("config.yaml", format!("project: shop\nimages:\n  a: &a [{list}]\n{aliases}"));
    assert_snapshot!(folder.message(), @r"
    config.yaml:53:13: too much nesting or aliasing for a configuration: YAML document too large or too complex: total_replayed_events=50001 > 50000
       |
    53 |   image-49: *a
       |             ^^
    ");
}

#[test]
fn two_documents() {
    assert_snapshot!(config("memory: null}", "memory: null}\n---\nproject: shop"), @r"
    config.yaml:25:1: not valid YAML: only single YAML document expected but multiple found
       |
    25 | project: shop
       | ^
    ");
}

#[test]
fn unknown_keys() {
    assert_snapshot!(config("repository:", "repositroy:"), @r"
    config.yaml:2:1: unknown key `repositroy`: did you mean `repository`?
      |
    2 | repositroy: repo
      | ^^^^^^^^^^
    ");
    assert_snapshot!(config("          weight: 2", "          wieght: 2"), @r"
    config.yaml:16:11: unknown key `wieght`: did you mean `weight`?
       |
    16 |           wieght: 2
       |           ^^^^^^
    ");
    assert_snapshot!(config("[{health: shop}", "[{heath: shop}"), @r"
    config.yaml:8:14: unknown value `heath`: did you mean `health`?
      |
    8 |     ready: [{heath: shop}, {promql: up == 1}]
      |              ^^^^^
    ");
}

#[test]
fn a_key_that_is_near_to_none_gets_the_list() {
    assert_snapshot!(config("    service: shop", "    service: shop\n    frequency: 3"), @r"
    config.yaml:8:5: unknown key `frequency`: expected one of `compose`, `service`, `ready`, `targets`, `rounds`, `compare`, `pairs`, `load`, `request_count`, `queries`
      |
    8 |     frequency: 3
      |     ^^^^^^^^^
    ");
}

#[test]
fn a_missing_key_names_the_block_where_it_should_stand() {
    assert_snapshot!(config("project: shop\n", ""), @r"
    config.yaml:3:1: missing key `project`, in the same block as this
      |
    3 | benchmarks:
      | ^^^^^^^^^^
    ");
    assert_snapshot!(config("    service: shop\n", ""), @r"
    config.yaml:19:5: missing key `service`, in the same block as this
       |
    19 |     queries:
       |     ^^^^^^^
    ");
    assert_snapshot!(config("name: shop, port: 8080", "name: shop"), @r"
    config.yaml:9:26: missing key `port`, in the same block as this
      |
    9 |     targets: [{service: {name: shop}}]
      |                          ^^^^
    ");
    assert_snapshot!(queries("    unit: bytes\n", ""), @r"
    queries.yaml:16:5: missing key `unit`, in the same block as this
       |
    16 |     limit: 16MiB
       |     ^^^^^
    ");
}

#[test]
fn a_key_that_stands_twice() {
    assert_snapshot!(config("    service: shop\n", "    service: shop\n    service: store\n"), @r"
    config.yaml:8:5: the key `service` stands here for the second time; remove one
      |
    8 |     service: store
      |     ^^^^^^^
    ");
}

#[test]
fn an_absent_query_set_or_body() {
    assert_snapshot!(config("file: queries.yaml", "file: queriez.yaml"), @r"
    config.yaml:21:15: there is no file queriez.yaml
       |
    21 |       - file: queriez.yaml
       |               ^^^^^^^^^^^^
    ");
    assert_snapshot!(config("body_file: body.json", "body_file: boddy.json"), @r"
    config.yaml:19:22: there is no file boddy.json
       |
    19 |           body_file: boddy.json
       |                      ^^^^^^^^^^
    ");
}

#[test]
fn hostile_text_does_not_reach_the_terminal() {
    let long = "x".repeat(100_000);
    let message = config("repository: repo", &format!("repository: repo\n\"{long}\\e[31m\": 1"));
    assert!(message.len() < 1_500 && !message.contains('\u{1b}'), "{message}");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn no_bytes_make_it_panic_or_accept(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        let folder = Folder::good();
        folder.write("config.yaml", &bytes);
        folder.load().expect_err("random bytes are no configuration");
    }
}
