//! What an entry is by itself and by its roster: of another one, of a removed device, erased, unreadable, newer.

use crate::authors::{Author, Checkpoints, creation, judged, judged_with};
use crate::support::{NOW, Seeded, region};
use veldpost_domain::{Hlc, Operation, OperationId, RecordId, RecordKind};
use veldpost_envelope::act::{RemovalReason, Removed, StreamHead};
use veldpost_envelope::payload::encode_operation;
use veldpost_envelope::statement::{StreamRange, Subject, Verdict};
use veldpost_envelope::stream::StreamContext;
use veldpost_envelope::{ActHash, ContentKey, Entry, EnvelopeError, Purpose};
use veldpost_sync::authority::{Entries, Held, Outcome};

#[test]
fn an_entry_of_another_roster_is_held() {
    let region = region(27);
    let context = StreamContext {
        roster_head: ActHash([9; 32]),
        ..region.context(Purpose::Count)
    };
    let mut worker = Author::going_on(context, &region, &region.worker, 1, None);
    let spot = worker.create(1, 1);
    let all = judged(&region, &[&worker]);
    assert_eq!(all.outcomes[&spot], Outcome::Held(Held::OtherRoster));
    assert!(all.records.is_empty());

    // After a relay lost its disk that may be honest: a person says so.
    let mut ann = Author::new(&region, &region.ann, 2);
    let range = StreamRange {
        stream: spot.stream,
        first: spot.seq,
        last: Some(spot.seq),
    };
    ann.judge(Subject::Range(range), Verdict::Admit, 1);
    let all = judged(&region, &[&worker, &ann]);
    assert_eq!(all.outcomes[&spot], Outcome::Applied);
    assert_eq!(all.records.len(), 1);
}

#[test]
fn of_a_removed_device_counts_what_lies_before_the_heads_that_still_count() {
    let mut region = region(28);
    let mut worker = Author::new(&region, &region.worker, 1);
    let before = worker.create(1, 1);
    let head = worker.head();
    let beyond = worker.create(2, 2);
    let removed = Removed {
        device: region.worker.signing.public(),
        why: RemovalReason::Lost,
        streams: vec![StreamHead {
            stream: head.stream,
            seq: head.seq,
            hash: head.hash,
        }],
    };
    let next = region.roster.next(&region.ann.signing, NOW);
    let act = next.device_remove(vec![removed], &mut Seeded(4)).unwrap();
    region.roster.take(&act).unwrap();
    let mut unnamed = Author::new(&region, &region.worker, 2);
    let elsewhere = unnamed.create(3, 3);
    let all = judged(&region, &[&worker, &unnamed]);
    assert_eq!(all.outcomes[&before], Outcome::Applied);
    assert_eq!(all.outcomes[&beyond], Outcome::Held(Held::Removed));
    assert_eq!(all.outcomes[&elsewhere], Outcome::Held(Held::Removed));
}

#[test]
fn an_erased_entry_says_nothing_and_the_chain_goes_on() {
    let region = region(29);
    let mut worker = Author::new(&region, &region.worker, 1);
    let (gone, stays) = (worker.create(1, 1), worker.create(2, 2));
    let mut entries: Entries = worker.kept().collect();
    let erase = region.erase(&region.ann, worker.stream(), [2].into_iter().collect());
    entries.erase(erase.erase().unwrap());
    let all = judged_with(&region, &entries, &Checkpoints::new());
    assert_eq!(all.outcomes[&gone], Outcome::Erased);
    assert_eq!(all.outcomes[&stays], Outcome::Applied);
}

#[test]
fn an_entry_before_its_content_key_is_unreadable_and_set_apart() {
    let region = region(30);
    let mut worker = Author::new(&region, &region.worker, 1);
    worker.content_key = ContentKey::generate(&mut Seeded(55));
    let early = worker.create(1, 1);
    let epoch = region.roster.epoch(Purpose::Count).unwrap().key;
    let key = worker.content_key.clone();
    let late = worker
        .writer
        .content_key(&key, &[epoch], &mut worker.rng)
        .unwrap();
    worker.add(late);
    let after = worker.create(2, 2);
    let all = judged(&region, &[&worker]);
    assert_eq!(all.outcomes[&early], Outcome::Unreadable);
    assert_eq!(all.outcomes[&after], Outcome::Applied);
    assert!(all.apart(worker.stream()).contains(early.seq));
}

#[test]
fn what_does_not_decode_is_set_apart_and_what_is_newer_is_parked() {
    let region = region(31);
    let mut worker = Author::new(&region, &region.worker, 1);
    let garbage = worker.says(b"no payload");
    let mut newer = encode_operation(&Operation {
        kind: RecordKind::Observation,
        record: RecordId([1; 16]),
        id: OperationId([1; 16]),
        hlc: Hlc(1),
        act: creation(),
    });
    // The schema, behind the head of the array and the kind.
    newer[2] = 2;
    let parked = worker.says(&newer);
    let all = judged(&region, &[&worker]);
    assert_eq!(all.outcomes[&garbage], Outcome::Unreadable);
    assert_eq!(all.outcomes[&parked], Outcome::Parked);
    assert!(!all.apart(worker.stream()).contains(parked.seq));
}

/// Where a part of an entry's bytes stands.
fn place(bytes: &[u8], part: &[u8]) -> usize {
    let mut windows = bytes.windows(part.len());
    windows.position(|window| window == part).unwrap()
}

#[test]
fn an_entry_of_another_suite_is_read_by_nobody() {
    let region = region(41);
    let mut worker = Author::new(&region, &region.worker, 1);
    worker.create(1, 1);
    let bytes = worker.entries.last().unwrap().to_bytes();
    // A header begins with the head of its array, the version and the suite.
    let suite = place(&bytes, &worker.entries[2].header().to_bytes()) + 2;
    assert_eq!(bytes[suite], 1);
    for other in [0, 2, 23] {
        let mut weaker = bytes.clone();
        weaker[suite] = other;
        let read = Entry::from_bytes(&weaker).map(|entry| entry.hash());
        assert_eq!(read, Err(EnvelopeError::Newer("suite")), "suite {other}");
    }
}

#[test]
fn an_entry_in_plaintext_is_unreadable_though_its_device_signed_it() {
    let region = region(42);
    let mut worker = Author::new(&region, &region.worker, 1);
    worker.create(1, 1);
    let mut plain = worker.entries.pop().unwrap();
    let payload = plain.open(&worker.content_key).unwrap().to_vec();
    let mut bytes = plain.to_bytes();
    // Behind the header: the nonce in 26 bytes, and 3 that say how long the body is. In it what a seal would go over.
    let header = plain.header().to_bytes();
    let body = place(&bytes, &header) + header.len() + 26 + 3;
    let mut open = vec![0];
    open.extend(u32::try_from(payload.len()).unwrap().to_be_bytes());
    open.extend(payload);
    open.resize(512 + 16, 0);
    bytes[body..body + open.len()].copy_from_slice(&open);
    plain = Entry::from_bytes(&bytes).unwrap();
    plain.sign(&worker.key);
    let spot = worker.add(plain);
    let all = judged(&region, &[&worker]);
    assert_eq!(all.outcomes[&spot], Outcome::Unreadable);
    assert_eq!(all.records.len(), 0);
    assert!(!all.apart(worker.stream()).is_empty());
}
