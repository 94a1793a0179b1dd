//! What comes after a campaign was locked.

use crate::authors::{Author, CAMPAIGN, creation, judged, judged_with, locked, locked_after};
use std::collections::BTreeMap;
use veldpost_envelope::statement::{StreamRange, Subject, Verdict};
use veldpost_sync::authority::{Entries, Outcome};

#[test]
fn what_lies_beyond_the_checkpoint_that_locked_the_campaign_is_late_until_a_person_admits_it() {
    let (region, worker, [in_time, late], checkpoints) = locked();
    let entries: Entries = worker.kept().collect();
    let all = judged_with(&region, &entries, &checkpoints);
    assert_eq!(all.outcomes[&in_time], Outcome::Applied);
    assert_eq!(all.outcomes[&late], Outcome::Late);
    assert!(!all.outcomes[&late].is_apart());
    assert_eq!(all.late, BTreeMap::from([(CAMPAIGN, 1)]));
    let mut ann = Author::new(&region, &region.ann, 2);
    let range = StreamRange {
        stream: late.stream,
        first: late.seq,
        last: Some(late.seq),
    };
    ann.judge(Subject::Range(range), Verdict::Admit, 1);
    let entries = worker.kept().chain(ann.kept()).collect();
    let all = judged_with(&region, &entries, &checkpoints);
    assert_eq!(all.outcomes[&late], Outcome::Applied);
    assert!(all.late.is_empty(), "{:?}", all.late);
}

#[test]
fn without_the_checkpoint_nothing_is_shown_to_be_in_time() {
    let (region, worker, [in_time, _], _) = locked();
    let all = judged(&region, &[&worker]);
    assert_eq!(all.outcomes[&in_time], Outcome::Late);
}

/// In 2090, in milliseconds; and before anybody counted.
const AHEAD: u64 = 3_786_912_000_000;
const BEHIND: u64 = 1;

#[test]
fn a_members_clock_makes_no_record_late_and_none_in_time() {
    let mut early = None;
    let (region, mut worker, [_, late], checkpoints) = locked_after(|worker| {
        early = Some(worker.operation(11, AHEAD, creation()));
    });
    let behind = worker.operation(12, BEHIND, creation());
    let amended = worker.amend(11, BEHIND);
    let all = judged_with(&region, &worker.kept().collect(), &checkpoints);
    assert_eq!(all.outcomes[&early.unwrap()], Outcome::Applied);
    for beyond in [late, behind, amended] {
        assert_eq!(all.outcomes[&beyond], Outcome::Late);
    }
}

#[test]
fn a_member_whose_clock_jumps_goes_on_with_its_own_record() {
    let region = crate::support::region(43);
    let mut worker = Author::new(&region, &region.worker, 1);
    let spots = [
        worker.operation(1, AHEAD, creation()),
        worker.amend(1, BEHIND),
        worker.create(2, BEHIND),
        worker.amend(2, AHEAD),
    ];
    let all = judged(&region, &[&worker]);
    for spot in spots {
        assert_eq!(all.outcomes[&spot], Outcome::Applied);
    }
    assert_eq!(all.records.len(), 2);
    assert!(all.apart(worker.stream()).is_empty());
}
