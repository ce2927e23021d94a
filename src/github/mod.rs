//! GitHub's REST API, as one repository's app or with a token: the only user of octocrab.
//!
//! Comes in: a project's settings for GitHub; what is to stand there. Goes out: pull requests, permissions, deliveries;
//! ids of what was written. Must not: decide what an answer means for a job; show a token or a key to anybody.

mod accounts;
mod cache;
mod call;
mod checks;
mod client;
mod comments;
mod content;
mod credentials;
mod deliveries;
mod error;
mod gate;
mod jwt;
mod link;
mod patience;
mod pulls;
mod wire;

pub use accounts::Account;
pub use client::Github;
pub use content::{Button, CheckContent, MOST_BUTTONS, MOST_TEXT, Reaction, StatusContent, StatusState};
pub use deliveries::FailedDelivery;
pub use error::GithubError;
pub use gate::{Gates, Pace};
pub use patience::{SHORTEST_WAIT, back_off, jittered};
