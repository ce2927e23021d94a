//! Git: a mirror of the repository, revisions, work trees.
//!
//! Comes in: the repository and a name of a revision. Goes out: a [`Revision`](crate::domain::revision::Revision) and
//! its tree on disk. Must not: build or run it, run a hook of it, or follow a protocol other than file, https and ssh.
//!
//! The mirror is a bare repository in the data folder. A dirty work tree is written into the mirror's object store
//! as a tree, so that nothing is ever written into the user's repository.

mod access;
mod ancestry;
mod error;
mod fetch;
mod git;
mod mirror;

pub use access::{TokenError, TokenSource};
pub use error::CheckoutError;
pub use git::git_version;
pub use mirror::Mirror;
