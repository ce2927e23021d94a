//! Before the first round: sources, images, the resolved stack, the measurement hash.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::json;
use sha2::{Digest, Sha256};

use super::during::{SOON, during};
use super::side::Task;
use super::{Folders, Pipeline, PipelineError};
use crate::domain::flow::Source;
use crate::domain::job::{JobKind, JobRequest};
use crate::domain::load::{GENERATOR_PROTOCOL, LoadSpec};
use crate::domain::pin::Pin;
use crate::domain::progress::Step;
use crate::domain::revision::Revision;
use crate::domain::run::MeasurementHash;
use crate::domain::settings::{Benchmark, PROMETHEUS_IMAGE};
use crate::stack::{Project, StackError, StackImages};

/// The trees of a job.
pub(super) struct Sources {
    /// What is measured.
    candidate: Source,
    /// What decides how code is tested.
    rules: Source,
    /// What the candidate is compared with; none for a master set.
    pub(super) baseline: Option<Revision>,
    /// The pin that chose the baseline, if one did.
    pub(super) pin: Option<Pin>,
}

/// A stack as it will be, before anything is built for it.
pub(super) struct ResolvedStack {
    project: Project,
    found: BTreeMap<String, String>,
    load: LoadSpec,
    pub(super) measurement_hash: MeasurementHash,
}

/// All that the rounds of a run share.
#[derive(Clone)]
pub(super) struct PreparedStack {
    pub(super) project: Project,
    pub(super) images: StackImages,
    pub(super) load: LoadSpec,
}

impl Pipeline {
    pub(super) async fn check_out(&self, request: &JobRequest, folders: &Folders) -> Result<Sources, PipelineError> {
        self.tell(Step::CheckOut, None, None);
        if matches!(request.kind, JobKind::NewMaster | JobKind::NewTest) {
            // What is asked on the command line was named by the mirror; these may be on no branch of it.
            self.rooms.mirror.bring(&request.revision, request.pull).await?;
        }
        let pin = self.pin(request).await?;
        let rules = self.rules_revision(request, pin.as_ref()).await?;
        let baseline = match request.kind {
            JobKind::NewMaster | JobKind::Requery => None,
            JobKind::Calibration => Some(request.revision.clone()),
            JobKind::NewTest | JobKind::Experiment => Some(self.baseline_revision(request, pin.as_ref()).await?),
        };
        let candidate = self.write_tree(&request.revision, folders, "candidate").await?;
        let rules = if rules == request.revision {
            candidate.clone()
        } else {
            self.write_tree(&rules, folders, "rules").await?
        };
        Ok(Sources { candidate, rules, baseline, pin })
    }

    /// The candidate's stack with the baseline's image in place of its own; that is built where it is not here.
    pub(super) async fn prepare_baseline_stack(
        &self,
        task: &Task<'_>,
        revision: &Revision,
        folders: &Folders,
    ) -> Result<PreparedStack, PipelineError> {
        let Task { claim, benchmark, sources, candidate } = task;
        self.tell(Step::CheckOut, None, None);
        let known = [&sources.candidate, &sources.rules].into_iter().find(|known| known.revision == *revision);
        let source = match known {
            Some(known) => known.clone(),
            None => {
                if claim.request.kind == JobKind::NewTest {
                    self.rooms.mirror.bring(revision, None).await?;
                }
                self.write_tree(revision, &candidate.folders, "baseline").await?
            }
        };
        self.tell(Step::Build, None, None);
        let (mut stack, service) = (candidate.stack.clone(), &benchmark.service);
        let image = self.build_service(&stack.project, service, &sources.rules, &source, folders).await?;
        stack.images.built.insert(service.clone(), image);
        Ok(stack)
    }

    async fn write_tree(&self, revision: &Revision, folders: &Folders, name: &str) -> Result<Source, PipelineError> {
        let folder: PathBuf = folders.work().join(name);
        self.rooms.mirror.check_out(revision, &folder).await?;
        Ok(Source { revision: revision.clone(), folder })
    }

