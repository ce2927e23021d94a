//! What GitHub sends: is it GitHub's, what happened, what do people ask for in a comment.
//!
//! Comes in: the raw body of a request with three of its headers. Goes out: [`crate::domain::event::Delivery`], and
//! the [`crate::domain::command::Command`]s of a comment. Must not: do I/O, decide what an event means or who may ask.
//! Everything here was written by strangers; what is wrong is an error that quotes none of it unshortened.

mod command;
mod delivery;
mod depth;
mod markdown;
mod payload;
mod signature;
#[cfg(test)]
mod tests;

pub use command::commands;
pub use delivery::{PayloadError, read};
pub use signature::{SignatureError, verify};
