//! Judged recordings for people.

use crate::domain::change::{ChangePoint, Drift};
use crate::domain::comparison::Tier;
use crate::domain::judgement::{Histories, JudgedHistory, Judgement};
use crate::domain::limit::{LimitText, Unit};
use crate::domain::recorded::{RecordedSeries, SeriesFinding};
use crate::domain::verdict::Verdict;

use super::clean;
use super::figures::{self, NONE};
use super::headline::verdict_ink;
use super::markdown::{ROWS_END, rows};
use super::phrase::Phrase;
use super::style::{Ink, Style};
use super::table::{Align, Row, Table};

/// More rows are no report but a list; JSON has them all.
const MOST_ROWS: usize = 40;
/// A longer reason is cut.
const REASON_WIDTH: usize = 200;

type Judged = (RecordedSeries, SeriesFinding);

/// Recorded rounds as they were judged, the worst first, ending in a newline.
pub fn judgement_text(judgement: &Judgement, style: Style) -> String {
    let label = style.paint(verdict_ink(judgement.verdict), &judgement.verdict.as_str().to_uppercase());
    let mut text = format!("{label}: {}\n\n", sentence(judgement));
    let sorted = worst_first(judgement);
    let row = |(recorded, found): &&Judged| Row {
        cells: cells(recorded, found).to_vec(),
        ink: if recorded.primary { verdict_ink(found.verdict) } else { Ink::Plain },
        remark: remark(found).map(|remark| clean::short_line(&remark, REASON_WIDTH)),
    };
    let table = Table {
        columns: vec![
            ("verdict", Align::Left),
            ("series", Align::Left),
            ("change", Align::Right),
            ("interval", Align::Right),
            ("pairs", Align::Right),
            ("limit", Align::Left),
        ],
        head: 2,
        rows: sorted.iter().take(MOST_ROWS).map(row).collect(),
    };
    text += &table.render(style);
    if sorted.len() > MOST_ROWS {
        text += &format!("  and {} more; `--format json` has them all\n", sorted.len() - MOST_ROWS);
    }
    let notes = judgement.notes.iter().map(|note| Phrase::new("").foreign(note).to_text());
    text + &notes.map(|note| format!("  {} {note}\n", style.paint(Ink::Unsure, "note"))).collect::<String>()
}

/// Recorded rounds as they were judged, the worst first, as Markdown.
pub fn judgement_markdown(judgement: &Judgement) -> String {
    let mut page = format!("**{}**: {}\n\n", judgement.verdict, sentence(judgement));
    page += "| verdict | series | change | interval | pairs | limit | why |\n";
    page += "| --- | --- | ---: | ---: | ---: | --- | --- |\n";
    rows(&mut page, &worst_first(judgement), ROWS_END, |(recorded, found)| {
        let [verdict, _, change, interval, pairs, limit] = cells(recorded, found);
        let series = Phrase::default().code(&recorded.name).to_markdown();
        let why = Phrase::default().foreign(remark(found).unwrap_or_default()).to_markdown();
        let why = if found.reason.is_none() && remark(found).is_none() { String::new() } else { why };
        format!("| {verdict} | {series} | {change} | {interval} | {pairs} | {limit} | {why} |\n")
    });
    let notes = judgement.notes.iter().map(|note| Phrase::new("\n- ").foreign(note).to_markdown());
    page + &notes.collect::<String>() + if judgement.notes.is_empty() { "" } else { "\n" }
}

