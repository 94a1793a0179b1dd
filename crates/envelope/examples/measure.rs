//! Measures what `docs/format.md` says about sizes and times:
//! `cargo run --release -p veldpost-envelope --example measure`.
//!
//! Records have 26 fields and about 900 bytes as JSON, half of it a remark of random words, because
//! that is what the peers' benchmark stores.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a tool for the terminal: a panic is its report"
)]

use std::time::Instant;
use veldpost_domain::{
    Act, Answers, CampaignId, Context, FormVersion, Hlc, Operation, OperationId, OrganisationId,
    RecordId, RecordKind, RoundId, StreamId,
};
use veldpost_envelope::block::{BlockRow, ROWS, open_block, seal_block};
use veldpost_envelope::payload::{decode_operation, encode_operation};
use veldpost_envelope::run::verify_run;
use veldpost_envelope::stream::StreamContext;
use veldpost_envelope::unlock::{KdfParams, derive};
use veldpost_envelope::{
    ActHash, ContentKey, DeviceEncryptionKey, DeviceSigningKey, Entry, LocalVaultKey, Purpose,
    RandomBytes, RegionId, StreamWriter,
};
use veldpost_seeded::Seeded;

/// What is drawn of bytes that a seed decides.
trait Draw {
    fn below(&mut self, most: usize) -> usize;
    fn id(&mut self) -> [u8; 16];
    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str;
}

impl Draw for Seeded {
    fn below(&mut self, most: usize) -> usize {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        (u64::from_le_bytes(bytes) % most as u64) as usize
    }

