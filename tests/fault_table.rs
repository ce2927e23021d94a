//! The table of faults: complete, and every test that it names is there.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const SCRIPT: &str = include_str!("../scripts/test-faults.sh");
/// How many faults there are.
const FAULTS: u32 = 35;

/// The faults with the tests that stand for them.
fn table() -> BTreeMap<u32, Vec<&'static str>> {
    let rows = SCRIPT.lines().filter_map(|line| {
        let mut fields = line.split(" | ");
        let number = fields.next()?.strip_prefix('F')?.parse().ok()?;
        let (title, tests) = (fields.next()?, fields.next()?);
        assert!(!title.is_empty(), "F{number} has no title");
        Some((number, tests.split_whitespace().collect::<Vec<_>>()))
    });
    let rows: Vec<_> = rows.collect();
    let table: BTreeMap<_, _> = rows.iter().cloned().collect();
    assert_eq!(table.len(), rows.len(), "a fault is there twice");
    table
}

/// Whether the sources have a test of that path.
fn exists(test: &str) -> bool {
    let Some((module, name)) = test.rsplit_once("::") else { return false };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(module.replace("::", "/"));
    let text = fs::read_to_string(path.with_extension("rs")).unwrap_or_default();
    let Some(place) = text.find(&format!("fn {name}(")) else { return false };
    let before = text[..place].trim_end().trim_end_matches("async").trim_end();
    let attribute = before.lines().next_back().unwrap_or_default();
    attribute.starts_with("#[test]") || attribute.starts_with("#[tokio::test")
}

#[test]
fn every_fault_has_its_tests() {
    let table = table();
    assert_eq!(table.keys().copied().collect::<Vec<_>>(), (1..=FAULTS).collect::<Vec<_>>());
    for (number, tests) in table {
        assert!(!tests.is_empty(), "F{number} has no test");
        for test in tests {
            assert!(exists(test), "F{number}: there is no test `{test}`");
        }
    }
    assert!(!exists("faults::crash::goes_on"), "a function that is no test was taken for one");
}

/// What nobody names is never run: `make test` leaves the faults out.
#[test]
fn every_test_of_a_fault_stands_in_the_table() {
    let named: Vec<_> = table().into_values().flatten().collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let module = format!("faults::{}", path.file_stem().unwrap().to_str().unwrap());
        let text = fs::read_to_string(&path).unwrap();
        let names = text.split("#[tokio::test").skip(1).filter_map(|rest| {
            let (_, rest) = rest.split_once("fn ")?;
            rest.split_once('(').map(|(name, _)| name)
        });
        for name in names {
            let test = format!("{module}::{name}");
            assert!(named.contains(&test.as_str()), "no fault names {test}");
        }
    }
}
