//! Postgres: the only user of sqlx.
//!
//! Comes in: domain types. Goes out: domain types; rows stay private here, and a row that makes no sense is an
//! error. Every write for a job names its claim and is refused once that is stale. Must not: decide anything.

mod answers;
mod approvals;
mod calibrations;
mod catch_up;
mod claims;
mod conditions;
mod connection;
mod ends;
mod error;
mod export;
mod history;
mod inbox;
mod intake;
mod jobs;
mod lifeline;
mod masters;
mod notices;
mod orders;
mod overview;
mod pairs;
mod past;
mod pins;
mod results;
mod rounds;
mod rows;
mod runs;
mod served;
mod told;

pub use claims::{Attempt, Seat};
pub use connection::Database;
pub use ends::{Lost, Patience};
pub use error::DatabaseError;
pub use inbox::{OpenDelivery, Receipt};
pub use lifeline::{Lifeline, Renewal};
