//! What a device's journal does for sync: seals what is recorded, in one commit with the head of its stream.
//!
//! Not here: forms, rounds, locks of the app. The rows and the order are those of `crates/journal/src/write.rs`.

use crate::dice::Dice;
use veldpost_domain::{
    Act, Answer, Answers, CampaignId, Context, FieldChange, Hlc, Operation, OperationId, RecordId,
    RecordKind, StreamId,
};
use veldpost_envelope::canonical::{Reader, Writer};
use veldpost_envelope::content_key::ContentKeyUse;
use veldpost_envelope::payload::encode_operation;
use veldpost_envelope::statement::{
    Says, Statement, StreamRange, Subject, Verdict, encode_statement,
};
use veldpost_envelope::stream::StreamContext;
use veldpost_envelope::{
    ContentKey, DeviceSigningKey, EncryptionPublic, Entry, EntryHash, StreamState, StreamWriter,
    random,
};
use veldpost_store::{Batch, Row, Shelf};
use veldpost_sync::rows::{RunRow, run_key};

/// Key of the row in `meta` that says where the stream stands.
pub const HEAD: &[u8] = b"head/count";
/// The count that everything is recorded for.
pub const CAMPAIGN: CampaignId = CampaignId([8; 16]);

/// What a person does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Records somebody.
    Create,
    /// Changes a record, on top of an operation.
    Amend(RecordId, OperationId),
    /// Takes a record out.
    Withdraw(RecordId),
    /// Records with a field that this version does not know.
    NewerField,
    /// Records a kind that this version does not know.
    NewerKind,
    /// Does to a record what this version does not know.
    NewerAct,
    /// States something that this version does not know.
    NewerStatement,
    /// Says something as a coordinator.
    State(Word),
}

impl Deed {
    /// Whether a later change may replace its answers.
    #[must_use]
    pub fn writes(self) -> bool {
        matches!(self, Self::Create | Self::Amend(..))
    }
}

/// What a coordinator says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// Nothing of this counts. Nobody is let in by it: that is a person's act, which invariant I11 asks of the roster here.
    Refuse(Subject),
    /// A clock was off by so many milliseconds.
    Clock(StreamRange, i64),
}

/// Where the stream stands, and the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The stream.
    pub state: StreamState,
    /// The device's clock as of its last operation.
    pub hlc: Hlc,
}

impl Head {
    /// `[stream, next, hash, hlc]`.
    #[must_use]
    pub fn to_bytes(self) -> Vec<u8> {
        let mut out = Writer::default();
        out.array(4).bytes(&self.state.stream.0);
        out.uint(self.state.next_seq)
            .bytes(&self.state.prev_hash.0)
            .uint(self.hlc.0);
        out.finish()
    }

    fn from_bytes(row: &[u8]) -> Option<Self> {
        let mut input = Reader::new(row);
        input.record(4).ok()?;
        let state = StreamState {
            stream: StreamId(input.byte_array().ok()?),
            next_seq: input.uint().ok()?,
            prev_hash: EntryHash(input.byte_array().ok()?),
        };
        let hlc = Hlc(input.uint().ok()?);
        Some(Self { state, hlc })
    }
}

/// One operation of a save.
#[derive(Clone, Copy, Debug)]
pub struct Sealed {
    /// Its id.
    pub id: OperationId,
    /// Its record.
    pub record: RecordId,
    /// What it does.
    pub deed: Deed,
    /// When, by the device's clock.
    pub hlc: Hlc,
    /// The entry that it is in.
    pub hash: EntryHash,
}

/// One save, sealed and not yet written.
pub struct Save {
    /// What is written.
    pub batch: Batch,
    /// The row of the outbox, for sync.
    pub row: Row,
    /// The operations in it.
    pub operations: Vec<Sealed>,
    /// The entries, those for the stream and the key among them.
    pub entries: Vec<Entry>,
    after: Book,
}

