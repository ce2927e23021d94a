//! What can be wrong with a configuration, and where.

use std::fmt;
use std::path::PathBuf;

use thiserror::Error;

use super::excerpt::shortened;
use super::promql::PromQlError;

use crate::domain::limit::LimitError;
use crate::domain::template::TemplateError;

/// A configuration that can't be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file that the command line names, or the default one.
    #[error("read {path}: there is no such file; `--config PATH` chooses another", path = .path.display())]
    Absent {
        /// As named.
        path: PathBuf,
    },
    /// Any file of the configuration.
    #[error("read {path}", path = .path.display())]
    Unreadable {
        /// As named.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file that is not even looked at.
    #[error("read {path}: it is larger than {max_bytes} bytes, which no configuration needs", path = .path.display())]
    TooLarge {
        /// As named.
        path: PathBuf,
        /// What is read at most.
        max_bytes: u64,
    },
    /// Bytes that are no UTF-8.
    #[error("read {path}: it is not a text in UTF-8 (from byte {offset_bytes} on)", path = .path.display())]
    NotText {
        /// As named.
        path: PathBuf,
        /// Of the first byte that is none.
        offset_bytes: usize,
    },
    /// A secret that is named, and without which this can't be done.
    #[error("{0}")]
    Unset(String),
    /// Two configurations of one manager that both claim a name.
    #[error("read {path}: the {kind} `{name}` is that of {other} as well; a manager serves each once",
        path = .path.display(), other = .other.display())]
    Twice {
        /// The later one.
        path: PathBuf,
        /// What the name is of.
        kind: &'static str,
        /// The name.
        name: String,
        /// The earlier one.
        other: PathBuf,
    },
    /// A mistake at a place of a file.
    #[error("{place}: {problem}{excerpt}", excerpt = .place.excerpt)]
    At {
        /// Where.
        place: Box<Place>,
        /// What; printed here, and so not a source.
        problem: Box<Problem>,
    },
}

/// A place in a file; printed as `FILE:LINE:COLUMN`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// As named: relative paths stay relative.
    pub file: PathBuf,
    /// From 1.
    pub line: u64,
    /// In characters, from 1.
    pub column: u64,
    /// The line with a caret under the place, each line of it after a line break; empty if it must not be shown.
    pub(super) excerpt: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

