//! The manager and the publisher with a GitHub and a real database: events in, jobs and texts out. Jobs are carried out by
//! the tests themselves, through the queue, as a worker would.

mod branches;
mod catch_up;
mod checks;
mod commands;
mod publishing;
mod pulls;
mod stage;
mod together;
mod trust;

use stage::{Stage, Told};
