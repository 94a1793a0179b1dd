//! The checkpoint that *locked* names stays, whatever comes in whatever order: `docs/format.md`, sections 16 and 20.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use support::relay::{Fault, Relay};
use support::{DAY, NOW, Phone, Region, Seeded, minutes, region, stage_by};
use veldpost_domain::StreamId;
use veldpost_envelope::act::{RemovalReason, Removed, Stage};
use veldpost_envelope::genesis::Role;
use veldpost_envelope::roster::Admission;
use veldpost_envelope::wire::Call;
use veldpost_envelope::{DevicePublic, Object, Purpose};
use veldpost_store::Shelf;
use veldpost_sync::Wake;
use veldpost_sync::authority::Outcome;

struct Scene {
    region: Region,
    relay: Relay,
    worker: Phone,
    ann: Phone,
    ben: Phone,
    /// Ann's checkpoint, at the relay and pinned.
    first: [u8; 32],
}

/// A campaign that is open, and a checkpoint that is to lock it.
fn scene() -> Scene {
    let region = region(60);
    let mut relay = Relay::new(&region);
    stage_by(&region.ann, &mut relay, Stage::Open, None);
    let mut worker = Phone::new(&region, &region.worker);
    worker.save(2, &mut relay);
    let mut ann = Phone::new(&region, &region.ann);
    let ben = Phone::new(&region, &region.ben);
    ann.wake(Wake::Opened, &mut relay);
    ann.confirm(&region, &mut relay);
    let first = ann.pin(&mut relay);
    Scene {
        region,
        relay,
        worker,
        ann,
        ben,
        first,
    }
}

impl Scene {
    fn lock(&mut self) {
        let first = Some(self.first);
        stage_by(&self.region.ann, &mut self.relay, Stage::Locked, first);
    }

    /// Ann signs another one.
    fn newer(&mut self) {
        self.worker.save(1, &mut self.relay);
        self.ann.wake(Wake::Minute, &mut self.relay);
        self.ann.confirm(&self.region, &mut self.relay);
    }

    fn remove(&mut self, device: DevicePublic) {
        let removed = Removed {
            device,
            why: RemovalReason::Left,
            streams: Vec::new(),
        };
        let next = self.relay.roster.next(&self.region.ben.signing, NOW);
        let act = next.device_remove(vec![removed], &mut Seeded(4)).unwrap();
        self.relay.append(act);
    }
}

fn locked(phone: &Phone) -> Vec<Object> {
    let rows = phone.rows(Shelf::Objects).into_iter();
    let rows = rows.filter(|(key, _)| key.starts_with(b"locked/"));
    rows.map(|(_, value)| Object::from_bytes(&value).unwrap())
        .collect()
}

#[test]
fn a_newer_checkpoint_does_not_take_the_place_of_the_one_that_locked() {
    let mut scene = scene();
    scene.lock();
    scene.newer();
    let Scene { ann, first, .. } = &mut scene;
    assert!(ann.device.heads_of(first).is_some());
    ann.restart();
    assert!(ann.device.heads_of(first).is_some());
    let kept = ann.rows(Shelf::Objects).into_iter();
    let kept = kept.filter(|(key, _)| key.starts_with(b"checkpoint/"));
    let newest = kept.map(|(_, value)| Object::from_bytes(&value).unwrap());
    let numbers: Vec<u64> = newest
        .map(|kept| kept.checkpoint().unwrap().number)
        .collect();
    assert_eq!(numbers, [2]);
}

#[test]
fn the_checkpoint_that_is_to_lock_is_on_the_disk_before_the_act_is_made() {
    let mut scene = scene();
    scene.newer();
    scene.ann.restart();
    assert!(scene.ann.device.heads_of(&scene.first).is_some());
    scene.lock();
    scene.ann.wake(Wake::Minute, &mut scene.relay);
    assert!(scene.ann.device.heads_of(&scene.first).is_some());
}

