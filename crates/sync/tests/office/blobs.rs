//! Blobs: who fetches which, that they are compared, and what a full disk does.

use crate::letterbox::Fault;
use crate::letterbox::desk::Desk;
use crate::letterbox::people::{Newcomer, Person, single};
use crate::letterbox::people::{link, welcome};
use crate::world::{CAMPAIGN, blob_put, ends, invites, publishes, settings_blob, signs, world};
use veldpost_envelope::act::{Act, SettingsPublish, Snapshot};
use veldpost_envelope::wire::{BlobAnswer, Call, Incarnation};
use veldpost_store::Shelf;
use veldpost_sync::{EnrolProblem, Wake};

#[test]
fn a_blob_that_the_settings_name_is_fetched_compared_and_kept() {
    let mut world = world();
    let blob = settings_blob(&world.settings, &world.ann, "Heuvelland");
    let body = blob_put(&world.ann, &blob);
    world
        .ann
        .run(Call::BlobPut, body, &mut world.letterbox)
        .unwrap();
    world.ann.device.holds_blob(blob.id());
    world
        .ann
        .act(publishes(&blob.id(), 1), &mut world.letterbox)
        .unwrap();
    world.ann.look(&mut world.letterbox);
    assert_eq!(world.letterbox.count(Call::Blob), 0, "it is held already");
    // Something else first: another blob, one cut short, a login page.
    let other = settings_blob(&world.settings, &world.ann, "other");
    let answer = |blob: &[u8]| {
        let answer = BlobAnswer {
            incarnation: Incarnation([1; 16]),
            blob,
        };
        Fault::Else(200, "application/cbor", answer.to_bytes())
    };
    world.letterbox.fail(Call::Blob, answer(other.bytes()));
    world.letterbox.fail(Call::Blob, answer(&blob.bytes()[1..]));
    world.letterbox.fail(Call::Blob, Fault::login_page());
    world.ben.look(&mut world.letterbox);
    assert_eq!(world.ben.blob_on_disk(&blob.id()), None);
    world.ben.wait(8, &mut world.letterbox);
    assert_eq!(world.ben.blobs, [blob.id()]);
    assert_eq!(
        world.ben.blob_on_disk(&blob.id()).as_deref(),
        Some(blob.bytes())
    );
    assert_eq!(world.ben.blob_on_disk(&other.id()), None);
    assert_eq!(world.letterbox.count(Call::Blob), 4);
    world.ben.restart();
    world.ben.look(&mut world.letterbox);
    assert_eq!(
        world.letterbox.count(Call::Blob),
        4,
        "what is on the disk is not fetched again"
    );
}

#[test]
fn cards_and_forms_are_fetched_and_what_is_not_there_stops_nothing() {
    let mut world = world();
    let [settings, form] = ["settings", "form"].map(|name| {
        let blob = settings_blob(&world.settings, &world.ann, name);
        let body = blob_put(&world.ann, &blob);
        world
            .ann
            .run(Call::BlobPut, body, &mut world.letterbox)
            .unwrap();
        blob
    });
    let late = settings_blob(&world.settings, &world.ann, "cards");
    let publishes = signs(Act::Settings(SettingsPublish {
        number: 1,
        blob: settings.id().0,
        cards: Some(late.id().0),
    }));
    world.ann.act(publishes, &mut world.letterbox).unwrap();
    let publishes = signs(Act::FormPublish(veldpost_envelope::act::FormPublish {
        number: 1,
        blob: form.id().0,
    }));
    world.ann.act(publishes, &mut world.letterbox).unwrap();
    world.ben.look(&mut world.letterbox);
    assert_eq!(world.ben.blobs, [settings.id(), form.id()]);
    assert!(world.ben.notices.is_empty());
    let body = blob_put(&world.ann, &late);
    world
        .ann
        .run(Call::BlobPut, body, &mut world.letterbox)
        .unwrap();
    world.ben.wait(8, &mut world.letterbox);
    assert_eq!(world.ben.blobs, [settings.id(), form.id(), late.id()]);
}

