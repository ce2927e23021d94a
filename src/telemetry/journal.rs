//! Which commands were run for a piece of work. Tools are run deep in rooms that know nothing of runs: they write
//! here, and whoever cares opens a journal around the work.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::conditions::CommandRecord;

tokio::task_local! {
    static OPEN: Journal;
}

/// The commands of the work that it was opened for.
#[derive(Clone, Debug, Default)]
pub struct Journal(Arc<Mutex<Vec<CommandRecord>>>);

impl Journal {
    /// Does work whose commands are written down here; those of tasks that it spawns are not.
    pub async fn keep<T>(&self, work: impl Future<Output = T>) -> T {
        OPEN.scope(self.clone(), work).await
    }

    /// What was run so far, in the order of the ends.
    pub fn commands(&self) -> Vec<CommandRecord> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Writes a command into the journal that is open, if one is.
pub fn record_command(command: CommandRecord) {
    // Outside of a journal nobody asks.
    let _ = OPEN.try_with(|journal| journal.0.lock().unwrap_or_else(PoisonError::into_inner).push(command));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_journal_has_the_commands_of_its_work_and_no_others() {
        let command = |program: &str| CommandRecord {
            program: program.to_owned(),
            arguments: vec!["--version".to_owned()],
            exit_code: Some(0),
            seconds: 0.5,
        };
        let (first, second) = (Journal::default(), Journal::default());
        let work = |journal: Journal, program: &'static str| async move {
            journal
                .keep(async {
                    tokio::task::yield_now().await;
                    record_command(command(program));
                })
                .await;
        };
        tokio::join!(work(first.clone(), "git"), work(second.clone(), "docker"));
        record_command(command("nobody asks"));
        assert_eq!((first.commands(), second.commands()), (vec![command("git")], vec![command("docker")]));
    }
}
