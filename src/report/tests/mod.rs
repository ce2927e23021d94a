//! Reports as they are printed; a reader with five seconds is the judge.

mod bounds;
mod cases;
mod comments;
mod conditions;
mod documents;
mod endings;
mod export;
mod fixture;
mod foreign;
mod history;
mod judge;
mod lists;
mod markdown;
mod pages;
mod programs;
mod requery;
mod terminal;
mod validity;
mod verdicts;
