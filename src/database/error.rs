//! What can go wrong between us and Postgres.

use thiserror::Error;

use crate::domain::ids::{FencingToken, JobId, RunId};
use crate::domain::run::RunState;

/// A failure of the database, or an answer of it that is one; fits "failed to ...".
#[derive(Debug, Error)]
pub enum DatabaseError {
    /// The URL does not parse. It is not repeated: it may hold a password.
    #[error("read the database URL: expected postgres://USER:PASSWORD@HOST:PORT/NAME")]
    Url(#[source] sqlx::Error),
    /// Nobody answered, or we were turned away.
    #[error("connect to Postgres at {address}: is it running, reachable from here, and are its credentials right?")]
    Connect {
        /// `host:port`, without credentials.
        address: String,
        /// What happened last.
        #[source]
        source: sqlx::Error,
    },
    /// Nobody answered in time.
    #[error("connect to Postgres at {address}: no answer within {seconds} s; is it running, and reachable from here?")]
    NoAnswer {
        /// `host:port`, without credentials.
        address: String,
        /// How long we waited.
        seconds: u64,
    },
    /// A newer Loadmark was here.
    #[error(
        "use the database at {address}: a newer loadmark has migrated it to version {found}, and this one knows up to \
         {known}; install the newer loadmark"
    )]
    Newer {
        /// `host:port`, without credentials.
        address: String,
        /// The database's version.
        found: i64,
        /// The newest that we know.
        known: i64,
    },
    /// A migration failed, or one that was applied is not the one we know.
    #[error("migrate the database at {address}")]
    Migrate {
        /// `host:port`, without credentials.
        address: String,
        /// What happened.
        #[source]
        source: sqlx::migrate::MigrateError,
    },
    /// A statement failed.
    #[error("{operation}")]
    Statement {
        /// What was tried, with its object.
        operation: String,
        /// What Postgres said.
        #[source]
        source: sqlx::Error,
    },
    /// A row that no version of Loadmark writes.
    #[error("read {row} from the database: {reason}; was it changed by hand?")]
    Row {
        /// Which row.
        row: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A value that has no place in its column.
    #[error("store {what}: {value} is out of range")]
    Range {
        /// Which value.
        what: &'static str,
        /// The value.
        value: u64,
    },
    /// A write under a claim that is no longer held.
    #[error(
        "write for job {job} under claim {}: the claim is no longer held, because its lease ended or the job was \
         claimed again; `loadmark jobs show {job}` tells where it stands", .token.0
    )]
    StaleClaim {
        /// The job.
        job: JobId,
        /// The claim's token.
        token: FencingToken,
    },
    /// A round or an end for a run that takes none.
    #[error("write to run {run}: it is no partial run of job {job} under the present claim")]
    RunClosed {
        /// The run.
        run: RunId,
        /// The job that wrote.
        job: JobId,
    },
    /// An end before all rounds are there.
    #[error("complete run {run}: {stored} of {planned} rounds are stored")]
    RoundsMissing {
        /// The run.
        run: RunId,
        /// Rounds stored.
        stored: u16,
        /// Rounds planned.
        planned: u16,
    },
    /// Only what could be compared can be taken back.
    #[error("invalidate run {run}: it is {state}, and only a complete run can be invalidated")]
    NotComplete {
        /// The run.
        run: RunId,
        /// Its state.
        state: RunState,
    },
    /// Nothing of that name.
    #[error("find {what}: there is none; `{list}` lists what there is")]
    Unknown {
        /// What was looked for.
        what: String,
        /// The command that lists them.
        list: &'static str,
    },
    /// Several of that name.
    #[error("find {what}: it could be {candidates}; give more digits")]
    Ambiguous {
        /// What was looked for.
        what: String,
        /// Some of those that fit.
        candidates: String,
    },
}

impl DatabaseError {
    /// Whether the server was away, busy, full or just starting, or others were in the way: the same may work a little
    /// later.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::NoAnswer { .. } => true,
            Self::Connect { source, .. } | Self::Statement { source, .. } => is_outage(source) || is_brief(source),
            _ => false,
        }
    }

    /// For `map_err`: the statement that was tried, with its object.
    pub(super) fn statement(operation: impl Into<String>) -> impl FnOnce(sqlx::Error) -> Self {
        let operation = operation.into();
        move |source| Self::Statement { operation, source }
    }

    /// There is no such run.
    pub(super) fn unknown_run(what: String) -> Self {
        Self::Unknown { what, list: "loadmark runs list" }
    }

    /// For `map_err`: which row makes no sense.
    pub(super) fn row<E: ToString>(row: impl Into<String>) -> impl FnOnce(E) -> Self {
        let row = row.into();
        move |reason| Self::Row { row, reason: reason.to_string() }
    }
}

/// Whether a server that ends, is away or is starting (or a container's port whose server is) answers like this.
pub(super) fn is_outage(error: &sqlx::Error) -> bool {
    /// Ended by an administrator, by a crash, and: cannot connect now.
    const AWAY: [&str; 3] = ["57P01", "57P02", "57P03"];
    match error {
        // A port that is held for a server that is away closes at once: to the client, a wrong answer.
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::PoolTimedOut => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| AWAY.contains(&code.as_ref())),
        _ => false,
    }
}

/// Whether a server that is there answers like this for reasons that end by themselves.
fn is_brief(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => error.code().is_some_and(|code| may_pass(&code)),
        sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed => true,
        _ => false,
    }
}

/// Whether a code of Postgres (SQLSTATE) is of what ends by itself, or once somebody makes room.
fn may_pass(code: &str) -> bool {
    /// The connection; rolled back, as after a deadlock; no room on the disk, in memory, or for a connection.
    const CLASSES: [&str; 3] = ["08", "40", "53"];
    /// Not locked in time, not answered in time, idle for too long, and a server that only reads, as while another
    /// takes its place.
    const CODES: [&str; 4] = ["55P03", "57014", "25P03", "25006"];
    CLASSES.iter().any(|class| code.starts_with(class)) || CODES.contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_cause_may_pass_and_what_a_statement_causes_does_not() {
        for code in ["08006", "40001", "40P01", "53100", "53300", "55P03", "57014", "25P03", "25006"] {
            assert!(may_pass(code), "{code}");
        }
        // Not unique, no such column, a NUL, no permission, another transaction open.
        for code in ["23505", "42703", "22021", "42501", "25001", ""] {
            assert!(!may_pass(code), "{code}");
        }
    }
}
