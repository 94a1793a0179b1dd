//! Measures a coordinator who holds many records of others: start, judging the first time, judging after one more came.
//! `cargo run --release -p veldpost-sync --example coordinator -- 10000`.
//!
//! 30 devices, one record a commit, each of about 900 bytes as JSON.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a tool for the terminal: a panic is its report"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::time::Instant;
use support::{Member, NOW, ORIGIN, Region, Seeded};
use veldpost_domain::{
    Act, Answers, CampaignId, Context, Hlc, Operation, OperationId, RecordId, RecordKind,
};
use veldpost_envelope::genesis::{GenesisInput, RegionForm, Role, create};
use veldpost_envelope::keys::LocalKey;
use veldpost_envelope::payload::encode_operation;
use veldpost_envelope::{
    ContentKey, DeviceSigningKey, Entry, Genesis, Purpose, Roster, StreamWriter, content_key,
    random,
};
use veldpost_store::Row;
use veldpost_sync::authority::{Evaluation, Knowledge, evaluate};
use veldpost_sync::rows::{OriginalRow, StreamRow, run_key};
use veldpost_sync::{Device, Start};

const DEVICES: usize = 30;

fn operation(rng: &mut Seeded) -> Operation {
    let mut answers = Answers::default();
    for field in 0..22 {
        let word: [u8; 4] = random::array(rng);
        answers.set(
            format!("question_{field}"),
            format!("{:08x}", u32::from_be_bytes(word)),
        );
    }
    let remark: [u8; 165] = random::array(rng);
    let letters: String = remark
        .iter()
        .map(|byte| char::from(b'a' + byte % 26))
        .collect();
    answers.set("remark", letters);
    let record: [u8; 16] = random::array(rng);
    Operation {
        kind: RecordKind::Observation,
        record: RecordId(record),
        id: OperationId(record),
        hlc: Hlc(u64::try_from(NOW).unwrap() << 16),
        act: Act::Create {
            context: Context {
                campaign: CampaignId([8; 16]),
                at: NOW,
                round: None,
                organisation: None,
                crew: None,
                area: None,
                form: None,
                promoted_from: None,
                from_solo: false,
            },
            answers,
        },
    }
}

/// A region of one coordinator and so many who count.
fn region(counters: &[Member]) -> Region {
    let rng = &mut Seeded(1);
    let [ann, ben, worker] = core::array::from_fn(|_| Member::new(rng));
    let mut devices = vec![ann.with_roles(Purpose::ALL.map(Role::Coordinator).into())];
    devices.extend(
        counters
            .iter()
            .map(|one| one.with_roles(vec![Role::Counter])),
    );
    let input = GenesisInput {
        at: NOW,
        form: RegionForm::Shared,
        devices: &devices,
    };
    let created = create(&input, rng).unwrap();
    Region {
        ann,
        ben,
        worker,
        roster: Roster::new(&Genesis::verify(&created.act).unwrap()),
        acts: vec![created.act],
        epochs: created.epochs,
    }
}

/// The rows of one device's stream.
fn device(region: &Region, member: &Member, seed: u64, records: usize) -> (Vec<Row>, Row) {
    let rng = &mut Seeded(seed);
    let key = DeviceSigningKey::from_seed(&member.signing.seed());
    let context = region.context(Purpose::Count);
    let (mut writer, open) = StreamWriter::open(context, &key, None, None, rng);
    let content = ContentKey::generate(rng);
    let epoch = region.roster.epoch(Purpose::Count).unwrap().key;
    let mut waiting = vec![open, writer.content_key(&content, &[epoch], rng).unwrap()];
    let mut rows = Vec::new();
    for _ in 0..records {
        let payload = encode_operation(&operation(rng));
        waiting.push(writer.seal(&content, &payload, rng).unwrap());
        waiting.last_mut().unwrap().sign(&key);
        let first = waiting[0].header().seq;
        let row = OriginalRow {
            at: NOW,
            entries: waiting
                .drain(..)
                .flat_map(|entry: Entry| entry.to_bytes())
                .collect(),
        };
        rows.push((run_key(writer.state().stream, first), row.to_bytes()));
    }
    let state = writer.state();
    let held = StreamRow {
        device: key.public(),
        purpose: Purpose::Count,
        next: state.next_seq,
        hash: state.prev_hash,
        relay_next: state.next_seq,
        relay_hash: Some(state.prev_hash),
        freed: 0,
        freed_hash: None,
    };
    (rows, (state.stream.0.to_vec(), held.to_bytes()))
}

fn judged(region: &Region, device: &Device) -> Evaluation {
    evaluate(&Knowledge {
        purpose: Purpose::Count,
        entries: &device.entries(Purpose::Count),
        roster: device.roster(),
        checkpoint: &|hash| device.heads_of(hash),
        open: &|entry| {
            let mut epochs = region.epochs.iter();
            epochs.find_map(|epoch| content_key::open_as_epoch(entry, epoch).ok())
        },
    })
}

fn main() {
    let number: usize = std::env::args()
        .nth(1)
        .map_or(10_000, |n| n.parse().unwrap());
    let counters: Vec<Member> = (0..DEVICES)
        .map(|seed| Member::new(&mut Seeded(seed as u64)))
        .collect();
    let region = region(&counters);
    let (mut originals, mut streams) = (Vec::new(), Vec::new());
    for (seed, member) in (1_000..).zip(&counters) {
        let (rows, stream) = device(&region, member, seed, number / DEVICES);
        originals.extend(rows);
        streams.push(stream);
    }
    let bytes: usize = originals.iter().map(|(_, row)| row.len()).sum();
    println!(
        "{number} records, {} bytes each in originals",
        bytes / number
    );
    let begin = Instant::now();
    let mut coordinator = Device::open(Start {
        key: DeviceSigningKey::from_seed(&region.ann.signing.seed()),
        local: LocalKey::generate(&mut Seeded(1)),
        origin: ORIGIN,
        roster: region.roster.clone(),
        acts: region.acts.clone(),
        relay: None,
        outbox: &[],
        streams: &streams,
        objects: &[],
        originals: &originals,
        aside: &[],
        blobs: &[],
        writing: &[],
    })
    .unwrap();
    println!("start           {:>8.1?}", begin.elapsed());
    let begin = Instant::now();
    let entries = coordinator.entries(Purpose::Count);
    println!("  entries       {:>8.1?}", begin.elapsed());
    drop(entries);
    let mut seen = BTreeMap::new();
    for turn in 0..3 {
        let begin = Instant::now();
        let evaluation = judged(&region, &coordinator);
        println!("judging         {:>8.1?}", begin.elapsed());
        for outcome in evaluation.outcomes.values() {
            *seen.entry(format!("{outcome:?}")).or_insert(0) += 1;
        }
        if turn == 0 {
            let begin = Instant::now();
            let effects = coordinator.confirm(Purpose::Count, &evaluation, NOW, &mut Seeded(5));
            println!(
                "confirming      {:>8.1?}, {} effects",
                begin.elapsed(),
                effects.len()
            );
        }
    }
    println!("{seen:?}");
}
