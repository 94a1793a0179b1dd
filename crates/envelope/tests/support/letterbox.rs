//! What the vectors of `requests.json` are made of.

use crate::support::{Seeded, hex};
use std::collections::BTreeMap;
use std::path::PathBuf;
use veldpost_domain::{CampaignId, Hlc, OperationId, RecordId, StreamId};
use veldpost_envelope::canonical::{Reader, Writer};
use veldpost_envelope::secret::Secret;
use veldpost_envelope::statement::{Says, Statement, StreamRange, Subject, Verdict};
use veldpost_envelope::stream::StreamContext;
use veldpost_envelope::wire::{
    Code, Fork, HeadsAnswer, Holding, Incarnation, Item, ItemKind, OwnHead, Page, Problem, PullAsk,
    PushAnswer, StampedJoin, Standing, StreamRow, StreamStanding,
};
use veldpost_envelope::{
    ActHash, ContentKey, DeviceSigningKey, Entry, Purpose, RegionId, StreamWriter, label,
};

pub const AT: i64 = 1_794_600_000_000;
pub const AUTHORITY: &str = "relay.example";
pub const NONCE: [u8; 16] = [0x5a; 16];
pub const INCARNATION: Incarnation = Incarnation([0x1c; 16]);
pub const INVITATION: [u8; 16] = [0x77; 16];
pub const RECORD: RecordId = RecordId([0x55; 16]);

/// Everything that the vectors are made of, from seeds that are nobody's secret.
pub struct Made {
    pub region: RegionId,
    pub founder: DeviceSigningKey,
    pub worker: DeviceSigningKey,
    pub count: Vec<Entry>,
    pub signal: Vec<Entry>,
    /// What another copy of the worker wrote in the place of the count's last two entries.
    pub offered: Vec<Entry>,
}

pub fn made() -> Made {
    let region = RegionId(hex(&read("format.json")["region"]).try_into().unwrap());
    let founder = DeviceSigningKey::generate(&mut Seeded(2026));
    let rng = &mut Seeded(2027);
    let worker = DeviceSigningKey::generate(rng);
    let key = ContentKey::generate(rng);
    let context = |purpose| StreamContext {
        region,
        purpose,
        epoch: 1,
        roster_head: ActHash(region.0),
        seen: None,
    };
    let mut write = |purpose, sealed: u8| {
        let (mut writer, open) = StreamWriter::open(context(purpose), &worker, None, None, rng);
        let before = writer.state();
        let mut seal = |writer: &mut StreamWriter, number| {
            let mut entry = writer.seal(&key, &[number; 40], rng).unwrap();
            entry.sign(&worker);
            entry
        };
        let run = (0..sealed).map(|number| seal(&mut writer, number));
        let run: Vec<_> = [open].into_iter().chain(run).collect();
        writer.rewind(before);
        let again = (0..sealed).map(|number| seal(&mut writer, number + 100));
        (run, again.collect())
    };
    let (count, offered) = write(Purpose::Count, 2);
    let (signal, _) = write(Purpose::Signal, 1);
    Made {
        region,
        founder,
        worker,
        count,
        signal,
        offered,
    }
}

pub fn stream_of(run: &[Entry]) -> StreamId {
    run[0].header().stream
}

pub fn body_of(run: &[Entry]) -> Vec<u8> {
    run.iter().flat_map(Entry::to_bytes).collect()
}

/// `[header, body_hash, signature]`, as section 16 says, from the entry's own bytes.
pub fn bare(run: &[Entry]) -> Vec<u8> {
    let mut out = Writer::default();
    for entry in run {
        let bytes = entry.to_bytes();
        let mut input = Reader::new(&bytes);
        input.array().unwrap();
        let header = input.bytes().unwrap();
        let nonce = input.bytes().unwrap();
        out.array(3).bytes(header);
        out.bytes(&label::sha256(&[nonce, entry.body()]));
        out.bytes_or_null(entry.signature().map(<[u8; 64]>::as_slice));
    }
    out.finish()
}

/// A receipt of the founder's for the whole count stream, as section 16 says.
pub fn receipt(made: &Made) -> Vec<u8> {
    let last = made.count.last().unwrap();
    let mut body = Writer::default();
    body.array(5).array(7).uint(1).uint(1).uint(1);
    body.bytes(&made.region.0)
        .bytes(&made.founder.public().0)
        .bytes(&made.region.0)
        .int(AT);
    body.bytes(&stream_of(&made.count).0)
        .uint(last.header().seq)
        .bytes(&last.hash().0)
        .array(0);
    let body = body.finish();
    let hash = label::sha256(&[label::RECEIPT, &body]);
    let mut out = Writer::default();
    out.array(3).bytes(&body);
    out.bytes(&made.founder.sign(label::RECEIPT, &hash)).null();
    out.finish()
}

