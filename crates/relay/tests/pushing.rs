//! What a relay takes of entries, and what it answers.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use support::stream::{Stream, bytes};
use support::{NOW, Pushed, World};
use veldpost_envelope::wire::{Code, Fork, ItemKind, Items};
use veldpost_envelope::{Bare, Kept, Purpose};
use veldpost_relay::limits::Unlimited;
use veldpost_relay::{Pushing, RelayError};

fn world() -> (World, Stream) {
    let world = World::new(1);
    let mut stream = Stream::new(&world, &world.worker, Purpose::Count, 7);
    stream.commit(3).commit(2);
    (world, stream)
}

fn one(
    stream: &Stream,
    next: u64,
    code: Option<Code>,
) -> Vec<(veldpost_domain::StreamId, u64, Option<Code>)> {
    vec![(stream.id(), next, code)]
}

#[test]
fn a_run_is_held_up_to_its_last_entry_and_offered_again_it_changes_nothing() {
    let (world, stream) = world();
    let pushed = world.push(&stream.entries);
    assert_eq!(pushed.code, None);
    assert_eq!(pushed.states, one(&stream, 7, None));
    assert_eq!(pushed.hashes, [Some(stream.entries[6].hash())]);
    let before = world.store.snapshot();
    assert_eq!(world.push(&stream.entries), pushed);
    assert_eq!(world.push(&stream.entries[2..5]), pushed);
    assert!(world.store.snapshot() == before);
}

#[test]
fn a_run_may_begin_below_what_is_held() {
    let (world, stream) = world();
    assert_eq!(world.push(&stream.entries[..5]).next(), 5);
    let pushed = world.push(&stream.entries[3..]);
    assert_eq!((pushed.next(), pushed.code), (7, None));
    let runs: Vec<_> = world
        .pull(&world.founder)
        .into_iter()
        .map(|(_, run)| run)
        .collect();
    assert_eq!(
        runs,
        [bytes(&stream.entries[..5]), bytes(&stream.entries[5..])]
    );
}

#[test]
fn a_run_beyond_what_is_held_is_a_gap_that_says_where_to_go_on() {
    let (world, stream) = world();
    let pushed = world.push(&stream.entries[2..]);
    assert_eq!(pushed.code, Some(Code::Gap));
    assert_eq!(pushed.states, one(&stream, 0, Some(Code::Gap)));
    world.push(&stream.entries[..2]);
    let pushed = world.push(&stream.entries[5..]);
    assert_eq!(pushed.states, one(&stream, 2, Some(Code::Gap)));
    assert_eq!(pushed.hashes, [Some(stream.entries[1].hash())]);
}

#[test]
fn what_lies_behind_the_last_valid_signature_is_not_stored() {
    let (world, stream) = world();
    let pushed = world.push(&stream.entries[..4]);
    assert_eq!(pushed.states, one(&stream, 2, Some(Code::Forged)));
    assert_eq!(world.push(&stream.entries[..6]).next(), 5);
    assert_eq!(world.push(&stream.entries).next(), 7);
}

#[test]
fn a_body_that_ends_too_early_counts_up_to_its_last_signed_entry() {
    let (world, stream) = world();
    let body = bytes(&stream.entries);
    let cut = bytes(&stream.entries[..6]).len() + 9;
    let pushed = world.push_bytes(&body[..cut]);
    assert_eq!(pushed.code, Some(Code::NotReadable));
    assert_eq!(pushed.states, one(&stream, 5, None));
}

#[test]
fn a_body_that_breaks_off_between_two_entries_is_cut_and_not_forged() {
    let (world, stream) = world();
    let mut pushing = Pushing::new();
    assert!(pushing.feed(&bytes(&stream.entries[..6])));
    pushing.cut();
    let pushed = Pushed::of(world.relay.entries(pushing, &Unlimited, NOW));
    assert_eq!(pushed.code, Some(Code::NotReadable));
    assert_eq!(pushed.states, one(&stream, 5, None));
}

#[test]
fn a_body_comes_in_pieces_of_any_size() {
    let (world, stream) = world();
    let mut pushing = Pushing::new();
    for piece in bytes(&stream.entries).chunks(7) {
        assert!(pushing.feed(piece));
    }
    let pushed = Pushed::of(world.relay.entries(pushing, &Unlimited, NOW));
    assert_eq!(pushed.states, one(&stream, 7, None));
}

