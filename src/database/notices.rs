//! Notices: what is to stand on GitHub. A trigger makes those of a job due with every change of it; here they are
//! claimed, and what became of the writing is kept.

use std::time::Duration;

use sqlx::types::Json;
use sqlx::{Postgres, Transaction};
use time::OffsetDateTime;

use super::connection::Database;
use super::error::DatabaseError;
use super::rows::without_nul;
use crate::domain::github::PullNumber;
use crate::domain::notice::{Answer, DueNotice, Hold, Notice, Place};
use crate::domain::revision::Revision;

/// A row of `notices`.
struct NoticeRow {
    id: i64,
    project: String,
    place: String,
    pull: i32,
    revision: String,
    benchmark: String,
    held: Option<String>,
    held_as: Option<String>,
    answer: Option<Json<Answer>>,
    change: i64,
    digest: Option<String>,
    github_id: Option<i64>,
    tries: i32,
    busy_until: OffsetDateTime,
}

impl Database {
    /// Takes a notice of the project that is due; nobody else writes it for `claim`.
    pub async fn due_notice(&self, project: &str, claim: Duration) -> Result<Option<DueNotice>, DatabaseError> {
        let row = sqlx::query_as!(
            NoticeRow,
            r#"UPDATE notices SET busy_until = clock_timestamp() + make_interval(secs => $2)
             WHERE id = (
                 SELECT id FROM notices
                 WHERE written < change AND try_at <= clock_timestamp() AND busy_until <= clock_timestamp()
                   AND project = $1
                 ORDER BY try_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
             RETURNING id, project, place, pull, revision, benchmark, held, held_as,
                       answer AS "answer: Json<Answer>", change, digest, github_id, tries, busy_until"#,
            project,
            claim.as_secs_f64(),
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(DatabaseError::statement("take a notice that is due"))?;
        row.map(DueNotice::try_from).transpose()
    }

    /// Notes what stands on GitHub now, and for how long it is not to be written again unless more than a step
    /// changes. False: the claim had ended, and nothing was noted.
    pub async fn notice_written(
        &self,
        due: &DueNotice,
        github_id: Option<i64>,
        digest: &str,
        rest: Duration,
    ) -> Result<bool, DatabaseError> {
        let rows = sqlx::query!(
            "UPDATE notices SET written = $3, github_id = $4, digest = $5, tries = 0, last_error = NULL,
                 try_at = CASE WHEN change = $3 THEN clock_timestamp() + make_interval(secs => $6) ELSE try_at END,
                 busy_until = '-infinity'
             WHERE id = $1 AND busy_until = $2",
            due.id,
            due.busy_until,
            due.change,
            github_id,
            digest,
            rest.as_secs_f64(),
        )
        .execute(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("note that {} is written", due.notice)))?;
        Ok(rows.rows_affected() == 1)
    }

    /// Notes that a notice could not be written, and when it is to be tried again.
    pub async fn notice_failed(&self, due: &DueNotice, error: &str, wait: Duration) -> Result<(), DatabaseError> {
        let error = without_nul(error);
        sqlx::query!(
            "UPDATE notices SET tries = tries + 1, last_error = $3,
                 try_at = clock_timestamp() + make_interval(secs => $4), busy_until = '-infinity'
             WHERE id = $1 AND busy_until = $2",
            due.id,
            due.busy_until,
            error.as_ref(),
            wait.as_secs_f64(),
        )
        .execute(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("note that {} is not written", due.notice)))?;
        Ok(())
    }

