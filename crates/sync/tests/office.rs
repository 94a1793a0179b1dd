//! What a coordinator asks of the relay: founding, errands, proposals, blobs; against the relay's own core.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in a test a panic is the report"
)]

mod letterbox;

use letterbox::desk::Desk;
use letterbox::people::{
    Newcomer, Person, Seeded, Wanted, admission, all_roles, desk, evening, invite, link, single,
    welcome,
};
use letterbox::{DAY, Fault, Letterbox, NOW};
use veldpost_domain::CampaignId;
use veldpost_envelope::act::{
    self, Act, ActHead, EndReason, InviteEnd, SettingsPublish, SignedAct, Snapshot, Stage,
    StageChange,
};
use veldpost_envelope::blob::{BlobContent, SettingsBlob};
use veldpost_envelope::genesis::{GenesisInput, RegionForm, Role, create};
use veldpost_envelope::invitation::six_numbers;
use veldpost_envelope::object::{Checkpoint, Heads, ObjectHead};
use veldpost_envelope::roster::Reason;
use veldpost_envelope::wire::{
    ActsAsk, BlobAnswer, BlobAsk, BlobPutAnswer, BlobPutAsk, Call, Code, Incarnation, RosterHead,
    WelcomePutAsk,
};
use veldpost_envelope::{
    ActHash, Blob, BlobId, DeviceEncryptionKey, EnvelopeError, Join, Link, Purpose, Roster,
    SettingsKey,
};
use veldpost_relay::Founding;
use veldpost_store::Shelf;
use veldpost_sync::rows::checkpoint_key;
use veldpost_sync::{MakeAct, Notice, ProposalProblem, Wake};

const CAMPAIGN: CampaignId = CampaignId([8; 16]);

/// A region of two that coordinate everything, at its relay.
struct World {
    letterbox: Letterbox,
    ann: Desk,
    ben: Desk,
    settings: SettingsKey,
}

fn genesis(people: &[&Person]) -> (Vec<u8>, SettingsKey) {
    let devices: Vec<_> = people.iter().map(|one| one.with(&all_roles())).collect();
    let input = GenesisInput {
        at: NOW - DAY,
        form: RegionForm::Shared,
        devices: &devices,
    };
    let created = create(&input, &mut Seeded(9)).unwrap();
    (created.act, created.settings)
}

fn world() -> World {
    let mut letterbox = Letterbox::new(Founding::Open);
    let (ann, ben) = (Person::new(1), Person::new(2));
    let (act, settings) = genesis(&[&ann, &ben]);
    let (mut ann, mut ben) = (
        Desk::new(ann, core::slice::from_ref(&act)),
        Desk::new(ben, &[act]),
    );
    ann.found(None, &mut letterbox);
    assert_eq!(ann.founded, [Ok(())]);
    ann.look(&mut letterbox);
    ben.look(&mut letterbox);
    letterbox.calls.clear();
    World {
        letterbox,
        ann,
        ben,
        settings,
    }
}

fn signs(act: Act) -> MakeAct {
    Box::new(move |roster, key, at, _| roster.next(key, at).sign(&act))
}

fn stage(stage: Stage) -> MakeAct {
    signs(Act::Stage(StageChange {
        campaign: CAMPAIGN,
        stage,
        checkpoint: None,
    }))
}

fn publishes(blob: &BlobId, number: u64) -> MakeAct {
    signs(Act::Settings(SettingsPublish {
        number,
        blob: blob.0,
        cards: None,
    }))
}

fn invites(signer: &Person, link: &Link, wanted: &Wanted) -> MakeAct {
    let (link, wanted) = (link.clone(), wanted.clone());
    let signer = Person {
        signing: signer.signing(),
        encryption: DeviceEncryptionKey::generate(&mut Seeded(1)),
    };
    Box::new(move |roster, _, _, _| {
        let roster: &Roster = roster;
        Ok(invite(roster, &signer, &link, &wanted))
    })
}

fn ends(link: &Link) -> MakeAct {
    signs(Act::InviteEnd(InviteEnd {
        id: link.invitation,
        why: EndReason::NotNeeded,
    }))
}

fn settings_blob(settings: &SettingsKey, desk: &Desk, name: &str) -> Blob {
    let content = BlobContent::Settings(SettingsBlob {
        region: name.to_owned(),
        ..SettingsBlob::default()
    });
    let region = desk.roster().region();
    Blob::seal(settings, &region, &content, &mut Seeded(4)).unwrap()
}

fn blob_put(desk: &Desk, blob: &Blob) -> Vec<u8> {
    BlobPutAsk {
        region: desk.roster().region(),
        blob: blob.bytes(),
    }
    .to_bytes()
}