#[test]
fn a_reader_finds_the_checkpoint_that_locked_in_whatever_order_it_came_with_the_act() {
    for pulled_between in [false, true] {
        for pulled_after_newer in [false, true] {
            let mut scene = scene();
            if pulled_between {
                scene.ben.wake(Wake::Minute, &mut scene.relay);
            }
            scene.newer();
            if pulled_after_newer {
                scene.ben.wake(Wake::Minute, &mut scene.relay);
            }
            scene.lock();
            minutes(2, &mut [&mut scene.ben], &mut scene.relay);
            assert!(scene.ben.notices.is_empty());
            assert!(scene.ben.device.heads_of(&scene.first).is_some());
            scene.ben.restart();
            assert!(scene.ben.device.heads_of(&scene.first).is_some());
            // Once more from 0, and not again and again.
            let before = scene.relay.calls.len();
            minutes(3, &mut [&mut scene.ben], &mut scene.relay);
            assert!(scene.relay.calls.len() - before <= 9);
        }
    }
}

#[test]
fn who_coordinates_nothing_keeps_it_without_heads() {
    let mut scene = scene();
    scene.lock();
    scene.newer();
    minutes(2, &mut [&mut scene.worker], &mut scene.relay);
    let kept = locked(&scene.worker);
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].hash().0, scene.first);
    assert!(kept[0].heads().is_none());
}

#[test]
fn a_worker_who_becomes_a_coordinator_gets_the_heads() {
    let mut scene = scene();
    scene.lock();
    scene.newer();
    minutes(2, &mut [&mut scene.worker], &mut scene.relay);
    let admission = Admission {
        device: scene
            .region
            .worker
            .with_roles(vec![Role::Coordinator(Purpose::Count)]),
        invitation: None,
        join: None,
        words: true,
    };
    let opened = scene.relay.roster.open_all(&scene.region.ben.encryption);
    let next = scene.relay.roster.next(&scene.region.ben.signing, NOW);
    let act = next.device_add(&[admission], &opened).unwrap();
    scene.relay.append(act);
    minutes(2, &mut [&mut scene.worker], &mut scene.relay);
    assert!(scene.worker.device.heads_of(&scene.first).is_some());
    let newest = scene.relay.objects();
    let newest = newest.iter().filter(|object| object.checkpoint().is_some());
    let newest = newest.max_by_key(|object| object.checkpoint().unwrap().number);
    let newest = newest.unwrap().hash().0;
    assert!(scene.worker.device.heads_of(&newest).is_some());
}

#[test]
fn the_checkpoint_that_locked_counts_when_its_signer_was_removed() {
    let mut scene = scene();
    scene.lock();
    scene.remove(scene.region.ann.signing.public());
    minutes(2, &mut [&mut scene.ben], &mut scene.relay);
    assert!(scene.ben.device.heads_of(&scene.first).is_some());
    // Also when the relay gets it again only then.
    scene.relay.emptied();
    minutes(3, &mut [&mut scene.ben], &mut scene.relay);
    let mut fresh = Phone::new(&scene.region, &scene.region.ben);
    minutes(2, &mut [&mut fresh], &mut scene.relay);
    assert!(fresh.device.heads_of(&scene.first).is_some());
}

#[test]
fn an_empty_relay_gets_the_checkpoint_before_the_act_that_names_it() {
    let mut scene = scene();
    scene.newer();
    scene.lock();
    minutes(1, &mut [&mut scene.ann], &mut scene.relay);
    scene.relay.emptied();
    minutes(3, &mut [&mut scene.ann], &mut scene.relay);
    assert_eq!(scene.relay.height(), Some(2));
    let codes: Vec<&str> = scene
        .relay
        .refused
        .iter()
        .map(|(_, code)| code.text())
        .collect();
    assert!(codes.contains(&"no-checkpoint"), "{codes:?}");
    let mut fresh = Phone::new(&scene.region, &scene.region.ben);
    minutes(2, &mut [&mut fresh], &mut scene.relay);
    assert!(fresh.device.heads_of(&scene.first).is_some());
}

