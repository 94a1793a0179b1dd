//! Epochs and settings keys: which comes next, who gets it, which ends, and what is made again.

use crate::support::region::{ALL_COORDINATED, AT, Phone, Region, decoded};
use veldpost_envelope::act::{Act, DeviceAdd, EpochEnd, EpochNew};
use veldpost_envelope::genesis::Role;
use veldpost_envelope::roster::{BadWrap, Reason, RegionSecret, Taken};
use veldpost_envelope::{EnvelopeError, Purpose};

fn renewal(region: &mut Region, purposes: &[Purpose], settings: bool) -> Vec<u8> {
    let founder = region.founder.clone();
    let next = region.roster.next(&founder.signing, AT);
    let act = next.epoch_new(purposes, settings, Vec::new(), &mut region.rng);
    act.unwrap()
}

fn renew(region: &mut Region, purposes: &[Purpose], settings: bool) {
    let act = renewal(region, purposes, settings);
    region.apply(Ok(act));
}

fn outcome(change: impl FnOnce(&mut EpochNew, &Region)) -> Taken {
    let mut region = Region::of_one(900);
    region.add(&ALL_COORDINATED);
    region.add(&[Role::Counter]);
    let act = renewal(&mut region, &[Purpose::Count, Purpose::Signal], true);
    let founder = region.founder.clone();
    region.changed(&founder, &act, |act| match act {
        Act::EpochNew(new) => change(new, &region),
        _ => unreachable!(),
    })
}

fn refused(why: Reason, change: impl FnOnce(&mut EpochNew, &Region)) {
    assert_eq!(outcome(change), Taken::WithoutEffect(why));
}

#[test]
fn a_new_epoch_is_opened_by_its_coordinators_and_the_kit_and_nobody_else() {
    let mut region = Region::of_one(901);
    let other = region.add(&ALL_COORDINATED);
    let counter = region.add(&[Role::Counter]);
    renew(&mut region, &[Purpose::Intake], false);
    let roster = &region.roster;
    let newest = roster.epoch(Purpose::Intake).unwrap();
    assert_eq!((newest.purpose, newest.epoch), (Purpose::Intake, 2));
    for key in [
        &region.founder.encryption,
        &other.encryption,
        region.kit.recovery(),
    ] {
        let secret = roster.open_epoch(Purpose::Intake, 2, key).unwrap();
        assert_eq!(secret.public(), newest);
        assert!(roster.recompute_epoch(&secret).is_empty());
    }
    let refused = roster
        .open_epoch(Purpose::Intake, 2, &counter.encryption)
        .unwrap_err();
    assert_eq!(refused, EnvelopeError::NotForThisKey);
    let none = roster
        .open_epoch(Purpose::Intake, 3, &other.encryption)
        .unwrap_err();
    assert_eq!(none, EnvelopeError::Malformed("no such epoch"));
    assert_eq!(roster.epoch(Purpose::Count).unwrap().epoch, 1);
    assert_eq!(roster.settings_number(), 1);
}

#[test]
fn an_epoch_has_the_number_after_the_last() {
    for epoch in [0, 1, 3, u64::MAX] {
        refused(Reason::Epochs, |new, _| new.epochs[0].public.epoch = epoch);
    }
}

#[test]
fn a_purpose_has_one_new_epoch_in_an_act() {
    refused(Reason::Twice, |new, _| {
        new.epochs[1] = new.epochs[0].clone()
    });
}

#[test]
fn an_epoch_is_sealed_to_exactly_its_coordinators_and_the_kit() {
    refused(Reason::Recipients, |new, _| drop(new.epochs[0].wraps.pop()));
    refused(Reason::Recipients, |new, region| {
        let kit = region.roster.recovery();
        new.epochs[1].wraps.retain(|wrap| wrap.recipient != kit);
    });
    refused(Reason::Recipients, |new, region| {
        let extra = region.clone().phone().encryption.public();
        let mut wrap = new.epochs[0].wraps[0].clone();
        wrap.recipient = extra;
        new.epochs[0].wraps.push(wrap);
    });
    refused(Reason::Twice, |new, _| {
        let again = new.epochs[0].wraps[0].clone();
        new.epochs[0].wraps.push(again);
    });
}

