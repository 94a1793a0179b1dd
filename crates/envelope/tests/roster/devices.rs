//! Adding devices: keys, words, secrets, limits.

use crate::support::region::{ALL_COORDINATED, Phone, Region, admission, decoded};
use veldpost_envelope::act::{Act, Added};
use veldpost_envelope::genesis::Role;
use veldpost_envelope::roster::{Admission, MAX_COORDINATORS, Reason, Taken};
use veldpost_envelope::{EnvelopeError, Purpose};

fn first(act: &mut Act) -> &mut Added {
    match act {
        Act::DeviceAdd(add) => &mut add.devices[0],
        _ => unreachable!(),
    }
}

/// What becomes of the founder's `device-add` of a new phone with these roles.
fn refused(roles: &[Role], why: Reason, change: impl FnOnce(&mut Added, &Region)) {
    let mut region = Region::of_one(700);
    let epoch = region.roster.next(&region.founder.signing, 0).epoch_new(
        &Purpose::ALL,
        true,
        Vec::new(),
        &mut region.rng,
    );
    region.apply(epoch);
    let phone = region.phone();
    let act = region.add_act(&region.founder, &phone, roles);
    let fine = region.changed(&region.founder, &act, |_| {});
    assert_eq!(fine, Taken::Applied);
    region.refuses(&region.founder, &act, why, |act| {
        change(first(act), &region)
    });
}

#[test]
fn an_added_device_is_a_member_with_its_roles_and_the_settings_key() {
    let mut region = Region::of_one(701);
    let phone = region.add(&[Role::Counter, Role::Intaker]);
    let roster = &region.roster;
    assert!(roster.member(&phone.key()));
    assert_eq!(roster.roles(&phone.key()), [Role::Counter, Role::Intaker]);
    roster.open_settings(1, &phone.encryption).unwrap();
    let opened = region.opened(&phone);
    assert!(opened.epochs.is_empty() && opened.bad.is_empty());
    assert_eq!(roster.device(&phone.key()).unwrap().added_at, 1);
}

#[test]
fn an_added_coordinator_gets_every_epoch_of_its_purpose_and_every_settings_key() {
    let mut region = Region::of_one(702);
    let founder = region.founder.clone();
    for _ in 0..3 {
        let next = region.roster.next(&founder.signing, 0);
        let act = next.epoch_new(&[Purpose::Count], true, Vec::new(), &mut region.rng);
        region.apply(act);
    }
    let phone = region.add(&[Role::Coordinator(Purpose::Count)]);
    let opened = region.opened(&phone);
    let names: Vec<_> = opened
        .epochs
        .iter()
        .map(|secret| (secret.public().purpose, secret.public().epoch))
        .collect();
    assert_eq!(names, [1, 2, 3, 4].map(|epoch| (Purpose::Count, epoch)));
    assert_eq!(opened.settings.len(), 4);
    assert!(region.roster.recompute(&opened).is_empty());
}

#[test]
fn a_coordinator_must_get_the_newest_epoch_of_its_purpose() {
    let role = [Role::Coordinator(Purpose::Signal)];
    refused(&role, Reason::Epochs, |added, _| {
        added.epochs.retain(|held| held.epoch == 1)
    });
    refused(&role, Reason::Epochs, |added, _| added.epochs.clear());
}

#[test]
fn an_older_epoch_may_be_missing_when_the_signer_has_it_not() {
    let mut region = Region::of_one(703);
    let founder = region.founder.clone();
    let next = region.roster.next(&founder.signing, 0);
    let act = next.epoch_new(&[Purpose::Count], false, Vec::new(), &mut region.rng);
    region.apply(act);
    let phone = region.phone();
    let act = region.add_act(&founder, &phone, &[Role::Coordinator(Purpose::Count)]);
    let taken = region.changed(&founder, &act, |act| {
        first(act).epochs.retain(|held| held.epoch == 2);
    });
    assert_eq!(taken, Taken::Applied);
}

