//! What is tried: sets, planted changes, rules, and how many jobs of each.

use super::plant::fits;
use super::set::{Recording, Set, Source};
use super::simulation::{Shares, Simulation};
use crate::domain::evaluation::{Plant, PlantKind, Rule, Subject};

/// How many jobs are drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extent {
    /// Enough for figures with narrow bounds.
    Full,
    /// A few of each: shows that it works, not how well.
    Quick,
}

/// Jobs of one set with one change, for these rules.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Scenario {
    /// Its place in the list of sets.
    pub(super) set: usize,
    pub(super) plant: Plant,
    pub(super) rules: Vec<Rule>,
    pub(super) jobs: u32,
}

/// The rules that are compared on every set.
pub(super) const RULES: [Rule; 9] = [
    Rule::Loadmark,
    Rule::OneRound,
    Rule::Medians,
    Rule::Welch,
    Rule::ZScore,
    Rule::Iqr,
    Rule::MannWhitney,
    Rule::WindowPoints,
    Rule::Randomisation,
];

/// The numbers of pairs of a single look that are compared with looking early.
const ONCE: [u16; 9] = [32, 10, 12, 14, 16, 18, 20, 24, 28];
/// Noise and limit of the sets over which power is seen to grow, and the changes there.
const POWER: [(f64, f64); 3] = [(0.026, 0.03), (0.06, 0.05), (0.10, 0.05)];
const EFFECTS: [f64; 10] = [0.05, 0.01, 0.02, 0.03, 0.04, 0.06, 0.08, 0.10, 0.15, 0.20];
/// Noise of the sets of which the family-wise error is counted.
const FAMILIES: [f64; 3] = [0.026, 0.10, 0.20];
/// Series of the set of shares.
const SHARES: usize = 20;
/// Numbers of series.
const MANY: [usize; 5] = [5, 1, 20, 50, 100];

/// What is planted in recorded rounds, where a series carries it.
const PLANTS: [(PlantKind, &[f64]); 7] = [
    (PlantKind::ServiceTime, &[0.02, 0.05, 0.10, 0.20]),
    (PlantKind::OneEndpoint, &[0.05, 0.10]),
    (PlantKind::Tail, &[0.10, 0.20]),
    (PlantKind::Errors, &[0.005]),
    (PlantKind::Memory, &[0.05, 0.10]),
    (PlantKind::Cpu, &[0.05, 0.10]),
    (PlantKind::Throughput, &[0.05, 0.10]),
];

/// Jobs of unchanged code, with a change, and where every job takes all looks; and how much of each of the lists above
/// is tried, from its beginning.
#[derive(Clone, Copy)]
struct Jobs {
    unchanged: u32,
    planted: u32,
    families: u32,
    most: usize,
}

impl Extent {
    fn jobs(self) -> Jobs {
        match self {
            Self::Full => Jobs { unchanged: 1000, planted: 300, families: 1000, most: usize::MAX },
            Self::Quick => Jobs { unchanged: 4, planted: 2, families: 1, most: 1 },
        }
    }
}

/// All sets with all that is tried on them.
pub(super) fn plan(recordings: &[Recording], extent: Extent) -> (Vec<Set>, Vec<Scenario>) {
    let mut plan = Plan { sets: Vec::new(), scenarios: Vec::new(), jobs: extent.jobs() };
    recordings.iter().for_each(|recording| plan.recorded(recording));
    plan.families();
    plan.power();
    plan.many_series();
    plan.shares();
    (plan.sets, plan.scenarios)
}

struct Plan {
    sets: Vec<Set>,
    scenarios: Vec<Scenario>,
    jobs: Jobs,
}

impl Plan {
    fn set(&mut self, set: Set) -> usize {
        self.sets.push(set);
        self.sets.len() - 1
    }

    fn try_on(&mut self, set: usize, plant: Plant, rules: &[Rule], jobs: u32) {
        self.scenarios.push(Scenario { set, plant, rules: rules.to_vec(), jobs });
    }

