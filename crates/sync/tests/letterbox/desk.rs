//! A device of a region with its disk, driven one effect at a time.

use super::people::{Person, Seeded};
use super::{Letterbox, NOW, ORIGIN};
use pollster::block_on;
use std::collections::VecDeque;
use veldpost_envelope::canonical::Reader;
use veldpost_envelope::keys::LocalKey;
use veldpost_envelope::wire::{Call, Code};
use veldpost_envelope::{BlobId, Genesis, Roster};
use veldpost_store::memory::{MemoryDatabase, MemoryStore};
use veldpost_store::{Batch, Row, Shelf, Store, StoreError};
use veldpost_sync::{
    Device, Effect, Enrolled, Event, MakeAct, Notice, ProposalProblem, Response, Start, Wake,
};

pub struct Desk {
    pub person: Person,
    pub device: Device,
    pub database: MemoryDatabase,
    pub store: MemoryStore,
    pub now: i64,
    pub rng: Seeded,
    pub due: Option<i64>,
    pub notices: Vec<Notice>,
    pub errands: Vec<(u64, Result<Vec<u8>, Code>)>,
    pub proposed: Vec<(u64, Result<u64, ProposalProblem>)>,
    pub founded: Vec<Result<(), Code>>,
    pub blobs: Vec<BlobId>,
    /// The next commit finds the disk full.
    pub full: bool,
    /// The next commit with a blob does.
    pub full_at_blob: bool,
    queue: VecDeque<Effect>,
}

fn rows(store: &MemoryStore, shelf: Shelf) -> Vec<Row> {
    block_on(store.read_all(shelf)).unwrap()
}

fn open(store: &MemoryStore, person: &Person) -> Device {
    let acts: Vec<Vec<u8>> = rows(store, Shelf::Roster)
        .into_iter()
        .map(|(_, act)| act)
        .collect();
    let mut roster = Roster::new(&Genesis::verify(&acts[0]).unwrap());
    for act in &acts[1..] {
        roster.take(act).unwrap();
    }
    Device::open(Start {
        key: person.signing(),
        local: LocalKey::generate(&mut Seeded(77)),
        origin: ORIGIN,
        roster,
        acts,
        relay: block_on(store.read(Shelf::Meta, b"relay")).unwrap(),
        outbox: &rows(store, Shelf::Outbox),
        streams: &rows(store, Shelf::Streams),
        objects: &rows(store, Shelf::Objects),
        originals: &rows(store, Shelf::Originals),
        aside: &rows(store, Shelf::Aside),
        blobs: &rows(store, Shelf::Blobs),
        writing: &[],
    })
    .unwrap()
}

impl Desk {
    pub fn new(person: Person, acts: &[Vec<u8>]) -> Self {
        let mut batch = Batch::new();
        for (height, act) in (0_u32..).zip(acts) {
            batch = batch.put(Shelf::Roster, height.to_be_bytes(), act.clone());
        }
        Self::on(person, batch)
    }

    /// What joined goes on as a device.
    pub fn enrolled(person: Person, enrolled: &Enrolled) -> Self {
        Self::on(person, enrolled.rows())
    }

    fn on(person: Person, batch: Batch) -> Self {
        let database = MemoryDatabase::new();
        let store = database.open();
        block_on(store.claim()).unwrap();
        block_on(store.commit(batch)).unwrap();
        Self {
            device: open(&store, &person),
            rng: Seeded(u64::from(person.key().0[0])),
            person,
            database,
            store,
            now: NOW,
            due: None,
            notices: Vec::new(),
            errands: Vec::new(),
            proposed: Vec::new(),
            founded: Vec::new(),
            blobs: Vec::new(),
            full: false,
            full_at_blob: false,
            queue: VecDeque::new(),
        }
    }

    pub fn write(&self, shelf: Shelf, key: Vec<u8>, value: Vec<u8>) {
        block_on(self.store.commit(Batch::new().put(shelf, key, value))).unwrap();
    }

    /// The app is killed and started again.
    pub fn restart(&mut self) {
        self.queue.clear();
        self.due = None;
        self.device = open(&self.store, &self.person);
    }

    pub fn roster(&self) -> &Roster {
        self.device.roster()
    }

    pub fn wake(&mut self, wake: Wake, letterbox: &mut Letterbox) {
        self.step(Event::Wake(wake));
        self.work(letterbox);
    }

    /// Reads what is new.
    pub fn look(&mut self, letterbox: &mut Letterbox) {
        self.wake(Wake::Opened, letterbox);
    }

    /// A minute has passed: what waits goes on waiting.
    pub fn step_without_hint(&mut self, letterbox: &mut Letterbox) {
        self.wake(Wake::Minute, letterbox);
    }

    /// Waits as long as it asked for, at most so often.
    pub fn wait(&mut self, times: usize, letterbox: &mut Letterbox) {
        for _ in 0..times {
            let Some(due) = self.due.take() else {
                return;
            };
            letterbox.now += due - self.now;
            self.now = due;
            self.wake(Wake::Due, letterbox);
        }
    }

    pub fn errand(&mut self, call: Call, body: Vec<u8>) -> u64 {
        let (number, effects) = self.device.errand(call, body, self.now, &mut self.rng);
        self.queue.extend(effects);
        number
    }

