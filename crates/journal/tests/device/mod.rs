//! A device in the hand: the journal on a store in memory, spoken to in the words of the field.
#![allow(dead_code, reason = "each test file uses its own part of the device")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may fail a test"
)]

use pollster::block_on;
use std::cell::Cell;
use std::rc::Rc;
use veldpost_domain::{Answers, FormVersion, RecordId};
use veldpost_envelope::unlock::{KdfParams, derive};
use veldpost_envelope::{RandomBytes as _, UnlockSecret};
use veldpost_journal::rows::{DraftBody, Settings, Situation};
use veldpost_journal::{
    DeviceBound, Filled, Journal, JournalError, Kind, NewRegion, Outside, Protection, Unlocked,
};
use veldpost_seeded::Seeded;
use veldpost_store::Store;
use veldpost_store::memory::{MemoryDatabase, MemoryStore};

/// 20 November 2026, 22:00 UTC.
pub const EVENING: i64 = 1_795_212_000_000;

#[derive(Clone)]
pub struct World {
    pub now: Rc<Cell<i64>>,
    state: Rc<Cell<u64>>,
}

impl Outside for World {
    fn now(&self) -> i64 {
        self.now.get()
    }

    /// Different at each call.
    fn random(&self, bytes: &mut [u8]) {
        let mut seeded = Seeded(self.state.get());
        seeded.fill(bytes);
        self.state.set(seeded.0);
    }
}

/// The browser's key: here a mask and a checksum; the real one has its own tests in a browser.
pub struct Browser;

impl DeviceBound for Browser {
    async fn seal(&self, context: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
        // The bundle of devices that were kept as fixtures has no context in it.
        let mask = context.iter().fold(0xa5, |mask, byte| mask ^ byte) ^ mask_of(b"bundle");
        Some(bytes.iter().map(|byte| byte ^ mask).collect())
    }

    async fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        self.seal(context, sealed).await
    }
}

fn mask_of(context: &[u8]) -> u8 {
    context.iter().fold(0, |mask, byte| mask ^ byte)
}

pub type Book = Journal<MemoryStore, World>;

pub struct Device {
    pub database: MemoryDatabase,
    pub world: World,
    secret: UnlockSecret,
}

pub const PASSPHRASE: &str = "appel fiets kaars molen tafel";

impl Device {
    pub fn new() -> Self {
        let world = World {
            now: Rc::new(Cell::new(EVENING)),
            state: Rc::new(Cell::new(0x5eed)),
        };
        let secret = derive(PASSPHRASE, [7; 16], KdfParams::FLOOR).unwrap();
        Self {
            database: MemoryDatabase::new(),
            world,
            secret,
        }
    }

    pub fn settings() -> Settings {
        Settings {
            campaign: [9; 16],
            count_date: "2026-11-20".into(),
            organisations: Vec::new(),
            areas: Vec::new(),
            blocks: Vec::new(),
            kit_proven: false,
            region: None,
            campaign_name: None,
            own_name: None,
        }
    }

    /// A region of one begins here.
    pub fn found(&self) -> Book {
        self.found_with_kit().0
    }

    /// The same, with its recovery code as it stands on the paper.
    pub fn found_with_kit(&self) -> (Book, String) {
        let new = NewRegion::make(Kind::Solo, Self::settings(), &self.world).unwrap();
        let store = self.database.open();
        let book = block_on(async {
            store.claim().await.unwrap();
            let protection = Protection::Passphrase(self.secret.clone());
            let founded =
                Journal::found(store, self.world.clone(), &Browser, &new, None, &protection);
            match founded.await {
                Ok(book) => book,
                Err((error, ..)) => panic!("{error}"),
            }
        });
        (book, code(&new))
    }

    /// The app is started again on what is on the disk.
    pub fn restart(&self) -> Book {
        let store = self.database.open();
        block_on(async {
            store.claim().await.unwrap();
            match Journal::open(store, self.world.clone(), &Browser).await {
                Ok(Ok(book)) => book,
                Ok(Err(_)) => panic!("no region on this device"),
                Err((error, ..)) => panic!("{error}"),
            }
        })
    }

    pub fn unlock(&self, book: &Book) -> Unlocked {
        block_on(book.unlock(Some(&self.secret))).unwrap()
    }

    pub fn unlock_with(&self, book: &Book, passphrase: &str) -> Result<Unlocked, JournalError> {
        let (params, salt) = block_on(book.derivation())?.unwrap();
        let secret = derive(passphrase, salt, params).unwrap();
        block_on(book.unlock(Some(&secret)))
    }

    pub fn wait(&self, millis: i64) {
        self.world.now.set(self.world.now.get() + millis);
    }
}

/// The recovery code on paper.
pub fn code(new: &NewRegion) -> String {
    new.kit().printed().map(|row| row.to_string()).join("\n")
}

pub fn outside() -> Situation {
    Situation {
        living_situation: Some("public_space".into()),
        living_subsituation: None,
        source: Some("seen".into()),
        municipality: Some("enschede".into()),
        area: Some("Centrum".into()),
    }
}

/// A person's form of the count with these answers, ready to be kept.
pub fn filled(record: RecordId, answers: &[(&str, &str)]) -> Filled {
    let mut given = Answers::default();
    for (name, value) in answers {
        given.set(*name, *value);
    }
    Filled {
        record,
        form: FormVersion {
            id: "ethos-count".into(),
            version: "1".into(),
        },
        answers: given,
        promoted_from: None,
        campaign: None,
    }
}

pub fn start_round(book: &Book) {
    block_on(book.start_round(None, Some("Ploeg 3".into()), outside(), false)).unwrap();
}

/// A form that was left: its answers are `canary`.
pub fn draft(record: RecordId) -> DraftBody {
    DraftBody {
        record: record.0,
        form: "ethos-count".into(),
        version: "1".into(),
        answers: b"canary".to_vec(),
        page: 2,
        promoted_from: None,
        started_at: EVENING,
        amends: false,
        campaign: None,
        before: None,
    }
}
