//! Finds a cycle among the rooms, if there is one.

use std::collections::{BTreeMap, BTreeSet};

/// The rooms that import each other in a circle, written `a -> b -> a`.
pub(super) fn cycle(edges: impl IntoIterator<Item = (String, String)>) -> Option<String> {
    let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (from, to) in edges {
        graph.entry(from).or_default().insert(to);
    }
    let mut done = BTreeSet::new();
    graph.keys().find_map(|room| follow(room, &graph, &mut Vec::new(), &mut done))
}

fn follow<'g>(
    room: &'g str,
    graph: &'g BTreeMap<String, BTreeSet<String>>,
    trail: &mut Vec<&'g str>,
    done: &mut BTreeSet<&'g str>,
) -> Option<String> {
    if let Some(start) = trail.iter().position(|earlier| *earlier == room) {
        trail.push(room);
        return Some(trail[start..].join(" -> "));
    }
    if done.contains(room) {
        return None;
    }
    trail.push(room);
    let found = graph.get(room).into_iter().flatten().find_map(|next| follow(next, graph, trail, done));
    if found.is_none() {
        trail.pop();
        done.insert(room);
    }
    found
}

#[test]
fn a_cycle_is_named_and_a_diamond_is_none() {
    let edges = |pairs: &[(&str, &str)]| cycle(pairs.iter().map(|(from, to)| (from.to_string(), to.to_string())));
    assert_eq!(edges(&[("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]), None);
    assert_eq!(edges(&[("a", "b"), ("b", "c"), ("c", "b")]).as_deref(), Some("b -> c -> b"));
}