    /// What the rounds will be measured on, and so the measurement hash.
    pub(super) async fn resolve_stack(
        &self,
        benchmark: &Benchmark,
        sources: &Sources,
    ) -> Result<ResolvedStack, PipelineError> {
        let tree = &sources.rules.folder;
        let found = self.find_images(benchmark, tree).await?;
        let placement = self.settings.placement.place(self.rooms.cores.as_ref(), benchmark.load.workers)?;
        let project = Project::resolve(&self.settings, benchmark, tree, &found).await?.placed(placement);
        let load = load_spec(benchmark);
        let measurement_hash = self.measurement_hash(&project, &sources.rules, &load).await?;
        Ok(ResolvedStack { project, found, load, measurement_hash })
    }

    /// Builds what is to be built.
    pub(super) async fn prepare_stack(
        &self,
        benchmark: &Benchmark,
        stack: ResolvedStack,
        sources: &Sources,
        folders: &Folders,
    ) -> Result<PreparedStack, PipelineError> {
        let ResolvedStack { project, found, load, .. } = stack;
        let mut built = BTreeMap::new();
        for service in std::iter::once(benchmark.service.clone()).chain(project.other_built_services()) {
            let source = if service == benchmark.service { &sources.candidate } else { &sources.rules };
            let image = self.build_service(&project, &service, &sources.rules, source, folders).await?;
            built.insert(service, image);
        }
        let prometheus = found.get(PROMETHEUS_IMAGE).cloned().ok_or_else(|| StackError::Up {
            message: format!("the configuration names no `{PROMETHEUS_IMAGE}` under `images`"),
        })?;
        Ok(PreparedStack { project, images: StackImages { built, prometheus }, load })
    }

    /// The images that this benchmark needs: Prometheus, and those that its compose file names.
    async fn find_images(&self, benchmark: &Benchmark, tree: &Path) -> Result<BTreeMap<String, String>, PipelineError> {
        let mut found = BTreeMap::new();
        let wanted = Project::named_images(benchmark, tree, self.settings.images.keys())?;
        for (name, candidates) in &self.settings.images {
            if name != PROMETHEUS_IMAGE && !wanted.contains(name) {
                continue;
            }
            found.insert(name.clone(), self.rooms.builder.find_image(name, candidates).await?);
        }
        Ok(found)
    }

    async fn build_service(
        &self,
        project: &Project,
        service: &str,
        rules: &Source,
        source: &Source,
        folders: &Folders,
    ) -> Result<String, PipelineError> {
        let content = project.build_content(service, &rules.folder)?;
        let content = self.rooms.mirror.tree_hash(&source.revision, &content).await?;
        let plan = project.build_plan(&self.settings.project, service, &rules.folder, &source.folder, &content);
        let log = folders.kept().join(format!("build-{service}.log"));
        let build = self.rooms.builder.build(&plan, &source.revision, &log);
        let image = during("building", SOON, build).await?;
        let how = if image.reused { "reused, its build context is the same tree" } else { "built" };
        self.note(format!("image {}: {how}", image.name));
        Ok(image.name)
    }

    async fn measurement_hash(
        &self,
        project: &Project,
        rules: &Source,
        load: &LoadSpec,
    ) -> Result<MeasurementHash, PipelineError> {
        let mut ingredients = Vec::new();
        for path in project.ingredients(&rules.folder) {
            // What is mounted need not be in the repository: an empty folder that the service writes into is not.
            ingredients.push(self.rooms.mirror.tree_hash(&rules.revision, &path).await.ok());
        }
        let decides = json!({
            "stack": project.fingerprint(&rules.folder),
            "ingredients": ingredients,
            "load": load,
            "scrape_interval": self.settings.prometheus.scrape_interval,
            "generator_protocol": GENERATOR_PROTOCOL,
            "placement": project.placement(),
        });
        Ok(MeasurementHash(hex::encode(Sha256::digest(decides.to_string()))))
    }
}

fn load_spec(benchmark: &Benchmark) -> LoadSpec {
    let load = &benchmark.load;
    LoadSpec {
        requests: load.requests.clone(),
        warm_up: load.warm_up,
        stages: load.plan.stages().to_vec(),
        arrivals: load.arrivals,
        seed: load.seed,
        connections: load.connections,
        workers: load.workers,
        timeout: load.timeout,
        queue: load.queue,
    }
}