    /// Notes that a notice can't be written as it is: it is left until what it tells of changes, with the error kept.
    pub async fn notice_given_up(&self, due: &DueNotice, error: &str) -> Result<(), DatabaseError> {
        let error = without_nul(error);
        sqlx::query!(
            "UPDATE notices SET written = $3, last_error = $4, busy_until = '-infinity'
             WHERE id = $1 AND busy_until = $2",
            due.id,
            due.busy_until,
            due.change,
            error.as_ref(),
        )
        .execute(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("note that {} is given up", due.notice)))?;
        Ok(())
    }

    /// Has the checks of a commit say why it is not measured; those of benchmarks with a job for it stay. With
    /// `in_comment` the pull request's comment says it as well.
    pub async fn hold_notices(
        &self,
        project: &str,
        pull: Option<PullNumber>,
        revision: &Revision,
        benchmarks: &[String],
        hold: &Hold,
        in_comment: bool,
    ) -> Result<(), DatabaseError> {
        let failed = || DatabaseError::statement(format!("hold {}", revision.short()));
        let mut tx = self.pool.begin().await.map_err(failed())?;
        if let Some(pull) = pull.filter(|_| in_comment) {
            touch_comment(&mut tx, project, pull).await.map_err(failed())?;
        }
        let held = without_nul(&hold.text);
        sqlx::query!(
            "INSERT INTO notices AS n (project, place, pull, revision, benchmark, held, held_as)
             SELECT $1, 'check', $2, $3, held.name, $5, $6 FROM unnest($4::text[]) AS held (name)
             WHERE NOT EXISTS (SELECT FROM jobs WHERE served AND project = $1 AND kind = 'new-test' AND revision = $3
                                 AND coalesce(pull, 0) = $2 AND benchmark = held.name)
             ON CONFLICT (project, place, pull, revision, benchmark) DO UPDATE
                 SET held = excluded.held, held_as = excluded.held_as, change = n.change + 1, tries = 0,
                     try_at = least(n.try_at, clock_timestamp())
                 WHERE n.held IS DISTINCT FROM excluded.held OR n.held_as IS DISTINCT FROM excluded.held_as",
            project,
            pull.map_or(0, |pull| pull.0),
            revision.to_string(),
            benchmarks,
            held.as_ref(),
            hold.reason.as_str(),
        )
        .execute(&mut *tx)
        .await
        .map_err(failed())?;
        tx.commit().await.map_err(failed())
    }

    /// Has the pull request's comment written anew, with this answer in place of the one before.
    pub async fn answer_in_comment(
        &self,
        project: &str,
        pull: PullNumber,
        answer: Option<&Answer>,
    ) -> Result<(), DatabaseError> {
        let failed = || DatabaseError::statement(format!("answer in the comment of {pull}"));
        let mut tx = self.pool.begin().await.map_err(failed())?;
        touch_comment(&mut tx, project, pull).await.map_err(failed())?;
        sqlx::query!(
            "UPDATE notices SET answer = $3 WHERE project = $1 AND place = 'comment' AND pull = $2",
            project,
            pull.0,
            answer.map(Json) as _,
        )
        .execute(&mut *tx)
        .await
        .map_err(failed())?;
        tx.commit().await.map_err(failed())
    }

    /// Has the issue about regressions of a benchmark written anew.
    pub async fn due_issue(&self, project: &str, benchmark: &str) -> Result<(), DatabaseError> {
        sqlx::query!(
            "INSERT INTO notices AS n (project, place, benchmark) VALUES ($1, 'issue', $2)
             ON CONFLICT (project, place, pull, revision, benchmark)
                 DO UPDATE SET change = n.change + 1, tries = 0, try_at = least(n.try_at, clock_timestamp())",
            project,
            benchmark,
        )
        .execute(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("have the issue about `{benchmark}` written")))?;
        Ok(())
    }

    /// The checks of a commit that are held, of all benchmarks: which benchmark, and why.
    pub async fn holds(
        &self,
        project: &str,
        pull: Option<PullNumber>,
        revision: &Revision,
    ) -> Result<Vec<(String, Hold)>, DatabaseError> {
        let rows = sqlx::query!(
            r#"SELECT benchmark, held AS "held!", held_as AS "held_as!" FROM notices
               WHERE project = $1 AND place = 'check' AND pull = $2 AND revision = $3 AND held IS NOT NULL
               ORDER BY benchmark"#,
            project,
            pull.map_or(0, |pull| pull.0),
            revision.to_string(),
        )
        .fetch_all(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("read why {} is held", revision.short())))?;
        rows.into_iter()
            .map(|row| {
                let reason = row.held_as.parse().map_err(DatabaseError::row(format!("the hold of {revision}")))?;
                Ok((row.benchmark, Hold { reason, text: row.held }))
            })
            .collect()
    }
}

async fn touch_comment(
    tx: &mut Transaction<'static, Postgres>,
    project: &str,
    pull: PullNumber,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO notices AS n (project, place, pull) VALUES ($1, 'comment', $2)
         ON CONFLICT (project, place, pull, revision, benchmark)
             DO UPDATE SET change = n.change + 1, tries = 0, try_at = least(n.try_at, clock_timestamp())",
        project,
        pull.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

impl TryFrom<NoticeRow> for DueNotice {
    type Error = DatabaseError;

    fn try_from(row: NoticeRow) -> Result<Self, Self::Error> {
        let name = || format!("notice {}", row.id);
        let pull = Some(row.pull).filter(|number| *number > 0).map(PullNumber);
        let place = match (row.place.as_str(), pull) {
            ("check", pull) => Place::Check {
                pull,
                revision: row.revision.parse().map_err(DatabaseError::row(name()))?,
                benchmark: row.benchmark,
            },
            ("comment", Some(pull)) => Place::Comment { pull },
            ("issue", None) => Place::Issue { benchmark: row.benchmark },
            (place, _) => return Err(DatabaseError::row(name())(format!("`{place}` is no place of its kind"))),
        };
        let held = match (row.held, row.held_as) {
            (Some(text), Some(reason)) => {
                Some(Hold { reason: reason.parse().map_err(DatabaseError::row(name()))?, text })
            }
            _ => None,
        };
        Ok(Self {
            id: row.id,
            notice: Notice { project: row.project, place },
            github_id: row.github_id,
            written: row.digest,
            change: row.change,
            tries: row.tries,
            held,
            answer: row.answer.map(|answer| answer.0),
            busy_until: row.busy_until,
        })
    }
}
