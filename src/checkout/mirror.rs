//! The mirror: a bare repository of ours that holds all that is tested.

use std::fs::TryLockError;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::io::Errno;
use sha2::{Digest, Sha256};
use tokio::fs;
use tokio::time::{Instant, sleep};

use super::access::{Access, TokenSource};
use super::error::CheckoutError;
use super::git::Git;
use crate::domain::revision::Revision;
use crate::domain::settings::Repository;

/// Where the source's branches and tags land in the mirror.
pub(super) const HEADS: &str = "refs/source/heads";
pub(super) const TAGS: &str = "refs/source/tags";
/// Keeps the trees of dirty work trees reachable.
const DIRTY: &str = "refs/loadmark/dirty";

/// How often it is looked whether another command's fetch is over.
const LOCK_POLL: Duration = Duration::from_millis(50);

/// A bare repository in the data folder, fed from the project's.
#[derive(Clone, Debug)]
pub struct Mirror {
    folder: PathBuf,
    source: Repository,
    limit: Duration,
    access: Access,
}

impl Mirror {
    /// Opens the mirror of `source` in the data folder, makes it where there is none, and fetches all branches and
    /// tags. Each repository has a mirror of its own; two commands that open the same one go one after the other.
    ///
    /// # Errors
    /// The source is no repository or can't be reached, or the folder can't be written.
    pub async fn open(data: &Path, source: Repository, limit: Duration) -> Result<Self, CheckoutError> {
        Self::open_with(data, source, limit, None).await
    }

    /// As [`Mirror::open`], of a private repository: each fetch over https shows a token.
    ///
    /// # Errors
    /// As [`Mirror::open`]; or there is no token to be had.
    pub async fn open_with(
        data: &Path,
        source: Repository,
        limit: Duration,
        tokens: Option<TokenSource>,
    ) -> Result<Self, CheckoutError> {
        if let Repository::Folder(path) = &source {
            check_root(path, limit).await?;
        }
        prepare_data(data).await?;
        let folder = data.join(format!("mirror-{}.git", short_name(&source)));
        let access = Access::new(tokens, &source, data);
        let mirror = Self { folder, source, limit, access };
        let _lock = lock(mirror.lock_path(), limit).await?;
        if !mirror.folder.join("HEAD").exists() {
            mirror.make().await?;
        }
        mirror.fetch().await?;
        Ok(mirror)
    }

    /// Made beside its place and moved there whole: one that was left half-made would be refused for ever.
    async fn make(&self) -> Result<(), CheckoutError> {
        let new = self.folder.with_extension("new");
        let io = |operation, path: &Path| {
            let path = path.to_owned();
            move |source| CheckoutError::Io { operation, path, source }
        };
        if new.exists() {
            fs::remove_dir_all(&new).await.map_err(io("remove", &new))?;
        }
        fs::create_dir_all(&new).await.map_err(io("create", &new))?;
        // Without a template: its hooks are never run.
        Git::new(&new, self.limit).args(["init", "--quiet", "--bare", "--template="]).output().await?;
        fs::rename(&new, &self.folder).await.map_err(io("create", &self.folder))
    }

    pub(super) fn git(&self) -> Git {
        Git::new(&self.folder, self.limit)
    }

    pub(super) fn lock_path(&self) -> PathBuf {
        self.folder.with_extension("lock")
    }

    pub(super) fn source(&self) -> &Repository {
        &self.source
    }

    pub(super) fn limit(&self) -> Duration {
        self.limit
    }

    pub(super) fn access(&self) -> &Access {
        &self.access
    }

