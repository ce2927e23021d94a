//! Files that are kept of a run: logs and raw samples. Served by the names that a listing of the run's own folder
//! gives, never by a path that somebody sent.

use std::fs;
use std::path::{Path as FilePath, PathBuf};

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tokio::task::spawn_blocking;
use tracing::warn;

use super::error::Refusal;
use super::pages::PageRefusal;
use super::state::App;
use crate::domain::ids::RunId;

/// A run keeps a few files a round and container; more would be a mistake, and no page.
const MOST_FILES: usize = 2000;
/// Folders inside folders: rounds, and their logs.
const DEEPEST: usize = 4;
/// Files are sent in pieces of this size.
const PIECE: usize = 64 * 1024;

/// A file of a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct KeptFile {
    /// Relative to the run's folder, with `/`.
    pub(super) path: String,
    pub(super) bytes: u64,
}

impl KeptFile {
    /// Whether it can be read by people as it is.
    pub(super) fn is_text(&self) -> bool {
        [".log", ".txt", ".json", ".yaml", ".yml"].iter().any(|end| self.path.ends_with(end))
    }

    /// `512 B`, `1.5 KiB`, `20.0 MiB`.
    pub(super) fn size(&self) -> String {
        const STEP: f64 = 1024.0;
        match self.bytes as f64 {
            bytes if bytes < STEP => format!("{bytes} B"),
            bytes if bytes < STEP * STEP => format!("{:.1} KiB", bytes / STEP),
            bytes => format!("{:.1} MiB", bytes / STEP / STEP),
        }
    }
}

/// What is kept here of a run, by name; nothing of runs of other hosts and of projects that are not configured here.
pub(super) async fn kept_files(app: &App, project: &str, run: RunId) -> Vec<KeptFile> {
    let Some(folder) = folder(app, project, run) else { return Vec::new() };
    let mut files = spawn_blocking(move || {
        let mut files = Vec::new();
        list(&folder, "", 0, &mut files);
        files
    })
    .await
    .unwrap_or_default();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn folder(app: &App, project: &str, run: RunId) -> Option<PathBuf> {
    Some(app.project(project)?.data.join("runs").join(run.to_string()))
}

/// Adds the regular files of a folder; links are left out, wherever they point.
fn list(folder: &FilePath, prefix: &str, depth: usize, files: &mut Vec<KeptFile>) {
    // A folder that is not here, or can't be read, has nothing to show.
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let (Some(name), Ok(facts)) = (name.to_str(), entry.path().symlink_metadata()) else { continue };
        let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
        if facts.is_dir() && depth < DEEPEST {
            list(&entry.path(), &path, depth + 1, files);
        } else if facts.is_file() && files.len() < MOST_FILES {
            files.push(KeptFile { path, bytes: facts.len() });
        }
    }
}

/// `GET /runs/{id}/files/{path}`.
pub(super) async fn file(
    State(app): State<App>,
    Path((id, path)): Path<(String, String)>,
) -> Result<Response, PageRefusal> {
    let run = app.database.run(&id).await?.summary;
    let missing = || Refusal::not_found("the run has no such file here; its page lists those it has");
    let kept = kept_files(&app, &run.project, run.id).await;
    let kept = kept.into_iter().find(|file| file.path == path).ok_or_else(missing)?;
    let full = folder(&app, &run.project, run.id).ok_or_else(missing)?.join(&kept.path);
    let file = File::open(full).await.map_err(|error| {
        warn!(%error, "failed to open a kept file");
        missing()
    })?;
    Ok(sent(&kept, file))
}

/// Text as text, whatever its name says, and all else to be saved.
fn sent(kept: &KeptFile, file: File) -> Response {
    let kind = if kept.is_text() { "text/plain; charset=utf-8" } else { "application/octet-stream" };
    let mut response = Body::from_stream(pieces(file)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if !kept.is_text() {
        headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    }
    response
}

/// As it is read; a log may still grow, so no length is told.
fn pieces(file: File) -> impl stream::Stream<Item = std::io::Result<Bytes>> {
    stream::try_unfold(file, |mut file| async move {
        let mut piece = vec![0; PIECE];
        let read = file.read(&mut piece).await?;
        piece.truncate(read);
        Ok((read > 0).then(|| (Bytes::from(piece), file)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_at_a_glance() {
        for (bytes, text) in [(512, "512 B"), (1536, "1.5 KiB"), (20 << 20, "20.0 MiB")] {
            assert_eq!(KeptFile { path: String::new(), bytes }.size(), text);
        }
    }

    #[test]
    fn a_listing_has_regular_files_and_follows_no_link() {
        let folder = tempfile::tempdir().unwrap();
        let round = folder.path().join("round-1");
        fs::create_dir(&round).unwrap();
        fs::write(round.join("shop.log"), "hello").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", round.join("passwd.log")).unwrap();
        std::os::unix::fs::symlink("/etc", folder.path().join("etc")).unwrap();
        let mut files = Vec::new();
        list(folder.path(), "", 0, &mut files);
        assert_eq!(files, [KeptFile { path: "round-1/shop.log".to_owned(), bytes: 5 }]);
    }
}
