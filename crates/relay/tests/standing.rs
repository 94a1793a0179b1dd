//! How much a relay takes of whom, and what it takes a device for.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use support::stream::Stream;
use support::{Person, World};
use veldpost_envelope::act::{InviteForm, StreamHead};
use veldpost_envelope::genesis::Role;
use veldpost_envelope::wire::{Code, ItemKind, Standing};
use veldpost_envelope::{Entry, Purpose};

fn standing(world: &World, person: &Person) -> Standing {
    let pages = world.pull_from(person, 0, 1);
    pages.map_or(Standing::Unknown, |pages| pages[0].standing)
}

fn joined(world: &mut World) -> Person {
    let invited = world.invite(InviteForm::Evening, &[Role::Counter], 60);
    let newcomer = Person::new(77);
    world.join(&newcomer, &invited).unwrap();
    newcomer
}

#[test]
fn a_stranger_is_taken_nothing_of_until_it_joins() {
    let mut world = World::new(1);
    let newcomer = Person::new(77);
    let stream = Stream::new(&world, &newcomer, Purpose::Count, 5);
    let pushed = world.push(&stream.entries);
    assert_eq!((pushed.code, pushed.next()), (Some(Code::UnknownDevice), 0));
    assert_eq!(standing(&world, &newcomer), Standing::Unknown);
    let newcomer = joined(&mut world);
    assert_eq!(standing(&world, &newcomer), Standing::Joined);
    let pushed = world.push(&stream.entries);
    assert_eq!((pushed.code, pushed.next()), (None, 2));
}

#[test]
fn before_admission_500_entries_are_taken_over_all_streams_and_all_after_it() {
    let mut world = World::new(1);
    let newcomer = joined(&mut world);
    let mut first = Stream::new(&world, &newcomer, Purpose::Count, 5);
    first.commit(298);
    assert_eq!(world.push(&first.entries).next(), 300);
    let mut second = Stream::new(&world, &newcomer, Purpose::Count, 6);
    second.commit(98).commit(90).commit(20);
    let pushed = world.push(&second.entries);
    assert_eq!(pushed.code, Some(Code::NotAdmitted));
    assert_eq!(pushed.next(), 190, "up to a signed entry within 500");
    assert_eq!(
        world.push(&first.entries).code,
        None,
        "what is held is no question"
    );
    world.admit(&newcomer, &[Role::Counter], None);
    assert_eq!(standing(&world, &newcomer), Standing::Member);
    assert_eq!(world.push(&second.entries).next(), 210);
}

#[test]
fn before_admission_a_mebibyte_is_taken() {
    let mut world = World::new(1);
    let newcomer = joined(&mut world);
    let mut stream = Stream::new(&world, &newcomer, Purpose::Count, 5);
    for _ in 0..40 {
        stream.commit_of(1, 30_000);
    }
    let half = world.push(&stream.entries[..22]);
    assert_eq!((half.code, half.next()), (None, 22));
    let pushed = world.push(&stream.entries[22..]);
    assert_eq!(pushed.code, Some(Code::NotAdmitted));
    let taken: usize = stream.entries[..usize::try_from(pushed.next()).unwrap()]
        .iter()
        .map(|entry| entry.to_bytes().len())
        .sum();
    assert!(
        taken <= 1024 * 1024 && taken > 1024 * 1024 - 34_000,
        "{taken}"
    );
}

fn forks(world: &World) -> Vec<Vec<u8>> {
    let items = world.pull(&world.founder).into_iter();
    let forks = items.filter(|(kind, _)| *kind == ItemKind::Fork);
    forks.map(|(_, fork)| fork).collect()
}

#[test]
fn a_fork_of_who_may_send_nothing_more_is_answered_and_not_kept() {
    let mut world = World::new(1);
    let newcomer = joined(&mut world);
    let mut stream = Stream::new(&world, &newcomer, Purpose::Count, 5);
    stream.commit(498);
    assert_eq!(world.push(&stream.entries).next(), 500);
    let mut other = stream.restored(499, 99);
    other.commit(1);
    let before = world.store.snapshot();
    let pushed = world.push(&other.entries);
    assert_eq!((pushed.code, pushed.next()), (Some(Code::Conflict), 500));
    assert_eq!(pushed.proofs, [stream.entries[499].bare().to_bytes()]);
    assert!(world.store.snapshot() == before);
    world.admit(&newcomer, &[Role::Counter], None);
    assert_eq!(world.push(&other.entries), pushed);
    assert_eq!(forks(&world).len(), 1);
}

