//! From `config.yaml` to settings: the whole, and the parts that are of no benchmark.

use std::collections::BTreeMap;
use std::path::Path;

use serde_saphyr::{Location, Spanned};

use super::error::{ConfigError, Problem};
use super::excerpt::shortened;
use super::raw::{self, RawConfig};
use super::secret::{Environment, Secrets};
use super::shape::Entries;
use super::source::Source;
use super::value::{normal, resolve};
use super::{benchmark, database, defaults, github, manager, name, placement, repository, schedule, yaml};
use crate::domain::revision::is_branch;
use crate::domain::settings::{Benchmark, PrometheusSettings, QueueSettings, Settings, TimeoutSettings};

/// What fails so often does not fail by chance.
const MOST_ATTEMPTS: u64 = 20;

/// Reads a configuration with the query sets, bodies and secrets that it names, and checks all of it.
///
/// `path` is the file as the command line names it. `environment` answers for the variables that the file names, and
/// is asked for no others.
///
/// # Errors
///
/// The first thing that is wrong, with its place, see [`ConfigError`].
pub fn load(path: &Path, environment: &dyn Fn(&str) -> Option<String>) -> Result<Settings, ConfigError> {
    let source = Source::read(path)?;
    let raw = yaml::parse(&source, raw::REQUIRED)?;
    let folder = std::path::absolute(Path::new(".").join(source.folder()))
        .map_err(|error| ConfigError::Unreadable { path: path.to_owned(), source: error })?;
    check(&source, raw, &normal(&folder), environment)
}

fn check(
    source: &Source,
    raw: RawConfig,
    folder: &Path,
    environment: Environment<'_>,
) -> Result<Settings, ConfigError> {
    let benchmarks = benchmarks(source, folder, raw.benchmarks)?;
    let secrets = Secrets::new(source, environment);
    Ok(Settings {
        project: name::slug("project").check(source, &raw.project)?,
        repository: repository::check(source, folder, &raw.repository)?,
        default_branch: branch(source, raw.default_branch)?,
        baseline: raw.baseline,
        data: match &raw.data {
            Some(text) => resolve(source, folder, text)?,
            None => folder.join(defaults::DATA),
        },
        database: database::check(&secrets, raw.database)?,
        images: images(source, raw.images)?,
        machine_class: raw.machine_class.map(|class| name::MACHINE_CLASS.check(source, &class)).transpose()?,
        queue: queue(source, raw.queue)?,
        log: raw.log,
        manager: manager::check(&secrets, folder, raw.manager.unwrap_or_default())?,
        github: raw.github.map(|github| github::check(&secrets, github, &benchmarks)).transpose()?.flatten(),
        schedule: schedule::check(source, raw.schedule, &benchmarks)?,
        prometheus: prometheus(source, raw.prometheus)?,
        timeouts: timeouts(source, raw.timeouts)?,
        placement: placement::check(source, raw.placement)?,
        compose_command: compose_command(source, raw.compose_command)?,
        benchmarks,
        unset: secrets.unset(),
        text: source.text.clone(),
        folder: folder.to_owned(),
    })
}

/// A branch goes to git as an argument.
fn branch(source: &Source, branch: Option<Spanned<String>>) -> Result<String, ConfigError> {
    let Some(branch) = branch else { return Ok(defaults::DEFAULT_BRANCH.to_owned()) };
    let text = &branch.value;
    if !is_branch(text) {
        let message = format!("`{}` is no name of a branch", shortened(text));
        return Err(source.error(branch.referenced, Problem::Value(message)));
    }
    Ok(branch.value)
}

/// The built-in images, with the configuration's candidates in place of or beside them.
fn images(
    source: &Source,
    images: Entries<Spanned<Vec<Spanned<String>>>>,
) -> Result<BTreeMap<String, Vec<String>>, ConfigError> {
    let mut all = defaults::images();
    for (name, candidates) in images.0 {
        let name = name::slug("image").check(source, &name)?;
        let checked: Vec<String> = words(source, &candidates, "an image, such as `postgres:17`")?;
        all.insert(name, checked);
    }
    Ok(all)
}

fn compose_command(
    source: &Source,
    command: Option<Spanned<Vec<Spanned<String>>>>,
) -> Result<Vec<String>, ConfigError> {
    match command {
        None => Ok(defaults::compose_command()),
        Some(command) => words(source, &command, "a command, such as [docker, compose]"),
    }
}

