//! Which receipts, checkpoints and erasures a relay keeps.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use support::stream::{Stream, bytes};
use support::{NOW, Person, World};
use veldpost_envelope::genesis::Role;
use veldpost_envelope::object::{Erase, Ground, SeqRange};
use veldpost_envelope::wire::{Code, ItemKind, Items};
use veldpost_envelope::{Kept, Object, Purpose};
use veldpost_relay::RelayError;

fn world() -> (World, Stream) {
    let world = World::new(1);
    let mut stream = Stream::new(&world, &world.worker, Purpose::Count, 7);
    stream.commit(3).commit(2);
    world.push(&stream.entries);
    (world, stream)
}

fn objects(world: &World, person: &Person) -> Vec<Vec<u8>> {
    let items = world.pull(person).into_iter();
    let objects = items.filter(|(kind, _)| *kind == ItemKind::Object);
    objects.map(|(_, value)| value).collect()
}

/// The entries that a coordinator gets of a stream.
fn kept(world: &World) -> Vec<Kept> {
    let runs = world.pull(&world.founder).into_iter();
    let runs = runs.filter(|(kind, _)| *kind == ItemKind::Run);
    runs.flat_map(|(_, run)| {
        Items::new(&run)
            .map(|entry| Kept::from_bytes(entry.unwrap()).unwrap())
            .collect::<Vec<_>>()
    })
    .collect()
}

#[test]
fn a_receipt_reaches_the_streams_device_and_a_later_one_takes_its_place() {
    let (world, stream) = world();
    let first = world.receipt(&world.founder, &stream.entries[4], NOW);
    let later = world.receipt(&world.founder, &stream.entries[6], NOW + 1);
    let of_second = world.receipt(&world.second, &stream.entries[4], NOW);
    assert_eq!(world.say(&[&first, &of_second]), [None, None]);
    assert_eq!(
        objects(&world, &world.worker),
        [first.to_bytes(), of_second.to_bytes()]
    );
    assert_eq!(world.say(&[&later]), [None]);
    assert_eq!(
        objects(&world, &world.worker),
        [of_second.to_bytes(), later.to_bytes()]
    );
}

#[test]
fn a_receipt_that_is_not_later_changes_nothing_and_a_lower_one_is_not_taken() {
    let (world, stream) = world();
    let kept = world.receipt(&world.founder, &stream.entries[6], NOW);
    world.say(&[&kept]);
    let before = world.store.snapshot();
    let same_time = world.receipt(&world.founder, &stream.entries[4], NOW);
    let lower = world.receipt(&world.founder, &stream.entries[4], NOW + 1);
    assert_eq!(
        world.say(&[&kept, &same_time, &lower]),
        [None, None, Some(Code::Conflict)]
    );
    assert!(world.store.snapshot() == before);
}

#[test]
fn only_who_coordinates_the_streams_purpose_is_listened_to() {
    let (world, stream) = world();
    let mut intake = Stream::new(&world, &world.intaker, Purpose::Intake, 8);
    intake.commit(1);
    world.push(&intake.entries);
    let by_worker = world.receipt(&world.worker, &stream.entries[6], NOW);
    let of_another = world.receipt(&world.second, &intake.entries[2], NOW);
    let checkpoint = world.checkpoint(&world.second, Purpose::Intake, 1, &intake.entries[2]);
    let erase = world.erase(&world.second, &intake.entries[2]);
    let refused = Some(Code::NotAllowed);
    let said = world.say(&[&by_worker, &of_another, &checkpoint, &erase]);
    assert_eq!(said, [refused; 4]);
    assert!(objects(&world, &world.intaker).is_empty());
}

#[test]
fn a_coordinator_who_was_removed_says_nothing_more_but_what_was_kept_stays() {
    let (mut world, stream) = world();
    let kept = world.receipt(&world.second, &stream.entries[4], NOW);
    world.say(&[&kept]);
    let late = world.receipt(&world.second, &stream.entries[6], NOW + 1);
    world.remove(world.second.key(), Vec::new());
    assert_eq!(world.say(&[&kept, &late]), [None, Some(Code::NotAllowed)]);
    assert_eq!(objects(&world, &world.worker), [kept.to_bytes()]);
}

