//! Files of the configuration: read within bounds, and quoted in errors.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use serde_saphyr::Location;

use super::error::{ConfigError, Place, Problem};

/// The largest file that is read. Configurations have some hundred lines; more is a mistake or an attack.
pub(super) const MAX_BYTES: u64 = 1024 * 1024;
/// How much of a line, or of a word, an error shows.
const SHOWN_CHARACTERS: usize = 160;

/// A file and its text.
pub(super) struct Source {
    /// As people named it: relative paths stay relative.
    pub(super) path: PathBuf,
    pub(super) text: String,
}

impl Source {
    /// Reads the file that the command line names.
    pub(super) fn read(path: &Path) -> Result<Self, ConfigError> {
        match read_text(path)? {
            Some(text) => Ok(Self { path: path.to_owned(), text }),
            None => Err(ConfigError::Absent { path: path.to_owned() }),
        }
    }

    /// Reads a file that this one names at `location`; a relative path is relative to this one's folder.
    pub(super) fn read_named(&self, path: &str, location: Location) -> Result<Self, ConfigError> {
        let path = self.folder().join(path);
        match read_text(&path)? {
            Some(text) => Ok(Self { path, text }),
            None => Err(self.error(location, Problem::NoFile { path })),
        }
    }

    /// The folder of the file, as people named it; empty for the current one.
    pub(super) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// A problem at a location, with its line quoted.
    pub(super) fn error(&self, location: Location, problem: Problem) -> ConfigError {
        let place = Place { excerpt: self.excerpt(location), ..self.place(location) };
        ConfigError::At { place: Box::new(place), problem: Box::new(problem) }
    }

    /// A problem whose line may hold a secret and is not quoted.
    pub(super) fn secret_error(&self, location: Location, problem: Problem) -> ConfigError {
        ConfigError::At { place: Box::new(self.place(location)), problem: Box::new(problem) }
    }

    /// The word or text at a location, shortened for printing; none where the parser knows no length.
    pub(super) fn word(&self, location: Location) -> Option<String> {
        let start = usize::try_from(location.span().byte_offset()?).ok()?;
        let length = usize::try_from(location.span().byte_len()?).ok()?;
        let word = self.text.get(start..start + length)?.lines().next()?.trim();
        (!word.is_empty()).then(|| shortened(word))
    }

    /// The place without its line.
    pub(super) fn place(&self, location: Location) -> Place {
        Place { file: self.path.clone(), line: location.line(), column: location.column(), excerpt: String::new() }
    }

    /// The line with a caret under the place, as compilers show it.
    fn excerpt(&self, location: Location) -> String {
        let (Ok(line), Ok(column)) = (usize::try_from(location.line()), usize::try_from(location.column())) else {
            return String::new();
        };
        let Some(text) = line.checked_sub(1).and_then(|index| self.text.lines().nth(index)) else {
            return String::new();
        };
        let before = column.saturating_sub(1);
        if text.trim().is_empty() || before > SHOWN_CHARACTERS {
            return String::new();
        }
        let rest = text.chars().count().min(SHOWN_CHARACTERS).saturating_sub(before);
        let carets = usize::try_from(location.span().len()).unwrap_or(1).clamp(1, rest.max(1));
        let margin = " ".repeat(line.to_string().len());
        let (text, indent, carets) = (shortened(text), " ".repeat(before), "^".repeat(carets));
        format!("\n{margin} |\n{line} | {text}\n{margin} | {indent}{carets}")
    }
}

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

/// The text of a file of at most [`MAX_BYTES`]; none if there is no such file.
fn read_text(path: &Path) -> Result<Option<String>, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable { path: path.to_owned(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    let mut bytes = Vec::new();
    // The length that the file system tells is not trusted: devices and growing files have none.
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(ConfigError::TooLarge { path: path.to_owned(), max_bytes: MAX_BYTES });
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(text)),
        Err(error) => {
            Err(ConfigError::NotText { path: path.to_owned(), offset_bytes: error.utf8_error().valid_up_to() })
        }
    }
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