pub fn statements(made: &Made) -> Vec<(&'static str, Statement)> {
    let judge = |subject, verdict, replaces: &[u8]| Says::Judgement {
        subject,
        verdict,
        replaces: replaces.iter().map(|id| OperationId([*id; 16])).collect(),
        remark: "Gebeld, het klopt".to_owned(),
    };
    let range = |last| StreamRange {
        stream: stream_of(&made.count),
        first: 1,
        last,
    };
    let device = made.worker.public();
    let clock = Says::Clock {
        range: range(None),
        offset: -7_200_000,
        replaces: vec![],
    };
    let secret = Says::LinkSecret {
        invitation: INVITATION,
        secret: Secret::copy_from(&[0x5e; 32]),
        name: "Avond 27 november".to_owned(),
    };
    let name = Says::DeviceName {
        device,
        name: "Joke, ploeg 3".to_owned(),
        replaces: vec![OperationId([0x60; 16])],
    };
    let counts = |campaign, replaces| Says::CountsFor {
        made_for: CampaignId([0x44; 16]),
        campaign,
        replaces,
    };
    let taken_back = counts(None, vec![OperationId([0x77; 16])]);
    let counts_for = counts(Some(CampaignId([0x33; 16])), vec![]);
    let subject = Subject::Invitation(INVITATION);
    let says = [
        (
            "judgement-device",
            judge(Subject::Device(device), Verdict::Admit, &[]),
        ),
        (
            "judgement-range",
            judge(Subject::Range(range(Some(2))), Verdict::Refuse, &[0x61]),
        ),
        (
            "judgement-invitation",
            judge(subject, Verdict::Refuse, &[0x61, 0x62]),
        ),
        (
            "judgement-record",
            judge(Subject::Record(RECORD), Verdict::Admit, &[]),
        ),
        ("clock", clock),
        ("invitation-secret", secret),
        ("name", name),
        ("counts-for", counts_for),
        ("counts-for-none", taken_back),
    ];
    let statement = |(number, (name, says)): (usize, (_, _))| {
        let statement = Statement {
            id: OperationId([0x70 + number as u8; 16]),
            hlc: Hlc::default().tick(AT + number as i64),
            says,
        };
        (name, statement)
    };
    says.into_iter().enumerate().map(statement).collect()
}

pub fn pull(made: &Made) -> Vec<u8> {
    let held = |run: &[Entry]| Holding {
        stream: stream_of(run),
        next: run.len() as u64,
    };
    let ask = PullAsk {
        region: made.region,
        after: 40,
        pages: 8,
        holding: vec![held(&made.count), held(&made.signal)],
    };
    ask.to_bytes()
}

pub fn state<'a>(run: &[Entry], code: Option<Code>, proof: Option<&'a [u8]>) -> StreamStanding<'a> {
    StreamStanding {
        stream: stream_of(run),
        next: run.len() as u64,
        hash: run.last().map(Entry::hash),
        code,
        proof,
    }
}

pub fn own(run: &[Entry]) -> OwnHead {
    OwnHead {
        stream: stream_of(run),
        next: run.len() as u64,
        hash: run.last().map(Entry::hash),
    }
}

pub fn page<'a>(
    made: &Made,
    own: Vec<OwnHead>,
    upto: u64,
    items: &[(u64, ItemKind, &'a [u8])],
) -> Page<'a> {
    let item = |(position, kind, value): &(u64, ItemKind, &'a [u8])| Item {
        position: *position,
        at: AT,
        kind: *kind,
        value,
    };
    Page {
        incarnation: INCARNATION,
        at: AT + 5,
        standing: Standing::Member,
        height: 0,
        head: ActHash(made.region.0),
        own,
        upto,
        newest: 47,
        items: items.iter().map(item).collect(),
    }
}

/// The answer to a pull of two pages, each in a byte string: a coordinator's first and second.
pub fn pages(made: &Made) -> Vec<u8> {
    let (run, receipt) = (body_of(&made.count), receipt(made));
    let stamped = StampedJoin {
        nth: 1,
        join: b"stands for a join",
    };
    let (kept, offered) = (bare(&made.count[1..]), bare(&made.offered));
    let fork = Fork {
        stream: stream_of(&made.count),
        kept: &kept,
        offered: &offered,
    };
    let (join, fork) = (stamped.to_bytes(), fork.to_bytes());
    let first = [
        (41, ItemKind::Run, run.as_slice()),
        (43, ItemKind::Object, receipt.as_slice()),
    ];
    let second = [
        (44, ItemKind::Join, join.as_slice()),
        (45, ItemKind::Fork, fork.as_slice()),
        (47, ItemKind::Unknown(9), b"of a later version"),
    ];
    let mut out = Writer::default();
    out.bytes(&page(made, vec![], 43, &first).to_bytes());
    out.bytes(&page(made, vec![], 47, &second).to_bytes());
    out.finish()
}

pub fn conflict(made: &Made) -> Problem {
    let kept = bare(&made.count[1..]);
    let states = vec![
        state(&made.count, Some(Code::Conflict), Some(&kept)),
        state(&made.signal, None, None),
    ];
    let answer = PushAnswer {
        incarnation: INCARNATION,
        states,
    };
    Problem {
        answer: Some(answer.to_bytes()),
        ..Problem::new(Code::Conflict)
    }
}

pub fn heads(made: &Made) -> HeadsAnswer {
    let row = |run: &[Entry], says| StreamRow {
        stream: stream_of(run),
        device: made.worker.public(),
        purpose: run[0].header().purpose.code().into(),
        next: run.len() as u64,
        hash: run.last().unwrap().hash(),
        heard: AT + 1,
        says,
    };
    let mut rows = vec![row(&made.count, Some(4)), row(&made.signal, None)];
    rows.sort_by_key(|row| row.stream);
    HeadsAnswer {
        incarnation: INCARNATION,
        at: AT,
        rows,
        more: false,
    }
}

pub fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/vectors")
        .join(file)
}

/// The file is one flat object of strings, as `format.json` is.
pub fn read(file: &str) -> BTreeMap<String, String> {
    std::fs::read_to_string(path(file))
        .unwrap()
        .lines()
        .filter_map(|line| {
            let mut parts = line.split('"');
            Some((parts.nth(1)?.to_owned(), parts.nth(1)?.to_owned()))
        })
        .collect()
}
