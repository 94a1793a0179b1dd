//! Those who write into streams of the count, what they wrote in some stories, and how it is judged.
//!
//! Not here: tests.

use crate::support::{Member, NOW, Region, Seeded, region};
use std::collections::BTreeMap;
use veldpost_domain::{
    Act, Answers, CampaignId, Context, FieldChange, Hlc, Operation, OperationId, RecordId,
    RecordKind, StreamId,
};
use veldpost_envelope::act::{self, Stage, StageChange};
use veldpost_envelope::object::{Checkpoint, Heads};
use veldpost_envelope::payload::encode_operation;
use veldpost_envelope::run::RunHead;
use veldpost_envelope::statement::{Says, Statement, Subject, Verdict, encode_statement};
use veldpost_envelope::stream::StreamContext;
use veldpost_envelope::{
    ContentKey, DeviceSigningKey, Entry, Kept, Purpose, StreamWriter, content_key, random,
};
use veldpost_sync::authority::{
    Ahead, Entries, Evaluation, Knowledge, Spot, evaluate, evaluate_with,
};

pub const CAMPAIGN: CampaignId = CampaignId([8; 16]);

/// One who writes into a stream of the count.
pub struct Author {
    pub key: DeviceSigningKey,
    pub writer: StreamWriter,
    pub content_key: ContentKey,
    pub entries: Vec<Entry>,
    pub rng: Seeded,
}

impl Author {
    pub fn new(region: &Region, member: &Member, seed: u64) -> Self {
        Self::going_on(region.context(Purpose::Count), region, member, seed, None)
    }

    pub fn going_on(
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

    pub fn stream(&self) -> StreamId {
        self.writer.state().stream
    }

    pub fn says(&mut self, payload: &[u8]) -> Spot {
        let mut entry = self
            .writer
            .seal(&self.content_key, payload, &mut self.rng)
            .unwrap();
        entry.sign(&self.key);
        self.add(entry)
    }

    pub fn add(&mut self, entry: Entry) -> Spot {
        let spot = Spot::of(&Kept::Whole(entry.clone()));
        self.entries.push(entry);
        spot
    }

    pub fn operation(&mut self, record: u8, at: u64, act: Act) -> Spot {
        let operation = Operation {
            kind: RecordKind::Observation,
            record: RecordId([record; 16]),
            id: OperationId(random::array(&mut self.rng)),
            hlc: Hlc(at << 16),
            act,
        };
        self.says(&encode_operation(&operation))
    }

    pub fn create(&mut self, record: u8, at: u64) -> Spot {
        self.operation(record, at, creation())
    }

    pub fn amend(&mut self, record: u8, at: u64) -> Spot {
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

    pub fn state(&mut self, says: Says, at: u64) -> Spot {
        let statement = Statement {
            id: OperationId(random::array(&mut self.rng)),
            hlc: Hlc(at << 16),
            says,
        };
        self.says(&encode_statement(&statement).unwrap())
    }

    /// What was made for a campaign by who was alone counts for another one, or for none again.
    pub fn count_for(
        &mut self,
        made_for: CampaignId,
        campaign: Option<CampaignId>,
        at: u64,
    ) -> Spot {
        let says = Says::CountsFor {
            made_for,
            campaign,
            replaces: Vec::new(),
        };
        self.state(says, at)
    }

    pub fn judge(&mut self, subject: Subject, verdict: Verdict, at: u64) -> Spot {
        let says = Says::Judgement {
            subject,
            verdict,
            replaces: Vec::new(),
            remark: String::new(),
        };
        self.state(says, at)
    }

    pub fn head(&self) -> RunHead {
        let last = self.entries.last().unwrap();
        RunHead {
            stream: self.stream(),
            seq: last.header().seq,
            hash: last.hash(),
        }
    }

    pub fn kept(&self) -> impl Iterator<Item = Kept> {
        self.entries.iter().cloned().map(Kept::Whole)
    }
}

pub fn creation() -> Act {
    created_for(CAMPAIGN, false)
}

/// The campaign of a device that was alone.
pub const ALONE: CampaignId = CampaignId([9; 16]);

pub fn created_for(campaign: CampaignId, from_solo: bool) -> Act {
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

pub type Checkpoints = BTreeMap<[u8; 32], Heads>;

/// It says the same when everything was read ahead, what stands before its key too.
pub fn judged_with(region: &Region, entries: &Entries, checkpoints: &Checkpoints) -> Evaluation {
    let open = |entry: &Entry| {
        let mut epochs = region.epochs.iter();
        epochs.find_map(|epoch| content_key::open_as_epoch(entry, epoch).ok())
    };
    let knowledge = Knowledge {
        purpose: Purpose::Count,
        entries,
        roster: &region.roster,
        checkpoint: &|hash| checkpoints.get(hash).cloned(),
        open: &open,
    };
    let judged = evaluate(&knowledge);
    let mut ahead = Ahead::default();
    for _ in 0..2 {
        ahead.read(entries.iter().map(|(spot, kept)| (kept, spot.hash)), &open);
    }
    let again = evaluate_with(&knowledge, &mut ahead);
    assert_eq!(ahead.waiting(), 0);
    assert_eq!(again.outcomes, judged.outcomes);
    assert_eq!(again.records, judged.records);
    assert_eq!(format!("{:?}", again.said), format!("{:?}", judged.said));
    judged
}

pub fn judged(region: &Region, authors: &[&Author]) -> Evaluation {
    let entries = authors.iter().flat_map(|author| author.kept()).collect();
    judged_with(region, &entries, &Checkpoints::new())
}

/// A region whose campaign was locked when its worker had handed over one record.
pub fn locked() -> (Region, Author, [Spot; 2], Checkpoints) {
    locked_after(|_| {})
}

/// The same, with what else the worker handed over in time.
pub fn locked_after(more: impl FnOnce(&mut Author)) -> (Region, Author, [Spot; 2], Checkpoints) {
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

pub fn staged(mut region: Region, campaign: CampaignId, stages: &[Stage]) -> Region {
    for one in stages {
        stage(&mut region, campaign, *one, None);
    }
    region
}

pub fn stage(
    region: &mut Region,
    campaign: CampaignId,
    stage: Stage,
    checkpoint: Option<[u8; 32]>,
) {
    let act = act::Act::Stage(StageChange {
        campaign,
        stage,
        checkpoint,
    });
    let next = region.roster.next(&region.ann.signing, NOW);
    let act = next.sign(&act).unwrap();
    region.roster.take(&act).unwrap();
}

/// A worker's stream, and those that continue it one after the other, each carrying what the first one wrote.
pub fn carried(region: &Region, times: usize) -> (Author, Vec<Author>, Spot) {
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

/// For which campaign each record counts.
pub fn counted_for(evaluation: &Evaluation) -> BTreeMap<u8, CampaignId> {
    let records = evaluation.records.iter();
    let campaign = |record: &veldpost_domain::Record| record.context().unwrap().campaign;
    records
        .map(|record| (record.id().0[0], campaign(record)))
        .collect()
}
