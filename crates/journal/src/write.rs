//! One save is one transaction: the sealed entry, its stub, the round, the clock, the draft's end.
//!
//! Not here: which acts there are (`record`, `round`) and reading back (`vault`).

use crate::journal::{Journal, Memory, OpenContentKey, Random, Writer};
use crate::outside::Outside;
use crate::rows::{Head, OpenRound, RunRow, Stub, Stubs};
use crate::{JournalError, shelves};
use veldpost_domain::{
    Act, Context, Hlc, Operation, OperationId, RecordId, RecordKind, StreamId, record::Place,
};
use veldpost_envelope::content_key::ContentKeyUse;
use veldpost_envelope::{ContentKey, Entry, EntryHash, StreamState, StreamWriter, payload};
use veldpost_store::{Batch, Shelf, Store, StoreError};

/// Operations a commit: with the stream's and the key's own entries it stays within 500.
pub const MAX_OPERATIONS: usize = 498;
/// Sealed bytes a commit.
const MAX_BYTES: usize = 1024 * 1024;

/// One act that is to be written.
pub(crate) struct Planned {
    pub kind: RecordKind,
    pub record: RecordId,
    pub act: Act,
    /// An operation that was made elsewhere keeps its id and its time.
    pub made: Option<(OperationId, Hlc)>,
}

/// An operation and where it stands.
pub(crate) type Written = (Operation, Place);

/// What becomes of the open round when the acts are written.
type RoundChange<'a> = Box<dyn FnOnce(Option<OpenRound>, &[Written]) -> Option<OpenRound> + 'a>;

/// All that one save writes.
pub(crate) struct Change<'a> {
    pub acts: Vec<Planned>,
    pub round: Option<RoundChange<'a>>,
    pub finished_draft: Option<RecordId>,
}

impl Change<'_> {
    pub(crate) fn of(kind: RecordKind, record: RecordId, act: Act) -> Self {
        Self {
            acts: vec![Planned {
                kind,
                record,
                act,
                made: None,
            }],
            round: None,
            finished_draft: None,
        }
    }
}

impl<'a> Change<'a> {
    pub(crate) fn round(
        mut self,
        change: impl FnOnce(Option<OpenRound>, &[Written]) -> Option<OpenRound> + 'a,
    ) -> Self {
        self.round = Some(Box::new(change));
        self
    }
}

/// What was sealed for one commit.
struct Sealed {
    operations: Vec<Written>,
    batch: Batch,
    head: Head,
    new_key: Option<OpenContentKey>,
    sealed: u32,
}

impl<S: Store, O: Outside> Journal<S, O> {
    /// Seals, writes, and only then remembers. Returns how many operations were written.
    pub(crate) async fn write(&self, change: Change<'_>) -> Result<usize, JournalError> {
        self.write_planned(|_| Ok(change)).await
    }

