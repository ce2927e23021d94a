//! The configurations of a manager that serves several projects.

use std::path::{Path, PathBuf};

use super::error::ConfigError;
use super::secret::Environment;
use super::settings::load;
use crate::domain::settings::Settings;

/// Reads a configuration and those that its `manager.projects` names: the first is its own. Of the others, `manager`,
/// `database`, `queue` and `log` mean nothing here.
///
/// # Errors
/// One of them can't be used, or two are of one project or repository.
pub fn load_projects(path: &Path, environment: Environment<'_>) -> Result<Vec<Settings>, ConfigError> {
    let first = load(path, environment)?;
    let paths: Vec<PathBuf> = [path.to_owned()].into_iter().chain(first.manager.projects.iter().cloned()).collect();
    let mut all = vec![first];
    for path in &paths[1..] {
        let further = load(path, environment)?;
        for (other, known) in paths.iter().zip(&all) {
            if let Some((kind, name)) = shared(&further, known) {
                return Err(ConfigError::Twice { path: path.clone(), kind, name, other: other.clone() });
            }
        }
        all.push(further);
    }
    Ok(all)
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