#[test]
fn nobody_gets_an_epoch_that_is_not_of_its_roles_or_not_there_or_twice() {
    let role = [Role::Coordinator(Purpose::Signal)];
    refused(&role, Reason::Epochs, |added, _| {
        added.epochs[0].purpose = Purpose::Intake
    });
    refused(&role, Reason::Epochs, |added, _| added.epochs[0].epoch = 9);
    refused(&role, Reason::Twice, |added, _| {
        let again = added.epochs[0].clone();
        added.epochs.push(again);
    });
    refused(&role, Reason::Epochs, |added, _| {
        added.device.roles = vec![Role::Counter]
    });
}

#[test]
fn secrets_are_for_the_added_device_alone() {
    let role = [Role::Coordinator(Purpose::Signal)];
    refused(&role, Reason::Recipients, |added, region| {
        added.epochs[0].wrap.recipient = region.founder.encryption.public();
    });
    refused(&role, Reason::Recipients, |added, region| {
        added.settings[0].wrap.recipient = region.founder.encryption.public();
    });
}

#[test]
fn everybody_gets_the_newest_settings_key() {
    let role = [Role::Counter];
    refused(&role, Reason::Settings, |added, _| added.settings.clear());
    refused(&role, Reason::Settings, |added, _| {
        added.settings[0].number = 1
    });
    refused(&role, Reason::Settings, |added, _| {
        added.settings[0].number = 9
    });
    refused(&role, Reason::Settings, |added, _| {
        let mut further = added.settings[0].clone();
        further.number = 9;
        added.settings.push(further);
    });
    refused(&role, Reason::Twice, |added, _| {
        let again = added.settings[0].clone();
        added.settings.push(again);
    });
}

#[test]
fn roles_above_the_fields_need_words() {
    for role in ALL_COORDINATED.into_iter().chain([Role::Unknown(5)]) {
        refused(&[role], Reason::Words, |added, _| added.words = false);
    }
    let mut region = Region::of_one(704);
    let phone = region.phone();
    let act = region.add_act(&region.founder, &phone, &[Role::OrganisationCoordinator]);
    let taken = region.changed(&region.founder, &act, |act| first(act).words = false);
    assert_eq!(taken, Taken::Applied);
}

#[test]
fn an_encryption_key_belongs_to_one_device() {
    refused(&[Role::Counter], Reason::KeyInUse, |added, region| {
        added.device.encryption = region.founder.encryption.public();
    });
    refused(&[Role::Counter], Reason::KeyInUse, |added, region| {
        added.device.encryption = region.roster.recovery();
    });
}

#[test]
fn the_key_of_a_removed_device_is_nobodys() {
    let mut region = Region::of_one(705);
    let gone = region.add(&[Role::Counter]);
    let founder = region.founder.clone();
    region.remove(&founder, &gone);
    let phone = region.phone();
    let reused = Phone {
        encryption: gone.encryption,
        ..phone
    };
    let opened = region.opened(&founder);
    let act = region
        .next(&founder)
        .device_add(&[admission(&reused, &[Role::Counter])], &opened);
    assert_eq!(act, Err(EnvelopeError::WithoutEffect(Reason::KeyInUse)));
}

#[test]
fn a_device_and_a_key_are_named_once_in_an_act() {
    let mut region = Region::of_one(706);
    let (phone, other) = (region.phone(), region.phone());
    let act = region.add_act(&region.founder, &phone, &[Role::Counter]);
    for (signing, encryption) in [
        (phone.key(), other.encryption.public()),
        (other.key(), phone.encryption.public()),
    ] {
        region.refuses(&region.founder, &act, Reason::Twice, |act| {
            let mut again = first(act).clone();
            again.device.signing = signing;
            again.device.encryption = encryption;
            again.settings[0].wrap.recipient = encryption;
            if let Act::DeviceAdd(add) = act {
                add.devices.push(again);
            }
        });
    }
}

#[test]
fn a_member_keeps_its_key_and_only_gains_roles() {
    let mut region = Region::of_one(707);
    let founder = region.founder.clone();
    let phone = region.add(&[Role::Counter]);
    let roles = [Role::Coordinator(Purpose::Count)];
    let act = region.add_act(&founder, &phone, &roles);
    let other = region.phone().encryption.public();
    region.refuses(&founder, &act, Reason::KeyInUse, |act| {
        first(act).device.encryption = other;
    });
    region.apply(Ok(act));
    let expected = [Role::Counter, Role::Coordinator(Purpose::Count)];
    assert_eq!(region.roster.roles(&phone.key()), expected);
    assert_eq!(region.roster.device(&phone.key()).unwrap().added_at, 1);
    region
        .roster
        .open_epoch(Purpose::Count, 1, &phone.encryption)
        .unwrap();
}

