//! One git command: scrubbed environment, safe protocols, no hooks, a time-out.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use super::error::CheckoutError;

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

/// A git command under construction.
pub(super) struct Git {
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
        Self { command, words: Vec::new(), limit }
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
        let output = match timeout(self.limit, self.command.output()).await {
            Ok(output) => output.map_err(CheckoutError::Start)?,
            Err(_) => return Err(CheckoutError::TimedOut { command: self.name(), limit: self.limit }),
        };
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(CheckoutError::Git { command: self.name(), message })
    }

    /// The first word: enough to say which command, without paths and URLs.
    fn name(&self) -> String {
        self.words.first().cloned().unwrap_or_default()
    }
}
