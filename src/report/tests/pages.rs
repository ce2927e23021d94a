//! Reports as data for pages.

use super::super::{Body, Tone, page, previous_page};
use super::fixture::{because, build_failure, compared, latency, master, regression};
use crate::domain::verdict::Verdict;

#[test]
fn a_comparison_is_its_verdict_two_tables_and_what_to_do() {
    let page = page(&regression());
    assert_eq!((page.label.as_str(), page.tone.as_str()), ("regression", "bad"));
    assert!(page.sentence.starts_with("2 of 5 series are worse, most of all http_latency_mean"), "{}", page.sentence);
    assert_eq!(page.subject, "demo, benchmark http, bbbbbbbbbbbb (slow-buy) against master aaaaaaaaaaaa");
    let tables: Vec<_> =
        page.tables.iter().map(|table| (table.title.as_str(), table.is_folded, table.rows.len())).collect();
    assert_eq!(tables, [("what there is to see", false, 3), ("2 unchanged, 1 without limit", true, 3)]);
    let first = &page.tables[0];
    assert_eq!(first.columns, ["metric", "master", "this commit", "change", "by", "limit", "verdict"]);
    assert!(page.tables.iter().all(|table| table.rows.iter().all(|row| row.cells.len() == table.columns.len())));
    assert_eq!(first.rows.iter().map(|row| row.tone).collect::<Vec<_>>(), [Tone::Bad, Tone::Bad, Tone::Good]);
    assert_eq!(first.rows[0].cells[3..], ["+120%", "medians", "+25% and 300 us", "regression"]);
    assert_eq!(page.notes, ["candidate: 12 of 6000 requests failed (0.20%)"]);
    assert!(page.facts.iter().any(|(name, fact)| *name == "machine" && fact == "class ci-small"), "{:?}", page.facts);
    assert!(page.steps.iter().any(|(_, command)| command.starts_with("loadmark test ")), "{:?}", page.steps);
}

#[test]
fn a_master_set_shows_its_series_and_beside_them_what_changed_since_the_one_before() {
    let mut model = master();
    assert_eq!(previous_page(&model), None);
    let shown = page(&model);
    assert_eq!((shown.label.as_str(), shown.tables[0].rows.len()), ("measured", 2));
    model.previous = match regression().body {
        Body::Comparison(comparison) => Some(comparison),
        _ => None,
    };
    assert_eq!(page(&model), shown, "its own report shows no comparison");
    assert_eq!(previous_page(&model).unwrap().label, "regression");
}

#[test]
fn foreign_text_is_one_line_without_control_characters() {
    let hostile = "a\n\u{1b}[31mb\u{202e}<script>";
    let page_of_series =
        page(&compared(vec![because(latency("/", Verdict::Regression, Some(1.0), Some(2.0)), hostile)]));
    assert_eq!(page_of_series.tables[0].rows[0].remark.as_deref(), Some("a b<script>"));
    let failed = page(&build_failure());
    assert_eq!(failed.label, "service failed (build)");
    assert_eq!(failed.log[1], "#9 1.203 src/main.c:12: error: `x` undeclared");
}
