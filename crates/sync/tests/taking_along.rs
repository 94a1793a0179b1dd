//! A device that counted alone joins a region at a relay, takes its records along, and a coordinator counts them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in a test a panic is the report"
)]

mod letterbox;

use letterbox::desk::Desk;
use letterbox::people::{Office, Person, Seeded, Wanted, single};
use letterbox::{DAY, Letterbox, NOW, ORIGIN};
use pollster::block_on;
use std::cell::Cell;
use std::rc::Rc;
use veldpost_domain::RecordSet;
use veldpost_envelope::genesis::Role;
use veldpost_envelope::unlock::{KdfParams, derive};
use veldpost_envelope::{Entry, Purpose, UnlockSecret, content_key};
use veldpost_journal::rows::Settings;
use veldpost_journal::{DeviceBound, Journal, Outside, Tile};
use veldpost_relay::Founding;
use veldpost_store::memory::{MemoryDatabase, MemoryStore};
use veldpost_store::{Batch, Shelf, Store};
use veldpost_sync::authority::{Evaluation, Knowledge, evaluate};
use veldpost_sync::{
    Device, Effect, Enrol, Event, Progress, RecordState, Response, Start, Summary, Wake,
};

/// A device that format 1 wrote: a region of one with six records, two of them folded, one withdrawn.
const FIXTURE: &str = include_str!("../../journal/tests/fixtures/solo-1.txt");

#[derive(Clone)]
struct World(Rc<Cell<u64>>);

impl Outside for World {
    fn now(&self) -> i64 {
        NOW
    }

    fn random(&self, bytes: &mut [u8]) {
        let mut seeded = Seeded(self.0.get());
        veldpost_envelope::RandomBytes::fill(&mut seeded, bytes);
        self.0.set(seeded.0);
    }
}

/// The browser's key, as the fixture was made with it.
struct Browser;

impl DeviceBound for Browser {
    async fn seal(&self, context: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
        let fold = |bytes: &[u8]| bytes.iter().fold(0, |mask, byte| mask ^ byte);
        let mask = 0xa5 ^ fold(context) ^ fold(b"bundle");
        Some(bytes.iter().map(|byte| byte ^ mask).collect())
    }

    async fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        self.seal(context, sealed).await
    }
}

type Book = Journal<MemoryStore, World>;

fn unhex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| u8::try_from((byte as char).to_digit(16).unwrap()).unwrap();
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| digit(pair[0]) * 16 + digit(pair[1]))
        .collect()
}

fn secret() -> UnlockSecret {
    derive("appel fiets kaars molen tafel", [7; 16], KdfParams::FLOOR).unwrap()
}

/// The phone of before, and its disk.
struct Phone {
    database: MemoryDatabase,
    book: Book,
    device: Option<Device>,
    rng: Seeded,
    now: i64,
}

impl Phone {
    fn of_fixture() -> Self {
        let database = MemoryDatabase::new();
        let store = database.open();
        let mut batch = Batch::new();
        for line in FIXTURE.lines() {
            let [shelf, key, value] = line.splitn(3, ' ').collect::<Vec<_>>()[..] else {
                panic!("a line of the fixture is cut")
            };
            let mut shelves = Shelf::ALL.into_iter();
            let shelf = shelves.find(|known| known.name() == shelf).unwrap();
            batch = batch.put(shelf, unhex(key), unhex(value));
        }
        block_on(async {
            store.claim().await.unwrap();
            store.commit(batch).await.unwrap();
        });
        drop(store);
        let book = open(&database);
        Self {
            database,
            book,
            device: None,
            rng: Seeded(11),
            now: NOW,
        }
    }

    fn unlock(&self) -> usize {
        let unlocked = block_on(self.book.unlock(Some(&secret()))).unwrap();
        assert_eq!(unlocked.damaged, 0);
        unlocked.records
    }

    /// The app is killed and started again.
    fn restart(&mut self) {
        self.book = open(&self.database);
        self.device = None;
    }

