//! Reports: pure words.
//!
//! Comes in: a comparison, a run, jobs. Goes out: text, Markdown, JSON, what stands on GitHub, pages as data. Must not: do I/O, decide a verdict. What a
//! service, a log or a repository supplied is never trusted: it is cleaned for a terminal and made inert for Markdown.

mod answer;
mod check;
mod clean;
mod comment;
mod comparison_view;
mod conditions;
mod doctor;
mod document;
mod evidence;
mod export;
mod facts;
mod figures;
mod headline;
mod history;
mod history_json;
mod issue;
mod jobs;
mod json;
mod judge;
mod judge_json;
mod markdown;
mod model;
mod page;
mod phases;
mod phrase;
mod pins;
mod requery;
mod runs;
mod section;
mod selection;
mod sparkline;
mod standing;
mod steps;
mod style;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod verdict_table;
mod view;
mod warnings;
mod why;

pub use answer::{Answer, answer};
pub use check::{CheckText, check};
pub use clean::line as clean_line;
pub use comment::{CommentModel, comment, comment_marker};
pub use doctor::{findings_json, findings_text};
pub use document::DocumentError;
pub use export::{Export, ExportFormat};
pub use history::{history_markdown, history_text};
pub use history_json::history_json;
pub use issue::{IssueText, issue, issue_marker};
pub use jobs::{job_json, job_text, jobs_json, jobs_text};
pub use json::json;
pub use judge::{histories_markdown, histories_text, judgement_markdown, judgement_text};
pub use judge_json::{histories_json, judgement_json};
pub use markdown::markdown;
pub use model::{Body, Failure, ReportModel};
pub use page::{ReportPage, RowPage, TablePage, Tone, page, previous_page};
pub use pins::{pins_json, pins_text};
pub use requery::{requery_json, requery_text};
pub use runs::{configuration_json, run_json, run_text, runs_json, runs_text};
pub use section::Section;
pub use standing::{Standing, Words};
pub use style::{Colours, Style};
pub use text::text;