/// With what a device seals.
pub struct Hand<'a> {
    /// What its headers repeat.
    pub context: StreamContext,
    /// Signs.
    pub key: &'a DeviceSigningKey,
    /// Who may read.
    pub recipients: Vec<EncryptionPublic>,
    /// Until it is admitted.
    pub invitation: Option<[u8; 16]>,
    /// The wall clock, right or wrong.
    pub now: i64,
    /// Where the outbox is sent.
    pub address: &'a str,
    /// The rule of I7 is broken: the wall clock is taken as it is.
    pub wall: bool,
}

/// A device's book, as far as a process knows it.
#[derive(Clone, Default)]
pub struct Book {
    /// None before the first save.
    pub head: Option<Head>,
    key: Option<(ContentKey, u64, ContentKeyUse)>,
}

impl Book {
    /// What a start reads.
    #[must_use]
    pub fn open(row: Option<&[u8]>) -> Self {
        Self {
            head: row.and_then(Head::from_bytes),
            key: None,
        }
    }

    /// The save is on the disk.
    pub fn written(&mut self, save: &Save) {
        *self = save.after.clone();
    }

    /// The next save makes a key of its own: its stream is another.
    pub fn forget_key(&mut self) {
        self.key = None;
    }

    /// Sync moved the stream; the row to write in its transaction.
    #[must_use]
    pub fn moved(&self, state: StreamState) -> Head {
        let hlc = self.head.map_or(Hlc::default(), |head| head.hlc);
        Head { state, hlc }
    }

    /// Seals these deeds as one commit.
    #[must_use]
    pub fn seal(&self, deeds: &[Deed], hand: &Hand<'_>, dice: &mut Dice) -> Option<Save> {
        let mut entries = Vec::new();
        let (mut stream, mut hlc) = match self.head {
            Some(head) => (StreamWriter::resume(hand.context, head.state), head.hlc),
            None => {
                let (stream, open) =
                    StreamWriter::open(hand.context, hand.key, hand.invitation, None, dice);
                entries.push(open);
                (stream, Hlc::default())
            }
        };
        let (key, mut usage) = self.content_key(hand, &mut stream, &mut entries, dice)?;
        let mut operations = Vec::new();
        for deed in deeds {
            hlc = if hand.wall {
                Hlc(u64::try_from(hand.now).ok()? << 16)
            } else {
                hlc.tick(hand.now)
            };
            let (operation, payload) = payload(*deed, hlc, hand.now, dice);
            let entry = stream.seal(&key, &payload, dice).ok()?;
            usage.sealed += 1;
            operations.push(Sealed {
                id: operation.id,
                record: operation.record,
                deed: *deed,
                hlc,
                hash: entry.hash(),
            });
            entries.push(entry);
        }
        entries.last_mut()?.sign(hand.key);
        let state = stream.state();
        let first = state.next_seq.checked_sub(entries.len() as u64)?;
        let row = RunRow {
            address: Some(hand.address.to_owned()),
            entries: entries.iter().flat_map(Entry::to_bytes).collect(),
        };
        let row: Row = (run_key(state.stream, first), row.to_bytes());
        let head = Head { state, hlc };
        let batch = Batch::new()
            .put(Shelf::Outbox, row.0.clone(), row.1.clone())
            .put(Shelf::Meta, HEAD, head.to_bytes());
        Some(Save {
            batch,
            row,
            operations,
            entries,
            after: Self {
                head: Some(head),
                key: Some((key, hand.context.epoch, usage)),
            },
        })
    }