#[test]
fn several_streams_in_one_body_have_a_state_each() {
    let (world, count) = world();
    let mut intake = Stream::new(&world, &world.intaker, Purpose::Intake, 8);
    intake.commit(1);
    let body = [&count.entries[..2], &intake.entries, &count.entries[2..]].concat();
    let pushed = world.push(&body);
    assert_eq!(pushed.code, None);
    assert_eq!(
        pushed.states,
        [(count.id(), 7, None), (intake.id(), 3, None)]
    );
}

#[test]
fn one_bad_run_does_not_keep_the_good_ones_out() {
    let (world, good) = world();
    let mut late = Stream::new(&world, &world.intaker, Purpose::Intake, 8);
    late.commit(1);
    let stranger = Stream::new(&world, &world.stranger, Purpose::Count, 9);
    let body = [&late.entries[2..], &good.entries, &stranger.entries].concat();
    let pushed = world.push(&body);
    assert_eq!(pushed.code, Some(Code::Gap), "409 before 403");
    let unknown = Some(Code::UnknownDevice);
    let expected = [
        (late.id(), 0, Some(Code::Gap)),
        (good.id(), 7, None),
        (stranger.id(), 0, unknown),
    ];
    assert_eq!(pushed.states, expected);
    assert_eq!(world.pull(&world.founder).len(), 1);
}

#[test]
fn another_entry_at_a_place_is_a_conflict_and_is_kept_once_as_proof() {
    let (world, stream) = world();
    world.push(&stream.entries);
    let mut other = stream.restored(5, 99);
    other.commit(4);
    let pushed = world.push(&other.entries);
    assert_eq!(pushed.code, Some(Code::Conflict));
    assert_eq!(pushed.states, one(&stream, 7, Some(Code::Conflict)));
    let kept: Vec<u8> = stream.entries[5..]
        .iter()
        .flat_map(|entry| entry.bare().to_bytes())
        .collect();
    assert_eq!(pushed.proofs.len(), 1);
    assert_eq!(pushed.proofs[0], kept);
    let forks = |world: &World| {
        let items = world.pull(&world.worker).into_iter();
        items
            .filter(|(kind, _)| *kind == ItemKind::Fork)
            .collect::<Vec<_>>()
    };
    let found = forks(&world);
    assert_eq!(found.len(), 1);
    let fork = Fork::from_bytes(&found[0].1).unwrap();
    assert_eq!((fork.stream, fork.kept), (stream.id(), kept.as_slice()));
    let offered: Vec<_> = Items::new(fork.offered)
        .map(|it| Bare::from_bytes(it.unwrap()).unwrap())
        .collect();
    assert_eq!(offered.len(), 4);
    assert_eq!(offered[3].hash(), other.entries[8].hash());
    let mut third = stream.restored(5, 100);
    third.commit(1);
    assert_eq!(world.push(&third.entries).code, Some(Code::Conflict));
    assert_eq!(forks(&world), found, "one a stream");
}

#[test]
fn another_entry_that_its_device_did_not_sign_is_no_conflict() {
    let (world, stream) = world();
    world.push(&stream.entries);
    let mut other = stream.restored(5, 99);
    other.commit(2);
    let mut body = bytes(&other.entries);
    let last = body.len() - 1;
    body[last] ^= 1;
    let pushed = world.push_bytes(&body);
    assert_eq!(pushed.states, one(&stream, 7, Some(Code::Forged)));
    assert!(world.pull(&world.worker).is_empty());
}

#[test]
fn a_changed_entry_is_forged_and_what_comes_before_it_is_taken() {
    let (world, stream) = world();
    let mut body = bytes(&stream.entries);
    let fifth = bytes(&stream.entries[..5]).len();
    let sixth = bytes(&stream.entries[..6]).len();
    body[(fifth + sixth) / 2] ^= 1;
    let pushed = world.push_bytes(&body);
    assert_eq!(pushed.states, one(&stream, 5, Some(Code::Forged)));
}

