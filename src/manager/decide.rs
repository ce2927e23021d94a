//! The decision about a pull request's head, without any I/O: measure it, or say why not.

use crate::domain::approval::{self, APPROVED_ONCE, UNAPPROVED, WHO_APPROVES};
use crate::domain::github::PullRequest;
use crate::domain::notice::{Hold, HoldReason};
use crate::domain::rules::{GithubSettings, TestsWhen};

/// What is known of a head when it is decided about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Facts {
    /// Somebody who may has just let exactly this commit run, or asked for it: rules for what runs by itself are off.
    pub(super) is_asked: bool,
    /// It comes from the repository itself, or somebody who may has let it run.
    pub(super) is_trusted: bool,
    /// It changes nothing but files that the operator ignores.
    pub(super) is_ignored: bool,
}

/// What is to be done about a head.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Decision {
    /// Order its measurement.
    Measure,
    /// Don't, and have its checks say why.
    Hold(Hold),
}

/// Decides. What is not trusted never runs; what somebody asked for runs whatever the rules say.
pub(super) fn decide(rules: &GithubSettings, pull: &PullRequest, facts: Facts) -> Decision {
    let hold = |reason, text: String| Decision::Hold(Hold { reason, text });
    if facts.is_asked && facts.is_trusted {
        return Decision::Measure;
    }
    if pull.is_draft && !rules.drafts && !facts.is_asked {
        return hold(HoldReason::NotAsked, not_asked(rules, "it is a draft"));
    }
    if facts.is_ignored && !facts.is_asked {
        return hold(HoldReason::Ignored, not_asked(rules, "it changes only files that the configuration ignores"));
    }
    if !facts.is_trusted {
        return hold(HoldReason::Unapproved, how_to_approve(rules, pull));
    }
    match rules.tests {
        TestsWhen::Always => Decision::Measure,
        TestsWhen::Label if pull.labels.contains(&rules.label) => Decision::Measure,
        TestsWhen::Label => {
            hold(HoldReason::NotAsked, not_asked(rules, &format!("it does not have the label `{}`", rules.label)))
        }
        TestsWhen::Command => hold(HoldReason::NotAsked, not_asked(rules, "nobody has asked for it")),
    }
}

/// Why a head of a stranger is not built, and what somebody with write permission can do.
pub(super) fn how_to_approve(rules: &GithubSettings, pull: &PullRequest) -> String {
    let ways = approval::ways(&rules.command, &rules.label, &pull.head);
    let ways = ways.map(|way| format!("{} `{}`", way.what, way.words)).join(", or ");
    format!("{UNAPPROVED}. {WHO_APPROVES}: {ways}. {APPROVED_ONCE}")
}

fn not_asked(rules: &GithubSettings, why: &str) -> String {
    format!("Not measured: {why}. The comment `{} test` has it measured.", rules.command)
}

/// Whether all files of a change are ignored; a change whose files are not known, or that has none, is not.
pub(super) fn is_ignored(patterns: &[String], files: Option<&[String]>) -> bool {
    let mut set = globset::GlobSetBuilder::new();
    for pattern in patterns {
        // The configuration refused patterns that are none.
        if let Ok(glob) = globset::GlobBuilder::new(pattern).literal_separator(true).build() {
            set.add(glob);
        }
    }
    let Ok(set) = set.build() else { return false };
    files.is_some_and(|files| !files.is_empty() && files.iter().all(|file| set.is_match(file)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::github::PullNumber;
    use crate::domain::rules::{Credentials, MissingBaseline};
    use crate::domain::settings::Secret;

    fn rules(tests: TestsWhen, drafts: bool) -> GithubSettings {
        GithubSettings {
            repository: "team/shop".parse().unwrap(),
            api: "https://api.github.com".to_owned(),
            credentials: Credentials::Token(Secret("t".to_owned())),
            webhook_secrets: Vec::new(),
            hook: None,
            command: "/loadmark".to_owned(),
            tests,
            label: "bench".to_owned(),
            drafts,
            ignore: Vec::new(),
            benchmarks: Vec::new(),
            missing_baseline: MissingBaseline::Measure,
            regression_issue: false,
        }
    }

    fn pull(is_draft: bool, labels: &[&str]) -> PullRequest {
        PullRequest {
            number: PullNumber(7),
            head: "b".repeat(40).parse().unwrap(),
            head_repository: None,
            base_branch: "main".to_owned(),
            base: "a".repeat(40).parse().unwrap(),
            author: "ann".to_owned(),
            is_draft,
            is_open: true,
            labels: labels.iter().map(ToString::to_string).collect(),
        }
    }

    /// `measure`, or why not.
    fn told(tests: TestsWhen, drafts: bool, pull: &PullRequest, facts: (bool, bool, bool)) -> &'static str {
        let (is_asked, is_trusted, is_ignored) = facts;
        match decide(&rules(tests, drafts), pull, Facts { is_asked, is_trusted, is_ignored }) {
            Decision::Measure => "measure",
            Decision::Hold(hold) => hold.reason.as_str(),
        }
    }

    #[test]
    fn the_table_of_decisions() {
        use TestsWhen::{Always, Command, Label};
        let (plain, draft, labelled) = (pull(false, &[]), pull(true, &[]), pull(false, &["bench"]));
        // asked, trusted, ignored
        let (trusted, stranger, ignored) = ((false, true, false), (false, false, false), (false, true, true));
        for (tests, drafts, pull, facts, expected) in [
            (Always, false, &plain, trusted, "measure"),
            (Always, false, &plain, stranger, "unapproved"),
            (Always, false, &plain, ignored, "ignored"),
            (Always, false, &draft, trusted, "not-asked"),
            (Always, true, &draft, trusted, "measure"),
            (Label, false, &plain, trusted, "not-asked"),
            (Label, false, &labelled, trusted, "measure"),
            (Label, false, &labelled, stranger, "unapproved"),
            (Label, false, &plain, stranger, "unapproved"),
            (Command, false, &labelled, trusted, "not-asked"),
            (Command, false, &labelled, stranger, "unapproved"),
            // Asked for: the rules are off, trust is not.
            (Command, false, &draft, (true, true, true), "measure"),
            (Always, true, &labelled, (true, false, false), "unapproved"),
            // A stranger's documentation bothers nobody.
            (Always, false, &plain, (false, false, true), "ignored"),
        ] {
            assert_eq!(told(tests, drafts, pull, facts), expected, "{tests:?} {drafts} {pull:?} {facts:?}");
        }
    }

    #[test]
    fn a_change_is_ignored_where_all_of_its_files_are() {
        let patterns = ["docs/**".to_owned(), "*.md".to_owned()];
        let ignored = |files: &[&str]| {
            let files: Vec<_> = files.iter().map(ToString::to_string).collect();
            is_ignored(&patterns, Some(&files))
        };
        assert!(ignored(&["docs/a/b.txt", "README.md"]));
        assert!(!ignored(&["docs/a.txt", "src/main.rs"]));
        assert!(!ignored(&["src/README.md"]), "`*` stays within a folder");
        assert!(!ignored(&[]), "an empty change may be a change of mode or of history");
        assert!(!is_ignored(&patterns, None), "too many files to be listed");
        assert!(!is_ignored(&[], Some(&["README.md".to_owned()])));
    }
}
