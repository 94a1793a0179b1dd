//! A relay that lost everything is filled by those who call, and a coordinator who comes then finds all of it:
//! `docs/format.md`, section 19.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use std::collections::BTreeSet;
use support::relay::{Fault, Relay};
use support::{DAY, HOUR, NOW, Phone, Region, Seeded, minutes, region, stage_act, stage_by};
use veldpost_envelope::act::{InviteForm, RemovalReason, Removed, Stage};
use veldpost_envelope::blob::{Blob, BlobContent};
use veldpost_envelope::genesis::Role;
use veldpost_envelope::invitation::{InviteFields, Welcome};
use veldpost_envelope::roster::NewInvite;
use veldpost_envelope::secret::Secret;
use veldpost_envelope::wire::{BlobAsk, Call, Code, ItemKind, Problem};
use veldpost_envelope::{Link, Purpose, SettingsKey, random};
use veldpost_store::{Batch, Shelf, Store};
use veldpost_sync::{Notice, RecordState, Wake};

struct Scene {
    region: Region,
    relay: Relay,
    worker: Phone,
    ann: Phone,
    ben: Phone,
}

/// A region in which everything that there can be was said, and everybody knows it.
fn scene() -> Scene {
    let region = region(70);
    let mut relay = Relay::new(&region);
    let mut worker = Phone::new(&region, &region.worker);
    let mut ann = Phone::new(&region, &region.ann);
    let mut ben = Phone::new(&region, &region.ben);
    stage_by(&region.ann, &mut relay, Stage::Practice, None);
    worker.save(3, &mut relay);
    worker.save(2, &mut relay);
    ann.save(1, &mut relay);
    minutes(2, &mut [&mut ann, &mut ben, &mut worker], &mut relay);
    ann.confirm(&region, &mut relay);
    ben.confirm(&region, &mut relay);
    assert!(ann.erase(worker.stream(), &[3].into_iter().collect(), &mut relay));
    minutes(2, &mut [&mut ann, &mut ben, &mut worker], &mut relay);
    relay.calls.clear();
    Scene {
        region,
        relay,
        worker,
        ann,
        ben,
    }
}

/// What a relay holds: entries, and objects without their order.
type Holds = (Vec<Vec<u8>>, BTreeSet<Vec<u8>>);

fn holds(relay: &Relay) -> Holds {
    let entries = relay.streams().into_values();
    let entries = entries.map(|held| held.iter().flat_map(|kept| kept.to_bytes()).collect());
    let objects = relay.items().into_iter();
    let objects = objects.filter(|(kind, _)| *kind == ItemKind::Object);
    (entries.collect(), objects.map(|(_, value)| value).collect())
}

#[test]
fn one_coordinator_alone_brings_everything_back_and_a_new_one_finds_it() {
    let Scene {
        region,
        mut relay,
        worker,
        mut ann,
        ben,
    } = scene();
    let before = holds(&relay);
    relay.emptied();
    // Ben's own stream was never begun: what ann holds is all that there was.
    assert!(ben.held().len() > ann.held().len() / 2);
    minutes(5, &mut [&mut ann], &mut relay);
    assert_eq!(holds(&relay), before);
    assert_eq!(relay.height(), Some(1));
    let mut fresh = Phone::new(&region, &region.ben);
    minutes(3, &mut [&mut fresh], &mut relay);
    let all = fresh.device.entries(Purpose::Count);
    assert_eq!(
        all.iter().count(),
        ann.device.entries(Purpose::Count).iter().count()
    );
    assert!(fresh.notices.is_empty() && ann.notices.is_empty());
    assert!(!fresh.held().is_empty() && worker.waiting() > 0);
}

#[test]
fn nothing_is_offered_that_a_page_of_the_new_relay_has_handed_out() {
    let mut scene = scene();
    let relay = &mut scene.relay;
    relay.emptied();
    minutes(5, &mut [&mut scene.ann], relay);
    let after = relay.calls.len();
    minutes(3, &mut [&mut scene.ben, &mut scene.worker], relay);
    let brought = relay.calls.iter().skip(after);
    let brought = brought.filter(|(call, _)| matches!(call, Call::Entries | Call::Objects));
    assert_eq!(brought.count(), 0);
}