    /// The key in use, or a new one behind its entry.
    fn content_key(
        &self,
        hand: &Hand<'_>,
        stream: &mut StreamWriter,
        entries: &mut Vec<Entry>,
        dice: &mut Dice,
    ) -> Option<(ContentKey, ContentKeyUse)> {
        let usable = self.key.as_ref().filter(|(_, epoch, usage)| {
            *epoch == hand.context.epoch && usage.may_seal(hand.now) && usage.sealed < 490
        });
        if let Some((key, _, usage)) = usable {
            return Some((key.clone(), *usage));
        }
        let key = ContentKey::generate(dice);
        let entry = stream.content_key(&key, &hand.recipients, dice).ok()?;
        entries.push(entry);
        let usage = ContentKeyUse {
            made_at: hand.now,
            sealed: 0,
        };
        Some((key, usage))
    }
}

/// What an entry holds.
pub fn payload(deed: Deed, hlc: Hlc, now: i64, dice: &mut Dice) -> (Operation, Vec<u8>) {
    let fresh = RecordId(random::array(dice));
    let id = OperationId(random::array(dice));
    let (record, act) = match deed {
        Deed::Amend(record, base) => (record, amendment(base, id)),
        Deed::Withdraw(record) => {
            let reason = String::from("mistake");
            (record, Act::Withdraw { reason })
        }
        _ => (fresh, creation(now)),
    };
    let kind = match deed {
        Deed::NewerKind => RecordKind::Unknown(9),
        _ => RecordKind::Observation,
    };
    let operation = Operation {
        kind,
        record,
        id,
        hlc,
        act,
    };
    let bytes = match deed {
        Deed::NewerStatement => statement(record, id, hlc),
        Deed::State(word) => stated(word, id, hlc),
        Deed::NewerField => with_a_field(encode_operation(&operation)),
        Deed::NewerAct => of_another_schema(encode_operation(&operation)),
        _ => encode_operation(&operation),
    };
    (operation, bytes)
}

fn creation(now: i64) -> Act {
    Act::Create {
        context: Context {
            campaign: CAMPAIGN,
            at: now,
            round: None,
            organisation: None,
            crew: None,
            area: None,
            form: None,
            promoted_from: None,
            from_solo: false,
        },
        answers: Answers::default(),
    }
}

/// The question that is answered anew.
pub const CHANGED: &str = "tile";

/// What an operation answers it with: by the answer that is shown it is known whose that is.
pub fn answer_of(id: OperationId) -> String {
    id.0.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn amendment(base: OperationId, id: OperationId) -> Act {
    Act::Amend {
        changes: vec![FieldChange {
            name: String::from(CHANGED),
            value: Some(Answer::Text(answer_of(id))),
            base,
        }],
    }
}

/// As a newer version writes it: the schema stands behind the kind.
fn of_another_schema(mut payload: Vec<u8>) -> Vec<u8> {
    if let Some(schema) = payload.get_mut(2) {
        *schema += 1;
    }
    payload
}

/// The same with one field more, as a newer version appends it.
fn with_a_field(mut payload: Vec<u8>) -> Vec<u8> {
    if let Some(length) = payload.first_mut() {
        *length += 1;
    }
    let mut more = Writer::default();
    more.text("newer");
    payload.extend(more.finish());
    payload
}

fn stated(word: Word, id: OperationId, hlc: Hlc) -> Vec<u8> {
    // Each stands beside those before: two coordinators may have said otherwise at once.
    let says = match word {
        Word::Refuse(subject) => Says::Judgement {
            subject,
            verdict: Verdict::Refuse,
            replaces: Vec::new(),
            remark: String::new(),
        },
        Word::Clock(range, offset) => Says::Clock {
            range,
            offset,
            replaces: Vec::new(),
        },
    };
    let encoded = encode_statement(&Statement { id, hlc, says });
    encoded.map(|payload| payload.to_vec()).unwrap_or_default()
}

/// `[kind 40, schema, record, id, hlc, act, body]`.
fn statement(record: RecordId, id: OperationId, hlc: Hlc) -> Vec<u8> {
    let mut out = Writer::default();
    out.array(7).uint(40).uint(1).bytes(&record.0);
    out.bytes(&id.0).uint(hlc.0).uint(4).array(0);
    out.finish()
}
