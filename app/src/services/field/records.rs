//! What was recorded, as far as it can be read now; and acts on a record that exists.
//!
//! Not here: how a record is put into words (`screens::records`, `screens::detail`).

use super::{Field, Labels};
use crate::routes::Screen;
use crate::text::{records, tally};
use leptos::prelude::*;
use std::collections::BTreeMap;
use veldpost_domain::{Hlc, OrganisationId, Record, RecordId, RecordKind};
use veldpost_journal::rows::{Stub, kind_code};
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
}

/// Which records a list shows. It stays as it was while one of them is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Choice {
    /// Only this night.
    pub tonight: bool,
    /// Only this kind.
    pub kind: Option<RecordKind>,
    /// How many newer ones are passed over.
    pub skip: usize,
}

/// A list and the commit that it was made at: after the next one it is out of date.
pub struct Listing {
    /// `Field::commits`.
    pub commit: u32,
    /// Newest first.
    pub records: Vec<Listed>,
    /// Words of the questionnaire's choices.
    pub labels: Labels,
}

impl Field {
    /// All records of this device, newest first: everything when unlocked; else from the stubs, with
    /// what this process wrote since the lock as readable.
    pub async fn listing(self, commit: u32) -> Listing {
        let labels = self
            .form()
            .await
            .map_or_else(Labels::default, |form| Labels::of(&form));
        let mut records = match self.book() {
            Some(book) if self.unlocked.get_untracked() => {
                let known = book.records();
                let promoted = promoted(known.iter().filter_map(replaces));
                known
                    .iter()
                    .map(|record| of_record(record, &promoted))
                    .collect()
            }
            Some(book) => {
                let stubs = book.stubs().await;
                if let Err(error) = &stubs {
                    self.refused(error);
                }
                let mut records = of_stubs(&stubs.unwrap_or_default());
                let known = book.records();
                for listed in &mut records {
                    listed.readable = known.get(listed.record).is_some_and(is_whole);
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
        let stubs = match book.stubs().await {
            Ok(stubs) => stubs,
            Err(error) => {
                self.refused(&error);
                return None;
            }
        };
        of_stubs(&stubs)
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
        spawn_local(async move {
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
    }
}

/// One record of all its stubs; they come oldest first.
fn of_stubs(stubs: &[Stub]) -> Vec<Listed> {
    let mut records: BTreeMap<[u8; 16], Listed> = BTreeMap::new();
    for stub in stubs {
        let listed = records.entry(stub.record).or_insert(Listed {
            record: RecordId(stub.record),
            kind: kind(stub.kind),
            at: stub.at,
            standing: Standing::Stands,
            readable: false,
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
