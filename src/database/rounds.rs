//! Rounds as they are stored: whole or not at all, and only under a live claim.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Value, json};
use sqlx::PgConnection;
use sqlx::types::Json;

use super::claims::hold;
use super::connection::Database;
use super::error::DatabaseError;
use super::rows::{column, without_nul};
use crate::domain::fault::reasons;
use crate::domain::ids::RunId;
use crate::domain::job::ClaimedJob;
use crate::domain::run::{Arm, RoundResult};
use crate::domain::series::{Measurement, MissingData, SeriesKey};

impl Database {
    /// Stores a round with all that was measured, in one transaction that is refused unless the claim is live and
    /// the run is a partial one of that claim.
    pub async fn store_round(&self, claim: &ClaimedJob, run: RunId, round: &RoundResult) -> Result<(), DatabaseError> {
        let failed = || DatabaseError::statement(format!("store round {} of run {run}", round.number));
        let number = column::<i16, _>("the number of a round", round.number)?;
        let mut tx = self.pool.begin().await.map_err(failed())?;
        insert_round(&mut tx, claim, run, number, round).await?;
        let columns = Columns::of(&round.measurements)?;
        insert_series(&mut tx, run, &columns).await.map_err(failed())?;
        let arm = round.arm;
        let inserted = insert_measurements(&mut tx, run, number, arm, &columns).await?;
        expect_all(run, inserted, round.measurements.len())?;
        insert_missing(&mut tx, run, number, round).await?;
        hold(&mut tx, claim).await?;
        tx.commit().await.map_err(failed())
    }
}

async fn insert_round(
    connection: &mut PgConnection,
    claim: &ClaimedJob,
    run: RunId,
    number: i16,
    round: &RoundResult,
) -> Result<(), DatabaseError> {
    let failed = || DatabaseError::statement(format!("store round {number} of run {run}"));
    // As text: sqlx would send a value of serde's as jsonb.
    let load = serde_json::to_string(&round.load).map_err(|error| failed()(sqlx::Error::Encode(error.into())))?;
    let reason = reasons(&round.faults);
    let invalid = reason.as_deref().map(without_nul);
    let inserted = sqlx::query!(
        "INSERT INTO rounds (run_id, number, arm, windows, load, steps, raw_path, raw_bytes, raw_sha256, invalid,
                             rejected, notes)
         SELECT id, $4, $5, $6, $7::text::json, $8, $9, $10, $11, $12, $13, $14
         FROM runs WHERE id = $1 AND job_id = $2 AND token = $3 AND state = 'partial' FOR UPDATE",
        run.0,
        claim.id.0,
        claim.token.0,
        number,
        round.arm.as_str(),
        Json(&round.windows) as _,
        load,
        Json(&round.steps) as _,
        round.raw.path,
        column::<i64, _>("the size of the raw samples", round.raw.bytes)?,
        round.raw.sha256,
        invalid.as_deref(),
        Json(all_without_nul(&round.rejected)) as _,
        Json(all_without_nul(&round.notes)) as _,
    )
    .execute(connection)
    .await
    .map_err(failed())?;
    match inserted.rows_affected() {
        0 => Err(DatabaseError::RunClosed { run, job: claim.id }),
        _ => Ok(()),
    }
}

/// jsonb can't hold NUL either, not even escaped.
fn all_without_nul(texts: &[String]) -> Vec<Cow<'_, str>> {
    texts.iter().map(|text| without_nul(text)).collect()
}

/// Measurements turned by 90 degrees: one array a column goes to Postgres in one statement, however many there are.
pub(super) struct Columns {
    queries: Vec<String>,
    labels: Vec<Value>,
    stages: Vec<i16>,
    units: Vec<String>,
    directions: Vec<String>,
    definitions: Vec<String>,
    values: Vec<f64>,
    lower_bounds: Vec<Option<f64>>,
    upper_bounds: Vec<Option<f64>>,
    totals: Vec<Option<f64>>,
}

impl Columns {
    pub(super) fn of(measurements: &[Measurement]) -> Result<Self, DatabaseError> {
        let each = || measurements.iter();
        Ok(Self {
            queries: each().map(|one| one.key.query.clone()).collect(),
            labels: each().map(|one| labels_column(&one.key)).collect(),
            stages: each().map(|one| column("the number of a stage", one.key.stage)).collect::<Result<_, _>>()?,
            units: each().map(|one| one.info.unit.as_str().to_owned()).collect(),
            directions: each().map(|one| one.info.direction.as_str().to_owned()).collect(),
            definitions: each().map(|one| one.info.definition.to_string()).collect(),
            values: each().map(|one| one.value).collect(),
            lower_bounds: each().map(|one| one.bucket.map(|bucket| bucket.lower)).collect(),
            upper_bounds: each().map(|one| one.bucket.and_then(|bucket| bucket.upper)).collect(),
            totals: each().map(|one| one.total).collect(),
        })
    }
}

