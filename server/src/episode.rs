//! What goes wrong for a while: one line in the log when it begins and one when it is over, however often it happens.
//!
//! Deliberately not here: counting; `--metrics` shows how often.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// It is over when it did not happen for so long. So each of the two lines comes once in as long at most.
const QUIET: Duration = Duration::from_secs(60);

/// One kind of trouble.
#[derive(Debug, Default)]
pub(crate) struct Episode {
    /// When it happened last, while it lasts.
    last: Mutex<Option<Instant>>,
}

impl Episode {
    /// It happened. Whether that is to be said: it begins.
    pub(crate) fn begins(&self, now: Instant) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.replace(now).is_none()
    }

    /// It went well. Whether that is to be said: it is over.
    pub(crate) fn ends(&self, now: Instant) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let over = last.is_some_and(|last| now.saturating_duration_since(last) >= QUIET);
        if over {
            *last = None;
        }
        over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_once_when_it_begins_and_once_when_it_is_over() {
        let (episode, start) = (Episode::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        assert!(!episode.ends(start), "nothing was wrong");
        assert!(episode.begins(after(1)));
        assert!(!episode.begins(after(2)));
        // One that goes well between others is not the end.
        assert!(!episode.ends(after(30)));
        assert!(!episode.begins(after(40)));
        assert!(!episode.ends(after(99)));
        assert!(episode.ends(after(100)));
        assert!(!episode.ends(after(101)));
        assert!(episode.begins(after(102)));
    }
}
