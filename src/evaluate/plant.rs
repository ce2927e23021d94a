//! Planting: makes the candidate of a job worse.

use rand::Rng;
use rand::rngs::StdRng;

use super::draw::Job;
use super::kinds::{Kind, endpoint};
use super::sample::count;
use crate::domain::evaluation::{Plant, PlantKind};
use crate::domain::limit::Direction;
use crate::domain::recorded::{RecordedPair, RecordedSeries};

/// Plants a change in the candidate's values of the series that carry it, and marks them. Which endpoint it is, is
/// drawn.
pub(super) fn plant(job: &mut Job, plant: Plant, random: &mut StdRng) {
    job.planted = carriers(&job.series, plant.kind, random);
    for (series, planted) in job.series.iter_mut().zip(&job.planted) {
        if *planted && series.has_totals() {
            series.pairs.iter_mut().for_each(|pair| add_events(pair, plant.effect, random));
        } else if *planted {
            let direction = series.direction;
            series.pairs.iter_mut().for_each(|pair| worsen(pair, plant.effect, direction));
        }
    }
}

/// Whether any series of a set carries such a change.
pub(super) fn fits(series: &[RecordedSeries], kind: PlantKind) -> bool {
    match kind {
        PlantKind::Nothing | PlantKind::OneSeries => true,
        PlantKind::OneEndpoint => series.iter().any(|one| carries(one, kind) && endpoint(&one.name).is_some()),
        kind => series.iter().any(|one| carries(one, kind)),
    }
}

fn carriers(series: &[RecordedSeries], kind: PlantKind, random: &mut StdRng) -> Vec<bool> {
    match kind {
        PlantKind::OneSeries => {
            let chosen = random.random_range(0..series.len());
            (0..series.len()).map(|index| index == chosen).collect()
        }
        PlantKind::OneEndpoint => {
            let mut endpoints: Vec<&str> =
                series.iter().filter(|one| carries(one, kind)).filter_map(|one| endpoint(&one.name)).collect();
            endpoints.sort_unstable();
            endpoints.dedup();
            let chosen = endpoints[random.random_range(0..endpoints.len())];
            series.iter().map(|one| carries(one, kind) && endpoint(&one.name) == Some(chosen)).collect()
        }
        kind => series.iter().map(|one| carries(one, kind)).collect(),
    }
}

fn carries(series: &RecordedSeries, kind: PlantKind) -> bool {
    match series.has_totals() {
        // What is judged by counts is a share, whatever it is called; where higher is better, its events are no errors.
        true => kind == PlantKind::Errors && series.direction == Direction::Lower,
        false => Kind::of(&series.name).carries(kind),
    }
}

/// Lets further events happen on the candidate's side: each of all has this chance.
fn add_events(pair: &mut RecordedPair, effect: f64, random: &mut StdRng) {
    // What lacks a side has no totals, and is no pair.
    let (Some(value), Some((_, total))) = (pair.candidate, pair.totals) else { return };
    pair.candidate = Some((value + count(random, total, effect) / total).min(1.0));
}

fn worsen(pair: &mut RecordedPair, effect: f64, direction: Direction) {
    let factor = match direction {
        Direction::Lower => 1.0 + effect,
        Direction::Higher => 1.0 - effect,
    };
    pair.candidate = pair.candidate.map(|value| value * factor);
}
