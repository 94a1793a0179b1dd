//! Proposals whose way is hard: answers that are lost, a full disk, a clock that is wrong, a relay that refuses or lies.

use crate::letterbox::people::{evening, link};
use crate::letterbox::{DAY, Fault, NOW};
use crate::world::{CAMPAIGN, invites, stage, world};
use veldpost_envelope::ActHash;
use veldpost_envelope::act::{self, Act, ActHead, SignedAct, Stage, StageChange};
use veldpost_envelope::roster::Reason;
use veldpost_envelope::wire::{BlobAsk, Call, Code, Incarnation, RosterHead};
use veldpost_sync::{MakeAct, Notice, ProposalProblem};

#[test]
fn a_disk_that_is_full_once_delays_a_proposal_and_loses_none() {
    let mut world = world();
    world.ann.full = true;
    let number = world.ann.propose(stage(Stage::Practice));
    world.ann.work(&mut world.letterbox);
    assert_eq!(world.ann.outcome(number), None);
    assert!(world.ann.notices.contains(&Notice::NotWritten));
    world.ann.wait(5, &mut world.letterbox);
    assert_eq!(world.ann.outcome(number), Some(Ok(1)));
    world.same_rosters();
}

#[test]
fn a_proposal_whose_answer_is_lost_at_any_point_stands_once() {
    for fault in [
        Fault::Lost,
        Fault::AnswerLost,
        Fault::login_page(),
        Fault::garbage(),
        Fault::Refused(Code::Busy, Some(20)),
        Fault::Refused(Code::SlowDown, Some(20)),
        Fault::Refused(Code::Internal, None),
        Fault::Refused(Code::Full, None),
    ] {
        let mut world = world();
        world.letterbox.fail(Call::Acts, fault);
        let number = world.ann.propose(stage(Stage::Practice));
        world.ann.work(&mut world.letterbox);
        assert_eq!(world.ann.outcome(number), None);
        world.ann.wait(5, &mut world.letterbox);
        assert_eq!(world.ann.outcome(number), Some(Ok(1)));
        assert_eq!(world.letterbox.count(Call::Acts), 2);
        world.same_rosters();
        assert_eq!(world.ann.roster().height(), 1);
    }
}

#[test]
fn an_act_that_got_there_and_was_read_as_news_counts_as_done() {
    let mut world = world();
    world.letterbox.fail(Call::Acts, Fault::AnswerLost);
    let number = world.ann.propose(stage(Stage::Practice));
    world.ann.work(&mut world.letterbox);
    // Ben goes on behind it before Ann tries again.
    let open = world.ben.act(stage(Stage::Open), &mut world.letterbox);
    assert_eq!(open, Ok(2));
    world.ann.step_without_hint(&mut world.letterbox);
    world.ann.wait(5, &mut world.letterbox);
    assert_eq!(world.ann.outcome(number), Some(Ok(1)));
    world.same_rosters();
    assert_eq!(world.ann.roster().height(), 2);
}

#[test]
fn the_answer_to_reading_the_roster_may_be_lost_too() {
    for fault in [
        Fault::Lost,
        Fault::login_page(),
        Fault::garbage(),
        Fault::Refused(Code::Busy, Some(20)),
    ] {
        let mut world = world();
        assert_eq!(
            world.ben.act(stage(Stage::Practice), &mut world.letterbox),
            Ok(1)
        );
        world.letterbox.fail(Call::Roster, fault);
        let link = link(world.ann.roster().region(), &mut world.ann.rng);
        let make = invites(&world.ann.person, &link, &evening(2));
        let number = world.ann.propose(make);
        world.ann.work(&mut world.letterbox);
        assert_eq!(world.ann.outcome(number), None);
        world.ann.wait(5, &mut world.letterbox);
        assert_eq!(world.ann.outcome(number), Some(Ok(2)));
        world.same_rosters();
    }
}

#[test]
fn a_clock_that_is_wrong_costs_a_proposal_one_call_more() {
    let mut world = world();
    world.ann.now = NOW - 400 * DAY;
    let outcome = world.ann.act(stage(Stage::Practice), &mut world.letterbox);
    assert_eq!(outcome, Ok(1));
    assert_eq!(world.letterbox.count(Call::Acts), 2);
    // What it learnt holds for errands too.
    let body = BlobAsk {
        region: world.ann.roster().region(),
        blob: [1; 32],
    };
    let answer = world
        .ann
        .run(Call::Blob, body.to_bytes(), &mut world.letterbox);
    assert_eq!(answer, Err(Code::UnknownBlob));
    assert_eq!(world.letterbox.count(Call::Blob), 1);
}

