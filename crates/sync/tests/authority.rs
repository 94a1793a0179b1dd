//! Who may have said what: one test a rule of `docs/format.md`, section 17, and that order makes no difference.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use proptest::prelude::*;
use std::collections::BTreeMap;
use support::{Member, NOW, Region, Seeded, region};
use veldpost_domain::{
    Act, Answers, CampaignId, Context, FieldChange, Hlc, Operation, OperationId, RecordId,
    RecordKind, StreamId,
};
use veldpost_envelope::act::{self, RemovalReason, Removed, Stage, StageChange, StreamHead};
use veldpost_envelope::object::{Checkpoint, Heads, SeqRange};
use veldpost_envelope::payload::encode_operation;
use veldpost_envelope::run::RunHead;
use veldpost_envelope::statement::{
    Says, Statement, StreamRange, Subject, Verdict, encode_statement,
};
use veldpost_envelope::stream::StreamContext;
use veldpost_envelope::{
    ActHash, ContentKey, DeviceSigningKey, Entry, Kept, Purpose, StreamWriter, content_key, random,
};
use veldpost_sync::authority::{
    Along, Deed, Entries, Evaluation, Held, Knowledge, Outcome, Spot, TABLE, Who, evaluate,
};

const CAMPAIGN: CampaignId = CampaignId([8; 16]);

/// One who writes into a stream of the count.
struct Author {
    key: DeviceSigningKey,
    writer: StreamWriter,
    content_key: ContentKey,
    entries: Vec<Entry>,
    rng: Seeded,
}

impl Author {
    fn new(region: &Region, member: &Member, seed: u64) -> Self {
        Self::going_on(region.context(Purpose::Count), region, member, seed, None)
    }

    fn going_on(
        context: StreamContext,
        region: &Region,
        member: &Member,
        seed: u64,
        continues: Option<StreamId>,
    ) -> Self {
        let mut rng = Seeded(seed);
        let key = DeviceSigningKey::from_seed(&member.signing.seed());
        let (mut writer, open) = StreamWriter::open(context, &key, None, continues, &mut rng);
        let content_key = ContentKey::generate(&mut rng);
        let epoch = region.roster.epoch(Purpose::Count).unwrap().key;
        let handed_out = writer
            .content_key(&content_key, &[epoch], &mut rng)
            .unwrap();
        Self {
            key,
            writer,
            content_key,
            entries: vec![open, handed_out],
            rng,
        }
    }

    fn stream(&self) -> StreamId {
        self.writer.state().stream
    }

    fn says(&mut self, payload: &[u8]) -> Spot {
        let mut entry = self
            .writer
            .seal(&self.content_key, payload, &mut self.rng)
            .unwrap();
        entry.sign(&self.key);
        self.add(entry)
    }

    fn add(&mut self, entry: Entry) -> Spot {
        let spot = Spot::of(&Kept::Whole(entry.clone()));
        self.entries.push(entry);
        spot
    }

    fn operation(&mut self, record: u8, at: u64, act: Act) -> Spot {
        let operation = Operation {
            kind: RecordKind::Observation,
            record: RecordId([record; 16]),
            id: OperationId(random::array(&mut self.rng)),
            hlc: Hlc(at << 16),
            act,
        };
        self.says(&encode_operation(&operation))
    }

    fn create(&mut self, record: u8, at: u64) -> Spot {
        self.operation(record, at, creation())
    }

    fn amend(&mut self, record: u8, at: u64) -> Spot {
        let change = FieldChange {
            name: "tile".to_owned(),
            value: None,
            base: OperationId([0; 16]),
        };
        self.operation(
            record,
            at,
            Act::Amend {
                changes: vec![change],
            },
        )
    }

    fn state(&mut self, says: Says, at: u64) -> Spot {
        let statement = Statement {
            id: OperationId(random::array(&mut self.rng)),
            hlc: Hlc(at << 16),
            says,
        };
        self.says(&encode_statement(&statement).unwrap())
    }

