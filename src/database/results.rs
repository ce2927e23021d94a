//! Runs as they are read again: lists, one run, a master set.

use std::collections::BTreeMap;

use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::connection::Database;
use super::error::DatabaseError;
use super::rows::SeriesColumns;
use crate::domain::ids::{JobId, RunId};
use crate::domain::load::{LoadRecord, Phase};
use crate::domain::machine::MachineClass;
use crate::domain::revision::Revision;
use crate::domain::run::{
    MeasurementHash, RunFilter, RunState, RunSummary, StageLoad, StepTime, StoredRound, StoredRun, Window,
};
use crate::domain::series::{Bucket, Measurement, MissingData};

/// A consistent look at a run that may still be under way.
const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// Fewer digits of a run or a revision than this are no name: they would fit by accident.
const SHORTEST_PREFIX: usize = 4;
/// How many are read to tell an ambiguous prefix, and named in the error.
const CANDIDATES: u32 = 3;

/// Which runs are meant; what is none is open.
#[derive(Clone, Copy, Default)]
struct Meant<'a> {
    ids: Option<(Uuid, Uuid)>,
    project: Option<&'a str>,
    benchmark: Option<&'a str>,
    state: Option<RunState>,
    revision: Option<&'a str>,
    /// A master set with as many valid rounds as were planned, of this machine class.
    master_of: Option<&'a MachineClass>,
    hash: Option<&'a MeasurementHash>,
}

struct RunRow {
    id: Uuid,
    job_id: i64,
    project: String,
    benchmark: String,
    revision: String,
    is_master: bool,
    paired: bool,
    arrangement: Option<String>,
    measurement_hash: String,
    machine_class: String,
    state: String,
    stored_rounds: i64,
    planned_rounds: i16,
    started_at: OffsetDateTime,
}

impl Database {
    /// Runs without their measurements, the newest first.
    pub async fn runs(&self, filter: &RunFilter) -> Result<Vec<RunSummary>, DatabaseError> {
        let meant = Meant {
            project: filter.project.as_deref(),
            benchmark: filter.benchmark.as_deref(),
            state: filter.state,
            ..Meant::default()
        };
        let mut connection = self.pool.acquire().await.map_err(DatabaseError::statement("list the runs"))?;
        select_runs(&mut connection, meant, filter.limit).await
    }

    /// The run whose id begins with these digits (at least four); that of several runs is an error.
    pub async fn run(&self, id: &str) -> Result<StoredRun, DatabaseError> {
        let what = format!("run {id}");
        let unknown = || DatabaseError::unknown_run(what.clone());
        let ids = id_range(id).ok_or_else(unknown)?;
        let mut found = self.read(Meant { ids: Some(ids), ..Meant::default() }, CANDIDATES).await?;
        if found.len() > 1 {
            let candidates: Vec<_> = found.iter().map(|run| run.summary.id.to_string()).collect();
            return Err(DatabaseError::Ambiguous { what, candidates: candidates.join(" or ") });
        }
        found.pop().ok_or_else(unknown)
    }

    /// What candidates of this benchmark are compared with: the latest complete master set of the revision with the
    /// same measurement hash and machine class, and as many valid rounds as were planned.
    pub async fn master_set(
        &self,
        project: &str,
        benchmark: &str,
        revision: &Revision,
        hash: &MeasurementHash,
        class: &MachineClass,
    ) -> Result<Option<StoredRun>, DatabaseError> {
        let meant = Meant {
            project: Some(project),
            benchmark: Some(benchmark),
            revision: Some(&revision.to_string()),
            state: Some(RunState::Complete),
            master_of: Some(class),
            hash: Some(hash),
            ..Meant::default()
        };
        Ok(self.read(meant, 1).await?.pop())
    }