    fn begin_post(&mut self) {
        let rows = block_on(self.book.sync_rows()).unwrap();
        let (key, local) = self.book.device_keys();
        let origin = self.book.membership().relay.unwrap();
        let genesis = veldpost_envelope::Genesis::verify(&rows.acts[0]).unwrap();
        let mut roster = veldpost_envelope::Roster::new(&genesis);
        for act in &rows.acts[1..] {
            roster.take(act).unwrap();
        }
        let writing: Vec<_> = block_on(self.book.stream()).into_iter().collect();
        self.device = Device::open(Start {
            key,
            local,
            origin: &origin,
            roster,
            acts: rows.acts,
            relay: rows.relay,
            outbox: &rows.outbox,
            streams: &rows.streams,
            objects: &rows.objects,
            originals: &rows.originals,
            aside: &rows.aside,
            blobs: &rows.blobs,
            writing: &writing,
        });
    }

    fn wake(&mut self, letterbox: &mut Letterbox) {
        let effects = self.step(Event::Wake(Wake::Opened));
        self.carry(effects, letterbox);
    }

    fn carry(&mut self, mut queue: Vec<Effect>, letterbox: &mut Letterbox) {
        while !queue.is_empty() {
            match queue.remove(0) {
                Effect::Send {
                    call,
                    path,
                    headers,
                    body,
                } => {
                    let reply = letterbox.call(path, headers.as_ref(), &body).unwrap();
                    queue.extend(self.step(Event::Answered {
                        call,
                        response: Response {
                            status: reply.status,
                            content_type: Some(&reply.content_type),
                            retry_after: reply.retry_after,
                            body: &reply.body,
                        },
                    }));
                }
                Effect::Commit { commit, batch, .. } => {
                    block_on(self.book.store().commit(batch)).unwrap();
                    queue.extend(self.step(Event::Committed { commit }));
                }
                _ => {}
            }
        }
    }

    fn step(&mut self, event: Event<'_>) -> Vec<Effect> {
        let device = self.device.as_mut().unwrap();
        device.handle(event, self.now, &mut self.rng)
    }

    fn summary(&self) -> Summary {
        self.device.as_ref().unwrap().summary()
    }

    /// Reads the invitation, agrees, and writes the book: the join is sent by what was written.
    fn join(&mut self, link: veldpost_envelope::Link, along: bool, letterbox: &mut Letterbox) {
        let newcomer = self.book.newcomer().unwrap();
        let key = newcomer.signing().clone();
        let enrol = Enrol::begin(link, "https://app.example", key, newcomer.encryption());
        let mut enrol = enrol.unwrap();
        self.drive(&mut enrol, letterbox);
        enrol.agree("Wil", self.now, &mut self.rng).unwrap();
        let prepared = enrol.prepared().unwrap();
        block_on(
            self.book
                .join_along(&Browser, &prepared.joined(), &settings(), along),
        )
        .unwrap();
        // Killed before anything was sent: what was written goes on by itself.
        self.restart();
        let rows = block_on(self.book.sync_rows()).unwrap();
        let row = block_on(Browser.open(b"join", &rows.join.unwrap())).unwrap();
        let row = veldpost_sync::rows::JoinRow::from_bytes(&row).unwrap();
        let key = self.book.device_keys().0;
        let mut enrol = Enrol::resume(row, key).unwrap();
        self.drive(&mut enrol, letterbox);
        assert!(matches!(enrol.progress(), Progress::Enrolled(_)));
    }

    fn drive(&mut self, enrol: &mut Enrol, letterbox: &mut Letterbox) {
        let mut effects = enrol.handle(Event::Wake(Wake::Opened), self.now, &mut self.rng);
        while let Some(effect) = effects.pop() {
            let Effect::Send {
                call,
                path,
                headers,
                body,
            } = effect
            else {
                continue;
            };
            let reply = letterbox.call(path, headers.as_ref(), &body).unwrap();
            let response = Response {
                status: reply.status,
                content_type: Some(&reply.content_type),
                retry_after: reply.retry_after,
                body: &reply.body,
            };
            let answered = Event::Answered { call, response };
            effects.extend(enrol.handle(answered, self.now, &mut self.rng));
        }
    }
}

fn open(database: &MemoryDatabase) -> Book {
    let store = database.open();
    block_on(async {
        store.claim().await.unwrap();
        let world = World(Rc::new(Cell::new(77)));
        match Journal::open(store, world, &Browser).await {
            Ok(Ok(book)) => book,
            _ => panic!("the book does not open"),
        }
    })
}

fn settings() -> Settings {
    Settings {
        campaign: [3; 16],
        count_date: "2026-11-20".into(),
        organisations: Vec::new(),
        areas: Vec::new(),
        blocks: Vec::new(),
        kit_proven: false,
        region: None,
        campaign_name: None,
        own_name: Some("Wil".into()),
    }
}

