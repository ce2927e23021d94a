//! What is measured by the clock.

use std::collections::BTreeMap;

use croner::parser::{CronParser, Seconds, Year};
use serde_saphyr::Spanned;

use super::error::{ConfigError, Problem};
use super::excerpt::shortened;
use super::github::known_benchmark;
use super::raw::RawSchedule;
use super::source::Source;
use crate::domain::rules::Schedule;
use crate::domain::settings::Benchmark;

pub(super) fn check(
    source: &Source,
    raw: Vec<RawSchedule>,
    benchmarks: &BTreeMap<String, Benchmark>,
) -> Result<Vec<Schedule>, ConfigError> {
    let one = |raw: RawSchedule| {
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        if let Err(error) = parser.parse(&raw.cron.value) {
            let (text, reason) = (shortened(&raw.cron.value), shortened(&error.to_string()));
            let message = format!(
                "`{text}` is no time of cron ({reason}): expected minute, hour, day, month and weekday in UTC, such as \
                 `0 2 * * *`"
            );
            return Err(source.error(raw.cron.referenced, Problem::Value(message)));
        }
        let against = raw.against.map(|name| against(source, name)).transpose()?;
        Ok(Schedule { benchmark: known_benchmark(source, &raw.benchmark, benchmarks)?, cron: raw.cron.value, against })
    };
    raw.into_iter().map(one).collect()
}

/// The name of a branch, or a SHA; whether it is there, GitHub tells when it is due.
fn against(source: &Source, name: Spanned<String>) -> Result<String, ConfigError> {
    let is_name = |name: &str| !name.is_empty() && !name.contains(|letter: char| letter.is_whitespace());
    if is_name(&name.value) {
        return Ok(name.value);
    }
    let message = "expected a branch of the repository or a full SHA, such as `release-2`".to_owned();
    Err(source.error(name.referenced, Problem::Value(message)))
}
