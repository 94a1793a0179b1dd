//! What a page should have brought a coordinator and did not: the relay's heads show it, and everything is read again.
//!
//! Not here: what waits for what comes before it, and other branches (`coordinating`).

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use support::relay::{Fault, Relay};
use support::{HOUR, NOW, Phone, Seeded, region};
use veldpost_envelope::act::{RemovalReason, Removed};
use veldpost_envelope::wire::Call;
use veldpost_envelope::{Kept, Purpose};
use veldpost_store::Shelf;
use veldpost_sync::rows::OriginalRow;
use veldpost_sync::{Notice, Wake};

struct Scene {
    relay: Relay,
    worker: Phone,
    ann: Phone,
}

/// A worker who handed over two runs, and a coordinator who has not pulled yet.
fn scene() -> Scene {
    let region = region(50);
    let mut relay = Relay::new(&region);
    let mut worker = Phone::new(&region, &region.worker);
    worker.save(2, &mut relay);
    worker.save(1, &mut relay);
    let ann = Phone::new(&region, &region.ann);
    Scene { relay, worker, ann }
}

fn held(phone: &Phone) -> Vec<u8> {
    let rows = phone.rows(Shelf::Originals);
    rows.iter()
        .flat_map(|(_, value)| OriginalRow::from_bytes(value).unwrap().entries)
        .collect()
}

fn bytes(relay: &Relay, worker: &Phone) -> Vec<u8> {
    let held = relay.held(worker.stream());
    held.iter().flat_map(Kept::to_bytes).collect()
}

/// The position went on behind it, so that a coordinator never got what the relay had all the time.
#[test]
fn a_run_that_was_spoilt_on_the_way_is_read_again() {
    let length = scene().relay.script().items[1].2.len();
    // The frame, the header, the body, the signature.
    for place in [0, 60, length / 2, length - 1] {
        let Scene {
            mut relay,
            worker,
            mut ann,
        } = scene();
        relay.script().items[1].2[place] ^= 1;
        ann.wake(Wake::Opened, &mut relay);
        assert!(ann.notices.contains(&Notice::RunRefused), "{place}");
        assert_ne!(held(&ann), bytes(&relay, &worker), "{place}");
        relay.script = None;
        ann.restart();
        ann.wake(Wake::Opened, &mut relay);
        assert_eq!(held(&ann), bytes(&relay, &worker), "{place}");
    }
}

/// It hung together by its hashes with what came after it, which is signed: taken for another branch, it was not asked for,
/// never received, and its copy stayed on the phone.
#[test]
fn a_run_whose_signature_was_spoilt_is_read_again_also_when_one_follows() {
    let Scene {
        mut relay,
        mut worker,
        mut ann,
    } = scene();
    worker.save(1, &mut relay);
    *relay.script().items[1].2.last_mut().unwrap() ^= 1;
    ann.wake(Wake::Opened, &mut relay);
    assert_ne!(held(&ann), bytes(&relay, &worker));
    relay.script = None;
    ann.later(HOUR, &mut relay);
    assert_eq!(held(&ann), bytes(&relay, &worker));
}

#[test]
fn a_run_that_was_left_out_is_read_again_also_the_first_of_a_stream() {
    for left_out in 0..2 {
        let Scene {
            mut relay,
            worker,
            mut ann,
        } = scene();
        relay.script().items.remove(left_out);
        ann.wake(Wake::Opened, &mut relay);
        relay.script = None;
        ann.later(HOUR, &mut relay);
        assert_eq!(held(&ann), bytes(&relay, &worker), "{left_out}");
        assert!(ann.rows(Shelf::Aside).is_empty(), "{left_out}");
    }
}

#[test]
fn a_relay_that_never_hands_it_out_is_read_again_once_an_hour() {
    let Scene {
        mut relay, mut ann, ..
    } = scene();
    relay.script().items.pop();
    relay.calls.clear();
    ann.wake(Wake::Opened, &mut relay);
    // The pull, one more in case it was new, and everything again.
    assert_eq!(relay.count(Call::Pull), 3);
    relay.calls.clear();
    for _ in 0..3 {
        ann.later(HOUR / 4, &mut relay);
    }
    assert_eq!(relay.count(Call::Pull), 6);
    relay.calls.clear();
    ann.later(HOUR / 4, &mut relay);
    assert_eq!(relay.count(Call::Pull), 3);
    // A clock that is put back ten years does not stop it.
    ann.now -= 10 * 365 * 24 * HOUR;
    relay.calls.clear();
    ann.wake(Wake::Minute, &mut relay);
    assert!(relay.count(Call::Pull) >= 3);
}

