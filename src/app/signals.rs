//! Ctrl-C and SIGTERM: the first one stops the work and takes stacks down, the second one ends the process.

use std::future::Future;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::error::AppError;
use crate::docker;

/// The exit code of an interrupted command.
const INTERRUPTED: i32 = 130;

/// Ctrl-C and SIGTERM, one after the other, for a process that does not end at the first.
pub struct Signals {
    interrupts: Signal,
    terminations: Signal,
}

impl Signals {
    /// Listens from now on.
    ///
    /// # Errors
    /// The handlers can't be installed.
    pub fn listen() -> std::io::Result<Self> {
        let interrupts = signal(SignalKind::interrupt())?;
        Ok(Self { interrupts, terminations: signal(SignalKind::terminate())? })
    }

    /// Waits for the next one. Safe to drop at any time.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupts.recv() => {}
            _ = self.terminations.recv() => {}
        }
    }

    /// Ends the process, and the tools that it runs.
    pub fn end_now(&self) -> ! {
        // Nothing is dropped by what follows: an image build would go on until it ends.
        docker::kill_tools();
        tracing::warn!("stopped at once; the next command removes what is left");
        std::process::exit(INTERRUPTED);
    }
}

/// A token that is cancelled at the first Ctrl-C or SIGTERM. The second one ends the process at once; what it
/// leaves, the next command sweeps.
///
/// # Errors
/// The handlers can't be installed.
pub fn stop_on_signals() -> std::io::Result<CancellationToken> {
    let mut signals = Signals::listen()?;
    let stop = CancellationToken::new();
    let token = stop.clone();
    tokio::spawn(async move {
        signals.next().await;
        token.cancel();
        signals.next().await;
        signals.end_now();
    });
    Ok(stop)
}

/// Work that may be dropped at any point, done unless it is stopped.
///
/// # Errors
/// The work's own, and [`AppError::Interrupted`].
pub async fn unless_stopped<T, E: From<AppError>>(
    stop: &CancellationToken,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    tokio::select! {
        done = work => done,
        () = stop.cancelled() => Err(AppError::Interrupted.into()),
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn a_stop_ends_what_would_wait_for_ever() {
        let stop = CancellationToken::new();
        let done = unless_stopped(&stop, async { Ok::<_, AppError>(7) }).now_or_never();
        assert!(matches!(done, Some(Ok(7))));
        stop.cancel();
        let stopped = unless_stopped(&stop, std::future::pending::<Result<(), AppError>>()).now_or_never();
        assert!(matches!(stopped, Some(Err(AppError::Interrupted))));
    }
}
