//! Streams whose clock is off, and what would put each right.
//!
//! Not here: saying so, which a coordinator does (`docs/format.md`, section 18). A clock refuses nothing: it orders only
//! what was changed on two devices at once.

use super::Device;
use crate::authority::{Evaluation, Told};
use veldpost_domain::StreamId;

/// What two clocks may differ by, in milliseconds: half an hour.
const TOLERANCE: i64 = 1_800_000;

/// A stream of which something was not made when it says. It is put right as a whole, and once: its clock never goes back,
/// so that what follows stays where it was once ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OddClock {
    /// Which one.
    pub stream: StreamId,
    /// How far its clock was ahead at least, in milliseconds; below 0, behind.
    pub ahead: i64,
    /// What has to be added to all of it, in milliseconds, in the place of what was said before.
    pub offset: i64,
}

impl Device {
    /// Each stream of which something cannot be: an operation from after `now`, this device's time in milliseconds since
    /// 1970, or one from before an act that its writer knew already. Of a stream that was put right only what is later than
    /// now is odd.
    #[must_use]
    pub fn odd_clocks(&self, evaluation: &Evaluation, now: i64) -> Vec<OddClock> {
        let made = self.not_before(now);
        let streams = evaluation.clocks.iter();
        let odd = streams.filter_map(|(stream, all)| {
            let each = all.iter().filter_map(|told| {
                let (from, upto) = (made.get(usize::try_from(told.height).ok()?)?, now);
                off(told, *from, upto)
            });
            let (ahead, offset) = each.max_by_key(|(ahead, _)| ahead.unsigned_abs())?;
            Some(OddClock {
                stream: *stream,
                ahead,
                offset,
            })
        });
        odd.collect()
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

/// How far an operation is off, where it cannot have been made then, and what puts it right.
fn off(told: &Told, from: i64, upto: i64) -> Option<(i64, i64)> {
    let (as_told, at) = (signed(told.told), signed(told.corrected));
    let limit = if at > upto {
        upto
    } else if at < from && told.told == told.corrected {
        from
    } else {
        return None;
    };
    let ahead = at.saturating_sub(limit);
    let beyond = ahead.unsigned_abs() > TOLERANCE.unsigned_abs();
    beyond.then(|| (ahead, limit.saturating_sub(as_told)))
}

fn signed(millis: u64) -> i64 {
    i64::try_from(millis).unwrap_or(i64::MAX)
}
