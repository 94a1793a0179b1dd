//! The device's book as it ships, driven by a benchmark: journal, envelope and IndexedDB, built and
//! allocated as in the app.
//!
//! Not here: what is measured and against whom (`contestant.mjs`, `measure.mjs`), and key
//! derivation, which is slow on purpose: the page has a secret that counts as derived.

#![cfg(target_family = "wasm")]

mod letterbox;
mod outside;
mod records;

use core::cell::Cell;
use outside::{Bound, Browser};
use std::alloc::System;
use veldpost_domain::{Date, Scope, Tables};
use veldpost_envelope::UnlockSecret;
use veldpost_envelope::secret::Secret;
use veldpost_envelope::unlock::KdfParams;
use veldpost_journal::rows::{Settings, Situation};
use veldpost_journal::{Journal, JournalError, Kind, NewRegion, Protection};
use veldpost_store::indexed_db::IndexedDbStore;
use veldpost_store::{Batch, Shelf, Store};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use zeroizing_alloc::ZeroAlloc;

/// As in the app: wiping freed memory costs time, so it must cost it here.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

const COUNT_DATE: &str = "2025-11-01";
const CAMPAIGN: [u8; 16] = [7; 16];

/// One open book.
#[wasm_bindgen]
pub struct Book {
    journal: Journal<IndexedDbStore, Browser>,
    unlocking: Cell<f64>,
    tables: Cell<f64>,
}

type Answer<T> = Result<T, JsValue>;

fn refused(error: impl core::fmt::Display) -> JsValue {
    js_sys::Error::new(&error.to_string()).into()
}

/// What a passphrase would have become.
fn secret() -> Answer<UnlockSecret> {
    UnlockSecret::from_parts(Secret::copy_from(&[42; 32]), KdfParams::STANDARD, [9; 16])
        .map_err(refused)
}

/// Opens the book of this name; a first time it founds a region of one with an open round.
#[wasm_bindgen]
pub async fn open(name: String) -> Answer<Book> {
    let store = IndexedDbStore::open(&name).await.map_err(refused)?;
    store.claim().await.map_err(refused)?;
    let key = store.device_key().await.map_err(refused)?;
    let bound = Bound(&key);
    let journal = match Journal::open(store, Browser, &bound).await {
        Ok(Ok(journal)) => journal,
        Err((error, ..)) => return Err(refused(error)),
        Ok(Err((store, outside))) => {
            let new = NewRegion::make(Kind::Solo, settings(), &Browser).map_err(refused)?;
            let protection = Protection::Passphrase(secret()?);
            let journal = Journal::found(store, outside, &bound, &new, None, &protection)
                .await
                .map_err(|(error, ..)| refused(error))?;
            let begun = journal.start_round(None, None, Situation::default(), false);
            begun.await.map_err(refused)?;
            journal
        }
    };
    Ok(Book {
        journal,
        unlocking: Cell::new(0.0),
        tables: Cell::new(0.0),
    })
}

fn settings() -> Settings {
    Settings {
        campaign: CAMPAIGN,
        count_date: COUNT_DATE.to_owned(),
        organisations: Vec::new(),
        areas: Vec::new(),
        blocks: Vec::new(),
        kit_proven: true,
        region: None,
        campaign_name: None,
        own_name: None,
    }
}

#[wasm_bindgen]
impl Book {
    /// Keeps one person: the sealed entry, its stub, the round's totals, the draft's end.
    pub async fn save(&self, record: String) -> Answer<()> {
        let filled = records::filled(&record).ok_or_else(|| refused("no such record"))?;
        self.journal.record_person(filled).await.map_err(refused)
    }

    /// Imports many: one chain, one signature a commit.
    pub async fn import(&self, packed: String) -> Answer<usize> {
        let now = js_sys::Date::now() as i64;
        let operations = records::operations(&packed, self.journal.campaign(), now);
        self.journal.import(operations).await.map_err(refused)
    }

    /// Moves all that waits into blocks. It needs an unlocked book.
    pub async fn fold(&self) -> Answer<usize> {
        self.journal.fold().await.map_err(refused)
    }

    /// From locked to readable.
    pub async fn unlock(&self) -> Answer<usize> {
        let unlocked = self.journal.unlock(Some(&secret()?)).await;
        match unlocked {
            Ok(found) if found.damaged == 0 => Ok(found.records),
            Ok(_) => Err(refused(JournalError::Damaged("block"))),
            Err(error) => Err(refused(error)),
        }
    }

    /// Forgets all that could be read.
    pub fn lock(&self) {
        self.journal.forget();
    }

    /// Unlocks, makes Tables 1 and 2, and counts one municipality by category:
    /// `[records, forms in the tables, matched, category, number, category, number, …]`.
    pub async fn load(&self, municipality: String) -> Answer<js_sys::Array> {
        let clock = outside::clock();
        self.unlock().await?;
        self.unlocking.set(outside::clock() - clock);
        let clock = outside::clock();
        let records = self.journal.records();
        let count_date = Date::parse(COUNT_DATE).ok_or_else(|| refused("no such date"))?;
        let scope = Scope {
            campaign: Some(self.journal.campaign()),
            count_date,
        };
        let tables = Tables::compute(records.iter(), &scope);
        let (matched, categories) = records::count(records.iter(), &municipality);
        let out = js_sys::Array::new();
        for number in [records.len(), tables.forms as usize, matched] {
            out.push(&JsValue::from_f64(number as f64));
        }
        for (category, number) in categories {
            out.push(&category.into());
            out.push(&number.into());
        }
        self.tables.set(outside::clock() - clock);
        Ok(out)
    }

    /// How long the last [`Book::load`] took: unlocking, then tables; milliseconds.
    pub fn parts(&self) -> js_sys::Array {
        js_sys::Array::of2(&self.unlocking.get().into(), &self.tables.get().into())
    }

    /// How many commits wait.
    pub async fn waiting(&self) -> Answer<f64> {
        let waiting = self.journal.waiting().await.map_err(refused)?;
        Ok(waiting as f64)
    }

    /// Bytes of keys and values: `[outbox, stubs, blocks]`.
    pub async fn bytes(&self) -> Answer<js_sys::Array> {
        let out = js_sys::Array::new();
        for shelf in [Shelf::Outbox, Shelf::Stubs, Shelf::Blocks] {
            let rows = self
                .journal
                .store()
                .read_all(shelf)
                .await
                .map_err(refused)?;
            let bytes: usize = rows
                .iter()
                .map(|(key, value)| key.len() + value.len())
                .sum();
            out.push(&JsValue::from_f64(bytes as f64));
        }
        Ok(out)
    }

    /// Copies those rows into a database that never held anything else: what they take on the disk.
    pub async fn copy_to(&self, name: String) -> Answer<()> {
        let copy = IndexedDbStore::open(&name).await.map_err(refused)?;
        copy.claim().await.map_err(refused)?;
        for shelf in [Shelf::Outbox, Shelf::Stubs, Shelf::Blocks] {
            let rows = self
                .journal
                .store()
                .read_all(shelf)
                .await
                .map_err(refused)?;
            let batch = rows.into_iter().fold(Batch::new(), |batch, (key, value)| {
                batch.put(shelf, key, value)
            });
            copy.commit(batch).await.map_err(refused)?;
        }
        copy.close().await;
        Ok(())
    }
}
