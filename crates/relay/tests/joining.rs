//! Which joins a relay stamps.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use support::{DAY, NOW, Person, World};
use veldpost_envelope::Purpose;
use veldpost_envelope::act::InviteForm;
use veldpost_envelope::genesis::Role;
use veldpost_envelope::wire::{
    Code, Incarnation, ItemKind, JoinAnswer, JoinAsk, StampedJoin, WelcomeAnswer, WelcomeAsk,
    WelcomePutAsk,
};
use veldpost_relay::RelayError;
use veldpost_relay::store::{RegionView as _, RelayStore as _};

fn stamp(at: i64, nth: u64) -> JoinAnswer {
    JoinAnswer {
        incarnation: Incarnation([1; 16]),
        at,
        nth,
    }
}

fn joins(world: &World, person: &Person) -> Vec<(u64, Vec<u8>)> {
    let items = world.pull(person).into_iter();
    let joins = items.filter(|(kind, _)| *kind == ItemKind::Join);
    joins
        .map(|(_, value)| {
            let join = StampedJoin::from_bytes(&value).unwrap();
            (join.nth, join.join.to_vec())
        })
        .collect()
}

#[test]
fn joins_are_numbered_by_device_and_the_same_one_again_is_no_other() {
    let mut world = World::new(1);
    let invited = world.invite(InviteForm::Evening, &[Role::Counter], 3);
    let people = [70, 71, 72, 73].map(Person::new);
    for (person, nth) in people.iter().zip(1..=3) {
        assert_eq!(world.join(person, &invited), Ok(stamp(NOW, nth)));
    }
    let refused = world.join(&people[3], &invited);
    assert_eq!(refused, Err(RelayError::InvitationUsedUp));
    let first = joins(&world, &world.founder)[0].1.clone();
    let again = world.send_join(&people[0], &invited, &first, NOW + 5);
    assert_eq!(again, Ok(stamp(NOW, 1)), "the stamp that it has");
    let later = world.make_join(&people[1], &invited, NOW + 9);
    let replaced = world.send_join(&people[1], &invited, &later, NOW + 9);
    assert_eq!(replaced, Ok(stamp(NOW + 9, 2)));
    let held = joins(&world, &world.founder);
    assert_eq!(held.len(), 3);
    assert_eq!(held[2], (2, later), "at a new position");
}

#[test]
fn a_join_that_takes_anothers_place_takes_no_more_room() {
    let mut world = World::new(1);
    let invited = world.invite(InviteForm::Evening, &[Role::Counter], 3);
    let person = Person::new(70);
    let bytes = |world: &World| {
        let view = world.store.view(&world.region).unwrap();
        view.region().unwrap().unwrap().bytes
    };
    world.join(&person, &invited).unwrap();
    let before = bytes(&world);
    for later in 1..4 {
        let join = world.make_join(&person, &invited, NOW + later);
        world
            .send_join(&person, &invited, &join, NOW + later)
            .unwrap();
        assert_eq!(bytes(&world), before);
    }
}

#[test]
fn two_by_an_invitation_for_one_freeze_it_and_both_are_kept() {
    let mut world = World::new(1);
    let invited = world.invite(InviteForm::Single, &[Role::Counter], 1);
    let people = [70, 71, 72].map(Person::new);
    assert_eq!(world.join(&people[0], &invited), Ok(stamp(NOW, 1)));
    let frozen = world.join(&people[1], &invited).unwrap_err();
    assert_eq!(frozen, RelayError::InvitationFrozen(Some(stamp(NOW, 2))));
    assert_eq!(frozen.problem().answer, Some(stamp(NOW, 2).to_bytes()));
    let third = world.join(&people[2], &invited).unwrap_err();
    assert_eq!(third, RelayError::InvitationFrozen(None));
    let held = joins(&world, &world.founder);
    assert_eq!(held.iter().map(|(nth, _)| *nth).collect::<Vec<_>>(), [1, 2]);
    let first = held[0].1.clone();
    let again = world
        .send_join(&people[0], &invited, &first, NOW)
        .unwrap_err();
    assert_eq!(again, RelayError::InvitationFrozen(Some(stamp(NOW, 1))));
}

#[test]
fn whoever_was_admitted_by_file_counts_too() {
    let mut world = World::new(1);
    let invited = world.invite(InviteForm::Single, &[Role::Counter], 1);
    let by_file = Person::new(70);
    world.admit(&by_file, &[Role::Counter], Some(invited.id));
    let second = world.join(&Person::new(71), &invited).unwrap_err();
    assert_eq!(second, RelayError::InvitationFrozen(Some(stamp(NOW, 2))));
}

#[test]
fn an_invitation_ends_by_the_relays_clock() {
    let mut world = World::new(1);
    let invited = world.invite(InviteForm::Evening, &[Role::Counter], 9);
    let [one, two] = [70, 71].map(Person::new);
    let join = world.make_join(&one, &invited, NOW - 400 * DAY);
    let ends = NOW + 7 * DAY;
    assert!(world.send_join(&one, &invited, &join, ends - 1).is_ok());
    let late = world.make_join(&two, &invited, NOW);
    let refused = world.send_join(&two, &invited, &late, ends);
    assert_eq!(refused, Err(RelayError::InvitationEnded));
    let again = world.send_join(&one, &invited, &join, ends + DAY);
    assert_eq!(again, Ok(stamp(ends - 1, 1)), "what is held is answered");
}

