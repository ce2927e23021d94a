//! The statistics that verdicts are made of, each by itself: numbers in, numbers out, no word of series or limits.

mod counts;
mod discovery;
mod draws;
mod family;
mod noise;
mod rank;
mod walsh;
mod wilcoxon;

pub(super) use counts::{Counts, Stratum};
pub(super) use discovery::benjamini_hochberg;
#[cfg(test)]
pub(super) use draws::Draws;
pub(super) use family::{Adjusted, Family};
pub(super) use noise::{Power, spread};
pub(super) use rank::{Ranks, signed_ranks};
pub(super) use walsh::Walsh;
#[cfg(test)]
use wilcoxon::upper_tail;
pub(super) use wilcoxon::{Untied, both_tails};
