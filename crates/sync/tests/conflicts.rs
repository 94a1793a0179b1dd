//! A device that was put back from an old copy, and a relay that holds something else: `docs/format.md`, section 19.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use pollster::block_on;
use support::relay::{Fault, Relay};
use support::{DAY, HOUR, NOW, Phone, Region, region, sealed_hashes};
use veldpost_envelope::stream::StreamOpen;
use veldpost_envelope::wire::{Call, OwnHead};
use veldpost_envelope::{EntryHash, Kept, PublicKind};
use veldpost_store::{Batch, Shelf, Store as _, StoreError};
use veldpost_sync::{Notice, RecordState, Wake};

/// A phone that was put back to the state before its second save, which the relay holds.
fn put_back() -> (Region, Relay, Phone) {
    let region = region(3);
    let mut relay = Relay::new(&region);
    let mut phone = Phone::new(&region, &region.worker);
    phone.save(2, &mut relay);
    let (disk, writer) = (phone.database.snapshot(), phone.writer.clone());
    phone.save(1, &mut relay);
    phone.put_back(&disk, writer);
    (region, relay, phone)
}

#[test]
fn a_head_beyond_the_devices_own_opens_a_new_stream_and_shows_a_restored_device_first() {
    let (_, mut relay, mut phone) = put_back();
    let old = phone.stream();
    phone.wake(Wake::Opened, &mut relay);
    phone.wait(3, &mut relay);
    assert_eq!(phone.notices, [Notice::RestoredDevice(old)]);
    assert_ne!(phone.stream(), old);
    let opened = relay.held(phone.stream())[0].clone();
    let opened = StreamOpen::read(opened.whole().unwrap()).unwrap();
    assert_eq!(opened.continues, Some(old));
    assert_eq!(phone.device.state_of(old, 2), Some(RecordState::HandedOver));
}

#[test]
fn a_writer_that_could_not_be_held_is_asked_for_again() {
    let (_, mut relay, mut phone) = put_back();
    let old = phone.stream();
    phone.writer_is_busy = true;
    phone.wake(Wake::Opened, &mut relay);
    phone.wait(3, &mut relay);
    assert!(!phone.writer_is_busy, "it was asked for");
    phone.later(60_000, &mut relay);
    phone.wait(3, &mut relay);
    assert_ne!(phone.stream(), old);
}

#[test]
fn a_place_that_was_written_twice_loses_neither_record() {
    let (_, mut relay, mut phone) = put_back();
    let old = phone.stream();
    phone.save(3, &mut relay);
    phone.wait(3, &mut relay);
    let wrote = relay.held(phone.stream());
    let carried = wrote
        .iter()
        .filter(|kept| kept.header().public_kind == Some(PublicKind::Carried));
    // What opened the old stream, two content keys, two records of before, three of now.
    assert_eq!(carried.count(), 8);
    let at_relay: Vec<Kept> = relay.streams().into_values().flatten().collect();
    assert_eq!(sealed_hashes(at_relay).len(), 6);
    assert_eq!(relay.held(old).len(), 5);
    assert_eq!(phone.device.summary().attention, 0);
}

#[test]
fn the_journal_goes_on_in_the_new_stream() {
    let (_, mut relay, mut phone) = put_back();
    phone.wake(Wake::Opened, &mut relay);
    phone.wait(3, &mut relay);
    let before = relay.held(phone.stream()).len();
    phone.save(1, &mut relay);
    phone.wait(3, &mut relay);
    assert_eq!(relay.held(phone.stream()).len(), before + 2);
    phone.restart();
    phone.wake(Wake::Opened, &mut relay);
    phone.wait(3, &mut relay);
    assert_eq!(relay.streams().len(), 2, "one conflict is one new stream");
}

#[test]
fn a_new_stream_that_could_not_be_written_is_tried_again_and_nothing_moves_meanwhile() {
    let (_, mut relay, mut phone) = put_back();
    let old = phone.stream();
    // The first commit takes the page that shows the conflict.
    phone.wake(Wake::Opened, &mut relay);
    if phone.stream() == old {
        phone.database.fail_next(StoreError::Full);
    }
    let waiting = phone.waiting();
    assert!(waiting > 0);
    for _ in 0..3 {
        phone.wait(3, &mut relay);
    }
    assert_ne!(phone.stream(), old);
    assert_eq!(phone.device.summary().handed_over, 2);
}

