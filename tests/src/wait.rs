//! Waiting for a condition: the only place in the journeys where time passes by itself.
//!
//! Deliberately not here: waiting for a length of time.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// How long a condition may take: far more than it ever should, on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Asks until the answer is there.
///
/// # Errors
/// Says what was awaited, and the last error, when [`PATIENCE`] is over.
pub async fn eventually<T>(what: &str, ask: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    eventually_within(PATIENCE, what, ask).await
}

/// The same with another patience, for what takes its time by design.
///
/// # Errors
/// As [`eventually`].
pub async fn eventually_within<T>(
    patience: Duration,
    what: &str,
    mut ask: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let start = Instant::now();
    loop {
        let outcome = ask().await;
        if let Ok(Some(answer)) = outcome {
            return Ok(answer);
        }
        if start.elapsed() > patience {
            match outcome {
                Err(error) => bail!("waited {patience:?} for {what}: {error:#}"),
                Ok(_) => bail!("waited {patience:?} for {what}: in vain"),
            }
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
