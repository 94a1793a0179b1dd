//! Proposals: their order, what is told of them, and what holds of an act that is made on an old roster.

use crate::letterbox::desk::Desk;
use crate::letterbox::people::{Person, Wanted, evening, link};
use crate::letterbox::{Letterbox, NOW};
use crate::world::{CAMPAIGN, genesis, invites, signs, stage, world};
use veldpost_envelope::act::{Act, Stage, StageChange};
use veldpost_envelope::genesis::Role;
use veldpost_envelope::object::{Checkpoint, Heads, ObjectHead};
use veldpost_envelope::roster::Reason;
use veldpost_envelope::wire::Call;
use veldpost_envelope::{EnvelopeError, Purpose};
use veldpost_relay::Founding;
use veldpost_store::Shelf;
use veldpost_sync::rows::checkpoint_key;
use veldpost_sync::{MakeAct, Notice, ProposalProblem};

#[test]
fn two_coordinators_at_the_same_time_both_end_up_in_the_roster() {
    let mut world = world();
    let links = [0, 1].map(|_| link(world.ann.roster().region(), &mut world.ann.rng));
    let one = invites(&world.ann.person, &links[0], &evening(2));
    let two = invites(&world.ben.person, &links[1], &evening(2));
    // Both are made on the same head and are on their way before either is answered.
    let one = world.ann.propose(one);
    let two = world.ben.propose(two);
    while world.ann.work_once(&mut world.letterbox) | world.ben.work_once(&mut world.letterbox) {}
    assert_eq!(world.ann.outcome(one), Some(Ok(1)));
    assert_eq!(
        world.ben.outcome(two),
        Some(Ok(2)),
        "made anew behind the other"
    );
    world.same_rosters();
    for link in &links {
        assert!(world.ann.roster().invitation(&link.invitation).is_some());
    }
}

#[test]
fn many_at_the_same_time_come_in_their_order() {
    let mut world = world();
    let mut wanted = Vec::new();
    for n in 0..6 {
        let link = link(world.ann.roster().region(), &mut world.ann.rng);
        let desk = if n % 2 == 0 {
            &mut world.ann
        } else {
            &mut world.ben
        };
        let make = invites(&desk.person, &link, &evening(2));
        wanted.push((n % 2, desk.propose(make)));
    }
    while world.ann.work_once(&mut world.letterbox) | world.ben.work_once(&mut world.letterbox) {}
    let heights = |side, desk: &Desk| -> Vec<u64> {
        let own = wanted.iter().filter(|(of, _)| *of == side);
        own.map(|(_, number)| desk.outcome(*number).unwrap().unwrap())
            .collect()
    };
    let (ann, ben) = (heights(0, &world.ann), heights(1, &world.ben));
    assert!(ann.is_sorted() && ben.is_sorted(), "{ann:?} {ben:?}");
    let mut all = [ann, ben].concat();
    all.sort_unstable();
    assert_eq!(all, [1, 2, 3, 4, 5, 6]);
    world.same_rosters();
}

#[test]
fn what_the_other_did_first_is_told_to_have_no_effect() {
    let mut world = world();
    let one = world.ann.propose(stage(Stage::Practice));
    let two = world.ben.propose(stage(Stage::Practice));
    while world.ann.work_once(&mut world.letterbox) | world.ben.work_once(&mut world.letterbox) {}
    assert_eq!(world.ann.outcome(one), Some(Ok(1)));
    let stage = Err(ProposalProblem::WithoutEffect(Reason::Stage));
    assert_eq!(world.ben.outcome(two), Some(stage));
    world.same_rosters();
}

#[test]
fn an_act_is_on_the_disk_when_it_is_told() {
    let mut world = world();
    let number = world.ann.propose(stage(Stage::Practice));
    while world.ann.outcome(number).is_none() {
        assert_eq!(
            world.ann.acts_on_disk().len() as u64,
            world.ann.roster().height() + 1
        );
        assert!(world.ann.work_once(&mut world.letterbox));
    }
    assert_eq!(world.ann.acts_on_disk().len(), 2);
    world.ann.restart();
    assert_eq!(world.ann.roster().stage(&CAMPAIGN), Some(Stage::Practice));
}

#[test]
fn an_act_that_cannot_be_made_is_told_without_a_call() {
    let mut world = world();
    let fails: MakeAct = Box::new(|_, _, _, _| Err(EnvelopeError::TooLarge("act")));
    let outcome = world.ann.act(fails, &mut world.letterbox);
    let problem = ProposalProblem::NotMade(EnvelopeError::TooLarge("act"));
    assert_eq!(outcome, Err(problem));
    assert_eq!(world.letterbox.count(Call::Acts), 0);
}

