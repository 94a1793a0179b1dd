//! Which devices and streams were served from where: one bad device behind a router must not keep the others behind it
//! waiting. They are listened to also when their address has to wait, until ten of their calls in a row were refused.
//!
//! Deliberately not here: addresses. What is kept is a number that only this process can make of an address and a name; and
//! who it is, for only a call that verifies is answered.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// So long after it was served, in milliseconds.
const LIFE: i64 = 24 * 60 * 60 * 1000;
/// So many refusals in a row: a clock that is wrong has one, and whoever forges has no more.
const PATIENCE: u32 = 10;
/// More are not kept: at that many a newcomer waits as everybody did.
const MOST: usize = 20_000;

#[derive(Debug, Default)]
pub(super) struct Known {
    numbers: RandomState,
    served: Mutex<BTreeMap<u64, Served>>,
}

#[derive(Clone, Copy, Debug)]
struct Served {
    at: i64,
    refused: u32,
}

impl Served {
    fn is_of_today(self, now: i64) -> bool {
        now - self.at < LIFE
    }
}

impl Known {
    pub(super) fn has(&self, address: IpAddr, name: &[u8], now: i64) -> bool {
        let found = self.all().get(&self.number(address, name)).copied();
        found.is_some_and(|served| served.is_of_today(now) && served.refused < PATIENCE)
    }

    /// It called from there as one that may, and was answered.
    pub(super) fn served(&self, address: IpAddr, name: &[u8], now: i64) {
        let number = self.number(address, name);
        let mut all = self.all();
        if all.len() >= MOST && !all.contains_key(&number) {
            all.retain(|_, served| served.is_of_today(now));
        }
        if all.len() < MOST || all.contains_key(&number) {
            let served = Served {
                at: now,
                refused: 0,
            };
            all.insert(number, served);
        }
    }

    pub(super) fn refused(&self, address: IpAddr, name: &[u8]) {
        if let Some(served) = self.all().get_mut(&self.number(address, name)) {
            served.refused = served.refused.saturating_add(1);
        }
    }

    fn number(&self, address: IpAddr, name: &[u8]) -> u64 {
        self.numbers.hash_one((address, name))
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<u64, Served>> {
        // Each is changed in one step, so that a panic elsewhere leaves none half changed.
        self.served.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    #[test]
    fn who_was_served_is_known_there_for_a_day() {
        let known = Known::default();
        known.served(HERE, b"a", 5);
        assert!(known.has(HERE, b"a", LIFE + 4));
        assert!(!known.has(HERE, b"a", LIFE + 5));
        assert!(!known.has(HERE, b"b", 6) && !known.has(THERE, b"a", 6));
    }

    #[test]
    fn ten_refusals_in_a_row_end_it_and_an_answer_between_them_does_not() {
        let known = Known::default();
        known.refused(HERE, b"a");
        known.served(HERE, b"a", 5);
        for _ in 0..9 {
            known.refused(HERE, b"a");
        }
        assert!(known.has(HERE, b"a", 6));
        known.served(HERE, b"a", 7);
        for _ in 0..10 {
            assert!(known.has(HERE, b"a", 8));
            known.refused(HERE, b"a");
        }
        assert!(!known.has(HERE, b"a", 9));
    }

    #[test]
    fn only_so_many_are_kept_and_old_ones_make_room() {
        let known = Known::default();
        for n in 0..MOST {
            known.served(HERE, &n.to_be_bytes(), 0);
        }
        known.served(HERE, b"one more", LIFE - 1);
        assert!(!known.has(HERE, b"one more", LIFE - 1));
        known.served(HERE, b"one more", LIFE);
        assert!(known.has(HERE, b"one more", LIFE));
        assert_eq!(known.all().len(), 1);
    }
}