#[test]
fn once_it_is_settled_a_start_offers_only_what_was_signed_here() {
    let mut scene = scene();
    let relay = &mut scene.relay;
    relay.emptied();
    minutes(5, &mut [&mut scene.ann, &mut scene.ben], relay);
    relay.calls.clear();
    scene.ann.restart();
    minutes(3, &mut [&mut scene.ann], relay);
    let brought: usize = relay
        .calls
        .iter()
        .filter(|(call, _)| *call == Call::Objects)
        .map(|(_, objects)| *objects)
        .sum();
    let own = scene.region.ann.signing.public();
    let signed = relay.objects();
    let signed = signed.iter().filter(|object| object.head().signer == own);
    assert!(brought <= signed.count(), "{brought}");
    assert_eq!(relay.count(Call::Entries), 0);
}

#[test]
fn a_coordinator_who_is_killed_in_the_middle_goes_on_after_a_start() {
    let before = holds(&scene().relay);
    for lives in 0..14 {
        let mut scene = scene();
        scene.relay.emptied();
        scene.ann.lives = lives;
        scene.ann.wake(Wake::Minute, &mut scene.relay);
        scene.ann.wake(Wake::Online, &mut scene.relay);
        scene.ann.restart();
        minutes(5, &mut [&mut scene.ann], &mut scene.relay);
        assert_eq!(holds(&scene.relay), before, "after {lives} effects");
    }
}

#[test]
fn a_phone_that_comes_first_brings_acts_and_its_own_entries_also_those_that_were_erased() {
    let mut scene = scene();
    let relay = &mut scene.relay;
    let stream = scene.worker.stream();
    let before: Vec<Vec<u8>> = relay
        .held(stream)
        .iter()
        .map(|kept| kept.to_bytes())
        .collect();
    relay.emptied();
    minutes(4, &mut [&mut scene.worker], relay);
    assert_eq!(relay.height(), Some(1));
    let after: Vec<Vec<u8>> = relay
        .held(stream)
        .iter()
        .map(|kept| kept.to_bytes())
        .collect();
    assert_eq!(after, before);
    assert!(scene.worker.notices.is_empty());
}

#[test]
fn an_erasure_that_came_before_its_stream_is_kept_by_who_pulls_both() {
    let mut scene = scene();
    let relay = &mut scene.relay;
    let erase = relay.objects();
    let erase = erase
        .iter()
        .find(|object| object.erase().is_some())
        .unwrap();
    relay.lost_its_streams();
    relay.give(erase);
    minutes(4, &mut [&mut scene.worker], relay);
    let mut fresh = Phone::new(&scene.region, &scene.region.ben);
    minutes(2, &mut [&mut fresh], relay);
    let kept = fresh.rows(Shelf::Objects).into_iter();
    let kept = kept.filter(|(key, _)| key.starts_with(b"erase/"));
    assert_eq!(kept.count(), 1);
}

#[test]
fn an_erasure_whose_signer_has_left_is_signed_anew_for_a_relay_that_lost_it() {
    let mut scene = scene();
    let relay = &mut scene.relay;
    let removed = Removed {
        device: scene.region.ann.signing.public(),
        why: RemovalReason::Left,
        streams: Vec::new(),
    };
    let next = relay.roster.next(&scene.region.ben.signing, NOW);
    let act = next.device_remove(vec![removed], &mut Seeded(4)).unwrap();
    relay.append(act);
    minutes(2, &mut [&mut scene.ben], relay);
    let before: Vec<_> = relay.held(scene.worker.stream());
    relay.emptied();
    minutes(4, &mut [&mut scene.ben], relay);
    let after = relay.held(scene.worker.stream());
    assert_eq!(after.len(), before.len());
    assert!(after[3].whole().is_none());
    let own = scene.region.ben.signing.public();
    let erases = relay.objects();
    let mut erases = erases.iter().filter(|object| object.erase().is_some());
    assert!(erases.all(|erase| erase.head().signer == own));
}

#[test]
fn an_erasure_that_a_page_names_before_its_stream_is_kept() {
    let mut scene = scene();
    let relay = &mut scene.relay;
    relay
        .script()
        .items
        .sort_by_key(|(_, kind, _)| *kind == ItemKind::Run);
    for (position, item) in (1..).zip(&mut relay.script().items) {
        item.0 = position;
    }
    let mut fresh = Phone::new(&scene.region, &scene.region.ben);
    minutes(2, &mut [&mut fresh], relay);
    let kept = fresh.rows(Shelf::Objects).into_iter();
    let kept = kept.filter(|(key, _)| key.starts_with(b"erase/"));
    assert_eq!(kept.count(), 1);
}

