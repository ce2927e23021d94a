//! Checks asked for again, and their buttons.

use loadmark::domain::verdict::{Outcome, Verdict};

use super::{Stage, Told};
use crate::fake_github::NewPull;
