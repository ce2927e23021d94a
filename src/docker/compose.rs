//! The compose tool, v2 or later, as a command: one project with its files.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::DockerError;
use super::process::{self, Finished, Tool};

/// How long the tool may take to say its version or to resolve a file.
const QUICK: Duration = Duration::from_secs(60);

/// A compose project: the tool's command, its files, and the variables that the files may use.
#[derive(Clone, Debug)]
pub struct Compose {
    command: Vec<String>,
    project: String,
    folder: PathBuf,
    files: Vec<PathBuf>,
    variables: BTreeMap<String, String>,
}

impl Compose {
    /// A project called `project`, whose files' relative paths mean `folder`. Later files override earlier ones.
    pub fn new(command: &[String], project: &str, folder: &Path, files: Vec<PathBuf>) -> Self {
        Self {
            command: command.to_vec(),
            project: project.to_owned(),
            folder: folder.to_owned(),
            files,
            variables: BTreeMap::new(),
        }
    }

    /// The variables for interpolation; nothing else of our environment reaches the files.
    pub fn with_variables(mut self, variables: BTreeMap<String, String>) -> Self {
        self.variables = variables;
        self
    }

    /// The project's name.
    pub fn project(&self) -> &str {
        &self.project
    }

    /// Makes sure that the command is compose v2 or later, and gives its version.
    ///
    /// # Errors
    /// It can't be started, or is older.
    pub async fn check_version(command: &[String]) -> Result<String, DockerError> {
        let tool = Self::new(command, "version", Path::new("/"), Vec::new());
        let finished = tool.invoke(&["version", "--short"], &[], QUICK, |_| ()).await?;
        let version = finished.stdout.trim().trim_start_matches('v').to_owned();
        let major: u32 = version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0);
        if finished.success && major >= 2 {
            return Ok(version);
        }
        let found = if finished.success { format!("it says `{version}`") } else { finished.last_lines(1) };
        Err(DockerError::ComposeVersion { command: command.join(" "), found })
    }

    /// The resolved project as JSON text, or what the tool found wrong with it.
    ///
    /// # Errors
    /// The tool can't be run.
    pub async fn config(&self) -> Result<Finished, DockerError> {
        // Profiles stay off and variables resolved: exactly what `up` would start.
        self.run(&["config", "--format", "json"], QUICK, |_| ()).await
    }

    /// Runs a subcommand on the project.
    ///
    /// # Errors
    /// The tool can't be run, or takes longer than `limit`.
    pub async fn run(
        &self,
        args: &[&str],
        limit: Duration,
        on_line: impl FnMut(&str),
    ) -> Result<Finished, DockerError> {
        let mut globals: Vec<OsString> = vec!["--ansi".into(), "never".into(), "--progress".into(), "plain".into()];
        globals.extend(["--project-name".into(), self.project.clone().into()]);
        globals.extend(["--project-directory".into(), self.folder.clone().into_os_string()]);
        // Without it, a stray `.env` beside the files could set COMPOSE_FILE or DOCKER_HOST.
        globals.extend(["--env-file".into(), "/dev/null".into()]);
        for file in &self.files {
            globals.extend(["--file".into(), file.clone().into_os_string()]);
        }
        self.invoke(args, &globals, limit, on_line).await
    }

    async fn invoke(
        &self,
        args: &[&str],
        globals: &[OsString],
        limit: Duration,
        on_line: impl FnMut(&str),
    ) -> Result<Finished, DockerError> {
        let (program, first) = match self.command.split_first() {
            Some((program, first)) => (program.as_str(), first),
            None => ("docker", [].as_slice()),
        };
        let mut words: Vec<OsString> = first.iter().map(OsString::from).collect();
        words.extend_from_slice(globals);
        words.extend(args.iter().map(OsString::from));
        let folder = if self.folder.is_dir() { self.folder.as_path() } else { Path::new("/") };
        let subcommand = args.first().copied().unwrap_or_default();
        let operation = format!("compose {subcommand} of {} (see `timeouts`)", self.project);
        let (operation, args, variables) = (operation.as_str(), words.as_slice(), &self.variables);
        process::run(Tool { operation, program, args, folder, variables, limit }, on_line).await
    }
}

/// The version of buildx, by which compose builds images.
///
/// # Errors
/// The docker command can't be started, or has no such plug-in.
pub async fn buildx_version() -> Result<String, DockerError> {
    let words = ["buildx".into(), "version".into()];
    let tool = Tool {
        operation: "ask buildx for its version",
        program: "docker",
        args: &words,
        folder: Path::new("/"),
        variables: &BTreeMap::new(),
        limit: QUICK,
    };
    let finished = process::run(tool, |_| ()).await?;
    if finished.success {
        return Ok(finished.stdout.trim().to_owned());
    }
    Err(DockerError::NoBuildx { found: finished.last_lines(1) })
}
