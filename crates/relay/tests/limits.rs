//! Token buckets, nonces, event streams: by times that come in.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use std::sync::Mutex;
use support::stream::Stream;
use support::{DAY, NOW, Person, Pushed, World};
use veldpost_envelope::request::Signed;
use veldpost_envelope::wire::Code;
use veldpost_envelope::{DevicePublic, Purpose};
use veldpost_relay::Pushing;
use veldpost_relay::limits::{
    BYTES, Buckets, CALLS, Charge, ENTRIES, EventStreams, MAX_A_PROCESS, Nonces, REFUSALS, Rate,
    Volumes,
};
use veldpost_relay::store::Volume;

const ONE: DevicePublic = DevicePublic([1; 32]);
const TWO: DevicePublic = DevicePublic([2; 32]);

#[test]
fn the_rates_are_those_of_the_format() {
    let rate = |burst, a_second| Rate { burst, a_second };
    assert_eq!(CALLS, rate(200, 2));
    assert_eq!(ENTRIES, rate(20_000, 20));
    assert_eq!(BYTES, rate(64 << 20, 256 << 10));
    assert_eq!(REFUSALS, rate(60, 1));
}

#[test]
fn a_device_has_its_burst_at_once_and_then_so_many_a_second() {
    let mut calls = Buckets::new(CALLS);
    for _ in 0..200 {
        assert_eq!(calls.take(ONE, 1, NOW), Ok(()));
    }
    assert_eq!(calls.take(ONE, 1, NOW), Err(1));
    assert_eq!(calls.take(TWO, 1, NOW), Ok(()), "each has its own");
    assert_eq!(calls.take(ONE, 1, NOW + 499), Err(1));
    assert_eq!(calls.take(ONE, 1, NOW + 500), Ok(()));
    assert_eq!(calls.take(ONE, 1, NOW + 501), Err(1));
    assert_eq!(calls.take(ONE, 4, NOW + 600), Err(2));
    let later = NOW + 100_000_000;
    assert_eq!(
        (0..300)
            .filter(|_| calls.take(ONE, 1, later).is_ok())
            .count(),
        200
    );
}

#[test]
fn a_clock_that_goes_back_gives_nothing_and_takes_nothing() {
    let mut calls = Buckets::new(CALLS);
    for _ in 0..200 {
        calls.take(ONE, 1, NOW).unwrap();
    }
    let back = NOW - 20 * 365 * 86_400_000;
    assert_eq!(calls.take(ONE, 1, back), Err(1));
    assert_eq!(calls.take(ONE, 1, back + 500), Ok(()));
}

#[test]
fn what_is_full_again_is_forgotten() {
    let mut refusals = Buckets::new(REFUSALS);
    for address in 0..5_000_u32 {
        refusals.take(address, 1, NOW + i64::from(address)).unwrap();
    }
    assert!(refusals.len() < 2_001, "{}", refusals.len());
}

#[test]
fn only_what_is_newly_stored_is_charged_to_the_streams_device() {
    let world = World::new(1);
    let mut stream = Stream::new(&world, &world.worker, Purpose::Count, 7);
    stream.commit(18);
    let volumes = Mutex::new(Volumes::default());
    let push = |entries: &[veldpost_envelope::Entry], now| {
        let mut pushing = Pushing::new();
        pushing.feed(&support::stream::bytes(entries));
        world.relay.entries(pushing, &volumes, now)
    };
    push(&stream.entries, NOW).unwrap();
    for _ in 0..1_001 {
        push(&stream.entries, NOW).unwrap();
    }
    let rest = Volume {
        entries: 19_980,
        bytes: 0,
    };
    volumes.charge(&world.worker.key(), rest, NOW).unwrap();
    stream.commit(40);
    let refused = push(&stream.entries, NOW).unwrap_err();
    assert_eq!(
        (refused.code(), refused.retry_after()),
        (Code::SlowDown, Some(2))
    );
    let pushed = Pushed::of(Err(refused));
    assert_eq!(
        (pushed.next(), pushed.states[0].2),
        (20, Some(Code::SlowDown))
    );
    assert!(push(&stream.entries, NOW + 1_999).is_err());
    assert!(push(&stream.entries, NOW + 2_000).is_ok());
}