    pub fn propose(&mut self, make: MakeAct) -> u64 {
        let (number, effects) = self.device.propose(make, self.now, &mut self.rng);
        self.queue.extend(effects);
        number
    }

    pub fn found(&mut self, code: Option<&str>, letterbox: &mut Letterbox) {
        let code = code.map(str::to_owned);
        let effects = self.device.found(code, self.now, &mut self.rng);
        self.queue.extend(effects);
        self.work(letterbox);
    }

    /// Proposes, carries it all out, and tells the outcome.
    pub fn act(
        &mut self,
        make: MakeAct,
        letterbox: &mut Letterbox,
    ) -> Result<u64, ProposalProblem> {
        let number = self.propose(make);
        self.work(letterbox);
        self.outcome(number).unwrap()
    }

    pub fn outcome(&self, number: u64) -> Option<Result<u64, ProposalProblem>> {
        let mut proposed = self.proposed.iter();
        let found = proposed.find(|(proposal, _)| *proposal == number)?;
        Some(found.1.clone())
    }

    /// An errand, and what the relay answered.
    pub fn run(
        &mut self,
        call: Call,
        body: Vec<u8>,
        letterbox: &mut Letterbox,
    ) -> Result<Vec<u8>, Code> {
        let number = self.errand(call, body);
        self.work(letterbox);
        let (last, reply) = self.errands.last().unwrap();
        assert_eq!(*last, number);
        reply.clone()
    }

    /// The joins that the relay passed on: the how manieth device, and the join.
    pub fn joins(&self) -> Vec<(u64, Vec<u8>)> {
        let rows = rows(&self.store, Shelf::Aside).into_iter();
        let rows = rows.filter(|(key, _)| key.starts_with(b"join/"));
        rows.map(|(_, row)| {
            let mut input = Reader::new(&row);
            input.record(3).unwrap();
            let (nth, _at) = (input.uint().unwrap(), input.int().unwrap());
            (nth, input.bytes().unwrap().to_vec())
        })
        .collect()
    }

    pub fn acts_on_disk(&self) -> Vec<Vec<u8>> {
        let rows = rows(&self.store, Shelf::Roster).into_iter();
        rows.map(|(_, act)| act).collect()
    }

    pub fn blob_on_disk(&self, id: &BlobId) -> Option<Vec<u8>> {
        block_on(self.store.read(Shelf::Blobs, &id.0)).unwrap()
    }

    fn step(&mut self, event: Event<'_>) {
        let effects = self.device.handle(event, self.now, &mut self.rng);
        self.queue.extend(effects);
    }

    /// Carries out what the machine was asked for.
    pub fn carry(&mut self, effects: Vec<Effect>, letterbox: &mut Letterbox) {
        self.queue.extend(effects);
        self.work(letterbox);
    }

    pub fn work(&mut self, letterbox: &mut Letterbox) {
        while self.work_once(letterbox) {}
    }

    /// Carries out one effect. Whether there was one.
    pub fn work_once(&mut self, letterbox: &mut Letterbox) -> bool {
        let signed = |effect: &&Effect| matches!(effect, Effect::Send { path, .. } if *path != Call::Entries);
        assert!(
            self.queue.iter().filter(signed).count() <= 1,
            "{:?}",
            self.queue
        );
        let Some(effect) = self.queue.pop_front() else {
            return false;
        };
        self.carry_out(effect, letterbox);
        true
    }

    fn carry_out(&mut self, effect: Effect, letterbox: &mut Letterbox) {
        match effect {
            Effect::Send {
                call,
                path,
                headers,
                body,
            } => match letterbox.call(path, headers.as_ref(), &body) {
                Some(reply) => self.step(Event::Answered {
                    call,
                    response: Response {
                        status: reply.status,
                        content_type: Some(&reply.content_type),
                        retry_after: reply.retry_after,
                        body: &reply.body,
                    },
                }),
                None => self.step(Event::Unanswered { call }),
            },
            Effect::Commit { commit, batch, .. } => {
                let mut writes = batch.writes().iter();
                let blob = writes.any(|write| write.shelf() == Shelf::Blobs);
                let full = blob && core::mem::take(&mut self.full_at_blob);
                if core::mem::take(&mut self.full) || full {
                    self.database.fail_next(StoreError::Full);
                }
                match block_on(self.store.commit(batch)) {
                    Ok(()) => self.step(Event::Committed { commit }),
                    Err(_) => self.step(Event::NotCommitted { commit }),
                }
            }
            Effect::ErrandDone { errand, reply } => self.errands.push((errand, reply)),
            Effect::Proposed { proposal, outcome } => self.proposed.push((proposal, outcome)),
            Effect::FoundingDone(outcome) => self.founded.push(outcome),
            Effect::BlobCame(id) => self.blobs.push(id),
            Effect::WakeAt(at) => self.due = Some(at),
            Effect::Show(notice) => self.notices.push(notice),
            Effect::RosterMoved
            | Effect::JoinLacking
            | Effect::HoldWriter { .. }
            | Effect::LetWriterGo => {}
        }
    }
}
