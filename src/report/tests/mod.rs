//! Reports as they are printed; a reader with five seconds is the judge.

mod bounds;
mod conditions;
mod export;
mod fixture;
mod history;
mod lists;
mod markdown;
mod programs;
mod requery;
mod terminal;
mod validity;