impl World {
    /// Invites and puts the welcome, as the app does.
    fn invite(&mut self, wanted: &Wanted) -> Link {
        let link = link(self.ann.roster().region(), &mut self.ann.rng);
        let make = invites(&self.ann.person, &link, wanted);
        self.ann.act(make, &mut self.letterbox).unwrap();
        let welcome = welcome(&self.settings);
        let sealed = link.keys().seal_welcome(&welcome, &mut self.ann.rng);
        let ask = WelcomePutAsk {
            region: link.region,
            invitation: link.invitation,
            welcome: &sealed.unwrap(),
        };
        let answer = self
            .ann
            .run(Call::WelcomePut, ask.to_bytes(), &mut self.letterbox);
        assert!(answer.is_ok());
        link
    }

    fn same_rosters(&mut self) {
        self.ann.look(&mut self.letterbox);
        self.ben.look(&mut self.letterbox);
        assert_eq!(self.ann.roster(), self.ben.roster());
        assert_eq!(self.ann.acts_on_disk(), self.ben.acts_on_disk());
        let rows = self.ann.acts_on_disk().len() as u64;
        assert_eq!(rows, self.ann.roster().height() + 1);
    }
}

// The whole way.

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

// Founding.

#[test]
fn a_wrong_code_is_told_and_another_one_may_be_tried() {
    let mut letterbox = Letterbox::new(Founding::Code("tulp".to_owned()));
    let founder = Person::new(1);
    let (act, _) = genesis(&[&founder]);
    let mut ann = Desk::new(founder, &[act]);
    for wrong in [None, Some("roos")] {
        ann.found(wrong, &mut letterbox);
        assert_eq!(ann.founded.pop(), Some(Err(Code::Founding)));
        letterbox.acts.clear();
        ann.look(&mut letterbox);
        ann.wait(3, &mut letterbox);
        let mut offered = letterbox.acts.iter().map(|body| {
            let ask = ActsAsk::from_bytes(body).unwrap();
            ask.founding.map(str::to_owned)
        });
        assert_eq!(
            offered.next_back(),
            Some(None),
            "what was refused is not shown again"
        );
    }
    ann.found(Some("tulp"), &mut letterbox);
    assert_eq!(ann.founded.pop(), Some(Ok(())));
    ann.look(&mut letterbox);
    assert_eq!(ann.device.summary().refused, None);
    assert!(ann.device.summary().heard.is_some());
}

#[test]
fn a_founding_whose_answer_was_lost_is_done_once_it_is_known() {
    for fault in [
        Fault::Lost,
        Fault::AnswerLost,
        Fault::login_page(),
        Fault::garbage(),
    ] {
        let mut letterbox = Letterbox::new(Founding::Code("tulp".to_owned()));
        letterbox.fail(Call::Acts, fault);
        let founder = Person::new(1);
        let (act, _) = genesis(&[&founder]);
        let mut ann = Desk::new(founder, &[act]);
        ann.found(Some("tulp"), &mut letterbox);
        assert_eq!(ann.founded, []);
        ann.wait(5, &mut letterbox);
        assert_eq!(ann.founded, [Ok(())]);
    }
}

#[test]
fn a_long_roster_is_offered_in_several_calls() {
    let mut world = world();
    for _ in 0..100 {
        let link = link(world.ann.roster().region(), &mut world.ann.rng);
        let make = invites(&world.ann.person, &link, &evening(2));
        world.ann.act(make, &mut world.letterbox).unwrap();
    }
    let mut another = Letterbox::new(Founding::Code("tulp".to_owned()));
    world.ann.found(Some("tulp"), &mut another);
    assert_eq!(world.ann.founded, [Ok(()), Ok(())]);
    assert_eq!(another.count(Call::Acts), 2);
    another.calls.clear();
    world.ann.found(Some("tulp"), &mut another);
    assert_eq!(world.ann.founded.len(), 3, "again is no harm");
}

#[test]
fn a_relay_that_lost_the_region_is_founded_anew_with_the_code_that_was_given() {
    let mut letterbox = Letterbox::new(Founding::Code("tulp".to_owned()));
    let founder = Person::new(1);
    let (act, _) = genesis(&[&founder]);
    let mut ann = Desk::new(founder, &[act]);
    ann.found(Some("tulp"), &mut letterbox);
    let mut empty = Letterbox::new(Founding::Code("tulp".to_owned()));
    ann.look(&mut empty);
    ann.wait(10, &mut empty);
    assert!(empty.count(Call::Pull) > 1);
    assert_eq!(ann.device.summary().refused, None);
    let head = empty.relay.roster(
        &veldpost_relay::Caller {
            device: Some(ann.person.key()),
            now: NOW,
        },
        &veldpost_envelope::wire::RosterAsk {
            region: ann.roster().region(),
            from: 0,
        }
        .to_bytes(),
    );
    assert!(head.is_ok());
}

// Proposals.

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
fn an_act_that_cannot_be_made_is_told_without_a_call() {
    let mut world = world();
    let fails: MakeAct = Box::new(|_, _, _, _| Err(EnvelopeError::TooLarge("act")));
    let outcome = world.ann.act(fails, &mut world.letterbox);
    let problem = ProposalProblem::NotMade(EnvelopeError::TooLarge("act"));
    assert_eq!(outcome, Err(problem));
    assert_eq!(world.letterbox.count(Call::Acts), 0);
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

// Errands.

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

// Blobs.

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
