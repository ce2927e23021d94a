//! What hostile or plentiful input can do to what stands on GitHub: nothing.

use comrak::nodes::NodeValue;
use comrak::{Arena, Options, parse_document};

use super::super::{Answer, Body, CheckText, Failure, Section, Standing, check, comment};
use super::comments::{comment_of, section, tested, words};
use super::fixture::{because, build_failure, compared, comparison, latency, unchanged};
use crate::domain::comparison::SeriesComparison;
use crate::domain::verdict::{Outcome, Verdict};

const HOSTILE: &str = "@everyone #1 GH-2 [x](http://evil.example) ![i](//e.example/i.png) <img src=x> | `b` \u{1b}[2J\u{202e} \
     https://evil.example www.evil.example </details> <!-- loadmark:demo:pull --> ```";

/// Everything that GitHub could act upon, as its own dialect reads the text.
fn acted_upon(text: &str) -> Vec<String> {
    let mut options = Options::default();
    let extension = &mut options.extension;
    (extension.table, extension.autolink, extension.strikethrough, extension.tasklist) = (true, true, true, true);
    extension.footnotes = true;
    extension.alerts = true;
    let arena = Arena::new();
    let found =
        parse_document(&arena, text, &options).descendants().filter_map(|node| match &node.data.borrow().value {
            NodeValue::Text(text) if text.contains(['@', '#', '<', '`']) => Some(format!("text {text}")),
            NodeValue::Link(link) => Some(format!("link {}", link.url)),
            NodeValue::Image(image) => Some(format!("image {}", image.url)),
            NodeValue::HtmlInline(html) => Some(format!("html {html}")),
            NodeValue::HtmlBlock(block) => Some(format!("html {}", block.literal.trim())),
            NodeValue::Emph | NodeValue::Strikethrough | NodeValue::FootnoteReference(_) => Some("markup".to_owned()),
            _ => None,
        });
    found.collect()
}

fn hostile() -> Vec<Standing> {
    let mut series = because(latency(HOSTILE, Verdict::Regression, Some(1.0), Some(2.0)), HOSTILE);
    series.key.query = HOSTILE.to_owned();
    let mut compared = compared(vec![series]);
    comparison(&mut compared).notes = vec![HOSTILE.to_owned()];
    comparison(&mut compared).candidate.class.0 = HOSTILE.to_owned();
    compared.asked_as = HOSTILE.to_owned();
    let mut failed = build_failure();
    failed.body = Body::Failure(Failure {
        reason: HOSTILE.to_owned(),
        log_tail: vec![HOSTILE.to_owned(), "```".to_owned(), "</details>".to_owned(), HOSTILE.to_owned()],
        ..Failure::default()
    });
    let text = || Some(HOSTILE.to_owned());
    vec![
        tested(compared),
        tested(failed),
        Standing::Held { reason: HOSTILE.to_owned() },
        Standing::Queued { ahead: None, last_error: text() },
        Standing::Running { phase: text(), last_error: text() },
        Standing::Dropped { outcome: Outcome::Discarded, reason: text() },
    ]
}

#[test]
fn nothing_foreign_is_acted_upon() {
    let ours = |what: &String| {
        what.starts_with("link https://loadmark.example/")
            || what == "html <!-- loadmark:demo:pull -->"
            || ["html <details>", "html </details>", "html <sub>", "html </sub>"]
                .iter()
                .any(|ours| what.starts_with(ours))
    };
    let mut model = comment_of(hostile().into_iter().map(|standing| section("http", standing)).collect());
    model.earlier = model.sections.clone();
    model.answers = vec![Answer::Unknown(HOSTILE.to_owned()), Answer::Refused(HOSTILE.to_owned())];
    let text = comment(&model);
    let foreign: Vec<_> = acted_upon(&text).into_iter().filter(|what| !ours(what)).collect();
    assert!(foreign.is_empty(), "{foreign:#?}\n{text}");
    assert_eq!(text.matches("<!--").count(), 1, "one marker, ours:\n{text}");
    for section in &model.sections {
        let CheckText { title, summary, .. } = check(section, &words());
        let foreign: Vec<_> = acted_upon(&summary).into_iter().filter(|what| !ours(what)).collect();
        assert!(foreign.is_empty(), "{foreign:#?}\n{summary}");
        assert!(title.chars().count() <= 255 && !title.chars().any(char::is_control), "{title}");
    }
}

#[test]
fn only_plain_web_addresses_are_linked() {
    for url in
        ["javascript:alert(1)", "https://x.example/>[a](b", "https://x.example/ y", "file:///etc/passwd", "https://é"]
    {
        let section = Section { url: Some(url.to_owned()), ..section("http", tested(unchanged())) };
        assert_eq!(
            acted_upon(&comment(&comment_of(vec![section]))).iter().filter(|what| what.starts_with("link")).count(),
            0
        );
    }
}

fn many(verdict: Verdict) -> Vec<SeriesComparison> {
    let series = |index: usize| {
        let endpoint = format!("/{index}/{}", "é".repeat(400));
        because(latency(&endpoint, verdict, Some(1.0), Some(2.0)), &"reason, ".repeat(100))
    };
    (0..200).map(series).collect()
}

#[test]
fn however_much_there_is_a_comment_fits_and_every_benchmark_is_in_it() {
    let mut long = compared([many(Verdict::Regression), many(Verdict::Unchanged)].concat());
    comparison(&mut long).notes = vec!["note, ".repeat(200); 50];
    let mut failed = build_failure();
    failed.body = Body::Failure(Failure {
        log_tail: vec!["😀`".repeat(500); 50],
        reason: "é".repeat(9000),
        ..Failure::default()
    });
    for count in [1, 2, 5, 60] {
        let name = |index: usize| format!("benchmark-{index:03}");
        let standing = |index: usize| tested(if index.is_multiple_of(2) { long.clone() } else { failed.clone() });
        let mut model = comment_of((0..count).map(|index| section(&name(index), standing(index))).collect());
        model.earlier = (0..100).map(|index| section(&name(index), tested(failed.clone()))).collect();
        model.answers = vec![Answer::Unknown("é".repeat(9000)); 50];
        let text = comment(&model);
        assert!(text.len() <= 65_535, "{count}: {} bytes", text.len());
        assert_eq!(text.matches("<details>").count(), text.matches("</details>").count(), "{count}");
        let named = (0..count).filter(|index| text.contains(&format!("?of={}>", name(*index)))).count();
        assert_eq!(named, count, "each is linked");
        if count <= 2 {
            let rows = text.matches("| regression: ").count();
            assert!(rows > 10, "{count} benchmarks: only {rows} rows of what is worse");
        }
    }
    for standing in [tested(long), tested(failed)] {
        assert!(check(&section("http", standing), &words()).summary.len() <= 65_535);
    }
}
