//! The real binary: run to its end, or started and watched by what it writes on standard error.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// The binary under test.
pub const BINARY: &str = env!("CARGO_BIN_EXE_loadmark");
/// A command that takes longer hangs; the machine may be busy with the other tests.
const LIMIT: Duration = Duration::from_secs(240);
/// All that it sees of our environment.
const PASSED_ON: [&str; 5] = ["PATH", "HOME", "DOCKER_HOST", "DOCKER_CONFIG", "TMPDIR"];

/// A program that ended.
#[derive(Debug)]
pub struct Finished {
    /// The exit code; none after a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Finished {
    /// Itself, if it exited with this code.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        let Self { stdout, stderr, .. } = &self;
        assert_eq!(self.code, Some(code), "exit code\n--- stderr\n{stderr}\n--- stdout\n{stdout}");
        self
    }

    /// Standard output as JSON of a schema.
    #[track_caller]
    pub fn json(&self, schema: &str) -> Value {
        let value: Value = serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"));
        assert_eq!(value["schema"], schema);
        value
    }
}

/// A program under way. Killed when dropped.
pub struct Started {
    child: Child,
    lines: Receiver<String>,
    seen: String,
    stdout: Option<JoinHandle<String>>,
    deadline: Instant,
}

impl Started {
    /// Starts the binary in a folder, with nothing of our environment but what Docker needs and `variables`.
    pub fn new(folder: &Path, args: &[&str], variables: &[(String, String)]) -> Self {
        Self::launch(&[&[BINARY], args].concat(), folder, variables)
    }

    /// The same with any words.
    pub fn launch(words: &[&str], folder: &Path, variables: &[(String, String)]) -> Self {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).current_dir(folder).env_clear();
        command.envs(PASSED_ON.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.envs(variables.iter().cloned());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let (sender, lines) = channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        thread::spawn(move || stderr.lines().map_while(Result::ok).all(|line| sender.send(line).is_ok()));
        let mut stdout = child.stdout.take().unwrap();
        let stdout = thread::spawn(move || {
            let mut text = String::new();
            stdout.read_to_string(&mut text).expect("standard output is UTF-8");
            text
        });
        Self { child, lines, seen: String::new(), stdout: Some(stdout), deadline: Instant::now() + LIMIT }
    }

    /// Waits until a line on standard error contains `part`; it is the answer.
    #[track_caller]
    pub fn await_line(&mut self, part: &str) -> String {
        self.deadline = Instant::now() + LIMIT;
        loop {
            match self.next_line() {
                Some(line) if line.contains(part) => return line,
                Some(_) => {}
                None => panic!("no line with `{part}` came:\n{}", self.seen),
            }
        }
    }

    /// Waits until the load window of a round has begun.
    #[track_caller]
    pub fn await_load(&mut self) {
        self.await_line(" · load");
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("it can be looked at").is_none()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().try_into().unwrap()).expect("a process id");
        kill_process(pid, signal).expect("the program still runs");
    }

    /// Waits for its end.
    #[track_caller]
    pub fn finish(mut self) -> Finished {
        self.deadline = Instant::now() + LIMIT;
        while self.next_line().is_some() {}
        let status = self.child.wait().expect("it ends");
        let stdout = self.stdout.take().unwrap().join().expect("standard output was read");
        Finished { code: status.code(), stdout, stderr: std::mem::take(&mut self.seen) }
    }

    /// The next line on standard error; none after the last.
    #[track_caller]
    fn next_line(&mut self) -> Option<String> {
        use std::sync::mpsc::RecvTimeoutError::{Disconnected, Timeout};
        match self.lines.recv_timeout(self.deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                self.seen += &line;
                self.seen += "\n";
                Some(line)
            }
            Err(Disconnected) => None,
            Err(Timeout) => panic!("still under way after {LIMIT:?}:\n{}", self.seen),
        }
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            let rest: Vec<String> = self.lines.iter().collect();
            // What it said may tell why the test failed.
            let _ = writeln!(std::io::stderr(), "--- said by {}\n{}{}", self.child.id(), self.seen, rest.join("\n"));
        }
    }
}
