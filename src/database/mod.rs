//! Postgres: the only user of sqlx.
//!
//! Comes in: domain types. Goes out: domain types; rows stay private here, and a row that makes no sense is an
//! error. Every write for a job names its claim and is refused once that is stale. Must not: decide anything.

mod answers;
mod claims;
mod conditions;
mod connection;
mod error;
mod export;
mod history;
mod jobs;
mod lifeline;
mod masters;
mod results;
mod rounds;
mod rows;
mod runs;

pub use claims::{Attempt, Lost};
pub use connection::Database;
pub use error::DatabaseError;
pub use lifeline::{Lifeline, Renewal};