    /// The commit that a name means: a branch, a tag, a SHA, or any of them with `~N`; in a folder on this host
    /// all that git itself understands there, `HEAD` included.
    ///
    /// # Errors
    /// The name looks like an option, is empty, or names no commit.
    pub async fn resolve(&self, name: &str) -> Result<Revision, CheckoutError> {
        let wrong = |reason: &str| CheckoutError::Revision { name: name.to_owned(), reason: reason.to_owned() };
        if name.starts_with('-') {
            return Err(wrong("looks like an option; a revision does not begin with `-`"));
        }
        if name.is_empty() || name.chars().any(|c| c.is_control()) {
            return Err(wrong("is empty or has control characters"));
        }
        let candidates =
            [format!("{HEADS}/{name}"), format!("{TAGS}/{name}"), format!("refs/source/{name}"), name.to_owned()];
        for candidate in &candidates {
            if let Some(revision) = commit(self.git(), candidate).await? {
                return Ok(revision);
            }
        }
        if let Repository::Folder(path) = &self.source
            && let Some(revision) = commit(Git::new(path, self.limit), name).await?
        {
            return self.contain(revision, name).await;
        }
        Err(wrong("names no commit of the repository; see `git log --oneline --all`"))
    }

    /// A commit that only the user's folder knows (by reflog, say) is no commit of the mirror.
    async fn contain(&self, revision: Revision, name: &str) -> Result<Revision, CheckoutError> {
        match commit(self.git(), revision.sha()).await? {
            Some(found) => Ok(found),
            None => Err(CheckoutError::Revision {
                name: name.to_owned(),
                reason: "is on no branch and no tag; give it a branch, so that it can be fetched".to_owned(),
            }),
        }
    }

    /// The work tree as it is, uncommitted and untracked files included (ignored ones not), on top of `HEAD`.
    /// Equal to the plain `HEAD` when nothing is changed.
    ///
    /// # Errors
    /// The repository is not a folder on this host, or has no commit.
    pub async fn snapshot_work_tree(&self) -> Result<Revision, CheckoutError> {
        let path = match &self.source {
            Repository::Folder(path) => path,
            Repository::Url(url) => return Err(CheckoutError::DirtyUrl { url: url.clone() }),
        };
        let head = self.resolve("HEAD").await?;
        let index = self.folder.join(format!("dirty-{}.index", std::process::id()));
        let users_objects = Git::new(path, self.limit)
            .args(["rev-parse", "--path-format=absolute", "--git-path", "objects"])
            .output()
            .await?;
        let git = || {
            Git::new(path, self.limit)
                .env("GIT_INDEX_FILE", &index)
                .env("GIT_OBJECT_DIRECTORY", self.folder.join("objects"))
                .env("GIT_ALTERNATE_OBJECT_DIRECTORIES", &users_objects)
        };
        git().args(["read-tree", "HEAD"]).output().await?;
        git().args(["add", "--all", "--", "."]).output().await?;
        let tree = git().args(["write-tree"]).output().await?;
        fs::remove_file(&index).await.map_err(|source| CheckoutError::Io {
            operation: "remove",
            path: index,
            source,
        })?;
        if tree == self.tree_hash(&head, Path::new("")).await? {
            return Ok(head);
        }
        let revision = head.with_dirty_tree(&tree);
        self.git().args(["update-ref", &dirty_ref(&tree[..12]), &tree]).output().await?;
        Ok(revision)
    }

    /// The git hash of a folder's content at a revision; the empty path is the whole tree. Two revisions with the
    /// same hash have the same files there.
    ///
    /// # Errors
    /// The revision has no such folder.
    pub async fn tree_hash(&self, revision: &Revision, path: &Path) -> Result<String, CheckoutError> {
        let spec = match path.to_string_lossy().trim_end_matches('/') {
            "" | "." => format!("{}^{{tree}}", tree_ish(revision)),
            path => format!("{}:{path}", tree_ish(revision)),
        };
        self.git().args(["rev-parse", "--verify", "--end-of-options", &spec]).output().await
    }

