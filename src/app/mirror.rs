//! The mirror of a project's repository, private ones included.

use super::context::Context;
use super::error::AppError;
use crate::checkout::{Mirror, TokenSource};
use crate::domain::rules::GithubSettings;
use crate::domain::settings::{Repository, Settings};
use crate::github::Github;

impl Context {
    /// The mirror of the repository, freshly fetched.
    pub(super) async fn open_mirror(&self) -> Result<Mirror, AppError> {
        open(&self.settings, self.github()?.map(|(github, _)| github)).await
    }
}

/// The mirror of the repository, freshly fetched, where there is no context yet.
pub(super) async fn open_mirror(settings: &Settings) -> Result<Mirror, AppError> {
    open(settings, settings.github.as_ref().map(Github::new).transpose()?).await
}

async fn open(settings: &Settings, github: Option<Github>) -> Result<Mirror, AppError> {
    let (limit, repository) = (settings.timeouts.fetch.0, settings.repository.clone());
    let is_there = settings.github.as_ref().is_some_and(|github| is_on(&repository, github));
    let tokens = github.filter(|_| is_there).map(tokens);
    Ok(Mirror::open_with(&settings.data, repository, limit, tokens).await?)
}

fn tokens(github: Github) -> TokenSource {
    TokenSource::new(move || {
        let github = github.clone();
        async move { Ok(github.clone_token().await?) }
    })
}

/// Whether what is cloned is the repository on that GitHub: our token is nobody else's business.
fn is_on(repository: &Repository, github: &GithubSettings) -> bool {
    let Repository::Url(url) = repository else { return false };
    let Some((host, path)) = url.strip_prefix("https://").and_then(|rest| rest.split_once('/')) else { return false };
    let host = host.rsplit('@').next().unwrap_or(host);
    let path = path.trim_end_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let api = github.api.split_once("://").map_or("", |(_, rest)| rest).split('/').next().unwrap_or_default();
    let of_api = api.strip_prefix("api.").unwrap_or(api);
    host.eq_ignore_ascii_case(of_api) && path.parse().is_ok_and(|name| github.repository == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rules::{Credentials, MissingBaseline, TestsWhen};
    use crate::domain::settings::Secret;

    fn github(api: &str) -> GithubSettings {
        GithubSettings {
            repository: "team/shop".parse().unwrap(),
            api: api.to_owned(),
            credentials: Credentials::Token(Secret("c4n4ry".to_owned())),
            webhook_secrets: Vec::new(),
            hook: None,
            command: "/loadmark".to_owned(),
            tests: TestsWhen::Always,
            label: "bench".to_owned(),
            drafts: false,
            ignore: Vec::new(),
            benchmarks: Vec::new(),
            missing_baseline: MissingBaseline::Measure,
            regression_issue: false,
        }
    }

    #[test]
    fn the_token_goes_to_its_own_repository_alone() {
        let is = |url: &str, api: &str| is_on(&Repository::Url(url.to_owned()), &github(api));
        let public = "https://api.github.com";
        for url in
            ["https://github.com/team/shop", "https://github.com/Team/Shop.git", "https://bot@github.com/team/shop/"]
        {
            assert!(is(url, public), "{url}");
        }
        assert!(is("https://git.team.example/team/shop.git", "https://git.team.example/api/v3"));
        for url in [
            "https://github.com/team/other",
            "https://github.com.evil.example/team/shop",
            "https://evil.example/team/shop",
            "https://github.com@evil.example/team/shop",
            "http://github.com/team/shop",
            "git@github.com:team/shop",
        ] {
            assert!(!is(url, public), "{url}");
        }
        assert!(!is_on(&Repository::Folder("/team/shop".into()), &github(public)));
    }
}
