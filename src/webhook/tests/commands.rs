//! What a command may look like, and what is said about one that does not.

use crate::domain::command::{Command, TestOptions};
use crate::webhook::commands;

const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

fn of(body: &str) -> Vec<Command> {
    commands(body, "/loadmark")
}

fn test(benchmark: Option<&str>, rounds: Option<u16>, base: Option<&str>) -> Vec<Command> {
    let (benchmark, base) = (benchmark.map(str::to_owned), base.map(str::to_owned));
    vec![Command::Test(TestOptions { benchmark, rounds, compare: None, base })]
}

fn refusal(line: &str) -> String {
    match of(line).as_slice() {
        [Command::Unknown(words)] => words.clone(),
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn every_command_is_read() {
    assert_eq!(of("/loadmark test"), test(None, None, None));
    assert_eq!(
        of("/loadmark test --benchmark shop-2 --rounds 5 --base release/1.x"),
        test(Some("shop-2"), Some(5), Some("release/1.x"))
    );
    assert_eq!(of(&format!("/loadmark test --base={SHA} --rounds=100")), test(None, Some(100), Some(SHA)));
    assert_eq!(of(&format!("/loadmark test --base {}", SHA.to_uppercase())), test(None, None, Some(SHA)));
    assert_eq!(of("/loadmark test \u{2014}rounds 5"), test(None, Some(5), None));
    assert_eq!(of("/loadmark rerun"), [Command::Rerun]);
    assert_eq!(of("/loadmark cancel"), [Command::Cancel]);
    assert_eq!(of("/loadmark status"), [Command::Status]);
    assert_eq!(of("/loadmark help"), [Command::Help]);
    assert_eq!(of("/loadmark"), [Command::Help]);
    assert_eq!(of(&format!("/loadmark approve {SHA}")), [Command::Approve(SHA.parse().unwrap())]);
}

#[test]
fn a_command_has_a_line_of_its_own_among_others() {
    let body = "Looks good, but `load_all` worries me.\n/loadmark test\n\n   /loadmark status  \nThanks!";
    assert_eq!(of(body), [test(None, None, None), vec![Command::Status]].concat());
    assert_eq!(of(&body.replace('\n', "\r\n")), of(body));
    assert_eq!(of(&body.replace('\n', "\r")), of(body));
    assert_eq!(of("- a\n- b\n\n/loadmark rerun"), [Command::Rerun]);
    assert_eq!(of("> why?\n\n/loadmark rerun"), [Command::Rerun]);
    assert_eq!(of("```\ncode\n```\n/loadmark rerun"), [Command::Rerun]);
    assert_eq!(of("<!-- note -->\n\n/loadmark rerun"), [Command::Rerun]);
}

#[test]
fn what_does_not_begin_with_the_prefix_is_no_command() {
    for body in [
        "",
        "loadmark test",
        "/loadmarks test",
        "/load mark test",
        "please /loadmark test",
        "/Loadmark test",
        "/loadmark-test",
        "/loadmark/test",
        "- /loadmark test",
        "# /loadmark test",
        "**/loadmark test**",
        "\\/loadmark test",
        "\u{a0}/loadmark test",
    ] {
        assert_eq!(of(body), [], "{body}");
    }
    assert_eq!(commands("/bench test\n/loadmark test", "/bench"), test(None, None, None));
    assert_eq!(commands("/loadmark test", ""), []);
}

#[test]
fn what_is_wrong_is_told_with_what_would_do() {
    for (line, words) in [
        ("/loadmark tset", "there is no such command; did you mean `test`?"),
        ("/loadmark Test", "there is no such command; did you mean `test`?"),
        (
            "/loadmark deploy",
            "there is no such command; there are `test`, `rerun`, `cancel`, `status`, `help`, `approve`",
        ),
        ("/loadmark test --round 5", "`test` has no such option; did you mean `--rounds`?"),
        (
            "/loadmark test shop",
            "`test` has no such option; there are `--benchmark`, `--rounds`, `--compare`, `--base`",
        ),
        ("/loadmark test --compare twice", "`--compare` takes stored, paired or auto"),
        ("/loadmark test --rounds", "`--rounds` needs a value"),
        ("/loadmark test --rounds 0", "`--rounds` takes a number from 1 to 100"),
        ("/loadmark test --rounds 101", "`--rounds` takes a number from 1 to 100"),
        ("/loadmark test --rounds 5 --rounds 6", "`--rounds` stands there twice"),
        ("/loadmark test --benchmark ../x", "`--benchmark` takes a benchmark's name"),
        ("/loadmark test --base 0123456", "`--base` takes a branch, or all 40 digits of a commit"),
        ("/loadmark test --base --upload-pack=id", "`--base` takes a branch, or all 40 digits of a commit"),
        ("/loadmark rerun now", "`rerun` stands alone on its line"),
        ("/loadmark approve", "`approve` takes exactly one commit, by all 40 digits of its SHA"),
        ("/loadmark approve 0123456", "`approve` takes exactly one commit, by all 40 digits of its SHA"),
        ("/loadmark approve main", "`approve` takes exactly one commit, by all 40 digits of its SHA"),
    ] {
        assert_eq!(refusal(line), words, "{line}");
    }
    assert!(refusal(&format!("/loadmark approve {SHA} {SHA}")).contains("exactly one commit"));
    assert!(refusal(&format!("/loadmark approve {SHA}+dirty.abc")).contains("all 40 digits"));
}

#[test]
fn nothing_of_what_was_written_comes_back() {
    for foreign in
        ["@org/team", "<img src=x>", "'; DROP", "\u{202e}txet", "[x](http://x)", "\u{1b}[31m", "`x`", "a\u{0}b"]
    {
        for line in [
            format!("/loadmark {foreign}"),
            format!("/loadmark test --{foreign}"),
            format!("/loadmark test --benchmark {foreign}"),
            format!("/loadmark test --rounds {foreign}"),
            format!("/loadmark approve {foreign}"),
            format!("/loadmark rerun {foreign}"),
        ] {
            let words = refusal(&line);
            assert!(!words.contains(foreign), "{line:?}: {words}");
            assert!(words.chars().all(|c| c.is_ascii_graphic() || c == ' ') && words.len() < 120, "{words}");
        }
    }
    assert!(refusal(&format!("/loadmark {}", "x".repeat(60_000))).len() < 120);
}

#[test]
fn no_more_than_ten_commands_are_read() {
    let of_many = |count: usize| of(&"/loadmark status\n".repeat(count));
    assert_eq!(of_many(10), vec![Command::Status; 10]);
    let eleven = of_many(11);
    assert_eq!(eleven[..10], vec![Command::Status; 10]);
    let more = "a comment may hold 10 commands; those after them were not read".to_owned();
    assert_eq!(eleven[10..], [Command::Unknown(more)]);
    assert_eq!(of_many(3_000), eleven);
}
