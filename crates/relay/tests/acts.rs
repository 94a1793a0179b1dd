//! The log that a relay appends to on its head only.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use core::slice::from_ref;
use support::stream::Stream;
use support::{CAMPAIGN, DAY, NOW, Person, World, genesis, open, settings};
use veldpost_envelope::act::{
    Act, ActHead, EndReason, InviteEnd, InviteForm, Release, Stage, StageChange, create,
};
use veldpost_envelope::genesis::{RegionForm, Role};
use veldpost_envelope::roster::Reason;
use veldpost_envelope::wire::{ActsAsk, Code, Incarnation, RosterAnswer, RosterAsk, RosterHead};
use veldpost_envelope::{Purpose, RegionId};
use veldpost_relay::memory::MemoryStore;
use veldpost_relay::{Founding, Relay, RelayError, Settings};

fn roster_from(world: &World, from: u64) -> (RosterHead, Vec<Vec<u8>>) {
    let ask = RosterAsk {
        region: world.region,
        from,
    };
    let answer = world
        .relay
        .roster(&world.stranger.calls(NOW), &ask.to_bytes());
    let answer = answer.unwrap();
    let answer = RosterAnswer::from_bytes(&answer).unwrap();
    (
        answer.head,
        answer.acts.iter().map(|act| act.to_vec()).collect(),
    )
}

/// An act as who does not look at the rules signs it.
fn raw(world: &World, person: &Person, act: &Act, at: i64) -> Vec<u8> {
    let head = ActHead {
        kind: 0,
        region: Some(world.region),
        height: world.roster.height() + 1,
        prev: Some(world.roster.head()),
        at,
    };
    create(&head, act, &person.signing).unwrap()
}

fn release(version: &str) -> Act {
    Act::Release(Release {
        version: version.into(),
        manifest: [1; 32],
    })
}

fn stage(stage: Stage, checkpoint: Option<[u8; 32]>) -> Act {
    Act::Stage(StageChange {
        campaign: CAMPAIGN,
        stage,
        checkpoint,
    })
}

#[test]
fn a_log_is_appended_to_and_read_from_any_height() {
    let mut world = World::new(1);
    world.invite(InviteForm::Evening, &[Role::Counter], 60);
    let (head, acts) = roster_from(&world, 0);
    assert_eq!((head.height, head.head), (1, world.roster.head()));
    assert_eq!(acts, world.acts);
    assert_eq!(roster_from(&world, 1).1, world.acts[1..]);
    assert_eq!(roster_from(&world, 2).1.len(), 0);
    assert_eq!(roster_from(&world, u64::MAX).1.len(), 0);
}

#[test]
fn acts_that_are_held_are_passed_over() {
    let mut world = World::new(1);
    world.invite(InviteForm::Evening, &[Role::Counter], 60);
    let before = world.store.snapshot();
    let head = world.offer_all(NOW).unwrap();
    assert_eq!(head.head, world.roster.head());
    assert!(world.store.snapshot() == before);
    let act = raw(&world, &world.founder, &release("1.0"), NOW);
    world.note(act);
    assert_eq!(world.offer_all(NOW).unwrap().height, 2);
}

#[test]
fn only_the_first_of_two_acts_on_one_head_is_appended() {
    let mut world = World::new(1);
    let one = raw(&world, &world.founder, &release("1.0"), NOW);
    let two = raw(&world, &world.founder, &release("2.0"), NOW);
    world.append(one);
    let head = RosterHead {
        incarnation: Incarnation([1; 16]),
        height: 1,
        head: world.roster.head(),
    };
    let refused = world.offer(&[two], NOW).unwrap_err();
    assert_eq!(refused, RelayError::RosterMoved(head));
    assert_eq!(refused.problem().answer, Some(head.to_bytes()));
}

#[test]
fn an_act_beyond_the_head_says_where_the_head_is() {
    let mut world = World::new(1);
    let one = raw(&world, &world.founder, &release("1.0"), NOW);
    world.note(one);
    let two = raw(&world, &world.founder, &release("2.0"), NOW);
    let refused = world.offer(&[two], NOW).unwrap_err();
    assert!(matches!(refused, RelayError::RosterMoved(head) if head.height == 0));
}

#[test]
fn what_comes_before_an_act_that_is_refused_is_stored() {
    let mut world = World::new(1);
    let good = raw(&world, &world.founder, &release("1.0"), NOW);
    world.note(good.clone());
    let bad = raw(&world, &world.worker, &release("2.0"), NOW);
    let refused = world.offer(&[good, bad], NOW).unwrap_err();
    assert_eq!(refused, RelayError::ActRefused(Reason::Signer));
    assert_eq!(roster_from(&world, 0).0.height, 1);
}