#[test]
fn an_object_made_at_an_act_that_the_relay_lacks_asks_for_the_act() {
    let (mut world, stream) = world();
    let (_, act) = world.make_invite(
        veldpost_envelope::act::InviteForm::Evening,
        &[Role::Counter],
        9,
    );
    world.note(act);
    let receipt = world.receipt(&world.founder, &stream.entries[6], NOW);
    assert_eq!(world.say(&[&receipt]), [Some(Code::RosterMoved)]);
    world.offer_all(NOW).unwrap();
    assert_eq!(world.say(&[&receipt]), [None]);
}

#[test]
fn a_receipt_for_a_stream_that_is_not_held_waits_for_it() {
    let (world, _) = world();
    let mut other = Stream::new(&world, &world.worker, Purpose::Count, 9);
    other.commit(1);
    let receipt = world.receipt(&world.founder, &other.entries[2], NOW);
    assert_eq!(world.say(&[&receipt]), [Some(Code::NotFound)]);
    world.push(&other.entries);
    assert_eq!(world.say(&[&receipt]), [None]);
}

#[test]
fn what_is_no_object_has_its_code_and_does_not_keep_others_out() {
    let (world, stream) = world();
    let good = world.receipt(&world.founder, &stream.entries[6], NOW);
    let mut changed = world
        .receipt(&world.second, &stream.entries[6], NOW)
        .to_bytes();
    let last = changed.len() - 5;
    changed[last] ^= 1;
    let other = World::new(2);
    let foreign = other.receipt(&world.founder, &stream.entries[6], NOW);
    let body = [good.to_bytes(), changed, vec![1], foreign.to_bytes()].concat();
    let answer = world.relay.objects(&body, NOW).unwrap();
    let answer = veldpost_envelope::wire::ObjectsAnswer::from_bytes(&answer).unwrap();
    let malformed = Some(Code::Malformed);
    assert_eq!(
        answer.codes,
        [None, Some(Code::Forged), malformed, malformed]
    );
}

#[test]
fn an_object_that_does_not_verify_is_refused_without_the_database() {
    let (world, stream) = world();
    let mut forged = world
        .receipt(&world.founder, &stream.entries[6], NOW)
        .to_bytes();
    let last = forged.len() - 5;
    forged[last] ^= 1;
    // One that knows no region cannot begin to change it.
    let empty = World::unfounded(2);
    let answer = empty.relay.objects(&forged, NOW).unwrap();
    let answer = veldpost_envelope::wire::ObjectsAnswer::from_bytes(&answer).unwrap();
    assert_eq!(answer.codes, [Some(Code::Forged)]);
}

#[test]
fn a_body_that_ends_too_early_keeps_what_came_before() {
    let (world, stream) = world();
    let one = world
        .receipt(&world.founder, &stream.entries[6], NOW)
        .to_bytes();
    let two = world
        .receipt(&world.second, &stream.entries[6], NOW)
        .to_bytes();
    let body = [one.as_slice(), &two[..50]].concat();
    assert_eq!(
        world.relay.objects(&body, NOW),
        Err(RelayError::NotReadable)
    );
    assert_eq!(objects(&world, &world.worker), [one]);
}

#[test]
fn an_erasure_drops_the_bodies_at_once_and_the_chain_still_holds() {
    let (world, stream) = world();
    let erase = world.erase(&world.founder, &stream.entries[5]);
    assert_eq!(world.say(&[&erase, &erase]), [None, None]);
    let held = kept(&world);
    assert_eq!(held.len(), 7);
    for (kept, entry) in held.iter().zip(&stream.entries) {
        assert_eq!(kept.whole().is_none(), entry.header().seq == 5);
        assert_eq!(kept.hash(), entry.hash());
    }
    assert_eq!(objects(&world, &world.worker), [erase.to_bytes()]);
}

#[test]
fn a_body_that_was_erased_is_not_taken_again() {
    let (world, mut stream) = world();
    stream.commit(3);
    let erase = Erase {
        head: world.object_head(&world.founder, NOW),
        stream: stream.id(),
        seqs: [SeqRange::new(5, 8).unwrap()].into_iter().collect(),
        ground: Ground::Mistake,
    };
    let erase = erase.sign(&world.founder.signing).unwrap();
    world.say(&[&erase]);
    assert_eq!(world.push(&stream.entries).next(), 10);
    let bare: Vec<_> = kept(&world)
        .iter()
        .map(|kept| kept.whole().is_none())
        .collect();
    let expected: Vec<_> = (0..10).map(|seq| (5..=8).contains(&seq)).collect();
    assert_eq!(bare, expected);
    assert_eq!(world.push(&stream.entries).code, None);
}