#[test]
fn a_settings_key_has_the_number_after_the_last_and_the_kit_among_its_readers() {
    for number in [0, 3] {
        refused(Reason::Settings, |new, _| {
            new.settings.as_mut().unwrap().number = number
        });
    }
    refused(Reason::Recipients, |new, region| {
        let kit = region.roster.recovery();
        let settings = new.settings.as_mut().unwrap();
        settings.wraps.retain(|wrap| wrap.recipient != kit);
    });
    refused(Reason::Recipients, |new, region| {
        let extra = region.clone().phone().encryption.public();
        new.settings.as_mut().unwrap().wraps[1].recipient = extra;
    });
    let fewer = outcome(|new, _| drop(new.settings.as_mut().unwrap().wraps.pop()));
    assert_eq!(fewer, Taken::Applied, "the rest comes later");
}

#[test]
fn more_wraps_of_the_newest_settings_key_are_for_members_only() {
    let more = |new: &mut EpochNew| {
        new.epochs.clear();
        new.settings.as_mut().unwrap().number = 1;
    };
    let to_kit_too = outcome(|new, _| more(new));
    assert_eq!(to_kit_too, Taken::WithoutEffect(Reason::Recipients));
    let to_members = outcome(|new, region| {
        more(new);
        let kit = region.roster.recovery();
        let settings = new.settings.as_mut().unwrap();
        settings.wraps.retain(|wrap| wrap.recipient != kit);
    });
    assert_eq!(to_members, Taken::Applied);
}

fn end(purpose: Purpose, epoch: u64) -> EpochEnd {
    EpochEnd {
        purpose,
        epoch,
        open: Vec::new(),
    }
}

#[test]
fn an_epoch_that_is_not_the_newest_ends_and_names_who_is_open() {
    let mut region = Region::of_one(902);
    let counter = region.add(&[Role::Counter]);
    renew(&mut region, &[Purpose::Count], false);
    let founder = region.founder.clone();
    let mut ended = end(Purpose::Count, 1);
    ended.open.push(counter.key());
    let next = region.roster.next(&founder.signing, AT);
    let act = next.epoch_new(&[], false, vec![ended], &mut region.rng);
    region.apply(act);
    let (_, first) = region.roster.epochs(Purpose::Count).next().unwrap();
    assert_eq!(first.ended, Some(vec![counter.key()]));
    let (_, second) = region.roster.epochs(Purpose::Count).last().unwrap();
    assert_eq!((second.began_at, &second.ended), (2, &None));
}

#[test]
fn the_newest_epoch_does_not_end_even_where_the_next_one_begins() {
    refused(Reason::Epochs, |new, _| {
        new.ends.push(end(Purpose::Count, 1))
    });
    refused(Reason::Epochs, |new, _| {
        new.ends.push(end(Purpose::Count, 2))
    });
    refused(Reason::Epochs, |new, _| {
        new.ends.push(end(Purpose::Count, 0))
    });
    refused(Reason::Epochs, |new, _| {
        new.ends.push(end(Purpose::Intake, 1))
    });
}

#[test]
fn an_epoch_ends_once_in_an_act() {
    let mut region = Region::of_one(903);
    renew(&mut region, &[Purpose::Count], false);
    let act = renewal(&mut region, &[], false);
    region.refuses(&region.founder, &act, Reason::Twice, |act| {
        if let Act::EpochNew(new) = act {
            new.ends = vec![end(Purpose::Count, 1), end(Purpose::Count, 1)];
        }
    });
}

/// One bit of the last wrap changed: readers cannot see it, who opens the secret can.
fn spoil(act: &mut Act) {
    let wrap = match act {
        Act::EpochNew(new) => new.epochs[0].wraps.last_mut(),
        Act::DeviceAdd(DeviceAdd { devices }) => {
            devices[0].epochs.last_mut().map(|held| &mut held.wrap)
        }
        _ => None,
    };
    wrap.unwrap().ct[0] ^= 1;
}

