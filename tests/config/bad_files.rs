//! Files that are absent, hostile or no YAML; keys that do not exist, stand twice or are missing.

use insta::assert_snapshot;

use super::*;

#[test]
fn an_absent_configuration() {
    let folder = Folder::good();
    let error = load(&folder.path("missing.yaml"), &environment).unwrap_err();
    assert!(matches!(&error, ConfigError::Absent { .. }));
    let message = error.to_string().replace(&format!("{}/", folder.0.path().display()), "");
    assert_snapshot!(message, @"");
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
    assert_snapshot!(folder.message(), @"");
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
    assert_snapshot!(folder.message(), @"");
    folder.write("config.yaml", "\u{1}\u{2}[{]*&");
    assert_snapshot!(folder.message(), @"");
}

#[test]
fn an_empty_file() {
    let folder = Folder::good();
    folder.write("config.yaml", "# nothing yet\n");
    assert_snapshot!(folder.message(), @"");
}

#[test]
fn no_yaml() {
    assert_snapshot!(config("project: shop\n", "project: 'shop\n"), @"");
    assert_snapshot!(config("    service: shop", "\tservice: shop"), @"");
    assert_snapshot!(config("    service: shop", "     service: shop"), @"");
    assert_snapshot!(config("repository: repo", "repository: *shop"), @"");
}

#[test]
fn deep_nesting() {
    let folder = Folder::good();
    folder.write("config.yaml", format!("project: {}", "[".repeat(500_000)));
    assert_snapshot!(folder.message(), @"");
    // In a valid place, and block by block.
    let deep: String = (0..5_000).map(|depth| format!("\n{}- ", " ".repeat(depth + 1))).collect();
    folder.write("config.yaml", format!("compose_command:{}", &deep[..900_000]));
    assert!(folder.message().len() < 1_000, "{}", folder.message());
}

/// Billions of entries, if they were all made: in a place where a list of requests is expected.
#[test]
fn an_alias_bomb() {
    let mut bomb = "project: shop\nrepository: repo\nimages:\n  a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (from, to) in ('a'..='i').zip('b'..='j') {
        bomb.push_str(&format!("  {to}: &{to} [{}]\n", [format!("*{from}")].repeat(10).join(", ")));
    }
    let folder = Folder::good();
    folder.write("config.yaml", &bomb);
    assert_snapshot!(folder.message(), @"");
}

/// The same list of valid entries again and again.
#[test]
fn too_many_aliases() {
    let list = vec!["x"; 1_000].join(", ");
    let aliases: String = (0..500).map(|n| format!("  image-{n}: *a\n")).collect();
    let folder = Folder::good();
    folder.write("config.yaml", format!("project: shop\nimages:\n  a: &a [{list}]\n{aliases}"));
    assert_snapshot!(folder.message(), @"");
}

#[test]
fn two_documents() {
    assert_snapshot!(config("benchmarks:", "---\nbenchmarks:"), @"");
}

#[test]
fn unknown_keys() {
    assert_snapshot!(config("repository:", "repositroy:"), @"");
}

#[test]
fn an_unknown_key_with_no_near_one_gets_the_list() {
    assert_snapshot!(config("    service: shop", "    service: shop\n    frequency: 3"), @"");
    assert_snapshot!(config("          weight: 2", "          wieght: 2"), @"");
    assert_snapshot!(config("[{health: shop}", "[{heath: shop}"), @"");
}

#[test]
fn a_missing_key_names_the_block_where_it_should_stand() {
    assert_snapshot!(config("project: shop\n", ""), @"");
    assert_snapshot!(config("    service: shop\n", ""), @"");
    assert_snapshot!(config("name: shop, port: 8080", "name: shop"), @"");
    assert_snapshot!(queries("    unit: bytes\n", ""), @"");
}

#[test]
fn a_key_that_stands_twice() {
    assert_snapshot!(config("    service: shop\n", "    service: shop\n    service: store\n"), @"");
}

#[test]
fn an_absent_query_set_or_body() {
    assert_snapshot!(config("file: queries.yaml", "file: queriez.yaml"), @"");
    assert_snapshot!(config("body_file: body.json", "body_file: boddy.json"), @"");
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