#[test]
fn what_was_confirmed_is_not_carried() {
    let region = region(4);
    let mut relay = Relay::new(&region);
    let mut phone = Phone::new(&region, &region.worker);
    phone.save(2, &mut relay);
    for signer in [&region.ann, &region.ben] {
        let receipt = region.receipt(signer, &relay, phone.stream(), NOW);
        relay.give(&receipt);
    }
    phone.wake(Wake::Minute, &mut relay);
    let (disk, writer) = (phone.database.snapshot(), phone.writer.clone());
    phone.save(1, &mut relay);
    phone.put_back(&disk, writer);
    phone.save(4, &mut relay);
    phone.wait(3, &mut relay);
    let new = &relay.held(phone.stream());
    assert_eq!(sealed_hashes(new.iter().cloned()).len(), 4);
}

#[test]
fn a_second_conflict_carries_the_innermost_entries() {
    let (_, mut relay, mut phone) = put_back();
    phone.wake(Wake::Opened, &mut relay);
    phone.wait(3, &mut relay);
    let (disk, writer) = (phone.database.snapshot(), phone.writer.clone());
    phone.save(1, &mut relay);
    phone.put_back(&disk, writer);
    phone.wake(Wake::Opened, &mut relay);
    phone.wait(5, &mut relay);
    assert_eq!(relay.streams().len(), 3);
    for kept in relay.streams().values().flatten() {
        if kept.header().public_kind == Some(PublicKind::Carried) {
            assert!(veldpost_envelope::run::carried(kept.whole().unwrap()).is_ok());
        }
    }
    assert_eq!(
        sealed_hashes(relay.held(phone.stream()).iter().cloned()).len(),
        2
    );
}

#[test]
fn more_than_a_commit_is_carried_in_several_rows_that_each_end_on_a_signature() {
    let (_, mut relay, mut phone) = put_back();
    for _ in 0..3 {
        phone.write(200);
    }
    phone.restart();
    phone.wake(Wake::Opened, &mut relay);
    for _ in 0..4 {
        phone.wait(3, &mut relay);
    }
    assert_eq!(phone.rows(Shelf::Outbox).len(), 2);
    assert_eq!(
        sealed_hashes(relay.held(phone.stream()).iter().cloned()).len(),
        602
    );
}

/// A relay that says of every stream that it holds something else.
fn denied() -> (Relay, Phone) {
    let (_, mut relay, phone) = put_back();
    relay.script().own = Some(OwnHead {
        stream: phone.stream(),
        next: 8,
        hash: Some(EntryHash([7; 32])),
    });
    (relay, phone)
}

fn own_streams(phone: &Phone) -> usize {
    phone.rows(Shelf::Streams).len()
}

#[test]
fn a_relay_that_denies_every_stream_gets_eight_a_day_and_takes_no_record_away() {
    let (mut relay, mut phone) = denied();
    for day in 1..=3 {
        for minute in 0..60 {
            phone.later(60_000, &mut relay);
            if minute % 7 == 0 {
                phone.restart();
            }
        }
        assert_eq!(own_streams(&phone), 1 + 8 * day);
        let summary = phone.device.summary();
        assert_eq!(summary.attention, 2, "what waits is shown");
        let numbers = (summary.apart, summary.conflicts, summary.not_taken);
        assert_eq!(numbers, (0, 2, 0), "no coordinator has it");
        assert!(phone.waiting() > 0);
        phone.later(DAY - HOUR, &mut relay);
    }
    // Once the relay is honest again, everything gets there in the stream that was begun last.
    relay.script = None;
    phone.later(DAY, &mut relay);
    phone.later(DAY, &mut relay);
    assert_eq!(phone.device.summary().handed_over, 2);
}

#[test]
fn a_relay_that_denies_every_stream_for_a_year_leaves_some_of_the_256() {
    let (mut relay, mut phone) = denied();
    for _ in 0..40 {
        for _ in 0..12 {
            phone.later(3 * 60_000, &mut relay);
        }
        phone.later(DAY, &mut relay);
    }
    assert_eq!(own_streams(&phone), 240);
    phone.save(1, &mut relay);
    assert_eq!(phone.device.summary().attention, 3);
}