#[test]
fn an_erasure_that_comes_before_its_stream_is_applied_when_that_comes() {
    let world = World::new(1);
    let mut stream = Stream::new(&world, &world.worker, Purpose::Count, 7);
    stream.commit(3);
    let erase = world.erase(&world.founder, &stream.entries[3]);
    let by_worker = world.erase(&world.worker, &stream.entries[4]);
    assert_eq!(
        world.say(&[&erase, &by_worker]),
        [None, Some(Code::NotAllowed)]
    );
    assert!(objects(&world, &world.founder).is_empty());
    world.push(&stream.entries);
    assert!(kept(&world)[3].whole().is_none());
    assert!(kept(&world)[4].whole().is_some());
    assert_eq!(objects(&world, &world.worker), [erase.to_bytes()]);
}

#[test]
fn an_erasure_that_came_early_is_handed_out_behind_its_streams_first_run() {
    let world = World::new(1);
    let mut stream = Stream::new(&world, &world.worker, Purpose::Count, 7);
    stream.commit(3);
    let erase = world.erase(&world.founder, &stream.entries[3]);
    assert_eq!(world.say(&[&erase]), [None]);
    world.push(&stream.entries);
    let kinds = world.pull(&world.founder).into_iter().map(|(kind, _)| kind);
    assert_eq!(kinds.collect::<Vec<_>>(), [ItemKind::Run, ItemKind::Object]);
}

#[test]
fn an_erasure_of_another_purposes_coordinator_that_came_early_has_no_effect() {
    let world = World::new(1);
    let mut stream = Stream::new(&world, &world.intaker, Purpose::Intake, 7);
    stream.commit(3);
    let erase = world.erase(&world.second, &stream.entries[3]);
    assert_eq!(world.say(&[&erase]), [None]);
    world.push(&stream.entries);
    assert!(kept(&world).iter().all(|kept| kept.whole().is_some()));
    assert!(objects(&world, &world.intaker).is_empty());
    assert_eq!(world.say(&[&erase]), [Some(Code::NotAllowed)]);
}

#[test]
fn every_checkpoint_is_kept_and_comes_whole_to_who_coordinates() {
    let (world, stream) = world();
    let one = world.checkpoint(&world.founder, Purpose::Count, 1, &stream.entries[4]);
    let two = world.checkpoint(&world.founder, Purpose::Count, 2, &stream.entries[6]);
    let fork = world.checkpoint(&world.founder, Purpose::Count, 2, &stream.entries[4]);
    assert_eq!(world.say(&[&one, &two, &two, &fork]), [None; 4]);
    let all = [&one, &two, &fork];
    assert_eq!(objects(&world, &world.second), all.map(Object::to_bytes));
    let apart = all.map(|object| object.clone().without_heads().to_bytes());
    assert_eq!(objects(&world, &world.worker), apart);
    assert!(objects(&world, &world.intaker).is_empty());
}

#[test]
fn a_checkpoint_that_came_without_its_heads_gets_them_later() {
    let (world, stream) = world();
    let whole = world.checkpoint(&world.founder, Purpose::Count, 1, &stream.entries[4]);
    let apart = whole.clone().without_heads();
    assert_eq!(world.say(&[&apart, &whole, &apart]), [None; 3]);
    assert_eq!(objects(&world, &world.second), [whole.to_bytes()]);
}

#[test]
fn a_stream_of_erased_entries_can_be_offered_to_an_empty_relay() {
    let (world, stream) = world();
    let erase = world.erase(&world.founder, &stream.entries[5]);
    world.say(&[&erase]);
    let originals: Vec<u8> = kept(&world).iter().flat_map(Kept::to_bytes).collect();
    let empty = World::new(1);
    assert_eq!(empty.say(&[&erase]), [None]);
    assert_eq!(empty.push_bytes(&originals).next(), 7);
    assert_eq!(kept(&empty), kept(&world));
    assert_eq!(empty.push_bytes(&bytes(&stream.entries)).code, None);
}