#[test]
fn what_is_here_is_not_read_again_also_another_branch() {
    let Scene {
        mut relay,
        mut worker,
        mut ann,
    } = scene();
    let copy = worker.database.snapshot();
    let writer = worker.writer.clone();
    worker.save(1, &mut relay);
    ann.wake(Wake::Opened, &mut relay);
    assert_eq!(relay.count(Call::Pull), 2, "the worker's and ann's");
    relay.emptied();
    worker.put_back(&copy, writer);
    worker.save(2, &mut relay);
    worker.save(1, &mut relay);
    worker.wake(Wake::Opened, &mut relay);
    worker.wait(5, &mut relay);
    ann.later(HOUR, &mut relay);
    ann.wait(5, &mut relay);
    ann.later(HOUR, &mut relay);
    assert_eq!(ann.notices, [Notice::Fork(worker.stream())]);
    assert!(!ann.rows(Shelf::Aside).is_empty());
    relay.calls.clear();
    ann.later(HOUR, &mut relay);
    assert_eq!(relay.count(Call::Pull), 1);
    assert_eq!(relay.count(Call::Heads), 1);
}

/// In its pages and in its heads alike, so that nothing of its own tells.
#[test]
fn a_relay_that_keeps_a_run_back_is_seen_by_what_another_coordinator_signed() {
    let region = region(50);
    let mut relay = Relay::new(&region);
    let mut worker = Phone::new(&region, &region.worker);
    worker.save(2, &mut relay);
    worker.save(1, &mut relay);
    let mut ann = Phone::new(&region, &region.ann);
    ann.wake(Wake::Opened, &mut relay);
    ann.confirm(&region, &mut relay);
    let behind = |phone: &Phone| phone.device.behind_others(Purpose::Count);
    assert!(behind(&ann).is_empty());
    let mut ben = Phone::new(&region, &region.ben);
    relay.script().items.remove(1);
    for _ in 0..9 {
        relay.fail(Call::Heads, Fault::Lost);
    }
    ben.wake(Wake::Opened, &mut relay);
    assert_eq!(behind(&ben), [worker.stream()].into());
    // It stays seen after a start, and goes with what was kept back.
    ben.restart();
    assert_eq!(behind(&ben), [worker.stream()].into());
    relay.script = None;
    relay.faults.clear();
    ben.wake(Wake::Opened, &mut relay);
    ben.later(HOUR, &mut relay);
    assert_eq!(held(&ben), bytes(&relay, &worker));
    assert!(behind(&ben).is_empty());
}

#[test]
fn who_coordinates_no_more_is_not_believed_about_what_is_missing() {
    let region = region(50);
    let mut relay = Relay::new(&region);
    let mut worker = Phone::new(&region, &region.worker);
    worker.save(2, &mut relay);
    worker.save(1, &mut relay);
    let mut ann = Phone::new(&region, &region.ann);
    ann.wake(Wake::Opened, &mut relay);
    ann.confirm(&region, &mut relay);
    let mut ben = Phone::new(&region, &region.ben);
    relay.script().items.remove(1);
    for _ in 0..9 {
        relay.fail(Call::Heads, Fault::Lost);
    }
    ben.wake(Wake::Opened, &mut relay);
    assert_eq!(ben.device.behind_others(Purpose::Count).len(), 1);
    let removed = Removed {
        device: region.ann.signing.public(),
        why: RemovalReason::Lost,
        streams: Vec::new(),
    };
    let next = relay.roster.next(&region.ben.signing, NOW);
    let act = next.device_remove(vec![removed], &mut Seeded(4)).unwrap();
    relay.append(act);
    ben.later(HOUR / 4, &mut relay);
    assert!(ben.device.roster().height() > 0);
    assert!(ben.device.behind_others(Purpose::Count).is_empty());
}

#[test]
fn when_an_act_was_made_is_known_of_genesis_too() {
    let Scene { ann, .. } = scene();
    let roster = ann.device.roster();
    assert_eq!(roster.height(), 0);
    let (_, epoch) = roster.epochs(Purpose::Count).next_back().unwrap();
    let founded = ann.device.made_at(epoch.began_at);
    assert!(founded.is_some_and(|at| at <= NOW));
    assert_eq!(ann.device.made_at(1), None);
}