#[test]
fn an_act_without_effect_is_not_appended_but_a_log_that_has_one_is_taken() {
    let mut world = World::new(1);
    let idle = raw(&world, &world.worker, &release("1.0"), NOW);
    let refused = world.offer(from_ref(&idle), NOW).unwrap_err();
    assert_eq!(refused, RelayError::ActRefused(Reason::Signer));
    assert_eq!(roster_from(&world, 0).0.height, 0);
    world.note(idle);
    let good = raw(&world, &world.founder, &release("2.0"), NOW);
    world.note(good);
    let idle = raw(&world, &world.worker, &release("3.0"), NOW);
    world.note(idle);
    let refused = world.offer_all(NOW).unwrap_err();
    assert_eq!(refused, RelayError::ActRefused(Reason::Signer));
    assert_eq!(roster_from(&world, 0).1, world.acts[..3]);
}

#[test]
fn an_act_of_a_stranger_or_one_that_was_changed_is_forged() {
    let world = World::new(1);
    let strange = raw(&world, &world.stranger, &release("1.0"), NOW);
    let refused = world.offer(&[strange], NOW).unwrap_err();
    assert_eq!(refused.code(), Code::Forged);
    let mut changed = raw(&world, &world.founder, &release("1.0"), NOW);
    let last = changed.len() - 1;
    changed[last] ^= 1;
    assert_eq!(
        world.offer(&[changed], NOW).unwrap_err().code(),
        Code::Forged
    );
    let junk = world.offer(&[vec![1, 2, 3]], NOW).unwrap_err();
    assert_eq!(junk.code(), Code::Malformed);
    let large = world.offer(&[vec![0; 262_145]], NOW).unwrap_err();
    assert_eq!(large.code(), Code::TooLarge);
}

#[test]
fn an_act_of_an_unknown_kind_by_a_coordinator_travels_on() {
    let mut world = World::new(1);
    let unknown = raw(&world, &world.founder, &Act::Unknown(99), NOW);
    world.append(unknown);
    assert_eq!(roster_from(&world, 0).0.height, 1);
    let by_worker = raw(&world, &world.worker, &Act::Unknown(99), NOW);
    assert!(world.offer(&[by_worker], NOW).is_err());
}

#[test]
fn locked_names_a_checkpoint_of_its_signer_that_is_held() {
    let mut world = World::new(1);
    let mut stream = Stream::new(&world, &world.worker, Purpose::Count, 5);
    stream.commit(2);
    world.push(&stream.entries);
    for next in [Stage::Practice, Stage::Open] {
        let act = raw(&world, &world.founder, &stage(next, None), NOW);
        world.append(act);
    }
    let checkpoint = world.checkpoint(&world.founder, Purpose::Count, 1, &stream.entries[3]);
    let named = stage(Stage::Locked, Some(checkpoint.hash().0));
    let act = raw(&world, &world.founder, &named, NOW);
    let refused = world.offer(from_ref(&act), NOW).unwrap_err();
    assert_eq!(refused, RelayError::NoCheckpoint);
    let of_another = world.checkpoint(&world.second, Purpose::Count, 1, &stream.entries[3]);
    assert_eq!(world.say(&[&checkpoint, &of_another]), [None; 2]);
    let wrong = stage(Stage::Locked, Some(of_another.hash().0));
    let wrong = raw(&world, &world.founder, &wrong, NOW);
    let refused = world.offer(&[wrong], NOW).unwrap_err();
    assert_eq!(refused, RelayError::ActRefused(Reason::Checkpoint));
    world.append(act);
    assert_eq!(world.roster.height(), 3);
}

#[test]
fn a_log_that_went_on_after_locked_is_taken_without_the_checkpoint() {
    let mut world = World::new(1);
    for next in [Stage::Practice, Stage::Open] {
        let act = raw(&world, &world.founder, &stage(next, None), NOW);
        world.append(act);
    }
    let locked = raw(
        &world,
        &world.founder,
        &stage(Stage::Locked, Some([9; 32])),
        NOW,
    );
    world.note(locked);
    let act = raw(&world, &world.founder, &release("1.0"), NOW);
    world.note(act);
    assert_eq!(world.offer_all(NOW).unwrap().height, 4);
}

#[test]
fn the_checkpoint_that_locked_is_taken_when_its_signer_was_removed_and_no_other_of_that_signer() {
    let mut world = World::new(1);
    let mut stream = Stream::new(&world, &world.worker, Purpose::Count, 5);
    stream.commit(2);
    for next in [Stage::Practice, Stage::Open] {
        let act = raw(&world, &world.founder, &stage(next, None), NOW);
        world.append(act);
    }
    let named = world.checkpoint(&world.second, Purpose::Count, 1, &stream.entries[3]);
    let other = world.checkpoint(&world.second, Purpose::Count, 2, &stream.entries[2]);
    let locked = stage(Stage::Locked, Some(named.hash().0));
    let locked = raw(&world, &world.second, &locked, NOW);
    world.note(locked);
    let removal = world.make_removal(world.second.key(), Vec::new());
    world.note(removal);
    assert_eq!(world.offer_all(NOW).unwrap().height, 4);
    let said = world.say(&[&named, &other]);
    assert_eq!(said, [None, Some(Code::NotAllowed)]);
}

