//! A Docker engine of a test's own, beside the one that all others use: it can be killed and started again.
//!
//! It leaves the host's packet filter alone, and has no bridge of its own: its containers are reached through its
//! proxies on loopback. Needs root.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// A busy machine takes its time.
const STARTS_WITHIN: Duration = Duration::from_secs(90);
/// Networks that nobody else on the host is likely to use.
const NETWORKS: &str = "base=10.213.0.0/16,size=24";

/// An engine with a containerd of its own. All that it has goes with it.
pub struct OwnEngine {
    folder: TempDir,
    containerd: Child,
    dockerd: Child,
}

impl OwnEngine {
    /// Starts one, with nothing in it.
    pub fn start() -> Self {
        let folder = TempDir::with_prefix("loadmark-engine-").unwrap();
        let file = |name: &str| folder.path().join(name).display().to_string();
        let containerd = spawn(
            Command::new("containerd")
                .args(["--root", &file("containerd"), "--state", &file("containerd-state")])
                .args(["--address", &file("containerd.sock"), "--config", "/dev/null"]),
            &file("containerd.log"),
        );
        let mut engine = Self { dockerd: spawn(&mut Command::new("true"), "/dev/null"), folder, containerd };
        until("containerd's socket is there", || engine.file("containerd.sock").exists());
        engine.start_dockerd();
        engine
    }

    /// Starts its dockerd, or starts it again after it was killed.
    pub fn start_dockerd(&mut self) {
        // A killed one leaves them.
        let _ = std::fs::remove_file(self.file("docker.pid"));
        let of = |name: &str| self.file(name).display().to_string();
        let mut command = Command::new("dockerd");
        command
            .args(["--data-root", &of("data"), "--exec-root", &of("exec"), "--pidfile", &of("docker.pid")])
            .args(["--host", &self.address(), "--containerd", &of("containerd.sock")])
            .args(["--iptables=false", "--ip-forward=false", "--ip-masq=false", "--bridge=none"])
            .args(["--default-address-pool", NETWORKS]);
        self.dockerd = spawn(&mut command, &of("dockerd.log"));
        until("dockerd answers", || self.try_docker(&["version"]).is_some());
    }

    /// `kill -9` of its dockerd.
    pub fn kill_dockerd(&mut self) {
        self.dockerd.kill().expect("dockerd runs");
        self.dockerd.wait().expect("dockerd ends");
    }

    /// What `DOCKER_HOST` is to say.
    pub fn address(&self) -> String {
        format!("unix://{}", self.file("docker.sock").display())
    }

    /// Brings images over from the engine that tests use.
    pub fn bring(&self, images: &[String]) {
        let mut save = Command::new("docker").arg("save").args(images).stdout(Stdio::piped()).spawn().unwrap();
        let mut load = self.command(&["load"]);
        let loaded = load.stdin(save.stdout.take().unwrap()).stdout(Stdio::null()).status().unwrap();
        assert!(save.wait().unwrap().success() && loaded.success(), "images can't be brought over: {images:?}");
    }

    /// Runs `docker` on it; its standard output, line by line.
    #[track_caller]
    pub fn docker(&self, args: &[&str]) -> Vec<String> {
        self.try_docker(args).unwrap_or_else(|| panic!("docker {args:?} on an engine of our own"))
    }

    fn try_docker(&self, args: &[&str]) -> Option<Vec<String>> {
        let output = self.command(args).stderr(Stdio::null()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
        output.status.success().then_some(text)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("docker");
        command.args(["--host", &self.address()]).args(args);
        command
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for OwnEngine {
    fn drop(&mut self) {
        if let Some(left) = self.try_docker(&["ps", "--all", "--quiet"]) {
            for id in left {
                self.try_docker(&["rm", "--force", "--volumes", &id]);
            }
            for name in self.try_docker(&["network", "ls", "--quiet", "--filter", "type=custom"]).into_iter().flatten()
            {
                self.try_docker(&["network", "rm", &name]);
            }
        }
        for child in [&mut self.dockerd, &mut self.containerd] {
            if child.try_wait().is_ok_and(|ended| ended.is_none()) {
                let pid = Pid::from_raw(child.id().try_into().unwrap()).unwrap();
                let _ = kill_process(pid, Signal::TERM);
                let _ = child.wait();
            }
        }
    }
}

fn spawn(command: &mut Command, log: &str) -> Child {
    let log = File::create(log).unwrap();
    let (again, program) = (log.try_clone().unwrap(), command.get_program().to_owned());
    // An interrupt from the terminal must not reach it before it reaches us.
    command.stdin(Stdio::null()).stdout(log).stderr(again).process_group(0);
    command.spawn().unwrap_or_else(|error| panic!("{}: {error}", program.display()))
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + STARTS_WITHIN;
    while !is_so() {
        assert!(Instant::now() < deadline, "not within {STARTS_WITHIN:?}: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}
