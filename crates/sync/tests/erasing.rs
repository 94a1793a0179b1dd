//! What a coordinator erases goes from everywhere: its own disk, the relay, the other's, the phone: `docs/format.md`,
//! section 16.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use support::{Phone, Scene, minutes};
use veldpost_domain::StreamId;
use veldpost_envelope::object::{Ground, Ranges};
use veldpost_envelope::{Kept, PublicKind};
use veldpost_store::{Shelf, StoreError};
use veldpost_sync::Wake;

fn scene() -> Scene {
    Scene::new(80)
}

fn seqs(all: &[u64]) -> Ranges {
    all.iter().copied().collect()
}

/// Places of a stream of which somebody still holds the body.
fn whole(phone: &Phone, stream: StreamId) -> Vec<u64> {
    let mut whole = Vec::new();
    for (spot, kept) in phone
        .device
        .entries(veldpost_envelope::Purpose::Count)
        .iter()
    {
        if spot.stream == stream && kept.whole().is_some() {
            whole.push(spot.seq);
        }
    }
    whole
}

#[test]
fn an_erasure_leaves_bare_entries_everywhere_and_frees_the_row_that_it_covers() {
    let mut scene = scene();
    let stream = scene.worker.stream();
    assert!(scene.ann.erase(stream, &seqs(&[2]), &mut scene.relay));
    assert_eq!(whole(&scene.ann, stream), [0, 1, 3]);
    let held = scene.relay.held(stream);
    assert!(matches!(held[2], Kept::Bare(_)) && matches!(held[3], Kept::Whole(_)));
    minutes(
        1,
        &mut [&mut scene.ben, &mut scene.worker],
        &mut scene.relay,
    );
    assert_eq!(whole(&scene.ben, stream), [0, 1, 3]);
    assert_eq!(scene.worker.waiting(), 1, "the other row stays");
    assert!(scene.ann.erase(stream, &seqs(&[3]), &mut scene.relay));
    minutes(1, &mut [&mut scene.worker], &mut scene.relay);
    assert_eq!(scene.worker.waiting(), 0);
    let signed = scene.relay.objects();
    let grounds = signed.iter().map(|object| object.erase().unwrap().ground);
    assert_eq!(grounds.collect::<Vec<_>>(), [Ground::AskedByPerson; 2]);
    // What goes on after that hangs on the bare ones.
    scene.worker.save(1, &mut scene.relay);
    minutes(1, &mut [&mut scene.ann], &mut scene.relay);
    assert_eq!(whole(&scene.ann, stream), [0, 1, 4]);
    assert!(scene.ann.notices.is_empty() && scene.worker.notices.is_empty());
}

#[test]
fn an_erasure_is_on_the_disk_before_it_is_sent_and_is_sent_after_a_start() {
    let mut scene = scene();
    let stream = scene.worker.stream();
    scene.ann.database.fail_next(StoreError::Full);
    assert!(scene.ann.erase(stream, &seqs(&[2]), &mut scene.relay));
    assert!(scene.relay.objects().is_empty());
    assert_eq!(whole(&scene.ann, stream), [0, 1, 2, 3]);
    scene.ann.lives = 1;
    assert!(scene.ann.erase(stream, &seqs(&[2]), &mut scene.relay));
    assert!(scene.relay.objects().is_empty());
    scene.ann.restart();
    assert_eq!(whole(&scene.ann, stream), [0, 1, 3]);
    scene.ann.wake(Wake::Opened, &mut scene.relay);
    assert_eq!(scene.relay.objects().len(), 1);
}

#[test]
fn nobody_erases_what_it_may_not_or_does_not_hold() {
    let mut scene = scene();
    let stream = scene.worker.stream();
    for wrong in [
        seqs(&[0]),
        seqs(&[0, 2]),
        seqs(&[4]),
        seqs(&[3, 90]),
        seqs(&[]),
    ] {
        assert!(!scene.ann.erase(stream, &wrong, &mut scene.relay));
    }
    let many: Vec<u64> = (0..300).map(|number| 2 * number + 2).collect();
    assert!(!scene.ann.erase(stream, &seqs(&many), &mut scene.relay));
    assert!(
        !scene
            .ann
            .erase(StreamId([1; 16]), &seqs(&[2]), &mut scene.relay)
    );
    assert!(!scene.worker.erase(stream, &seqs(&[2]), &mut scene.relay));
    assert!(scene.relay.objects().is_empty());
}

