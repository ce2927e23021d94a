//! Running it: chunks of jobs on several threads, each drawn from a seed of its own, so that neither their order nor
//! what is known already changes a figure.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use rand::SeedableRng;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::distribution::bounds;
use super::plan::{Extent, Scenario, plan};
use super::plant::plant;
use super::rules::judge;
use super::set::{Recording, Set};
use super::tally::tally;
use crate::domain::evaluation::{Evaluation, Rule, Tally, Trial};

/// Jobs that are drawn together, and known together when it goes on.
const CHUNK: u32 = 20;

/// How to run it.
pub struct Running<'a> {
    /// The seed of all draws.
    pub seed: u64,
    /// How many jobs are drawn.
    pub extent: Extent,
    /// So many threads.
    pub threads: usize,
    /// What is known from a run before.
    pub known: &'a BTreeMap<Chunk, Counted>,
    /// Whether to stop: what was counted by then is kept by `on_chunk`.
    pub is_stopped: &'a (dyn Fn() -> bool + Sync),
}

/// A digest of what decides the figures of a chunk of jobs: its rounds, change, rules, seed and number.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Chunk(String);

/// What came of a chunk: a tally a rule.
pub type Counted = Vec<(Rule, Tally)>;

struct Task<'a> {
    scenario: usize,
    of: &'a Scenario,
    set: &'a Set,
    jobs: u32,
    key: Chunk,
    seed: u64,
}

/// Runs everything that is not known. `on_chunk` hears each chunk as it is counted, with how many are left. None: it
/// was stopped.
pub fn evaluate(
    recordings: &[Recording],
    running: &Running<'_>,
    mut on_chunk: impl FnMut(&Chunk, &Counted, usize),
) -> Option<Evaluation> {
    let (sets, scenarios) = plan(recordings, running.extent);
    let tasks = tasks(&sets, &scenarios, running.seed);
    let mut totals: Vec<BTreeMap<usize, Tally>> = vec![BTreeMap::new(); scenarios.len()];
    let mut count = |task: &Task<'_>, counted: &Counted| {
        for (rule, tally) in counted {
            if let Some(place) = task.of.rules.iter().position(|known| known == rule) {
                totals[task.scenario].entry(place).or_default().add(tally);
            }
        }
    };
    let (known, missing): (Vec<&Task<'_>>, Vec<_>) =
        tasks.iter().partition(|task| running.known.contains_key(&task.key));
    known.iter().for_each(|task| count(task, &running.known[&task.key]));
    let mut left = missing.len();
    in_threads(&missing, running, |task, counted| {
        left -= 1;
        count(task, &counted);
        on_chunk(&task.key, &counted, left);
    });
    if left > 0 {
        return None;
    }
    let trials = scenarios.iter().zip(totals).flat_map(|(scenario, totals)| {
        let set = sets[scenario.set].about.name.clone();
        let (plant, rules) = (scenario.plant, &scenario.rules);
        let trial = move |(place, tally): (usize, Tally)| Trial {
            set: set.clone(),
            plant,
            rule: rules[place],
            tally,
            bounds: bounds(&tally),
        };
        totals.into_iter().map(trial)
    });
    let trials = trials.collect();
    Some(Evaluation { seed: running.seed, sets: sets.into_iter().map(|set| set.about).collect(), trials })
}

fn tasks<'a>(sets: &'a [Set], scenarios: &'a [Scenario], seed: u64) -> Vec<Task<'a>> {
    // The debug form holds all that a set is made of; its rounds are digested once.
    let digests: Vec<String> = sets.iter().map(|set| digest(&format!("{:?}", set.source))).collect();
    let mut tasks = Vec::new();
    for (index, of) in scenarios.iter().enumerate() {
        for chunk in 0..of.jobs.div_ceil(CHUNK) {
            let jobs = CHUNK.min(of.jobs - chunk * CHUNK);
            let key = digest(&format!("{} {:?} {:?} {seed} {chunk} {jobs}", digests[of.set], of.plant, of.rules));
            // Changes are planted in the same jobs, whatever the effect and the rules.
            let seed = number(&digest(&format!("{} {seed} {chunk}", digests[of.set])));
            tasks.push(Task { scenario: index, of, set: &sets[of.set], jobs, key: Chunk(key), seed });
        }
    }
    tasks
}

fn digest(text: &str) -> String {
    hex::encode(&Sha256::digest(text.as_bytes())[..12])
}

fn number(digest: &str) -> u64 {
    u64::from_str_radix(&digest[..16], 16).unwrap_or_default()
}

/// Counts tasks on threads; `on_end` hears on this one.
fn in_threads(tasks: &[&Task<'_>], running: &Running<'_>, mut on_end: impl FnMut(&Task<'_>, Counted)) {
    let next = AtomicUsize::new(0);
    let (sender, receiver) = channel();
    std::thread::scope(|scope| {
        for _ in 0..running.threads.clamp(1, tasks.len().max(1)) {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                while let Some(task) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if (running.is_stopped)() || sender.send((task, counted(task))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        receiver.iter().for_each(|(task, counted)| on_end(task, counted));
    });
}

fn counted(task: &Task<'_>) -> Counted {
    let mut random = StdRng::seed_from_u64(task.seed);
    let mut totals: Counted = task.of.rules.iter().map(|rule| (*rule, Tally::default())).collect();
    for _ in 0..task.jobs {
        let mut job = task.set.draw(&mut random);
        let mut planting = StdRng::seed_from_u64(job.seed);
        plant(&mut job, task.of.plant, &mut planting);
        for (rule, total) in &mut totals {
            total.add(&tally(&job, task.of.plant, &judge(*rule, &job)));
        }
    }
    totals
}
