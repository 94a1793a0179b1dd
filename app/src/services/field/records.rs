//! What was recorded, as far as it can be read now; and acts on a record that exists.
//!
//! Not here: how a record is put into words (`screens::records`, `screens::detail`).

use super::{Book, Field, Labels};
use crate::routes::Screen;
use crate::text::{records, tally};
use leptos::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use veldpost_domain::{Hlc, OrganisationId, Record, RecordId, RecordKind};
use veldpost_journal::rows::{Stub, kind_code};
use veldpost_journal::{RunPlace, UNFINISHED};
use wasm_bindgen_futures::spawn_local;

/// Whether a record counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Stands,
    /// It was withdrawn.
    Withdrawn,
    /// An observation of which a full record was made.
    Replaced,
}

/// What a list knows of a record before anybody opens it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Which one.
    pub record: RecordId,
    /// What it is about.
    pub kind: RecordKind,
    /// When it was recorded: milliseconds since 1970.
    pub at: i64,
    /// Whether it counts.
    pub standing: Standing,
    /// Whether its answers can be read now.
    pub readable: bool,
    /// It was recorded with this device.
    pub own: bool,
    /// It was left before it was finished, as far as this can be read.
    pub unfinished: bool,
}

/// Which records a list shows. It stays as it was while one of them is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Choice {
    /// Only this night.
    pub tonight: bool,
    /// Only this kind.
    pub kind: Option<RecordKind>,
    /// Only what was left before it was finished.
    pub unfinished: bool,
    /// How many newer ones are passed over.
    pub skip: usize,
    /// What others of the region recorded too, for who coordinates it.
    pub of_all: bool,
}

/// A list and the commit that it was made at: after the next one it is out of date.
pub struct Listing {
    /// `Field::commits`.
    pub commit: u32,
    /// Newest first.
    pub records: Vec<Listed>,
    /// Words of the questionnaire's choices.
    pub labels: Labels,
    /// Where what this device wrote of each record stands, to ask how far it has got. Empty in a region of one.
    pub places: Places,
}

/// Where the runs of each record stand; a record that another device wrote has none.
pub type Places = Arc<BTreeMap<RecordId, Vec<RunPlace>>>;

impl Field {
    /// Whether the device may read what others of its region recorded: then a list asks whose records it is to show.
    pub fn reads_others(self) -> bool {
        self.stand().coordinates
    }

    /// All records that this device has, newest first: everything when unlocked; else from the stubs, with
    /// what this process wrote since the lock as readable.
    pub async fn listing(self, commit: u32) -> Listing {
        let labels = self
            .form()
            .await
            .map_or_else(Labels::default, |form| Labels::of(&form));
        let book = self.book();
        let stubs = match &book {
            Some(book) if !self.unlocked.get_untracked() || book.membership().is_shared() => {
                self.stubs(book).await
            }
            _ => Vec::new(),
        };
        let places = places(book.as_deref(), &stubs);
        let mut records = match book {
            Some(book) if self.unlocked.get_untracked() => {
                let known = book.records();
                let promoted = promoted(known.iter().filter_map(replaces));
                let mut records: Vec<Listed> = known
                    .iter()
                    .map(|record| of_record(record, &promoted))
                    .collect();
                if self.reads_others() {
                    let made = made_here(&stubs);
                    for listed in &mut records {
                        listed.own = made.contains(&listed.record);
                    }
                }
                records
            }
            Some(book) => {
                let mut records = of_stubs(stubs.iter().map(|(stub, _)| stub));
                let known = book.records();
                for listed in &mut records {
                    let known = known.get(listed.record).filter(|known| is_whole(known));
                    listed.readable = known.is_some();
                    listed.unfinished = known.is_some_and(was_left);
                }
                records
            }
            None => Vec::new(),
        };
        records.sort_by_key(|listed| (core::cmp::Reverse(listed.at), listed.record));
        Listing {
            commit,
            records,
            labels,
            places,
        }
    }

    async fn stubs(self, book: &Book) -> Vec<Placed> {
        match book.placed_stubs().await {
            Ok(stubs) => stubs,
            Err(error) => {
                self.refused(&error);
                Vec::new()
            }
        }
    }

    /// Where what this device wrote of its records stands.
    pub async fn places(self) -> Places {
        match self.book() {
            Some(book) if book.membership().is_shared() => {
                places(Some(&book), &self.stubs(&book).await)
            }
            _ => Places::default(),
        }
    }

    /// One record, as the list has it.
    pub async fn listed(self, id: RecordId) -> Option<Listed> {
        let book = self.book()?;
        if book.records().get(id).is_some_and(is_whole) {
            let known = book.records();
            let promoted = promoted(known.iter().filter_map(replaces));
            return known.get(id).map(|record| of_record(record, &promoted));
        }
        let stubs = self.stubs(&book).await;
        of_stubs(stubs.iter().map(|(stub, _)| stub))
            .into_iter()
            .find(|listed| listed.record == id)
    }