#[test]
fn a_coordinators_own_record_is_erased_as_any_other() {
    let mut scene = scene();
    scene.ann.save(1, &mut scene.relay);
    let stream = scene.ann.stream();
    minutes(1, &mut [&mut scene.ben], &mut scene.relay);
    let on_disk = scene.ann.held().len();
    assert!(scene.ben.erase(stream, &seqs(&[2]), &mut scene.relay));
    minutes(1, &mut [&mut scene.ann], &mut scene.relay);
    assert_eq!(whole(&scene.ann, stream), [0, 1]);
    let kept = scene.ann.rows(Shelf::Originals).into_iter();
    let own = kept.filter(|(key, _)| key.starts_with(&stream.0));
    assert_eq!(own.count(), 1);
    assert!(scene.ann.held().len() + 300 < on_disk, "the body is gone");
    scene.ann.restart();
    assert_eq!(whole(&scene.ann, stream), [0, 1]);
}

#[test]
fn what_was_carried_elsewhere_is_erased_there_too() {
    let mut scene = scene();
    let old = scene.worker.stream();
    // The phone was put back, and wrote another record in the place of one that the relay holds.
    let (disk, writer) = (
        scene.worker.database.snapshot(),
        scene.worker.writer.clone(),
    );
    scene.worker.save(1, &mut scene.relay);
    scene.worker.put_back(&disk, writer);
    scene.worker.save(1, &mut scene.relay);
    minutes(
        3,
        &mut [&mut scene.worker, &mut scene.ann],
        &mut scene.relay,
    );
    let new = scene.worker.stream();
    assert_ne!(new, old);
    assert!(scene.ann.erase(old, &seqs(&[2]), &mut scene.relay));
    let bare = |kept: &&Kept| kept.whole().is_none();
    let held = scene.relay.held(new);
    let gone: Vec<_> = held.iter().filter(bare).collect();
    assert_eq!(gone.len(), 1);
    assert_eq!(gone[0].header().public_kind, Some(PublicKind::Carried));
    // And from where it was carried, when that place is named.
    let place = held
        .iter()
        .filter(|kept| kept.header().public_kind == Some(PublicKind::Carried))
        .find(|kept| {
            let inner = kept
                .whole()
                .and_then(|kept| veldpost_envelope::run::carried(kept).ok());
            inner.is_some_and(|inner| inner.header().seq == 3)
        })
        .unwrap()
        .header()
        .seq;
    assert!(scene.ann.erase(new, &seqs(&[place]), &mut scene.relay));
    assert!(scene.relay.held(old)[3].whole().is_none());
}

#[test]
fn a_branch_that_stands_aside_loses_its_bodies_too() {
    let mut scene = scene();
    let before = scene.worker.writer.clone();
    scene.worker.save(1, &mut scene.relay);
    minutes(1, &mut [&mut scene.ann], &mut scene.relay);
    let branch = scene.worker.branch(before);
    let script = scene.relay.script();
    script.pass_on(veldpost_envelope::wire::ItemKind::Run, branch);
    minutes(1, &mut [&mut scene.ann], &mut scene.relay);
    let length = |phone: &Phone| phone.rows(Shelf::Aside)[0].1.len();
    let whole = length(&scene.ann);
    assert!(
        scene
            .ann
            .erase(scene.worker.stream(), &seqs(&[4]), &mut scene.relay)
    );
    assert!(length(&scene.ann) + 300 < whole);
    scene.ann.restart();
    let fork = scene.ann.judged(&scene.region).forks;
    assert_eq!(fork, [(scene.worker.stream(), 4)], "the proof stays");
}
