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
        if *planted {
            let direction = series.direction;
            series.pairs.iter_mut().for_each(|pair| worsen(pair, plant.effect, direction, random));
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
    match series.pairs.first().and_then(|pair| pair.totals) {
        // What is judged by counts is a share, whatever it is called.
        Some(_) => kind == PlantKind::Errors,
        None => Kind::of(&series.name).carries(kind),
    }
}

fn worsen(pair: &mut RecordedPair, effect: f64, direction: Direction, random: &mut StdRng) {
    let Some(value) = pair.candidate else { return };
    pair.candidate = Some(match (pair.totals, direction) {
        (Some((_, total)), _) => (value + count(random, total, effect) / total).min(1.0),
        (None, Direction::Lower) => value * (1.0 + effect),
        (None, Direction::Higher) => value * (1.0 - effect),
    });
}
