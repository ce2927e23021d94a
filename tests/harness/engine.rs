//! The Docker engine past the library: what a database's stacks have left, and taking it away.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::json;
use sha2::{Digest, Sha256};

/// Runs `docker` and gives its standard output, line by line.
pub fn docker(args: &[&str]) -> Vec<String> {
    let output = Command::new("docker").args(args).output().expect("docker runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "docker {args:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

/// Containers, networks and volumes with a label, each as its kind and its name.
pub fn labelled(label: &str) -> Vec<String> {
    let filter = format!("label={label}");
    let list = |kind: &str, args: &[&str]| {
        let args = [args, &["--filter", &filter]].concat();
        docker(&args).into_iter().map(|name| format!("{kind} {name}")).collect::<Vec<_>>()
    };
    [
        list("container", &["ps", "--all", "--format", "{{.Names}}"]),
        list("network", &["network", "ls", "--format", "{{.Name}}"]),
        list("volume", &["volume", "ls", "--format", "{{.Name}}"]),
    ]
    .concat()
}

/// Removes all that carries a label; what goes meanwhile by itself is no error.
pub fn remove_labelled(label: &str) {
    for object in labelled(label) {
        let (kind, name) = object.split_once(' ').expect("a kind and a name");
        let args: &[&str] = if kind == "container" { &["rm", "--force", "--volumes"] } else { &[kind, "rm"] };
        let _ = Command::new("docker").args(args).arg(name).output();
    }
}

/// The tags of a project's images.
pub fn images(project: &str) -> Vec<String> {
    docker(&["image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", &reference(project)])
}

/// Removes a project's images.
pub fn remove_images(project: &str) {
    for image in images(project) {
        let _ = Command::new("docker").args(["image", "rm", "--force", &image]).output();
    }
}

/// Makes an empty image that seems to have been made years ago; no tool makes such.
pub fn make_old_image(name: &str) {
    // Two empty blocks: an archive with nothing in it.
    let layer = [0; 1024];
    let diff = format!("sha256:{}", hex::encode(Sha256::digest(layer)));
    let image = json!({
        "architecture": "amd64", "os": "linux", "created": "2020-01-01T00:00:00Z",
        "config": {"Labels": {"made.for": name}}, "rootfs": {"type": "layers", "diff_ids": [diff]},
    });
    let manifest = json!([{"Config": "image.json", "RepoTags": [name], "Layers": ["layer.tar"]}]);
    let mut archive = tar::Builder::new(Vec::new());
    let (image, manifest) = (image.to_string(), manifest.to_string());
    for (file, content) in
        [("image.json", image.as_bytes()), ("manifest.json", manifest.as_bytes()), ("layer.tar", &layer)]
    {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, file, content).unwrap();
    }
    let mut load = Command::new("docker").arg("load").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    load.stdin.take().unwrap().write_all(&archive.into_inner().unwrap()).unwrap();
    assert!(load.wait().unwrap().success(), "docker load of {name}");
}

/// The images that stacks of tests stand on: the first of each one's names that is here.
pub fn images_here() -> Vec<String> {
    let names = include_str!("../../compose/images.env").lines().filter_map(|line| line.split_once('='));
    let of = |subject: &str| {
        let mut candidates = names.clone().filter(|(key, _)| key.contains(subject)).map(|(_, name)| name.to_owned());
        candidates.find(|name| has_image(name)).unwrap_or_else(|| panic!("no image of {subject} is here"))
    };
    vec![of("DEBIAN"), of("PROMETHEUS")]
}

/// Whether an image is here.
pub fn has_image(name: &str) -> bool {
    !docker(&["image", "ls", "--quiet", name]).is_empty()
}

fn reference(project: &str) -> String {
    format!("reference=loadmark/{project}-*")
}
