//! One git command: scrubbed environment, safe protocols, no hooks, a time-out.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::{Instant, timeout};

use super::error::CheckoutError;
use crate::domain::conditions::CommandRecord;
use crate::telemetry::record_command;

/// Settings that hold for every command: nothing of the repository's is executed, no helper protocol is followed.
const SAFE: [&str; 7] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "protocol.allow=never",
    "protocol.file.allow=always",
    "protocol.https.allow=always",
    "protocol.ssh.allow=always",
    "gc.auto=0",
];

/// How long git may take to say its version.
const VERSION_LIMIT: Duration = Duration::from_secs(10);

/// A git command under construction.
pub(super) struct Git {
    folder: PathBuf,
    command: Command,
    words: Vec<String>,
    limit: Duration,
}

impl Git {
    /// A command in a folder or, for a bare repository, on its git folder.
    pub(super) fn new(folder: &Path, limit: Duration) -> Self {
        let mut command = Command::new("git");
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("GIT_") {
                command.env_remove(name);
            }
        }
        command.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C").arg("-C").arg(folder);
        for setting in SAFE {
            command.args(["-c", setting]);
        }
        command.stdin(Stdio::null()).kill_on_drop(true);
        Self { folder: folder.to_owned(), command, words: Vec::new(), limit }
    }

    pub(super) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        for arg in args {
            self.words.push(arg.as_ref().to_string_lossy().into_owned());
            self.command.arg(arg);
        }
        self
    }

    pub(super) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// What it wrote on standard output, trimmed.
    pub(super) async fn output(mut self) -> Result<String, CheckoutError> {
        let began = Instant::now();
        let ended = timeout(self.limit, self.command.output()).await;
        let exit_code = ended.as_ref().ok().and_then(|output| output.as_ref().ok()?.status.code());
        record_command(self.record(exit_code, began));
        let output = match ended {
            Ok(output) => output.map_err(CheckoutError::Start)?,
            Err(_) => return Err(CheckoutError::TimedOut { command: self.name(), limit: self.limit }),
        };
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(CheckoutError::Git { command: self.name(), folder: self.folder, message })
    }

    /// With all arguments: a URL with a password in it is refused by the configuration.
    fn record(&self, exit_code: Option<i32>, began: Instant) -> CommandRecord {
        let command = self.command.as_std();
        CommandRecord {
            program: command.get_program().to_string_lossy().into_owned(),
            arguments: command.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect(),
            exit_code,
            seconds: began.elapsed().as_secs_f64(),
        }
    }

    /// The first word: enough to say which command, without paths and URLs.
    fn name(&self) -> String {
        self.words.first().cloned().unwrap_or_default()
    }
}

/// Git's version, as it calls itself.
///
/// # Errors
/// It can't be started.
pub async fn git_version() -> Result<String, CheckoutError> {
    Git::new(Path::new("/"), VERSION_LIMIT).args(["--version"]).output().await
}
