//! What frees a copy: one test for each row of that table in `docs/format.md`, section 16.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use support::signed::{key, ranges, receipt};
use veldpost_envelope::object::{
    Custody, Holder, KeptReceipt, Ranges, Receipt, RelayHead, WAIT_MS, WaitingRow, is_apart,
    is_received, may_be_freed, needed,
};
use veldpost_envelope::{DevicePublic, EntryHash, Purpose};

/// When the pages of these tests begin.
const DAY_0: i64 = 1_794_600_000_000;

fn hash_of(seq: u64) -> EntryHash {
    let mut hash = [1; 32];
    hash[..8].copy_from_slice(&seq.to_be_bytes());
    EntryHash(hash)
}

/// The chain of the device: entries 0 to 99.
fn chain(seq: u64) -> Option<EntryHash> {
    (seq < 100).then(|| hash_of(seq))
}

/// A device with the row 10 to 19, its receipts, and what the relay shows.
#[derive(Clone)]
struct Scene {
    device: DevicePublic,
    purpose: Purpose,
    holder: Holder,
    coordinators: usize,
    receipts: Vec<(Receipt, i64)>,
    relay: Option<RelayHead>,
    erased: Ranges,
    sealed: Ranges,
    chain: fn(u64) -> Option<EntryHash>,
}

/// A count device of a region with two coordinators; nothing came yet.
fn scene() -> Scene {
    Scene {
        device: key(9).public(),
        purpose: Purpose::Count,
        holder: Holder::Member,
        coordinators: 2,
        receipts: Vec::new(),
        relay: None,
        erased: Ranges::default(),
        sealed: ranges(&[(11, 19)]),
        chain,
    }
}

impl Scene {
    fn holder(mut self, holder: Holder) -> Self {
        self.holder = holder;
        self
    }

    fn purpose(mut self, purpose: Purpose) -> Self {
        self.purpose = purpose;
        self
    }

    fn coordinators(mut self, coordinators: usize) -> Self {
        self.coordinators = coordinators;
        self
    }

    /// A receipt up to 19 by this signer, on a page so long after the first day.
    fn received(self, signer: u64, brought: i64) -> Self {
        self.received_with(signer, brought, |_| {})
    }

    fn received_with(mut self, signer: u64, at: i64, change: fn(&mut Receipt)) -> Self {
        let mut receipt = receipt(&key(signer));
        receipt.upto = 19;
        receipt.hash = hash_of(19);
        change(&mut receipt);
        self.receipts.push((receipt, DAY_0.saturating_add(at)));
        self
    }

    /// The relay shows so many entries, on a page so long after the first day.
    fn shown(mut self, next: u64, at: i64) -> Self {
        self.relay = Some(RelayHead {
            at: DAY_0 + at,
            next,
            hash: next.checked_sub(1).map(hash_of),
        });
        self
    }

    fn erased(mut self, found: &[(u64, u64)]) -> Self {
        self.erased = ranges(found);
        self
    }

    fn ask<T>(&self, question: impl FnOnce(&WaitingRow<'_>, &Custody<'_>) -> T) -> T {
        let receipts: Vec<_> = self
            .receipts
            .iter()
            .map(|(receipt, brought)| KeptReceipt {
                receipt,
                brought: *brought,
            })
            .collect();
        let row = ranges(&[(10, 19)]).iter().next();
        let row = WaitingRow {
            seqs: row.unwrap(),
            sealed: &self.sealed,
        };
        let custody = Custody {
            device: self.device,
            stream: receipt(&key(1)).stream,
            purpose: self.purpose,
            holder: self.holder,
            coordinators: self.coordinators,
            receipts: &receipts,
            relay: self.relay,
            erased: &self.erased,
            hash_at: &self.chain,
        };
        question(&row, &custody)
    }

    fn frees(&self) -> bool {
        self.ask(may_be_freed)
    }
}

