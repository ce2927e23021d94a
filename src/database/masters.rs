//! Which revisions have a master set.

use std::collections::BTreeSet;

use super::connection::Database;
use super::error::DatabaseError;
use crate::domain::machine::MachineClass;
use crate::domain::revision::Revision;
use crate::domain::run::MeasurementHash;

impl Database {
    /// Those of the revisions that candidates of this benchmark can be compared with, see [`Database::master_set`].
    pub async fn revisions_with_master_set(
        &self,
        project: &str,
        benchmark: &str,
        revisions: &[Revision],
        hash: &MeasurementHash,
        class: &MachineClass,
    ) -> Result<BTreeSet<Revision>, DatabaseError> {
        let texts: Vec<String> = revisions.iter().map(ToString::to_string).collect();
        let found = sqlx::query_scalar!(
            "SELECT DISTINCT revision FROM runs
             WHERE project = $1 AND benchmark = $2 AND revision = ANY($3) AND measurement_hash = $4
                 AND machine_class = $5 AND is_master AND state = 'complete'
                 AND (SELECT count(*) FROM rounds WHERE run_id = runs.id AND invalid IS NULL) >= planned_rounds",
            project,
            benchmark,
            &texts,
            hash.0,
            class.0,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(DatabaseError::statement("look for master sets"))?;
        found.iter().map(|text| text.parse().map_err(DatabaseError::row(format!("a run of revision {text}")))).collect()
    }
}