#[test]
fn a_proposal_given_up_on_its_way_is_read_like_anybody_elses() {
    let mut world = world();
    let number = world.ann.propose(stage(Stage::Practice));
    assert!(world.ann.device.withdraw_proposal(number));
    world.ann.work(&mut world.letterbox);
    world.ann.look(&mut world.letterbox);
    assert_eq!(world.ann.outcome(number), None);
    assert_eq!(world.ann.roster().stage(&CAMPAIGN), Some(Stage::Practice));
    world.same_rosters();
}

#[test]
fn who_was_removed_meanwhile_is_told_that_it_may_not_sign() {
    let mut world = world();
    let removed = veldpost_envelope::act::Removed {
        device: world.ann.person.key(),
        why: veldpost_envelope::act::RemovalReason::Left,
        streams: Vec::new(),
    };
    let removes: MakeAct = Box::new(move |roster, key, at, rng| {
        let next = roster.next(key, at);
        next.device_remove(vec![removed.clone()], rng)
    });
    world.ben.act(removes, &mut world.letterbox).unwrap();
    let outcome = world.ann.act(stage(Stage::Practice), &mut world.letterbox);
    assert_eq!(outcome, Err(ProposalProblem::WithoutEffect(Reason::Signer)));
    assert!(world.ann.notices.contains(&Notice::Removed));
}

#[test]
fn a_checkpoint_that_locked_names_is_offered_before_it() {
    let mut world = world();
    for stage_before in [Stage::Practice, Stage::Open, Stage::Grace] {
        world
            .ann
            .act(stage(stage_before), &mut world.letterbox)
            .unwrap();
    }
    let head = ObjectHead {
        region: world.ann.roster().region(),
        signer: world.ann.person.key(),
        roster_head: world.ann.roster().head(),
        at: NOW,
    };
    let heads = Heads::new(Vec::new()).unwrap();
    let signing = world.ann.person.signing();
    let checkpoint = Checkpoint::sign(head, Purpose::Count, 1, &heads, &signing).unwrap();
    let key = checkpoint_key(Purpose::Count, &world.ann.person.key());
    world.ann.write(Shelf::Objects, key, checkpoint.to_bytes());
    world.ann.restart();
    // It was offered once, and the relay lost it.
    let before = world.letterbox.relay.store().snapshot();
    world.ann.look(&mut world.letterbox);
    assert_eq!(world.letterbox.count(Call::Objects), 1);
    world.letterbox.relay.store().restore(before);
    let locked = signs(Act::Stage(StageChange {
        campaign: CAMPAIGN,
        stage: Stage::Locked,
        checkpoint: Some(checkpoint.hash().0),
    }));
    let number = world.ann.propose(locked);
    world.ann.work(&mut world.letterbox);
    world.ann.wait(5, &mut world.letterbox);
    assert_eq!(world.ann.outcome(number), Some(Ok(4)));
    assert_eq!(world.letterbox.count(Call::Objects), 2);
    world.same_rosters();
}

#[test]
fn what_has_no_effect_on_an_old_roster_is_held_against_the_relays() {
    let mut world = world();
    for stage_of_ann in [Stage::Practice, Stage::Open] {
        let made = world.ann.act(stage(stage_of_ann), &mut world.letterbox);
        assert!(made.is_ok());
    }
    // Ben holds genesis alone: there nothing is open, let alone closed.
    let grace = world.ben.act(stage(Stage::Grace), &mut world.letterbox);
    assert_eq!(grace, Ok(3));
    world.letterbox.calls.clear();
    let again = world.ben.act(stage(Stage::Open), &mut world.letterbox);
    assert_eq!(again, Err(ProposalProblem::WithoutEffect(Reason::Stage)));
    assert_eq!(world.letterbox.count(Call::Acts), 0);
    // Before there is a region at a relay nobody knows better.
    let mut empty = Letterbox::new(Founding::Closed);
    let (act, _) = genesis(&[&Person::new(1)]);
    let mut alone = Desk::new(Person::new(1), &[act]);
    let open = alone.act(stage(Stage::Open), &mut empty);
    assert_eq!(open, Err(ProposalProblem::WithoutEffect(Reason::NotReady)));
}

#[test]
fn roles_of_the_field_are_all_that_a_group_gives() {
    let mut world = world();
    let wanted = Wanted {
        roles: vec![Role::Coordinator(Purpose::Count)],
        ..evening(3)
    };
    let link = link(world.ann.roster().region(), &mut world.ann.rng);
    let keys = link.keys();
    let make: MakeAct = Box::new(move |roster, key, at, _| {
        let new = veldpost_envelope::roster::NewInvite {
            id: link.invitation,
            form: wanted.form,
            roles: wanted.roles.clone(),
            uses: wanted.uses,
            ends: wanted.ends,
            token: keys.token(),
            organisation: None,
        };
        let prove = |fields: &[u8]| keys.proof(veldpost_envelope::invitation::InviteFields(fields));
        roster.next(key, at).invite(new, prove)
    });
    let outcome = world.ann.act(make, &mut world.letterbox);
    assert_eq!(
        outcome,
        Err(ProposalProblem::WithoutEffect(Reason::GroupRoles))
    );
}