    /// As `write`, for what depends on the open round: it is planned once its turn has come, so
    /// that two quick touches never plan the same.
    pub(crate) async fn write_planned<'a>(
        &self,
        plan: impl FnOnce(Option<&OpenRound>) -> Result<Change<'a>, JournalError>,
    ) -> Result<usize, JournalError> {
        let mut writer = self.writer.lock().await;
        self.settle(&mut writer).await?;
        let change = plan(self.memory.borrow().round.as_ref())?;
        let Sealed {
            operations,
            mut batch,
            head,
            new_key,
            sealed,
        } = self.seal(&writer, change.acts)?;
        let written = operations.len();
        let round = match change.round {
            None => None,
            Some(change) => {
                let before = self.memory.borrow().round.clone();
                let after = change(before, &operations);
                let (shelf, key) = shelves::ROUND;
                batch = match &after {
                    Some(round) => {
                        let row = self
                            .identity
                            .seal_row(shelves::ROUND, round, &self.outside)?;
                        batch.put(shelf, key, row)
                    }
                    None => batch.delete(shelf, key),
                };
                Some(after)
            }
        };
        if let Some(record) = change.finished_draft {
            batch = batch.delete(Shelf::Drafts, record.0);
        }
        self.commit(&mut writer, batch, &head).await?;

        writer.head = Some(head);
        if let Some(key) = new_key {
            writer.content_key = Some(key);
        }
        if let Some(key) = &mut writer.content_key {
            key.usage.sealed += sealed;
        }
        let mut memory = self.memory.borrow_mut();
        let Memory {
            records,
            round: open_round,
            ..
        } = &mut *memory;
        for (operation, place) in operations {
            records.apply_at(operation, Some(place));
        }
        if let Some(round) = round {
            *open_round = round;
        }
        Ok(written)
    }

    /// Writes many acts, one chain, one signature a commit.
    ///
    /// # Errors
    /// As a save; what was committed before the error stays.
    pub(crate) async fn write_all(
        &self,
        acts: impl Iterator<Item = Planned>,
    ) -> Result<usize, JournalError> {
        let mut acts = acts.peekable();
        let mut written = 0;
        while acts.peek().is_some() {
            let chunk: Vec<Planned> = acts.by_ref().take(MAX_OPERATIONS).collect();
            let change = Change {
                acts: chunk,
                round: None,
                finished_draft: None,
            };
            written += self.write(change).await?;
        }
        Ok(written)
    }

    /// After a commit without an answer: is what was being written there, or not?
    async fn settle(&self, writer: &mut Writer) -> Result<(), JournalError> {
        if writer.doubt {
            let (shelf, key) = shelves::HEAD;
            let row = self.store.read(shelf, key).await?;
            writer.head = row
                .map(|row| self.identity.open_row(shelves::HEAD, &row))
                .transpose()?;
            writer.content_key = None;
            writer.doubt = false;
        }
        Ok(())
    }

    async fn commit(
        &self,
        writer: &mut Writer,
        batch: Batch,
        head: &Head,
    ) -> Result<(), JournalError> {
        let Err(error) = self.store.commit(batch).await else {
            return Ok(());
        };
        if error == StoreError::Lost {
            writer.doubt = true;
            // Perhaps only the answer was lost: then the head that was being written stands there.
            if self.settle(writer).await.is_ok() && writer.head.as_ref() == Some(head) {
                return Ok(());
            }
        }
        Err(error.into())
    }

    fn seal(&self, writer: &Writer, acts: Vec<Planned>) -> Result<Sealed, JournalError> {
        let now = self.outside.now();
        let rng = &mut Random(&self.outside);
        let context = self.identity.stream_context();
        let mut entries: Vec<Entry> = Vec::with_capacity(acts.len() + 2);
        let (mut stream, mut hlc, block, mut recorded) = match &writer.head {
            Some(head) => (
                StreamWriter::resume(context, state(head)),
                head.clock(),
                head.block,
                head.recorded,
            ),
            None => {
                let signing = &self.identity.secrets.signing;
                let (stream, opening) = StreamWriter::open(context, signing, None, None, rng);
                entries.push(opening);
                (stream, Hlc::default(), 0, 0)
            }
        };
        let number = u32::try_from(acts.len()).map_err(|_| JournalError::TooLarge)?;
        let usable = writer
            .content_key
            .as_ref()
            .filter(|open| open.usage.may_seal(now) && open.usage.sealed + number <= MAX_SEALED);
        let new_key = match usable {
            Some(_) => None,
            None => {
                let key = ContentKey::generate(rng);
                let recipients = self.identity.recipients();
                entries.push(
                    stream
                        .content_key(&key, &recipients, rng)
                        .map_err(sealing)?,
                );
                Some(OpenContentKey {
                    key,
                    usage: ContentKeyUse {
                        made_at: now,
                        sealed: 0,
                    },
                })
            }
        };
        let Some(open) = new_key.as_ref().or(usable) else {
            return Err(JournalError::Damaged("content key"));
        };
        let mut operations = Vec::with_capacity(acts.len());
        let mut stubs = Vec::with_capacity(acts.len());
        for Planned {
            kind,
            record,
            act,
            made,
        } in acts
        {
            let (id, at) = made.unwrap_or_else(|| (OperationId(self.random()), hlc.tick(now)));
            hlc = hlc.max(at);
            let operation = Operation {
                kind,
                record,
                id,
                hlc: at,
                act,
            };
            let place = Place {
                stream: stream.state().stream,
                seq: stream.state().next_seq,
            };
            let payload = zeroize::Zeroizing::new(payload::encode_operation(&operation));
            entries.push(stream.seal(&open.key, &payload, rng).map_err(sealing)?);
            recorded += u64::from(matches!(operation.act, Act::Create { .. }));
            stubs.push(stub(&operation, now));
            operations.push((operation, place));
        }
        if let Some(last) = entries.last_mut() {
            last.sign(&self.identity.secrets.signing);
        }
        let after = stream.state();
        let head = Head {
            stream: after.stream.0,
            next_seq: after.next_seq,
            prev_hash: after.prev_hash.0,
            hlc: hlc.0,
            block,
            recorded,
        };
        let batch = self.rows(&entries, stubs, &head)?;
        Ok(Sealed {
            operations,
            batch,
            head,
            new_key,
            sealed: number,
        })
    }

    fn rows(
        &self,
        entries: &[Entry],
        stubs: Vec<Stub>,
        head: &Head,
    ) -> Result<Batch, JournalError> {
        let bytes: Vec<u8> = entries.iter().flat_map(Entry::to_bytes).collect();
        if bytes.len() > MAX_BYTES {
            return Err(JournalError::TooLarge);
        }
        let first = head.next_seq.saturating_sub(entries.len() as u64);
        let key = shelves::run_key(&head.stream, first);
        let run = minicbor::to_vec(RunRow {
            address: None,
            entries: bytes,
        })
        .map_err(|_| JournalError::TooLarge)?;
        let stubs = self
            .identity
            .seal_stubs(&key, &Stubs { stubs }, &self.outside)?;
        let sealed_head = self.identity.seal_row(shelves::HEAD, head, &self.outside)?;
        Ok(Batch::new()
            .put(Shelf::Outbox, key.clone(), run)
            .put(Shelf::Stubs, key, stubs)
            .put(shelves::HEAD.0, shelves::HEAD.1, sealed_head))
    }

    /// Sixteen random bytes.
    pub(crate) fn random(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        self.outside.random(&mut bytes);
        bytes
    }

    /// The context of a record outside a round.
    pub(crate) fn context(&self, at: i64) -> Context {
        let memory = self.memory.borrow();
        let campaign = veldpost_domain::CampaignId(memory.settings.campaign);
        match &memory.round {
            Some(round) => round.context(campaign, at),
            None => Context {
                campaign,
                at,
                round: None,
                organisation: None,
                crew: None,
                area: None,
                form: None,
                promoted_from: None,
                from_solo: false,
            },
        }
    }
}

const MAX_SEALED: u32 = veldpost_envelope::content_key::MAX_SEALED;

fn state(head: &Head) -> StreamState {
    StreamState {
        stream: StreamId(head.stream),
        next_seq: head.next_seq,
        prev_hash: EntryHash(head.prev_hash),
    }
}

fn sealing(_: veldpost_envelope::EnvelopeError) -> JournalError {
    JournalError::TooLarge
}

fn stub(operation: &Operation, at: i64) -> Stub {
    let (act, promoted_from) = match &operation.act {
        Act::Create { context, .. } => (0, context.promoted_from.map(|record| record.0)),
        Act::Amend { .. } => (1, None),
        Act::Withdraw { .. } => (2, None),
    };
    Stub {
        record: operation.record.0,
        operation: operation.id.0,
        kind: crate::rows::kind_code(operation.kind),
        act,
        at,
        promoted_from,
    }
}
