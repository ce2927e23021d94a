//! The commands of a comment: one a line, `/loadmark test --rounds 5`.
//!
//! What is wrong is told in our own words, for whoever wrote it to read on GitHub: nothing of what they wrote is in it.

use super::markdown::plain_lines;
use crate::domain::command::{Command, TestOptions};
use crate::domain::procedure::CompareMethod;
use crate::domain::revision::{Revision, is_branch};

/// So many commands of a comment are read; more is a mistake or mischief.
const MOST: usize = 10;
/// Rounds that a run may have.
const MOST_ROUNDS: u16 = 100;

const NAMES: [&str; 6] = ["test", "rerun", "cancel", "status", "help", "approve"];
const OPTIONS: [&str; 4] = ["--benchmark", "--rounds", "--compare", "--base"];

/// The commands of a comment, in their order: of lines that begin with `prefix` and are neither quoted, nor code,
/// nor hidden. At most [`MOST`], and one [`Command::Unknown`] where there are more.
pub fn commands(body: &str, prefix: &str) -> Vec<Command> {
    if prefix.is_empty() || !body.contains(prefix) {
        return Vec::new();
    }
    let after_prefix = plain_lines(body).into_iter().filter_map(|line| {
        let rest = line.strip_prefix(prefix)?;
        (rest.is_empty() || rest.starts_with([' ', '\t'])).then_some(rest)
    });
    let mut commands: Vec<Command> =
        after_prefix.take(MOST + 1).map(|words| command(words).unwrap_or_else(Command::Unknown)).collect();
    if commands.len() > MOST {
        commands.truncate(MOST);
        commands.push(Command::Unknown(format!("a comment may hold {MOST} commands; those after them were not read")));
    }
    commands
}

fn command(line: &str) -> Result<Command, String> {
    let mut words = line.split_whitespace();
    let Some(name) = words.next() else { return Ok(Command::Help) };
    let arguments: Vec<&str> = words.collect();
    match name {
        "test" => options(&arguments).map(Command::Test),
        "approve" => approved(&arguments).map(Command::Approve),
        "rerun" => alone(name, &arguments, Command::Rerun),
        "cancel" => alone(name, &arguments, Command::Cancel),
        "status" => alone(name, &arguments, Command::Status),
        "help" => alone(name, &arguments, Command::Help),
        _ => Err(format!("there is no such command; {}", nearest(name, &NAMES))),
    }
}

fn alone(name: &str, arguments: &[&str], command: Command) -> Result<Command, String> {
    if arguments.is_empty() { Ok(command) } else { Err(format!("`{name}` stands alone on its line")) }
}

fn approved(arguments: &[&str]) -> Result<Revision, String> {
    match arguments {
        [sha] => full_sha(sha),
        _ => None,
    }
    .ok_or_else(|| "`approve` takes exactly one commit, by all 40 digits of its SHA".to_owned())
}

/// A commit by all digits of its SHA, in small letters or capitals.
fn full_sha(text: &str) -> Option<Revision> {
    text.to_ascii_lowercase().parse().ok().filter(|revision: &Revision| !revision.is_dirty())
}

fn options(arguments: &[&str]) -> Result<TestOptions, String> {
    let mut options = TestOptions::default();
    let mut rest = arguments.iter();
    while let Some(word) = rest.next() {
        let option = with_hyphens(word);
        let (key, value) = match option.split_once('=') {
            Some((key, value)) => (key, Some(value)),
            None => (option.as_str(), None),
        };
        let Some(key) = OPTIONS.into_iter().find(|known| *known == key) else {
            return Err(format!("`test` has no such option; {}", nearest(key, &OPTIONS)));
        };
        let value = value.or_else(|| rest.next().copied()).ok_or_else(|| format!("`{key}` needs a value"))?;
        let is_second = match key {
            "--benchmark" => options.benchmark.replace(benchmark(value)?).is_some(),
            "--rounds" => options.rounds.replace(rounds(value)?).is_some(),
            "--compare" => options.compare.replace(method(value)?).is_some(),
            _ => options.base.replace(base(value)?).is_some(),
        };
        if is_second {
            return Err(format!("`{key}` stands there twice"));
        }
    }
    Ok(options)
}

/// Telephones write one dash for two hyphens.
fn with_hyphens(word: &str) -> String {
    match word.strip_prefix(['\u{2013}', '\u{2014}']) {
        Some(rest) => format!("--{rest}"),
        None => word.to_owned(),
    }
}

fn benchmark(text: &str) -> Result<String, String> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let is_sound = (1..=40).contains(&text.len()) && text.bytes().all(allowed) && !text.starts_with('-');
    is_sound.then(|| text.to_owned()).ok_or_else(|| "`--benchmark` takes a benchmark's name".to_owned())
}

fn rounds(text: &str) -> Result<u16, String> {
    let number = text.parse().ok().filter(|rounds| (1..=MOST_ROUNDS).contains(rounds));
    number.ok_or_else(|| format!("`--rounds` takes a number from 1 to {MOST_ROUNDS}"))
}

fn method(text: &str) -> Result<CompareMethod, String> {
    text.parse().map_err(|_| "`--compare` takes stored, paired or auto".to_owned())
}

fn base(text: &str) -> Result<String, String> {
    if let Some(revision) = full_sha(text) {
        return Ok(revision.to_string());
    }
    // Some digits of a commit may become another's; as a branch it would not be found.
    let is_short = text.len() >= 7 && text.bytes().all(|b| b.is_ascii_hexdigit());
    let is_sound = !is_short && is_branch(text);
    is_sound.then(|| text.to_owned()).ok_or_else(|| "`--base` takes a branch, or all 40 digits of a commit".to_owned())
}

/// What was probably meant, or what there is.
fn nearest(word: &str, known: &[&str]) -> String {
    let word: String = word.chars().take(20).collect::<String>().to_lowercase();
    let distance = |candidate: &str| strsim::damerau_levenshtein(&word, candidate);
    match known.iter().map(|candidate| (distance(candidate), candidate)).min() {
        Some((0..=2, candidate)) => format!("did you mean `{candidate}`?"),
        _ => format!("there are `{}`", known.join("`, `")),
    }
}
