//! The kit in a fresh browser: a new coordinator, a new kit, and what was before stays readable.

use crate::support::region::{ALL_COORDINATED, AT, Phone, Region, decoded};
use veldpost_domain::StreamId;
use veldpost_envelope::act::{Act, EpochEnd, MAX_ACT, Recover, Removed, StreamHead, create};
use veldpost_envelope::genesis::{RegionForm, Role};
use veldpost_envelope::roster::{Reason, Recovered, Taken};
use veldpost_envelope::{EntryHash, EnvelopeError, Purpose, RecoveryKit};

/// A region with some history, and the phone that is to recover it.
fn lost(seed: u64) -> (Region, Phone) {
    let mut region = Region::of_one(seed);
    let founder = region.founder.clone();
    let gone = region.add(&ALL_COORDINATED);
    region.add(&[Role::Counter]);
    region.remove(&founder, &gone);
    let new = region.phone();
    (region, new)
}

fn recover(
    region: &mut Region,
    kit: &RecoveryKit,
    new: &Phone,
    removed: Vec<Removed>,
) -> Result<Recovered, EnvelopeError> {
    let device = (new.key(), new.encryption.public());
    region
        .roster
        .recover(kit, device, removed, AT, &mut region.rng)
}

#[test]
fn the_kit_seats_a_coordinator_of_everything_and_is_replaced() {
    let (mut region, new) = lost(1100);
    let founder = region.founder.clone();
    let kit = region.kit.clone();
    let made = recover(&mut region, &kit, &new, vec![founder.removed()]).unwrap();
    region.apply(Ok(made.act));
    let roster = &region.roster;
    assert!(!roster.member(&founder.key()));
    for purpose in Purpose::ALL {
        assert!(roster.coordinates(&new.key(), purpose));
        for epoch in 1..=3 {
            roster.open_epoch(purpose, epoch, &new.encryption).unwrap();
            roster
                .open_epoch(purpose, epoch, made.kit.recovery())
                .unwrap();
        }
        assert!(roster.open_epoch(purpose, 3, &founder.encryption).is_err());
        assert!(roster.open_epoch(purpose, 3, kit.recovery()).is_err());
    }
    assert!(roster.is_kit(&made.kit) && !roster.is_kit(&kit));
    assert_eq!(roster.root(), made.kit.root().public());
    let opened = roster.open_all(&new.encryption);
    assert_eq!((opened.epochs.len(), opened.settings.len()), (12, 3));
    assert!(roster.recompute(&opened).is_empty());
    let by_kit = roster.open_all(made.kit.recovery());
    assert!(roster.recompute(&by_kit).is_empty());
}

#[test]
fn a_region_is_recovered_again_by_the_new_kit_and_not_by_the_old() {
    let (mut region, new) = lost(1101);
    let old = region.kit.clone();
    let made = recover(&mut region, &old, &new, Vec::new()).unwrap();
    let again = made.act.clone();
    region.apply(Ok(made.act));
    let third = region.phone();
    let refused = recover(&mut region, &old, &third, Vec::new()).unwrap_err();
    assert_eq!(refused, EnvelopeError::NotForThisKey);

    let act = decoded(&again);
    let by_old = create(&region.head(), &act, &old.root()).unwrap();
    let refused = region.roster.clone().take(&by_old);
    assert_eq!(refused, Err(EnvelopeError::Forged("not a member's act")));

    let made = recover(&mut region, &made.kit, &third, vec![new.removed()]).unwrap();
    region.apply(Ok(made.act));
    assert_eq!(region.opened(&third).epochs.len(), 16);
    region
        .roster
        .open_epoch(Purpose::Count, 1, made.kit.recovery())
        .unwrap();
}

