//! The loop: deliveries as they come, catching up at the start and now and then.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use time::OffsetDateTime;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::database::{Database, OpenDelivery};
use crate::domain::chain::error_chain;
use crate::domain::event::{Delivery, Event};
use crate::domain::github::RepositoryName;
use crate::github::{SHORTEST_WAIT, back_off, jittered};
use crate::queue::Queue;
use crate::telemetry::{Dependency, metrics};

use super::commands::Comment;
use super::desk::{Desk, Project};
use super::error::ManagerError;
use super::trust::Occasion;

/// GitHub redelivers for so long; what could not be acted on by then is left to reconciling.
const GIVE_UP_AFTER: Duration = Duration::from_secs(3 * 24 * 3600);
/// A delivery that takes the process down each time is left alone after so many tries that nobody reported on.
const MOST_UNREPORTED: u32 = 5;
/// How often a delivery is tried although GitHub refuses: its replicas may not know yet what is young.
const FEW_TRIES: u32 = 4;
/// How long the end of the process waits for a delivery to be given back.
const GIVING_BACK: Duration = Duration::from_secs(5);
/// Deliveries are kept longer than GitHub can redeliver them.
const FORGET_AFTER: Duration = Duration::from_secs(30 * 24 * 3600);

/// How often the clock is looked at; cron's times are whole minutes.
const CLOCK: Duration = Duration::from_secs(30);

/// The lengths that govern the manager.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pace {
    /// How often it looks for deliveries that nobody announced.
    pub poll: Duration,
    /// How often it compares GitHub with the queue.
    pub reconcile: Duration,
    /// How long one delivery may take; then it is left for later.
    pub patience: Duration,
}

impl Pace {
    /// With the intervals of the configuration. A delivery takes a few calls of GitHub, each of which has its own bound.
    pub fn new(poll: Duration, reconcile: Duration) -> Self {
        Self { poll, reconcile, patience: Duration::from_secs(60) }
    }
}

/// Decides what events mean, for several projects.
pub struct Manager {
    projects: Vec<Project>,
    queue: Queue,
    database: Database,
    pace: Pace,
    /// The delivery that is acted on now.
    under_way: Mutex<Option<String>>,
}

impl Manager {
    /// A manager of these projects; one repository may be several.
    pub fn new(projects: Vec<Project>, queue: Queue, database: Database, pace: Pace) -> Self {
        Self { projects, queue, database, pace, under_way: Mutex::new(None) }
    }

    /// Acts on deliveries, woken by `wake` and by the clock, and catches up, until `stop`. Failures are told in the
    /// log, and what failed is tried again.
    pub async fn run(&self, stop: CancellationToken, wake: Arc<Notify>) {
        tokio::select! {
            () = stop.cancelled() => {}
            _ = async { tokio::join!(self.act_on_deliveries(&wake), self.keep_up(), self.keep_schedules()) } => {}
        }
        self.give_back().await;
    }

    /// Leaves a delivery that was cut off to whoever comes next, without a wait for the claim's end.
    async fn give_back(&self) {
        let Some(id) = self.now_at(None) else { return };
        let given = timeout(GIVING_BACK, self.database.postpone_delivery(&id, Duration::ZERO)).await;
        if !matches!(given, Ok(Ok(()))) {
            tracing::warn!(delivery = id, "a delivery could not be given back; it waits for its claim's end");
        }
    }

    /// Notes what is acted on now. What it was before.
    fn now_at(&self, id: Option<String>) -> Option<String> {
        std::mem::replace(&mut *self.under_way.lock().unwrap_or_else(PoisonError::into_inner), id)
    }