    /// What was made for a campaign by who was alone counts for another one, or for none again.
    fn count_for(&mut self, made_for: CampaignId, campaign: Option<CampaignId>, at: u64) -> Spot {
        let says = Says::CountsFor {
            made_for,
            campaign,
            replaces: Vec::new(),
        };
        self.state(says, at)
    }

    fn judge(&mut self, subject: Subject, verdict: Verdict, at: u64) -> Spot {
        let says = Says::Judgement {
            subject,
            verdict,
            replaces: Vec::new(),
            remark: String::new(),
        };
        self.state(says, at)
    }

    fn head(&self) -> RunHead {
        let last = self.entries.last().unwrap();
        RunHead {
            stream: self.stream(),
            seq: last.header().seq,
            hash: last.hash(),
        }
    }

    fn kept(&self) -> impl Iterator<Item = Kept> {
        self.entries.iter().cloned().map(Kept::Whole)
    }
}

fn creation() -> Act {
    created_for(CAMPAIGN, false)
}

/// The campaign of a device that was alone.
const ALONE: CampaignId = CampaignId([9; 16]);

fn created_for(campaign: CampaignId, from_solo: bool) -> Act {
    Act::Create {
        context: Context {
            campaign,
            at: NOW,
            round: None,
            organisation: None,
            crew: None,
            area: None,
            form: None,
            promoted_from: None,
            from_solo,
        },
        answers: Answers::default(),
    }
}

type Checkpoints = BTreeMap<[u8; 32], Heads>;

fn judged_with(region: &Region, entries: &Entries, checkpoints: &Checkpoints) -> Evaluation {
    evaluate(&Knowledge {
        purpose: Purpose::Count,
        entries,
        roster: &region.roster,
        checkpoint: &|hash| checkpoints.get(hash).cloned(),
        open: &|entry| {
            let mut epochs = region.epochs.iter();
            epochs.find_map(|epoch| content_key::open_as_epoch(entry, epoch).ok())
        },
    })
}

fn judged(region: &Region, authors: &[&Author]) -> Evaluation {
    let entries = authors.iter().flat_map(|author| author.kept()).collect();
    judged_with(region, &entries, &Checkpoints::new())
}

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