#[test]
fn a_wrap_that_is_not_the_secrets_is_found_by_every_coordinator() {
    let mut region = Region::of_one(904);
    let founder = region.founder.clone();
    let others: Vec<_> = (0..3).map(|_| region.add(&ALL_COORDINATED)).collect();
    let mut act = decoded(&renewal(&mut region, &[Purpose::Signal], false));
    spoil(&mut act);
    let Act::EpochNew(new) = &act else {
        unreachable!()
    };
    let expected = BadWrap {
        secret: RegionSecret::Epoch(Purpose::Signal, 2),
        recipient: new.epochs[0].wraps.last().unwrap().recipient,
    };
    region.apply(Ok(region.raw(&founder, &act)));
    let mut victims = 0;
    for phone in others.iter().chain([&founder]) {
        let opened = region.opened(phone);
        victims += opened.bad.len();
        assert_eq!(region.roster.recompute(&opened), [expected]);
        // One secret at a time says the same.
        let one_by_one = region.roster.secrets();
        let one_by_one =
            one_by_one.flat_map(|(secret, _)| region.roster.wrong_wraps(secret, &phone.encryption));
        assert_eq!(one_by_one.collect::<Vec<_>>(), [expected]);
    }
    let stranger = region.add(&[Role::Counter]);
    let of_epoch = region
        .roster
        .wrong_wraps(expected.secret, &stranger.encryption);
    assert!(of_epoch.is_empty(), "it is not sealed to that one");
    let opened = region.roster.open_all(region.kit.recovery());
    victims += opened.bad.len();
    assert_eq!(region.roster.recompute(&opened), [expected]);
    assert_eq!(victims, 1, "exactly one cannot open it");
}

#[test]
fn a_wrap_that_a_device_add_brought_is_made_again_too() {
    let mut region = Region::of_one(905);
    let founder = region.founder.clone();
    let phone = region.phone();
    let mut act = decoded(&region.add_act(&founder, &phone, &[Role::Coordinator(Purpose::Count)]));
    spoil(&mut act);
    region.apply(Ok(region.raw(&founder, &act)));
    let bad = region.roster.recompute(&region.opened(&founder));
    assert_eq!(bad.len(), 1);
    assert_eq!(bad[0].recipient, phone.encryption.public());
}

#[test]
fn a_settings_key_that_was_sealed_wrong_can_be_sealed_again() {
    let mut region = Region::of_one(906);
    let founder = region.founder.clone();
    let counter = region.add(&[Role::Counter]);
    let right = renewal(&mut region, &[], true);
    let Act::EpochNew(right) = decoded(&right) else {
        unreachable!()
    };
    let own = counter.encryption.public();
    let mut wrong = right.clone();
    let wraps = &mut wrong.settings.as_mut().unwrap().wraps;
    wraps
        .iter_mut()
        .find(|wrap| wrap.recipient == own)
        .unwrap()
        .ct[0] ^= 1;
    region.apply(Ok(region.raw(&founder, &Act::EpochNew(wrong))));
    let problem = region
        .roster
        .open_settings(2, &counter.encryption)
        .unwrap_err();
    assert_eq!(problem, EnvelopeError::Forged("wrap"));
    assert_eq!(region.opened(&counter).bad.len(), 1);
    let mut again = right;
    let wraps = &mut again.settings.as_mut().unwrap().wraps;
    wraps.retain(|wrap| wrap.recipient == own);
    region.apply(Ok(region.raw(&founder, &Act::EpochNew(again))));
    region.roster.open_settings(2, &counter.encryption).unwrap();
    let found = region.roster.recompute(&region.opened(&founder));
    assert_eq!(
        found,
        [BadWrap {
            secret: RegionSecret::Settings(2),
            recipient: own,
        }]
    );
    let key = region.roster.open_settings(2, &founder.encryption).unwrap();
    assert_eq!(
        region.roster.recompute_settings(&key).len(),
        1,
        "the wrong one is still shown"
    );
}

#[test]
fn a_coordinator_of_one_purpose_opens_its_epochs_alone() {
    let mut region = Region::of_one(907);
    let phone: Phone = region.add(&[Role::Coordinator(Purpose::Signal)]);
    renew(&mut region, &Purpose::ALL, true);
    let opened = region.opened(&phone);
    assert!(
        opened
            .epochs
            .iter()
            .all(|secret| secret.public().purpose == Purpose::Signal)
    );
    assert_eq!((opened.epochs.len(), opened.settings.len()), (2, 2));
    assert!(region.roster.recompute(&opened).is_empty());
}