    /// Makes a record no longer count. It needs the id alone: a locked device can do it too.
    pub fn withdraw(self, kind: RecordKind, record: RecordId, reason: &'static str) {
        let Some(book) = self.book() else { return };
        spawn_local(async move {
            match book.withdraw(kind, record, reason).await {
                Ok(()) => {
                    self.committed(&book);
                    self.announcer
                        .say_now(records::WITHDRAWN_SAID.get().to_owned());
                    self.router.replace(Screen::Records);
                }
                Err(error) => self.refused(&error),
            }
        });
    }

    /// Reports that an organisation or an area has nobody to count.
    pub fn report_nobody(self, organisation: Option<OrganisationId>, area: Option<String>) {
        let Some(turn) = self.once() else { return };
        spawn_local(async move {
            let _turn = turn;
            let Some(book) = self.book_soon().await else {
                return;
            };
            match book.report_nobody(organisation, area).await {
                Ok(()) => {
                    self.committed(&book);
                    self.announcer
                        .say_now(tally::NOBODY_REPORTED.get().to_owned());
                    self.router.replace(Screen::Records);
                }
                Err(error) => self.refused(&error),
            }
        });
    }
}

/// Whether its creation is known: an amendment alone says little.
fn is_whole(record: &Record) -> bool {
    record.context().is_some()
}

/// Whether a count-only device sent it as it was, before anybody finished it.
pub fn was_left(record: &Record) -> bool {
    record.text(UNFINISHED).is_some()
}

/// The observation that a record replaces, as long as the record counts.
fn replaces(record: &Record) -> Option<RecordId> {
    record.context().filter(|_| record.stands())?.promoted_from
}

/// In order, to be searched.
fn promoted(ids: impl Iterator<Item = RecordId>) -> Vec<RecordId> {
    let mut ids: Vec<RecordId> = ids.collect();
    ids.sort_unstable();
    ids
}

/// The clock has 48 bits of milliseconds.
pub fn millis(clock: Hlc) -> i64 {
    i64::try_from(clock.millis()).unwrap_or(0)
}

fn of_record(record: &Record, promoted: &[RecordId]) -> Listed {
    let first = || {
        record
            .operations()
            .next()
            .map_or(0, |first| millis(first.hlc))
    };
    let standing = if record.withdrawn().is_some() {
        Standing::Withdrawn
    } else if promoted.binary_search(&record.id()).is_ok() {
        Standing::Replaced
    } else {
        Standing::Stands
    };
    Listed {
        record: record.id(),
        kind: record.kind(),
        at: record.context().map_or_else(first, |context| context.at),
        standing,
        readable: is_whole(record),
        own: true,
        unfinished: was_left(record),
    }
}

/// What this device made; what it only changed is another's.
fn made_here(stubs: &[Placed]) -> BTreeSet<RecordId> {
    let made = stubs.iter().filter(|(stub, _)| stub.act == CREATE);
    made.map(|(stub, _)| RecordId(stub.record)).collect()
}

/// A stub, and where its run stands.
type Placed = (Stub, Option<RunPlace>);

fn places(book: Option<&Book>, stubs: &[Placed]) -> Places {
    let mut places: BTreeMap<RecordId, Vec<RunPlace>> = BTreeMap::new();
    if book.is_some_and(|book| book.membership().is_shared()) {
        for (stub, place) in stubs {
            let known = places.entry(RecordId(stub.record)).or_default();
            known.extend(*place);
        }
    }
    Arc::new(places)
}

/// One record of all its stubs; they come oldest first.
fn of_stubs<'a>(stubs: impl Iterator<Item = &'a Stub> + Clone) -> Vec<Listed> {
    let mut records: BTreeMap<[u8; 16], Listed> = BTreeMap::new();
    for stub in stubs.clone() {
        let listed = records.entry(stub.record).or_insert(Listed {
            record: RecordId(stub.record),
            kind: kind(stub.kind),
            at: stub.at,
            standing: Standing::Stands,
            readable: false,
            own: true,
            unfinished: false,
        });
        match stub.act {
            CREATE => listed.at = stub.at,
            WITHDRAW => listed.standing = Standing::Withdrawn,
            _ => {}
        }
    }
    for stub in stubs {
        let counts = |id| {
            records
                .get(id)
                .is_some_and(|by| by.standing == Standing::Stands)
        };
        if let Some(observation) = stub.promoted_from
            && counts(&stub.record)
            && let Some(listed) = records.get_mut(&observation)
            && listed.standing == Standing::Stands
        {
            listed.standing = Standing::Replaced;
        }
    }
    records.into_values().collect()
}

/// Acts as stubs have them.
const CREATE: u8 = 0;
const WITHDRAW: u8 = 2;

fn kind(code: u16) -> RecordKind {
    let known = [
        RecordKind::Observation,
        RecordKind::Person,
        RecordKind::RoundReport,
    ];
    known
        .into_iter()
        .find(|kind| kind_code(*kind) == code)
        .unwrap_or(RecordKind::Unknown(code))
}