#[test]
fn a_removed_device_never_comes_back() {
    let mut region = Region::of_one(708);
    let phone = region.add(&[Role::Counter]);
    let founder = region.founder.clone();
    region.remove(&founder, &phone);
    let opened = region.opened(&founder);
    for encryption in [phone.encryption.clone(), region.phone().encryption] {
        let phone = Phone {
            encryption,
            ..phone.clone()
        };
        let add = [admission(&phone, &[Role::Counter])];
        let act = region.next(&founder).device_add(&add, &opened);
        assert_eq!(act, Err(EnvelopeError::WithoutEffect(Reason::Device)));
    }
}

fn crowd(region: &mut Region, phones: usize, roles: &[Role]) -> Vec<Admission> {
    (0..phones)
        .map(|_| admission(&region.phone(), roles))
        .collect()
}

#[test]
fn one_act_adds_128_devices_and_no_more() {
    let mut region = Region::of_one(709);
    let crowd = crowd(&mut region, 129, &[Role::Counter]);
    let opened = region.opened(&region.founder);
    let act = region.next(&region.founder).device_add(&crowd, &opened);
    assert_eq!(act, Err(EnvelopeError::TooLarge("devices")));
    region.apply(
        region
            .next(&region.founder)
            .device_add(&crowd[..128], &opened),
    );
    assert_eq!(region.roster.members().count(), 129);
}

#[test]
fn a_region_has_2_000_members_at_most() {
    let mut region = Region::of_one(710);
    let opened = region.opened(&region.founder);
    for _ in 0..15 {
        let crowd = crowd(&mut region, 128, &[Role::Counter]);
        region.apply(region.next(&region.founder).device_add(&crowd, &opened));
    }
    let rest = crowd(&mut region, 80, &[Role::Counter]);
    let refused = Err(EnvelopeError::WithoutEffect(Reason::Limit));
    assert_eq!(
        region.next(&region.founder).device_add(&rest, &opened),
        refused
    );
    region.apply(region.next(&region.founder).device_add(&rest[1..], &opened));
    assert_eq!(region.roster.members().count(), 2_000);
    let new = region.phone();
    let device = (new.key(), new.encryption.public());
    let recover = |region: &mut Region, removed| {
        let (roster, kit) = (&region.roster, &region.kit);
        let made = roster.recover(kit, device, removed, 0, &mut region.rng);
        made.map(|made| made.act)
    };
    assert_eq!(recover(&mut region, Vec::new()), refused);
    let founder = region.founder.removed();
    let act = recover(&mut region, vec![founder]);
    region.apply(act);
}

#[test]
fn at_most_32_coordinate_one_purpose() {
    let mut region = Region::of_one(711);
    let opened = region.opened(&region.founder);
    let crowd = crowd(
        &mut region,
        MAX_COORDINATORS,
        &[Role::Coordinator(Purpose::Count)],
    );
    let refused = Err(EnvelopeError::WithoutEffect(Reason::Limit));
    assert_eq!(
        region.next(&region.founder).device_add(&crowd, &opened),
        refused
    );
    region.apply(
        region
            .next(&region.founder)
            .device_add(&crowd[1..], &opened),
    );
    assert_eq!(region.roster.coordinators(Purpose::Count).count(), 32);
}

#[test]
fn a_device_without_a_role_is_no_act() {
    let mut region = Region::of_one(712);
    let phone = region.phone();
    let opened = region.opened(&region.founder);
    let none = region
        .next(&region.founder)
        .device_add(&[admission(&phone, &[])], &opened);
    assert_eq!(none, Err(EnvelopeError::Malformed("no role")));
    let act = decoded(&region.add_act(&region.founder, &phone, &[Role::Counter]));
    assert!(matches!(act, Act::DeviceAdd(add) if add.devices.len() == 1));
}