fn worker() -> Wanted {
    Wanted {
        roles: vec![Role::Counter],
        ..single()
    }
}

/// The founder reads what the relay has, and judges it.
fn judged(desk: &mut Desk, letterbox: &mut Letterbox) -> Evaluation {
    desk.look(letterbox);
    let opened = desk.roster().open_all(&desk.person.encryption);
    let entries = desk.device.entries(Purpose::Count);
    let open = |entry: &Entry| {
        let secret = opened.epochs.iter();
        let mut secret = secret.filter(|secret| secret.public().purpose == Purpose::Count);
        content_key::open_as_epoch(entry, secret.next()?).ok()
    };
    evaluate(&Knowledge {
        purpose: Purpose::Count,
        entries: &entries,
        roster: desk.roster(),
        checkpoint: &|_| None,
        open: &open,
    })
}

fn confirm(desk: &mut Desk, evaluation: &Evaluation, letterbox: &mut Letterbox) {
    let effects = desk
        .device
        .confirm(Purpose::Count, evaluation, desk.now, &mut desk.rng);
    desk.carry(effects, letterbox);
}

fn standing(records: &RecordSet) -> usize {
    records.iter().filter(|record| record.stands()).count()
}

#[test]
fn a_device_of_format_1_takes_its_records_to_a_region_that_counts_them() {
    let mut letterbox = Letterbox::new(Founding::Open);
    let mut office = Office::new(1, &mut letterbox);
    let link = office.invite(&worker(), &mut letterbox);
    let mut desk = Desk::new(Person::of(&office.founder), &office.acts.clone());

    let mut phone = Phone::of_fixture();
    let records = phone.unlock();
    let counting = standing(&phone.book.records());
    block_on(phone.book.stop_round("", false)).unwrap();
    phone.join(link, true, &mut letterbox);
    assert_eq!(phone.unlock(), records + 1);

    // It is sent before anybody admits it, and held until somebody does.
    phone.begin_post();
    phone.wake(&mut letterbox);
    assert_eq!((phone.summary().kept, phone.summary().attention), (0, 0));
    assert!(phone.summary().handed_over > records);
    assert_eq!(standing(&judged(&mut desk, &mut letterbox).records), 0);

    let (_, join) = desk.joins().remove(0);
    office.admit(&join, &[Role::Counter], &mut letterbox);
    let evaluation = judged(&mut desk, &mut letterbox);
    assert_eq!(standing(&evaluation.records), counting + 1);
    assert_eq!(evaluation.records.len(), records + 1);
    for record in evaluation.records.iter() {
        assert!(record.context().unwrap().from_solo);
    }

    // Once a coordinator has confirmed all of it, the blocks of before go.
    confirm(&mut desk, &evaluation, &mut letterbox);
    phone.wake(&mut letterbox);
    phone.wake(&mut letterbox);
    let arrived =
        |device: &Device, stream, seq| device.state_of(stream, seq) == Some(RecordState::Received);
    let device = phone.device.as_ref().unwrap();
    let dropped = phone
        .book
        .drop_left_blocks(|stream, seq| arrived(device, stream, seq));
    assert_eq!(block_on(dropped).unwrap(), 1);
    // What is counted from now on goes the same way.
    block_on(phone.book.start_round(
        None,
        None,
        veldpost_journal::rows::Situation::default(),
        false,
    ))
    .unwrap();
    block_on(phone.book.tap(Tile::Man)).unwrap();
    let saved = phone.book.take_saved();
    let effects = phone.step(Event::Saved(saved));
    assert!(!effects.is_empty());
    phone.begin_post();
    phone.wake(&mut letterbox);
    let evaluation = judged(&mut desk, &mut letterbox);
    assert_eq!(standing(&evaluation.records), counting + 2);
}

#[test]
fn what_stays_behind_reaches_nobody() {
    let mut letterbox = Letterbox::new(Founding::Open);
    let mut office = Office::new(1, &mut letterbox);
    let link = office.invite(&worker(), &mut letterbox);
    let mut desk = Desk::new(Person::of(&office.founder), &office.acts.clone());
    let mut phone = Phone::of_fixture();
    let records = phone.unlock();
    block_on(phone.book.stop_round("", false)).unwrap();
    phone.join(link, false, &mut letterbox);
    phone.begin_post();
    phone.wake(&mut letterbox);
    desk.look(&mut letterbox);
    let (_, join) = desk.joins().remove(0);
    office.admit(&join, &[Role::Counter], &mut letterbox);
    assert!(judged(&mut desk, &mut letterbox).records.is_empty());
    assert_eq!(phone.unlock(), records + 1);
}

