//! How many streams a device opens after conflicts: a relay that says *conflict* of everything must not use up all that a
//! device may have.
//!
//! Not here: finding a conflict (see `device`).

use crate::rows::{Continued, RelayRow};
use veldpost_envelope::Purpose;
use veldpost_envelope::act::MAX_STREAMS;

/// So many a day for each purpose: an honest relay leads to one.
pub(crate) const A_DAY: u64 = 8;
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// So many of a device's streams are left for what is not a conflict.
const LEFT: usize = 16;

impl Continued {
    /// Whether its count is of another day. A clock that was set back begins one too.
    fn is_over(&self, now: i64) -> bool {
        self.since.abs_diff(now) >= DAY_MS
    }
}

impl RelayRow {
    /// Whether one more stream may be opened after a conflict, on a device that has so many.
    pub(crate) fn may_continue(&self, purpose: Purpose, streams: usize, now: i64) -> bool {
        let counted = self.continued.get(place(purpose));
        let few = counted.is_none_or(|counted| counted.is_over(now) || counted.streams < A_DAY);
        few && streams + LEFT < MAX_STREAMS
    }

    /// One was opened.
    pub(crate) fn continued_at(&mut self, purpose: Purpose, now: i64) {
        let Some(counted) = self.continued.get_mut(place(purpose)) else {
            return;
        };
        if counted.is_over(now) {
            *counted = Continued {
                since: now,
                streams: 0,
            };
        }
        counted.streams = counted.streams.saturating_add(1);
    }
}

fn place(purpose: Purpose) -> usize {
    usize::from(purpose.code()).saturating_sub(1)
}
