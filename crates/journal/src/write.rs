//! One save is one transaction: the sealed entry, its stub, the round, the clock, the draft's end.
//!
//! Not here: which acts there are (`record`, `round`) and reading back (`vault`).

use crate::identity::Identity;
use crate::journal::{Doubted, Drawn, Journal, OpenContentKey, Random, Writer};
use crate::outside::Outside;
use crate::planned::{Change, Plan, Planned, Sealed};
use crate::rows::{Head, RunRow, Stub, Stubs};
use crate::{JournalError, shelves};
use veldpost_domain::{
    Act, Context, Hlc, Operation, OperationId, OrganisationId, StreamId, record::Place,
};
use veldpost_envelope::content_key::ContentKeyUse;
use veldpost_envelope::entry::{MAX_COMMIT_BYTES, MAX_ENTRY};
use veldpost_envelope::statement::{Statement, encode_statement};
use veldpost_envelope::{ContentKey, Entry, EntryHash, StreamState, StreamWriter, payload};
use veldpost_store::{Batch, Row, Shelf, Store, StoreError};
use zeroize::Zeroizing;

/// Operations a commit: with the stream's and the key's own entries it stays within 500.
pub const MAX_OPERATIONS: usize = 498;

impl<S: Store, O: Outside> Journal<S, O> {
    /// Seals, writes, and only then remembers. Returns how many operations were written.
    pub(crate) async fn write(&self, change: Change<'_>) -> Result<usize, JournalError> {
        self.write_planned(Box::new(|_| Ok(change))).await
    }

