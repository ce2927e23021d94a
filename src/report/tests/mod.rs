//! Reports as they are printed; a reader with five seconds is the judge.

mod bounds;
mod fixture;
mod lists;
mod markdown;
mod programs;
mod terminal;
