//! `serve` and `worker`: the long-lived tasks of one process, and how they stop.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::context::Context;
use super::error::AppError;
use super::signals::Signals;
use super::work::Projects;
use crate::domain::chain::error_chain;
use crate::domain::settings::Settings;
use crate::manager::{Manager, Pace, Project};
use crate::publish::{Publication, Publisher, Rhythm};
use crate::web::{Parts, Server};
use crate::worker::Shift;

/// How long what the last jobs came to may be written to GitHub, once everything else has ended.
const LAST_PUBLISHING: Duration = Duration::from_secs(10);

/// What a process serves besides jobs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Webhooks, pages, decisions, what stands on GitHub, and jobs.
    Manager,
    /// Jobs alone.
    Worker,
}

/// Serves until a signal: at the first, jobs under way may go on for a while and are then given back; at the second
/// they are given back at once; the third ends the process.
///
/// # Errors
/// Something can't be reached at the start, or a task ended that should not.
pub async fn serve(first: Settings, more: Vec<Settings>, role: Role, signals: &mut Signals) -> Result<(), AppError> {
    let projects = tokio::select! {
        opened = Projects::open(first, more) => Arc::new(opened?),
        () = signals.next() => return Err(AppError::Interrupted),
    };
    let (shift, stop) = (Shift::default(), CancellationToken::new());
    let mut tasks = Tasks::default();
    // Before anything is taken: an address that is in use must not cost a job.
    let publisher = match role {
        Role::Manager => Some(spawn_manager(&mut tasks, &projects, &stop).await?),
        Role::Worker => None,
    };
    tasks.spawn("worker", {
        let (projects, shift) = (Arc::clone(&projects), shift.clone());
        async move {
            projects.work(&shift).await;
            Ok(())
        }
    });
    let names: Vec<_> = projects.all_settings().map(|settings| settings.project.as_str()).collect();
    tracing::info!("serving {} as {role:?}", names.join(", "));
    let ended = run(&mut tasks, &shift, signals).await;
    // Pages and reports go on while jobs drain, and end last.
    stop.cancel();
    tasks.end().await;
    if let Some(publisher) = publisher {
        tokio::select! {
            () = publish_rest(&publisher) => {}
            () = signals.next() => {}
        }
    }
    ended
}

/// Tells what became of the jobs that ended last: the next manager would, but it may not be started for long.
async fn publish_rest(publisher: &Publisher) {
    match timeout(LAST_PUBLISHING, publisher.publish()).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::warn!("the next manager tells the rest on GitHub: {}", error_chain(&error)),
        Err(_) => tracing::warn!("the next manager tells the rest on GitHub: it took more than {LAST_PUBLISHING:?}"),
    }
}

/// Until the worker has drained, or a task ended that should not.
async fn run(tasks: &mut Tasks, shift: &Shift, signals: &mut Signals) -> Result<(), AppError> {
    let mut signalled = 0;
    loop {
        tokio::select! {
            ended = tasks.next() => match ended {
                Some(("worker", Ok(()))) if shift.over().is_cancelled() => return Ok(()),
                Some((name, result)) => {
                    shift.end_at_once();
                    return Err(result.err().unwrap_or(AppError::TaskEnded { task: name }));
                }
                None => return Ok(()),
            },
            () = signals.next() => {
                signalled += 1;
                match signalled {
                    1 => shift.end(),
                    2 => shift.end_at_once(),
                    _ => signals.end_now(),
                }
            }
        }
    }
}

/// Web, manager and publisher, which is given back; each ends when the token is cancelled.
async fn spawn_manager(
    tasks: &mut Tasks,
    projects: &Projects,
    stop: &CancellationToken,
) -> Result<Arc<Publisher>, AppError> {
    let address = projects.settings().manager.listen;
    let listening = |source| AppError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(listening)?;
    // By this line people, and tests that let the system choose a port, learn where: no log level hides it.
    let local = listener.local_addr().map_err(listening)?;
    // Who closed standard error does not want to know.
    let _ = writeln!(std::io::stderr(), "loadmark: listening on http://{local}");
    let (queue, database, wake) = (projects.queue(), projects.context().database.clone(), Arc::new(Notify::new()));

    let parts = Parts {
        database: database.clone(),
        queue: queue.clone(),
        projects: projects.all_settings().cloned().map(Arc::new).collect(),
        wake: Arc::clone(&wake),
    };
    let on_github = projects_on_github(projects)?;
    let settings = projects.settings();
    let told =
        on_github.iter().cloned().map(|Project { settings, rules, github }| Publication { settings, rules, github });
    let publisher = Arc::new(Publisher::new(told.collect(), database.clone(), Rhythm::of(&settings.queue)));
    let pace = Pace::new(settings.queue.poll.0, settings.manager.reconcile.0);
    let manager = Arc::new(Manager::new(on_github, queue, database, pace));
    let server = Server::new(parts).with_manager(Arc::clone(&manager));

    // Without a project on GitHub the last two have nothing to do, and wait.
    let token = stop.clone();
    tasks.spawn("web server", async move { Ok(server.run(listener, token).await?) });
    let token = stop.clone();
    tasks.spawn("manager", async move {
        manager.run(token, wake).await;
        Ok(())
    });
    let token = stop.clone();
    let publishing = Arc::clone(&publisher);
    tasks.spawn("publisher", async move {
        publishing.run(token).await;
        Ok(())
    });
    Ok(publisher)
}

/// The projects that have a side on GitHub.
fn projects_on_github(projects: &Projects) -> Result<Vec<Project>, AppError> {
    projects.contexts().map(project_on_github).filter_map(Result::transpose).collect()
}

/// The project's side on GitHub; none: it has no such.
pub(super) fn project_on_github(context: &Context) -> Result<Option<Project>, AppError> {
    let settings = Arc::new(context.settings.clone());
    Ok(context.github()?.map(|(github, rules)| Project { settings, rules, github }))
}

/// Named tasks; none outlives this.
#[derive(Default)]
struct Tasks {
    set: JoinSet<(&'static str, Result<(), AppError>)>,
}

impl Tasks {
    fn spawn(&mut self, name: &'static str, work: impl Future<Output = Result<(), AppError>> + Send + 'static) {
        self.set.spawn(async move { (name, work.await) });
    }

    /// The next task that ended, and how; none: there is none left.
    async fn next(&mut self) -> Option<(&'static str, Result<(), AppError>)> {
        match self.set.join_next().await? {
            Ok(ended) => Some(ended),
            Err(error) => Some(("task", Err(AppError::TaskPanicked { message: error.to_string() }))),
        }
    }

    /// Waits for the rest, which were told to stop.
    async fn end(&mut self) {
        while let Some((name, result)) = self.next().await {
            if let Err(error) = result {
                tracing::warn!("{name} ended: {error}");
            }
        }
    }
}
