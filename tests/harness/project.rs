//! A project of its own for each test: repository, configuration, database, all in a folder that goes with it.
//!
//! The folder is the register of what a test may leave: where a test binary was killed, the next one finds the
//! folder and takes away the stacks and images that belong to it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use super::engine;
use super::postgres::{TestDatabase, database};
use super::program::{Finished, Started};

/// The files of the service, as they are on the branch `main`.
const SERVICE: [&str; 3] = ["server.pl", "Dockerfile", "compose.yaml"];
/// Folders of projects begin so; the process's id follows.
const PREFIX: &str = "loadmark-it-";
/// By this variable the configuration names the database.
pub const DATABASE: &str = "LOADMARK_TEST_DATABASE";

/// A repository with the service on `main`, a configuration, and a database of its own.
pub struct Project {
    /// Its database; other projects have others, so that none waits for another's turn.
    pub database: TestDatabase,
    name: String,
    instance: String,
    folder: TempDir,
    url: String,
}

impl Project {
    /// A fresh one, with nothing measured.
    pub async fn new() -> Self {
        Self::over(database().await).await
    }

    /// The same over a database that is empty.
    pub async fn over(database: TestDatabase) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        static SWEEP: Once = Once::new();
        SWEEP.call_once(sweep);
        let (process, number) = (std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let name = format!("it-{process}-{number}");
        let instance = database.connect().await.instance().to_string();
        let folder = TempDir::with_prefix(format!("{PREFIX}{process}-")).unwrap();
        fs::write(folder.path().join("register"), format!("{instance} {name}")).unwrap();
        let url = database.url().0;
        let project = Self { database, name, instance, folder, url };
        project.write_configuration();
        project.make_repository();
        project
    }

    fn write_configuration(&self) {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("queries");
        let text = service_file("config.yaml");
        self.write("config.yaml", text.replace("NAME", &self.name).replace("SHIPPED", &shipped.display().to_string()));
        self.write("queries.yaml", service_file("queries.yaml"));
    }

    fn make_repository(&self) {
        fs::create_dir(self.repository()).unwrap();
        self.git(&["init", "--quiet", "--initial-branch", "main"]);
        for file in SERVICE {
            self.write(&format!("repository/{file}"), service_file(file));
        }
        self.write("repository/behaviour", "normal\n");
        self.commit("A service");
    }

    /// Where everything of it is.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The user's repository.
    pub fn repository(&self) -> PathBuf {
        self.folder().join("repository")
    }

    /// Its name, which its images' names begin with.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Writes a file, `path` being relative to the folder.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        fs::write(self.folder().join(path), content).unwrap();
    }

    /// Changes a file, `path` being relative to the folder.
    #[track_caller]
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.folder().join(path)).unwrap();
        assert!(text.contains(from), "{path} has no `{from}`");
        self.write(path, text.replacen(from, to, 1));
    }

    /// Changes the configuration.
    #[track_caller]
    pub fn configure(&self, from: &str, to: &str) {
        self.edit("config.yaml", from, to);
    }

    /// Makes a branch with one more commit than `main`, in which a file of the service is another. The work tree
    /// stays that of `main`.
    pub fn branch(&self, name: &str, file: &str, content: &str) {
        self.git(&["checkout", "--quiet", "-b", name, "main"]);
        self.write(&format!("repository/{file}"), content);
        self.commit(name);
        self.git(&["checkout", "--quiet", "main"]);
    }

    /// Commits all changes; a commit without any is one as well.
    pub fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
    }

    /// The SHA of a revision.
    pub fn sha(&self, revision: &str) -> String {
        self.git(&["rev-parse", revision])
    }

    /// Git in the repository, with nothing of this host's configuration.
    pub fn git(&self, args: &[&str]) -> String {
        let mut git = Command::new("git");
        git.arg("-C").arg(self.repository()).args(args).env("GIT_CONFIG_GLOBAL", "/dev/null");
        for role in ["AUTHOR", "COMMITTER"] {
            git.env(format!("GIT_{role}_NAME"), "A Developer");
            git.env(format!("GIT_{role}_EMAIL"), "developer@example.invalid");
            git.env(format!("GIT_{role}_DATE"), "2026-01-01T12:00:00Z");
        }
        let output = git.output().expect("git runs");
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Starts the binary with this project's configuration.
    pub fn start(&self, args: &[&str]) -> Started {
        self.start_with(args, &[])
    }

    /// The same with more variables, or others.
    pub fn start_with(&self, args: &[&str], more: &[(&str, &str)]) -> Started {
        Started::new(self.folder(), args, &self.variables(more))
    }

    /// Starts another program with what the binary would see, and `more`.
    pub fn launch(&self, words: &[&str], more: &[(&str, &str)]) -> Started {
        Started::launch(words, self.folder(), &self.variables(more))
    }

    fn variables(&self, more: &[(&str, &str)]) -> Vec<(String, String)> {
        let own = [(DATABASE, self.url.as_str())];
        own.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// Runs the binary with this project's configuration to its end.
    #[track_caller]
    pub fn run(&self, args: &[&str]) -> Finished {
        self.start(args).finish()
    }

    /// Runs the binary and reads its JSON, whose schema is checked.
    #[track_caller]
    pub fn json(&self, args: &[&str], schema: &str) -> serde_json::Value {
        self.run(&[args, &["--format", "json"]].concat()).expect(0).json(schema)
    }

    /// What stacks of this project's database are there.
    pub fn stacks(&self) -> Vec<String> {
        engine::labelled(&self.label())
    }

    /// Asserts that no container, network, volume and work tree of a run is left.
    #[track_caller]
    pub fn assert_nothing_left(&self) {
        assert_eq!(self.stacks(), Vec::<String>::new());
        let work = fs::read_dir(self.folder().join("data/work"));
        let left: Vec<_> = work.into_iter().flatten().map(|entry| entry.unwrap().file_name()).collect();
        assert!(left.is_empty(), "work trees are left: {left:?}");
    }

    /// A text without what differs from one project to the next.
    pub fn plain(&self, text: &str) -> String {
        text.replace(&self.folder().display().to_string(), "FOLDER").replace(&self.name, "NAME")
    }

    /// The data folder, once it was made.
    pub fn data(&self) -> PathBuf {
        self.folder().join("data")
    }

    /// The label of all that belongs to its database.
    pub fn label(&self) -> String {
        format!("loadmark.instance={}", self.instance)
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        engine::remove_labelled(&self.label());
        engine::remove_images(&self.name);
    }
}

/// A file of the service as the tests keep it.
pub fn service_file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/service").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Takes away what test binaries left that were killed.
fn sweep() {
    for entry in fs::read_dir(std::env::temp_dir()).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let process = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next());
        if process.is_none_or(|process| Path::new("/proc").join(process).exists()) {
            continue;
        }
        let register = fs::read_to_string(entry.path().join("register")).unwrap_or_default();
        if let Some((instance, project)) = register.split_once(' ') {
            engine::remove_labelled(&format!("loadmark.instance={instance}"));
            engine::remove_images(project);
        }
        // Another test binary may be at it as well.
        let _ = fs::remove_dir_all(entry.path());
    }
}