/// Five years of a renewal every ten days: with less room for an act the paper would open nothing by then.
#[test]
fn a_region_that_renewed_its_keys_for_years_is_recovered_and_gets_another_coordinator() {
    let (mut region, new) = lost(1112);
    let founder = region.founder.clone();
    for _ in 0..180 {
        let next = region.roster.next(&founder.signing, AT);
        let act = next.epoch_new(&Purpose::ALL, true, Vec::new(), &mut region.rng);
        region.apply(act);
    }
    let kit = region.kit.clone();
    let made = recover(&mut region, &kit, &new, vec![founder.removed()]).unwrap();
    assert!(made.act.len() < MAX_ACT, "{}", made.act.len());
    region.apply(Ok(made.act));
    let second = region.phone();
    let act = region.add_act(&new, &second, &ALL_COORDINATED);
    region.apply(Ok(act));
    for coordinator in [&new, &second] {
        assert_eq!(region.opened(coordinator).epochs.len(), 4 * 183);
    }
}

#[test]
fn an_old_recovery_beside_a_held_one_is_proof() {
    let (mut region, new) = lost(1102);
    let kit = region.kit.clone();
    let other = recover(&mut region, &kit, &new, Vec::new()).unwrap();
    let made = recover(&mut region, &kit, &new, Vec::new()).unwrap();
    region.apply(Ok(made.act));
    assert_eq!(region.take(other.act), Taken::Fork);
}

#[test]
fn a_recovery_leaves_ended_epochs_closed() {
    let (mut region, new) = lost(1103);
    let founder = region.founder.clone();
    let end = EpochEnd {
        purpose: Purpose::Count,
        epoch: 1,
        open: Vec::new(),
    };
    let next = region.roster.next(&founder.signing, AT);
    let act = next.epoch_new(&[], false, vec![end], &mut region.rng);
    region.apply(act);
    let kit = region.kit.clone();
    let made = recover(&mut region, &kit, &new, Vec::new()).unwrap();
    region.apply(Ok(made.act));
    let opened = region.roster.open_epoch(Purpose::Count, 1, &new.encryption);
    assert_eq!(opened.unwrap_err(), EnvelopeError::NotForThisKey);
    region
        .roster
        .open_epoch(Purpose::Count, 2, &new.encryption)
        .unwrap();
    region
        .roster
        .open_epoch(Purpose::Signal, 1, &new.encryption)
        .unwrap();
}

fn refused(why: Reason, change: impl FnOnce(&mut Recover, &Region)) {
    let (mut region, new) = lost(1104);
    let kit = region.kit.clone();
    let founder = region.founder.clone();
    let made = recover(&mut region, &kit, &new, vec![founder.removed()]).unwrap();
    let signer = Phone {
        signing: kit.root(),
        encryption: kit.recovery().clone(),
    };
    let fine = region.changed(&signer, &made.act, |_| {});
    assert_eq!(fine, Taken::Applied);
    region.refuses(&signer, &made.act, why, |act| match act {
        Act::Recover(recover) => change(recover, &region),
        _ => unreachable!(),
    });
}

#[test]
fn the_device_that_recovers_is_new_with_a_key_of_its_own() {
    refused(Reason::Device, |recover, region| {
        recover.device.device.signing = region.founder.key();
    });
    refused(Reason::KeyInUse, |recover, region| {
        recover.device.device.encryption = region.founder.encryption.public();
    });
}

#[test]
fn the_device_that_recovers_has_every_coordinators_role() {
    for role in ALL_COORDINATED {
        refused(Reason::Roles, |recover, _| {
            recover.device.device.roles.retain(|given| *given != role);
        });
    }
}

#[test]
fn a_recovery_brings_a_kit_that_never_was() {
    refused(Reason::KeyInUse, |recover, region| {
        recover.root = region.roster.root()
    });
    refused(Reason::KeyInUse, |recover, region| {
        recover.recovery = region.roster.recovery()
    });
}

#[test]
fn a_kit_that_was_replaced_does_not_come_back() {
    let (mut region, new) = lost(1109);
    let old = region.kit.clone();
    let made = recover(&mut region, &old, &new, Vec::new()).unwrap();
    region.apply(Ok(made.act));
    let signer = Phone {
        signing: made.kit.root(),
        encryption: made.kit.recovery().clone(),
    };
    let third = region.phone();
    let again = recover(&mut region, &made.kit, &third, Vec::new()).unwrap();
    let back = |change: fn(&mut Recover, &RecoveryKit)| {
        region.refuses(&signer, &again.act, Reason::KeyInUse, |act| match act {
            Act::Recover(recover) => change(recover, &old),
            _ => unreachable!(),
        });
    };
    back(|recover, old| recover.root = old.root().public());
    back(|recover, old| recover.recovery = old.recovery().public());
}

