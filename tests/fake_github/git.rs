//! The repository behind the fake: a folder on disk, where commits are made and from where a mirror can fetch.

use std::path::Path;
use std::process::Command;

/// Runs git in a folder; its output, without the line's end.
///
/// # Errors
/// What git says.
pub fn git(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["-c", "user.name=Octo Cat", "-c", "user.email=cat@example.test"])
        .args(arguments)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The commit that a name means.
pub fn commit(folder: &Path, name: &str) -> Option<String> {
    git(folder, &["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{name}^{{commit}}")]).ok()
}

/// The best common ancestor.
pub fn merge_base(folder: &Path, base: &str, head: &str) -> Option<String> {
    git(folder, &["merge-base", base, head]).ok()
}

/// A changed file, with its name before where it was moved.
pub struct Changed {
    pub name: String,
    pub before: Option<String>,
    pub status: &'static str,
}

/// The files that differ between two commits, as GitHub lists them.
pub fn changed(folder: &Path, from: &str, to: &str) -> Vec<Changed> {
    let listed = git(folder, &["diff", "--name-status", "--find-renames", from, to]).unwrap_or_default();
    let file = |line: &str| {
        let mut parts = line.split('\t');
        let (kind, first) = (parts.next()?, parts.next()?.to_owned());
        Some(match parts.next() {
            Some(second) => Changed { name: second.to_owned(), before: Some(first), status: "renamed" },
            None if kind == "A" => Changed { name: first, before: None, status: "added" },
            None if kind == "D" => Changed { name: first, before: None, status: "removed" },
            None => Changed { name: first, before: None, status: "modified" },
        })
    };
    listed.lines().filter_map(file).collect()
}
