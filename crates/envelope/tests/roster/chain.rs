//! What a reader does with what it finds, going up.

use crate::support::region::{Phone, Region};
use veldpost_envelope::act::{
    self, Act, ActHead, FormPublish, MAX_ACT, MAX_SMALL_ACT, Release, SettingsPublish,
};
use veldpost_envelope::canonical::Writer;
use veldpost_envelope::genesis::Role;
use veldpost_envelope::roster::{Reason, Taken};
use veldpost_envelope::{ActHash, DeviceSigningKey, EnvelopeError, RegionId, Roster, label};

fn release() -> Act {
    Act::Release(Release {
        version: "1.0".to_owned(),
        manifest: [9; 32],
    })
}

/// Signs a body made by hand.
pub fn signed(body: &[u8], signer: &DeviceSigningKey) -> Vec<u8> {
    let genesis = body[3] == 1;
    let by = signer.public().0;
    let by: &[u8] = if genesis { &[] } else { &by };
    let hash = label::sha256(&[label::ROSTER, body, by]);
    let mut out = Writer::default();
    out.array(3).bytes(body).bytes(&signer.public().0);
    out.bytes(&signer.sign(label::ROSTER, &hash));
    out.finish()
}

/// `v, suite, kind, region, height, prev, at` as the head of an array of `fields`.
fn body(head: &ActHead, versions: [u64; 2], fields: usize) -> Writer {
    let mut out = Writer::default();
    out.array(fields);
    out.uint(versions[0])
        .uint(versions[1])
        .uint(head.kind)
        .bytes_or_null(head.region.as_ref().map(|id| id.0.as_slice()))
        .uint(head.height)
        .bytes_or_null(head.prev.as_ref().map(|id| id.0.as_slice()))
        .int(head.at);
    out
}

fn refused(region: &Region, act: &[u8]) -> EnvelopeError {
    let mut roster = region.roster.clone();
    let problem = roster.take(act).unwrap_err();
    assert_eq!(roster, region.roster, "nothing changes");
    problem
}

fn refused_head(change: impl FnOnce(&mut ActHead)) -> EnvelopeError {
    let region = Region::of_one(400);
    let mut head = region.head();
    change(&mut head);
    let act = act::create(&head, &release(), &region.founder.signing).unwrap();
    refused(&region, &act)
}

#[test]
fn an_act_on_the_head_becomes_the_head() {
    let mut region = Region::of_one(401);
    let before = region.roster.head();
    region.apply(region.next(&region.founder).sign(&release()));
    assert_eq!(region.roster.height(), 1);
    assert_ne!(region.roster.head(), before);
    assert!(region.roster.contains(&before));
    assert_eq!(region.roster.act_at(0), Some(before));
    assert_eq!(region.roster.height_of(&region.roster.head()), Some(1));
}

#[test]
fn an_act_of_another_region_is_not_taken() {
    let problem = refused_head(|head| head.region = Some(RegionId([1; 32])));
    assert_eq!(problem, EnvelopeError::Forged("region"));
    let problem = refused_head(|head| head.region = None);
    assert_eq!(problem, EnvelopeError::Forged("region"));
}

#[test]
fn an_act_that_skips_a_height_is_not_taken() {
    let problem = refused_head(|head| head.height += 1);
    assert_eq!(problem, EnvelopeError::Forged("height"));
}

#[test]
fn an_act_on_another_one_before_is_not_taken() {
    let problem = refused_head(|head| head.prev = Some(ActHash([1; 32])));
    assert_eq!(problem, EnvelopeError::Forged("the act before"));
    let problem = refused_head(|head| head.prev = None);
    assert_eq!(problem, EnvelopeError::Forged("the act before"));
}

#[test]
fn an_act_whose_signature_does_not_hold_is_not_taken() {
    let region = Region::of_one(402);
    let mut act = region.raw(&region.founder, &release());
    *act.last_mut().unwrap() ^= 1;
    let problem = refused(&region, &act);
    assert_eq!(problem, EnvelopeError::Forged("signature"));
}

#[test]
fn an_act_of_nobody_or_of_a_removed_device_is_not_taken() {
    let mut region = Region::of_one(403);
    let stranger = region.phone();
    let gone = region.add(&[Role::Counter]);
    let founder = region.founder.clone();
    region.remove(&founder, &gone);
    for phone in [&stranger, &gone] {
        let problem = refused(&region, &region.raw(phone, &release()));
        assert_eq!(problem, EnvelopeError::Forged("not a member's act"));
    }
}

