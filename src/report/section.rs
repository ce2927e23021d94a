//! One benchmark at one commit in GitHub's Markdown: a section of a comment, the summary of a check.

use crate::domain::approval::{APPROVED_ONCE, WHO_APPROVES};
use crate::domain::job::JobKind;
use crate::domain::revision::Revision;
use crate::domain::verdict::{Outcome, Verdict};

use super::evidence::MOST_PAIRS;
use super::facts::{facts, subject};
use super::markdown::{Room, body, circumstances};
use super::model::{Body, ReportModel};
use super::phrase::{Phrase, inert};
use super::standing::{Standing, Words, ways_to_approve};
use super::steps::{Step, in_pairs, needed, new_master};

/// A benchmark at a commit, and where it stands.
#[derive(Clone, PartialEq, Debug)]
pub struct Section {
    /// The benchmark.
    pub benchmark: String,
    /// The commit.
    pub revision: Revision,
    /// Where it stands.
    pub standing: Standing,
    /// The page with everything; see [`Section::link`].
    pub url: Option<String>,
}

impl Section {
    /// All that fits, the headline included; longer than `bytes` only where what is no table does not fit.
    pub(super) fn full(&self, words: &Words, bytes: usize) -> String {
        let mut text = self.opening();
        self.body(&mut text, words, Room::of(bytes));
        let what = match self.standing {
            Standing::Ended(_) => "All of it: every series, phases, logs",
            _ => "Details",
        };
        if let Some(link) = self.link(what) {
            text += &format!("\n{link}\n");
        }
        text
    }

    /// The headline, and where the rest is.
    pub(super) fn brief(&self) -> String {
        let link = self
            .link("It is too long to be shown here")
            .unwrap_or_else(|| "It is too long to be shown here".to_owned());
        format!("{}\n{link}.\n", self.opening())
    }

    /// A line of a list.
    pub(super) fn line(&self) -> String {
        let name = self.link("details").map(|link| format!(", {link}")).unwrap_or_default();
        format!("- {} {}: {}{name}\n", inert(&self.benchmark), self.revision.short(), self.standing.label())
    }

    fn opening(&self) -> String {
        let subject = match &self.standing {
            Standing::Ended(model) => subject(model),
            _ => Phrase::new("benchmark ").foreign(&self.benchmark).own(format!(", {}", self.revision.short())),
        };
        format!("### {}\n\n{}\n", self.standing.headline().to_markdown(), subject.to_markdown())
    }

    /// What stands below the headline.
    fn body(&self, text: &mut String, words: &Words, room: Room) {
        match &self.standing {
            Standing::Held { .. } => {
                *text += &format!("\n{WHO_APPROVES}:\n\n");
                for way in ways_to_approve(&self.revision, words) {
                    *text += &format!("- {}\n", way.to_markdown());
                }
                *text += &format!("\n{APPROVED_ONCE}\n");
            }
            Standing::Queued { .. } | Standing::Running { .. } => {}
            Standing::Ended(model) => {
                body(text, model, room);
                let (shown, folded): (Vec<_>, _) =
                    facts(model).into_iter().partition(|(name, _)| ["load", "machine"].contains(name));
                let shown = shown.into_iter().map(|(name, fact)| Phrase::new(format!("{name}: ")).then(fact));
                let next = next_steps(model, words).into_iter().map(|step| Phrase::new("next: ").then(step));
                text.push('\n');
                for line in shown.chain(next) {
                    *text += &format!("- {}\n", line.to_markdown());
                }
                circumstances(text, model, folded, &own_commands(model));
            }
            Standing::Dropped { outcome, .. } => {
                if *outcome != Outcome::Superseded {
                    *text += &format!("\n- next: {}\n", rerun("try again", words).to_markdown());
                }
            }
        }
    }

    /// The link to the page with everything, in these words of ours; none where there is no page that is safe to link.
    pub(super) fn link(&self, words: &str) -> Option<String> {
        link(self.url.as_deref()?, words)
    }
}

