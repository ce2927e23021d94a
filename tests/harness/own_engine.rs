//! A Docker engine of a test's own, beside the one that all others use: it can be killed and started again.
//!
//! It lives in a network of its own, never in the host's: a second dockerd there takes the first one's bridge and packet
//! filter for its own. What talks with its containers has to be inside as well; from there, servers of the host's loopback
//! are reached at their own ports through [`OwnEngine::reach`]. Needs root.

use std::fs::{File, read_link};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpStream, UnixListener};
use tokio::task::JoinHandle;

/// A busy machine takes its time.
const STARTS_WITHIN: Duration = Duration::from_secs(90);
/// Takes connections at a port inside, and carries them to a socket in the file system, which both sides see.
const TUNNEL: &str = r#"
use strict; use warnings; use IO::Socket::INET; use IO::Socket::UNIX;
my ($port, $path) = @ARGV;
$SIG{CHLD} = 'IGNORE';
my $in = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 64, ReuseAddr => 1) or die "$!";
sub carry { my ($from, $to) = @_; my $bytes;
    while (sysread $from, $bytes, 65536) { my $sent = 0;
        while ($sent < length $bytes) { $sent += syswrite($to, $bytes, 65536, $sent) // exit } }
    shutdown $to, 1 }
while (my $one = $in->accept) {
    next if fork; close $in;
    my $other = IO::Socket::UNIX->new(Peer => $path) or exit;
    if (my $child = fork) { local $SIG{CHLD} = 'DEFAULT'; carry($one, $other); waitpid $child, 0 } else { carry($other, $one) }
    exit;
}
"#;

/// An engine with a containerd and a network of its own. All that it has goes with it.
pub struct OwnEngine {
    folder: TempDir,
    /// Holds the network while dockerd is dead.
    holder: Child,
    containerd: Child,
    dockerd: Option<Child>,
    tunnels: Vec<(Child, JoinHandle<()>)>,
}

impl OwnEngine {
    /// Starts one, with nothing in it.
    pub fn start() -> Self {
        let folder = TempDir::with_prefix("loadmark-engine-").unwrap();
        let file = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(file("containerd.toml"), "disabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n").unwrap();
        // The host's own settings are not for it.
        std::fs::write(file("daemon.json"), "{}").unwrap();
        let hold = "ip link set lo up && exec sleep 3600";
        let holder = spawn(Command::new("unshare").args(["--net", "sh", "-c", hold]), Path::new("/dev/null"));
        let containerd = spawn(
            Command::new("containerd")
                .args(["--root", &file("containerd"), "--state", &file("containerd-state")])
                .args(["--address", &file("containerd.sock"), "--config", &file("containerd.toml")]),
            &folder.path().join("containerd.log"),
        );
        let mut engine = Self { folder, holder, containerd, dockerd: None, tunnels: Vec::new() };
        until("the network of its own", || engine.is_apart());
        until("containerd's socket is there", || engine.file("containerd.sock").exists());
        engine.start_dockerd();
        engine
    }

    /// Whether the holder is in another network than we are.
    fn is_apart(&self) -> bool {
        let network = |process: &str| read_link(format!("/proc/{process}/ns/net")).ok();
        let (ours, its) = (network("self"), network(&self.holder.id().to_string()));
        ours.is_some() && its.is_some() && ours != its
    }

    /// The words before a command that is to be run inside.
    pub fn inside(&self) -> Vec<String> {
        assert!(self.is_apart(), "it would be in the host's network");
        let target = self.holder.id().to_string();
        ["nsenter", "--target", &target, "--net"].map(str::to_owned).to_vec()
    }

    /// Starts its dockerd, or starts it again after it was killed.
    pub fn start_dockerd(&mut self) {
        // A killed one leaves it.
        let _ = std::fs::remove_file(self.file("docker.pid"));
        let of = |name: &str| self.file(name).display().to_string();
        let inside = self.inside();
        let mut command = Command::new(&inside[0]);
        command
            .args(&inside[1..])
            .args([
                "dockerd",
                "--config-file",
                &of("daemon.json"),
                "--data-root",
                &of("data"),
                "--exec-root",
                &of("exec"),
            ])
            .args(["--pidfile", &of("docker.pid"), "--host", &self.address(), "--containerd", &of("containerd.sock")]);
        self.dockerd = Some(spawn(&mut command, &self.file("dockerd.log")));
        until("dockerd answers", || self.try_docker(&["version"]).is_some());
    }

    /// Makes a port of the host's loopback that of a server inside as well. Needs a runtime of several threads.
    pub fn reach(&mut self, port: u16) {
        let path = self.file(&format!("{port}.sock"));
        let listener = UnixListener::bind(&path).unwrap();
        let outside = tokio::spawn(async move {
            while let Ok((mut inner, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut outer = TcpStream::connect(("127.0.0.1", port)).await?;
                    copy_bidirectional(&mut inner, &mut outer).await
                });
            }
        });
        let inside = self.inside();
        let mut perl = Command::new(&inside[0]);
        perl.args(&inside[1..]).args(["perl", "-e", TUNNEL, &port.to_string(), &path.display().to_string()]);
        let tunnel = spawn(&mut perl, &self.file(&format!("{port}.log")));
        self.tunnels.push((tunnel, outside));
    }

    /// `kill -9` of its dockerd.
    pub fn kill_dockerd(&mut self) {
        let mut dockerd = self.dockerd.take().expect("dockerd runs");
        dockerd.kill().expect("dockerd runs");
        dockerd.wait().expect("dockerd ends");
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
        for id in self.try_docker(&["ps", "--all", "--quiet"]).into_iter().flatten() {
            self.try_docker(&["rm", "--force", "--volumes", &id]);
        }
        for (mut tunnel, outside) in self.tunnels.drain(..) {
            outside.abort();
            end(&mut tunnel);
        }
        if let Some(mut dockerd) = self.dockerd.take() {
            end(&mut dockerd);
        }
        end(&mut self.containerd);
        end(&mut self.holder);
        // Each dockerd mounts its folder upon itself.
        let data = self.file("data").display().to_string();
        let unmount = || Command::new("umount").arg(&data).stderr(Stdio::null()).status();
        while unmount().is_ok_and(|status| status.success()) {}
    }
}

/// Ends a process that we started, unless it has ended.
fn end(child: &mut Child) {
    if child.try_wait().is_ok_and(|ended| ended.is_none()) {
        let pid = Pid::from_raw(child.id().try_into().unwrap()).unwrap();
        let _ = kill_process(pid, Signal::TERM);
        let _ = child.wait();
    }
}

fn spawn(command: &mut Command, log: &Path) -> Child {
    let log = File::options().create(true).append(true).open(log).unwrap();
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
