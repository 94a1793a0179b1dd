//! The whole way of a region: founded, joined, counted.

use crate::letterbox::Letterbox;
use crate::letterbox::desk::Desk;
use crate::letterbox::people::{Newcomer, Person, admission, all_roles, desk, evening, single};
use crate::world::{
    CAMPAIGN, World, blob_put, ends, genesis, publishes, settings_blob, stage, world,
};
use veldpost_envelope::act::Stage;
use veldpost_envelope::invitation::six_numbers;
use veldpost_envelope::roster::Reason;
use veldpost_envelope::wire::{BlobPutAnswer, Call};
use veldpost_envelope::{Join, Purpose};
use veldpost_relay::Founding;
use veldpost_sync::{MakeAct, ProposalProblem};

#[test]
fn a_region_is_founded_grows_and_goes_through_its_stages() {
    let mut letterbox = Letterbox::new(Founding::Code("tulp".to_owned()));
    let founder = Person::new(1);
    let (act, settings) = genesis(&[&founder]);
    let mut ann = Desk::new(founder, &[act]);
    ann.found(Some("tulp"), &mut letterbox);
    assert_eq!(ann.founded, [Ok(())]);

    let blob = settings_blob(&settings, &ann, "Heuvelland");
    let body = blob_put(&ann, &blob);
    let answer = ann.run(Call::BlobPut, body, &mut letterbox).unwrap();
    assert_eq!(
        BlobPutAnswer::from_bytes(&answer).unwrap().blob,
        blob.id().0
    );
    assert_eq!(ann.act(publishes(&blob.id(), 1), &mut letterbox), Ok(1));
    assert_eq!(ann.act(stage(Stage::Practice), &mut letterbox), Ok(2));
    let alone = ann.act(stage(Stage::Open), &mut letterbox);
    assert_eq!(alone, Err(ProposalProblem::WithoutEffect(Reason::NotReady)));

    // A second coordinator, by words.
    let mut world = World {
        letterbox,
        ann,
        ben: Desk::new(Person::new(2), &[genesis(&[&Person::new(1)]).0]),
        settings,
    };
    let link = world.invite(&single());
    let mut newcomer = Newcomer::new(60, link.clone());
    newcomer.join(&mut world.letterbox);
    let joined = newcomer.enrol.into_enrolled().unwrap();
    let mut ben = Desk::enrolled(newcomer.person, &joined);
    ben.look(&mut world.letterbox);
    assert_eq!(ben.blobs, [blob.id()], "before it is admitted");
    let opened = blob.open(&joined.settings, &link.region, &blob.id());
    assert!(opened.is_ok());

    world.ann.look(&mut world.letterbox);
    let joins = world.ann.joins();
    assert_eq!(joins.len(), 1);
    let join = joins[0].1.clone();
    let seen = Join::from_bytes(&join).unwrap();
    assert!(seen.verify_with(&link.keys()).is_ok());
    let own = Join::from_bytes(&joined.row.join).unwrap();
    assert_eq!(six_numbers(seen.request()), six_numbers(own.request()));
    let encryption = Person::new(1).encryption;
    let admits: MakeAct = Box::new(move |roster, key, at, _| {
        let opened = roster.open_all(&encryption);
        let next = roster.next(key, at);
        next.device_add(&[admission(&join, &all_roles())], &opened)
    });
    world.ann.act(admits, &mut world.letterbox).unwrap();
    assert!(world.ann.roster().is_ready());
    ben.look(&mut world.letterbox);
    ben.wait(3, &mut world.letterbox);
    assert!(ben.roster().coordinates(&ben.person.key(), Purpose::Count));

    // Ready: either of them goes on.
    let opened = world.ann.act(stage(Stage::Open), &mut world.letterbox);
    assert!(opened.is_ok());
    let grace = ben.act(stage(Stage::Grace), &mut world.letterbox);
    assert_eq!(grace, Ok(world.ann.roster().height() + 1));
    world.ann.look(&mut world.letterbox);
    assert_eq!(world.ann.roster().stage(&CAMPAIGN), Some(Stage::Grace));

    // And an evening and a desk beside it.
    for wanted in [evening(3), desk()] {
        let link = world.invite(&wanted);
        let mut volunteer = Newcomer::new(70, link);
        volunteer.join(&mut world.letterbox);
        assert!(volunteer.enrolled().offer.is_count_only());
    }
    world.ann.look(&mut world.letterbox);
    assert_eq!(world.ann.joins().len(), 3);
    world.ben = ben;
    world.same_rosters();
    world.ann.restart();
    world.same_rosters();
}

#[test]
fn two_by_one_single_invitation_reach_the_coordinator_and_neither_is_admitted_by_it() {
    let mut world = world();
    let link = world.invite(&single());
    let mut people = [60, 61].map(|seed| Newcomer::new(seed, link.clone()));
    for newcomer in &mut people {
        newcomer.join(&mut world.letterbox);
    }
    assert!(people[1].enrolled().frozen);
    world.ann.look(&mut world.letterbox);
    let joins = world.ann.joins();
    let read: Vec<Join> = joins
        .iter()
        .map(|(_, join)| Join::from_bytes(join).unwrap())
        .collect();
    assert!(veldpost_envelope::invitation::is_frozen(&read));
    assert!(world.ann.act(ends(&link), &mut world.letterbox).is_ok());
    let join = joins[0].1.clone();
    let encryption = Person::new(1).encryption;
    let admits: MakeAct = Box::new(move |roster, key, at, _| {
        let opened = roster.open_all(&encryption);
        let next = roster.next(key, at);
        next.device_add(&[admission(&join, &all_roles())], &opened)
    });
    let refused = world.ann.act(admits, &mut world.letterbox);
    assert_eq!(
        refused,
        Err(ProposalProblem::WithoutEffect(Reason::Invitation))
    );
}
