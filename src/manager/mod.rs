//! The manager: decides what an event on GitHub means, and has it done.
//!
//! Comes in: deliveries of the inbox, the state of pull requests and branches as GitHub's API tells it, wishes of people
//! by the web and the command line. Goes out: orders in the queue, approvals, holds, reactions. Must not: measure, or
//! write reports. An event only says where to look: what is acted on is read again from the API, so events may come
//! late, twice, or in any order. Everything done is done under a key that is the same when it is done again.

mod asks;
mod branches;
mod catch_up;
mod checks;
mod commands;
mod decide;
mod desk;
mod error;
mod orders;
mod pulls;
mod run;
mod schedule;
mod trust;

pub use desk::Project;
pub use error::ManagerError;
pub use run::{Manager, Pace};
