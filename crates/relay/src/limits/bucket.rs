//! Token buckets: so much at once, so much a second.
//!
//! Not here: what is counted in them.

use std::collections::BTreeMap;

/// How fast a bucket fills, and how much it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// So much at once.
    pub burst: u64,
    /// So much more each second.
    pub a_second: u64,
}

/// What is left of one limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// In thousandths, since time comes in milliseconds.
    left: u64,
    at: i64,
}

impl Bucket {
    /// A full one.
    #[must_use]
    pub fn full(rate: Rate, now: i64) -> Self {
        Self {
            left: rate.burst.saturating_mul(1000),
            at: now,
        }
    }

    /// A clock that went back gives nothing and takes nothing.
    fn fill(&mut self, rate: Rate, now: i64) {
        let passed = u64::try_from(now.saturating_sub(self.at)).unwrap_or(0);
        let more = passed.saturating_mul(rate.a_second);
        let full = rate.burst.saturating_mul(1000);
        self.left = self.left.saturating_add(more).min(full);
        self.at = now;
    }

    /// How long until there is so much, in seconds; 0 when there is. What is over the whole bucket waits for a full one.
    fn wait(&self, rate: Rate, amount: u64) -> u32 {
        let wanted = amount.min(rate.burst).saturating_mul(1000);
        let missing = wanted.saturating_sub(self.left);
        let seconds = missing.div_ceil(rate.a_second.max(1).saturating_mul(1000));
        u32::try_from(seconds).unwrap_or(u32::MAX)
    }

    fn take(&mut self, amount: u64) {
        self.left = self.left.saturating_sub(amount.saturating_mul(1000));
    }
}

/// One bucket each.
#[derive(Clone, Debug)]
pub struct Buckets<K> {
    rate: Rate,
    buckets: BTreeMap<K, Bucket>,
    swept: usize,
}

impl<K: Ord> Buckets<K> {
    /// All of them full.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        Self {
            rate,
            buckets: BTreeMap::new(),
            swept: 0,
        }
    }

    /// How long until one has so much, in seconds; 0 when it has.
    pub fn wait(&mut self, key: &K, amount: u64, now: i64) -> u32 {
        let rate = self.rate;
        let Some(bucket) = self.buckets.get_mut(key) else {
            return 0;
        };
        bucket.fill(rate, now);
        bucket.wait(rate, amount)
    }

    /// Takes so much out of one, or nothing.
    ///
    /// # Errors
    /// How long to wait, in seconds.
    pub fn take(&mut self, key: K, amount: u64, now: i64) -> Result<(), u32> {
        let rate = self.rate;
        self.sweep(now);
        let bucket = self.buckets.entry(key);
        let bucket = bucket.or_insert_with(|| Bucket::full(rate, now));
        bucket.fill(rate, now);
        match bucket.wait(rate, amount) {
            0 => {
                bucket.take(amount);
                Ok(())
            }
            seconds => Err(seconds),
        }
    }

    /// How many are not full, as far as was looked.
    #[must_use]
    pub fn len(&self) -> usize {
        self.buckets.len()
    }

    /// Whether all are full.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.buckets.is_empty()
    }

    /// Forgets full ones whenever there are twice as many as after the last time, and 1,000 at least.
    fn sweep(&mut self, now: i64) {
        if self.buckets.len() < self.swept.saturating_mul(2).max(1_000) {
            return;
        }
        let rate = self.rate;
        self.buckets.retain(|_, bucket| {
            bucket.fill(rate, now);
            bucket.left < rate.burst.saturating_mul(1000)
        });
        self.swept = self.buckets.len();
    }
}
