//! The sources that are checked.

use std::fs;
use std::path::Path;

/// One file of `src`.
pub(super) struct Source {
    /// Relative to the package, with `/`.
    pub(super) path: String,
    /// The room it is of: the first folder or the file below `src`.
    pub(super) room: String,
    /// How many modules it lies below the crate root.
    pub(super) depth: usize,
    pub(super) text: String,
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Self {
        let modules = path.strip_prefix("src/").expect("a path below src").strip_suffix(".rs").expect("a Rust file");
        let parts: Vec<_> = modules.split('/').filter(|part| *part != "mod").collect();
        let depth = if matches!(modules, "lib" | "main") { 0 } else { parts.len() };
        Self { path: path.to_owned(), room: parts[0].to_owned(), depth, text: text.to_owned() }
    }
}

/// Every file of `src`.
pub(super) fn sources() -> Vec<Source> {
    let mut sources = Vec::new();
    collect(Path::new(env!("CARGO_MANIFEST_DIR")), "src", &mut sources);
    sources
}

fn collect(package: &Path, folder: &str, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(package.join(folder)).expect("the folder can be read") {
        let entry = entry.expect("the entry can be read");
        let path = format!("{folder}/{}", entry.file_name().to_str().expect("names are UTF-8"));
        if entry.path().is_dir() {
            collect(package, &path, sources);
        } else if path.ends_with(".rs") {
            sources.push(Source::new(&path, &fs::read_to_string(entry.path()).expect("the source can be read")));
        }
    }
}

/// The crates of Cargo.toml, as code names them.
pub(super) fn dependencies() -> Vec<String> {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
    let manifest = manifest.expect("the manifest can be read");
    let mut is_dependency = false;
    let mut names = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            is_dependency = matches!(line, "[dependencies]" | "[dev-dependencies]");
        } else if is_dependency && let Some((name, _)) = line.split_once('=') {
            names.push(name.trim().replace('-', "_"));
        }
    }
    names
}