#[test]
fn a_fork_is_charged_and_not_kept_when_too_little_is_left() {
    let world = World::new(1);
    let mut stream = Stream::new(&world, &world.worker, Purpose::Count, 7);
    stream.commit(2);
    world.push(&stream.entries);
    let mut other = stream.restored(2, 99);
    other.commit(1);
    let volumes = Mutex::new(Volumes::default());
    let all = Volume {
        entries: 20_000,
        bytes: 0,
    };
    volumes.charge(&world.worker.key(), all, NOW).unwrap();
    let push = |now| {
        let mut pushing = Pushing::new();
        pushing.feed(&support::stream::bytes(&other.entries));
        Pushed::of(world.relay.entries(pushing, &volumes, now))
    };
    let kept = || !world.pull(&world.worker).is_empty();
    let early = push(NOW);
    assert_eq!((early.code, early.proofs.len()), (Some(Code::Conflict), 1));
    assert!(!kept());
    assert_eq!(push(NOW + 1_000), early);
    assert!(kept());
    let rest = Volume {
        entries: 20,
        bytes: 0,
    };
    let left = volumes.charge(&world.worker.key(), rest, NOW + 1_000);
    assert_eq!(left, Err(1), "the fork took one");
}

#[test]
fn bytes_are_charged_beside_entries_and_nothing_is_taken_when_one_is_short() {
    let mut volumes = Volumes::default();
    let of = |entries, bytes| Volume { entries, bytes };
    volumes.charge(&ONE, of(1, 64 << 20), NOW).unwrap();
    assert_eq!(volumes.charge(&ONE, of(19_999, 1 << 20), NOW), Err(4));
    assert_eq!(
        volumes.charge(&ONE, of(19_999, 1 << 20), NOW + 4_000),
        Ok(())
    );
}

#[test]
fn a_nonce_is_new_once_in_600_seconds() {
    let mut nonces = Nonces::default();
    let call = |key, nonce| Signed {
        key,
        nonce: [nonce; 16],
        created: 0,
    };
    assert!(nonces.is_new(&call(ONE, 1), NOW));
    assert!(!nonces.is_new(&call(ONE, 1), NOW + 600_000));
    assert!(nonces.is_new(&call(ONE, 2), NOW));
    assert!(nonces.is_new(&call(TWO, 1), NOW));
    assert!(nonces.is_new(&call(ONE, 1), NOW + 600_001));
    assert_eq!(nonces.len(), 1, "the others were forgotten");
}

#[test]
fn nonces_of_a_clock_that_went_back_are_forgotten() {
    let mut nonces = Nonces::default();
    let call = |nonce| Signed {
        key: ONE,
        nonce: [nonce; 16],
        created: 0,
    };
    nonces.note(&call(1), NOW);
    nonces.note(&call(2), NOW + DAY);
    nonces.note(&call(3), NOW + DAY + 1);
    nonces.sweep(NOW + 1_000);
    assert_eq!(nonces.len(), 1);
    assert!(nonces.has(&call(1)));
}

#[test]
fn a_device_has_two_event_streams_and_a_process_a_thousand() {
    let mut streams = EventStreams::default();
    assert!(streams.open(ONE) && streams.open(ONE));
    assert!(!streams.open(ONE));
    streams.close(&ONE);
    assert!(streams.open(ONE));
    streams.close(&TWO);
    let mut open = 2;
    for n in 0..2_000_u64 {
        open += usize::from(streams.open(Person::new(n).key()));
    }
    assert_eq!(open, MAX_A_PROCESS);
    streams.close(&ONE);
    assert!(streams.open(TWO));
}
