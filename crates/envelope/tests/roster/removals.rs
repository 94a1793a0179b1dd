//! Removing devices: what goes, what is renewed, what still counts.

use crate::support::region::{ALL_COORDINATED, Phone, Region, decoded};
use veldpost_domain::StreamId;
use veldpost_envelope::act::{Act, DeviceRemove, MAX_ACT, RemovalReason, StreamHead};
use veldpost_envelope::genesis::Role;
use veldpost_envelope::roster::{Reason, Taken};
use veldpost_envelope::{EntryHash, EnvelopeError, Purpose};

fn refused(why: Reason, change: impl FnOnce(&mut DeviceRemove, &Region, &Phone)) {
    let mut region = Region::of_one(800);
    region.add(&ALL_COORDINATED);
    let counter = region.add(&[Role::Counter]);
    let founder = region.founder.clone();
    let act = region.remove_act(&founder, &counter).unwrap();
    region.refuses(&founder, &act, why, |act| match act {
        Act::DeviceRemove(remove) => change(remove, &region, &counter),
        _ => unreachable!(),
    });
}

#[test]
fn a_removed_device_is_no_member_and_opens_nothing_that_comes() {
    let mut region = Region::of_one(801);
    let gone = region.add(&ALL_COORDINATED);
    let founder = region.founder.clone();
    region.remove(&founder, &gone);
    let roster = &region.roster;
    assert!(!roster.member(&gone.key()) && roster.roles(&gone.key()).is_empty());
    for purpose in Purpose::ALL {
        assert_eq!(roster.epoch(purpose).unwrap().epoch, 2);
        assert_eq!(roster.epochs(purpose).count(), 2);
        roster.open_epoch(purpose, 1, &gone.encryption).unwrap();
        let refused = roster.open_epoch(purpose, 2, &gone.encryption).unwrap_err();
        assert_eq!(refused, EnvelopeError::NotForThisKey);
        roster.open_epoch(purpose, 2, &founder.encryption).unwrap();
        roster
            .open_epoch(purpose, 2, region.kit.recovery())
            .unwrap();
    }
    assert_eq!(roster.settings_number(), 2);
    assert!(roster.open_settings(2, &gone.encryption).is_err());
    roster.open_settings(2, &founder.encryption).unwrap();
}

#[test]
fn nobody_removes_itself() {
    let mut region = Region::of_one(802);
    region.add(&ALL_COORDINATED);
    let founder = region.founder.clone();
    let refused = EnvelopeError::WithoutEffect(Reason::Itself);
    assert_eq!(region.remove_act(&founder, &founder.clone()), Err(refused));
}

#[test]
fn only_known_devices_are_removed_each_once() {
    refused(Reason::Device, |remove, region, _| {
        remove.removed[0] = region.clone().phone().removed();
    });
    refused(Reason::Twice, |remove, _, counter| {
        remove.removed.push(counter.removed())
    });
}

#[test]
fn a_removal_renews_each_purpose_of_its_signer_and_no_other() {
    refused(Reason::Epochs, |remove, _, _| drop(remove.epochs.pop()));
    refused(Reason::Epochs, |remove, _, _| remove.epochs.clear());
    refused(Reason::Epochs, |remove, _, _| {
        remove.epochs[0].public.epoch = 3
    });
    refused(Reason::Epochs, |remove, _, _| {
        remove.epochs[0].public.epoch = 1
    });
    refused(Reason::Twice, |remove, _, _| {
        remove.epochs[1] = remove.epochs[0].clone()
    });

    let mut region = Region::of_one(803);
    let counter = region.add(&[Role::Counter]);
    let signal = region.add(&[Role::Coordinator(Purpose::Signal)]);
    let founder = region.founder.clone();
    let all = decoded(&region.remove_act(&founder, &counter).unwrap());
    let Act::DeviceRemove(all) = all else {
        unreachable!()
    };
    let act = region.remove_act(&signal, &counter).unwrap();
    region.refuses(&signal, &act, Reason::Epochs, |act| {
        if let Act::DeviceRemove(remove) = act {
            remove.epochs = all.epochs;
        }
    });
    region.apply(Ok(act));
    let epochs = Purpose::ALL.map(|purpose| region.roster.epoch(purpose).unwrap().epoch);
    assert_eq!(epochs, [1, 2, 1, 1]);
}

