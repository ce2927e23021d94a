//! One benchmark: its stack, when that is ready, what is scraped, what is sent and what is asked.

use std::path::{Component, Path};

use serde_saphyr::Spanned;

use super::error::{ConfigError, Problem};
use super::excerpt::shortened;
use super::nearest::suggest;
use super::raw::{RawBenchmark, RawCompose, RawLoad, RawPairs};
use super::source::Source;
use super::value::{bounded, resolve};
use super::{defaults, grpc, name, promql, query_set, request};
use crate::domain::plan::{LoadPlan, Stage};
use crate::domain::procedure::PairSettings;
use crate::domain::ready::ReadyCondition;
use crate::domain::settings::{Benchmark, ComposeFile, LoadSettings, Target};
use crate::domain::template::{PLACEHOLDERS, Template, TemplateError};
use crate::domain::units::Span;

/// Three pairs agree by chance once in eight times.
const FEWEST_PAIRS: u64 = 4;
/// More take hours, and show what nobody asked for.
const MOST_PAIRS: u64 = 100;

pub(super) fn check(
    source: &Source,
    folder: &Path,
    name: &Spanned<String>,
    raw: RawBenchmark,
) -> Result<Benchmark, ConfigError> {
    for condition in &raw.ready {
        check_ready(source, condition)?;
    }
    Ok(Benchmark {
        name: name::slug("benchmark").check(source, name)?,
        compose: compose(source, folder, &raw.compose)?,
        service: name::SERVICE.check(source, &raw.service)?,
        ready: raw.ready.into_iter().map(|condition| condition.value).collect(),
        targets: targets(source, raw.targets)?,
        load: load(source, folder, raw.load)?,
        request_count: raw.request_count.map(|text| request_count(source, &text)).transpose()?,
        rounds: bounded(source, "rounds", raw.rounds, defaults::ROUNDS, 1, 100)?,
        compare: raw.compare,
        pairs: pairs(source, raw.pairs)?,
        queries: query_set::read_all(source, &raw.queries)?,
    })
}

fn compose(source: &Source, folder: &Path, raw: &Spanned<RawCompose>) -> Result<ComposeFile, ConfigError> {
    match (&raw.value.operator, &raw.value.repository) {
        (Some(path), None) => resolve(source, folder, path).map(ComposeFile::Operator),
        (None, Some(path)) => {
            let relative = resolve(source, Path::new(""), path)?;
            // The repository's tree is all that this path may reach.
            if !relative.components().all(|part| matches!(part, Component::Normal(_))) {
                let message = format!("`{}` leaves the repository", shortened(&path.value));
                return Err(source.error(path.referenced, Problem::Value(message)));
            }
            Ok(ComposeFile::Repository(relative))
        }
        _ => Err(source.error(raw.referenced, Problem::ExactlyOne("`operator` and `repository`"))),
    }
}

fn check_ready(source: &Source, condition: &Spanned<ReadyCondition>) -> Result<(), ConfigError> {
    let error = |problem| Err(source.error(condition.referenced, problem));
    match &condition.value {
        ReadyCondition::Health(service) if !name::SERVICE.fits(service) => {
            error(Problem::Value(format!("`{}` is no name of a compose service", shortened(service))))
        }
        ReadyCondition::Http(url) => match request::check_url(url) {
            Ok(()) => Ok(()),
            Err(reason) => error(Problem::Value(reason)),
        },
        ReadyCondition::Tcp(address) if !request::is_authority(address, true) => {
            error(Problem::Value(format!("`{}` is no address: expected `HOST:PORT`", shortened(address))))
        }
        ReadyCondition::Promql(expression) => match promql::check(expression) {
            Ok(()) => Ok(()),
            Err(wrong) => error(Problem::ReadyPromQl(wrong)),
        },
        _ => Ok(()),
    }
}

fn targets(source: &Source, raw: Vec<Spanned<Target>>) -> Result<Vec<Target>, ConfigError> {
    let mut targets: Vec<Target> = Vec::with_capacity(raw.len());
    for Spanned { value: target, referenced, .. } in raw {
        let problem = match &target {
            _ if targets.contains(&target) => Some("this target stands here for the second time".to_owned()),
            Target::Service(service) if !name::SERVICE.fits(&service.name) => {
                Some(format!("`{}` is no name of a compose service", shortened(&service.name)))
            }
            Target::Service(service) if service.port == 0 => Some("`port` is 0; expected 1 to 65535".to_owned()),
            Target::Service(service) if !service.path.starts_with('/') => {
                Some(format!("`path` is `{}`; expected a path that begins with `/`", shortened(&service.path)))
            }
            Target::Label(label) if label.trim().is_empty() => Some("expected the name of a label".to_owned()),
            _ => None,
        };
        if let Some(message) = problem {
            return Err(source.error(referenced, Problem::Value(message)));
        }
        targets.push(target);
    }
    Ok(targets)
}

