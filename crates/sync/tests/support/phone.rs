//! A phone with a journal as thin as can be, which judges as a coordinator where it is one.

use super::relay::{Relay, Reply};
use super::{Member, NOW, ORIGIN, Region, Seeded};
use pollster::block_on;
use std::collections::VecDeque;
use veldpost_domain::StreamId;
use veldpost_envelope::act::{Act, Stage, StageChange};
use veldpost_envelope::keys::LocalKey;
use veldpost_envelope::object::{Ground, Ranges};
use veldpost_envelope::payload::encode_operation;
use veldpost_envelope::stream::StreamContext;
use veldpost_envelope::wire::Call;
use veldpost_envelope::{
    ContentKey, DeviceEncryptionKey, DeviceSigningKey, Entry, Kept, Purpose, Roster, StreamWriter,
    content_key, random,
};
use veldpost_store::memory::{MemoryDatabase, MemoryStore};
use veldpost_store::{Batch, Row, Shelf, Store as _};
use veldpost_sync::authority::{Evaluation, Knowledge, evaluate};
use veldpost_sync::rows::{OriginalRow, RunRow, run_key};
use veldpost_sync::{Device, Effect, Event, MakeAct, Notice, Start, Wake};

/// What is still to come of an answer.
struct Coming {
    call: u64,
    reply: Reply,
    came: usize,
    part: usize,
    whole: bool,
}

/// A phone: its database, what it writes, and its sync.
pub struct Phone {
    pub rng: Seeded,
    pub now: i64,
    pub database: MemoryDatabase,
    pub store: MemoryStore,
    pub device: Device,
    pub writer: StreamWriter,
    pub context: StreamContext,
    pub notices: Vec<Notice>,
    pub due: Option<i64>,
    /// How many effects are carried out before the app is killed.
    pub lives: usize,
    /// The next commit of sync finds the disk full.
    pub fail_next_of_sync: bool,
    /// The writer is asked for, and the driver cannot hold it.
    pub writer_is_busy: bool,
    /// The next pull's answer comes in parts of so many bytes, each when what followed from the one before is done.
    pub part: Option<usize>,
    /// After so many bytes of it nothing comes any more.
    pub breaks_off_at: Option<usize>,
    /// How often it was to bring its join again.
    pub joins_lacking: usize,
    queue: VecDeque<Effect>,
    coming: Option<Coming>,
    content_key: Option<ContentKey>,
    opening: Option<Entry>,
    key: DeviceSigningKey,
    own: DeviceEncryptionKey,
    roster: Roster,
    acts: Vec<Vec<u8>>,
}

fn local() -> LocalKey {
    LocalKey::generate(&mut Seeded(77))
}

fn rows(store: &MemoryStore, shelf: Shelf) -> Vec<Row> {
    block_on(store.read_all(shelf)).unwrap()
}

fn open(
    store: &MemoryStore,
    key: &DeviceSigningKey,
    (roster, acts): (&Roster, &[Vec<u8>]),
    writing: StreamId,
) -> Device {
    Device::open(Start {
        key: DeviceSigningKey::from_seed(&key.seed()),
        local: local(),
        origin: ORIGIN,
        roster: roster.clone(),
        acts: acts.to_vec(),
        relay: block_on(store.read(Shelf::Meta, b"relay")).unwrap(),
        outbox: &rows(store, Shelf::Outbox),
        streams: &rows(store, Shelf::Streams),
        objects: &rows(store, Shelf::Objects),
        originals: &rows(store, Shelf::Originals),
        aside: &rows(store, Shelf::Aside),
        blobs: &rows(store, Shelf::Blobs),
        writing: &[writing],
    })
    .unwrap()
}

impl Phone {
    pub fn new(region: &Region, member: &Member) -> Self {
        let key = DeviceSigningKey::from_seed(&member.signing.seed());
        let seed = key.public().0[..8].try_into().unwrap();
        let mut rng = Seeded(u64::from_be_bytes(seed));
        let context = region.context(Purpose::Count);
        let (writer, opening) = StreamWriter::open(context, &key, None, None, &mut rng);
        let database = MemoryDatabase::new();
        let store = database.open();
        block_on(store.claim()).unwrap();
        let stream = writer.state().stream;
        let device = open(&store, &key, (&region.roster, &region.acts), stream);
        Self {
            rng,
            now: NOW,
            database,
            store,
            device,
            writer,
            context,
            notices: Vec::new(),
            due: None,
            lives: usize::MAX,
            fail_next_of_sync: false,
            writer_is_busy: false,
            part: None,
            breaks_off_at: None,
            joins_lacking: 0,
            queue: VecDeque::new(),
            coming: None,
            content_key: None,
            opening: Some(opening),
            key,
            own: DeviceEncryptionKey::generate(&mut Seeded(6)),
            roster: region.roster.clone(),
            acts: region.acts.clone(),
        }
    }