#[test]
fn the_kit_signs_nothing_but_a_recovery() {
    let region = Region::of_one(404);
    let kit = Phone {
        signing: region.kit.root(),
        encryption: region.kit.recovery().clone(),
    };
    let problem = refused(&region, &region.raw(&kit, &release()));
    assert_eq!(problem, EnvelopeError::Forged("not a member's act"));
}

#[test]
fn the_same_act_again_changes_nothing() {
    let mut region = Region::of_one(405);
    let act = region.next(&region.founder).sign(&release()).unwrap();
    region.apply(Ok(act.clone()));
    let before = region.roster.clone();
    assert_eq!(region.take(act), Taken::Held);
    let genesis = region.genesis.clone();
    assert_eq!(region.take(genesis), Taken::Held);
    assert_eq!(region.roster, before);
}

#[test]
fn another_act_at_a_height_that_is_held_is_proof_and_nothing_more() {
    let mut region = Region::of_one(406);
    let first = region.next(&region.founder).sign(&release()).unwrap();
    let other = region.raw(
        &region.founder,
        &Act::FormPublish(FormPublish {
            number: 1,
            blob: [1; 32],
        }),
    );
    let stranger = region.phone();
    let by_stranger = region.raw(&stranger, &release());
    region.apply(Ok(first));
    let before = region.roster.clone();
    assert_eq!(region.take(other), Taken::Fork);
    assert_eq!(region.roster, before);
    let problem = refused(&region, &by_stranger);
    assert_eq!(problem, EnvelopeError::Forged("not a member's act"));
}

#[test]
fn the_same_body_by_another_signer_is_another_act() {
    let mut region = Region::of_one(418);
    let counter = region.add(&[Role::Counter]);
    let good = region.raw(&region.founder, &release());
    let by_counter = region.raw(&counter, &release());
    let mut deceived = region.clone();
    region.apply(Ok(good.clone()));
    let taken = deceived.take(by_counter);
    assert_eq!(taken, Taken::WithoutEffect(Reason::Signer));
    assert_ne!(region.roster.head(), deceived.roster.head());
    assert_eq!(deceived.roster.take(&good), Ok(Taken::Fork));
}

#[test]
fn an_unknown_kind_by_a_coordinator_counts_and_does_nothing() {
    let mut region = Region::of_one(407);
    let act = region.raw(&region.founder, &Act::Unknown(77));
    assert_eq!(region.take(act), Taken::Unknown);
    assert_eq!(region.roster.height(), 1);
    assert!(region.roster.is_newer());
    region.apply(region.next(&region.founder).sign(&release()));
}

#[test]
fn an_unknown_kind_by_anybody_else_has_no_effect_and_asks_for_no_update() {
    let mut region = Region::of_one(408);
    let counter = region.add(&[Role::Counter]);
    let act = region.raw(&counter, &Act::Unknown(77));
    assert_eq!(region.take(act), Taken::WithoutEffect(Reason::Signer));
    assert!(!region.roster.is_newer());
    let stranger = region.phone();
    let problem = refused(&region, &region.raw(&stranger, &release()));
    assert_eq!(problem, EnvelopeError::Forged("not a member's act"));
}

#[test]
fn a_broken_act_behind_an_unknown_kind_asks_for_an_update() {
    let mut region = Region::of_one(409);
    let act = region.raw(&region.founder, &Act::Unknown(77));
    region.take(act);
    let stranger = region.phone();
    let problem = refused(&region, &region.raw(&stranger, &release()));
    assert_eq!(problem, EnvelopeError::Newer("an act before this one"));
}

#[test]
fn another_version_or_suite_is_newer() {
    let region = Region::of_one(410);
    for (versions, what) in [([2, 1], "act"), ([1, 2], "suite")] {
        let mut head = region.head();
        head.kind = act::RELEASE;
        let body = body(&head, versions, 7).finish();
        let problem = refused(&region, &signed(&body, &region.founder.signing));
        assert_eq!(problem, EnvelopeError::Newer(what));
    }
}

#[test]
fn an_act_that_is_not_what_its_kind_says_stays_without_effect() {
    let mut region = Region::of_one(411);
    for kind in (act::GENESIS..=act::INVITE_END).filter(|kind| *kind != act::RECOVER) {
        let mut head = region.head();
        head.kind = kind;
        let body = body(&head, [1, 1], 7).finish();
        let act = signed(&body, &region.founder.signing);
        let taken = region.take(act);
        assert_eq!(
            taken,
            Taken::WithoutEffect(Reason::Malformed),
            "kind {kind}"
        );
    }
    assert_eq!(region.roster.without_effect().len(), 11);
    region.apply(region.next(&region.founder).sign(&release()));
}

