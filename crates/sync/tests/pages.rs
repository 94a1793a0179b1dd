//! Pages that are taken as they come: whatever cuts an answer short, what came whole is kept, and what did not comes once.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use support::relay::{Fault, Relay};
use support::{HOUR, Phone, Region, region, stage_by};
use veldpost_envelope::act::Stage;
use veldpost_envelope::wire::Call;
use veldpost_store::Shelf;
use veldpost_sync::Wake;

/// Six runs of a worker at the relay, each on a page of its own; a coordinator who has none of them.
fn scene(seed: u64) -> (Region, Relay, Phone) {
    let region = region(seed);
    let mut relay = Relay::new(&region);
    let mut worker = Phone::new(&region, &region.worker);
    for _ in 0..6 {
        worker.save(1, &mut relay);
    }
    relay.per_page = 1;
    relay.calls.clear();
    let ann = Phone::new(&region, &region.ann);
    (region, relay, ann)
}

fn runs(ann: &Phone) -> usize {
    ann.rows(Shelf::Originals).len()
}

#[test]
fn pages_that_come_byte_by_byte_are_those_that_come_at_once() {
    let (region, mut relay, mut ann) = scene(90);
    ann.part = Some(1);
    ann.wake(Wake::Opened, &mut relay);
    let (_, mut other, mut ben) = scene(90);
    ben.wake(Wake::Opened, &mut other);
    assert_eq!(ann.rows(Shelf::Originals), ben.rows(Shelf::Originals));
    assert_eq!(relay.count(Call::Pull), other.count(Call::Pull));
    assert_eq!(ann.judged(&region).records.len(), 6);
}

#[test]
fn where_an_answer_breaks_off_what_came_whole_is_kept_and_the_next_pull_goes_on_from_there() {
    let (region, mut relay, mut ann) = scene(91);
    (ann.part, ann.breaks_off_at) = (Some(700), Some(2_500));
    ann.wake(Wake::Opened, &mut relay);
    let kept = runs(&ann);
    assert!((1..6).contains(&kept), "{kept}");
    assert_eq!(relay.count(Call::Pull), 1, "it waits, as after any failure");
    assert!(!ann.device.summary().reached);
    ann.restart();
    assert_eq!(runs(&ann), kept, "they are on the disk");
    ann.later(HOUR, &mut relay);
    assert_eq!(runs(&ann), 6);
    assert_eq!(ann.judged(&region).records.len(), 6);
}

#[test]
fn a_network_that_breaks_off_each_answer_brings_everything_in_the_end() {
    let (_, mut relay, mut ann) = scene(92);
    for _ in 0..12 {
        (ann.part, ann.breaks_off_at) = (Some(300), Some(1_700));
        ann.later(HOUR, &mut relay);
    }
    assert_eq!(runs(&ann), 6);
}

#[test]
fn where_a_page_is_not_written_those_behind_it_are_not_taken_and_all_come_again() {
    let (region, mut relay, mut ann) = scene(93);
    ann.part = Some(700);
    ann.fail_next_of_sync = true;
    ann.wake(Wake::Opened, &mut relay);
    assert_eq!(runs(&ann), 0, "the disk was full for the first of them");
    ann.later(HOUR, &mut relay);
    assert_eq!(runs(&ann), 6);
    assert_eq!(ann.judged(&region).records.len(), 6);
}

#[test]
fn what_comes_of_another_call_is_no_page() {
    let (_, mut relay, mut ann) = scene(94);
    let garbage = Fault::Garbage(200, Call::Pull.answer_type(), vec![0xff; 40]);
    relay.fail(Call::Pull, garbage);
    ann.part = Some(7);
    ann.wake(Wake::Opened, &mut relay);
    assert_eq!(runs(&ann), 0);
    ann.part = Some(7);
    relay.fail(Call::Pull, Fault::LoginPage);
    ann.later(HOUR, &mut relay);
    assert_eq!(runs(&ann), 0);
    ann.later(HOUR, &mut relay);
    assert_eq!(runs(&ann), 6);
}

/// The roster was asked for once and did not come: what needs it still does.
#[test]
fn a_page_that_needs_the_roster_does_not_go_without_because_it_was_asked_for_before() {
    let (region, mut relay, mut ann) = scene(95);
    stage_by(&region.ben, &mut relay, Stage::Practice, None);
    relay.fail(Call::Roster, Fault::Lost);
    ann.wake(Wake::Opened, &mut relay);
    assert_eq!((ann.device.roster().height(), runs(&ann)), (0, 0));
    ann.part = Some(100);
    ann.later(HOUR, &mut relay);
    assert_eq!((ann.device.roster().height(), runs(&ann)), (1, 6));
    assert_eq!(relay.count(Call::Roster), 2);
}