#[test]
fn the_new_epochs_are_for_exactly_who_still_coordinates_and_the_kit() {
    refused(Reason::Recipients, |remove, _, _| {
        drop(remove.epochs[0].wraps.pop())
    });
    refused(Reason::Recipients, |remove, region, _| {
        let kit = region.roster.recovery();
        remove.epochs[0].wraps.retain(|wrap| wrap.recipient != kit);
    });
    refused(Reason::Recipients, |remove, _, counter| {
        remove.epochs[0].wraps[0].recipient = counter.encryption.public();
    });
    refused(Reason::Twice, |remove, _, _| {
        let again = remove.epochs[0].wraps[0].clone();
        remove.epochs[0].wraps.push(again);
    });
}

#[test]
fn the_new_settings_key_is_the_next_for_members_and_the_kit() {
    refused(Reason::Settings, |remove, _, _| remove.settings.number = 1);
    refused(Reason::Settings, |remove, _, _| remove.settings.number = 3);
    refused(Reason::Recipients, |remove, region, _| {
        let kit = region.roster.recovery();
        remove.settings.wraps.retain(|wrap| wrap.recipient != kit);
    });
    refused(Reason::Recipients, |remove, _, counter| {
        let last = remove.settings.wraps.last_mut().unwrap();
        last.recipient = counter.encryption.public();
    });
    refused(Reason::Twice, |remove, _, _| {
        let again = remove.settings.wraps[0].clone();
        remove.settings.wraps.push(again);
    });
}

fn head(stream: u8, seq: u64) -> StreamHead {
    StreamHead {
        stream: StreamId([stream; 16]),
        seq,
        hash: EntryHash([stream; 32]),
    }
}

/// Streams 1 to 9 are of the count, 11 to 19 of signals; others nobody has seen.
fn purpose_of(stream: StreamId) -> Option<Purpose> {
    match stream.0[0] {
        1..=9 => Some(Purpose::Count),
        11..=19 => Some(Purpose::Signal),
        _ => None,
    }
}

fn remove_with(region: &mut Region, by: &Phone, phone: &Phone, streams: Vec<StreamHead>) {
    let mut removed = phone.removed();
    removed.streams = streams;
    let next = region.roster.next(&by.signing, 0);
    let act = next.device_remove(vec![removed], &mut region.rng);
    region.apply(act);
}

fn seq(region: &Region, phone: &Phone, stream: u8) -> Option<u64> {
    let stream = StreamId([stream; 16]);
    let head = region.roster.counts_up_to(&phone.key(), stream, purpose_of);
    head.map(|(seq, _)| seq)
}

#[test]
fn the_first_removal_that_names_a_stream_of_a_purpose_decides_for_it() {
    let mut region = Region::of_one(804);
    let founder = region.founder.clone();
    let phone = region.add(&[Role::Counter, Role::NeighbourhoodTeam]);
    assert_eq!(seq(&region, &phone, 1), None, "a member's are not asked");
    remove_with(
        &mut region,
        &founder,
        &phone,
        vec![head(1, 10), head(2, 20)],
    );
    assert_eq!(seq(&region, &phone, 1), Some(10));
    assert_eq!(seq(&region, &phone, 2), Some(20));
    assert_eq!(seq(&region, &phone, 3), None, "left out");
    assert_eq!(seq(&region, &phone, 11), None, "nobody named one yet");
    assert_eq!(seq(&region, &phone, 99), None, "unknown");

    remove_with(
        &mut region,
        &founder,
        &phone,
        vec![head(1, 99), head(3, 30), head(11, 5)],
    );
    assert_eq!(seq(&region, &phone, 1), Some(10), "the first decides");
    assert_eq!(seq(&region, &phone, 3), None);
    assert_eq!(seq(&region, &phone, 11), Some(5));
    let device = region.roster.device(&phone.key()).unwrap();
    assert_eq!((device.removed_at, device.removals.len()), (Some(2), 2));
}

