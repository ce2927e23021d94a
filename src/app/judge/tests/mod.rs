//! Recorded data as people write them, good and bad.

mod bad;
mod documents;
mod good;
