//! Short answers to commands in comments.

use super::phrase::{Phrase, code};
use super::standing::Words;

/// What there is to answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// To `help`.
    Help,
    /// To what is no command: why not, in words for who wrote it.
    Unknown(String),
    /// To what was not done: why not, in words for who wrote it.
    Refused(String),
}

/// The commands, and what each does.
const COMMANDS: [(&str, &str); 6] = [
    (
        "test [--benchmark NAME] [--rounds N] [--compare paired] [--base SHA]",
        "measure the newest commit, all benchmarks or one",
    ),
    ("rerun", "measure again what was measured last"),
    ("cancel", "end what waits or runs for this pull request"),
    ("status", "bring this comment up to date"),
    ("approve SHA", "let exactly this commit of a stranger run; for those who may write"),
    ("help", "show this"),
];

/// An answer as GitHub Markdown.
pub fn answer(answer: &Answer, words: &Words) -> String {
    let mut text = match answer {
        Answer::Refused(reason) => {
            return Phrase::new("That was not done: ").foreign(reason).own(".\n").to_markdown();
        }
        Answer::Help => "These commands are understood, each on a line of its own:\n".to_owned(),
        Answer::Unknown(reason) => {
            let told = Phrase::new("That was not understood: ").foreign(reason).own(". These commands are:\n");
            told.to_markdown()
        }
    };
    text += "\n| command | what it does |\n| --- | --- |\n";
    for (command, what) in COMMANDS {
        text += &format!("| {} | {what} |\n", code(&format!("{} {command}", words.command)));
    }
    text += &format!("\nThe label {} asks for a measurement, too.\n", code(&words.label));
    text
}
