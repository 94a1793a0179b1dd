//! The laws of security.md, section 6, for one device: I1, I3, I4, I6, and receipts that never take anything back.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use proptest::prelude::*;
use std::collections::BTreeSet;
use support::relay::{Fault, Relay};
use support::{NOW, Phone, region, sealed_hashes};
use veldpost_envelope::object::Receipt;
use veldpost_envelope::wire::{Call, Code, Problem};
use veldpost_envelope::{Kept, Object};
use veldpost_store::Shelf;
use veldpost_sync::rows::ReceiptRow;
use veldpost_sync::{RecordState, Wake};

/// What happens to a phone in a night.
#[derive(Clone, Debug)]
enum Happens {
    Save(u8),
    Wake,
    Wait,
    Lost,
    AnswerLost,
    LoginPage,
    Busy,
    DiskFull,
    /// Killed after so many effects of the next save.
    Killed(usize),
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        4 => (1_u8..5).prop_map(Happens::Save),
        2 => Just(Happens::Wake),
        2 => Just(Happens::Wait),
        1 => Just(Happens::Lost),
        1 => Just(Happens::AnswerLost),
        1 => Just(Happens::LoginPage),
        1 => Just(Happens::Busy),
        1 => Just(Happens::DiskFull),
        2 => (0_usize..6).prop_map(Happens::Killed),
    ]
}

