//! What handlers have at hand.

use std::sync::Arc;

use tokio::sync::{Notify, Semaphore};

use super::body::BODY_BUDGET_KIB;
use crate::database::Database;
use crate::domain::settings::Settings;
use crate::manager::Manager;
use crate::queue::Queue;

/// What the server is made of.
#[derive(Clone)]
pub struct Parts {
    /// The database.
    pub database: Database,
    /// The queue.
    pub queue: Queue,
    /// The projects; the first is the manager's own, whose `manager.api_token` counts.
    pub projects: Arc<[Arc<Settings>]>,
    /// Notified after each delivery that was stored.
    pub wake: Arc<Notify>,
}

/// Shared by all requests.
#[derive(Clone)]
pub(super) struct App {
    pub(super) database: Database,
    pub(super) queue: Queue,
    pub(super) projects: Arc<[Arc<Settings>]>,
    pub(super) wake: Arc<Notify>,
    /// Asked for pull requests by hand; none: the API does not take those.
    pub(super) manager: Option<Arc<Manager>>,
    /// Memory that bodies of webhooks may hold at once, in KiB.
    pub(super) bodies: Arc<Semaphore>,
}

impl App {
    pub(super) fn new(parts: Parts) -> Self {
        let Parts { database, queue, projects, wake } = parts;
        let bodies = Arc::new(Semaphore::new(BODY_BUDGET_KIB as usize));
        Self { database, queue, projects, wake, manager: None, bodies }
    }

    /// The project of that name, if it is configured here.
    pub(super) fn project(&self, name: &str) -> Option<&Arc<Settings>> {
        self.projects.iter().find(|project| project.project == name)
    }
}