#[test]
fn a_count_copy_goes_after_two_receipts_a_day_and_the_relays_head() {
    let both = scene().received(1, 0).received(2, 0);
    assert!(both.clone().shown(20, WAIT_MS).frees());
    assert!(both.clone().shown(100, WAIT_MS).frees());
    assert!(!both.frees(), "no page yet");
    assert!(!both.clone().shown(20, WAIT_MS - 1).frees(), "too early");
    assert!(!both.clone().shown(19, WAIT_MS).frees(), "below the row");
    assert!(!both.shown(0, WAIT_MS).frees(), "an empty relay");
    assert!(!scene().shown(20, WAIT_MS).frees(), "no receipts");
    let one = scene().received(1, 0).shown(20, WAIT_MS);
    assert!(!one.frees(), "one of two receipts");
}

#[test]
fn the_relay_must_show_the_devices_own_hash() {
    let both = scene().received(1, 0).received(2, 0);
    let mut other = both.clone().shown(20, WAIT_MS);
    other.relay = other.relay.map(|relay| RelayHead {
        hash: Some(hash_of(7)),
        ..relay
    });
    assert!(!other.frees());
    other.relay = other.relay.map(|relay| RelayHead {
        hash: None,
        ..relay
    });
    assert!(!other.frees());
    let beyond = both.shown(101, WAIT_MS);
    assert!(!beyond.frees(), "beyond its own head");
    let mut silent = beyond;
    silent.relay = silent.relay.map(|relay| RelayHead {
        hash: None,
        ..relay
    });
    assert!(!silent.frees(), "neither has a hash");
}

#[test]
fn the_wait_begins_with_the_last_receipt_that_is_wanted() {
    let two = scene().received(1, 0).received(2, 5);
    assert!(!two.clone().shown(20, WAIT_MS).frees());
    assert!(two.clone().shown(20, WAIT_MS + 5).frees());
    // A third is not wanted: it does not begin the wait again.
    assert!(two.received(3, 1000).shown(20, WAIT_MS + 5).frees());
}

#[test]
fn times_of_a_lying_relay_overflow_nothing() {
    let mut far = scene().received(1, 0).received(2, 0);
    far.receipts[0].1 = i64::MIN;
    far.receipts[1].1 = i64::MIN;
    assert!(far.shown(20, WAIT_MS).frees());
    let never = scene().received(1, i64::MAX).received(2, 0);
    assert!(!never.shown(20, WAIT_MS).frees());
}

#[test]
fn one_receipt_is_enough_where_only_one_can_be_had() {
    assert_eq!([0, 1, 2, 3].map(needed), [1, 1, 2, 2]);
    let one = scene().received(1, 0).shown(20, WAIT_MS);
    assert!(one.clone().coordinators(1).frees());
    assert!(!one.clone().coordinators(2).frees());
    assert!(!one.coordinators(3).frees());
    assert!(!scene().coordinators(0).shown(20, WAIT_MS).frees());
}

#[test]
fn the_same_signer_twice_and_the_device_itself_do_not_count() {
    let twice = scene().received(1, 0).received(1, 0).shown(20, WAIT_MS);
    assert!(!twice.frees());
    let own = scene().received(1, 0).received(9, 0).shown(20, WAIT_MS);
    assert!(!own.frees());
    let alone = scene().coordinators(1).received(9, 0).shown(20, WAIT_MS);
    assert!(!alone.frees());
}

#[test]
fn a_receipt_confirms_only_what_it_covers_of_the_devices_own_chain() {
    let with = |change| {
        let one = scene().coordinators(1).received_with(1, 0, change);
        one.shown(100, WAIT_MS).frees()
    };
    assert!(with(|_| {}));
    assert!(with(|receipt| {
        receipt.upto = 50;
        receipt.hash = hash_of(50);
    }));
    assert!(!with(|receipt| {
        receipt.upto = 18;
        receipt.hash = hash_of(18);
    }));
    assert!(!with(|receipt| receipt.hash = hash_of(18)), "another chain");
    assert!(!with(|receipt| receipt.upto = 100), "beyond the chain");
    assert!(!with(|receipt| receipt.stream.0[0] ^= 1), "another stream");
}

