//! A tool run to its end: own process group, scrubbed environment, output kept, killed when dropped.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::engine;
use super::error::DockerError;
use crate::domain::conditions::CommandRecord;
use crate::telemetry::record_command;

/// The only variables of our own environment that tools see: no token, no database URL, no COMPOSE_FILE.
const PASSED_ON: [&str; 8] =
    ["PATH", "HOME", "DOCKER_CONFIG", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY", "SSL_CERT_FILE", "TMPDIR", "USER"];

/// Output lines kept of a tool; earlier ones are dropped.
const KEPT_LINES: usize = 10_000;

/// A tool that ended by itself.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Whether it exited with 0.
    pub success: bool,
    /// Its exit code; none after a signal.
    pub exit_code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Finished {
    /// The last lines of standard error that are not empty, for messages.
    pub fn last_lines(&self, count: usize) -> String {
        let lines: Vec<&str> = self.stderr.lines().filter(|line| !line.trim().is_empty()).collect();
        lines[lines.len().saturating_sub(count)..].join("\n")
    }
}

/// The process groups of the tools that run, for whoever ends this process without dropping what waits for them.
static RUNNING: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// Kills every tool that runs, with all that it has started: for the moment before this process ends at once.
pub fn kill_tools() {
    for group in running().drain(..) {
        kill(group);
    }
}

/// Nothing is half-done under the lock, so that a panic beside it changes nothing.
fn running() -> MutexGuard<'static, Vec<Pid>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn kill(group: Pid) {
    // It may have ended this instant; there is nobody to tell otherwise.
    let _ = kill_process_group(group, Signal::KILL);
}

/// Kills the whole process group of a tool that did not end by itself: a dropped `docker compose` would leave
/// its plug-in at work.
struct GroupGuard {
    group: Pid,
    ended: bool,
}

impl GroupGuard {
    fn new(child: &Child) -> Option<Self> {
        let group = Pid::from_raw(i32::try_from(child.id()?).ok()?)?;
        running().push(group);
        Some(Self { group, ended: false })
    }
}

impl Drop for GroupGuard {
    fn drop(&mut self) {
        running().retain(|group| *group != self.group);
        if !self.ended {
            kill(self.group);
        }
    }
}

/// A tool to be run.
pub(super) struct Tool<'a> {
    /// Names what it is run for, where it takes too long.
    pub(super) operation: &'a str,
    pub(super) program: &'a str,
    pub(super) args: &'a [OsString],
    /// In which it is run.
    pub(super) folder: &'a Path,
    /// What it sees besides those that are passed on.
    pub(super) variables: &'a BTreeMap<String, String>,
    /// How long it may take.
    pub(super) limit: Duration,
}

/// Runs a tool to its end. Each line of its output goes to `on_line` as it comes.
///
/// # Errors
/// It can't be started, takes longer than its limit, or is killed. A failing exit code is an answer, not an error.
pub(super) async fn run(tool: Tool<'_>, on_line: impl FnMut(&str)) -> Result<Finished, DockerError> {
    let began = Instant::now();
    let finished = run_to_end(&tool, on_line).await;
    record_command(CommandRecord {
        program: tool.program.to_owned(),
        arguments: tool.args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect(),
        exit_code: finished.as_ref().ok().and_then(|finished| finished.exit_code),
        seconds: began.elapsed().as_secs_f64(),
    });
    finished
}

async fn run_to_end(tool: &Tool<'_>, mut on_line: impl FnMut(&str)) -> Result<Finished, DockerError> {
    let Tool { operation, program, args, folder, variables, limit } = *tool;
    let start_error = |source| DockerError::Start { program: program.to_owned(), source };
    let mut command = Command::new(program);
    command.args(args).current_dir(folder).env_clear().process_group(0);
    command.envs(PASSED_ON.iter().filter_map(|name| std::env::var_os(name).map(|value| (name, value))));
    command.env("DOCKER_HOST", engine::address());
    command.envs(variables).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().map_err(start_error)?;
    let mut guard = GroupGuard::new(&child);
    let (sender, mut lines) = mpsc::channel(256);
    if let Some(stdout) = child.stdout.take() {
        tokio::spawn(forward(stdout, Stream::Out, sender.clone()));
    }
    if let Some(stderr) = child.stderr.take() {
        tokio::spawn(forward(stderr, Stream::Err, sender.clone()));
    }
    drop(sender);
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let work = async {
        while let Some((stream, line)) = lines.recv().await {
            on_line(&line);
            let kept = if stream == Stream::Out { &mut stdout } else { &mut stderr };
            if kept.len() == KEPT_LINES {
                kept.remove(0);
            }
            kept.push(line);
        }
        child.wait().await
    };
    let status =
        timeout(limit, work).await.map_err(|_| DockerError::TimedOut { operation: operation.to_owned(), limit })?;
    if let Some(guard) = &mut guard {
        guard.ended = true;
    }
    let status = status.map_err(start_error)?;
    // What it was at is not done, and whatever it said last does not tell why.
    if status.code().is_none() {
        return Err(DockerError::Killed { operation: operation.to_owned() });
    }
    let (stdout, stderr) = (stdout.join("\n"), stderr.join("\n"));
    Ok(Finished { success: status.success(), exit_code: status.code(), stdout, stderr })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stream {
    Out,
    Err,
}

async fn forward(from: impl AsyncRead + Unpin, stream: Stream, to: mpsc::Sender<(Stream, String)>) {
    let mut reader = BufReader::new(from);
    let mut buffer = Vec::new();
    while let Ok(1..) = reader.read_until(b'\n', &mut buffer).await {
        let line = String::from_utf8_lossy(&buffer).trim_end_matches(['\n', '\r']).to_owned();
        buffer.clear();
        if to.send((stream, line)).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tool that says that it is up, and would stay; with a child, as the compose tool has one.
    const STAYS: &str = "sleep 600 & echo up; wait";

    /// The only test here that starts tools: it ends all of this process.
    #[tokio::test]
    async fn tools_end_at_once_with_their_children_when_they_are_killed() {
        let args = ["-c", STAYS].map(OsString::from);
        let (variables, limit) = (BTreeMap::new(), Duration::from_secs(60));
        // The pipes end with the last process that holds them, so the tool's child has ended as well.
        let folder = Path::new("/");
        let tool = Tool { operation: "test", program: "sh", args: &args, folder, variables: &variables, limit };
        assert!(matches!(run(tool, |_| kill_tools()).await, Err(DockerError::Killed { .. })));
        assert_eq!(running().len(), 0);
    }
}
