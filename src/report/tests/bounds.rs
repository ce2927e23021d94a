//! What hostile or plentiful input can do to a report: nothing.

use crate::domain::comparison::SeriesComparison;
use crate::domain::verdict::Verdict;

use super::super::{Body, Failure, ReportModel, json, markdown, text};
use super::fixture::{WIDE, because, build_failure, compared, comparison, latency};

const HOSTILE: &str = "@everyone #1 [x](http://evil.example) ![i](//e.example/i.png) <img src=x> | `b` \u{1b}[2J\u{202e} https://evil.example www.evil.example";

fn hostile() -> Vec<ReportModel> {
    let mut series = because(latency(HOSTILE, Verdict::Regression, Some(1.0), Some(2.0)), HOSTILE);
    series.key.query = HOSTILE.to_owned();
    let mut compared = compared(vec![series]);
    comparison(&mut compared).notes = vec![HOSTILE.to_owned()];
    comparison(&mut compared).candidate.class.0 = HOSTILE.to_owned();
    compared.asked_as = HOSTILE.to_owned();
    let mut failed = build_failure();
    failed.body = Body::Failure(Failure {
        is_configuration: false,
        reason: HOSTILE.to_owned(),
        log_tail: vec![HOSTILE.to_owned(), "```".to_owned(), HOSTILE.to_owned()],
        log: Some(HOSTILE.to_owned()),
    });
    vec![compared, failed]
}

/// The Markdown without what stands in code, where nothing is acted upon.
fn outside_code(markdown: &str) -> String {
    let mut outside = String::new();
    let mut rest = markdown;
    while let Some(start) = rest.find('`') {
        outside += &rest[..start];
        let fence = rest[start..].chars().take_while(|c| *c == '`').count();
        let mut after = &rest[start + fence..];
        // The code ends at the next run of exactly as many.
        loop {
            let Some(next) = after.find('`') else { panic!("code is left open in {markdown}") };
            let run = after[next..].chars().take_while(|c| *c == '`').count();
            after = &after[next + run..];
            if run == fence {
                break;
            }
        }
        rest = after;
    }
    outside + rest
}

#[test]
fn markdown_holds_no_foreign_markup() {
    for model in hostile() {
        let page = markdown(&model);
        let outside = outside_code(&page);
        for mark in ["@", "#1", "](", "<img", "://", "www", "everyone", "\u{1b}", "\u{202e}"] {
            assert!(!outside.contains(mark), "`{mark}` is outside code:\n{page}");
        }
        let tables = page.lines().filter(|line| line.starts_with("| "));
        for row in tables {
            assert_eq!(row.matches('|').count(), 7, "{row}");
        }
    }
}

#[test]
fn the_terminal_gets_no_control_characters() {
    for model in hostile() {
        let text = text(&model, WIDE);
        assert!(text.chars().all(|c| c == '\n' || !(c.is_control() || c == '\u{202e}')), "{text:?}");
    }
}

#[test]
fn ten_thousand_series_fit_a_comment() {
    let many = |verdict: Verdict| -> Vec<SeriesComparison> {
        let series = |index: usize| {
            let endpoint = format!("/{index}/{}", "é".repeat(400));
            because(latency(&endpoint, verdict, Some(1.0), Some(2.0)), &"reason, ".repeat(100))
        };
        (0..5_000).map(series).collect()
    };
    let mut all = many(Verdict::Regression);
    all.extend(many(Verdict::Unchanged));
    let mut model = compared(all);
    comparison(&mut model).notes = vec!["note, ".repeat(200); 500];
    let page = markdown(&model);
    assert!(page.len() < 65_535, "{} bytes", page.len());
    assert_eq!(page.matches("<details>").count(), page.matches("</details>").count());
    assert!(page.contains(" more.\n"));
    assert!(text(&model, WIDE).lines().count() < 100);
    assert_eq!(json(&model).matches("\"verdict\": \"regression\"").count(), 5_001);

    let mut model = build_failure();
    model.body = Body::Failure(Failure {
        is_configuration: false,
        reason: "long, ".repeat(5_000),
        log_tail: vec!["😀`".repeat(500); 5_000],
        log: None,
    });
    assert!(markdown(&model).len() < 65_535);
}
