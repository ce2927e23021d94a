//! `config.yaml` as it is written, before its values are checked. Keys and kinds of values are all that serde
//! refuses here; values that may be wrong remember their place.

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::placement::RawPlacement;
use super::query_raw::RawRule;
use super::shape::{Entries, TextOrBlock};
use crate::domain::grpc::GrpcCode;
use crate::domain::load::Arrivals;
use crate::domain::plan::LoadPlan;
use crate::domain::procedure::{Arrangement, CompareMethod};
use crate::domain::ready::ReadyCondition;
use crate::domain::rules::{MissingBaseline, TestsWhen};
use crate::domain::settings::{
    BaselineChoice, LogSettings, PrometheusSettings, QueueSettings, Target, TimeoutSettings,
};
use crate::domain::units::Span;

/// What an empty file lacks.
pub(super) const REQUIRED: &str = "`project`, `repository` and `benchmarks`";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawConfig {
    pub(super) project: Spanned<String>,
    pub(super) repository: Spanned<String>,
    pub(super) default_branch: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) baseline: BaselineChoice,
    pub(super) data: Option<Spanned<String>>,
    pub(super) database: Option<Spanned<RawDatabase>>,
    #[serde(default)]
    pub(super) images: Entries<Spanned<Vec<Spanned<String>>>>,
    pub(super) machine_class: Option<Spanned<String>>,
    pub(super) queue: Option<Spanned<QueueSettings>>,
    #[serde(default)]
    pub(super) log: LogSettings,
    pub(super) manager: Option<RawManager>,
    pub(super) github: Option<Spanned<RawGithub>>,
    #[serde(default)]
    pub(super) schedule: Vec<RawSchedule>,
    pub(super) prometheus: Option<Spanned<PrometheusSettings>>,
    pub(super) timeouts: Option<Spanned<TimeoutSettings>>,
    pub(super) placement: Option<Spanned<RawPlacement>>,
    pub(super) compose_command: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) benchmarks: Spanned<Entries<RawBenchmark>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDatabase {
    pub(super) embedded: Option<Spanned<String>>,
    pub(super) url: Option<Spanned<RawSecret>>,
}

/// Where a secret is; as a text the secret itself, which is refused without being printed.
pub(super) type RawSecret = TextOrBlock<RawSecretSource>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSecretSource {
    pub(super) env: Option<Spanned<String>>,
    pub(super) file: Option<Spanned<String>>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawManager {
    pub(super) listen: Option<Spanned<String>>,
    pub(super) url: Option<Spanned<String>>,
    pub(super) concurrency: Option<Spanned<u64>>,
    pub(super) projects: Vec<Spanned<String>>,
    pub(super) api_token: Option<Spanned<RawSecret>>,
    pub(super) drain: Option<Span>,
    pub(super) reconcile: Option<Spanned<Span>>,
    pub(super) min_free_space: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawGithub {
    pub(super) repository: Spanned<String>,
    pub(super) api: Option<Spanned<String>>,
    pub(super) app: Option<RawApp>,
    pub(super) token: Option<Spanned<RawSecret>>,
    pub(super) webhook_secret: Option<Spanned<RawSecret>>,
    pub(super) previous_webhook_secret: Option<Spanned<RawSecret>>,
    pub(super) hook: Option<Spanned<u64>>,
    pub(super) command: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) tests: TestsWhen,
    pub(super) label: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) drafts: bool,
    #[serde(default)]
    pub(super) ignore: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) benchmarks: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) missing_baseline: MissingBaseline,
    #[serde(default)]
    pub(super) regression_issue: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawApp {
    pub(super) id: Spanned<u64>,
    pub(super) key: Spanned<RawSecret>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSchedule {
    pub(super) cron: Spanned<String>,
    pub(super) benchmark: Spanned<String>,
    pub(super) against: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBenchmark {
    pub(super) compose: Spanned<RawCompose>,
    pub(super) service: Spanned<String>,
    #[serde(default)]
    pub(super) ready: Vec<Spanned<ReadyCondition>>,
    #[serde(default)]
    pub(super) targets: Vec<Spanned<Target>>,
    pub(super) rounds: Option<Spanned<u64>>,
    #[serde(default)]
    pub(super) compare: CompareMethod,
    #[serde(default)]
    pub(super) pairs: RawPairs,
    pub(super) load: RawLoad,
    pub(super) request_count: Option<Spanned<String>>,
    pub(super) queries: Spanned<Vec<RawQueries>>,
}

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawPairs {
    pub(super) min: Option<Spanned<u64>>,
    pub(super) max: Option<Spanned<u64>>,
    pub(super) budget: Option<Spanned<Span>>,
    pub(super) arrangement: Arrangement,
    pub(super) seed: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCompose {
    pub(super) operator: Option<Spanned<String>>,
    pub(super) repository: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLoad {
    pub(super) plan: LoadPlan,
    pub(super) warm_up: Option<Spanned<LoadPlan>>,
    pub(super) requests: Spanned<Vec<RawRequest>>,
    #[serde(default)]
    pub(super) arrivals: Arrivals,
    pub(super) seed: Option<u64>,
    pub(super) connections: Option<Spanned<u64>>,
    pub(super) workers: Option<Spanned<u64>>,
    pub(super) timeout: Option<Spanned<Span>>,
    pub(super) queue: Option<Spanned<u64>>,
    pub(super) max_lag: Option<Spanned<Span>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRequest {
    pub(super) name: Spanned<String>,
    pub(super) weight: Option<Spanned<u64>>,
    pub(super) method: Option<Spanned<String>>,
    pub(super) url: Spanned<String>,
    #[serde(default)]
    pub(super) headers: Entries<Spanned<String>>,
    pub(super) body: Option<Spanned<String>>,
    pub(super) body_file: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) expect_status: Vec<Spanned<u64>>,
    pub(super) expect_body: Option<Spanned<String>>,
    pub(super) grpc: Option<RawGrpc>,
}

/// A gRPC call, in place of an HTTP request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawGrpc {
    pub(super) method: Spanned<String>,
    pub(super) message: Option<Spanned<String>>,
    pub(super) message_file: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) metadata: Entries<Spanned<String>>,
    pub(super) deadline: Option<Spanned<Span>>,
    pub(super) proto: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) imports: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) expect_code: Vec<GrpcCode>,
}

/// A query set that a benchmark uses.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawQueries {
    pub(super) file: Spanned<String>,
    #[serde(default)]
    pub(super) with: Entries<String>,
    #[serde(default)]
    pub(super) limits: Entries<Option<Spanned<RawLimit>>>,
    #[serde(default)]
    pub(super) rules: Entries<RawRule>,
}

/// A limit in place of the set's: one for the whole query, or for single quantiles.
pub(super) type RawLimit = TextOrBlock<Entries<Spanned<String>>>;
