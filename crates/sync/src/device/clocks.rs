//! Streams whose clock is off, and what would put each right.
//!
//! Not here: saying so, which a coordinator does (`docs/format.md`, section 18). A clock refuses nothing: it orders only
//! what was changed on two devices at once.

use super::Device;
use crate::authority::{Evaluation, Told};
use veldpost_domain::StreamId;
use veldpost_envelope::statement::StreamRange;

/// What two clocks may differ by, in milliseconds: half an hour.
const TOLERANCE: i64 = 1_800_000;

/// A part of a stream that was not made when it says. A clock of a device never goes back: a part that is ahead runs on to
/// the stream's end, also to what is yet to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OddClock {
    /// Which entries.
    pub range: StreamRange,
    /// How far the clock was ahead at least, in milliseconds; below 0, behind.
    pub ahead: i64,
    /// What has to be added to all of them, in milliseconds, in the place of what was said before.
    pub offset: i64,
}

impl Device {
    /// Each part of a stream that cannot be: operations from after `now`, this device's time in milliseconds since 1970, or
    /// from before an act that their writer knew already. Of what was put right only what is later than now is odd. A part
    /// is as long as one offset puts right.
    #[must_use]
    pub fn odd_clocks(&self, evaluation: &Evaluation, now: i64) -> Vec<OddClock> {
        let made = self.not_before(now);
        let of_stream = |(stream, all): (&StreamId, &Vec<Told>)| {
            let mut all = all.clone();
            all.sort_by_key(|told| told.seq);
            let mut parts: Vec<Part> = Vec::new();
            let mut follows = false;
            for told in &all {
                let from = usize::try_from(told.height).ok();
                let from = from.and_then(|height| made.get(height).copied());
                let odd = from.and_then(|from| Part::of(told, from, now));
                let last = parts.last_mut().filter(|_| follows);
                follows = odd.is_some();
                match (last, odd) {
                    (Some(part), Some(odd)) => match part.with(&odd, now) {
                        Some(both) => *part = both,
                        // A fork: what is said of an entry is said of both branches.
                        None if part.last == odd.first => {}
                        None => parts.push(odd),
                    },
                    (None, Some(odd)) => parts.push(odd),
                    (_, None) => {}
                }
            }
            let count = parts.len();
            let odd = (1..).zip(parts).map(move |(number, part)| OddClock {
                range: StreamRange {
                    stream: *stream,
                    first: part.first,
                    last: (number < count || !follows || part.ahead < 0).then_some(part.last),
                },
                ahead: part.ahead,
                offset: part.offset,
            });
            odd.collect::<Vec<_>>()
        };
        evaluation.clocks.iter().flat_map(of_stream).collect()
    }

    /// Of each act the time before which it was not made: its own or that of one before it, whichever is later. The time of
    /// an act is not believed where one that follows it, or `now`, is earlier: its signer's clock was ahead.
    fn not_before(&self, now: i64) -> Vec<i64> {
        let heights = 0..=self.roster.height();
        let mut times: Vec<Option<i64>> = heights.map(|height| self.made_at(height)).collect();
        let mut latest = now;
        for at in times.iter_mut().rev() {
            *at = at.filter(|at| *at <= latest);
            latest = at.unwrap_or(latest);
        }
        let mut before = i64::MIN;
        let believed = times.into_iter().map(|at| {
            before = at.map_or(before, |at| at.max(before));
            before
        });
        believed.collect()
    }
}

/// Entries beside one another that one offset puts right.
#[derive(Clone, Copy)]
struct Part {
    first: u64,
    last: u64,
    ahead: i64,
    offset: i64,
    /// The latest time that was told.
    latest: i64,
    /// How far after the act that it names one of them was made at least, as told; below 0, before it.
    after: i64,
}

impl Part {
    /// One operation, where it cannot have been made when it says.
    fn of(one: &Told, from: i64, now: i64) -> Option<Self> {
        let (told, at) = (signed(one.told), signed(one.corrected));
        let limit = if at > now {
            now
        } else if at < from && one.told == one.corrected {
            from
        } else {
            return None;
        };
        let ahead = at.saturating_sub(limit);
        let beyond = ahead.unsigned_abs() > TOLERANCE.unsigned_abs();
        beyond.then(|| Self {
            first: one.seq,
            last: one.seq,
            ahead,
            offset: limit.saturating_sub(told),
            latest: told,
            after: told.saturating_sub(from),
        })
    }

    /// With the next one, where one offset suits both: nothing becomes later than now, or much earlier than it can have been.
    fn with(&self, next: &Self, now: i64) -> Option<Self> {
        let farther = if next.ahead.unsigned_abs() > self.ahead.unsigned_abs() {
            next
        } else {
            self
        };
        let both = Self {
            first: self.first,
            last: next.last,
            ahead: farther.ahead,
            offset: farther.offset,
            latest: self.latest.max(next.latest),
            after: self.after.min(next.after),
        };
        let fits = both.latest.saturating_add(both.offset) <= now.saturating_add(TOLERANCE)
            && both.after.saturating_add(both.offset) >= -TOLERANCE;
        (fits && (self.ahead < 0) == (next.ahead < 0)).then_some(both)
    }
}

fn signed(millis: u64) -> i64 {
    i64::try_from(millis).unwrap_or(i64::MAX)
}