#[test]
fn an_invitation_ends_with_its_signers_membership() {
    let mut world = World::new(1);
    let founder = Person::new(1_001);
    let second = Person::new(1_002);
    let invited = world.invite(InviteForm::Evening, &[Role::Counter], 9);
    world.admit(
        &second,
        &[4, 3, 2, 1].map(|n| Role::Coordinator(purpose(n))),
        None,
    );
    world.founder = second;
    world.remove(founder.key(), Vec::new());
    let refused = world.join(&Person::new(70), &invited);
    assert_eq!(refused, Err(RelayError::InvitationEnded));
}

fn purpose(n: u64) -> Purpose {
    Purpose::from_code(n).unwrap()
}

#[test]
fn a_join_needs_its_invitation_its_token_and_its_own_signature() {
    let mut world = World::new(1);
    let invited = world.invite(InviteForm::Evening, &[Role::Counter], 9);
    let (other, _) = world.make_invite(InviteForm::Evening, &[Role::Counter], 9);
    let [one, two] = [70, 71].map(Person::new);
    let unknown = world.join(&one, &other);
    assert_eq!(unknown, Err(RelayError::InvitationUnknown));
    let join = world.make_join(&one, &invited, NOW);
    let ask = JoinAsk {
        region: world.region,
        token: [9; 32],
        join: &join,
    };
    let wrong = world.relay.join(&one.calls(NOW), &ask.to_bytes());
    assert_eq!(wrong, Err(RelayError::WrongToken));
    let by_another = world.send_join(&two, &invited, &join, NOW);
    assert_eq!(by_another.unwrap_err().code(), Code::Forged);
    let mut changed = join.clone();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    let refused = world.send_join(&one, &invited, &changed, NOW);
    assert_eq!(refused.unwrap_err().code(), Code::Forged);
    let large = world.send_join(&one, &invited, &[0; 1_025], NOW);
    assert_eq!(large.unwrap_err().code(), Code::TooLarge);
    assert!(joins(&world, &world.founder).is_empty());
}

#[test]
fn a_removed_device_does_not_come_back_by_an_invitation() {
    let mut world = World::new(1);
    let invited = world.invite(InviteForm::Evening, &[Role::Counter], 9);
    let worker = Person::new(1_003);
    world.remove(worker.key(), Vec::new());
    let refused = world.join(&worker, &invited);
    assert_eq!(refused, Err(RelayError::Removed));
}

#[test]
fn joins_go_to_who_coordinates_a_purpose_of_one_of_the_roles() {
    let mut world = World::new(1);
    let roles = [Role::Counter, Role::Intaker];
    let invited = world.invite(InviteForm::Evening, &roles, 9);
    let intake = world.invite(InviteForm::Evening, &[Role::Intaker], 9);
    world.join(&Person::new(70), &invited).unwrap();
    world.join(&Person::new(71), &intake).unwrap();
    assert_eq!(joins(&world, &world.founder).len(), 2);
    assert_eq!(
        joins(&world, &world.second).len(),
        1,
        "coordinates the count alone"
    );
    assert_eq!(joins(&world, &world.worker).len(), 0);
}

#[test]
fn a_welcome_is_put_by_who_coordinates_and_read_by_any_key() {
    let mut world = World::new(1);
    let invited = world.invite(InviteForm::Evening, &[Role::Counter], 9);
    let intake = world.invite(InviteForm::Evening, &[Role::Intaker], 9);
    let put = |world: &World, person: &Person, invitation, welcome: &[u8]| {
        let ask = WelcomePutAsk {
            region: world.region,
            invitation,
            welcome,
        };
        world.relay.put_welcome(&person.calls(NOW), &ask.to_bytes())
    };
    let read = |world: &World, invitation| {
        let ask = WelcomeAsk {
            region: world.region,
            invitation,
        };
        let answer = world
            .relay
            .welcome(&world.stranger.calls(NOW), &ask.to_bytes())?;
        Ok::<_, RelayError>(WelcomeAnswer::from_bytes(&answer).unwrap().welcome.to_vec())
    };
    assert_eq!(read(&world, invited.id), Err(RelayError::NotFound));
    assert_eq!(read(&world, [0; 16]), Err(RelayError::InvitationUnknown));
    let welcome = [7; 552];
    let refused = put(&world, &world.worker, invited.id, &welcome);
    assert_eq!(refused, Err(RelayError::NotAllowed));
    let refused = put(&world, &world.second, intake.id, &welcome);
    assert_eq!(refused, Err(RelayError::NotAllowed), "of another purpose");
    let refused = put(&world, &world.founder, [0; 16], &welcome);
    assert_eq!(refused, Err(RelayError::InvitationUnknown));
    for wrong in [551, 553] {
        let refused = put(&world, &world.founder, invited.id, &vec![7; wrong]);
        assert_eq!(refused.unwrap_err().code(), Code::Malformed);
    }
    put(&world, &world.second, invited.id, &welcome).unwrap();
    put(&world, &world.second, invited.id, &welcome).unwrap();
    assert_eq!(read(&world, invited.id), Ok(welcome.to_vec()));
    put(&world, &world.founder, invited.id, &[8; 552]).unwrap();
    assert_eq!(read(&world, invited.id), Ok(vec![8; 552]));
}
