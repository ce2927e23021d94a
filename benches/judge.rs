//! The cost of a verdict: so many primary series over so many pairs, with all looks, of which none decides; so that every
//! look is taken in full. Prints a line a turn, seconds and the reference's.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program for scripts/bench.sh")]

use std::time::Instant;

use loadmark::compare::judge_recorded;
use loadmark::domain::limit::{Direction, Limit};
use loadmark::domain::recorded::{Looks, RecordedPair, RecordedSeries, Scale};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [series, pairs, turns] = arguments.as_slice() else { panic!("SERIES PAIRS TURNS") };
    let pairs: u16 = pairs.parse().unwrap();
    let recorded: Vec<_> = (0..series.parse().unwrap()).map(|number| recorded(number, pairs)).collect();
    let looks = Looks { at: vec![pairs / 2, pairs * 2 / 3, pairs], error: 0.05, seed: 1 };
    for _ in 0..turns.parse().unwrap() {
        let began = Instant::now();
        let finding = judge_recorded(&recorded, &looks);
        let took = began.elapsed().as_secs_f64();
        assert_eq!(finding.looks, looks.at, "every look is taken");
        println!("{took:.4} 1");
    }
}

/// Unchanged but for scatter, under a limit that no number of pairs excludes.
fn recorded(number: usize, pairs: u16) -> RecordedSeries {
    let scatter = |pair: u16| ((f64::from(pair) * 12.9898 + number as f64 * 78.233).sin() * 43_758.545).fract() * 0.04;
    let pair = |pair| RecordedPair { baseline: Some(1.0), candidate: Some(1.0 + scatter(pair)), totals: None };
    RecordedSeries {
        name: number.to_string(),
        direction: Direction::Lower,
        scale: Scale::Ratio,
        limit: Some(Limit { relative: Some(0.0), absolute: None }),
        warn: None,
        improvement: None,
        primary: true,
        nullable: false,
        pairs: (0..pairs).map(pair).collect(),
    }
}