#[test]
fn what_one_relay_refused_is_offered_to_the_next() {
    let mut scene = scene();
    let relay = &mut scene.relay;
    relay.refuse(Call::Entries, Code::Forged);
    scene.worker.save(1, relay);
    minutes(1, &mut [&mut scene.worker], relay);
    let stream = scene.worker.stream();
    let newest = scene.worker.writer.state().next_seq;
    assert!((relay.held(stream).len() as u64) < newest);
    relay.emptied();
    minutes(3, &mut [&mut scene.worker], relay);
    assert_eq!(relay.held(stream).len() as u64, newest);
}

#[test]
fn what_lies_low_in_the_new_relay_is_pulled_by_who_was_far_in_the_old_one() {
    let mut scene = scene();
    let relay = &mut scene.relay;
    relay.emptied();
    scene.worker.save(1, relay);
    minutes(3, &mut [&mut scene.worker], relay);
    let told = relay.streams().into_values().flatten().count();
    minutes(3, &mut [&mut scene.ann], relay);
    let all = scene.ann.device.entries(Purpose::Count);
    assert!(all.iter().count() >= told);
    let newest = scene.worker.writer.state().next_seq - 1;
    let found = all
        .iter()
        .any(|(spot, _)| spot.stream == scene.worker.stream() && spot.seq == newest);
    assert!(found, "the position was one of another incarnation");
}

#[test]
fn a_relay_put_back_from_a_backup_is_brought_up_to_date() {
    let Scene {
        mut relay,
        mut worker,
        mut ann,
        mut ben,
        region,
    } = scene();
    let backup = relay.backup();
    worker.save(2, &mut relay);
    minutes(2, &mut [&mut ann, &mut ben], &mut relay);
    ann.confirm(&region, &mut relay);
    minutes(1, &mut [&mut ann, &mut ben, &mut worker], &mut relay);
    let before = holds(&relay);
    relay.restored(backup);
    minutes(4, &mut [&mut ben], &mut relay);
    assert_eq!(holds(&relay), before);
    assert!(ben.notices.is_empty());
}

/// Who called first founded the region anew, and what was made in the place of an act that one coordinator alone held by
/// then was another roster for good.
#[test]
fn an_act_that_one_coordinator_alone_held_comes_back_to_a_relay_that_lost_its_disk() {
    let region = region(77);
    let mut relay = Relay::new(&region);
    let (mut ann, mut ben) = (
        Phone::new(&region, &region.ann),
        Phone::new(&region, &region.ben),
    );
    minutes(1, &mut [&mut ann, &mut ben], &mut relay);
    stage_by(&region.ann, &mut relay, Stage::Practice, None);
    minutes(1, &mut [&mut ann], &mut relay);
    let lost = ann.device.roster().head();
    relay.lost();
    minutes(3, &mut [&mut ben], &mut relay);
    assert_eq!(relay.height(), Some(0));
    let instead = stage_act(ben.device.roster(), &region.ben, relay.now, Stage::Practice);
    assert!(!relay.would_take(&instead));
    minutes(3, &mut [&mut ann], &mut relay);
    minutes(1, &mut [&mut ben], &mut relay);
    assert_eq!(relay.height(), Some(1));
    assert_eq!(ben.device.roster().head(), lost);
    assert!(ann.notices.is_empty() && ben.notices.is_empty());
    let next = stage_act(ben.device.roster(), &region.ben, relay.now, Stage::Open);
    assert!(!relay.would_take(&next));
    relay.now += DAY;
    assert!(relay.would_take(&next));
}

/// A coordinator whose newest act is younger than the backup offered what names it every other second, for a day.
#[test]
fn what_names_an_act_that_a_relay_does_not_take_yet_waits_for_it() {
    let Scene {
        region,
        mut relay,
        mut worker,
        mut ann,
        ..
    } = scene();
    let backup = relay.backup();
    stage_by(&region.ann, &mut relay, Stage::Open, None);
    worker.save(1, &mut relay);
    minutes(1, &mut [&mut ann], &mut relay);
    ann.confirm(&region, &mut relay);
    let before = holds(&relay);
    relay.restored(backup);
    relay.calls.clear();
    for _ in 0..99 {
        let busy = Problem::new(Code::Busy);
        relay.fail(Call::Acts, Fault::Refused(busy, Some(86_000)));
    }
    ann.wake(Wake::Online, &mut relay);
    let until = ann.now + HOUR;
    while ann.now < until {
        ann.wait(1, &mut relay);
    }
    assert!(relay.count(Call::Pull) <= 60, "{:?}", relay.calls);
    assert!(relay.count(Call::Objects) <= 60, "{:?}", relay.calls);
    relay.faults.clear();
    ann.later(DAY, &mut relay);
    minutes(3, &mut [&mut ann, &mut worker], &mut relay);
    minutes(1, &mut [&mut ann], &mut relay);
    assert_eq!(holds(&relay), before);
}

