//! Which entries of a stream are judged at all: forks, gaps, signatures.

use crate::authors::{Author, Checkpoints, judged, judged_with};
use crate::support::region;
use veldpost_envelope::stream::StreamContext;
use veldpost_envelope::{Kept, Purpose, StreamWriter};
use veldpost_sync::authority::{Entries, Outcome, Spot};

#[test]
fn both_branches_of_a_fork_count_and_it_is_shown() {
    let region = region(33);
    let mut worker = Author::new(&region, &region.worker, 1);
    let state = worker.writer.state();
    let one = worker.create(1, 1);
    worker.writer.rewind(state);
    let other = worker.create(2, 2);
    let on = worker.create(3, 3);
    let all = judged(&region, &[&worker]);
    for spot in [one, other, on] {
        assert_eq!(all.outcomes[&spot], Outcome::Applied);
    }
    assert_eq!(all.forks, [(worker.stream(), one.seq)]);
}

#[test]
fn what_does_not_hang_on_entry_0_waits_and_is_in_no_receipt() {
    let region = region(34);
    let mut worker = Author::new(&region, &region.worker, 1);
    let (one, two, three) = (
        worker.create(1, 1),
        worker.create(2, 2),
        worker.create(3, 3),
    );
    let gap: Entries = worker.kept().filter(|kept| Spot::of(kept) != two).collect();
    let all = judged_with(&region, &gap, &Checkpoints::new());
    assert_eq!(all.outcomes[&one], Outcome::Applied);
    assert_eq!(all.outcomes[&three], Outcome::Gap);
    assert!(!all.outcomes[&three].is_received());
    let headless: Entries = worker.kept().skip(1).collect();
    let all = judged_with(&region, &headless, &Checkpoints::new());
    assert!(
        all.outcomes
            .values()
            .all(|outcome| *outcome == Outcome::Gap)
    );
}

#[test]
fn an_entry_of_another_region_or_purpose_is_no_part_of_a_chain() {
    let region = region(21);
    for (other, purpose) in [
        (region.roster.region(), Purpose::Intake),
        (veldpost_envelope::RegionId([9; 32]), Purpose::Count),
    ] {
        let mut author = Author::new(&region, &region.worker, 1);
        let first = author.create(1, 1_000);
        let context = StreamContext {
            region: other,
            ..region.context(purpose)
        };
        author.writer = StreamWriter::resume(context, author.writer.state());
        let second = author.create(2, 1_001);
        let found = judged(&region, &[&author]);
        assert_eq!(found.outcomes[&first], Outcome::Applied);
        assert_eq!(found.outcomes[&second], Outcome::Gap);
    }
}

#[test]
fn what_lies_behind_the_last_signature_waits() {
    let region = region(35);
    let mut worker = Author::new(&region, &region.worker, 1);
    worker.create(1, 1);
    let key = worker.content_key.clone();
    let unsigned = worker.writer.seal(&key, b"later", &mut worker.rng).unwrap();
    let spot = worker.add(unsigned);
    assert_eq!(judged(&region, &[&worker]).outcomes[&spot], Outcome::Gap);
}

#[test]
fn a_signature_that_was_taken_off_or_spoilt_on_the_way_changes_nothing() {
    let region = region(36);
    let mut worker = Author::new(&region, &region.worker, 1);
    let spot = worker.create(1, 1);
    let whole: Vec<Kept> = worker.kept().collect();
    let mut spoilt = whole[2].to_bytes();
    let last = spoilt.len() - 1;
    spoilt[last] ^= 1;
    let spoilt = Kept::from_bytes(&spoilt).unwrap();
    for order in [[&spoilt, &whole[2]], [&whole[2], &spoilt]] {
        let all = whole[..2].iter().chain(order).cloned().collect();
        let all = judged_with(&region, &all, &Checkpoints::new());
        assert_eq!(all.outcomes[&spot], Outcome::Applied);
    }
}
