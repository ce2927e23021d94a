//! Failpoints in the midst of a step, where a crash costs most.

use std::pin::pin;
use std::time::Duration;

use tokio::time::timeout;

use crate::telemetry::failpoint;

/// Into a step so far that what it starts runs.
pub(super) const SOON: Duration = Duration::from_millis(100);

/// The step; the failpoint is where it is still under way after so long.
pub(super) async fn during<T>(name: &str, after: Duration, step: impl Future<Output = T>) -> T {
    let mut step = pin!(step);
    if let Ok(done) = timeout(after, &mut step).await {
        return done;
    }
    failpoint(name);
    step.await
}
