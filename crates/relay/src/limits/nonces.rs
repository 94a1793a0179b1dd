//! Nonces of signed calls that were seen.
//!
//! Not here: other processes' nonces. Every call may be repeated without harm, so that a list of one's own is enough.

use std::collections::{BTreeSet, VecDeque};
use veldpost_envelope::DevicePublic;
use veldpost_envelope::request::{Signed, WINDOW};

/// How long one is kept: a call may be signed so long before and after the relay's time.
const KEPT_MS: i64 = 2 * WINDOW.cast_signed() * 1000;

/// More are not kept: any key may sign, so that a stranger could fill the memory with them. What a full list forgets first
/// could be brought again, which does no harm; that nobody is answered would.
pub const MOST_NONCES: usize = 200_000;

type Nonce = (DevicePublic, [u8; 16]);

/// Those of the last 600 s, the newest [`MOST_NONCES`] of them.
#[derive(Clone, Debug, Default)]
pub struct Nonces {
    seen: BTreeSet<Nonce>,
    /// As they came.
    order: VecDeque<(i64, Nonce)>,
}

impl Nonces {
    /// Forgets those that no call of now can bring. What a clock that went back noted before stands at the end, and
    /// would take up room until the clock is there again.
    pub fn sweep(&mut self, now: i64) {
        while let Some((_, nonce)) = self
            .order
            .pop_front_if(|(at, _)| now.saturating_sub(*at) > KEPT_MS)
        {
            self.seen.remove(&nonce);
        }
        while let Some((_, nonce)) = self
            .order
            .pop_back_if(|(at, _)| at.saturating_sub(now) > KEPT_MS)
        {
            self.seen.remove(&nonce);
        }
    }

    /// Whether a call's nonce was seen.
    #[must_use]
    pub fn has(&self, signed: &Signed) -> bool {
        self.seen.contains(&(signed.key, signed.nonce))
    }

    /// A call that is answered: its nonce was seen from here on.
    pub fn note(&mut self, signed: &Signed, now: i64) {
        let nonce = (signed.key, signed.nonce);
        if !self.seen.insert(nonce) {
            return;
        }
        self.order.push_back((now, nonce));
        if self.order.len() > MOST_NONCES
            && let Some((_, oldest)) = self.order.pop_front()
        {
            self.seen.remove(&oldest);
        }
    }

    /// Whether a call's nonce is new; it no longer is after that.
    pub fn is_new(&mut self, signed: &Signed, now: i64) -> bool {
        self.sweep(now);
        let new = !self.has(signed);
        self.note(signed, now);
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