    /// As `write`, for what depends on the open round: it is planned once its turn has come, so
    /// that two quick touches never plan the same.
    pub(crate) async fn write_planned<'a>(&self, plan: Plan<'a>) -> Result<usize, JournalError> {
        let mut writer = self.writer.lock().await;
        self.settle(&mut writer).await?;
        let change = plan(self.memory.borrow().round.as_ref())?;
        let number = change.acts.len();
        let mut sealed = self.seal(&writer, &mut change.acts.into_iter(), number)?;
        let mut batch = sealed.take_batch(self.head_row(sealed.after())?);
        let round = match change.round {
            None => None,
            Some(change) => {
                let before = self.memory.borrow().round.clone();
                let after = change(before, &sealed.operations);
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
        let mut waited = None;
        if let Some(record) = change.finished_draft {
            batch = batch.delete(Shelf::Drafts, record.0);
            waited = self.memory.borrow_mut().unkept.end(&record.0);
        }
        let outcome = self.store.commit(batch).await;
        let settled = self.settled(&mut writer, outcome, &sealed).await;
        if let Some(record) = change.finished_draft {
            self.ended(record, waited, settled.is_ok());
        }
        if let Err(error) = settled {
            if writer.doubt {
                let doubted = Doubted { sealed, round };
                self.memory.borrow_mut().doubted = Some(Box::new(doubted));
            }
            return Err(error);
        }
        let written = self.remember(&mut writer, sealed);
        if let Some(round) = round {
            self.memory.borrow_mut().round = round;
        }
        Ok(written)
    }

    /// What was sealed is written: the next entry follows it, and it can be read.
    pub(crate) fn remember(&self, writer: &mut Writer, sealed: Sealed) -> usize {
        let written = sealed.operations.len();
        *writer = sealed.after;
        let mut memory = self.memory.borrow_mut();
        for (operation, place) in sealed.operations {
            memory.records.apply_at(operation, Some(place));
        }
        memory.saved.extend(sealed.runs);
        written
    }

    /// After a commit without an answer: is what was being written there, or not?
    pub(crate) async fn settle(&self, writer: &mut Writer) -> Result<(), JournalError> {
        if writer.doubt {
            let wanted =
                [shelves::HEAD, shelves::MEMBERSHIP].map(|(shelf, key)| (shelf, key.to_vec()));
            let mut rows = self.store.read_many(&wanted).await?.into_iter();
            writer.head = rows
                .next()
                .flatten()
                .map(|row| self.identity.open_row(shelves::HEAD, &row))
                .transpose()?;
            let now = rows.next().flatten();
            if let Some(now) =
                now.and_then(|row| self.identity.open_row(shelves::MEMBERSHIP, &row).ok())
            {
                // What is sealed next is sealed by whom this device became, if it became another.
                self.identity.is_now(now);
            }
            writer.content_key = None;
            writer.doubt = false;
            // It was said to be refused, and it is there: from here on it counts as what it is.
            let doubted = self.memory.borrow_mut().doubted.take();
            if let Some(doubted) = doubted.filter(|it| it.sealed.after.head == writer.head) {
                self.remember(writer, doubted.sealed);
                if let Some(round) = doubted.round {
                    self.memory.borrow_mut().round = round;
                }
            }
        }
        Ok(())
    }

    /// What the commit of this came to: an answer that was lost is looked up.
    pub(crate) async fn settled(
        &self,
        writer: &mut Writer,
        outcome: Result<(), StoreError>,
        sealed: &Sealed,
    ) -> Result<(), JournalError> {
        let Err(error) = outcome else {
            return Ok(());
        };
        if error == StoreError::Lost {
            writer.doubt = true;
            // Perhaps only the answer was lost: then the head that was being written stands there.
            if self.settle(writer).await.is_ok() && writer.head == sealed.after.head {
                return Ok(());
            }
        }
        Err(error.into())
    }

    /// The row of the stream's head.
    pub(crate) fn head_row(&self, after: &Writer) -> Result<Vec<u8>, JournalError> {
        let head = after.head.as_ref().ok_or(JournalError::Damaged("head"))?;
        self.identity.seal_row(shelves::HEAD, head, &self.outside)
    }

    /// Seals the next acts as one run: at most so many, and fewer when they would be too long for a
    /// commit.
    pub(crate) fn seal(
        &self,
        writer: &Writer,
        acts: &mut dyn Iterator<Item = Planned>,
        most: usize,
    ) -> Result<Sealed, JournalError> {
        self.seal_as(&self.identity, writer, acts, most)
    }

    /// The same as whom this device is about to be.
    pub(crate) fn seal_as(
        &self,
        identity: &Identity,
        writer: &Writer,
        acts: &mut dyn Iterator<Item = Planned>,
        most: usize,
    ) -> Result<Sealed, JournalError> {
        let now = self.outside.now();
        let rng = &mut Random(&self.outside);
        let context = identity.stream_context();
        let mut entries: Vec<Entry> = Vec::with_capacity(most + 2);
        let (mut stream, mut hlc, block, mut recorded) = match &writer.head {
            Some(head) => (
                StreamWriter::resume(context, state(head)),
                head.clock(),
                head.block,
                head.recorded,
            ),
            None => {
                let signing = &identity.secrets.signing;
                let (stream, opening) =
                    StreamWriter::open(context, signing, identity.invitation(), None, rng);
                entries.push(opening);
                (stream, Hlc::default(), 0, 0)
            }
        };
        let number = u32::try_from(most).map_err(|_| JournalError::TooLarge)?;
        let usable = writer
            .content_key
            .as_ref()
            .filter(|open| open.usage.may_seal(now) && open.usage.sealed + number <= MAX_SEALED);
        let mut open = match usable {
            Some(open) => open.clone(),
            None => {
                let key = ContentKey::generate(rng);
                let recipients = identity.recipients();
                let entry = stream.content_key(&key, &recipients, rng);
                entries.push(entry.map_err(sealing)?);
                OpenContentKey {
                    key,
                    usage: ContentKeyUse {
                        made_at: now,
                        sealed: 0,
                    },
                }
            }
        };
        let mut operations = Vec::with_capacity(most);
        let mut stubs = Vec::with_capacity(most);
        let mut payload = Zeroizing::new(Vec::new());
        let mut nonces = Drawn::ahead(&self.outside, most);
        let mut bytes: usize = entries.iter().map(Entry::length).sum();
        let mut stated = 0;
        while operations.len() + stated < most && bytes + MAX_ENTRY <= MAX_COMMIT_BYTES {
            let Some(planned) = acts.next() else {
                break;
            };
            let place = Place {
                stream: stream.state().stream,
                seq: stream.state().next_seq,
            };
            let next = hlc.tick(now);
            match planned {
                Planned::Act {
                    kind,
                    record,
                    act,
                    made,
                } => {
                    // Each is asked of the browser: only for what has none.
                    let (id, at) = made.unwrap_or_else(|| (OperationId(self.random()), next));
                    hlc = hlc.max(at);
                    let operation = Operation {
                        kind,
                        record,
                        id,
                        hlc: at,
                        act,
                    };
                    payload::encode_operation_in(&operation, &mut payload);
                    recorded += u64::from(matches!(operation.act, Act::Create { .. }));
                    stubs.push(stub(&operation, now));
                    operations.push((operation, place));
                }
                Planned::Says(says, known) => {
                    hlc = next;
                    let statement = Statement {
                        id: known.unwrap_or_else(|| OperationId(self.random())),
                        hlc: next,
                        says,
                    };
                    payload = encode_statement(&statement).map_err(sealing)?;
                    stated += 1;
                }
                Planned::Again(again) => {
                    hlc = hlc.max(again.hlc);
                    payload = again.payload;
                    stubs.extend(again.stub);
                    match again.operation {
                        Some(operation) => operations.push((operation, place)),
                        None => stated += 1,
                    }
                }
            }
            let entry = stream.seal(&open.key, &payload, &mut nonces);
            let entry = entry.map_err(sealing)?;
            bytes += entry.length();
            entries.push(entry);
            open.usage.sealed += 1;
        }
        if let Some(last) = entries.last_mut() {
            last.sign(&identity.secrets.signing);
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
        let (batch, runs) = self.rows(identity, &entries, stubs, &head)?;
        let after = Writer {
            head: Some(head),
            content_key: Some(open),
            doubt: false,
        };
        Ok(Sealed {
            operations,
            batch,
            runs,
            after,
        })
    }

    fn rows(
        &self,
        identity: &Identity,
        entries: &[Entry],
        stubs: Vec<Stub>,
        head: &Head,
    ) -> Result<(Batch, Vec<Row>), JournalError> {
        let first = head.next_seq.saturating_sub(entries.len() as u64);
        let key = veldpost_store::run_key(&head.stream, first);
        let relay = identity.membership().relay.clone();
        let run = RunRow::of(entries, relay.as_deref());
        let mut batch = Batch::new();
        if !stubs.is_empty() {
            let stubs = Stubs { stubs };
            let stubs = identity.seal_stubs(&key, &stubs, &self.outside)?;
            batch = batch.put(Shelf::Stubs, key.clone(), stubs);
        }
        let sent = relay.map(|_| (key.clone(), run.clone()));
        Ok((
            batch.put(Shelf::Outbox, key, run),
            sent.into_iter().collect(),
        ))
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
                organisation: self.identity.membership().organisation.map(OrganisationId),
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

pub(crate) fn state(head: &Head) -> StreamState {
    StreamState {
        stream: StreamId(head.stream),
        next_seq: head.next_seq,
        prev_hash: EntryHash(head.prev_hash),
    }
}

fn sealing(_: veldpost_envelope::EnvelopeError) -> JournalError {
    JournalError::TooLarge
}

pub(crate) fn stub(operation: &Operation, at: i64) -> Stub {
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