/// Labels come from services, and jsonb holds no NUL.
fn labels_column(key: &SeriesKey) -> Value {
    json!(key.labels.iter().map(|(name, value)| (name, without_nul(value))).collect::<BTreeMap<_, _>>())
}

/// Adds the series that are not there yet.
pub(super) async fn insert_series(
    connection: &mut PgConnection,
    run: RunId,
    columns: &Columns,
) -> Result<(), sqlx::Error> {
    // In a fixed order, so that two runs that add the same series wait for each other and never deadlock. The join
    // leaves out known ones: ON CONFLICT is only for those that another run adds at this moment.
    sqlx::query!(
        "INSERT INTO series (project, benchmark, query, labels, stage, unit, direction, definition)
         SELECT DISTINCT runs.project, runs.benchmark, m.query, m.labels, m.stage, m.unit, m.direction, m.definition
         FROM unnest($2::text[], $3::jsonb[], $4::smallint[], $5::text[], $6::text[], $7::text[])
                  AS m (query, labels, stage, unit, direction, definition)
         JOIN runs ON runs.id = $1
         LEFT JOIN series ON series.project = runs.project AND series.benchmark = runs.benchmark
             AND series.query = m.query AND series.stage = m.stage AND md5(series.labels::text) = md5(m.labels::text)
             AND series.unit = m.unit AND series.direction = m.direction AND series.definition = m.definition
         WHERE series.id IS NULL
         ORDER BY m.query, m.stage, m.labels, m.unit, m.direction, m.definition
         ON CONFLICT DO NOTHING",
        run.0,
        &columns.queries,
        &columns.labels,
        &columns.stages,
        &columns.units,
        &columns.directions,
        &columns.definitions,
    )
    .execute(connection)
    .await
    .map(drop)
}

/// Adds the values of series that have none in the round yet, and says how many.
pub(super) async fn insert_measurements(
    connection: &mut PgConnection,
    run: RunId,
    number: i16,
    arm: Arm,
    columns: &Columns,
) -> Result<u64, DatabaseError> {
    let inserted = sqlx::query!(
        "INSERT INTO measurements (run_id, round, arm, series_id, value, bucket_lower, bucket_upper, total)
         SELECT runs.id, $2, $3, series.id, m.value, m.bucket_lower, m.bucket_upper, m.total
         FROM unnest($4::text[], $5::jsonb[], $6::smallint[], $7::text[], $8::text[], $9::text[],
                     $10::double precision[], $11::double precision[], $12::double precision[],
                     $13::double precision[])
                  AS m (query, labels, stage, unit, direction, definition, value, bucket_lower, bucket_upper, total)
         JOIN runs ON runs.id = $1
         JOIN series ON series.project = runs.project AND series.benchmark = runs.benchmark
             AND series.query = m.query AND series.stage = m.stage AND md5(series.labels::text) = md5(m.labels::text)
             AND series.unit = m.unit AND series.direction = m.direction AND series.definition = m.definition
         ON CONFLICT DO NOTHING",
        run.0,
        number,
        arm.as_str(),
        &columns.queries,
        &columns.labels,
        &columns.stages,
        &columns.units,
        &columns.directions,
        &columns.definitions,
        &columns.values,
        &columns.lower_bounds as _,
        &columns.upper_bounds as _,
        &columns.totals as _,
    )
    .execute(connection)
    .await
    .map_err(DatabaseError::statement(format!("store the measurements of round {number} of run {run}")))?;
    Ok(inserted.rows_affected())
}

fn expect_all(run: RunId, inserted: u64, expected: usize) -> Result<(), DatabaseError> {
    if usize::try_from(inserted).ok() == Some(expected) {
        return Ok(());
    }
    let reason = format!("{inserted} of {expected} measurements found their series");
    Err(DatabaseError::row(format!("the series of run {run}"))(reason))
}

async fn insert_missing(
    connection: &mut PgConnection,
    run: RunId,
    number: i16,
    round: &RoundResult,
) -> Result<(), DatabaseError> {
    let each = || round.missing.iter();
    let queries: Vec<String> = each().map(|one: &MissingData| one.query.clone()).collect();
    let stages: Vec<i16> = each().map(|one| column("the number of a stage", one.stage)).collect::<Result<_, _>>()?;
    let reasons: Vec<String> = each().map(|one| without_nul(&one.reason).into_owned()).collect();
    sqlx::query!(
        "INSERT INTO missing_data (run_id, round, arm, ordinal, query, stage, reason)
         SELECT $1, $2, $3, m.ordinal, m.query, m.stage, m.reason
         FROM unnest($4::text[], $5::smallint[], $6::text[]) WITH ORDINALITY AS m (query, stage, reason, ordinal)",
        run.0,
        number,
        round.arm.as_str(),
        &queries,
        &stages,
        &reasons,
    )
    .execute(connection)
    .await
    .map(drop)
    .map_err(DatabaseError::statement(format!("store the missing data of round {number} of run {run}")))
}
