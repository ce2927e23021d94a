//! The change points of a history of 5,000 commits: noise of 3 % with a step every 250 commits.
//!
//! Argument: how many turns. Prints a line a turn: seconds, and the 1 s that it may take.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program for scripts/bench.sh")]

use std::time::Instant;

use loadmark::compare::history::{DEFAULT_LIMIT, changes};

const COMMITS: usize = 5000;
const EVERY: usize = 250;
const STEPS: usize = COMMITS / EVERY - 1;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let turns: u64 = arguments.first().unwrap().parse().unwrap();
    for turn in 1..=turns {
        let values = history(turn);
        let began = Instant::now();
        let found = changes(&values, DEFAULT_LIMIT, turn).points.len();
        println!("{:.4} 1", began.elapsed().as_secs_f64());
        // One that finds nothing would be fast.
        assert!((STEPS * 9 / 10..=STEPS).contains(&found), "{found} of {STEPS} steps");
    }
}

/// Up by 5 % and down again in turn.
fn history(seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut uniform = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    // Twelve uniform numbers add up to a variance of 1.
    let mut noise = || (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
    let level = |at: usize| if at / EVERY % 2 == 1 { 1.05 } else { 1.0 };
    (0..COMMITS).map(|at| level(at) * (0.03 * noise()).exp()).collect()
}