    /// The latest complete run of the revision that begins with `prefix` (at least four digits). One of a dirty work
    /// tree is meant only if the prefix says so; that of several revisions is an error. No benchmark: of any.
    pub async fn latest_run_of_revision(
        &self,
        project: &str,
        benchmark: Option<&str>,
        prefix: &str,
    ) -> Result<Option<StoredRun>, DatabaseError> {
        if prefix.len() < SHORTEST_PREFIX {
            return Ok(None);
        }
        let mut revisions = sqlx::query_scalar!(
            "SELECT DISTINCT revision FROM runs
             WHERE project = $1 AND ($2::text IS NULL OR benchmark = $2) AND state = 'complete'
                 AND starts_with(revision, $3)
                 AND (strpos($3, '+') > 0 OR strpos(revision, '+') = 0)
             ORDER BY revision LIMIT $4",
            project,
            benchmark,
            prefix,
            i64::from(CANDIDATES),
        )
        .fetch_all(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("look for runs of revision {prefix}")))?;
        if revisions.len() > 1 {
            let what = format!("revision {prefix}");
            return Err(DatabaseError::Ambiguous { what, candidates: revisions.join(" or ") });
        }
        let Some(revision) = revisions.pop() else { return Ok(None) };
        let meant = Meant {
            project: Some(project),
            benchmark,
            revision: Some(&revision),
            state: Some(RunState::Complete),
            ..Meant::default()
        };
        Ok(self.read(meant, 1).await?.pop())
    }

    /// Those meant, the newest first, with their rounds: all as of one moment.
    async fn read(&self, meant: Meant<'_>, limit: u32) -> Result<Vec<StoredRun>, DatabaseError> {
        let failed = || DatabaseError::statement("read stored runs");
        let mut tx = self.pool.begin_with(SNAPSHOT).await.map_err(failed())?;
        let mut runs = Vec::new();
        for summary in select_runs(&mut tx, meant, limit).await? {
            let rounds = read_rounds(&mut tx, summary.id).await?;
            runs.push(StoredRun { summary, rounds });
        }
        tx.commit().await.map_err(failed())?;
        Ok(runs)
    }
}

/// The first and the last id that begin with these digits; hyphens don't matter. None: they begin no id.
fn id_range(prefix: &str) -> Option<(Uuid, Uuid)> {
    let digits: String = prefix.chars().filter(|c| *c != '-').collect();
    if !(SHORTEST_PREFIX..=32).contains(&digits.len()) {
        return None;
    }
    let fill = |with: &str| Uuid::try_parse(&format!("{digits}{}", with.repeat(32 - digits.len()))).ok();
    fill("0").zip(fill("f"))
}

async fn select_runs(
    connection: &mut PgConnection,
    meant: Meant<'_>,
    limit: u32,
) -> Result<Vec<RunSummary>, DatabaseError> {
    let rows = sqlx::query_as!(
        RunRow,
        r#"SELECT id, job_id, project, benchmark, revision, is_master, measurement_hash, machine_class, state,
                  (pair_of IS NOT NULL OR EXISTS (SELECT 1 FROM runs AS other WHERE other.pair_of = runs.id)) AS "paired!",
                  coalesce(arrangement, (SELECT other.arrangement FROM runs AS other WHERE other.pair_of = runs.id)) AS arrangement,
                  (SELECT count(*) FROM rounds WHERE run_id = runs.id) AS "stored_rounds!", planned_rounds, started_at
           FROM runs
           WHERE ($1::uuid IS NULL OR id BETWEEN $1 AND $2)
             AND ($3::text IS NULL OR project = $3)
             AND ($4::text IS NULL OR benchmark = $4)
             AND ($5::text IS NULL OR state = $5)
             AND ($6::text IS NULL OR revision = $6)
             AND ($7::text IS NULL OR measurement_hash = $7)
             AND ($8::text IS NULL OR (is_master AND machine_class = $8
                 AND (SELECT count(*) FROM rounds WHERE run_id = runs.id AND invalid IS NULL) >= planned_rounds))
           ORDER BY started_at DESC LIMIT $9"#,
        meant.ids.map(|(first, _)| first),
        meant.ids.map(|(_, last)| last),
        meant.project,
        meant.benchmark,
        meant.state.map(RunState::as_str),
        meant.revision,
        meant.hash.map(|hash| hash.0.as_str()),
        meant.master_of.map(|class| class.0.as_str()),
        i64::from(limit),
    )
    .fetch_all(connection)
    .await
    .map_err(DatabaseError::statement("look for runs"))?;
    rows.into_iter().map(RunSummary::try_from).collect()
}

impl TryFrom<RunRow> for RunSummary {
    type Error = DatabaseError;

    fn try_from(row: RunRow) -> Result<Self, Self::Error> {
        let name = || format!("run {}", row.id);
        let rounds = |count: i64| u16::try_from(count).map_err(DatabaseError::row(name()));
        Ok(Self {
            id: RunId(row.id),
            job: JobId(row.job_id),
            revision: row.revision.parse().map_err(DatabaseError::row(name()))?,
            is_master: row.is_master,
            paired: row.paired,
            arrangement: row.arrangement.map(|text| text.parse()).transpose().map_err(DatabaseError::row(name()))?,
            measurement_hash: MeasurementHash(row.measurement_hash),
            class: MachineClass(row.machine_class),
            state: row.state.parse().map_err(DatabaseError::row(name()))?,
            rounds: (rounds(row.stored_rounds)?, rounds(row.planned_rounds.into())?),
            started_at: row.started_at,
            project: row.project,
            benchmark: row.benchmark,
        })
    }
}

