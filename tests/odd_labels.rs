//! Labels as odd services make them, from `/metrics` to every report: whole in JSON, harmless to eyes and tables.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::harness::project::Project;

/// What is asked of the odd counter.
const QUERY: &str = r#"
  - name: odd_requests
    help: Requests by a label that odd services fill.
    unit: count
    direction: higher
    promql: sum by (kind, name) (D(odd_requests_total))
    labels: [kind, name]
    limit: "-1%"
"#;
/// A branch with what Markdown, HTML and shells know; git allows it.
const BRANCH: &str = "x/<b>y</b>|`id`-@somebody";

/// By kind, as it was served; the long one by its length. Postgres holds no NUL.
fn served() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from([
        ("direction", "evil\u{202e}txt.exe\u{200b}"),
        ("escapes", "\u{1b}[2J\u{1b}[31mred\u{1b}]0;title\u{7}"),
        ("lines", "one\ntwo"),
        ("long", "102405 characters"),
        ("markup", "<script>alert(1)</script> [a](http://b) **c** `d` | &amp; @somebody #1"),
        ("nul", "a\u{fffd}b"),
        ("quotes", r#"say "hi" or C:\dir"#),
        ("unicode", "\u{fffd}\u{1f600}e\u{301}"),
    ])
}

#[tokio::test]
async fn odd_labels_are_whole_in_json_and_harmless_elsewhere() {
    let project = Project::new().await;
    let queries = std::fs::read_to_string(project.folder().join("queries.yaml")).unwrap();
    project.write("queries.yaml", queries + QUERY);
    project.write("repository/behaviour", "odd_labels\n");
    project.commit("<img src=x onerror=alert(1)> | `x`");
    project.branch(BRANCH, "behaviour", "odd_labels\nslow_ms=21\n");
    project.run(&["master"]).expect(0);
    let json = project.run(&["test", BRANCH, "--format", "json"]).expect(0).json("loadmark.report/1");
    assert_eq!(found(&json), served());
    let run = project.json(&["runs"], "loadmark.runs/1")["runs"][0]["id"].as_str().unwrap().to_owned();
    let (compare, show) = (&["compare", "main", BRANCH][..], &["runs", "show", &run][..]);
    let markdown = project.run(&[compare, &["--format", "markdown"]].concat()).expect(0).stdout;
    assert_is_markdown(&markdown);
    for args in [compare, show, &["jobs"], &["jobs", "show", "2"]] {
        assert_is_harmless(&project.run(args).expect(0).stdout);
    }
    assert!(project.run(&["jobs", "show", "2"]).expect(0).stdout.contains(BRANCH));
}

/// Nothing moves the cursor, reorders text, or makes a line that nobody reads.
#[track_caller]
fn assert_is_harmless(text: &str) {
    let is_odd =
        |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}');
    for line in text.lines() {
        assert!(line.chars().count() < 300 && !line.contains(is_odd), "{line:?}");
    }
}

/// Harmless, each row has all cells of its table, and what could be markup stands in code.
#[track_caller]
fn assert_is_markdown(text: &str) {
    assert_is_harmless(text);
    for row in text.lines().filter(|line| line.starts_with("| ") && line.contains("odd_requests")) {
        assert_eq!(row.matches('|').count(), 7, "{row}");
        let prose: String = row.split(['`']).step_by(2).collect();
        assert!(!prose.contains(['<', '@', '#', '[', '&']), "{row}");
    }
    let shown = text.lines().filter(|line| line.contains("odd_requests{kind=")).count();
    assert_eq!(shown, served().len(), "{text}");
}

/// The labels of the odd series in a report.
fn found(report: &Value) -> BTreeMap<&str, &str> {
    let series = report["comparison"]["series"].as_array().unwrap().iter().filter(|one| one["query"] == "odd_requests");
    let labels = series.map(|one| (one["labels"]["kind"].as_str().unwrap(), one["labels"]["name"].as_str().unwrap()));
    labels.map(|(kind, name)| if name.len() == 102_405 { (kind, "102405 characters") } else { (kind, name) }).collect()
}
