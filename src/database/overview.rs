//! The queue as people look at it: how much there is, and its lists by pages. Cheap however much is queued: every
//! list is the beginning of an index.

use std::time::Duration;

use sqlx::migrate::MigrateError;
use sqlx::{AssertSqlSafe, PgConnection};

use super::connection::{Database, known_version};
use super::error::DatabaseError;
use super::jobs::read_jobs;
use crate::domain::ids::JobId;
use crate::domain::overview::{JobList, JobPage, ListedJob, QueueSummary};
use crate::domain::verdict::Outcome;

/// The version that the database is migrated to. sqlx makes this table itself, so no checked query knows it.
const VERSION: &str = "SELECT max(version) FROM _sqlx_migrations WHERE success";

/// What a list shows of a job beside the job itself.
struct Line {
    id: i64,
    last_error: Option<String>,
    after_job: Option<i64>,
    cancel_as: Option<String>,
}

impl Database {
    /// Whether the database answers, and is migrated to what this binary knows: then work can be done.
    pub async fn ready(&self) -> Result<(), DatabaseError> {
        let found: Option<i64> = sqlx::query_scalar(AssertSqlSafe(VERSION))
            .fetch_one(&self.pool)
            .await
            .map_err(DatabaseError::statement("ask the database for its version"))?;
        let (found, known, address) = (found.unwrap_or_default(), known_version(), self.address());
        match found {
            _ if found > known => Err(DatabaseError::Newer { address, found, known }),
            _ if found < known => Err(DatabaseError::Migrate { address, source: MigrateError::VersionMissing(known) }),
            _ => Ok(()),
        }
    }

    /// How much there is to do.
    pub async fn queue_summary(&self) -> Result<QueueSummary, DatabaseError> {
        let row = sqlx::query!(
            r#"SELECT
                   (SELECT count(*) FROM jobs WHERE state = 'queued' AND served)
                   + (SELECT count(*) FROM jobs
                      WHERE awaited_host IS NOT NULL AND awaited_until > clock_timestamp()
                        AND NOT served) AS "queued!",
                   (SELECT count(*) FROM jobs WHERE state = 'running') AS "running!",
                   (SELECT extract(epoch FROM clock_timestamp() - enqueued_at)::double precision
                    FROM jobs WHERE state = 'queued' AND served ORDER BY id LIMIT 1) AS oldest,
                   (SELECT count(*) FROM deliveries WHERE handled_at IS NULL) AS "open_deliveries!",
                   (SELECT count(*) FROM notices WHERE written < change) AS "due_notices!""#
        )
        .fetch_one(&self.pool)
        .await
        .map_err(DatabaseError::statement("sum up the queue"))?;
        let count = |number: i64| u64::try_from(number).unwrap_or_default();
        Ok(QueueSummary {
            queued: count(row.queued),
            running: count(row.running),
            // A clock that was set back makes an age below 0.
            oldest: row.oldest.map(|seconds| Duration::from_secs_f64(seconds.max(0.0))),
            open_deliveries: count(row.open_deliveries),
            due_notices: count(row.due_notices),
        })
    }

    /// A page of a list of jobs.
    pub async fn job_page(&self, page: &JobPage) -> Result<Vec<ListedJob>, DatabaseError> {
        let failed = || DatabaseError::statement("list the jobs");
        let mut connection = self.pool.acquire().await.map_err(failed())?;
        let lines = match page.list {
            JobList::All => all(&mut connection, page).await,
            JobList::Queued => queued(&mut connection, page).await,
            JobList::Running => running(&mut connection, page).await,
            JobList::Finished => finished(&mut connection, page).await,
        }
        .map_err(failed())?;
        listed(&mut connection, lines).await
    }

    /// One job with what lists show of it; an unknown one is an error that says where to look.
    pub async fn listed_job(&self, id: JobId) -> Result<ListedJob, DatabaseError> {
        let failed = || DatabaseError::statement(format!("read job {id}"));
        let mut connection = self.pool.acquire().await.map_err(failed())?;
        let sql = sqlx::query_as!(Line, "SELECT id, last_error, after_job, cancel_as FROM jobs WHERE id = $1", id.0);
        let lines = sql.fetch_all(&mut *connection).await.map_err(failed())?;
        let job = listed(&mut connection, lines).await?.pop();
        job.ok_or_else(|| DatabaseError::Unknown { what: format!("job {id}"), list: "loadmark jobs list" })
    }

