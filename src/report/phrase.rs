//! Sentences that mix our words with foreign ones, which a terminal and Markdown make safe in different ways.

use super::clean;

/// Longer foreign parts are cut: a report is read by people.
const MOST_CHARACTERS: usize = 300;

/// A sentence in parts.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Phrase(Vec<Part>);

#[derive(Clone, PartialEq, Debug)]
enum Part {
    Own(String),
    Foreign(String),
    Code(String),
}

impl Phrase {
    /// Starts with our words.
    pub(super) fn new(words: impl Into<String>) -> Self {
        Self::default().own(words)
    }

    /// Goes on with our words.
    pub(super) fn own(mut self, words: impl Into<String>) -> Self {
        self.0.push(Part::Own(words.into()));
        self
    }

    /// Goes on with words that came from elsewhere.
    pub(super) fn foreign(mut self, words: impl Into<String>) -> Self {
        self.0.push(Part::Foreign(words.into()));
        self
    }

    /// Goes on with something to copy: as it is on a terminal, as code in Markdown.
    pub(super) fn code(mut self, words: impl Into<String>) -> Self {
        self.0.push(Part::Code(words.into()));
        self
    }

    /// Goes on with another one.
    pub(super) fn then(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// For a terminal, on one line.
    pub(super) fn to_text(&self) -> String {
        let part = |part: &Part| match part {
            Part::Own(words) => words.clone(),
            Part::Foreign(words) | Part::Code(words) => clean::short_line(words, MOST_CHARACTERS),
        };
        self.0.iter().map(part).collect()
    }

    /// For Markdown, on one line, fit for a table's cell too.
    pub(super) fn to_markdown(&self) -> String {
        let part = |part: &Part| match part {
            Part::Own(words) => words.clone(),
            Part::Foreign(words) => inert(words),
            Part::Code(words) => code(words),
        };
        self.0.iter().map(part).collect()
    }
}

/// Foreign words as Markdown that is nothing but text: as they are where no character of theirs means anything to
/// Markdown or GitHub, else as code, inside which no mention, link, image or HTML exists.
pub(super) fn inert(words: &str) -> String {
    let words = clean::short_line(words, MOST_CHARACTERS);
    if is_harmless(&words) { words } else { code(&words) }
}

/// Foreign words as a code span.
pub(super) fn code(words: &str) -> String {
    // A pipe would end a table's cell, whatever is put before it.
    let words = no_marker(&clean::short_line(words, MOST_CHARACTERS)).replace('|', "¦");
    let fence = "`".repeat(longest_run(&words, '`') + 1);
    let needs_space = words.starts_with('`') || words.ends_with('`') || words.trim().is_empty();
    let space = if needs_space { " " } else { "" };
    format!("{fence}{space}{words}{space}{fence}")
}

/// The text without the opening of an HTML comment: inside code it would be nothing but text, but our own comments are
/// known by one in their source.
pub(super) fn no_marker(words: &str) -> String {
    words.replace("<!--", "<! --")
}

/// Letters, digits and simple punctuation, no address, and nothing that GitHub turns into a reference.
fn is_harmless(words: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || " ,;:.%()'/-+…".contains(c);
    let lower = words.to_lowercase();
    let is_hash = |word: &str| word.len() >= 7 && word.bytes().all(|b| b.is_ascii_hexdigit());
    !words.is_empty()
        && words.chars().all(plain)
        && !["://", "www.", "gh-"].iter().any(|mark| lower.contains(mark))
        && !lower.split(|c: char| !c.is_alphanumeric()).any(is_hash)
}

/// How often a character follows itself at most.
pub(super) fn longest_run(text: &str, of: char) -> usize {
    text.split(|c| c != of).map(str::len).max().unwrap_or(0) / of.len_utf8()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmless_words_stay_as_they_are() {
        for words in ["round 2 is left out: the generator fell behind", "in 2 of 3 rounds (66%)", "größer"] {
            assert_eq!(inert(words), words);
        }
    }

    #[test]
    fn what_markdown_or_github_would_act_on_becomes_code() {
        for words in [
            "@octocat",
            "see #12",
            "GH-12",
            "https://x.example",
            "www.x.example",
            "a_b_",
            "*b*",
            "![x](y)",
            "<img>",
            "a@b.example",
            "[x]",
            "&lt;",
            "0123456789abcdef",
            "\\",
            "~~x~~",
        ] {
            assert_eq!(inert(words), format!("`{words}`"));
        }
    }

    #[test]
    fn code_can_not_be_broken_out_of() {
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`@x`"), "`` `@x` ``");
        assert_eq!(code("a|b\\|c"), "`a¦b\\¦c`");
        assert_eq!(code("a\n\n# b"), "`a  # b`");
        assert_eq!(code(""), "`  `");
        assert_eq!(code("<!-- loadmark:demo:pull -->"), "`<! -- loadmark:demo:pull -->`");
    }
}