/// What this device counts by what it holds itself.
fn own_judgement(phone: &Phone) -> Evaluation {
    let device = phone.device.as_ref().unwrap();
    let vault = phone.book.vault().unwrap();
    let opened = device.roster().open_all(&vault.encryption);
    let entries = device.entries(Purpose::Count);
    let open = |entry: &Entry| {
        let mut secrets = opened.epochs.iter();
        let secret = secrets.find(|secret| secret.public().purpose == Purpose::Count)?;
        content_key::open_as_epoch(entry, secret).ok()
    };
    evaluate(&Knowledge {
        purpose: Purpose::Count,
        entries: &entries,
        roster: device.roster(),
        checkpoint: &|_| None,
        open: &open,
    })
}

#[test]
fn a_device_of_format_1_opens_its_region_to_others_and_its_records_count_on() {
    let mut letterbox = Letterbox::new(Founding::Open);
    let mut phone = Phone::of_fixture();
    let records = phone.unlock();
    let counting = standing(&phone.book.records());
    block_on(phone.book.stop_round("", false)).unwrap();
    let region = phone.book.membership().region;
    let settings = Settings {
        kit_proven: true,
        ..phone.book.settings()
    };
    block_on(phone.book.keep_settings(settings.clone())).unwrap();
    block_on(phone.book.share(ORIGIN, settings)).unwrap();
    // Killed before the relay heard of it.
    phone.restart();
    phone.unlock();
    phone.begin_post();
    let device = phone.device.as_mut().unwrap();
    let effects = device.found(None, phone.now, &mut phone.rng);
    phone.carry(effects, &mut letterbox);
    phone.wake(&mut letterbox);
    assert_eq!((phone.summary().kept, phone.summary().attention), (0, 0));
    assert_eq!(phone.device.as_ref().unwrap().roster().region().0, region);

    let evaluation = own_judgement(&phone);
    assert_eq!(evaluation.records.len(), records + 1);
    assert_eq!(standing(&evaluation.records), counting + 1);
    // At who coordinates, the blocks of before go once the relay holds the rows.
    let device = phone.device.as_ref().unwrap();
    let dropped = phone.book.drop_left_blocks(|stream, seq| {
        device.state_of(stream, seq) == Some(RecordState::HandedOver)
    });
    assert_eq!(block_on(dropped).unwrap(), 1);
    phone.restart();
    phone.unlock();
    phone.begin_post();
    assert_eq!(own_judgement(&phone).records, evaluation.records);
}

#[test]
fn a_book_that_was_left_is_sent_received_and_freed_by_its_own_keys() {
    let mut letterbox = Letterbox::new(Founding::Open);
    let mut office = Office::new(1, &mut letterbox);
    let link = office.invite(&worker(), &mut letterbox);
    let mut desk = Desk::new(Person::of(&office.founder), &office.acts.clone());
    let mut phone = Phone::of_fixture();
    let records = phone.unlock();
    block_on(phone.book.stop_round("", false)).unwrap();
    phone.join(link, true, &mut letterbox);
    phone.unlock();
    block_on(phone.book.begin_again(2)).unwrap();

    // The app is opened with the next book; this one has no passphrase any more, and was not even admitted.
    phone.restart();
    phone.begin_post();
    phone.wake(&mut letterbox);
    assert_eq!((phone.summary().kept, phone.summary().attention), (0, 0));
    desk.look(&mut letterbox);
    let (_, join) = desk.joins().remove(0);
    office.admit(&join, &[Role::Counter], &mut letterbox);
    let evaluation = judged(&mut desk, &mut letterbox);
    assert_eq!(evaluation.records.len(), records + 1);
    confirm(&mut desk, &evaluation, &mut letterbox);
    phone.wake(&mut letterbox);
    phone.wake(&mut letterbox);
    assert_eq!(phone.summary().handed_over, 0);
    assert!(phone.summary().received > records);
    // A day later nothing of it is left.
    letterbox.now += 2 * DAY;
    phone.now += 2 * DAY;
    phone.begin_post();
    phone.wake(&mut letterbox);
    assert_eq!(block_on(phone.book.waiting()).unwrap(), 0);
}
