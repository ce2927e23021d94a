//! What is wrong with a file as a text.

use super::source::Source;

/// Longer files hold more than one subject; the aim is far below.
const MOST_LINES: usize = 500;

/// Marks of work that was left for later.
const LEFTOVERS: [&str; 5] = ["todo!(", "unimplemented!(", "TODO", "FIXME", "XXX"];

/// Every fault of a file, with its place.
pub(super) fn faults(source: &Source) -> Vec<String> {
    let mut faults = Vec::new();
    if !source.text.starts_with("//! ") {
        faults.push(format!("{}:1: begins without a module doc (`//! ...`)", source.path));
    }
    let lines = source.text.lines().count();
    if lines > MOST_LINES {
        faults.push(format!("{}: {lines} lines; {MOST_LINES} at most", source.path));
    }
    for (index, line) in source.text.lines().enumerate() {
        if let Some(leftover) = LEFTOVERS.iter().find(|leftover| line.contains(*leftover)) {
            faults.push(format!("{}:{}: `{leftover}` is left", source.path, index + 1));
        }
    }
    faults
}

#[test]
fn faults_are_named_with_their_place() {
    let of = |text: &str| faults(&Source::new("src/host/bad.rs", text));
    assert_eq!(of("//! Doc.\n\nfn f() {}\n"), Vec::<String>::new());
    assert_eq!(of("fn f() {}\n"), ["src/host/bad.rs:1: begins without a module doc (`//! ...`)"]);
    assert_eq!(of("//! Doc.\n// FIXME later\n"), ["src/host/bad.rs:2: `FIXME` is left"]);
    let long = format!("//! Doc.\n{}", "\n".repeat(500));
    assert_eq!(of(&long), ["src/host/bad.rs: 501 lines; 500 at most"]);
}
