//! Whether the containers of a stack lived through the load: what they do to the numbers otherwise is unknown.

use std::collections::BTreeMap;

use super::error::StackError;
use super::running::Running;
use crate::docker::ContainerState;
use crate::domain::fault::Fault;

/// Which containers ran at a moment, and since when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lives(BTreeMap<String, String>);

impl Running {
    /// Which containers run now, to be compared later.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn lives(&self) -> Result<Lives, StackError> {
        Ok(lives_of(&self.started().all_containers().await?))
    }

    /// The containers that ended since, or were started again.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn faults_since(&self, before: &Lives) -> Result<Vec<Fault>, StackError> {
        Ok(compare(before, &self.started().all_containers().await?))
    }
}

fn lives_of(containers: &[ContainerState]) -> Lives {
    let alive = containers.iter().filter(|container| container.running);
    Lives(alive.map(|container| (container.name.clone(), container.started_at.clone())).collect())
}

fn compare(before: &Lives, now: &[ContainerState]) -> Vec<Fault> {
    let alive = lives_of(now).0;
    // One that ends with 0 has done its work: it filled a database, say.
    let has_failed = |container: &&ContainerState| !container.running && container.exit_code != Some(0);
    let was_alive = |container: &&ContainerState| before.0.contains_key(&container.name);
    let failed = now.iter().filter(was_alive).filter(has_failed).map(|container| container.name.clone());
    let known = |name: &&String| now.iter().any(|container| container.name == **name);
    let vanished = before.0.keys().filter(|name| !known(name)).cloned();
    let names: Vec<String> = failed.chain(vanished).collect();
    let ended = (!names.is_empty()).then_some(Fault::ContainersEnded { names });
    let is_anew = |(name, since): &(&String, &String)| alive.get(*name).is_some_and(|now| now != *since);
    let was_restarted = |container: &&ContainerState| container.running && container.restarts > 0;
    let mut names: Vec<String> = before.0.iter().filter(is_anew).map(|(name, _)| name.clone()).collect();
    names.extend(now.iter().filter(was_restarted).map(|container| container.name.clone()));
    names.sort();
    names.dedup();
    let restarted = (!names.is_empty()).then_some(Fault::ContainersRestarted { names });
    ended.into_iter().chain(restarted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::Health;

    fn container(name: &str, started_at: &str, exit_code: Option<i64>) -> ContainerState {
        ContainerState {
            id: name.to_owned(),
            name: name.to_owned(),
            labels: [].into(),
            running: exit_code.is_none(),
            exit_code,
            oom_killed: false,
            restarts: 0,
            health: Health::None,
            started_at: started_at.to_owned(),
            pid: None,
            ports: [].into(),
        }
    }

    #[test]
    fn only_those_that_live_on_are_no_fault() {
        let before = ["app", "store", "cache", "fill", "gone"].map(|name| container(name, "12:00", None));
        let mut now = [
            container("app", "12:00", None),
            container("store", "12:01", None),
            container("cache", "12:00", Some(137)),
            container("fill", "12:00", Some(0)),
        ];
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        let ended = Fault::ContainersEnded { names: names(&["cache", "gone"]) };
        let restarted = |them| Fault::ContainersRestarted { names: names(them) };
        assert_eq!(compare(&lives_of(&before), &now), [ended.clone(), restarted(&["store"])]);
        now[0].restarts = 1;
        assert_eq!(compare(&lives_of(&before), &now), [ended, restarted(&["app", "store"])]);
        assert_eq!(compare(&lives_of(&before[..1]), &before[..1]), []);
    }
}