    /// Every change on resampled rounds; a set without a series that could be judged has none.
    fn recorded(&mut self, recording: &Recording) {
        let set = Set::recorded(recording);
        let Source::Recorded(series) = &set.source else { return };
        if series.is_empty() {
            return;
        }
        let kinds: Vec<_> = PLANTS.iter().filter(|(kind, _)| fits(series, *kind)).collect();
        let rules: Vec<Rule> = RULES.into_iter().filter(|rule| *rule != Rule::WindowPoints).collect();
        let set = self.set(set);
        self.try_on(set, Plant::NOTHING, &rules, self.jobs.unchanged);
        for (kind, effects) in kinds {
            for effect in *effects {
                self.try_on(set, Plant { kind: *kind, effect: *effect }, &rules, self.jobs.planted);
            }
        }
        let in_proportion = self.set(Set::in_proportion(recording));
        self.try_on(in_proportion, Plant::NOTHING, &rules, self.jobs.unchanged);
    }

    /// The limit is so near zero that it passes nothing, and significance alone decides.
    fn families(&mut self) {
        for sd in FAMILIES.into_iter().take(self.jobs.most) {
            let simulation = Simulation { count: 20, correlation: 0.5, sd, limit: 1e-6, shares: None };
            let name = format!("noise {}%, limit near 0", percent(sd));
            let set = self.set(Set::simulated(&name, Subject::Families, simulation));
            self.try_on(set, Plant::NOTHING, &[Rule::Loadmark], self.jobs.families);
        }
    }

    fn power(&mut self) {
        for (sd, limit) in POWER.into_iter().take(self.jobs.most) {
            let simulation = Simulation { count: 20, correlation: 0.5, sd, limit, shares: None };
            let name = format!("noise {}%, limit {}%", percent(sd), percent(limit));
            let set = self.set(Set::simulated(&name, Subject::Power, simulation));
            let mut rules = RULES.to_vec();
            rules.extend(ONCE.into_iter().take(self.jobs.most).map(Rule::LoadmarkOnce));
            self.try_on(set, Plant::NOTHING, &rules, self.jobs.planted);
            let mut effects: Vec<f64> = EFFECTS.into_iter().take(self.jobs.most).collect();
            effects.sort_by(f64::total_cmp);
            for effect in effects {
                // How often a change of just the limit is passed as unchanged, there as often as anywhere, is to be known
                // more narrowly.
                let jobs = if effect == limit { self.jobs.unchanged } else { self.jobs.planted };
                self.try_on(set, Plant { kind: PlantKind::OneSeries, effect }, &rules, jobs);
            }
        }
    }

    fn many_series(&mut self) {
        let mut counts: Vec<usize> = MANY.into_iter().take(self.jobs.most).collect();
        counts.sort_unstable();
        for count in counts {
            let simulation = Simulation { count, correlation: 0.5, sd: 0.026, limit: 0.03, shares: None };
            let set = self.set(Set::simulated(&format!("{count} series"), Subject::ManySeries, simulation));
            self.try_on(set, Plant::NOTHING, &RULES, self.jobs.planted);
        }
    }

    /// 200 requests a second over windows of 8 s, of which one in 500 fails anyway.
    fn shares(&mut self) {
        let shares = Some(Shares { base: 0.002, events: 1600.0 });
        let simulation = Simulation { count: SHARES, correlation: 0.0, sd: 0.0, limit: 0.002, shares };
        let set = self.set(Set::simulated("errors of 0.2%, limit 0.2 points", Subject::Shares, simulation));
        let rules = [Rule::Loadmark, Rule::OneRound, Rule::Medians, Rule::Welch, Rule::ZScore, Rule::Randomisation];
        self.try_on(set, Plant::NOTHING, &rules, self.jobs.unchanged);
        for effect in [0.005, 0.001, 0.0025, 0.01].into_iter().take(self.jobs.most) {
            self.try_on(set, Plant { kind: PlantKind::Errors, effect }, &rules, self.jobs.planted);
        }
    }
}

fn percent(share: f64) -> f64 {
    (share * 1e4).round() / 1e2
}