    pub fn stream(&self) -> StreamId {
        self.writer.state().stream
    }

    /// One commit of so many records; the journal's part, before sync hears of it.
    pub fn write(&mut self, records: u8) -> (Vec<u8>, Vec<u8>) {
        let payloads: Vec<_> = (0..records)
            .map(|number| observation(number, &mut self.rng))
            .collect();
        self.write_all(&payloads)
    }

    /// One commit of what these payloads say.
    pub fn write_all(&mut self, payloads: &[Vec<u8>]) -> (Vec<u8>, Vec<u8>) {
        let mut entries: Vec<Entry> = self.opening.take().into_iter().collect();
        if self.content_key.is_none() {
            let key = ContentKey::generate(&mut self.rng);
            let epoch = self.roster.epoch(Purpose::Count).unwrap().key;
            let recipients = [self.own.public(), epoch];
            entries.push(
                self.writer
                    .content_key(&key, &recipients, &mut self.rng)
                    .unwrap(),
            );
            self.content_key = Some(key);
        }
        let key = self.content_key.as_ref().unwrap();
        for payload in payloads {
            entries.push(self.writer.seal(key, payload, &mut self.rng).unwrap());
        }
        entries.last_mut().unwrap().sign(&self.key);
        let first = entries[0].header().seq;
        let row = RunRow {
            address: Some(format!("{ORIGIN}/v1/entries")),
            entries: entries.iter().flat_map(Entry::to_bytes).collect(),
        };
        let (key, value) = (run_key(self.stream(), first), row.to_bytes());
        let batch = Batch::new().put(Shelf::Outbox, key.clone(), value.clone());
        block_on(self.store.commit(batch)).unwrap();
        (key, value)
    }

    pub fn save(&mut self, records: u8, relay: &mut Relay) {
        let row = self.write(records);
        self.saved(row, relay);
    }

    pub fn say(&mut self, payload: Vec<u8>, relay: &mut Relay) {
        let row = self.write_all(&[payload]);
        self.saved(row, relay);
    }

    pub fn wake(&mut self, wake: Wake, relay: &mut Relay) {
        self.turn(Event::Wake(wake), relay);
    }

    /// Waits as long as sync asked for, at most so often.
    pub fn wait(&mut self, times: usize, relay: &mut Relay) {
        for _ in 0..times {
            let Some(due) = self.due.take() else {
                return;
            };
            relay.now += due - self.now;
            self.now = due;
            self.wake(Wake::Due, relay);
        }
    }

    pub fn later(&mut self, by: i64, relay: &mut Relay) {
        self.now += by;
        relay.now += by;
        self.wake(Wake::Minute, relay);
    }

    fn turn(&mut self, event: Event<'_>, relay: &mut Relay) {
        self.step(event);
        self.work(relay);
    }

    fn work(&mut self, relay: &mut Relay) {
        while !self.queue.is_empty() || self.next_part() {
            let Some(effect) = self.queue.pop_front() else {
                continue;
            };
            if self.lives == 0 {
                self.queue.clear();
                return;
            }
            self.lives -= 1;
            self.carry_out(effect, relay);
        }
    }

    /// Whether something came.
    fn next_part(&mut self) -> bool {
        let Some(mut coming) = self.coming.take() else {
            return false;
        };
        let upto = coming.reply.body.len().min(coming.came + coming.part);
        let call = coming.call;
        if coming.came < upto {
            let part = &coming.reply.body[coming.came..upto];
            let response = coming.reply.response(part);
            self.step(Event::Coming { call, response });
            coming.came = upto;
            self.coming = Some(coming);
        } else if coming.whole {
            let response = coming.reply.response(&[]);
            self.step(Event::Answered { call, response });
        } else {
            self.step(Event::Unanswered { call });
        }
        true
    }

    fn step(&mut self, event: Event<'_>) {
        let effects = self.device.handle(event, self.now, &mut self.rng);
        self.queue.extend(effects);
    }