#[test]
fn a_relay_that_refuses_an_act_for_good_is_told_and_the_next_one_goes_on() {
    let mut world = world();
    world
        .letterbox
        .fail(Call::Acts, Fault::Refused(Code::Newer, None));
    let one = world.ann.propose(stage(Stage::Practice));
    let two = world.ann.propose(stage(Stage::Practice));
    world.ann.work(&mut world.letterbox);
    let refused = Err(ProposalProblem::Refused(Code::Newer));
    assert_eq!(world.ann.outcome(one), Some(refused));
    assert_eq!(world.ann.outcome(two), Some(Ok(1)));
}

#[test]
fn a_relay_that_always_says_that_the_roster_moved_is_told_in_the_end() {
    let mut world = world();
    let head = RosterHead {
        incarnation: Incarnation([1; 16]),
        height: 5,
        head: ActHash([5; 32]),
    };
    for _ in 0..60 {
        let mut problem = veldpost_envelope::wire::Problem::new(Code::RosterMoved);
        problem.answer = Some(head.to_bytes());
        let body = problem.to_json().into_bytes();
        let moved = Fault::Else(409, "application/problem+json", body);
        world.letterbox.fail(Call::Acts, moved);
    }
    let number = world.ann.propose(stage(Stage::Practice));
    world.ann.work(&mut world.letterbox);
    world.ann.wait(60, &mut world.letterbox);
    let refused = Err(ProposalProblem::Refused(Code::RosterMoved));
    assert_eq!(world.ann.outcome(number), Some(refused));
    assert!(world.letterbox.count(Call::Acts) < 20);
}

fn head_of(height: u64, head: ActHash) -> Fault {
    let head = RosterHead {
        incarnation: Incarnation([1; 16]),
        height,
        head,
    };
    Fault::Else(200, "application/cbor", head.to_bytes())
}

#[test]
fn a_relay_that_answers_with_another_act_is_not_believed() {
    let mut world = world();
    world
        .letterbox
        .fail(Call::Acts, head_of(1, ActHash([5; 32])));
    let number = world.ann.propose(stage(Stage::Practice));
    world.ann.work(&mut world.letterbox);
    assert_eq!(world.ann.outcome(number), None);
    assert_eq!(world.ann.roster().height(), 0);
    world.ann.wait(5, &mut world.letterbox);
    assert_eq!(world.ann.outcome(number), Some(Ok(1)));
    world.same_rosters();
}

#[test]
fn an_act_that_stands_there_without_effect_is_told_so() {
    let mut world = world();
    let open = Act::Stage(StageChange {
        campaign: CAMPAIGN,
        stage: Stage::Grace,
        checkpoint: None,
    });
    let head = ActHead {
        kind: open.kind(),
        region: Some(world.ann.roster().region()),
        height: 1,
        prev: Some(world.ann.roster().head()),
        at: NOW,
    };
    let made = act::create(&head, &open, &world.ann.person.signing).unwrap();
    let hash = SignedAct::open(&made).unwrap().hash;
    world.letterbox.fail(Call::Acts, head_of(1, hash));
    let make: MakeAct = Box::new(move |_, _, _, _| Ok(made.clone()));
    let outcome = world.ann.act(make, &mut world.letterbox);
    assert_eq!(outcome, Err(ProposalProblem::WithoutEffect(Reason::Stage)));
}

#[test]
fn a_relay_that_lost_acts_gets_them_before_the_proposal() {
    let mut world = world();
    let before = world.letterbox.relay.store().snapshot();
    assert_eq!(
        world.ann.act(stage(Stage::Practice), &mut world.letterbox),
        Ok(1)
    );
    world.letterbox.relay.store().restore(before);
    let outcome = {
        let number = world.ann.propose(stage(Stage::Open));
        world.ann.work(&mut world.letterbox);
        world.ann.wait(5, &mut world.letterbox);
        world.ann.outcome(number)
    };
    assert_eq!(outcome, Some(Ok(2)));
    world.same_rosters();
}

#[test]
fn without_an_answer_it_is_tried_until_it_is_given_up() {
    let mut world = world();
    for _ in 0..30 {
        world.letterbox.fail(Call::Acts, Fault::Lost);
    }
    let number = world.ann.propose(stage(Stage::Practice));
    world.ann.work(&mut world.letterbox);
    world.ann.wait(25, &mut world.letterbox);
    assert_eq!(world.ann.outcome(number), None);
    assert!(world.letterbox.count(Call::Acts) > 10);
    assert!(world.ann.device.withdraw_proposal(number));
    assert!(!world.ann.device.withdraw_proposal(number));
    world.letterbox.faults.clear();
    world.letterbox.calls.clear();
    world.ann.wait(5, &mut world.letterbox);
    assert_eq!(world.letterbox.count(Call::Acts), 0);
}