/// Lets it happen, and says whether it interrupts.
fn happen(what: &Happens, phone: &mut Phone, relay: &mut Relay) -> bool {
    match what {
        Happens::Save(records) => phone.save(*records, relay),
        Happens::Wake => phone.wake(Wake::Minute, relay),
        Happens::Wait => phone.wait(1, relay),
        Happens::Lost => relay.fail(Call::Entries, Fault::Lost),
        Happens::AnswerLost => relay.fail(Call::Entries, Fault::AnswerLost),
        Happens::LoginPage => relay.fail(Call::Entries, Fault::LoginPage),
        Happens::Busy => {
            let problem = Problem::new(Code::Busy);
            relay.fail(Call::Entries, Fault::Refused(problem, Some(5)));
        }
        Happens::DiskFull => phone.full_next(),
        Happens::Killed(after) => {
            phone.lives = *after;
            phone.save(1, relay);
            phone.restart();
            phone.wake(Wake::Opened, relay);
        }
    }
    !matches!(what, Happens::Save(_) | Happens::Wake | Happens::Wait)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// I1, I6: whatever fails, everything that was saved gets to the relay once the network heals, and each interruption
    /// sends at most one batch twice.
    #[test]
    fn every_record_gets_there_and_an_interruption_sends_one_batch_twice_at_most(
        night in prop::collection::vec(happens(), 1..24)
    ) {
        let region = region(7);
        let mut relay = Relay::new(&region);
        let mut phone = Phone::new(&region, &region.worker);
        phone.save(1, &mut relay);
        let mut interruptions = 0;
        for what in &night {
            interruptions += usize::from(happen(what, &mut phone, &mut relay));
        }
        relay.faults.clear();
        phone.later(600_000, &mut relay);
        for _ in 0..6 {
            phone.later(600_000, &mut relay);
        }
        let saved = sealed_hashes(phone.entries());
        let held = sealed_hashes(relay.streams().values().flatten().cloned());
        prop_assert_eq!(&held, &saved);
        prop_assert_eq!(phone.device.summary().kept, 0);
        let mut sent = BTreeSet::new();
        let twice = relay.sent.iter().filter(|batch| {
            let again = batch.iter().any(|hash| sent.contains(hash));
            sent.extend(batch.iter().copied());
            again
        });
        let twice = twice.count();
        prop_assert!(twice <= interruptions, "{} batches twice", twice);
    }

    /// I4, I3: honest receipts in any order, as often as they come, on pages of any size, leave the same.
    #[test]
    fn receipts_in_any_order_and_any_number_of_times_leave_the_same(
        order in Just((0..6_usize).collect::<Vec<_>>()).prop_shuffle(),
        again in prop::collection::vec(0..6_usize, 0..6),
        per_page in 1..4_usize,
    ) {
        let region = region(8);
        let mut relay = Relay::new(&region);
        let mut phone = Phone::new(&region, &region.worker);
        let mut receipts = Vec::new();
        for at in 1..=3 {
            phone.save(1, &mut relay);
            for signer in [&region.ann, &region.ben] {
                receipts.push(region.receipt(signer, &relay, phone.stream(), NOW + at));
            }
        }
        relay.per_page = per_page;
        for index in order.iter().chain(&again) {
            relay.script().pass_on_object(&receipts[*index]);
            phone.wake(Wake::Minute, &mut relay);
        }
        let kept = kept(&phone);
        prop_assert!(kept.iter().all(|receipt| receipt.head.at == NOW + 3));
        prop_assert_eq!(kept.len(), 2);
        let stream = phone.stream();
        for seq in [2, 3, 4] {
            prop_assert_eq!(phone.device.state_of(stream, seq), Some(RecordState::Received));
        }
        prop_assert!(phone.notices.is_empty());
    }

    /// What a signer confirmed is never taken back, whatever it signs afterwards.
    #[test]
    fn a_kept_receipt_is_never_lowered(
        claims in prop::collection::vec((0..5_u64, 0..5_i64), 1..8)
    ) {
        let region = region(9);
        let mut relay = Relay::new(&region);
        let mut phone = Phone::new(&region, &region.worker);
        phone.save(4, &mut relay);
        let entries = relay.held(phone.stream());
        let mut highest = 0;
        for (upto, at) in claims {
            let receipt = Receipt {
                head: region.head(&region.ann, NOW + at),
                stream: phone.stream(),
                upto,
                hash: entries[usize::try_from(upto).unwrap()].hash(),
                apart: veldpost_envelope::object::Ranges::default(),
            };
            relay.script().pass_on_object(&receipt.sign(&region.ann.signing).unwrap());
            phone.wake(Wake::Minute, &mut relay);
            let kept = kept(&phone)[0].upto;
            prop_assert!(kept >= highest);
            highest = kept;
        }
    }

    /// Garbage from the network is no answer, and changes nothing.
    #[test]
    fn whatever_comes_back_nothing_is_lost_or_counted_as_handed_over(
        status in prop_oneof![Just(200_u16), Just(409), Just(403), 100_u16..600],
        kind in prop_oneof![Just("application/cbor"), Just("application/cbor-seq"), Just("application/problem+json"), Just("text/html")],
        body in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let region = region(10);
        let mut relay = Relay::new(&region);
        let mut phone = Phone::new(&region, &region.worker);
        for call in [Call::Pull, Call::Entries] {
            relay.fail(call, Fault::Garbage(status, kind, body.clone()));
        }
        phone.save(1, &mut relay);
        relay.faults.clear();
        prop_assert_eq!(phone.waiting(), 1);
        let summary = phone.device.summary();
        prop_assert_eq!(summary.received, 0);
        prop_assert_eq!(summary.kept + summary.handed_over, 1);
    }
}

fn kept(phone: &Phone) -> Vec<Receipt> {
    let rows = phone.rows(Shelf::Objects);
    rows.iter()
        .map(|(_, value)| ReceiptRow::from_bytes(value).unwrap().object)
        .map(|bytes| {
            Object::from_bytes(&bytes)
                .unwrap()
                .receipt()
                .unwrap()
                .clone()
        })
        .collect()
}

impl Phone {
    /// The next commit fails.
    fn full_next(&mut self) {
        self.fail_next_of_sync = true;
    }

    /// Everything that stands in the outbox.
    fn entries(&self) -> Vec<Kept> {
        let rows = self.rows(Shelf::Outbox);
        let runs = rows
            .iter()
            .map(|(_, value)| veldpost_sync::rows::RunRow::from_bytes(value));
        runs.flat_map(|run| {
            let run = run.unwrap().entries;
            let items = veldpost_envelope::wire::Items::new(&run);
            items
                .map(|item| Kept::from_bytes(item.unwrap()).unwrap())
                .collect::<Vec<_>>()
        })
        .collect()
    }
}
