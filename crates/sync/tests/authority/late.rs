//! What comes after a campaign was locked.

use crate::authors::{Author, CAMPAIGN, judged, judged_with, locked};
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