    fn id(&mut self) -> [u8; 16] {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        bytes
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

const WORDS: &str = "the person was met near station under bridge with two bags and asked for shelter \
    tonight agreed to a follow up visit next week has contact to family outreach worker offered food \
    blanket hot drink no acute medical need seen leg wound referred to clinic waits for papers lost \
    card sleeps in car squat hallway park tent often moves between towns prefers morning speaks \
    french dutch arabic english trusts team refused night centre because of dog";

/// Names and the codes that each may have.
const FIELDS: [(&str, &str); 17] = [
    ("kind", "count visit intake"),
    (
        "municipality",
        "enschede hengelo borne losser oldenzaal haaksbergen dinkelland",
    ),
    ("ethos", "1.1 2.1 2.2 3.1 3.2 3.3 4.1 4.2 5.1 5.2 5.3 6.1"),
    ("round", "2025-10"),
    ("team", "north south east west night mobile"),
    ("ageBand", "0-17 18-25 26-35 36-45 46-55 56-65 66+"),
    ("gender", "f m x unknown"),
    ("nationality", "national eu non-eu stateless unknown"),
    ("adults", "1 2"),
    ("children", "0 0 1 2 3"),
    ("duration", "<1w 1w-1m 1-3m 3-6m 6-12m 1-3y >3y"),
    ("income", "none benefit work undeclared pension unknown"),
    (
        "needs1",
        "shelter medical mental addiction debt papers family safety clothing food pet",
    ),
    (
        "needs2",
        "shelter medical mental addiction debt papers family safety clothing food pet",
    ),
    ("consent", "yes yes yes no"),
    (
        "followUp",
        "2026-01-04 2026-01-11 2026-02-05 2026-02-19 2025-12-24",
    ),
    ("status", "draft final reviewed"),
];

fn record(
    rng: &mut Seeded,
    campaign: CampaignId,
    round: RoundId,
    team: OrganisationId,
) -> Operation {
    let words: Vec<_> = WORDS.split_whitespace().collect();
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let mut answers = Answers::default();
    for (name, codes) in FIELDS {
        let codes: Vec<_> = codes.split(' ').collect();
        answers.set(name, rng.pick(&codes));
    }
    answers.set("worker", format!("w-{}", hex(&rng.id()[..3])));
    answers.set("device", format!("d-{}", hex(&rng.id()[..6])));
    answers.set("pseudonym", hex(&rng.id()[..8]));
    answers.set(
        "lat",
        format!("5{}.{:06}", rng.below(2), rng.below(1_000_000)),
    );
    answers.set(
        "lon",
        format!("{}.{:06}", 3 + rng.below(3), rng.below(1_000_000)),
    );
    answers.set("accuracy", format!("{}.{}", rng.below(40), rng.below(10)));
    let length = 48 + rng.below(24);
    let remark: Vec<_> = (0..length).map(|_| rng.pick(&words)).collect();
    answers.set("notes", remark.join(" "));
    let at = 1_794_600_000_000 + rng.below(20_000_000) as i64;
    let context = Context {
        campaign,
        at,
        round: Some(round),
        organisation: Some(team),
        crew: Some("Ploeg 3".to_owned()),
        area: Some(
            rng.pick(&["station", "volkspark", "centrum", "wesselerbrink"])
                .to_owned(),
        ),
        form: Some(FormVersion {
            id: "ethos-count".to_owned(),
            version: "2026.1".to_owned(),
        }),
        promoted_from: None,
        from_solo: false,
    };
    Operation {
        kind: RecordKind::Person,
        record: RecordId(rng.id()),
        id: OperationId(rng.id()),
        hlc: Hlc::default().tick(at),
        act: Act::Create { context, answers },
    }
}

/// The length that the record would have as JSON text.
fn json_length(operation: &Operation) -> usize {
    let Act::Create { answers, .. } = &operation.act else {
        return 0;
    };
    let pairs: usize = answers
        .map()
        .keys()
        .map(|name| name.len() + answers.text(name).map_or(0, str::len) + 6)
        .sum();
    // The record's id and two times; the payload holds four more ids, crew, area and form.
    pairs + 43 + 2 * 39
}

/// The fastest of several runs in milliseconds: what else the machine does only ever adds to it.
fn time<T>(runs: usize, mut work: impl FnMut() -> T) -> f64 {
    let run = |_| {
        let start = Instant::now();
        std::hint::black_box(work());
        start.elapsed().as_secs_f64() * 1e3
    };
    (0..runs).map(run).fold(f64::INFINITY, f64::min)
}

fn main() {
    let rng = &mut Seeded(1);
    let campaign = CampaignId(rng.id());
    let rounds: Vec<_> = (0..12).map(|_| RoundId(rng.id())).collect();
    let teams: Vec<_> = (0..8).map(|_| OrganisationId(rng.id())).collect();
    let operations: Vec<_> = (0..10_000)
        .map(|number| {
            record(
                rng,
                campaign,
                rounds[number / 40 % 12],
                teams[number / 40 % 8],
            )
        })
        .collect();
    let json: usize = operations.iter().map(json_length).sum();
    let payloads: Vec<_> = operations.iter().map(encode_operation).collect();
    let bytes: usize = payloads.iter().map(Vec::len).sum();
    println!(
        "record: {} bytes as JSON, {} as payload (means)",
        json / 10_000,
        bytes / 10_000
    );
    blocks(rng, &payloads);
    entries(rng, &payloads);
    for (name, params) in [
        ("64 MiB t=3", KdfParams::STANDARD),
        ("46 MiB t=1", KdfParams::FLOOR),
    ] {
        let spent = time(3, || {
            derive("appel fiets kaars molen tafel", [0; 16], params).unwrap()
        });
        println!("argon2id {name}: {spent:.0} ms");
    }
}

fn blocks(rng: &mut Seeded, payloads: &[Vec<u8>]) {
    let key = LocalVaultKey::generate(rng);
    let streams: Vec<_> = (0..60).map(|_| StreamId(rng.id())).collect();
    let rows: Vec<_> = (0..)
        .zip(payloads)
        .map(|(seq, payload)| BlockRow {
            stream: streams[seq as usize / 170 % 60],
            seq: seq % 170,
            payload,
        })
        .collect();
    let mut sealed = Vec::new();
    let spent = time(7, || {
        sealed = rows
            .chunks(ROWS)
            .map(|rows| seal_block(&key, Purpose::Count, &[1; 16], rows, rng).unwrap())
            .collect::<Vec<_>>();
    });
    let total: usize = sealed.iter().map(Vec::len).sum();
    println!(
        "blocks: {} of {ROWS} rows, {} bytes a row, sealed in {spent:.1} ms",
        sealed.len(),
        total / rows.len()
    );
    let open = |block: &Vec<u8>| open_block(&key, Purpose::Count, &[1; 16], block).unwrap();
    let spent = time(15, || {
        sealed
            .iter()
            .map(|block| open(block).rows().len())
            .sum::<usize>()
    });
    println!("opening {} rows: {spent:.1} ms", rows.len());
    let spent = time(15, || {
        sealed
            .iter()
            .flat_map(|block| {
                let block = open(block);
                let operations: Vec<_> = block
                    .rows()
                    .map(|row| decode_operation(row.payload).unwrap().operation.unwrap())
                    .collect();
                operations
            })
            .collect::<Vec<_>>()
    });
    println!(
        "opening {} rows and decoding their operations: {spent:.1} ms",
        rows.len()
    );
}

fn entries(rng: &mut Seeded, payloads: &[Vec<u8>]) {
    let device = DeviceSigningKey::generate(rng);
    let own = DeviceEncryptionKey::generate(rng);
    let region = RegionId([1; 32]);
    let context = StreamContext {
        region,
        purpose: Purpose::Count,
        epoch: 1,
        roster_head: ActHash([1; 32]),
        seen: Some([2; 32]),
    };
    let (mut writer, open) = StreamWriter::open(context, &device, None, None, rng);
    let key = ContentKey::generate(rng);
    let shared = writer.content_key(&key, &[own.public(); 2], rng).unwrap();
    println!(
        "stream-open {} bytes, content-key {}",
        open.to_bytes().len(),
        shared.to_bytes().len()
    );
    let start = Instant::now();
    let mut run = vec![open, shared];
    for payload in payloads {
        run.push(writer.seal(&key, payload, rng).unwrap());
    }
    run.last_mut().unwrap().sign(&device);
    let spent = start.elapsed().as_secs_f64() * 1e3;
    let bytes: Vec<_> = run.iter().map(Entry::to_bytes).collect();
    let longest = bytes.iter().skip(2).map(Vec::len).max().unwrap();
    let mean = bytes.iter().skip(2).map(Vec::len).sum::<usize>() / payloads.len();
    println!(
        "entries: {mean} bytes each (mean), {longest} the longest; {:.1} µs each",
        spent * 1e3 / payloads.len() as f64
    );
    let spent = time(5, || {
        let run: Vec<_> = bytes
            .iter()
            .map(|bytes| Entry::from_bytes(bytes).unwrap())
            .collect();
        verify_run(&region, &device.public(), None, &run).unwrap()
    });
    println!("reading and verifying {} entries: {spent:.1} ms", run.len());
    let spent = time(5, || {
        run.iter()
            .skip(2)
            .map(|entry| entry.open(&key).unwrap().len())
            .sum::<usize>()
    });
    println!("opening {} entries: {spent:.1} ms", payloads.len());
}
