//! The laws of security.md, section 6, for several devices and a relay that dies and comes back: I1, I4.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use proptest::prelude::*;
use std::collections::BTreeSet;
use support::relay::{Fault, Relay};
use support::{Phone, minutes, region, sealed_hashes};
use veldpost_envelope::wire::{Call, ItemKind};
use veldpost_envelope::{Kept, Purpose};
use veldpost_store::Shelf;

/// Which of the three.
const WORKER: usize = 0;
const ANN: usize = 1;

#[derive(Clone, Debug)]
enum Happens {
    Save(usize, u8),
    Minute(usize),
    Confirm(usize),
    Erase,
    /// Killed after so many effects of a minute.
    Killed(usize, usize),
    Lost(Call),
    Emptied,
    BackedUp,
    PutBack,
}

fn happens() -> impl Strategy<Value = Happens> {
    let call = prop_oneof![
        Just(Call::Pull),
        Just(Call::Entries),
        Just(Call::Objects),
        Just(Call::Acts),
        Just(Call::Heads)
    ];
    prop_oneof![
        4 => (0..3_usize, 1..4_u8).prop_map(|(who, records)| Happens::Save(who, records)),
        4 => (0..3_usize).prop_map(Happens::Minute),
        3 => (1..3_usize).prop_map(Happens::Confirm),
        1 => Just(Happens::Erase),
        2 => (0..3_usize, 0..9_usize).prop_map(|(who, after)| Happens::Killed(who, after)),
        1 => call.prop_map(Happens::Lost),
        1 => Just(Happens::Emptied),
        1 => Just(Happens::BackedUp),
        1 => Just(Happens::PutBack),
    ]
}

/// Hashes of what is sealed in everything that a phone holds.
fn held(phone: &Phone) -> BTreeSet<[u8; 32]> {
    let entries = phone.device.entries(Purpose::Count);
    let entries: Vec<Kept> = entries.iter().map(|(_, kept)| kept.clone()).collect();
    sealed_hashes(entries).into_iter().collect()
}

fn objects(relay: &Relay) -> BTreeSet<Vec<u8>> {
    let items = relay.items().into_iter();
    let objects = items.filter(|(kind, _)| *kind == ItemKind::Object);
    objects.map(|(_, value)| value).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a relay loses and whenever anybody is killed: once there is quiet, it holds all that was ever saved, a
    /// coordinator who comes then finds all of it, and nobody says anything any more.
    #[test]
    fn after_the_quiet_the_relay_holds_everything_and_is_left_alone(
        night in prop::collection::vec(happens(), 1..30)
    ) {
        let region = region(90);
        let mut relay = Relay::new(&region);
        let members = [&region.worker, &region.ann, &region.ben];
        let mut phones = members.map(|member| Phone::new(&region, member));
        let mut backup = relay.backup();
        phones[WORKER].save(1, &mut relay);
        let mut saved = BTreeSet::new();
        for what in &night {
            match what {
                Happens::Save(who, records) => phones[*who].save(*records, &mut relay),
                Happens::Minute(who) => minutes(1, &mut [&mut phones[*who]], &mut relay),
                Happens::Confirm(who) => {
                    minutes(1, &mut [&mut phones[*who]], &mut relay);
                    phones[*who].confirm(&region, &mut relay);
                }
                Happens::Erase => {
                    let stream = phones[WORKER].stream();
                    phones[ANN].erase(stream, &[2].into_iter().collect(), &mut relay);
                }
                Happens::Killed(who, after) => {
                    let phone = &mut phones[*who];
                    phone.lives = *after;
                    minutes(1, &mut [phone], &mut relay);
                    phones[*who].restart();
                }
                Happens::Lost(call) => relay.fail(*call, Fault::AnswerLost),
                Happens::Emptied => relay.emptied(),
                Happens::BackedUp => backup = relay.backup(),
                Happens::PutBack => relay.restored(backup.clone()),
            }
            for phone in &phones {
                saved.extend(held(phone));
            }
        }
        relay.faults.clear();
        let [worker, ann, ben] = &mut phones;
        minutes(12, &mut [worker, ann, ben], &mut relay);
        ann.confirm(&region, &mut relay);
        ben.confirm(&region, &mut relay);
        minutes(4, &mut [worker, ann, ben], &mut relay);
        let there: Vec<Kept> = relay.streams().into_values().flatten().collect();
        let there: BTreeSet<_> = sealed_hashes(there).into_iter().collect();
        prop_assert!(saved.is_subset(&there));
        for phone in [&*ann, &*ben] {
            prop_assert!(saved.is_subset(&held(phone)));
            prop_assert_eq!(phone.rows(Shelf::Aside).len(), 0);
        }
        // Quiet: nothing is brought twice.
        let (calls, before) = (relay.calls.len(), objects(&relay));
        minutes(3, &mut [worker, ann, ben], &mut relay);
        let brought = relay.calls[calls..].iter();
        let brought = brought.filter(|(call, _)| matches!(call, Call::Entries | Call::Objects | Call::Acts));
        prop_assert_eq!(brought.count(), 0);
        prop_assert_eq!(objects(&relay), before);
        let mut fresh = Phone::new(&region, &region.ben);
        minutes(3, &mut [&mut fresh], &mut relay);
        prop_assert!(saved.is_subset(&held(&fresh)));
        prop_assert!(phones.iter().all(|phone| phone.notices.is_empty()), "{:?}", phones[0].notices);
    }
}