#[test]
fn newer_fields_at_the_end_of_an_act_are_left_alone() {
    let mut region = Region::of_one(412);
    let mut head = region.head();
    head.kind = act::RELEASE;
    let mut body = body(&head, [1, 1], 10);
    body.text("1.0").bytes(&[9; 32]).null().text("newer");
    let act = signed(&body.finish(), &region.founder.signing);
    assert_eq!(
        region.take(act),
        Taken::WithoutEffect(Reason::Malformed),
        "nine, not ten"
    );

    let mut head = region.head();
    head.kind = act::RELEASE;
    let mut body = self::body(&head, [1, 1], 11);
    body.text("1.0").bytes(&[9; 32]).null().text("newer");
    let act = signed(&body.finish(), &region.founder.signing);
    assert_eq!(region.take(act), Taken::Applied);
    assert_eq!(region.roster.release().unwrap().version, "1.0");
}

/// A release with a further field, so that the act has exactly that many bytes.
fn release_of(region: &Region, bytes: usize) -> Vec<u8> {
    let mut head = region.head();
    head.kind = act::RELEASE;
    let of = |filler: usize| {
        let mut body = body(&head, [1, 1], 10);
        body.text("1.0").bytes(&[9; 32]).bytes(&vec![0; filler]);
        signed(&body.finish(), &region.founder.signing)
    };
    let filler = bytes - of(30).len() + 30;
    (filler.saturating_sub(8)..=filler)
        .map(of)
        .find(|act| act.len() == bytes)
        .unwrap()
}

#[test]
fn a_small_act_has_at_most_300_bytes() {
    let mut region = Region::of_one(413);
    let act = release_of(&region, MAX_SMALL_ACT);
    assert_eq!(region.take(act), Taken::Applied);
    let act = release_of(&region, MAX_SMALL_ACT + 1);
    assert_eq!(region.take(act), Taken::WithoutEffect(Reason::Limit));
}

#[test]
fn what_a_relay_appends_to_the_frame_changes_nothing() {
    let mut region = Region::of_one(419);
    let mut act = release_of(&region, MAX_SMALL_ACT);
    let mut tail = Writer::default();
    tail.bytes(&[7; 200]);
    act[0] = 0x84;
    act.extend(tail.finish());
    assert_eq!(region.take(act), Taken::Applied);
}

#[test]
fn no_act_has_more_than_256_kib() {
    let region = Region::of_one(414);
    let problem = refused(&region, &release_of(&region, MAX_ACT + 1));
    assert_eq!(problem, EnvelopeError::TooLarge("act"));
}

#[test]
fn an_act_that_is_refused_can_be_followed_by_the_right_one() {
    let mut region = Region::of_one(415);
    let stranger = region.phone();
    let forged = region.raw(&stranger, &release());
    refused(&region, &forged);
    region.apply(region.next(&region.founder).sign(&release()));
}

#[test]
fn what_stays_without_effect_counts_in_the_chain() {
    let mut region = Region::of_one(416);
    let counter = region.add(&[Role::Counter]);
    let settings = Act::Settings(SettingsPublish {
        number: 1,
        blob: [1; 32],
        cards: None,
    });
    let act = region.raw(&counter, &settings);
    assert_eq!(region.take(act), Taken::WithoutEffect(Reason::Signer));
    assert_eq!(region.roster.settings(), None);
    assert_eq!(region.roster.without_effect(), [(2, Reason::Signer)]);
    region.apply(region.next(&region.founder).sign(&settings));
    assert_eq!(region.roster.height(), 3);
}

#[test]
fn every_reader_that_goes_up_again_finds_the_same() {
    let mut region = Region::of_one(417);
    let counter = region.add(&[Role::Counter]);
    let act = region.raw(&counter, &release());
    region.take(act);
    let founder = region.founder.clone();
    region.remove(&founder, &counter);
    let genesis = veldpost_envelope::Genesis::verify(&region.genesis).unwrap();
    let mut again = Roster::new(&genesis);
    for act in &region.acts {
        again.take(act).unwrap();
    }
    assert_eq!(again, region.roster);
}