/// A coordinator held what the relay had lost of a device that was admitted after the backup, and offered it once, before
/// the relay took the act that admitted it.
#[test]
fn a_stream_of_a_device_that_the_relay_did_not_know_is_offered_once_its_act_is_there() {
    let region = region(76);
    let mut relay = Relay::new(&region);
    let mut worker = Phone::new(&region, &region.worker);
    let mut ann = Phone::new(&region, &region.ann);
    let backup = relay.backup();
    stage_by(&region.ann, &mut relay, Stage::Practice, None);
    worker.save(2, &mut relay);
    minutes(1, &mut [&mut ann], &mut relay);
    relay.restored(backup);
    let busy = Problem::new(Code::Busy);
    relay.fail(Call::Acts, Fault::Refused(busy, Some(3_600)));
    relay.refuse(Call::Entries, Code::UnknownDevice);
    minutes(9, &mut [&mut ann], &mut relay);
    assert!(relay.held(worker.stream()).is_empty());
    assert!(relay.count(Call::Entries) > 0);
    relay.now += DAY;
    minutes(3, &mut [&mut ann], &mut relay);
    assert_eq!(relay.height(), Some(1));
    assert_eq!(relay.held(worker.stream()).len(), 4);
}

#[test]
fn a_roster_that_went_another_way_is_said_once_and_offered_nothing_over_and_over() {
    let region = region(75);
    let (mut relay, mut other) = (Relay::new(&region), Relay::new(&region));
    let mut worker = Phone::new(&region, &region.worker);
    let mut ann = Phone::new(&region, &region.ann);
    stage_by(&region.ann, &mut relay, Stage::Practice, None);
    stage_by(&region.ben, &mut other, Stage::Practice, None);
    worker.save(1, &mut relay);
    minutes(1, &mut [&mut ann], &mut relay);
    ann.confirm(&region, &mut relay);
    other.restored(other.backup());
    other.calls.clear();
    ann.restart();
    ann.wake(Wake::Opened, &mut other);
    let until = ann.now + HOUR;
    while ann.now < until {
        ann.wait(1, &mut other);
    }
    assert_eq!(ann.notices, [Notice::RosterFork]);
    assert!(other.count(Call::Objects) <= 60, "{:?}", other.calls);
    assert!(other.count(Call::Pull) <= 60, "{:?}", other.calls);
}

#[test]
fn blobs_and_welcomes_are_put_again() {
    let Scene {
        region,
        mut relay,
        mut ann,
        mut ben,
        ..
    } = scene();
    let rng = &mut Seeded(8);
    let key = SettingsKey::generate(1, rng);
    let content = BlobContent::Cards(Vec::new());
    let blob = Blob::seal(&key, &region.roster.region(), &content, rng).unwrap();
    let (id, bytes) = (blob.id(), blob.bytes().to_vec());
    let row = Batch::new().put(Shelf::Blobs, id.0, bytes.clone());
    pollster::block_on(ann.store.commit(row)).unwrap();
    // An invitation of each, and its welcome.
    let mut links = Vec::new();
    for (signer, phone) in [(&region.ann, &mut ann), (&region.ben, &mut ben)] {
        let link = Link {
            region: region.roster.region(),
            relay: None,
            invitation: random::array(rng),
            secret: Secret::generate(rng),
        };
        let keys = link.keys();
        let new = NewInvite {
            id: link.invitation,
            form: InviteForm::Single,
            roles: vec![Role::Counter],
            uses: 1,
            ends: NOW + DAY,
            token: keys.token(),
            organisation: None,
        };
        let next = relay.roster.next(&signer.signing, NOW);
        let act = next.invite(new, |fields| keys.proof(InviteFields(fields)));
        relay.append(act.unwrap());
        let welcome = Welcome {
            settings: key.clone(),
            region: "Heuvelland".to_owned(),
            inviter: String::new(),
            organisation: None,
        };
        let sealed = keys.seal_welcome(&welcome, rng).unwrap().to_vec();
        let row = Batch::new().put(Shelf::Blobs, link.invitation, sealed);
        pollster::block_on(phone.store.commit(row)).unwrap();
        links.push(link);
    }
    minutes(2, &mut [&mut ann, &mut ben], &mut relay);
    ann.restart();
    ben.restart();
    ben.device.keeps_blob(id.0.to_vec(), bytes.clone());
    for (phone, link) in [&mut ann, &mut ben].into_iter().zip(&links) {
        relay.emptied();
        minutes(4, &mut [phone], &mut relay);
        assert!(relay.has_welcome(link));
        let ask = BlobAsk {
            region: region.roster.region(),
            blob: id.0,
        };
        assert_eq!(relay.blob(&ask), Some(bytes.clone()));
    }
    let puts = relay.count(Call::BlobPut);
    minutes(4, &mut [&mut ann, &mut ben], &mut relay);
    assert!(
        relay.count(Call::BlobPut) <= puts + 1,
        "ann has not offered it to this one"
    );
}