#[test]
fn a_recovery_renews_every_purpose_and_the_settings_key() {
    refused(Reason::Epochs, |recover, _| drop(recover.epochs.pop()));
    refused(Reason::Epochs, |recover, _| {
        recover.epochs[0].public.epoch = 9
    });
    refused(Reason::Settings, |recover, _| recover.settings.number = 2);
    refused(Reason::Recipients, |recover, region| {
        let member = region.founder.encryption.public();
        recover.settings.wraps[0].recipient = member;
    });
    refused(Reason::Recipients, |recover, region| {
        recover.epochs[0].wraps[0].recipient = region.founder.encryption.public();
    });
}

#[test]
fn a_recovery_hands_every_earlier_epoch_to_the_device_and_the_new_kit() {
    refused(Reason::Epochs, |recover, _| drop(recover.older.pop()));
    refused(Reason::Epochs, |recover, _| {
        drop(recover.device.epochs.remove(0))
    });
    refused(Reason::Recipients, |recover, region| {
        recover.older[0].wrap.recipient = region.roster.recovery();
    });
    refused(Reason::Twice, |recover, _| {
        recover.older[0] = recover.older[1].clone()
    });
    refused(Reason::Epochs, |recover, _| recover.older[0].epoch = 9);
}

#[test]
fn a_recovery_removes_known_devices_each_once() {
    refused(Reason::Device, |recover, region| {
        recover.removed.push(region.clone().phone().removed());
    });
    refused(Reason::Twice, |recover, _| {
        let again = recover.removed[0].clone();
        recover.removed.push(again);
    });
}

#[test]
fn a_recovery_says_of_every_purpose_how_far_streams_count() {
    let (mut region, new) = lost(1110);
    let kit = region.kit.clone();
    let founder = region.founder.clone();
    let streams = [(1, Purpose::Count), (2, Purpose::Intake)];
    let mut removed = founder.removed();
    removed.streams = streams
        .map(|(stream, _)| StreamHead {
            stream: StreamId([stream; 16]),
            seq: u64::from(stream),
            hash: EntryHash([stream; 32]),
        })
        .into();
    let made = recover(&mut region, &kit, &new, vec![removed]).unwrap();
    region.apply(Ok(made.act));
    for (stream, purpose) in streams {
        let stream_id = StreamId([stream; 16]);
        let purpose_of = |other: StreamId| (other == stream_id).then_some(purpose);
        let head = region
            .roster
            .counts_up_to(&founder.key(), stream_id, purpose_of);
        assert_eq!(head, Some((u64::from(stream), EntryHash([stream; 32]))));
    }
}

#[test]
fn another_regions_kit_recovers_nothing() {
    let (mut region, new) = lost(1105);
    let other = Region::of_one(1106).kit;
    let refused = recover(&mut region, &other, &new, Vec::new()).unwrap_err();
    assert_eq!(refused, EnvelopeError::NotForThisKey);
}

#[test]
fn a_practice_region_is_not_recovered() {
    let mut region = Region::founded(1107, RegionForm::Practice);
    let new = region.phone();
    let kit = region.kit.clone();
    let refused = recover(&mut region, &kit, &new, Vec::new()).unwrap_err();
    assert_eq!(refused, EnvelopeError::WithoutEffect(Reason::Practice));
}

#[test]
fn who_recovered_goes_on_as_a_coordinator() {
    let (mut region, new) = lost(1108);
    let kit = region.kit.clone();
    let founder = region.founder.clone();
    let made = recover(&mut region, &kit, &new, vec![founder.removed()]).unwrap();
    region.apply(Ok(made.act));
    let counter = region.phone();
    let act = region.add_act(&new, &counter, &[Role::Counter]);
    region.apply(Ok(act));
    region.remove(&new, &counter);
    region
        .roster
        .open_epoch(Purpose::Count, 4, made.kit.recovery())
        .unwrap();
}
