//! The laws as data, and the tests that hold the sources to them.

use super::cycles::cycle;
use super::imports::{Reference, references};
use super::source::{Source, dependencies, sources};
use super::text::faults;

/// What a room may import besides itself, `domain` and `telemetry`.
pub(super) enum May {
    /// These rooms.
    Import(&'static [&'static str]),
    /// Every room but these.
    ImportAllBut(&'static [&'static str]),
}

use May::{Import, ImportAllBut};

/// The rooms, with what each may import.
pub(super) const ROOMS: &[(&str, May)] = &[
    ("domain", Import(&[])),
    ("telemetry", Import(&[])),
    ("config", Import(&[])),
    ("github", Import(&[])),
    ("docker", Import(&[])),
    ("prometheus", Import(&[])),
    ("database", Import(&[])),
    ("webhook", Import(&[])),
    ("compare", Import(&[])),
    ("report", Import(&[])),
    ("checkout", Import(&[])),
    ("host", Import(&[])),
    ("load", Import(&[])),
    ("build", Import(&["docker"])),
    ("stack", Import(&["docker"])),
    ("measure", Import(&["prometheus"])),
    ("queue", Import(&["database"])),
    ("manager", Import(&["webhook", "queue", "github", "database"])),
    ("pipeline", Import(&["checkout", "build", "stack", "measure", "compare", "report", "github", "database", "host"])),
    ("publish", Import(&["report", "github", "database"])),
    ("worker", Import(&["queue", "pipeline"])),
    // Judges by our procedure beside others'.
    ("evaluate", Import(&["compare"])),
    ("web", Import(&["manager", "webhook", "queue", "report", "database"])),
    ("app", ImportAllBut(&["cli", "main"])),
    ("cli", Import(&["app", "config", "report"])),
    ("main", Import(&["cli"])),
];

/// Open to every room but `domain`, which knows no other, and `main`, which knows only `cli`.
const OPEN: [&str; 2] = ["domain", "telemetry"];

/// Crates that only one room knows.
const OWNED: [(&str, &str); 6] = [
    ("octocrab", "github"),
    ("bollard", "docker"),
    ("prometheus_http_query", "prometheus"),
    ("sqlx", "database"),
    ("axum", "web"),
    ("askama", "web"),
];

/// The crates that `domain` may use outside its tests.
const OF_DOMAIN: [&str; 4] = ["serde", "thiserror", "time", "uuid"];

/// Every breach of the import table and of the ownership of crates in one file.
pub(super) fn breaches(source: &Source, dependencies: &[String]) -> Vec<String> {
    let found = references(source, dependencies);
    let named = found.iter().filter_map(|reference| breach(&source.room, reference));
    let mut breaches: Vec<_> = named.map(|(line, what)| format!("{}:{line}: {what}", source.path)).collect();
    breaches.dedup();
    breaches
}

fn breach(room: &str, reference: &Reference) -> Option<(usize, String)> {
    match reference {
        Reference::Room { name, line } => {
            let (allowed, listed) = may_import(room, name);
            (!allowed).then(|| (*line, format!("`{room}` imports `{name}`; it may import {listed}")))
        }
        Reference::Crate { name, line, in_tests } => {
            if let Some((_, owner)) = OWNED.iter().find(|(owned, owner)| owned == name && *owner != room) {
                return Some((*line, format!("`{room}` uses `{name}`; only `{owner}` may")));
            }
            let foreign = room == "domain" && !in_tests && !OF_DOMAIN.contains(&name.as_str());
            foreign.then(|| (*line, format!("`domain` uses `{name}`; it may use std, {}", OF_DOMAIN.join(", "))))
        }
    }
}

/// Whether a room may import another, and what it may.
fn may_import(room: &str, other: &str) -> (bool, String) {
    let Some((_, may)) = ROOMS.iter().find(|(name, _)| *name == room) else {
        return (false, "nothing: it is not in the table of rooms".to_owned());
    };
    let is_room = ROOMS.iter().any(|(name, _)| *name == other);
    let open = if matches!(room, "domain" | "main") { &[][..] } else { &OPEN[..] };
    let listed = |rooms: &[&str]| {
        let all: Vec<_> = open.iter().chain(rooms).map(|name| format!("`{name}`")).collect();
        if all.is_empty() { "no other room".to_owned() } else { all.join(", ") }
    };
    let (allowed, listed) = match may {
        Import(rooms) => (rooms.contains(&other) || open.contains(&other), listed(rooms)),
        ImportAllBut(rooms) => (!rooms.contains(&other), format!("every room but {}", rooms.join(" and "))),
    };
    // Something of the crate root that is no room (there should be nothing) is refused as well.
    (other == room || (is_room && allowed), listed)
}

#[test]
fn rooms_import_only_what_the_design_allows() {
    let dependencies = dependencies();
    let all: Vec<_> = sources().iter().flat_map(|source| breaches(source, &dependencies)).collect();
    assert!(all.is_empty(), "\n{}\n", all.join("\n"));
}