#[test]
fn who_lacks_the_checkpoint_leaves_the_act_to_who_has_it() {
    let mut scene = scene();
    let mut phone = scene.worker;
    stage_by(
        &scene.region.ann,
        &mut scene.relay,
        Stage::Locked,
        Some(scene.first),
    );
    // It reads of the act alone.
    scene.relay.script().items.clear();
    minutes(1, &mut [&mut phone], &mut scene.relay);
    assert!(locked(&phone).is_empty());
    scene.relay.script = None;
    scene.relay.emptied();
    minutes(3, &mut [&mut phone], &mut scene.relay);
    assert_eq!(scene.relay.height(), Some(1));
    assert!(phone.notices.is_empty());
    // She made the act, and reads of it here: what it names is there at once.
    minutes(3, &mut [&mut scene.ann, &mut phone], &mut scene.relay);
    assert_eq!(scene.relay.height(), Some(2));
    phone.later(DAY, &mut scene.relay);
    assert_eq!(locked(&phone).len(), 1);
}

/// Where the late entries of a stream stand, as Ben judges it.
fn late(scene: &mut Scene, stream: StreamId) -> Vec<u64> {
    minutes(3, &mut [&mut scene.ann, &mut scene.ben], &mut scene.relay);
    let judged = scene.ben.judged(&scene.region);
    let late = judged.outcomes.iter();
    let late = late.filter(|(spot, outcome)| spot.stream == stream && **outcome == Outcome::Late);
    late.map(|(spot, _)| spot.seq).collect()
}

/// Somebody was admitted, and the relay was slow: all that the coordinator had counted would have been late.
#[test]
fn what_the_relay_holds_of_the_own_stream_is_in_time_though_more_waits() {
    let mut scene = scene();
    let Scene {
        region, relay, ann, ..
    } = &mut scene;
    ann.save(3, relay);
    ann.wake(Wake::Minute, relay);
    ann.confirm(region, relay);
    relay.fail(Call::Entries, Fault::Lost);
    ann.save(1, relay);
    ann.confirm(region, relay);
    let (first, stream) = (ann.pin(relay), ann.stream());
    scene.first = first;
    scene.lock();
    assert_eq!(late(&mut scene, stream), [5]);
}

#[test]
fn what_came_since_it_was_judged_is_in_the_checkpoint_that_locks() {
    let mut scene = scene();
    scene.worker.save(1, &mut scene.relay);
    scene.ann.wake(Wake::Minute, &mut scene.relay);
    scene.first = scene.ann.pin(&mut scene.relay);
    assert!(
        scene
            .relay
            .objects()
            .iter()
            .any(|it| it.hash().0 == scene.first)
    );
    scene.lock();
    let stream = scene.worker.stream();
    assert_eq!(late(&mut scene, stream), []);
}

#[test]
fn the_checkpoint_goes_to_the_relay_before_the_act_that_names_it() {
    let mut scene = scene();
    let Scene {
        relay, worker, ann, ..
    } = &mut scene;
    ann.wake(Wake::Minute, relay);
    worker.save(1, relay);
    ann.wake(Wake::Minute, relay);
    ann.lock(relay);
    assert!(relay.refused.is_empty(), "{:?}", relay.refused);
    assert_eq!(relay.height(), Some(2));
}

/// A relay that lost its disk says for a while that it holds nothing.
#[test]
fn what_a_relay_held_that_lost_it_is_in_time() {
    let mut scene = scene();
    let Scene { relay, ann, .. } = &mut scene;
    ann.save(3, relay);
    ann.wake(Wake::Minute, relay);
    relay.emptied();
    for _ in 0..9 {
        relay.fail(Call::Entries, Fault::Lost);
    }
    ann.wake(Wake::Minute, relay);
    let first = ann.pin(relay);
    let heads = ann.device.heads_of(&first).unwrap();
    assert_eq!(heads.of(&ann.stream()).unwrap().seq, 4);
}

/// What is signed while another one is on its way to the disk has the next number.
#[test]
fn two_checkpoints_in_one_turn_do_not_fork() {
    let mut scene = scene();
    let Scene {
        region,
        relay,
        worker,
        ann,
        first,
        ..
    } = &mut scene;
    worker.save(1, relay);
    ann.wake(Wake::Minute, relay);
    let judged = ann.judged(region);
    let (now, rng) = (ann.now, &mut Seeded(5));
    ann.device.confirm(Purpose::Count, &judged, now, rng);
    let under_way = ann.device.pin_checkpoint(now, rng).unwrap().0;
    assert_ne!(under_way, *first);
    assert_eq!(ann.device.pin_checkpoint(now, rng).unwrap().0, under_way);
}