    fn carry_out(&mut self, effect: Effect, relay: &mut Relay) {
        match effect {
            Effect::Send {
                call,
                path,
                headers,
                body,
            } => match relay.call(path, headers.as_ref(), &body) {
                Some(mut reply) if path == Call::Pull && self.part.is_some() => {
                    let upto = self.breaks_off_at.take();
                    reply.body.truncate(upto.unwrap_or(usize::MAX));
                    self.coming = self.part.take().map(|part| Coming {
                        call,
                        reply,
                        came: 0,
                        part,
                        whole: upto.is_none(),
                    });
                }
                Some(reply) => self.step(Event::Answered {
                    call,
                    response: reply.response(&reply.body),
                }),
                None => self.step(Event::Unanswered { call }),
            },
            Effect::Commit {
                commit,
                batch,
                moved,
            } => match self.commit_meanwhile(batch) {
                Ok(()) => {
                    if let Some((_, state)) = moved {
                        self.writer = StreamWriter::resume(self.context, state);
                        self.content_key = None;
                    }
                    self.step(Event::Committed { commit });
                }
                Err(_) => self.step(Event::NotCommitted { commit }),
            },
            Effect::HoldWriter { .. } if core::mem::take(&mut self.writer_is_busy) => {}
            Effect::HoldWriter { .. } => self.step(Event::WriterHeld {
                state: self.writer.state(),
                context: self.context,
                invitation: None,
            }),
            Effect::LetWriterGo => {}
            Effect::RosterMoved => self.roster = self.device.roster().clone(),
            Effect::WakeAt(at) => self.due = Some(at),
            Effect::Show(notice) => self.notices.push(notice),
            Effect::JoinLacking => self.joins_lacking += 1,
            Effect::ErrandDone { .. }
            | Effect::Proposed { .. }
            | Effect::FoundingDone(_)
            | Effect::BlobCame(_) => {}
        }
    }

    /// What comes behind is looked at before it is known whether the batch is written.
    fn commit_meanwhile(&mut self, batch: Batch) -> Result<(), veldpost_store::StoreError> {
        self.step(Event::Writing);
        self.commit(batch)
    }

    fn commit(&mut self, batch: Batch) -> Result<(), veldpost_store::StoreError> {
        if core::mem::take(&mut self.fail_next_of_sync) {
            self.database.fail_next(veldpost_store::StoreError::Full);
        }
        block_on(self.store.commit(batch))
    }

    /// The app is killed and started again: what is on the disk is all that there is.
    pub fn restart(&mut self) {
        self.queue.clear();
        self.coming = None;
        (self.lives, self.due) = (usize::MAX, None);
        self.acts.truncate(1);
        let kept = rows(&self.store, Shelf::Roster).into_iter();
        self.acts.extend(kept.map(|(_, act)| act.to_vec()));
        let roster = (&self.roster, self.acts.as_slice());
        self.device = open(&self.store, &self.key, roster, self.stream());
    }

    /// The disk as it was before: a device that was put back from an old copy, with what its journal knew then.
    pub fn put_back(&mut self, disk: &veldpost_store::memory::Snapshot, writer: StreamWriter) {
        self.database.restore(disk);
        block_on(self.store.claim()).unwrap();
        (self.writer, self.content_key) = (writer, None);
        self.restart();
    }

    pub fn waiting(&self) -> usize {
        rows(&self.store, Shelf::Outbox).len()
    }

    pub fn rows(&self, shelf: Shelf) -> Vec<Row> {
        rows(&self.store, shelf)
    }
}

/// A record of somebody new.
fn observation(number: u8, rng: &mut Seeded) -> Vec<u8> {
    seen(veldpost_domain::RecordId(random::array(rng)), number, rng)
}

/// Somebody was seen: this record.
pub fn seen(record: veldpost_domain::RecordId, number: u8, rng: &mut Seeded) -> Vec<u8> {
    use veldpost_domain as domain;
    let context = domain::Context {
        campaign: domain::CampaignId([8; 16]),
        at: NOW,
        round: None,
        organisation: None,
        crew: None,
        area: None,
        form: None,
        promoted_from: None,
        from_solo: false,
    };
    encode_operation(&domain::Operation {
        kind: domain::RecordKind::Observation,
        record,
        id: domain::OperationId(random::array(rng)),
        hlc: domain::Hlc(u64::from(number) << 16),
        act: domain::Act::Create {
            context,
            answers: domain::Answers::default(),
        },
    })
}