#[test]
fn of_streams_of_a_purpose_that_is_not_its_own_a_signer_says_nothing() {
    let mut region = Region::of_one(805);
    let founder = region.founder.clone();
    let signal = region.add(&[Role::Coordinator(Purpose::Signal)]);
    let phone = region.add(&[Role::Counter]);
    remove_with(&mut region, &signal, &phone, vec![head(1, 1), head(11, 2)]);
    assert_eq!(seq(&region, &phone, 1), None);
    assert_eq!(seq(&region, &phone, 11), Some(2));
    remove_with(&mut region, &founder, &phone, vec![head(1, 7), head(11, 8)]);
    assert_eq!(seq(&region, &phone, 1), Some(7));
    assert_eq!(seq(&region, &phone, 11), Some(2));
}

#[test]
fn a_removed_coordinator_is_removed_once_more_by_any_other() {
    let mut region = Region::of_one(806);
    let founder = region.founder.clone();
    let signal = region.add(&[Role::Coordinator(Purpose::Signal)]);
    let gone = region.add(&ALL_COORDINATED);
    let refused = EnvelopeError::WithoutEffect(Reason::Signer);
    assert_eq!(region.remove_act(&signal, &gone), Err(refused));
    region.remove(&founder, &gone);
    region.remove(&signal, &gone);
    assert_eq!(
        region.roster.device(&gone.key()).unwrap().removed_at,
        Some(3)
    );
}

#[test]
fn a_reason_that_is_not_known_is_kept() {
    let mut region = Region::of_one(807);
    let founder = region.founder.clone();
    let phone = region.add(&[Role::Counter]);
    let mut removed = phone.removed();
    removed.why = RemovalReason::Unknown(77);
    let next = region.roster.next(&founder.signing, 0);
    let act = next.device_remove(vec![removed], &mut region.rng);
    region.apply(act);
    let device = region.roster.device(&phone.key()).unwrap();
    assert_eq!(device.removals[0].why, RemovalReason::Unknown(77));
}

#[test]
fn for_whom_there_was_no_room_the_settings_key_comes_by_a_later_act() {
    let mut region = Region::of_one(808);
    let founder = region.founder.clone();
    let opened = region.opened(&founder);
    for _ in 0..5 {
        let crowd: Vec<_> = (0..128)
            .map(|_| crate::support::region::admission(&region.phone(), &[Role::Counter]))
            .collect();
        region.apply(region.next(&founder).device_add(&crowd, &opened));
    }
    let gone = region.add(&[Role::Counter]);
    let act = region.remove_act(&founder, &gone).unwrap();
    assert!(act.len() <= MAX_ACT && act.len() > 58_000, "{}", act.len());
    region.apply(Ok(act));
    let left = region.roster.without_settings_key().count();
    assert_eq!(left, 641 - 479);
    let key = region.roster.open_settings(2, &founder.encryption).unwrap();
    region.apply(region.next(&founder).more_settings(&key));
    assert_eq!(region.roster.without_settings_key().count(), 0);
    assert!(region.roster.recompute_settings(&key).is_empty());
    let nobody = region.next(&founder).more_settings(&key);
    assert_eq!(nobody, Err(EnvelopeError::Malformed("empty list")));
    assert_eq!(region.roster.without_effect(), []);
    assert_eq!(region.take(region.acts[0].clone()), Taken::Held);
}