/// A mistake in a configuration or query set. Hints are ``did you mean `x`?`` or the list of what would do.
#[derive(Debug, Error)]
pub enum Problem {
    /// What is there is no YAML.
    #[error("not valid YAML: {0}")]
    Syntax(String),
    /// Nested, aliased or repeated beyond what a configuration needs.
    #[error("too much nesting or aliasing for a configuration: {0}")]
    TooComplex(String),
    /// The file holds nothing but comments.
    #[error("the file is empty; expected at least {0}")]
    Empty(String),
    /// A key that means nothing here.
    #[error("unknown key `{key}`: {hint}")]
    UnknownKey {
        /// As written.
        key: String,
        /// The nearest valid one.
        hint: String,
    },
    /// A word that is none of those that may stand here.
    #[error("unknown value `{value}`: {hint}")]
    UnknownValue {
        /// As written.
        value: String,
        /// The nearest valid one.
        hint: String,
    },
    /// A required key that is not there.
    #[error("missing key `{key}`, in the same block as this")]
    MissingKey {
        /// The key.
        key: String,
    },
    /// A key that stands twice in one block.
    #[error("the key `{0}` stands here for the second time; remove one")]
    DuplicateKey(String),
    /// A list where a text should be, and the like.
    #[error("expected {expected}{found}")]
    Shape {
        /// What should be there.
        expected: String,
        /// What is there, as `, found ...`.
        found: String,
    },
    /// A value that its key can't have; the text says what it could.
    #[error("{0}")]
    Value(String),
    /// A number that is too small or too large.
    #[error("`{key}` is {value}; expected a whole number from {min} to {max}")]
    Range {
        /// The key.
        key: &'static str,
        /// As written.
        value: u64,
        /// The smallest that would do.
        min: u64,
        /// The largest that would do.
        max: u64,
    },
    /// A name that does not fit its pattern.
    #[error("`{name}` is no name for a {kind}: expected {pattern}")]
    Name {
        /// As written.
        name: String,
        /// What it would name.
        kind: &'static str,
        /// What it must look like.
        pattern: &'static str,
    },
    /// Two of a kind with one name.
    #[error("the {kind} `{name}` stands here for the second time; each may stand once")]
    DuplicateName {
        /// What it names.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// Neither, or more than one, of keys that exclude each other.
    #[error("expected exactly one of the keys {0} here")]
    ExactlyOne(&'static str),
    /// A file that the configuration names and that is not there.
    #[error("there is no file {path}", path = .path.display())]
    NoFile {
        /// Resolved against the folder of the file that names it.
        path: PathBuf,
    },
    /// A repository that git must not be asked for.
    #[error(
        "`repository` {reason}; expected a folder, `https://HOST/PATH`, `ssh://USER@HOST/PATH` or `USER@HOST:PATH`"
    )]
    Repository {
        /// What is wrong with it.
        reason: String,
    },
    /// A named environment variable that is not set, or empty.
    #[error("`{key}` names the environment variable `{variable}`, which is not set: set it, or change the key")]
    EnvironmentUnset {
        /// The key that names it, from the root.
        key: &'static str,
        /// The variable.
        variable: String,
    },
    /// A secret that stands in the configuration itself.
    #[error("`{key}` must not stand in the configuration, it is a secret: write {{env: VARIABLE}} or {{file: PATH}}")]
    InlineSecret {
        /// The key, from the root.
        key: &'static str,
    },
    /// A database URL of another kind; it is not printed, for it is a secret.
    #[error("the value that `{key}` names is no Postgres URL: it must begin with `postgres://` or `postgresql://`")]
    DatabaseUrl {
        /// The key, from the root.
        key: &'static str,
    },
    /// A query's name that another query of the benchmark has.
    #[error("query `{name}` is defined twice for this benchmark: in {first} and in {second}; rename one")]
    QueryClash {
        /// The name.
        name: String,
        /// Where it was first.
        first: Place,
        /// Where it is again.
        second: Place,
    },
    /// A limit for a query that the set does not have.
    #[error("the set has no query `{name}`: {hint}")]
    UnknownQuery {
        /// As written.
        name: String,
        /// The nearest one there is.
        hint: String,
    },
    /// A limit for a quantile that the query does not ask for.
    #[error("query `{query}` has no quantile `{quantile}`: {hint}")]
    UnknownQuantile {
        /// The query.
        query: String,
        /// As written.
        quantile: String,
        /// Those it has.
        hint: String,
    },
    /// A value for a variable that the set does not have.
    #[error("the set has no variable `{name}`: {hint}")]
    UnknownVariable {
        /// As written.
        name: String,
        /// The nearest one there is.
        hint: String,
    },
    /// A placeholder that is neither one of every query nor a variable of the set.
    #[error("query `{query}`: unknown placeholder `{{{{{name}}}}}`: {hint}")]
    UnknownPlaceholder {
        /// The query.
        query: String,
        /// As written.
        name: String,
        /// The nearest placeholder or variable.
        hint: String,
    },
    /// A query whose `{{...}}` or `D(...)` are wrong.
    #[error("query `{query}`: {error}")]
    Template {
        /// The query.
        query: String,
        /// What is wrong.
        error: TemplateError,
    },
    /// A query that is no usable PromQL once it is filled in.
    #[error("query `{query}`: its PromQL {error}{filled}", filled = filled_in(.promql))]
    PromQl {
        /// The query.
        query: String,
        /// What is wrong.
        error: PromQlError,
        /// The text that was parsed, with sample values for placeholders.
        promql: String,
    },
    /// A readiness condition that is no usable PromQL.
    #[error("the condition's PromQL {0}")]
    ReadyPromQl(PromQlError),
    /// A query whose keys do not go together.
    #[error("query `{query}` {reason}")]
    Query {
        /// The query.
        query: String,
        /// Which keys, and what to do.
        reason: &'static str,
    },
    /// A rule for a label that the query does not keep on its series.
    #[error("query `{query}` keeps no label `{label}`: {hint}")]
    UnknownLabel {
        /// The query.
        query: String,
        /// As written.
        label: String,
        /// The nearest one it keeps.
        hint: String,
    },
    /// A rule for series that an earlier one holds for already.
    #[error("query `{query}`: no series comes to this rule, as the first that fits holds: put it before that of {by}")]
    Shadowed {
        /// The query.
        query: String,
        /// The labels of the earlier one.
        by: String,
    },
    /// Something beyond the limit would not be beyond what warns.
    #[error(
        "query `{query}`: `warn` {warn} is wider than `limit` {limit}: give `warn` the same parts, each smaller, or none"
    )]
    Tiers {
        /// The query.
        query: String,
        /// What warns.
        warn: String,
        /// What fails.
        limit: String,
    },
    /// A further tier of a query that is never judged.
    #[error("query `{query}` has `{key}` and no limit: give it one, or leave `{key}` out")]
    TierWithoutLimit {
        /// The query.
        query: String,
        /// The tier.
        key: &'static str,
    },
    /// A limit that can't be read for its query's unit and direction.
    #[error("query `{query}`: {error}")]
    Limit {
        /// The query.
        query: String,
        /// What is wrong.
        error: LimitError,
    },
    /// A query that shall decide, and has nothing to decide by.
    #[error("query `{query}` is primary and has no limit: give it one, or leave `primary` out")]
    PrimaryWithoutLimit {
        /// The query.
        query: String,
    },
}

/// The text that was parsed, on a line of its own: what the parser complains of may come from a variable.
fn filled_in(promql: &str) -> String {
    let one_line = promql.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("\n  filled in: {}", shortened(&one_line))
}