/// Every entry of a relay's streams that is sealed, or carries one that is: by the hash of the innermost.
pub fn sealed_hashes(entries: impl IntoIterator<Item = Kept>) -> Vec<[u8; 32]> {
    let mut hashes = Vec::new();
    for entry in entries {
        let inner = entry
            .whole()
            .and_then(|whole| veldpost_envelope::run::carried(whole).ok());
        let entry = inner.map_or(entry, Kept::Whole);
        if entry.header().public_kind.is_none() {
            hashes.push(entry.hash().0);
        }
    }
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

impl Phone {
    /// Judges what is on the disk, and confirms it: what an unlocked coordinator does.
    pub fn confirm(&mut self, region: &Region, relay: &mut Relay) {
        let evaluation = self.judged(region);
        self.confirm_with(&evaluation, relay);
    }

    /// What a coordinator does with a checkpoint that is to lock a campaign.
    pub fn pin(&mut self, relay: &mut Relay) -> [u8; 32] {
        let pinned = self.device.pin_checkpoint(self.now, &mut self.rng);
        let (hash, effects) = pinned.unwrap();
        self.queue.extend(effects);
        self.work(relay);
        hash
    }

    /// What a coordinator does who locks: the act is made while the checkpoint is on its way to the disk.
    pub fn lock(&mut self, relay: &mut Relay) {
        let (hash, effects) = self.device.pin_checkpoint(self.now, &mut self.rng).unwrap();
        self.queue.extend(effects);
        let act = Act::Stage(StageChange {
            campaign: super::CAMPAIGN,
            stage: Stage::Locked,
            checkpoint: Some(hash),
        });
        let make: MakeAct = Box::new(move |roster, key, at, _| roster.next(key, at).sign(&act));
        let (_, effects) = self.device.propose(make, self.now, &mut self.rng);
        self.queue.extend(effects);
        self.work(relay);
    }

    /// Whether there was something that this device may erase.
    pub fn erase(&mut self, stream: StreamId, seqs: &Ranges, relay: &mut Relay) -> bool {
        let ground = Ground::AskedByPerson;
        let now = self.now;
        let signed = self.device.erase(stream, seqs, ground, now, &mut self.rng);
        let Some(effects) = signed else {
            return false;
        };
        self.queue.extend(effects);
        self.work(relay);
        true
    }

    /// Every entry of the originals, as kept.
    pub fn held(&self) -> Vec<u8> {
        let rows = self.rows(Shelf::Originals).into_iter();
        let entries = rows.map(|(_, value)| OriginalRow::from_bytes(&value).unwrap().entries);
        entries.flatten().collect()
    }

    pub fn confirm_with(&mut self, evaluation: &Evaluation, relay: &mut Relay) {
        let now = self.now;
        let effects = self
            .device
            .confirm(Purpose::Count, evaluation, now, &mut self.rng);
        self.queue.extend(effects);
        self.work(relay);
    }

    pub fn judged(&self, region: &Region) -> Evaluation {
        evaluate(&Knowledge {
            purpose: Purpose::Count,
            entries: &self.device.entries(Purpose::Count),
            roster: self.device.roster(),
            checkpoint: &|hash| self.device.heads_of(hash),
            open: &|entry| {
                let mut epochs = region.epochs.iter();
                epochs.find_map(|epoch| content_key::open_as_epoch(entry, epoch).ok())
            },
        })
    }

    /// One record that goes on from where `writer` stands: another branch, as a run.
    pub fn branch(&mut self, writer: StreamWriter) -> Vec<u8> {
        self.branches(writer, 1).remove(0)
    }

    /// So many of them, one after the other.
    pub fn branches(&mut self, mut writer: StreamWriter, runs: usize) -> Vec<Vec<u8>> {
        let key = self.content_key.as_ref().unwrap();
        let one = |_| {
            let mut entry = writer.seal(key, &[9; 40], &mut self.rng).unwrap();
            entry.sign(&self.key);
            entry.to_bytes()
        };
        (0..runs).map(one).collect()
    }

    /// Sync hears of a row that the journal committed before.
    pub fn saved(&mut self, row: (Vec<u8>, Vec<u8>), relay: &mut Relay) {
        self.turn(Event::Saved(vec![row]), relay);
    }
}