#[test]
fn rooms_import_without_cycles() {
    let edges = sources().into_iter().flat_map(|source| {
        let rooms = references(&source, &[]).into_iter().filter_map(|reference| match reference {
            Reference::Room { name, .. } => Some((source.room.clone(), name)),
            Reference::Crate { .. } => None,
        });
        rooms.filter(|(from, to)| from != to).collect::<Vec<_>>()
    });
    assert_eq!(cycle(edges), None);
}

#[test]
fn files_are_fit_to_be_read() {
    let all: Vec<_> = sources().iter().flat_map(faults).collect();
    assert!(all.is_empty(), "\n{}\n", all.join("\n"));
}

#[test]
fn the_checks_see_the_whole_house() {
    let sources = sources();
    for room in ["domain", "compare", "report", "host", "main", "lib"] {
        assert!(sources.iter().any(|source| source.room == room), "no source of `{room}` was read");
    }
    let dependencies = dependencies();
    for name in ["serde_json", "prometheus_http_query", "sqlx", "bollard"] {
        assert!(dependencies.iter().any(|known| known == name), "`{name}` is not seen in Cargo.toml");
    }
}

#[test]
fn a_breach_is_named_with_file_line_and_what_is_allowed() {
    let source = Source::new("src/compare/bad.rs", "//! Doc.\n\nuse crate::report::text;\n");
    assert_eq!(
        breaches(&source, &[]),
        ["src/compare/bad.rs:3: `compare` imports `report`; it may import `domain`, `telemetry`"]
    );
}

#[test]
fn every_way_to_import_is_seen() {
    for text in [
        "use crate::docker::Engine;",
        "use crate::{domain::ids::JobId, docker::{self, Engine}};",
        "use super::super::docker::Engine;",
        "pub use crate::docker;",
        "fn f() -> crate::docker::Engine { todo!() }",
        "fn f() { let _ = crate::docker::connect(); }",
        "fn f() { println!(\"{}\", crate::docker::VERSION); }",
        "mod tests { use super::super::super::docker::Engine; }",
        "#[derive(crate::docker::Shape)] struct S;",
    ] {
        let found = breaches(&Source::new("src/measure/bad.rs", text), &[]);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].contains("`measure` imports `docker`"), "{found:?}");
    }
}

#[test]
fn allowed_imports_pass() {
    for (path, text) in [
        ("src/measure/good.rs", "use crate::{domain::ids::JobId, prometheus::Client, measure::ask, telemetry};"),
        ("src/measure/good.rs", "use super::ask::Ask; mod tests { use super::super::ask; }"),
        ("src/measure/good.rs", "/// See [`crate::docker::Engine`].\nstruct S;"),
        ("src/app/good.rs", "use crate::{pipeline, worker, database};"),
        ("src/main.rs", "fn main() { loadmark::cli::run(); }"),
        ("src/pipeline.rs", "use crate::{compare, stack};"),
        ("src/lib.rs", "pub mod docker;"),
    ] {
        let found = breaches(&Source::new(path, text), &[]);
        assert!(found.is_empty(), "{text}: {found:?}");
    }
}

#[test]
fn rooms_at_the_ends_of_the_table_are_held_to_it() {
    for (path, text) in [
        ("src/main.rs", "fn main() { loadmark::app::serve(); }"),
        ("src/main.rs", "use loadmark::domain::ids::JobId;"),
        ("src/app/bad.rs", "use crate::cli::Arguments;"),
        ("src/domain/bad.rs", "use crate::telemetry;"),
        ("src/pipeline.rs", "use crate::queue::claim;"),
        ("src/attic/bad.rs", "use crate::domain::ids::JobId;"),
    ] {
        assert_eq!(breaches(&Source::new(path, text), &[]).len(), 1, "{text}");
    }
}

#[test]
fn crates_stay_in_the_room_that_owns_them() {
    let known = ["sqlx".to_owned(), "bollard".to_owned(), "tokio".to_owned(), "serde".to_owned()];
    let count = |path, text| breaches(&Source::new(path, text), &known).len();
    assert_eq!(count("src/queue/bad.rs", "use sqlx::PgPool;"), 1);
    assert_eq!(count("src/queue/bad.rs", "fn f() { sqlx::query!(\"SELECT 1\"); }"), 1);
    assert_eq!(count("src/database/good.rs", "use sqlx::PgPool;"), 0);
    assert_eq!(count("src/stack/bad.rs", "fn f(engine: ::bollard::Docker) {}"), 1);
    assert_eq!(count("src/domain/bad.rs", "use tokio::sync::Mutex;"), 1);
    assert_eq!(count("src/domain/good.rs", "use serde::Serialize;"), 0);
    assert_eq!(count("src/domain/good.rs", "#[cfg(test)] mod tests { use tokio::test; }"), 0);
}
