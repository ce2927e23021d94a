//! The findings of an examination.

use serde::Serialize;

use super::style::{Ink, Style};
use super::table::{Align, Row, Table};
use super::view::pretty;
use super::{clean, figures};
use crate::domain::finding::{Finding, Level};

/// The findings as a table with the remedies, and what they come to, ending in a newline.
pub fn findings_text(findings: &[Finding], style: Style) -> String {
    let row = |finding: &Finding| Row {
        cells: vec![finding.level.as_str().to_owned(), clean::line(&finding.check), clean::line(&finding.found)],
        ink: match finding.level {
            Level::Ok => Ink::Good,
            Level::Note => Ink::Unsure,
            Level::Problem | Level::Missing => Ink::Bad,
        },
        remark: finding.remedy.as_ref().map(|remedy| format!("remedy: {}", clean::line(remedy))),
    };
    let columns = vec![("level", Align::Left), ("check", Align::Left), ("found", Align::Left)];
    // The last column may run on: a terminal wraps it, and nothing stands behind it.
    let wide = Style { width: usize::MAX, ..style };
    let table = Table { columns, head: 2, rows: findings.iter().map(row).collect() }.render(wide);
    table + "\n" + &verdict(findings) + "\n"
}

fn verdict(findings: &[Finding]) -> String {
    let count = |level| findings.iter().filter(|finding| finding.level == level).count();
    let counts =
        format!("{}, {}", figures::count(count(Level::Problem), "problem"), figures::count(count(Level::Note), "note"));
    match count(Level::Missing) {
        0 => format!("Nothing is missing: measuring works here; {counts}."),
        missing => format!("Measuring would fail here: {missing} missing; {counts}."),
    }
}

#[derive(Serialize)]
struct DoctorView<'a> {
    schema: &'static str,
    missing: bool,
    findings: &'a [Finding],
}

/// The findings as JSON, schema `loadmark.doctor/1`.
pub fn findings_json(findings: &[Finding]) -> String {
    let missing = findings.iter().any(|finding| finding.level == Level::Missing);
    pretty(&DoctorView { schema: "loadmark.doctor/1", missing, findings })
}
