//! Postgres: the only user of sqlx.
//!
//! Comes in: domain types. Goes out: domain types; rows stay private here. Must not: decide anything.
