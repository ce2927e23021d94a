//! The issue about a regression on the default branch.

use super::clean;
use super::markdown::MOST_BYTES;
use super::model::ReportModel;
use super::phrase::Phrase;
use super::section::{Section, link};
use super::standing::{Standing, Words};

/// GitHub takes 256 characters.
const TITLE_LENGTH: usize = 250;

/// What an issue says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IssueText {
    /// One line of plain text.
    pub title: String,
    /// Markdown, at most 65,535 bytes, in which nothing foreign is acted upon.
    pub body: String,
}

/// By this the issue of a benchmark is known, beside its author.
pub fn issue_marker(project: &str, benchmark: &str) -> String {
    format!("<!-- loadmark:{project}:{benchmark}:issue -->")
}

/// The issue about a master set that is worse than the one before it; none where nothing is known to be compared.
/// `url` is the page with everything.
pub fn issue(model: &ReportModel, branch: &str, url: Option<&str>, words: &Words) -> Option<IssueText> {
    let compared = model.against_previous()?;
    let (project, benchmark, revision) = (&model.project, &model.benchmark, &model.revision);
    let mut body = issue_marker(project, benchmark) + "\n";
    if let Some(base) = &compared.base {
        let between = Phrase::new("On ").foreign(branch).own(", between ").code(base.sha()).own(" and ");
        body += &format!("{}.\n\n", between.code(revision.sha()).to_markdown());
    }
    let benchmark = benchmark.clone();
    let section =
        Section { benchmark, revision: revision.clone(), standing: Standing::Ended(Box::new(compared)), url: None };
    let end = format!(
        "\n{}Close this issue once the regression is mended or accepted; the next one opens another.\n",
        url.and_then(|url| link(url, "All of it: verdicts, load, phases, logs"))
            .map(|link| link + "\n\n")
            .unwrap_or_default()
    );
    let room = MOST_BYTES - body.len() - end.len();
    let full = section.full(words, room);
    body += &if full.len() <= room { full } else { section.brief() };
    let title = format!("{} is worse on {branch} since {}", section.benchmark, revision.short());
    Some(IssueText { title: clean::short_line(&title, TITLE_LENGTH), body: body + &end })
}