/// The service's own count of the requests of a window: a template like a query's, which is asked once a stage.
fn request_count(source: &Source, text: &Spanned<String>) -> Result<Template, ConfigError> {
    let error = |problem| source.error(text.referenced, problem);
    let query = || "request_count".to_owned();
    let template = Template::parse(&text.value).map_err(|wrong| match wrong {
        TemplateError::Unknown(name) => {
            Problem::UnknownPlaceholder { query: query(), hint: suggest(&name, PLACEHOLDERS), name: shortened(&name) }
        }
        wrong => Problem::Template { query: query(), error: wrong },
    });
    let template = template.map_err(error)?;
    if template.has_quantile() {
        return Err(error(Problem::Value("a count of requests has no `{{quantile}}`".to_owned())));
    }
    let checked = promql::check_template(&template, None);
    checked.map_err(|(wrong, promql)| error(Problem::PromQl { query: query(), error: wrong, promql }))?;
    Ok(template)
}

fn load(source: &Source, folder: &Path, raw: RawLoad) -> Result<LoadSettings, ConfigError> {
    let timeout = positive(source, "timeout", raw.timeout, defaults::REQUEST_TIMEOUT)?;
    Ok(LoadSettings {
        plan: raw.plan,
        warm_up: raw.warm_up.map(|plan| warm_up(source, &plan)).transpose()?,
        requests: request::check_all(&grpc::Checker { source, folder, timeout }, raw.requests)?,
        arrivals: raw.arrivals,
        seed: raw.seed.unwrap_or(defaults::SEED),
        connections: bounded(source, "connections", raw.connections, defaults::CONNECTIONS, 1, 10_000)?,
        workers: bounded(source, "workers", raw.workers, defaults::WORKERS, 1, 64)?,
        timeout,
        queue: bounded(source, "queue", raw.queue, defaults::WAITING, 1, 10_000_000)?,
        max_lag: positive(source, "max_lag", raw.max_lag, defaults::MAX_LAG)?,
    })
}

/// Where one of the two numbers is given alone, the default of the other gives way.
fn pairs(source: &Source, raw: RawPairs) -> Result<PairSettings, ConfigError> {
    let defaults = PairSettings::default();
    let most = raw.max.as_ref().map_or(MOST_PAIRS, |max| max.value.clamp(FEWEST_PAIRS, MOST_PAIRS));
    let min = u64::from(defaults.min).min(most);
    let min: u16 = bounded(source, "pairs.min", raw.min, min, FEWEST_PAIRS, most)?;
    let max = defaults.max.max(min).into();
    Ok(PairSettings {
        min,
        max: bounded(source, "pairs.max", raw.max, max, FEWEST_PAIRS, MOST_PAIRS)?,
        budget: raw.budget.map(|budget| nonzero(source, "pairs.budget", &budget)).transpose()?,
        arrangement: raw.arrangement,
        seed: raw.seed.unwrap_or(defaults.seed),
    })
}

fn warm_up(source: &Source, plan: &Spanned<LoadPlan>) -> Result<Stage, ConfigError> {
    match plan.value.stages() {
        [stage] => Ok(*stage),
        stages => {
            let message = format!("a warm-up has one stage, such as `200:3`; found {}", stages.len());
            Err(source.error(plan.referenced, Problem::Value(message)))
        }
    }
}

fn positive(source: &Source, key: &str, span: Option<Spanned<Span>>, default: Span) -> Result<Span, ConfigError> {
    span.map_or(Ok(default), |span| nonzero(source, key, &span))
}

fn nonzero(source: &Source, key: &str, span: &Spanned<Span>) -> Result<Span, ConfigError> {
    if span.value.0.is_zero() {
        return Err(source.error(span.referenced, Problem::Value(format!("`{key}` is 0; expected more"))));
    }
    Ok(span.value)
}