#[test]
fn forks_of_a_newcomer_and_of_who_was_removed_are_within_what_is_taken_of_them() {
    for removed in [false, true] {
        let mut world = World::new(1);
        let newcomer = joined(&mut world);
        if removed {
            world.admit(&newcomer, &[Role::Counter], None);
            world.remove(newcomer.key(), Vec::new());
        }
        for seed in 0..12 {
            let mut stream = Stream::new(&world, &newcomer, Purpose::Count, 100 + seed);
            let first = world.push(&stream.entries);
            assert!(first.code.is_none() || seed > 8, "{seed}: {first:?}");
            stream.commit(1);
            let mut other = stream.restored(1, 200 + seed);
            other.commit(498);
            world.push(&other.entries);
        }
        let kept: Vec<usize> = forks(&world).iter().map(Vec::len).collect();
        assert!(kept.len() > 5, "{kept:?}");
        assert!(kept.iter().sum::<usize>() < 1024 * 1024, "{kept:?}");
    }
}

#[test]
fn after_removal_500_more_are_taken_for_a_person_to_judge() {
    let mut world = World::new(1);
    let worker = Person::new(1_003);
    let mut stream = Stream::new(&world, &worker, Purpose::Count, 5);
    stream.commit(398);
    assert_eq!(world.push(&stream.entries).next(), 400);
    world.remove(worker.key(), Vec::new());
    assert_eq!(standing(&world, &worker), Standing::Removed);
    stream.commit(300).commit(200).commit(1);
    assert_eq!(world.push(&stream.entries[400..700]).code, None);
    let pushed = world.push(&stream.entries[700..]);
    assert_eq!((pushed.code, pushed.next()), (Some(Code::Removed), 900));
    assert_eq!(world.push(&stream.entries[..400]).code, None);
}

#[test]
fn what_a_removal_names_is_taken_however_much_it_is() {
    let mut world = World::new(1);
    let worker = Person::new(1_003);
    let mut stream = Stream::new(&world, &worker, Purpose::Count, 5);
    for _ in 0..3 {
        stream.commit(300);
    }
    let named: &Entry = &stream.entries[601];
    let head = StreamHead {
        stream: stream.id(),
        seq: 601,
        hash: named.hash(),
    };
    world.remove(worker.key(), vec![head]);
    assert_eq!(world.push(&stream.entries[..302]).code, None);
    assert_eq!(world.push(&stream.entries[302..602]).code, None);
    assert_eq!(world.push(&stream.entries[602..]).next(), 902);
    stream.commit(200).commit(1);
    assert_eq!(world.push(&stream.entries[902..]).next(), 1102);
    stream.commit(1);
    assert_eq!(
        world.push(&stream.entries[1102..]).code,
        Some(Code::Removed)
    );
}

#[test]
fn two_by_an_invitation_for_one_are_frozen_and_still_heard() {
    let mut world = World::new(1);
    let invited = world.invite(InviteForm::Single, &[Role::Counter], 1);
    let [one, two] = [Person::new(71), Person::new(72)];
    world.join(&one, &invited).unwrap();
    assert_eq!(standing(&world, &one), Standing::Joined);
    world.join(&two, &invited).unwrap_err();
    assert_eq!(standing(&world, &one), Standing::Frozen);
    assert_eq!(standing(&world, &two), Standing::Frozen);
    let stream = Stream::new(&world, &two, Purpose::Count, 5);
    assert_eq!(world.push(&stream.entries).code, None);
    world.admit(&one, &[Role::Counter], Some(invited.id));
    assert_eq!(standing(&world, &one), Standing::Member);
    assert_eq!(standing(&world, &two), Standing::Frozen);
}

#[test]
fn a_device_that_came_by_another_invitation_too_is_not_frozen() {
    let mut world = World::new(1);
    let single = world.invite(InviteForm::Single, &[Role::Counter], 1);
    let group = world.invite(InviteForm::Evening, &[Role::Counter], 9);
    let [one, two] = [Person::new(71), Person::new(72)];
    world.join(&one, &single).unwrap();
    world.join(&two, &single).unwrap_err();
    world.join(&two, &group).unwrap();
    assert_eq!(standing(&world, &one), Standing::Frozen);
    assert_eq!(standing(&world, &two), Standing::Joined);
}
