//! Streams whose clock is off, and what would put each right.
//!
//! Not here: saying so, which a coordinator does (`docs/format.md`, section 18). A clock refuses nothing: it orders only
//! what was changed on two devices at once.

use super::Device;
use crate::authority::{Evaluation, Told};
use std::collections::BTreeMap;
use veldpost_domain::StreamId;
use veldpost_envelope::statement::StreamRange;

/// What two clocks may differ by, in milliseconds: half an hour.
const TOLERANCE: i64 = 1_800_000;

/// A part of a stream that was not made when it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OddClock {
    /// The entries.
    pub range: StreamRange,
    /// How far that clock was ahead at least, in milliseconds; below 0, behind.
    pub ahead: i64,
    /// What has to be added, in milliseconds, in the place of what was said before.
    pub offset: i64,
}

impl Device {
    /// Of each stream what cannot be: operations from after `now`, this device's time in milliseconds since 1970, and such
    /// from before an act that their writer knew already. What was put right is odd no more.
    #[must_use]
    pub fn odd_clocks(&self, evaluation: &Evaluation, now: i64) -> Vec<OddClock> {
        let mut made: BTreeMap<u64, Option<i64>> = BTreeMap::new();
        let mut odd = Vec::new();
        for (stream, all) in &evaluation.clocks {
            odd.extend(part(*stream, all, |told, _| told > now, |_| Some(now)));
            odd.extend(part(
                *stream,
                all,
                |told, act| told < act,
                |told| {
                    // A part is put right as a whole, by what its furthest entry was off: others in it may go too far.
                    let as_told = told.told == told.corrected;
                    let made_at = || self.made_at(told.height);
                    as_told.then(|| *made.entry(told.height).or_insert_with(made_at))?
                },
            ));
        }
        odd
    }
}

/// What of a stream is beyond a time that it cannot be beyond, and what puts all of it right.
fn part(
    stream: StreamId,
    all: &[Told],
    beyond: impl Fn(i64, i64) -> bool,
    mut limit: impl FnMut(&Told) -> Option<i64>,
) -> Option<OddClock> {
    let mut found: Option<OddClock> = None;
    for told in all {
        let Some(limit) = limit(told) else {
            continue;
        };
        let ahead = signed(told.corrected).saturating_sub(limit);
        if !beyond(signed(told.corrected), limit) || ahead.abs() <= TOLERANCE {
            continue;
        }
        let offset = limit.saturating_sub(signed(told.told));
        let odd = found.get_or_insert(OddClock {
            range: StreamRange {
                stream,
                first: told.seq,
                last: None,
            },
            ahead,
            offset,
        });
        odd.range.last = Some(told.seq);
        if ahead.abs() > odd.ahead.abs() {
            (odd.ahead, odd.offset) = (ahead, offset);
        }
    }
    found
}

fn signed(millis: u64) -> i64 {
    i64::try_from(millis).unwrap_or(i64::MAX)
}
