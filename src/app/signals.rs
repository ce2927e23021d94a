//! Ctrl-C and SIGTERM: the first one stops the work and takes stacks down, the second one ends the process.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The exit code of an interrupted command.
const INTERRUPTED: i32 = 130;

/// A token that is cancelled at the first Ctrl-C or SIGTERM. The second one ends the process at once; what it
/// leaves, the next command sweeps.
///
/// # Errors
/// The handlers can't be installed.
pub fn stop_on_signals() -> std::io::Result<CancellationToken> {
    let mut interrupts = signal(SignalKind::interrupt())?;
    let mut terminations = signal(SignalKind::terminate())?;
    let stop = CancellationToken::new();
    let token = stop.clone();
    tokio::spawn(async move {
        for count in 0.. {
            tokio::select! {
                _ = interrupts.recv() => {}
                _ = terminations.recv() => {}
            }
            if count > 0 {
                tracing::warn!("stopped at once; the next command removes what is left");
                std::process::exit(INTERRUPTED);
            }
            token.cancel();
        }
    });
    Ok(stop)
}
