//! HTTP: the webhook's door, pages, the JSON API, health and metrics.
//!
//! Comes in: requests. Goes out: status codes, pages, JSON; deliveries into the inbox, orders into the queue. Must not:
//! decide what an event means, or answer a webhook before it is committed. A handler reads, calls one function, renders.

mod access;
mod api;
mod body;
mod error;
mod files;
mod health;
mod pages;
mod routes;
mod server;
mod state;
mod webhook;

pub use error::WebError;
pub use server::Server;
pub use state::Parts;