/// At least one word, none of them empty; the first no option.
fn words(source: &Source, list: &Spanned<Vec<Spanned<String>>>, what: &str) -> Result<Vec<String>, ConfigError> {
    let error =
        |location, found: &str| Err(source.error(location, Problem::Value(format!("{found}: expected {what}"))));
    let Some(first) = list.value.first() else { return error(list.referenced, "the list is empty") };
    if first.value.starts_with('-') {
        return error(first.referenced, "this looks like an option");
    }
    let unsound = |word: &&Spanned<String>| word.value.is_empty() || word.value.contains(char::is_whitespace);
    match list.value.iter().find(unsound) {
        Some(word) => error(word.referenced, "this is empty or has spaces"),
        None => Ok(list.value.iter().map(|word| word.value.clone()).collect()),
    }
}

fn queue(source: &Source, queue: Option<Spanned<QueueSettings>>) -> Result<QueueSettings, ConfigError> {
    let Some(Spanned { value: queue, referenced, .. }) = queue else { return Ok(QueueSettings::default()) };
    let spans =
        [("lease", queue.lease), ("heartbeat", queue.heartbeat), ("poll", queue.poll), ("back_off", queue.back_off)];
    positive(source, referenced, &spans.map(|(key, span)| (key, span.0.is_zero())))?;
    // One heartbeat may be lost, and the lease must still hold.
    if queue.heartbeat.0 * 2 > queue.lease.0 {
        let message = format!("`lease` is {}; expected at least twice `heartbeat`, {}", queue.lease, queue.heartbeat);
        return Err(source.error(referenced, Problem::Value(message)));
    }
    let (value, min, max) = (u64::from(queue.attempts), 1, MOST_ATTEMPTS);
    if !(min..=max).contains(&value) {
        return Err(source.error(referenced, Problem::Range { key: "attempts", value, min, max }));
    }
    Ok(queue)
}

fn prometheus(
    source: &Source,
    prometheus: Option<Spanned<PrometheusSettings>>,
) -> Result<PrometheusSettings, ConfigError> {
    let Some(Spanned { value, referenced, .. }) = prometheus else { return Ok(PrometheusSettings::default()) };
    let zeros = [
        ("scrape_interval", value.scrape_interval.0.is_zero()),
        ("sample_limit", value.sample_limit == 0),
        ("concurrency", value.concurrency == 0),
        ("series_limit", value.series_limit == 0),
    ];
    positive(source, referenced, &zeros)?;
    // Prometheus counts in milliseconds.
    if !value.scrape_interval.0.subsec_nanos().is_multiple_of(1_000_000) {
        let message = format!("`scrape_interval` is {}; expected whole milliseconds", value.scrape_interval);
        return Err(source.error(referenced, Problem::Value(message)));
    }
    Ok(value)
}

fn timeouts(source: &Source, timeouts: Option<Spanned<TimeoutSettings>>) -> Result<TimeoutSettings, ConfigError> {
    let Some(Spanned { value, referenced, .. }) = timeouts else { return Ok(TimeoutSettings::default()) };
    let TimeoutSettings { fetch, build, up, ready, scrape, query, down } = &value;
    let spans = [
        ("fetch", fetch),
        ("build", build),
        ("up", up),
        ("ready", ready),
        ("scrape", scrape),
        ("query", query),
        ("down", down),
    ];
    positive(source, referenced, &spans.map(|(key, span)| (key, span.0.is_zero())))?;
    Ok(value)
}

/// None of the keys may be zero.
fn positive(source: &Source, location: Location, keys: &[(&str, bool)]) -> Result<(), ConfigError> {
    match keys.iter().find(|(_, zero)| *zero) {
        Some((key, _)) => Err(source.error(location, Problem::Value(format!("`{key}` is 0; expected more")))),
        None => Ok(()),
    }
}

fn benchmarks(
    source: &Source,
    folder: &Path,
    benchmarks: Spanned<Entries<raw::RawBenchmark>>,
) -> Result<BTreeMap<String, Benchmark>, ConfigError> {
    if benchmarks.value.0.is_empty() {
        let problem = Problem::Value("expected at least one benchmark".to_owned());
        return Err(source.error(benchmarks.referenced, problem));
    }
    let mut checked = BTreeMap::new();
    for (name, benchmark) in benchmarks.value.0 {
        let benchmark = benchmark::check(source, folder, &name, benchmark)?;
        checked.insert(name.value, benchmark);
    }
    Ok(checked)
}