/// Every cell: a hostile field device tries each; what coordinators say, a judgement and what records count for.
#[test]
fn the_table_is_what_holds_in_every_cell() {
    let region = region(21);
    let other = [&region.ann, &region.worker];
    let cells = [
        (Deed::Create, false),
        (Deed::Change, false),
        (Deed::State, false),
        (Deed::State, true),
    ];
    for (deed, counts_for) in cells {
        for who in [Who::Member, Who::Creator, Who::Coordinator] {
            // Ben creates, unless the one who tries is the creator.
            let mut creator = Author::new(&region, &region.ben, 1);
            let member = if who == Who::Coordinator {
                other[0]
            } else {
                other[1]
            };
            let mut author = Author::new(&region, member, 2);
            if who == Who::Creator {
                &mut author
            } else {
                &mut creator
            }
            .create(1, 1);
            let spot = match deed {
                Deed::Create => author.create(2, 2),
                Deed::Change => author.amend(1, 2),
                _ if counts_for => author.count_for(ALONE, Some(CAMPAIGN), 2),
                _ => author.judge(Subject::Record(RecordId([1; 16])), Verdict::Admit, 2),
            };
            let outcome = judged(&region, &[&creator, &author]).outcomes[&spot];
            let row = TABLE.iter().find(|row| row.deed == deed).unwrap();
            // Whoever created is a member too.
            let granted = row.to.contains(&who) || row.to.contains(&Who::Member);
            let taken = matches!(outcome, Outcome::Applied | Outcome::Stated);
            assert_eq!(taken, granted, "{deed:?} by {who:?}: {outcome:?}");
            assert!(taken || outcome == Outcome::Unauthorised);
        }
    }
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

/// A region whose campaign was locked when its worker had handed over one record.
fn locked() -> (Region, Author, [Spot; 2], Checkpoints) {
    locked_after(|_| {})
}

/// The same, with what else the worker handed over in time.
fn locked_after(more: impl FnOnce(&mut Author)) -> (Region, Author, [Spot; 2], Checkpoints) {
    let region = region(32);
    let mut worker = Author::new(&region, &region.worker, 1);
    let in_time = worker.create(1, 1);
    more(&mut worker);
    let heads = Heads::new(vec![worker.head()]).unwrap();
    let head = region.head(&region.ann, NOW);
    let key = &region.ann.signing;
    let checkpoint = Checkpoint::sign(head, Purpose::Count, 1, &heads, key).unwrap();
    let checkpoints = Checkpoints::from([(checkpoint.hash().0, heads)]);
    let mut region = staged(region, CAMPAIGN, &[Stage::Practice, Stage::Open]);
    stage(
        &mut region,
        CAMPAIGN,
        Stage::Locked,
        Some(checkpoint.hash().0),
    );
    let late = worker.create(2, 2);
    (region, worker, [in_time, late], checkpoints)
}

fn staged(mut region: Region, campaign: CampaignId, stages: &[Stage]) -> Region {
    for one in stages {
        stage(&mut region, campaign, *one, None);
    }
    region
}

fn stage(region: &mut Region, campaign: CampaignId, stage: Stage, checkpoint: Option<[u8; 32]>) {
    let act = act::Act::Stage(StageChange {
        campaign,
        stage,
        checkpoint,
    });
    let next = region.roster.next(&region.ann.signing, NOW);
    let act = next.sign(&act).unwrap();
    region.roster.take(&act).unwrap();
}

#[test]
fn what_lies_beyond_the_checkpoint_that_locked_the_campaign_is_late_until_a_person_admits_it() {
    let (region, worker, [in_time, late], checkpoints) = locked();
    let entries: Entries = worker.kept().collect();
    let all = judged_with(&region, &entries, &checkpoints);
    assert_eq!(all.outcomes[&in_time], Outcome::Applied);
    assert_eq!(all.outcomes[&late], Outcome::Late);
    assert!(!all.outcomes[&late].is_apart());
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
}

#[test]
fn without_the_checkpoint_nothing_is_shown_to_be_in_time() {
    let (region, worker, [in_time, _], _) = locked();
    let all = judged(&region, &[&worker]);
    assert_eq!(all.outcomes[&in_time], Outcome::Late);
}

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

/// A worker's stream, and those that continue it one after the other, each carrying what the first one wrote.
fn carried(region: &Region, times: usize) -> (Author, Vec<Author>, Spot) {
    let mut first = Author::new(region, &region.worker, 1);
    let spot = first.create(1, 1);
    let mut continued = Vec::new();
    let mut before = first.stream();
    for seed in 2..2 + times as u64 {
        let context = region.context(Purpose::Count);
        let mut next = Author::going_on(context, region, &region.worker, seed, Some(before));
        for old in &first.entries[1..] {
            let mut entry = next.writer.carry(old).unwrap();
            entry.sign(&next.key);
            next.add(entry);
        }
        before = next.stream();
        continued.push(next);
    }
    (first, continued, spot)
}

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

/// For which campaign each record counts.
fn counted_for(evaluation: &Evaluation) -> BTreeMap<u8, CampaignId> {
    let records = evaluation.records.iter();
    let campaign = |record: &veldpost_domain::Record| record.context().unwrap().campaign;
    records
        .map(|record| (record.id().0[0], campaign(record)))
        .collect()
}

#[test]
fn what_was_counted_alone_counts_for_the_campaign_that_a_coordinator_names() {
    let (region, mut worker, _, checkpoints) = locked();
    let mut ann = Author::new(&region, &region.ann, 2);
    let (open, unknown) = (CampaignId([7; 16]), CampaignId([6; 16]));
    let region = staged(region, open, &[Stage::Practice, Stage::Open]);
    for (record, campaign, solo) in [
        (11, ALONE, true),
        (12, ALONE, true),
        // Not taken along; of another device that was alone; of practice; of the region itself.
        (13, ALONE, false),
        (14, unknown, true),
        (15, CampaignId::PRACTICE, true),
        (16, open, true),
    ] {
        worker.operation(record, 10 + u64::from(record), created_for(campaign, solo));
    }
    let amended = worker.amend(11, 90);
    let judged = |authors: &[&Author]| {
        let entries = authors.iter().flat_map(|author| author.kept()).collect();
        judged_with(&region, &entries, &checkpoints)
    };
    let before = judged(&[&worker]);
    let as_written = BTreeMap::from([
        (1, CAMPAIGN),
        (11, ALONE),
        (12, ALONE),
        (13, ALONE),
        (14, unknown),
        (15, CampaignId::PRACTICE),
        (16, open),
    ]);
    assert_eq!(counted_for(&before), as_written);

    for made_for in [ALONE, CampaignId::PRACTICE, open, CAMPAIGN] {
        ann.count_for(made_for, Some(open), 1);
    }
    // A campaign that nobody knows takes nothing in.
    ann.count_for(unknown, Some(CampaignId([5; 16])), 1);
    let counts = judged(&[&worker, &ann]);
    let mut expected = as_written;
    expected.extend([(11, open), (12, open)]);
    assert_eq!(counted_for(&counts), expected);
    assert_eq!(counts.outcomes[&amended], Outcome::Applied);
    let device = region.worker.signing.public();
    let group = |made_for: CampaignId| counts.along.get(&(device, made_for)).cloned();
    assert_eq!(
        group(ALONE),
        Some(Along {
            records: vec![RecordId([11; 16]), RecordId([12; 16])],
            late: 0,
            counts_for: Some(open),
        })
    );
    assert_eq!(group(unknown).unwrap().counts_for, None);
    assert_eq!(counts.along.len(), 2);

    ann.count_for(ALONE, None, 2);
    let taken_back = judged(&[&worker, &ann]);
    assert_eq!(taken_back.records, before.records);
    assert_eq!(taken_back.along, before.along);
}

#[test]
fn a_locked_campaign_takes_in_what_was_counted_alone_up_to_its_checkpoint_and_no_more() {
    let before_locking = |worker: &mut Author| {
        worker.operation(11, 11, created_for(ALONE, true));
    };
    let (region, mut worker, _, checkpoints) = locked_after(before_locking);
    worker.operation(12, 12, created_for(ALONE, true));
    let late = worker.amend(11, 90);
    let mut ann = Author::new(&region, &region.ann, 2);
    ann.count_for(ALONE, Some(CAMPAIGN), 1);
    let entries = worker.kept().chain(ann.kept()).collect();
    let all = judged_with(&region, &entries, &checkpoints);
    let expected = BTreeMap::from([(1, CAMPAIGN), (11, CAMPAIGN)]);
    assert_eq!(counted_for(&all), expected);
    assert_eq!(all.outcomes[&late], Outcome::Late);
    let group = &all.along[&(region.worker.signing.public(), ALONE)];
    assert_eq!((group.records.len(), group.late), (1, 1));
    assert_eq!(group.counts_for, Some(CAMPAIGN));

    // Taken back, it is late for nothing.
    ann.count_for(ALONE, None, 2);
    let entries = worker.kept().chain(ann.kept()).collect();
    let all = judged_with(&region, &entries, &checkpoints);
    let expected = BTreeMap::from([(1, CAMPAIGN), (11, ALONE), (12, ALONE)]);
    assert_eq!(counted_for(&all), expected);
    assert_eq!(all.outcomes[&late], Outcome::Applied);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// I3, I4, I8: the same entries in any order, as often as they come, give the same.
    #[test]
    fn order_and_repetition_make_no_difference(
        order in Just((0..40_usize).collect::<Vec<_>>()).prop_shuffle(),
        again in prop::collection::vec(0..40_usize, 0..20),
    ) {
        let (region, mut worker, _, checkpoints) = locked();
        let newcomer = Member::new(&mut Seeded(97));
        let mut ann = Author::new(&region, &region.ann, 2);
        let mut strange = Author::new(&region, &newcomer, 3);
        let (_, continued, _) = carried(&region, 2);
        worker.amend(1, 9);
        strange.create(3, 4);
        strange.amend(1, 5);
        ann.amend(1, 6);
        ann.judge(Subject::Device(newcomer.signing.public()), Verdict::Admit, 1);
        ann.judge(Subject::Device(region.worker.signing.public()), Verdict::Refuse, 2);
        ann.judge(Subject::Record(RecordId([1; 16])), Verdict::Admit, 3);
        ann.operation(5, 5, created_for(ALONE, true));
        ann.count_for(ALONE, None, 4);
        ann.count_for(ALONE, Some(CAMPAIGN), 5);
        let state = ann.writer.state();
        ann.create(7, 1);
        ann.writer.rewind(state);
        ann.create(8, 1);
        let mut all: Vec<Kept> = [&worker, &ann, &strange, &continued[0], &continued[1]]
            .iter()
            .flat_map(|author| author.kept())
            .collect();
        all.push(Kept::Bare(all[2].bare()));
        let expected = judged_with(&region, &all.iter().cloned().collect(), &checkpoints);
        let picked = order.iter().chain(&again).chain(&order);
        let shuffled: Entries = picked
            .filter_map(|index| all.get(*index).cloned())
            .collect();
        prop_assert!(all.len() <= 40);
        let found = judged_with(&region, &shuffled, &checkpoints);
        prop_assert_eq!(&found.outcomes, &expected.outcomes);
        prop_assert_eq!(&found.records, &expected.records);
        prop_assert_eq!(&found.along, &expected.along);
        prop_assert_eq!(&found.forks, &expected.forks);
    }

    /// Whatever two coordinators say of what was counted alone, in whatever order it comes: everybody counts the same, and
    /// a locked campaign takes in nothing from beyond its checkpoint.
    #[test]
    fn what_was_counted_alone_counts_the_same_for_everybody_and_never_late(
        said in prop::collection::vec((any::<bool>(), 0..4_usize, 0..4_u64, any::<bool>()), 0..8),
        seed: u64,
    ) {
        let open = CampaignId([7; 16]);
        let (region, mut worker, _, checkpoints) = locked_after(|worker| {
            worker.operation(11, 11, created_for(ALONE, true));
        });
        let region = staged(region, open, &[Stage::Practice, Stage::Open]);
        worker.operation(12, 12, created_for(ALONE, true));
        let mut offices = [
            Author::new(&region, &region.ann, 2),
            Author::new(&region, &region.ben, 3),
        ];
        let campaigns = [None, Some(CAMPAIGN), Some(open), Some(CampaignId([5; 16]))];
        let mut before = Vec::new();
        for (who, which, at, replaces) in &said {
            let id = OperationId(random::array(&mut worker.rng));
            let statement = Statement {
                id,
                hlc: Hlc(at << 16),
                says: Says::CountsFor {
                    made_for: ALONE,
                    campaign: campaigns[*which],
                    replaces: before.iter().rev().take(usize::from(*replaces)).copied().collect(),
                },
            };
            before.push(id);
            offices[usize::from(*who)].says(&encode_statement(&statement).unwrap());
        }
        let mut all: Vec<Kept> = worker.kept().collect();
        all.extend(offices.iter().flat_map(|office| office.kept()));
        let expected = judged_with(&region, &all.iter().cloned().collect(), &checkpoints);
        let mut rng = Seeded(seed);
        for last in (1..all.len()).rev() {
            let [byte] = random::array(&mut rng);
            all.swap(last, usize::from(byte) % (last + 1));
        }
        let found = judged_with(&region, &all.into_iter().collect(), &checkpoints);
        prop_assert_eq!(&found.outcomes, &expected.outcomes);
        prop_assert_eq!(&found.records, &expected.records);
        prop_assert_eq!(&found.along, &expected.along);
        let counted = counted_for(&found);
        prop_assert!([ALONE, open, CAMPAIGN].contains(&counted[&11]));
        prop_assert_ne!(counted.get(&12), Some(&CAMPAIGN));
        // Both were made for one campaign: they go the same way, or the second is late.
        prop_assert_eq!(counted.get(&12), Some(&counted[&11]).filter(|counts| **counts != CAMPAIGN));
    }
}
