//! The Docker engine past the library: what a database's stacks have left, and taking it away.

use std::process::Command;

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

fn reference(project: &str) -> String {
    format!("reference=loadmark/{project}-*")
}
