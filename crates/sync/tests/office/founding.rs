//! Founding: codes, answers that are lost, a relay that lost the region.

use crate::letterbox::desk::Desk;
use crate::letterbox::people::{Person, evening, link};
use crate::letterbox::{Fault, Letterbox, NOW};
use crate::world::{genesis, invites, world};
use veldpost_envelope::wire::{ActsAsk, Call, Code};
use veldpost_relay::Founding;

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
