//! How long to wait between tries: a random time up to 2 s, doubling up to 5 minutes, `Retry-After` at least.
//!
//! Not here: a timer.

use veldpost_envelope::{RandomBytes, random};

/// The first wait is at most this long, in milliseconds.
pub(crate) const FIRST_MS: u64 = 2_000;
/// No wait is longer, unless the relay says so.
pub(crate) const LONGEST_MS: u64 = 5 * 60 * 1_000;

/// The relay's word is not followed further than this, in seconds: no relay may silence a device for days.
pub(crate) const LONGEST_TOLD: u32 = 60 * 60;

/// When the next try may be made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pace {
    failures: u32,
    /// Not before, for want of success.
    backoff: Option<i64>,
    /// Not before, by the relay's word, and how long that was, in milliseconds.
    told: Option<(i64, u64)>,
}

impl Pace {
    /// A try failed.
    pub fn failed(&mut self, now: i64, retry_after: Option<u32>, rng: &mut dyn RandomBytes) {
        let ceiling = FIRST_MS
            .saturating_mul(1 << self.failures.min(16))
            .min(LONGEST_MS);
        self.failures = self.failures.saturating_add(1);
        let wait = u64::from_be_bytes(random::array(rng)) % (ceiling + 1);
        self.backoff = Some(now.saturating_add_unsigned(wait));
        let told = retry_after.map(|seconds| u64::from(seconds.min(LONGEST_TOLD)) * 1_000);
        self.told = told.map(|wait| (now.saturating_add_unsigned(wait), wait));
    }

    /// A try succeeded.
    pub fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// The network may be another: what failed is tried at once, but not before the relay said.
    pub fn hint(&mut self) {
        self.backoff = None;
    }

    /// When the next try may be made; none for at once.
    pub fn due(&self, now: i64) -> Option<i64> {
        // A clock that was set back must not make a wait of minutes one of years.
        let backoff = self
            .backoff
            .filter(|due| due.abs_diff(now) <= LONGEST_MS || *due < now);
        let told = self
            .told
            .filter(|(due, wait)| due.saturating_sub(now) <= wait.cast_signed());
        backoff
            .max(told.map(|(due, _)| due))
            .filter(|due| *due > now)
    }
}

#[cfg(test)]
mod tests {
    use super::{FIRST_MS, LONGEST_MS, Pace};
    use veldpost_envelope::RandomBytes;

    /// The longest wait each time.
    struct Longest(u64);

    impl RandomBytes for Longest {
        fn fill(&mut self, bytes: &mut [u8]) {
            let value = self.0.to_be_bytes();
            bytes.copy_from_slice(&value[..bytes.len()]);
        }
    }

    #[test]
    fn waits_double_from_two_seconds_to_five_minutes() {
        let mut pace = Pace::default();
        let mut ceiling = FIRST_MS;
        for _ in 0..20 {
            pace.failed(0, None, &mut Longest(ceiling));
            assert_eq!(pace.due(0), Some(ceiling.cast_signed()));
            ceiling = (ceiling * 2).min(LONGEST_MS);
        }
        pace.succeeded();
        assert_eq!(pace.due(0), None);
    }

    #[test]
    fn the_relays_word_holds_when_the_network_comes_back() {
        let mut pace = Pace::default();
        pace.failed(0, Some(60), &mut Longest(1_000));
        pace.hint();
        assert_eq!(pace.due(0), Some(60_000));
    }

    #[test]
    fn a_clock_set_back_ten_years_does_not_stop_the_tries() {
        for told in [None, Some(90)] {
            let mut pace = Pace::default();
            pace.failed(1_794_600_000_000, told, &mut Longest(1_000));
            assert_eq!(pace.due(1_479_000_000_000), None);
        }
    }
}
