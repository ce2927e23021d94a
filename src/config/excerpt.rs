//! Pieces of a file as errors show them: short, on one line, without secrets.

/// How much of a line, or of a word, an error shows.
pub(super) const SHOWN_CHARACTERS: usize = 160;

/// At most [`SHOWN_CHARACTERS`], on one line; control characters, tabs among them, as a space each, so that carets
/// stand where they should and nothing of a hostile file reaches the terminal. Logins of URLs are masked: a password
/// that stands at the wrong key is still a password.
pub(super) fn shortened(text: &str) -> String {
    let text = mask_logins(text);
    let shown = text.chars().take(SHOWN_CHARACTERS).map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    let more = if text.chars().nth(SHOWN_CHARACTERS).is_some() { "..." } else { "" };
    format!("{}{more}", shown.trim_end())
}

/// `scheme://login@host` with a `*` for each character of the login, so that columns stay.
fn mask_logins(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(found) = rest.find("://") {
        let (before, after) = rest.split_at(found + 3);
        let authority = after.find(|c: char| c == '/' || c.is_whitespace()).unwrap_or(after.len());
        let login = after[..authority].rfind('@').unwrap_or(0);
        masked.push_str(before);
        masked.extend(after[..login].chars().map(|_| '*'));
        rest = &after[login..];
    }
    masked.push_str(rest);
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_masked_and_columns_stay() {
        let shown = shortened("url: postgres://me:p@ss@db/x, https://token@h, http://shop/a@b");
        assert_eq!(shown, "url: postgres://*******@db/x, https://*****@h, http://shop/a@b");
    }

    #[test]
    fn long_texts_are_cut_and_control_characters_taken_out() {
        assert_eq!(shortened("a\tb\u{1b}[31m "), "a b [31m");
        assert_eq!(shortened(&"x".repeat(1_000)).len(), SHOWN_CHARACTERS + 3);
    }
}