#[test]
fn a_region_is_founded_by_whom_the_operator_lets() {
    let code = || Founding::Code("paard".into());
    for (founding, given, may) in [
        (Founding::Open, None, true),
        (Founding::Closed, Some("paard"), false),
        (code(), None, false),
        (code(), Some("paarde"), false),
        (code(), Some("paard"), true),
    ] {
        let world = World::unfounded(1);
        let settings = Settings {
            founding,
            ..settings()
        };
        let relay = Relay::open(MemoryStore::new(), settings, Incarnation([1; 16])).unwrap();
        let ask = ActsAsk {
            region: world.region,
            acts: vec![&world.acts[0]],
            founding: given,
        };
        let answer = relay.acts(&world.founder.calls(NOW), &ask.to_bytes());
        assert_eq!(answer.is_ok(), may, "{given:?}");
        if !may {
            assert_eq!(answer, Err(RelayError::Founding));
        }
    }
    assert_eq!(format!("{:?}", code()), "Code", "no log holds it");
}

#[test]
fn a_region_begins_with_its_own_genesis_and_never_in_practice() {
    let mut world = World::unfounded(1);
    let act = raw(&world, &world.founder, &release("1.0"), NOW);
    let refused = world.offer(&[act], NOW).unwrap_err();
    assert_eq!(refused, RelayError::UnknownRegion);
    let own = world.region;
    world.region = RegionId([9; 32]);
    assert_eq!(world.offer_all(NOW).unwrap_err().code(), Code::Malformed);
    world.region = own;
    let alone = Person::new(50);
    let act = genesis(
        &mut world.rng,
        RegionForm::Practice,
        &[alone.with(&[Role::Counter])],
    );
    world.region = veldpost_envelope::Genesis::verify(&act).unwrap().region;
    let refused = world.offer(&[act], NOW).unwrap_err();
    assert_eq!(refused, RelayError::ActRefused(Reason::Practice));
    let ask = RosterAsk {
        region: world.region,
        from: 0,
    };
    let refused = world.relay.roster(&alone.calls(NOW), &ask.to_bytes());
    assert_eq!(refused, Err(RelayError::UnknownRegion));
}

#[test]
fn after_a_restore_only_acts_of_before_are_taken_for_a_day() {
    let mut world = World::new(1);
    let backup = world.store.snapshot();
    let lost = raw(&world, &world.founder, &release("1.0"), NOW - 5);
    world.append(lost);
    world.store.restore(backup);
    world.relay.restored(Incarnation([2; 16]), NOW).unwrap();
    let new = raw(&world, &world.founder, &release("2.0"), NOW);
    let refused = world
        .offer(&[world.acts[1].clone(), new.clone()], NOW + 1_000)
        .unwrap_err();
    assert_eq!(refused, RelayError::Busy(86_400));
    assert_eq!(refused.retry_after(), Some(86_400));
    let (head, _) = roster_from(&world, 0);
    assert_eq!((head.height, head.incarnation), (1, Incarnation([2; 16])));
    assert!(world.offer(from_ref(&new), NOW + DAY - 1).is_err());
    assert_eq!(world.offer(&[new], NOW + DAY).unwrap().height, 2);
}

#[test]
fn the_operator_may_end_the_wait_and_a_new_region_does_not_wait() {
    let mut world = World::new(1);
    world.relay.restored(Incarnation([2; 16]), NOW).unwrap();
    let new = raw(&world, &world.founder, &release("2.0"), NOW);
    assert_eq!(
        world.offer(from_ref(&new), NOW).unwrap_err().code(),
        Code::Busy
    );
    world.relay.is_whole().unwrap();
    world.append(new);
    let young = World::unfounded(3);
    young
        .relay
        .restored(Incarnation([3; 16]), NOW - 2 * DAY)
        .unwrap();
    assert_eq!(young.offer_all(NOW).unwrap().height, 0);
}

#[test]
fn an_invitation_that_ended_shows_in_the_log() {
    let mut world = World::new(1);
    let invited = world.invite(InviteForm::Evening, &[Role::Counter], 60);
    let end = Act::InviteEnd(InviteEnd {
        id: invited.id,
        why: EndReason::Leaked,
    });
    let act = raw(&world, &world.founder, &end, NOW);
    world.append(act);
    let refused = world.join(&Person::new(70), &invited).unwrap_err();
    assert_eq!(refused, RelayError::InvitationEnded);
}

#[test]
fn a_second_process_reads_what_the_first_appended() {
    let mut world = World::new(1);
    let second = open(&world.store);
    let ask = RosterAsk {
        region: world.region,
        from: 0,
    };
    second
        .roster(&world.founder.calls(NOW), &ask.to_bytes())
        .unwrap();
    let newcomer = Person::new(70);
    world.admit(
        &newcomer,
        &[Role::Counter, Role::Coordinator(Purpose::Count)],
        None,
    );
    let body = veldpost_envelope::wire::HeadsAsk {
        region: world.region,
        after: None,
    };
    assert!(second.heads(&newcomer.calls(NOW), &body.to_bytes()).is_ok());
}