#[test]
fn an_own_row_of_a_coordinator_moves_to_the_originals_once_the_relay_holds_it() {
    let region = region(71);
    let mut relay = Relay::new(&region);
    let mut ann = Phone::new(&region, &region.ann);
    relay.fail(Call::Entries, Fault::Lost);
    ann.save(2, &mut relay);
    assert_eq!((ann.waiting(), ann.rows(Shelf::Originals).len()), (1, 0));
    ann.wait(3, &mut relay);
    assert_eq!((ann.waiting(), ann.rows(Shelf::Originals).len()), (0, 1));
    let stream = ann.stream();
    let state = |ann: &Phone| ann.device.state_of(stream, 3);
    assert_eq!(state(&ann), Some(RecordState::HandedOver));
    assert_eq!(ann.device.entries(Purpose::Count).iter().count(), 4);
    ann.restart();
    assert_eq!(state(&ann), Some(RecordState::HandedOver));
    assert_eq!(ann.device.summary().handed_over, 2);
    assert_eq!(ann.device.entries(Purpose::Count).iter().count(), 4);
    // It goes on, is confirmed by the other, and nothing frees it.
    ann.save(1, &mut relay);
    assert_eq!(ann.rows(Shelf::Originals).len(), 2);
    let receipt = region.receipt(&region.ben, &relay, stream, NOW);
    relay.give(&receipt);
    ann.later(DAY, &mut relay);
    ann.later(2 * DAY, &mut relay);
    assert_eq!(state(&ann), Some(RecordState::Received));
    assert_eq!(ann.rows(Shelf::Originals).len(), 2);
}

#[test]
fn a_move_to_the_originals_is_one_transaction() {
    let region = region(72);
    let mut relay = Relay::new(&region);
    let mut ann = Phone::new(&region, &region.ann);
    for lives in 0..8 {
        ann.lives = lives;
        ann.save(1, &mut relay);
        let number = |ann: &Phone| ann.waiting() + ann.rows(Shelf::Originals).len();
        assert_eq!(number(&ann), lives + 1);
        ann.restart();
        ann.fail_next_of_sync = lives % 2 == 0;
        minutes(1, &mut [&mut ann], &mut relay);
        assert_eq!(number(&ann), lives + 1);
    }
    minutes(3, &mut [&mut ann], &mut relay);
    assert_eq!((ann.waiting(), ann.rows(Shelf::Originals).len()), (0, 8));
}

#[test]
fn an_own_stream_that_the_relay_denies_is_carried_out_of_the_originals() {
    let region = region(73);
    let mut relay = Relay::new(&region);
    let mut ann = Phone::new(&region, &region.ann);
    ann.save(2, &mut relay);
    let (disk, writer) = (ann.database.snapshot(), ann.writer.clone());
    ann.save(1, &mut relay);
    ann.put_back(&disk, writer);
    let old = ann.stream();
    ann.save(1, &mut relay);
    minutes(3, &mut [&mut ann], &mut relay);
    assert_ne!(ann.stream(), old);
    assert_eq!(ann.waiting(), 0);
    assert_eq!(relay.streams().len(), 2, "once");
    let rows = ann.rows(Shelf::Originals).into_iter();
    let mut rows = rows.filter(|(key, _)| key.starts_with(&old.0));
    assert!(rows.next().is_none(), "what is carried is taken out");
    let all = ann.device.entries(Purpose::Count);
    let kept = all.iter().map(|(_, kept)| kept.clone());
    // Both of before the copy, one that it wrote, and one that the relay had.
    assert_eq!(support::sealed_hashes(kept).len(), 4);
    ann.restart();
    minutes(1, &mut [&mut ann], &mut relay);
    let all = ann.device.entries(Purpose::Count);
    let kept = all.iter().map(|(_, kept)| kept.clone());
    assert_eq!(support::sealed_hashes(kept).len(), 4);
    let there = relay.streams().into_values().flatten();
    assert_eq!(support::sealed_hashes(there).len(), 4);
}
