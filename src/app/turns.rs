//! `jobs cancel` and `jobs retry`.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::context::Context;
use super::error::AppError;
use super::measure::run_job;
use super::signals::unless_stopped;
use crate::domain::ids::JobId;
use crate::domain::job::{Cancellation, JobKind};
use crate::domain::order::Ordered;
use crate::domain::progress::Listener;
use crate::pipeline::Ended;

/// Ends a waiting job, or asks the holder of a running one to end it.
///
/// # Errors
/// There is no such job, or it is over.
pub async fn cancel_job(context: &Context, job: JobId) -> Result<Cancellation, AppError> {
    let queue = context.queue();
    // A holder that fell silent would never hear of it.
    queue.reap().await?;
    Ok(queue.cancel(job).await?)
}

/// What became of a job that was to be done again.
#[derive(Debug)]
pub enum Retried {
    /// It was run here.
    Ran(Box<Ended>),
    /// It waits for a worker: itself, or a fresh one in its place.
    Queued(Ordered),
}

/// Does a job again. One that a worker served goes back to the queue; of others, that a command asked for, an orphan of
/// the queue runs here itself, a finished one as a fresh job.
///
/// # Errors
/// There is no such job, it is another project's, it is interrupted before the job begins, or somebody else has it.
pub async fn retry_job(
    context: &Context,
    job: JobId,
    listener: Arc<Listener>,
    stop: &CancellationToken,
) -> Result<Retried, AppError> {
    let asked = unless_stopped(stop, async { Ok::<_, AppError>(context.database.job(job).await?) }).await?;
    if asked.terms.served {
        let queue = context.queue();
        queue.reap().await?;
        return Ok(Retried::Queued(queue.ask_again(job).await?));
    }
    let prepare = async {
        let request = asked.request;
        if request.project != context.settings.project {
            let (of, ours) = (request.project, context.settings.project.clone());
            return Err(AppError::OtherProject { job, of, ours });
        }
        if request.kind == JobKind::Requery {
            let asked = request.asked_as;
            return Err(AppError::Usage(format!(
                "job {job} is no test: ask again with `loadmark runs requery {asked}`"
            )));
        }
        let mirror = context.open_mirror().await?;
        Ok((request, context.worker(mirror, Arc::clone(&listener)).await?))
    };
    let (request, worker) = unless_stopped(stop, prepare).await?;
    worker.queue().reap().await?;
    let again = worker.queue().retry(job).await?;
    Ok(Retried::Ran(Box::new(run_job(&worker, again, &request, &listener, stop).await?)))
}