/// The rounds of a run, in order.
async fn read_rounds(connection: &mut PgConnection, run: RunId) -> Result<Vec<StoredRound>, DatabaseError> {
    let rows = sqlx::query!(
        r#"SELECT number, load AS "load: Json<LoadRecord>", windows AS "windows: Json<Vec<Window>>",
               steps AS "steps: Json<Vec<StepTime>>", invalid, notes AS "notes: Json<Vec<String>>",
               rejected AS "rejected: Json<Vec<String>>"
           FROM rounds WHERE run_id = $1 ORDER BY number"#,
        run.0,
    )
    .fetch_all(&mut *connection)
    .await
    .map_err(DatabaseError::statement(format!("read the rounds of run {run}")))?;
    let mut measurements = read_measurements(connection, run).await?;
    let mut missing = read_missing(connection, run).await?;
    rows.into_iter()
        .map(|row| {
            let stages = row.load.phases.iter().filter(|phase| phase.phase != Phase::WarmUp);
            Ok(StoredRound {
                number: u16::try_from(row.number).map_err(DatabaseError::row(format!("a round of run {run}")))?,
                measurements: measurements.remove(&row.number).unwrap_or_default(),
                missing: missing.remove(&row.number).unwrap_or_default(),
                load: stages.map(StageLoad::from).collect(),
                windows: row.windows.0,
                steps: row.steps.0,
                invalid: row.invalid,
                notes: row.notes.0,
                rejected: row.rejected.0,
            })
        })
        .collect()
}

/// What was measured, by round, in the order of the keys.
async fn read_measurements(
    connection: &mut PgConnection,
    run: RunId,
) -> Result<BTreeMap<i16, Vec<Measurement>>, DatabaseError> {
    let rows = sqlx::query!(
        r#"SELECT round, query, labels AS "labels: Json<BTreeMap<String, String>>", stage, unit, direction, definition,
               value, bucket_lower, bucket_upper, total
           FROM measurements JOIN series ON series.id = series_id WHERE run_id = $1"#,
        run.0,
    )
    .fetch_all(connection)
    .await
    .map_err(DatabaseError::statement(format!("read the measurements of run {run}")))?;
    let mut rounds: BTreeMap<i16, Vec<Measurement>> = BTreeMap::new();
    for row in rows {
        let columns = SeriesColumns {
            query: row.query,
            labels: row.labels.0,
            stage: row.stage,
            unit: row.unit,
            direction: row.direction,
            definition: row.definition,
        };
        let (key, info) = columns.read(&format!("a series of run {run}"))?;
        let bucket = row.bucket_lower.map(|lower| Bucket { lower, upper: row.bucket_upper });
        rounds.entry(row.round).or_default().push(Measurement {
            key,
            info,
            value: row.value,
            bucket,
            total: row.total,
        });
    }
    // Here rather than in SQL, where the order of text depends on the database's locale.
    rounds.values_mut().for_each(|round| round.sort_by(|a, b| a.key.cmp(&b.key)));
    Ok(rounds)
}

/// The queries that gave nothing, by round, in the order they were stored.
async fn read_missing(
    connection: &mut PgConnection,
    run: RunId,
) -> Result<BTreeMap<i16, Vec<MissingData>>, DatabaseError> {
    let rows = sqlx::query!(
        "SELECT round, query, stage, reason FROM missing_data WHERE run_id = $1 ORDER BY round, ordinal",
        run.0,
    )
    .fetch_all(connection)
    .await
    .map_err(DatabaseError::statement(format!("read the missing data of run {run}")))?;
    let mut rounds: BTreeMap<i16, Vec<MissingData>> = BTreeMap::new();
    for row in rows {
        let stage = u16::try_from(row.stage).map_err(DatabaseError::row(format!("missing data of run {run}")))?;
        rounds.entry(row.round).or_default().push(MissingData { query: row.query, stage, reason: row.reason });
    }
    Ok(rounds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_the_range_of_ids_that_begin_with_it() {
        let id: Uuid = "1234abcd-0000-4000-8000-00000000000f".parse().unwrap();
        for prefix in ["1234", "1234abcd", "1234ABCD-0000", "1234abcd-0000-4000-8000-00000000000f"] {
            let (first, last) = id_range(prefix).unwrap();
            assert!(first <= id && id <= last, "{prefix}");
        }
        let (first, last) = id_range("1235").unwrap();
        assert!(id < first && first < last);
        for prefix in ["", "123", "main", "1234+dirty", "1234abcd-0000-4000-8000-00000000000f0", "äöü€"] {
            assert!(id_range(prefix).is_none(), "{prefix}");
        }
    }
}