    /// How many jobs are taken before this one, if it waits for any worker; none: it does not.
    pub async fn place_in_queue(&self, id: JobId) -> Result<Option<u64>, DatabaseError> {
        let ahead = sqlx::query_scalar!(
            r#"SELECT (SELECT count(*) FROM jobs AS other
                       WHERE other.state = 'queued' AND other.served AND other.priority >= job.priority
                         AND (other.priority > job.priority OR other.id < job.id)) AS "ahead!"
               FROM jobs AS job WHERE id = $1 AND state = 'queued' AND served"#,
            id.0
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("see how many jobs are before job {id}")))?;
        Ok(ahead.and_then(|ahead| u64::try_from(ahead).ok()))
    }
}

async fn all(connection: &mut PgConnection, page: &JobPage) -> Result<Vec<Line>, sqlx::Error> {
    sqlx::query_as!(
        Line,
        "SELECT id, last_error, after_job, cancel_as FROM jobs
         WHERE ($1::text IS NULL OR project = $1) AND ($2::bigint IS NULL OR id < $2)
         ORDER BY id DESC LIMIT $3",
        page.project,
        page.after.map(|id| id.0),
        i64::from(page.limit),
    )
    .fetch_all(connection)
    .await
}

async fn queued(connection: &mut PgConnection, page: &JobPage) -> Result<Vec<Line>, sqlx::Error> {
    sqlx::query_as!(
        Line,
        "SELECT id, last_error, after_job, cancel_as FROM jobs
         WHERE state = 'queued' AND ($1::text IS NULL OR project = $1)
           AND ($2::bigint IS NULL OR (priority <= (SELECT priority FROM jobs WHERE id = $2)
                AND (priority < (SELECT priority FROM jobs WHERE id = $2) OR id > $2)))
         ORDER BY priority DESC, id LIMIT $3",
        page.project,
        page.after.map(|id| id.0),
        i64::from(page.limit),
    )
    .fetch_all(connection)
    .await
}

async fn running(connection: &mut PgConnection, page: &JobPage) -> Result<Vec<Line>, sqlx::Error> {
    sqlx::query_as!(
        Line,
        "SELECT id, last_error, after_job, cancel_as FROM jobs
         WHERE state = 'running' AND ($1::text IS NULL OR project = $1) AND ($2::bigint IS NULL OR id > $2)
         ORDER BY id LIMIT $3",
        page.project,
        page.after.map(|id| id.0),
        i64::from(page.limit),
    )
    .fetch_all(connection)
    .await
}

async fn finished(connection: &mut PgConnection, page: &JobPage) -> Result<Vec<Line>, sqlx::Error> {
    sqlx::query_as!(
        Line,
        "SELECT id, last_error, after_job, cancel_as FROM jobs
         WHERE state = 'finished' AND ($1::text IS NULL OR project = $1)
           AND ($2::bigint IS NULL OR (finished_at, id) < (SELECT finished_at, id FROM jobs WHERE id = $2))
         ORDER BY finished_at DESC, id DESC LIMIT $3",
        page.project,
        page.after.map(|id| id.0),
        i64::from(page.limit),
    )
    .fetch_all(connection)
    .await
}

/// The jobs of these lines, in their order. One that moved on meanwhile is shown where it was.
async fn listed(connection: &mut PgConnection, lines: Vec<Line>) -> Result<Vec<ListedJob>, DatabaseError> {
    let ids: Vec<i64> = lines.iter().map(|line| line.id).collect();
    let mut jobs = read_jobs(connection, &ids).await?;
    lines
        .into_iter()
        .filter_map(|line| {
            let at = jobs.iter().position(|job| job.id.0 == line.id)?;
            let job = jobs.swap_remove(at);
            let ending = line.cancel_as.map(|text| text.parse::<Outcome>()).transpose();
            let ending = ending.map_err(DatabaseError::row(format!("job {}", line.id)));
            Some(ending.map(|ending| ListedJob {
                job,
                last_error: line.last_error,
                after: line.after_job.map(JobId),
                ending,
            }))
        })
        .collect()
}