    /// Acts on every delivery that is due now. How many.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn act(&self) -> Result<usize, ManagerError> {
        let repositories: Vec<RepositoryName> =
            self.projects.iter().map(|project| project.rules.repository.clone()).collect();
        // Longer than its work may take; not much, as a manager that is gone holds it for so long.
        let claim = self.pace.patience.mul_f64(1.5);
        let mut count = 0;
        while let Some(open) = self.database.next_delivery(&repositories, claim).await? {
            self.now_at(Some(open.id.clone()));
            let acted = self.act_on(open).await;
            self.now_at(None);
            acted?;
            count += 1;
        }
        Ok(count)
    }

    /// Compares GitHub with the queue once, for every project.
    ///
    /// # Errors
    /// Part of it failed; the rest was done.
    pub async fn catch_up(&self) -> Result<(), ManagerError> {
        let mut result = Ok(());
        for project in &self.projects {
            result = result.and(self.desk(project).catch_up().await);
        }
        self.database.forget_deliveries(FORGET_AFTER).await?;
        result
    }

    async fn act_on_deliveries(&self, wake: &Notify) {
        loop {
            let wait = match self.act().await {
                Ok(_) => self.pace.poll,
                Err(error) => {
                    metrics().failed(Dependency::Postgres);
                    tracing::warn!(error = error_chain(&error), "deliveries wait");
                    self.pace.poll + jittered(SHORTEST_WAIT)
                }
            };
            // A wake-up that came meanwhile is kept by the Notify; nobody who notifies is missed.
            let _ = timeout(wait, wake.notified()).await;
        }
    }

    async fn keep_up(&self) {
        let mut failures = 0_u32;
        loop {
            let wait = match self.catch_up().await {
                Ok(()) => {
                    failures = 0;
                    self.pace.reconcile
                }
                Err(error) => {
                    failures += 1;
                    let wait = back_off(failures.saturating_sub(1), error.wait()).min(self.pace.reconcile);
                    tracing::warn!(error = error_chain(&error), wait_seconds = wait.as_secs(), "catching up failed");
                    wait
                }
            };
            sleep(wait).await;
        }
    }

    /// Orders what is due by the clock, for every project.
    ///
    /// # Errors
    /// Part of it failed; the rest was done.
    pub async fn keep_schedule(&self, now: OffsetDateTime) -> Result<(), ManagerError> {
        let mut result = Ok(());
        for project in &self.projects {
            result = result.and(self.desk(project).keep_schedule(now).await);
        }
        result
    }

    async fn keep_schedules(&self) {
        loop {
            if let Err(error) = self.keep_schedule(OffsetDateTime::now_utc()).await {
                tracing::warn!(error = error_chain(&error), "what is due by the clock waits");
            }
            sleep(jittered(CLOCK)).await;
        }
    }

    async fn act_on(&self, open: OpenDelivery) -> Result<(), ManagerError> {
        let id = open.id.as_str();
        let outcome = match &open.delivery {
            Err(problem) => Ok(format!("can't be read: {problem}")),
            Ok(_) if open.unreported > MOST_UNREPORTED => {
                Ok(format!("given up: {MOST_UNREPORTED} times nobody told what became of it"))
            }
            Ok(delivery) => {
                let work = AssertUnwindSafe(timeout(self.pace.patience, self.handle(delivery, &open))).catch_unwind();
                match work.await {
                    Ok(Ok(outcome)) => outcome.map_err(Some),
                    Ok(Err(_)) => Err(None),
                    Err(_) => Ok("given up: it made the manager panic; the log tells more".to_owned()),
                }
            }
        };
        match outcome {
            Ok(outcome) => {
                tracing::info!(delivery = id, outcome, "a delivery is closed");
                self.database.settle_delivery(id, &outcome).await?;
            }
            Err(error) => {
                let told = error.as_ref().map_or_else(|| "it took too long".to_owned(), |error| error_chain(error));
                if open.age > GIVE_UP_AFTER || error.as_ref().is_some_and(|error| is_for_good(error, open.tries)) {
                    tracing::error!(delivery = id, error = told, "a delivery is given up");
                    self.database.settle_delivery(id, &format!("given up: {told}")).await?;
                } else {
                    let wait = back_off(open.tries.saturating_sub(1), error.and_then(|error| error.wait()));
                    let wait_seconds = wait.as_secs();
                    tracing::warn!(delivery = id, error = told, wait_seconds, "a delivery waits");
                    self.database.postpone_delivery(id, wait).await?;
                }
            }
        }
        Ok(())
    }

    /// What a delivery came to, in words, for every project of its repository.
    async fn handle(&self, delivery: &Delivery, open: &OpenDelivery) -> Result<String, ManagerError> {
        let is_meant = |project: &&Project| delivery.repository.as_ref() == Some(&project.rules.repository);
        let mut outcomes = Vec::new();
        for project in self.projects.iter().filter(is_meant) {
            let outcome = self.desk(project).act_on(delivery, open).await?;
            outcomes.push(format!("{}: {outcome}", project.name()));
        }
        Ok(if outcomes.is_empty() { "of no project".to_owned() } else { outcomes.join("; ") })
    }

    pub(super) fn desk<'a>(&'a self, project: &'a Project) -> Desk<'a> {
        Desk { project, queue: &self.queue, database: &self.database }
    }

    /// The desk of a project by its name.
    pub(super) fn desk_of(&self, name: &str) -> Result<Desk<'_>, ManagerError> {
        let found = self.projects.iter().find(|project| project.name() == name);
        let known = || self.projects.iter().map(Project::name).collect::<Vec<_>>().join(", ");
        let unknown = || ManagerError::NoProject { project: name.to_owned(), known: known() };
        found.map(|project| self.desk(project)).ok_or_else(unknown)
    }
}

impl Desk<'_> {
    async fn act_on(&self, delivery: &Delivery, open: &OpenDelivery) -> Result<String, ManagerError> {
        let sender = delivery.sender.as_str();
        match &delivery.event {
            Event::Ping => Ok("pong".to_owned()),
            Event::Other => Ok("means nothing here".to_owned()),
            Event::Pull { change, pull } => {
                self.pull_changed(pull.number, Occasion { sender, change: Some(change), seen: &pull.head }).await
            }
            Event::Push { tip: None, .. } => Ok("a branch was deleted".to_owned()),
            Event::Push { branch, tip: Some(_) } => self.pushed(branch, sender).await,
            Event::Comment { pull, comment, is_bot, body } => {
                let asked_until = (open.tries > 1).then_some(open.received_at);
                let (pull, id, is_bot) = (*pull, *comment, *is_bot);
                self.commented(Comment { pull, id, sender, is_bot, body, asked_until }).await
            }
            Event::Rerun { head, check } => self.rerequested(head, check.as_deref(), sender).await,
            Event::Button { head, check, button } => self.pressed(head, check, button, sender).await,
            Event::MergeGroup { head, base: _, base_branch } => self.merge_group(head, base_branch, sender).await,
        }
    }
}

/// Whether a failure is the delivery's, and no further try helps. The database's never is.
fn is_for_good(error: &ManagerError, tries: u32) -> bool {
    match error {
        ManagerError::Database(_) | ManagerError::Queue(_) => false,
        error => !error.may_pass() && tries > FEW_TRIES,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::github::GithubError;

    #[test]
    fn a_delivery_is_not_given_up_at_the_first_refusal() {
        let refused = |status| {
            ManagerError::Github(GithubError::Refused { operation: "x".to_owned(), status, message: String::new() })
        };
        for status in [404, 409, 422] {
            assert!(!is_for_good(&refused(status), 1) && is_for_good(&refused(status), FEW_TRIES + 1), "{status}");
        }
        let failing = GithubError::Failing { operation: "x".to_owned(), status: 502, message: String::new() };
        assert!(!is_for_good(&ManagerError::Github(failing), 100));
    }
}
