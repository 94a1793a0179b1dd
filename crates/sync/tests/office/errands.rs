//! Errands: their order, how they are tried again, and that they stop nothing.

use crate::letterbox::{Fault, NOW};
use crate::world::{blob_put, settings_blob, stage, world};
use veldpost_envelope::act::Stage;
use veldpost_envelope::wire::{BlobAnswer, BlobAsk, BlobPutAnswer, Call, Code, WelcomePutAsk};
use veldpost_sync::Wake;

#[test]
fn errands_are_run_one_after_the_other_in_their_order() {
    let mut world = world();
    let blobs =
        ["one", "two", "three"].map(|name| settings_blob(&world.settings, &world.ann, name));
    let numbers: Vec<u64> = blobs
        .iter()
        .map(|blob| {
            let body = blob_put(&world.ann, blob);
            world.ann.errand(Call::BlobPut, body)
        })
        .collect();
    world.ann.work(&mut world.letterbox);
    let done: Vec<u64> = world
        .ann
        .errands
        .iter()
        .map(|(number, _)| *number)
        .collect();
    assert_eq!(done, numbers);
    for ((_, reply), blob) in world.ann.errands.iter().zip(&blobs) {
        let answer = BlobPutAnswer::from_bytes(reply.as_ref().unwrap()).unwrap();
        assert_eq!(answer.blob, blob.id().0);
    }
    let ask = BlobAsk {
        region: world.ann.roster().region(),
        blob: blobs[1].id().0,
    };
    let answer = world
        .ben
        .run(Call::Blob, ask.to_bytes(), &mut world.letterbox);
    let answer = answer.unwrap();
    assert_eq!(
        BlobAnswer::from_bytes(&answer).unwrap().blob,
        blobs[1].bytes()
    );
}

#[test]
fn an_errand_is_tried_until_the_relay_says_yes_or_no() {
    for fault in [
        Fault::Lost,
        Fault::AnswerLost,
        Fault::login_page(),
        Fault::garbage(),
        Fault::Refused(Code::Busy, Some(20)),
        Fault::Refused(Code::SlowDown, Some(20)),
        Fault::Refused(Code::Full, None),
    ] {
        let mut world = world();
        let waits = match &fault {
            Fault::Refused(_, Some(wait)) => i64::from(*wait) * 1_000,
            _ => 0,
        };
        world.letterbox.fail(Call::BlobPut, fault);
        let blob = settings_blob(&world.settings, &world.ann, "one");
        let body = blob_put(&world.ann, &blob);
        world.ann.errand(Call::BlobPut, body);
        world.ann.work(&mut world.letterbox);
        assert!(world.ann.errands.is_empty());
        assert!(world.ann.due.unwrap() >= NOW + waits);
        world.ann.wait(5, &mut world.letterbox);
        assert!(world.ann.errands[0].1.is_ok());
        assert_eq!(world.letterbox.count(Call::BlobPut), 2);
    }
    let mut world = world();
    let unknown = WelcomePutAsk {
        region: world.ann.roster().region(),
        invitation: [3; 16],
        welcome: &[0; 552],
    };
    let answer = world
        .ann
        .run(Call::WelcomePut, unknown.to_bytes(), &mut world.letterbox);
    assert_eq!(answer, Err(Code::InvitationUnknown));
}

#[test]
fn an_errand_that_waits_stops_neither_reading_nor_proposals() {
    let mut world = world();
    for _ in 0..30 {
        world
            .letterbox
            .fail(Call::BlobPut, Fault::Refused(Code::Full, Some(3_600)));
    }
    let blob = settings_blob(&world.settings, &world.ann, "one");
    let body = blob_put(&world.ann, &blob);
    let number = world.ann.errand(Call::BlobPut, body);
    world.ann.work(&mut world.letterbox);
    assert_eq!(
        world.ann.act(stage(Stage::Practice), &mut world.letterbox),
        Ok(1)
    );
    world.letterbox.calls.clear();
    world.ann.wake(Wake::Minute, &mut world.letterbox);
    assert_eq!(world.letterbox.calls.first(), Some(&Call::Pull));
    assert_eq!(world.letterbox.count(Call::BlobPut), 0);
    assert!(world.ann.device.withdraw_errand(number));
    assert!(world.ann.errands.is_empty());
}

#[test]
fn network_that_comes_back_is_used_at_once_but_not_before_the_relay_said() {
    for (fault, at_once) in [
        (Fault::Lost, true),
        (Fault::Refused(Code::Busy, Some(60)), false),
    ] {
        let mut world = world();
        world.letterbox.fail(Call::Acts, fault);
        let number = world.ann.propose(stage(Stage::Practice));
        world.ann.work(&mut world.letterbox);
        world.ann.wake(Wake::Minute, &mut world.letterbox);
        assert_eq!(world.ann.outcome(number), None);
        world.ann.wake(Wake::Online, &mut world.letterbox);
        let outcome = world.ann.outcome(number);
        assert_eq!(outcome, at_once.then_some(Ok(1)));
    }
}
