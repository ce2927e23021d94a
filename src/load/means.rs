//! Stages, threads, connections, queue and time-out of a specification: what is impossible is refused.

use super::error::{LoadError, refuse};
use crate::domain::load::LoadSpec;
use crate::domain::plan::{MAX_RATE, MAX_SECONDS, Stage};

/// The longest time-out: no answer is worth more waiting, and a drain takes as long.
const MAX_TIMEOUT_SECONDS: u64 = 3_600;
/// More threads than this are no help on any host that one service is tested on.
const MAX_WORKERS: u16 = 256;

pub(super) fn check_stages(spec: &LoadSpec) -> Result<(), LoadError> {
    if spec.stages.is_empty() || spec.stages.len() > usize::from(u16::MAX) {
        return Err(refuse("stages", format!("has {} stages: give 1 to {}", spec.stages.len(), u16::MAX)));
    }
    let stages = spec.stages.iter().enumerate().map(|(index, stage)| (format!("stages[{index}]"), stage));
    let warm_up = spec.warm_up.iter().map(|stage| ("warm_up".to_owned(), stage));
    for (place, Stage { rate, seconds }) in stages.chain(warm_up) {
        if !(1..=MAX_RATE).contains(rate) {
            return Err(refuse(format!("{place}.rate"), format!("is {rate}: give 1 to {MAX_RATE} requests a second")));
        }
        if !(1..=MAX_SECONDS).contains(seconds) {
            return Err(refuse(format!("{place}.seconds"), format!("is {seconds}: give 1 to {MAX_SECONDS}")));
        }
    }
    Ok(())
}

/// Each worker needs a connection to each host, and room for one waiting request.
pub(super) fn check_means(spec: &LoadSpec, hosts: usize) -> Result<(), LoadError> {
    let workers = u32::from(spec.workers);
    if !(1..=MAX_WORKERS).contains(&spec.workers) {
        return Err(refuse("workers", format!("is {workers}: give 1 to {MAX_WORKERS} threads")));
    }
    let least = workers.saturating_mul(u32::try_from(hosts).unwrap_or(u32::MAX));
    if spec.connections < least {
        let reason = format!("is {}: {workers} workers and {hosts} hosts need {least} or more", spec.connections);
        return Err(refuse("connections", reason));
    }
    if spec.queue < workers {
        return Err(refuse("queue", format!("is {}: {workers} workers need {workers} or more", spec.queue)));
    }
    if spec.timeout.0.is_zero() || spec.timeout.0.as_secs() > MAX_TIMEOUT_SECONDS {
        return Err(refuse("timeout", format!("is {}: give more than 0 and at most 1h", spec.timeout)));
    }
    Ok(())
}
