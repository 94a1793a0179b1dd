//! The demonstration's guests: each browser gets an invitation of its own to the made-up region.
//!
//! Deliberately not here: making invitations and admitting who comes by them. A process beside this one does that, and
//! writes the next into the file once somebody came by the one before.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Who did not join by its invitation for so long will not: the next one gets it.
const GIVEN_UP: Duration = Duration::from_secs(30);
/// A link is 113 characters and an address.
const LONGEST: u64 = 1_024;

/// Hands the invitation in a file to one browser.
#[derive(Debug)]
pub struct Guests {
    file: PathBuf,
    last: Mutex<Option<(String, Instant)>>,
}

impl Guests {
    /// From this file, which need not be there yet.
    #[must_use]
    pub fn new(file: PathBuf) -> Self {
        Self {
            file,
            last: Mutex::default(),
        }
    }

    /// The invitation, unless another browser has it.
    pub(crate) fn next(&self, now: Instant) -> Option<String> {
        let small = std::fs::metadata(&self.file).is_ok_and(|found| found.len() <= LONGEST);
        let link = small.then(|| std::fs::read_to_string(&self.file).ok())??;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = last.as_ref().is_some_and(|(given, at)| {
            *given == link && now.saturating_duration_since(*at) < GIVEN_UP
        });
        if taken {
            return None;
        }
        *last = Some((link.clone(), now));
        Some(link)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_browsers_never_get_one_invitation_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("invitation");
        let guests = Guests::new(file.clone());
        let now = Instant::now();
        assert_eq!(guests.next(now), None);
        std::fs::write(&file, "one").unwrap();
        assert_eq!(guests.next(now).as_deref(), Some("one"));
        assert_eq!(guests.next(now), None);
        std::fs::write(&file, "two").unwrap();
        assert_eq!(guests.next(now).as_deref(), Some("two"));
        assert_eq!(guests.next(now), None);
        assert_eq!(guests.next(now + GIVEN_UP).as_deref(), Some("two"));
    }
}