#[test]
fn where_the_receipts_place_was_freed_it_frees_nothing() {
    let mut gone = scene().coordinators(1).received_with(1, 0, |receipt| {
        receipt.upto = 50;
        receipt.hash = hash_of(50);
    });
    gone.chain = |seq| chain(seq).filter(|_| seq != 50);
    assert!(!gone.shown(100, WAIT_MS).frees());
}

#[test]
fn what_lies_apart_stays_until_a_later_receipt_is_without_it() {
    for (seqs, frees) in [
        ((10, 10), false),
        ((19, 30), false),
        ((20, 30), true),
        ((1, 9), true),
    ] {
        let mut one = scene().coordinators(1).received(1, 0).shown(20, WAIT_MS);
        one.receipts[0].0.apart = ranges(&[seqs]);
        assert_eq!(one.frees(), frees, "{seqs:?}");
        assert_eq!(one.ask(is_apart), !frees, "{seqs:?}");
        assert_eq!(one.ask(is_received), frees, "{seqs:?}");
    }
}

#[test]
fn a_desks_copy_goes_at_one_receipt_without_a_wait() {
    let desk = scene().holder(Holder::Desk);
    assert!(!desk.frees());
    assert!(!desk.clone().shown(20, WAIT_MS).frees());
    assert!(desk.clone().received(1, 0).frees());
    assert!(!desk.received(9, 0).frees(), "its own");
    let mut apart = scene().holder(Holder::Desk).received(1, 0);
    apart.receipts[0].0.apart = ranges(&[(12, 12)]);
    assert!(!apart.frees());
}

#[test]
fn who_coordinates_the_purpose_never_lets_go_by_this_rule() {
    let own = scene().holder(Holder::Coordinator);
    let all = own.received(1, 0).received(2, 0).shown(100, WAIT_MS);
    assert!(!all.frees());
    assert!(!all.erased(&[(1, 99)]).frees());
}

#[test]
fn signals_and_intakes_are_kept() {
    for purpose in [Purpose::Signal, Purpose::Intake, Purpose::Admin] {
        for holder in [Holder::Member, Holder::Desk, Holder::Coordinator] {
            let own = scene().purpose(purpose).holder(holder);
            let all = own.received(1, 0).received(2, 0).shown(100, WAIT_MS);
            assert!(!all.frees(), "{purpose:?} {holder:?}");
        }
    }
}

#[test]
fn an_erasure_of_every_sealed_entry_frees_any_devices_copy_that_the_relay_holds() {
    for purpose in Purpose::ALL {
        for holder in [Holder::Member, Holder::Desk] {
            let own = scene().purpose(purpose).holder(holder).shown(20, 0);
            assert!(own.clone().erased(&[(11, 19)]).frees());
            assert!(own.clone().erased(&[(1, 99)]).frees());
            assert!(!own.clone().erased(&[(11, 18)]).frees());
            assert!(!own.clone().erased(&[(11, 14), (16, 19)]).frees());
            assert!(!own.frees());
        }
    }
    assert!(!scene().erased(&[(1, 99)]).frees(), "the relay lacks it");
    assert!(!scene().erased(&[(1, 99)]).shown(19, 0).frees());
}

#[test]
fn a_row_without_sealed_entries_is_not_erased_by_nothing() {
    let mut public = scene().shown(20, 0);
    public.sealed = Ranges::default();
    assert!(!public.frees());
    assert!(!public.erased(&[(10, 19)]).frees());
}

#[test]
fn what_is_received_is_shown_before_the_wait_is_over() {
    let both = scene().received(1, 0).received(2, 0).shown(20, 0);
    assert!(both.ask(is_received) && !both.frees());
    assert!(!scene().received(1, 0).ask(is_received));
    assert!(scene().coordinators(1).received(1, 0).ask(is_received));
    assert!(!both.ask(is_apart));
}