#[test]
fn of_settings_that_were_replaced_the_blob_is_not_fetched() {
    let mut world = world();
    for name in ["old", "new"] {
        let blob = settings_blob(&world.settings, &world.ann, name);
        let body = blob_put(&world.ann, &blob);
        world
            .ann
            .run(Call::BlobPut, body, &mut world.letterbox)
            .unwrap();
        world
            .ann
            .act(publishes(&blob.id(), 1), &mut world.letterbox)
            .unwrap();
    }
    world.ben.look(&mut world.letterbox);
    let new = settings_blob(&world.settings, &world.ann, "new");
    assert_eq!(world.ben.blobs, [new.id()]);
}

#[test]
fn a_published_result_is_fetched_by_who_coordinates_and_by_nobody_else() {
    let mut world = world();
    let link = world.invite(&single());
    let mut newcomer = Newcomer::new(60, link);
    newcomer.join(&mut world.letterbox);
    let joined = newcomer.enrol.into_enrolled().unwrap();
    let mut wil = Desk::enrolled(newcomer.person, &joined);
    let blob = settings_blob(&world.settings, &world.ann, "result");
    let body = blob_put(&world.ann, &blob);
    let letterbox = &mut world.letterbox;
    world.ann.run(Call::BlobPut, body, letterbox).unwrap();
    let publishes = signs(Act::Snapshot(Snapshot {
        campaign: CAMPAIGN,
        version: 1,
        checkpoint: [7; 32],
        number: 1,
        blob: blob.id().0,
    }));
    world.ann.act(publishes, letterbox).unwrap();
    world.ben.look(letterbox);
    assert_eq!(world.ben.blobs, [blob.id()]);
    wil.look(letterbox);
    assert_eq!(wil.blobs, []);
}

#[test]
fn a_full_disk_does_not_lose_a_blob() {
    let mut world = world();
    let blob = settings_blob(&world.settings, &world.ann, "one");
    let body = blob_put(&world.ann, &blob);
    world
        .ann
        .run(Call::BlobPut, body, &mut world.letterbox)
        .unwrap();
    world
        .ann
        .act(publishes(&blob.id(), 1), &mut world.letterbox)
        .unwrap();
    world.ann.look(&mut world.letterbox);
    let mut ben = Desk::new(Person::new(2), &world.ann.acts_on_disk());
    world.letterbox.calls.clear();
    ben.wake(Wake::Opened, &mut world.letterbox);
    assert_eq!(
        world.letterbox.calls.first(),
        Some(&Call::Pull),
        "entries wait for it"
    );
    assert_eq!(ben.blobs, [blob.id()]);
    let mut ben = Desk::new(Person::new(2), &world.ann.acts_on_disk());
    ben.full_at_blob = true;
    ben.look(&mut world.letterbox);
    assert!(ben.blobs.is_empty());
    ben.wait(8, &mut world.letterbox);
    assert_eq!(ben.blobs, [blob.id()]);
}

#[test]
fn a_welcome_that_was_kept_before_the_app_ended_is_put_at_the_next_start() {
    let mut world = world();
    let link = link(world.ann.roster().region(), &mut world.ann.rng);
    let sealed = link
        .keys()
        .seal_welcome(&welcome(&world.settings), &mut world.ann.rng)
        .unwrap();
    let id = link.invitation.to_vec();
    world.ann.write(Shelf::Blobs, id, sealed.to_vec());
    let make = invites(&world.ann.person, &link, &single());
    world.ann.act(make, &mut world.letterbox).unwrap();
    let mut early = Newcomer::new(50, link.clone());
    early.read(&mut world.letterbox);
    assert_eq!(early.problem(), Some(EnrolProblem::NoWelcome));
    world.ann.restart();
    world.ann.look(&mut world.letterbox);
    assert_eq!(world.letterbox.count(Call::WelcomePut), 1);
    let mut newcomer = Newcomer::new(51, link.clone());
    newcomer.read(&mut world.letterbox);
    assert_eq!(newcomer.problem(), None);
    // Of an invitation that ended nothing is put.
    world.ann.act(ends(&link), &mut world.letterbox).unwrap();
    world.ann.restart();
    world.ann.look(&mut world.letterbox);
    assert_eq!(world.letterbox.count(Call::WelcomePut), 1);
}
