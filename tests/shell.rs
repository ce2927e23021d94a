//! What a shell and `man` are given, without a configuration.

use std::collections::BTreeSet;
use std::fs;

use tempfile::TempDir;

use crate::harness::program::{Finished, Started};

fn run(folder: &TempDir, args: &[&str]) -> Finished {
    Started::new(folder.path(), args, &[]).finish()
}

#[test]
fn completions_are_written_for_each_shell() {
    let nowhere = TempDir::new().unwrap();
    for (shell, part) in [
        ("bash", "complete -F _loadmark"),
        ("zsh", "#compdef loadmark"),
        ("fish", "complete -c loadmark"),
        ("powershell", "Register-ArgumentCompleter -Native -CommandName 'loadmark'"),
        ("elvish", "edit:completion:arg-completer[loadmark]"),
    ] {
        let script = run(&nowhere, &["completions", shell]).expect(0).stdout;
        assert!(script.contains(part) && script.contains("invalidate"), "{shell}: {script}");
    }
    let refused = run(&nowhere, &["completions", "tcsh"]).expect(2);
    assert!(refused.stderr.contains("[possible values: bash, elvish, fish, powershell, zsh]"), "{}", refused.stderr);
}

#[test]
fn bash_takes_its_completions() {
    let folder = TempDir::new().unwrap();
    let script = run(&folder, &["completions", "bash"]).expect(0).stdout;
    let asked = "\nCOMP_WORDS=(loadmark runs inv) COMP_CWORD=2\n_loadmark loadmark inv runs\necho \"${COMPREPLY[@]}\"";
    let bash = std::process::Command::new("bash").args(["--norc", "-c", &(script + asked)]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&bash.stdout), "invalidate\n", "{}", String::from_utf8_lossy(&bash.stderr));
}

#[test]
fn every_subcommand_has_a_manual_page() {
    let folder = TempDir::new().unwrap();
    let page = run(&folder, &["man"]).expect(0).stdout;
    assert!(page.contains(".TH loadmark 1") && page.contains("Exit codes: 0 passed"), "{page}");
    run(&folder, &["man", "--output", "share/man1"]).expect(0);
    let written = fs::read_dir(folder.path().join("share/man1")).unwrap().map(|entry| entry.unwrap().file_name());
    let written: BTreeSet<String> = written.map(|name| name.into_string().unwrap()).collect();
    let help = run(&folder, &["--help"]).expect(0).stdout;
    let (_, listed) = help.split_once("Commands:\n").unwrap();
    // A line that is indented further goes on with what the one before it says.
    let begins = |line: &&str| !line.starts_with("   ");
    for line in listed.lines().take_while(|line| !line.is_empty()).filter(begins) {
        let command = line.split_whitespace().next().unwrap();
        assert!(command == "help" || written.contains(&format!("loadmark-{command}.1")), "{command}: {written:?}");
    }
    assert!(written.contains("loadmark.1") && written.contains("loadmark-runs-show.1"), "{written:?}");
}

#[test]
fn a_folder_that_can_not_be_made_is_named() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let refused = run(&folder, &["man", "--output", "file/man1"]).expect(1);
    assert!(refused.stderr.starts_with("loadmark: failed to write manual pages into `file/man1`: "), "{refused:?}");
}