fn sentence(judgement: &Judgement) -> String {
    let Judgement { series, pairs, looks, error, .. } = judgement;
    let looks = match looks.as_slice() {
        [] => "no look".to_owned(),
        [at] => format!("one look, after {}", figures::count((*at).into(), "pair")),
        all => format!("looks after {} pairs", all.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")),
    };
    let primary = series.iter().filter(|(recorded, _)| recorded.primary).count();
    format!(
        "{} series ({primary} primary) over {}; {looks}; chance of any false claim {}% in each direction",
        series.len(),
        figures::count((*pairs).into(), "pair"),
        (error * 1e4).round() / 1e2
    )
}

/// The primary ones before the others; among equals the larger change.
fn worst_first(judgement: &Judgement) -> Vec<&Judged> {
    let mut sorted: Vec<&Judged> = judgement.series.iter().collect();
    let size = |found: &SeriesFinding| found.estimate.as_ref().map_or(0.0, |estimate| estimate.effect.abs());
    sorted.sort_by(|(one, of_one), (other, of_other)| {
        let by_verdict = (!one.primary, of_one.verdict).cmp(&(!other.primary, of_other.verdict));
        by_verdict.then(size(of_other).total_cmp(&size(of_one)))
    });
    sorted
}

fn cells(recorded: &RecordedSeries, found: &SeriesFinding) -> [String; 6] {
    let verdict = if recorded.primary { found.verdict.to_string() } else { format!("({})", found.verdict) };
    let estimate = found.estimate.as_ref();
    let effect = |effect: f64| match estimate.is_none_or(|estimate| estimate.is_relative) {
        true => figures::signed(effect),
        false => format!("{}{}", if effect < 0.0 { "-" } else { "+" }, size_of(effect.abs(), false)),
    };
    let bound = |bound: Option<f64>| bound.map_or_else(|| NONE.to_owned(), effect);
    let limit = match (found.verdict, found.tier) {
        (Verdict::Regression, Some(Tier::Warn)) => recorded.warn.as_ref(),
        _ => recorded.limit.as_ref(),
    };
    [
        verdict,
        clean::line(&recorded.name),
        estimate.map_or_else(|| NONE.to_owned(), |estimate| effect(estimate.effect)),
        estimate.map_or_else(|| NONE.to_owned(), |one| format!("{} to {}", bound(one.lower), bound(one.upper))),
        complete_pairs(recorded, found).to_string(),
        limit.map_or_else(|| "none".to_owned(), |limit| LimitText(limit, Unit::Count, recorded.direction).to_string()),
    ]
}

/// The pairs that the finding rests on, or of which both values are there.
pub(super) fn complete_pairs(recorded: &RecordedSeries, found: &SeriesFinding) -> usize {
    let complete = || recorded.pairs.iter().filter(|pair| pair.baseline.is_some() && pair.candidate.is_some()).count();
    found.estimate.as_ref().map_or_else(complete, |estimate| estimate.pairs.into())
}

/// Why, and what could have been seen where nothing was.
fn remark(found: &SeriesFinding) -> Option<String> {
    let seen = found.estimate.as_ref().filter(|_| found.verdict == Verdict::Inconclusive).and_then(|estimate| {
        let detectable = size_of(estimate.detectable?, estimate.is_relative);
        // A reason says that as well.
        let needed = estimate.pairs_needed.filter(|_| found.reason.is_none());
        let needed = needed.map(|pairs| format!("; about {pairs} pairs would decide it"));
        Some(format!("a change of {detectable} would have been seen{}", needed.unwrap_or_default()))
    });
    let parts: Vec<String> = found.reason.clone().into_iter().chain(seen).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// A change without its sign. Differences are in a unit that the recording does not tell, of whatever size.
fn size_of(size: f64, is_relative: bool) -> String {
    match size {
        _ if is_relative => figures::size(size, true, Unit::Count),
        0.0 => "0".to_owned(),
        _ if (0.001..1e6).contains(&size) => format!("{size:.4}"),
        _ => format!("{size:.2e}"),
    }
}

/// Recorded histories with their steps and drifts, ending in a newline.
pub fn histories_text(histories: &Histories, style: Style) -> String {
    let one = |history: &JudgedHistory| {
        let title = style.paint(Ink::Good, &clean::line(&history.series));
        let lines: String = tellings(history).iter().map(|line| format!("  {line}\n")).collect();
        format!("{title}: {}\n{lines}", figures::count(history.indices.len(), "point"))
    };
    let notes = histories.notes.iter().map(|note| Phrase::new("").foreign(note).to_text());
    let notes = notes.map(|note| format!("{} {note}\n", style.paint(Ink::Unsure, "note")));
    histories.series.iter().map(one).chain(notes).collect()
}

/// Recorded histories with their steps and drifts as Markdown.
pub fn histories_markdown(histories: &Histories) -> String {
    let mut page = String::new();
    rows(&mut page, &histories.series.iter().collect::<Vec<_>>(), ROWS_END, |history| {
        let series = Phrase::default().code(&history.series).to_markdown();
        let lines: String = tellings(history).iter().map(|line| format!("  - {line}\n")).collect();
        format!("- {series}: {}\n{lines}", figures::count(history.indices.len(), "point"))
    });
    let notes = histories.notes.iter().map(|note| Phrase::new("\n").foreign(note).to_markdown() + "\n");
    page + &notes.collect::<String>()
}

fn tellings(history: &JudgedHistory) -> Vec<String> {
    let index = |at: usize| history.indices.get(at).map_or_else(|| NONE.to_owned(), i64::to_string);
    let point = |point: &ChangePoint| {
        let before = index(point.at.saturating_sub(1));
        format!("{} between {before} and {} (p {})", size(point.magnitude), index(point.at), p_value(point.p))
    };
    let drift = |drift: &Drift| {
        let last = index((drift.from + drift.points).saturating_sub(1));
        format!("drift of {} from {} to {last} (p {})", size(drift.magnitude), index(drift.from), p_value(drift.p))
    };
    let changes = &history.changes;
    let all: Vec<String> = changes.points.iter().map(point).chain(changes.drift.iter().map(drift)).collect();
    if all.is_empty() { vec!["no step, no drift".to_owned()] } else { all }
}

/// A relative change; from 0 there is none.
pub(super) fn size(magnitude: Option<f64>) -> String {
    magnitude.map_or_else(|| "away from 0".to_owned(), figures::signed)
}

/// Two significant digits.
pub(super) fn p_value(p: f64) -> String {
    if p >= 0.0001 { format!("{p:.4}") } else { format!("{p:.1e}") }
}