#[test]
fn copies_in_the_new_stream_go_as_any_others() {
    let (region, mut relay, mut phone) = put_back();
    phone.wake(Wake::Opened, &mut relay);
    phone.wait(3, &mut relay);
    for signer in [&region.ann, &region.ben] {
        let receipt = region.receipt(signer, &relay, phone.stream(), NOW);
        relay.give(&receipt);
    }
    phone.later(HOUR, &mut relay);
    phone.later(DAY, &mut relay);
    assert_eq!(phone.waiting(), 0);
}

/// What a coordinator who pulls from this relay makes of it: records that count, entries that it sets apart.
fn counted(region: &Region, relay: &mut Relay) -> (usize, usize) {
    let mut ann = Phone::new(region, &region.ann);
    ann.wake(Wake::Opened, relay);
    ann.wait(3, relay);
    let judged = ann.judged(region);
    let apart = judged.outcomes.values().filter(|it| it.is_apart());
    (judged.records.len(), apart.count())
}

#[test]
fn what_went_on_through_a_stream_that_the_relay_never_got_can_be_read() {
    let region = region(8);
    let mut relay = Relay::new(&region);
    let mut phone = Phone::new(&region, &region.worker);
    // It says of every stream that it holds something else, and holds nothing.
    relay.script().own = Some(OwnHead {
        stream: phone.stream(),
        next: 800,
        hash: Some(EntryHash([7; 32])),
    });
    for _ in 0..40 {
        relay.fail(Call::Entries, Fault::Lost);
    }
    for _ in 0..3 {
        let before = phone.stream();
        phone.write(2);
        phone.restart();
        for _ in 0..5 {
            phone.later(60_000, &mut relay);
        }
        assert_ne!(phone.stream(), before);
        assert!(relay.streams().is_empty());
    }
    relay.script = None;
    relay.faults.clear();
    phone.later(DAY, &mut relay);
    phone.later(DAY, &mut relay);
    assert_eq!(relay.streams().len(), 1);
    assert_eq!(counted(&region, &mut relay), (6, 0));
}

/// A phone that saved three times before the relay was there; the row in the middle cannot be read.
fn spoilt(seed: u64) -> (Region, Relay, Phone) {
    let region = region(seed);
    let relay = Relay::new(&region);
    let mut phone = Phone::new(&region, &region.worker);
    phone.write(1);
    let (key, _) = phone.write(1);
    phone.write(1);
    let spoils = Batch::new().put(Shelf::Outbox, key, b"spoilt".to_vec());
    block_on(phone.store.commit(spoils)).unwrap();
    phone.restart();
    (region, relay, phone)
}

/// One row that could not be read kept all that was recorded afterwards on the phone, for ever and without a word.
#[test]
fn what_stands_behind_a_row_that_cannot_be_read_goes_on_in_a_new_stream() {
    let (region, mut relay, mut phone) = spoilt(5);
    let old = phone.stream();
    phone.wake(Wake::Opened, &mut relay);
    phone.wait(3, &mut relay);
    assert_ne!(phone.stream(), old);
    phone.save(1, &mut relay);
    phone.wait(3, &mut relay);
    assert_eq!(counted(&region, &mut relay), (3, 0));
    assert_eq!(phone.device.state_of(old, 4), Some(RecordState::HandedOver));
    let summary = phone.device.summary();
    assert_eq!((summary.unreadable, summary.attention), (1, 0));
    // Nobody received what stood in it, however much came of what stood behind.
    assert_eq!(phone.device.state_of(old, 3), Some(RecordState::Attention));
    assert!(phone.notices.is_empty(), "nobody restored it");
    phone.restart();
    phone.wake(Wake::Opened, &mut relay);
    phone.wait(3, &mut relay);
    assert_eq!(relay.streams().len(), 2, "one such row is one new stream");
}

#[test]
fn what_waits_behind_a_row_that_cannot_be_read_is_to_be_looked_at() {
    let (_, mut relay, mut phone) = spoilt(6);
    let old = phone.stream();
    phone.writer_is_busy = true;
    phone.wake(Wake::Opened, &mut relay);
    phone.wait(1, &mut relay);
    assert_eq!(phone.device.state_of(old, 2), Some(RecordState::HandedOver));
    assert_eq!(phone.device.state_of(old, 4), Some(RecordState::Attention));
    assert_eq!(phone.device.summary().conflicts, 1);
}