    /// Writes the files of a revision into `folder`, which is made; without a `.git`, so that equal trees are equal
    /// build contexts.
    ///
    /// # Errors
    /// The folder can't be written.
    pub async fn check_out(&self, revision: &Revision, folder: &Path) -> Result<(), CheckoutError> {
        let io = |operation, path: &Path| {
            let path = path.to_owned();
            move |source| CheckoutError::Io { operation, path, source }
        };
        fs::create_dir_all(folder).await.map_err(io("create", folder))?;
        let index = folder.with_extension("index");
        let git = || self.git().env("GIT_INDEX_FILE", &index).env("GIT_WORK_TREE", folder).env("GIT_DIR", &self.folder);
        git().args(["read-tree", &tree_ish(revision)]).output().await?;
        let mut prefix = folder.as_os_str().to_owned();
        prefix.push("/");
        let written = git().args(["checkout-index", "--all", "--force", "--prefix"]).args([prefix]).output().await;
        if written.is_err() && is_full(folder) {
            // Git names each file that it could not write, and not why.
            return Err(io("write", folder)(Errno::NOSPC.into()));
        }
        written?;
        fs::remove_file(&index).await.map_err(io("remove", &index))
    }
}

/// Makes the data folder, and keeps it out of the repository that it may lie in: `--dirty` would take it for work.
async fn prepare_data(data: &Path) -> Result<(), CheckoutError> {
    let ignore = data.join(".gitignore");
    if ignore.exists() {
        return Ok(());
    }
    let io = |operation, path: &Path| {
        let path = path.to_owned();
        move |source| CheckoutError::Io { operation, path, source }
    };
    fs::create_dir_all(data).await.map_err(io("create", data))?;
    fs::write(&ignore, "*\n").await.map_err(io("write", &ignore))
}

/// Twelve digits that stand for a repository.
fn short_name(source: &Repository) -> String {
    let name = match source {
        Repository::Folder(path) => path.display().to_string(),
        Repository::Url(url) => url.clone(),
    };
    hex::encode(Sha256::digest(name))[..12].to_owned()
}

/// Waits for an exclusive lock, which ends with the answer, however the process ends.
pub(super) async fn lock(path: PathBuf, limit: Duration) -> Result<std::fs::File, CheckoutError> {
    let io = |source| CheckoutError::Io { operation: "lock", path: path.clone(), source };
    let file = std::fs::File::create(&path).map_err(io)?;
    let deadline = Instant::now() + limit;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => sleep(LOCK_POLL).await,
            Err(TryLockError::WouldBlock) => {
                return Err(CheckoutError::TimedOut { command: "fetch of another command".to_owned(), limit });
            }
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
    }
}

fn dirty_ref(short_tree: &str) -> String {
    format!("{DIRTY}/{short_tree}")
}

/// What git calls the revision's files.
fn tree_ish(revision: &Revision) -> String {
    match revision.to_string().split_once("+dirty.") {
        Some((_, hash)) => dirty_ref(hash),
        None => revision.sha().to_owned(),
    }
}

pub(super) async fn commit(git: Git, name: &str) -> Result<Option<Revision>, CheckoutError> {
    let spec = format!("{name}^{{commit}}");
    match git.args(["rev-parse", "--verify", "--quiet", "--end-of-options", &spec]).output().await {
        Ok(sha) => Ok(sha.parse().ok()),
        Err(CheckoutError::Git { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_full(folder: &Path) -> bool {
    rustix::fs::statvfs(folder).is_ok_and(|disk| disk.f_bavail == 0)
}

/// A folder must be the root itself: git would walk up into whatever repository lies around it.
async fn check_root(path: &Path, limit: Duration) -> Result<(), CheckoutError> {
    let nothing = |detail: String| CheckoutError::NotARepository { path: path.to_owned(), detail };
    if !path.is_dir() {
        return Err(nothing("there is no such folder".to_owned()));
    }
    let git = || Git::new(path, limit);
    let bare = match git().args(["rev-parse", "--is-bare-repository"]).output().await {
        Ok(answer) => answer == "true",
        Err(CheckoutError::Git { message, .. }) => return Err(nothing(message)),
        Err(error) => return Err(error),
    };
    let root = if bare { "--absolute-git-dir" } else { "--show-toplevel" };
    let root = git().args(["rev-parse", root]).output().await?;
    let canonical = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let root = canonical(Path::new(&root));
    if root == canonical(path) { Ok(()) } else { Err(CheckoutError::NotTheRoot { path: path.to_owned(), root }) }
}
