//! The conditions of a run, in brief.

use super::{clean, figures};
use crate::domain::conditions::{CommandRecord, Conditions, HostFacts, HostState};
use crate::domain::limit::{Quantity, Unit};

/// A few lines; the whole record is in JSON.
pub(super) fn brief(conditions: &Conditions) -> String {
    let placement = conditions.placement.as_ref().map_or_else(|| "all on all cores".to_owned(), ToString::to_string);
    let engine = &conditions.engine;
    let mut lines =
        vec![format!("host: {}", host(&conditions.host)), format!("at the start: {}", state(&conditions.start))];
    lines.extend(conditions.end.as_ref().map(|end| format!("at the end: {}{}", state(end), steal(conditions))));
    if let Some(changed) = &conditions.host_at_end {
        lines.push(format!("host at the end, changed: {}", host(changed)));
    }
    lines.push(format!(
        "loadmark {}, docker {} ({}), {placement}, {}, {}",
        conditions.loadmark,
        engine.version,
        engine.storage_driver,
        figures::count(conditions.images.len(), "image"),
        commands(&conditions.commands),
    ));
    lines.iter().map(|line| clean::line(line) + "\n").collect()
}

/// What the machine does not tell is said so, not guessed.
fn host(facts: &HostFacts) -> String {
    let told = |value: &Option<String>| value.clone().unwrap_or_else(|| "not told".to_owned());
    let boost = match facts.boost {
        Some(true) => "on",
        Some(false) => "off",
        None => "not told",
    };
    let virtualisation = facts.virtualisation.as_ref().map(|kind| format!(", virtual machine ({kind})"));
    format!(
        "Linux {}, governor {}, boost {boost}, hyper-threads {}, huge pages {}, clock {}, cgroup v{}{}",
        told(&facts.kernel),
        told(&facts.governor),
        told(&facts.smt),
        told(&facts.huge_pages),
        told(&facts.clock_source),
        facts.cgroup_version,
        virtualisation.unwrap_or_default(),
    )
}

fn state(state: &HostState) -> String {
    let load = state.load1.map_or_else(|| "not told".to_owned(), |load| format!("{load:.2}"));
    let swap = match state.swap_used_bytes {
        None => "swap not told".to_owned(),
        Some(0) => "no swap in use".to_owned(),
        Some(bytes) => format!("{} of swap in use", Quantity(bytes as f64, Unit::Bytes)),
    };
    format!("load {load}, {swap}")
}

fn steal(conditions: &Conditions) -> String {
    conditions.steal_share.map(|share| format!("; steal {:.1}% over the run", share * 100.0)).unwrap_or_default()
}

fn commands(commands: &[CommandRecord]) -> String {
    let failed = commands.iter().filter(|command| command.exit_code != Some(0)).count();
    let failed = if failed == 0 { String::new() } else { format!(", {failed} of them failed") };
    format!("{}{failed}", figures::count(commands.len(), "command"))
}
