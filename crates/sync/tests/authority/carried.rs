//! What a stream carries of the ones before it.

use crate::authors::{Author, carried, judged, judged_with, locked};
use crate::support::region;
use veldpost_envelope::Purpose;
use veldpost_envelope::statement::{StreamRange, Subject, Verdict};
use veldpost_sync::authority::{Outcome, Spot};

#[test]
fn a_carried_record_counts_once_whether_or_not_its_own_stream_came() {
    let region = region(37);
    let (first, continued, spot) = carried(&region, 1);
    let alone = judged(&region, &[&continued[0]]);
    assert_eq!(alone.records.len(), 1);
    assert!(alone.apart(continued[0].stream()).is_empty());
    let both = judged(&region, &[&first, &continued[0]]);
    assert_eq!(both.outcomes[&spot], Outcome::Applied);
    assert_eq!(both.records, alone.records);
}

#[test]
fn a_record_that_was_carried_twice_counts_through_the_stream_in_between() {
    let region = region(38);
    let (_, continued, _) = carried(&region, 2);
    let all = judged(&region, &[&continued[0], &continued[1]]);
    assert_eq!(all.records.len(), 1);
    assert!(all.apart(continued[1].stream()).is_empty());
}

#[test]
fn a_carried_record_counts_though_the_stream_in_between_never_came() {
    let region = region(41);
    let (mut first, mut continued, _) = carried(&region, 1);
    first.create(2, 2);
    let mut between = continued.remove(0);
    between.create(3, 3);
    let context = region.context(Purpose::Count);
    let stream = Some(between.stream());
    let mut last = Author::going_on(context, &region, &region.worker, 9, stream);
    // What opened the stream that nobody got, what was carried in it, and what was written in it.
    let mut carrying = vec![between.entries[0].clone()];
    carrying.extend_from_slice(&first.entries[1..]);
    carrying.extend(between.entries[1..2].iter().cloned());
    carrying.extend(between.entries.last().cloned());
    for old in &carrying {
        let mut entry = last.writer.carry(old).unwrap();
        entry.sign(&last.key);
        last.add(entry);
    }
    let alone = judged(&region, &[&last]);
    assert_eq!(alone.records.len(), 3);
    assert!(alone.apart(last.stream()).is_empty());
    let all = judged(&region, &[&first, &between, &last]);
    assert_eq!(all.records, alone.records);
}

#[test]
fn a_key_that_was_carried_in_the_stream_in_between_opens_what_was_carried_on() {
    let region = region(42);
    let (first, continued, _) = carried(&region, 1);
    let context = region.context(Purpose::Count);
    let stream = Some(continued[0].stream());
    let mut last = Author::going_on(context, &region, &region.worker, 9, stream);
    // The key was confirmed where it was carried first, so that it does not go on.
    let mut entry = last.writer.carry(&first.entries[2]).unwrap();
    entry.sign(&last.key);
    last.add(entry);
    let mut between = continued;
    between[0].entries.pop();
    let all = judged(&region, &[&between[0], &last]);
    assert_eq!(all.records.len(), 1);
    assert!(all.apart(last.stream()).is_empty());
    let alone = judged(&region, &[&last]);
    assert_eq!(alone.apart(last.stream()).iter().count(), 1);
}

#[test]
fn nobody_carries_what_another_device_wrote() {
    let region = region(39);
    let mut ben = Author::new(&region, &region.ben, 1);
    ben.create(1, 1);
    let context = region.context(Purpose::Count);
    let mut thief = Author::going_on(context, &region, &region.worker, 2, Some(ben.stream()));
    for old in &ben.entries[1..] {
        let mut entry = thief.writer.carry(old).unwrap();
        entry.sign(&thief.key);
        thief.add(entry);
    }
    let all = judged(&region, &[&ben, &thief]);
    assert_eq!(
        all.outcomes[&Spot::of(&thief.kept().last().unwrap())],
        Outcome::Unreadable
    );
}

/// What a restored phone had carried was let count, and stayed late: the judgement named where it stands now.
#[test]
fn what_was_carried_and_is_late_counts_once_a_person_admits_it_where_it_was_written() {
    let (region, _, _, checkpoints) = locked();
    let (first, continued, written) = carried(&region, 1);
    let after = |range: Spot| {
        let mut ann = Author::new(&region, &region.ann, 9);
        let range = StreamRange {
            stream: range.stream,
            first: range.seq,
            last: Some(range.seq),
        };
        ann.judge(Subject::Range(range), Verdict::Admit, 1);
        let entries = continued[0].kept().chain(ann.kept()).collect();
        judged_with(&region, &entries, &checkpoints)
    };
    let entries = continued[0].kept().collect();
    let before = judged_with(&region, &entries, &checkpoints);
    let late = before.outcomes.iter();
    let late = late.filter(|(_, outcome)| **outcome == Outcome::Late);
    let late: Vec<Spot> = late.map(|(spot, _)| *spot).collect();
    assert_eq!(late.len(), 1);
    assert_eq!(after(late[0]).outcomes[&late[0]], Outcome::Late);
    let named = before.judged_at(&late[0]);
    assert_eq!(after(named).outcomes[&late[0]], Outcome::Applied);
    assert_eq!(named, written);
    assert_eq!(before.carrier_of(first.stream()), Some(late[0].stream));
}
