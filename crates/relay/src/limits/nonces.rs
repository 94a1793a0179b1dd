//! Nonces of signed calls that were seen.
//!
//! Not here: other processes' nonces. Every call may be repeated without harm, so that a list of one's own is enough.

use std::collections::{BTreeSet, VecDeque};
use veldpost_envelope::DevicePublic;
use veldpost_envelope::request::{Signed, WINDOW};

/// How long one is kept: a call may be signed so long before and after the relay's time.
const KEPT_MS: i64 = 2 * WINDOW.cast_signed() * 1000;

/// Those of the last 600 s.
#[derive(Clone, Debug, Default)]
pub struct Nonces {
    seen: BTreeSet<(DevicePublic, [u8; 16])>,
    order: VecDeque<(i64, (DevicePublic, [u8; 16]))>,
}

impl Nonces {
    /// Whether a call's nonce is new; it no longer is after that.
    pub fn is_new(&mut self, signed: &Signed, now: i64) -> bool {
        while let Some((at, nonce)) = self.order.front()
            && now.saturating_sub(*at) > KEPT_MS
        {
            self.seen.remove(nonce);
            self.order.pop_front();
        }
        let nonce = (signed.key, signed.nonce);
        let new = self.seen.insert(nonce);
        if new {
            self.order.push_back((now, nonce));
        }
        new
    }

    /// How many are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }
}
