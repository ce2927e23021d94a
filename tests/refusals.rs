//! What is refused: each with its exit code, a message that names the place, and nothing left behind.

mod compose;
mod configuration;
mod environment;
mod queries;
mod repository;

use crate::harness::engine;
use crate::harness::project::Project;

/// Runs a command that has to be refused with `code`, and gives what it says: standard error, and the report where
/// there is one. No container, network, volume, work tree or image of it is left.
#[track_caller]
fn refusal(project: &Project, args: &[&str], code: i32) -> String {
    let refused = project.run(args).expect(code);
    project.assert_nothing_left();
    assert_eq!(engine::images(project.name()), Vec::<String>::new());
    let steps = |line: &&str| !matches!(*line, "check-out" | "build");
    let errors: Vec<&str> = refused.stderr.lines().filter(steps).collect();
    let report = refused.stdout.lines().next().unwrap_or_default();
    project.plain(&format!("{}{report}", errors.join("\n"))).trim().to_owned()
}
