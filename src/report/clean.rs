//! Makes foreign text safe to print: what came from a service, a log, a label or a file name.

use crate::domain::series::SeriesKey;

/// The text as one line without control characters, escape sequences, and characters that reorder or hide others.
pub fn line(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => skip_escape(&mut chars),
            '\u{9b}' => skip_control_sequence(&mut chars),
            '\u{90}' | '\u{98}' | '\u{9d}' | '\u{9e}' | '\u{9f}' => skip_string(&mut chars),
            '\n' | '\t' | '\u{2028}' | '\u{2029}' => clean.push(' '),
            c if c.is_control() || is_invisible(c) => {}
            c => clean.push(c),
        }
    }
    clean.trim_end().to_owned()
}

/// As [`line`], at most so many characters; `…` stands for the rest.
pub(super) fn short_line(text: &str, most: usize) -> String {
    let clean = line(text);
    match clean.char_indices().nth(most) {
        None => clean,
        Some(_) => clean.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// A series' key as [`line`], of whose labels long values keep both ends: what tells series apart is often the end.
pub(super) fn series(key: &SeriesKey) -> String {
    let labels = key.labels.iter().map(|(name, value)| (name.clone(), both_ends(value))).collect();
    line(&SeriesKey { labels, ..key.clone() }.to_string())
}

/// At most so many characters of a label's value.
const LABEL_WIDTH: usize = 60;

fn both_ends(value: &str) -> String {
    let count = value.chars().count();
    if count <= LABEL_WIDTH {
        return value.to_owned();
    }
    let end = LABEL_WIDTH / 3;
    value.chars().take(LABEL_WIDTH - end - 1).chain(['…']).chain(value.chars().skip(count - end)).collect()
}

/// Marks of direction and of no width: they make text read other than it is.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// After ESC.
fn skip_escape(chars: &mut std::str::Chars<'_>) {
    match chars.next() {
        Some('[') => skip_control_sequence(chars),
        Some('P' | 'X' | ']' | '^' | '_') => skip_string(chars),
        // Intermediate characters come before the final one.
        Some(' '..='/') => skip_through(chars, |c| !matches!(c, ' '..='/')),
        _ => {}
    }
}

/// Parameters, then one final character.
fn skip_control_sequence(chars: &mut std::str::Chars<'_>) {
    skip_through(chars, |c| !matches!(c, ' '..='?'));
}

/// Up to BEL or the string terminator; never past the end of the line, which an open string must not swallow.
fn skip_string(chars: &mut std::str::Chars<'_>) {
    loop {
        let rest = chars.as_str();
        match chars.next() {
            None | Some('\u{7}' | '\u{9c}') => return,
            Some('\u{1b}') if chars.as_str().starts_with('\\') => return skip_through(chars, |c| c == '\\'),
            Some('\n') => return *chars = rest.chars(),
            Some(_) => {}
        }
    }
}

/// Up to and with the first character that ends it.
fn skip_through(chars: &mut std::str::Chars<'_>, is_end: impl Fn(char) -> bool) {
    chars.by_ref().take_while(|c| !is_end(*c)).for_each(drop);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_but_text() {
        for (dirty, clean) in [
            ("plain text", "plain text"),
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{1b}]0;title\u{7}after", "after"),
            ("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
            ("\u{1b}]open\nnext", " next"),
            ("\u{9b}2Jgone", "gone"),
            ("\u{1b}(Bcharset", "charset"),
            ("a\rb\u{8}c\u{0}d", "abcd"),
            ("two\nlines\tand tab", "two lines and tab"),
            ("evil\u{202e}txt.exe\u{200b}", "eviltxt.exe"),
            ("\u{1b}", ""),
        ] {
            assert_eq!(line(dirty), clean, "{dirty:?}");
        }
    }

    #[test]
    fn long_lines_are_cut_between_characters() {
        assert_eq!(short_line("ääääää", 4), "äää…");
        assert_eq!(short_line("ääää", 4), "ääää");
    }

    #[test]
    fn of_a_long_label_both_ends_are_shown_and_short_ones_stay() {
        let labels = [("endpoint", format!("/items/{}?page=2", "é".repeat(100_000))), ("q", "0.99".to_owned())];
        let key = SeriesKey {
            query: "latency".to_owned(),
            labels: labels.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            stage: 0,
        };
        let told = format!("latency{{endpoint=\"/items/{}…{}?page=2\",q=\"0.99\"}}", "é".repeat(32), "é".repeat(13));
        assert_eq!(series(&key), told);
    }
}