/// A link in words of ours; none to what is no plain web address.
pub(super) fn link(url: &str, words: &str) -> Option<String> {
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'*+,;=%[]".contains(&byte);
    (is_web && url.len() <= 500 && url.bytes().all(is_plain)).then(|| format!("[{words}](<{url}>)"))
}

fn rerun(purpose: &str, words: &Words) -> Phrase {
    let by_comment = Phrase::new(format!("{purpose}: comment ")).code(format!("{} rerun", words.command));
    if words.buttons { by_comment.own(", or press `Re-run` at its check") } else { by_comment }
}

fn command(model: &ReportModel, purpose: &str, command: &str) -> Phrase {
    Phrase::new(format!("{purpose}: ")).code(format!("{} {command}", model.program))
}

fn is_master(model: &ReportModel) -> bool {
    model.job.is_some_and(|(_, kind)| kind == JobKind::NewMaster)
}

/// What helps after this outcome.
fn next_steps(model: &ReportModel, words: &Words) -> Vec<Phrase> {
    // Nobody comments on commits of a branch.
    let again = |purpose: &str| match model.job {
        Some((id, _)) if is_master(model) => command(model, purpose, &format!("jobs retry {id}")),
        _ => rerun(purpose, words),
    };
    match model.outcome {
        Outcome::Verdict(Verdict::NoBaseline) => {
            let base = model.base.as_ref().map(|base| format!("master {} --benchmark {}", base.sha(), model.benchmark));
            let base = base.map(|base| command(model, "measure the master set", &base));
            base.into_iter().chain([again("then measure again")]).collect()
        }
        Outcome::Verdict(Verdict::NoData) => vec![command(model, "check the queries", "check")],
        Outcome::Verdict(Verdict::Inconclusive) if !is_master(model) => {
            let needed = needed(model);
            if needed.is_some_and(|pairs| pairs > MOST_PAIRS) {
                return vec![again("measure again")];
            }
            let test = format!("{} test --benchmark {}{}", words.command, model.benchmark, in_pairs(needed));
            vec![Phrase::new("decide it in pairs of rounds: comment ").code(test)]
        }
        Outcome::Verdict(Verdict::Regression | Verdict::Inconclusive | Verdict::Invalid | Verdict::Gone) => {
            vec![again("measure again")]
        }
        Outcome::Verdict(Verdict::Improvement) => {
            let step = new_master(model);
            let now = |step: Step| Phrase::new(format!("{}, before it is merged: ", step.purpose)).code(step.command);
            step.map(now).into_iter().collect()
        }
        Outcome::InfrastructureFailed | Outcome::Cancelled | Outcome::Discarded => vec![again("try again")],
        Outcome::ServiceFailed(_) => vec![again("push a commit that mends it, or try again")],
        Outcome::Measured | Outcome::Superseded | Outcome::Verdict(Verdict::New | Verdict::Unchanged) => Vec::new(),
    }
}

/// The same on the reader's own machine.
fn own_commands(model: &ReportModel) -> Vec<Phrase> {
    let (revision, benchmark) = (model.revision.sha(), &model.benchmark);
    let again = if is_master(model) {
        format!("master {revision} --benchmark {benchmark} --force")
    } else {
        let base = model.base.as_ref().map(|base| format!(" --base {}", base.sha())).unwrap_or_default();
        let is_open = model.outcome == Outcome::Verdict(Verdict::Inconclusive);
        let pairs = if is_open { in_pairs(needed(model).map(|needed| needed.min(MOST_PAIRS))) } else { String::new() };
        format!("test {revision}{base} --benchmark {benchmark}{pairs}")
    };
    let run = match &model.body {
        Body::Comparison(comparison) => Some(comparison.candidate.id),
        Body::Master(run) => Some(run.summary.id),
        Body::Failure(_) => None,
    };
    let run = run.map(|run| command(model, "see every series of this run", &format!("runs show {run}")));
    [command(model, "reproduce locally", &again)].into_iter().chain(run).collect()
}
