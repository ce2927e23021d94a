//! Files of the configuration: read within bounds, and quoted in errors.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use serde_saphyr::Location;

use super::error::{ConfigError, Place, Problem};
use super::excerpt::{SHOWN_CHARACTERS, shortened};

/// The largest file that is read. Configurations have some hundred lines; more is a mistake or an attack.
pub(super) const MAX_BYTES: u64 = 1024 * 1024;

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
