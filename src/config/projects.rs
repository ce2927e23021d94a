//! The configurations of a manager that serves several projects.

use std::path::{Path, PathBuf};

use super::error::ConfigError;
use super::secret::Environment;
use super::settings::load;
use crate::domain::settings::Settings;

/// Reads a configuration, and those of further projects that its `manager.projects` names. Of these, `manager`,
/// `database`, `queue` and `log` mean nothing here.
///
/// # Errors
/// One of them can't be used, or two are of one project or repository.
pub fn load_projects(own: &Path, environment: Environment<'_>) -> Result<(Settings, Vec<Settings>), ConfigError> {
    let first = load(own, environment)?;
    let mut further: Vec<Settings> = Vec::new();
    for path in &first.manager.projects {
        let settings = load(path, environment)?;
        let others = first.manager.projects.iter().map(PathBuf::as_path).zip(&further);
        for (other, known) in [(own, &first)].into_iter().chain(others) {
            if let Some((kind, name)) = shared(&settings, known) {
                return Err(ConfigError::Twice { path: path.clone(), kind, name, other: other.to_owned() });
            }
        }
        further.push(settings);
    }
    Ok((first, further))
}

/// What two projects of one manager must not share.
fn shared(one: &Settings, other: &Settings) -> Option<(&'static str, String)> {
    if one.project == other.project {
        return Some(("project", one.project.clone()));
    }
    match (&one.github, &other.github) {
        (Some(one), Some(other)) if one.repository == other.repository && one.api == other.api => {
            Some(("repository on GitHub", one.repository.to_string()))
        }
        _ => None,
    }
}