#[test]
fn what_is_no_entry_is_malformed_and_a_newer_one_asks_for_an_update() {
    let (world, stream) = world();
    let mut body = bytes(&stream.entries);
    // The version stands behind the heads of the entry's array, the header's string and the header's array.
    body[4] = 2;
    let pushed = world.push_bytes(&body);
    assert_eq!(pushed.code, Some(Code::Gap), "the others lack their first");
    let pushed = world.push_bytes(&body[..bytes(&stream.entries[..1]).len()]);
    assert_eq!((pushed.code, pushed.states.len()), (Some(Code::Newer), 0));
    let pushed = world.push_bytes(&[0x83, 1, 2, 3]);
    assert_eq!(
        (pushed.code, pushed.states.len()),
        (Some(Code::Malformed), 0)
    );
    assert_eq!(world.push_bytes(&[0xff]).code, Some(Code::Malformed));
    assert_eq!(world.push_bytes(&[]).code, None);
}

#[test]
fn an_entry_or_a_body_over_its_limit_is_too_large_and_what_came_before_counts() {
    let (world, mut stream) = world();
    let mut body = bytes(&stream.entries);
    // A byte string that says it has 100,000 bytes.
    body.extend([0x84, 0x5a, 0, 1, 0x86, 0xa0]);
    let pushed = world.push_bytes(&body);
    assert_eq!((pushed.code, pushed.next()), (Some(Code::TooLarge), 7));
    stream.commit(494);
    assert_eq!(stream.entries.len(), 501);
    let pushed = world.push(&stream.entries);
    assert_eq!(pushed.code, Some(Code::TooLarge), "501 entries");
    let mut heavy = Stream::new(&world, &world.worker, Purpose::Count, 8);
    for _ in 0..40 {
        heavy.commit_of(1, 30_000);
    }
    let pushed = world.push(&heavy.entries);
    assert_eq!(pushed.code, Some(Code::TooLarge), "over 1 MiB");
    assert!((30..33).contains(&(pushed.next() - 2)), "{}", pushed.next());
}

#[test]
fn an_unknown_region_is_said_before_anything_is_stored() {
    let world = World::unfounded(1);
    let stream = Stream::new(&world, &world.worker, Purpose::Count, 7);
    let pushed = world.push(&stream.entries);
    assert_eq!(pushed.failed, Some(RelayError::UnknownRegion));
}

#[test]
fn a_run_of_another_region_in_the_same_body_is_malformed() {
    let (world, stream) = world();
    let other = World::new(2);
    let foreign = Stream::new(&other, &world.worker, Purpose::Count, 9);
    let pushed = world.push(&[&stream.entries[..], &foreign.entries].concat());
    assert_eq!(pushed.states[1], (foreign.id(), 0, Some(Code::Malformed)));
    assert_eq!(pushed.states[0].1, 7);
}

#[test]
fn a_device_has_256_streams_and_no_more() {
    let world = World::new(1);
    for n in 0..256 {
        let stream = Stream::new(&world, &world.worker, Purpose::Count, 1_000 + n);
        assert_eq!(world.push(&stream.entries[..1]).code, None);
    }
    let one_more = Stream::new(&world, &world.worker, Purpose::Count, 5_000);
    assert_eq!(world.push(&one_more.entries).code, Some(Code::TooLarge));
    let another = Stream::new(&world, &world.intaker, Purpose::Count, 5_001);
    assert_eq!(world.push(&another.entries).code, None);
}

#[test]
fn a_bare_entry_is_taken_only_where_a_body_was_erased() {
    let (world, stream) = world();
    let with_bare = |at: usize| -> Vec<u8> {
        let entries = stream.entries.iter().enumerate();
        let kept = entries.map(|(seq, entry)| match seq == at {
            true => Kept::Bare(entry.bare()),
            false => Kept::Whole(entry.clone()),
        });
        kept.flat_map(|kept| kept.to_bytes()).collect()
    };
    let pushed = world.push_bytes(&with_bare(5));
    assert_eq!(pushed.states, one(&stream, 5, Some(Code::Malformed)));
    let pushed = world.push_bytes(&with_bare(0));
    assert_eq!(
        pushed.code,
        Some(Code::Malformed),
        "a stream-open is never bare"
    );
    let erase = world.erase(&world.founder, &stream.entries[5]);
    assert_eq!(world.say(&[&erase]), [None]);
    assert_eq!(
        world.push_bytes(&with_bare(5)).states,
        one(&stream, 7, None)
    );
}
