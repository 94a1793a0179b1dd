//! Who may say what, and what a coordinator makes of who may not.

use crate::authors::{Author, creation, judged};
use crate::support::{Member, Seeded, region};
use veldpost_domain::{Act, RecordId};
use veldpost_envelope::object::SeqRange;
use veldpost_envelope::statement::{Says, StreamRange, Subject, Verdict};
use veldpost_sync::authority::{Held, Outcome};

#[test]
fn what_a_member_records_counts() {
    let region = region(20);
    let mut worker = Author::new(&region, &region.worker, 1);
    let spot = worker.create(1, 1);
    let all = judged(&region, &[&worker]);
    assert_eq!(all.outcomes[&spot], Outcome::Applied);
    assert_eq!(all.records.len(), 1);
    assert!(all.apart(worker.stream()).is_empty());
    assert_eq!(
        all.outcomes
            .values()
            .filter(|one| **one == Outcome::Public)
            .count(),
        2
    );
}

#[test]
fn a_withdrawal_by_a_stranger_is_kept_and_changes_nothing() {
    let region = region(22);
    let (mut ben, mut worker) = (
        Author::new(&region, &region.ben, 1),
        Author::new(&region, &region.worker, 2),
    );
    ben.create(1, 1);
    let before = judged(&region, &[&ben]).records;
    let spot = worker.operation(
        1,
        2,
        Act::Withdraw {
            reason: "mistake".to_owned(),
        },
    );
    let all = judged(&region, &[&ben, &worker]);
    assert_eq!(all.outcomes[&spot], Outcome::Unauthorised);
    assert_eq!(all.records, before);
    assert!(all.apart(worker.stream()).is_empty(), "it is received");
}

#[test]
fn the_first_creation_in_order_says_whose_record_it_is() {
    let region = region(23);
    let (mut ben, mut worker) = (
        Author::new(&region, &region.ben, 1),
        Author::new(&region, &region.worker, 2),
    );
    worker.create(1, 1);
    ben.create(1, 5);
    let amended = worker.amend(1, 9);
    let all = judged(&region, &[&ben, &worker]);
    assert_eq!(all.outcomes[&amended], Outcome::Applied);
    let mut early = Author::new(&region, &region.ben, 3);
    early.operation(1, 0, creation());
    let all = judged(&region, &[&ben, &worker, &early]);
    assert_eq!(all.outcomes[&amended], Outcome::Unauthorised);
}

#[test]
fn who_is_not_admitted_is_held_until_a_coordinator_says_so() {
    let region = region(24);
    let newcomer = Member::new(&mut Seeded(99));
    let mut author = Author::new(&region, &newcomer, 1);
    let spot = author.create(1, 1);
    let all = judged(&region, &[&author]);
    assert_eq!(all.outcomes[&spot], Outcome::Held(Held::NotAdmitted));
    assert_eq!(all.records.len(), 0);
    assert_eq!(
        all.apart(author.stream()).iter().next(),
        SeqRange::new(0, 2)
    );
    let mut ann = Author::new(&region, &region.ann, 2);
    ann.judge(
        Subject::Device(newcomer.signing.public()),
        Verdict::Admit,
        1,
    );
    let all = judged(&region, &[&author, &ann]);
    assert_eq!(all.outcomes[&spot], Outcome::Applied);
    assert!(all.apart(author.stream()).is_empty());
}

#[test]
fn whom_a_judgement_admitted_has_no_roles() {
    let region = region(25);
    let newcomer = Member::new(&mut Seeded(98));
    let (mut author, mut ann) = (
        Author::new(&region, &newcomer, 1),
        Author::new(&region, &region.ann, 2),
    );
    let own = author.judge(
        Subject::Device(newcomer.signing.public()),
        Verdict::Admit,
        1,
    );
    assert_eq!(
        judged(&region, &[&author]).outcomes[&own],
        Outcome::Held(Held::NotAdmitted),
        "nobody admits itself"
    );
    ann.judge(
        Subject::Device(newcomer.signing.public()),
        Verdict::Admit,
        1,
    );
    let all = judged(&region, &[&author, &ann]);
    assert_eq!(all.outcomes[&own], Outcome::Unauthorised);
}

#[test]
fn what_is_refused_is_in_no_table_and_the_narrowest_subject_holds() {
    let region = region(26);
    let (mut worker, mut ann) = (
        Author::new(&region, &region.worker, 1),
        Author::new(&region, &region.ann, 2),
    );
    let (one, two) = (worker.create(1, 1), worker.create(2, 2));
    ann.judge(
        Subject::Device(region.worker.signing.public()),
        Verdict::Refuse,
        1,
    );
    ann.judge(Subject::Record(RecordId([2; 16])), Verdict::Admit, 2);
    let all = judged(&region, &[&worker, &ann]);
    assert_eq!(all.outcomes[&one], Outcome::Refused);
    assert_eq!(all.outcomes[&two], Outcome::Applied);
    assert_eq!(all.records.len(), 1);
    assert!(all.outcomes[&one].is_received());
}

#[test]
fn a_clock_that_was_off_is_corrected_before_anything_is_compared() {
    let region = region(40);
    let (mut ben, mut worker, mut ann) = (
        Author::new(&region, &region.ben, 1),
        Author::new(&region, &region.worker, 2),
        Author::new(&region, &region.ann, 3),
    );
    // The worker's clock was 100 ms ahead: its creation came first.
    worker.create(1, 110);
    ben.create(1, 50);
    let amended = worker.amend(1, 120);
    let outcome = |authors: &[&Author]| judged(&region, authors).outcomes[&amended];
    assert_eq!(outcome(&[&ben, &worker]), Outcome::Unauthorised);
    let range = StreamRange {
        stream: worker.stream(),
        first: 0,
        last: None,
    };
    ann.state(
        Says::Clock {
            range,
            offset: -100,
            replaces: Vec::new(),
        },
        1,
    );
    assert_eq!(outcome(&[&ben, &worker, &ann]), Outcome::Applied);
}
