//! A coordinator's judging: everything that came is read, what counts is shown, and receipts go out by themselves.
//!
//! Not here: the rules (`veldpost_sync::authority`), and showing it. It happens while the device is unlocked, after what
//! came is on the disk.

use super::driver::Rng;
use super::{Post, Reading, Work};
use crate::browser::{clock, life};
use crate::services::field::Book;
use leptos::prelude::Set;
use std::rc::Rc;
use veldpost_domain::{CampaignId, Tables};
use veldpost_envelope::{Entry, EpochSecret, Purpose, content_key};
use veldpost_sync::Device;
use veldpost_sync::authority::{Knowledge, evaluate};

/// All that a coordinator's tables hang on.
struct HangsOn {
    basis: [u8; 32],
    campaign: CampaignId,
    count_date: String,
    program: String,
}

/// What a judging came to, and what it hung on then.
pub(super) struct ToKeep {
    hangs_on: HangsOn,
    tables: Tables,
}

impl HangsOn {
    fn now(book: &Book, device: &Device, epochs: &[EpochSecret]) -> Option<Self> {
        let epochs: Vec<_> = epochs.iter().map(EpochSecret::public).collect();
        Some(Self {
            basis: device.basis(Purpose::Count, &epochs),
            campaign: book.campaign(),
            count_date: book.settings().count_date,
            program: life::program()?,
        })
    }

    fn parts(&self) -> [&[u8]; 4] {
        [
            &self.basis,
            &self.campaign.0,
            self.count_date.as_bytes(),
            self.program.as_bytes(),
        ]
    }
}

impl Post {
    /// At the first judging after an unlock: where nothing came since tables were kept, they are shown before everything
    /// is read.
    pub(super) async fn show_kept(self, book: &Rc<Book>) {
        let inner = self.inner();
        if !inner.unjudged.get() || inner.evaluation.borrow().is_some() {
            return;
        }
        let Some(hangs_on) = self.hangs_on(book) else {
            return;
        };
        let tables = book.kept_tables(&hangs_on.parts()).await;
        if let Some(tables) = tables.filter(|_| !self.is_put_down(book)) {
            inner.kept.set(Some(hangs_on.basis));
            self.reading.set(Reading::Kept(tables.into()));
            // The screen first.
            life::idle().await;
        }
    }

    /// Keeps the tables that a judging came to. Only speed is lost when that fails.
    pub(super) async fn keep_tables(self, book: &Book, to_keep: ToKeep) {
        let ToKeep { hangs_on, tables } = to_keep;
        if book.keep_tables(&hangs_on.parts(), &tables).await.is_ok() {
            self.inner().kept.set(Some(hangs_on.basis));
        }
    }

    /// None where nothing is judged.
    fn hangs_on(self, book: &Book) -> Option<HangsOn> {
        let vault = book.vault()?;
        if !book.membership().coordinates(Purpose::Count) {
            return None;
        }
        self.with(|device| {
            let opened = device.roster().open_all(&vault.encryption);
            HangsOn::now(book, device, &opened.epochs)
        })?
    }

    /// Judges what came, when there is something and somebody may read it. Gives tables that are not kept
    /// yet.
    pub(super) fn judge(self, book: &Rc<Book>) -> Option<ToKeep> {
        let inner = self.inner();
        let Some(vault) = book.vault() else {
            inner.evaluation.borrow_mut().take();
            inner.unjudged.set(true);
            self.reading.set(Reading::Begun);
            return None;
        };
        let reads = book.membership().coordinates(Purpose::Count);
        if !reads || !inner.unjudged.replace(false) {
            return None;
        }
        let (effects, to_keep) = {
            let mut device = inner.device.borrow_mut();
            let device = device.as_mut()?;
            let opened = device.roster().open_all(&vault.encryption);
            let entries = device.entries(Purpose::Count);
            let open = |entry: &Entry| {
                let header = entry.header();
                let secret = opened.epochs.iter().find(|secret| {
                    let public = secret.public();
                    (public.purpose, public.epoch) == (header.purpose, header.epoch)
                })?;
                content_key::open_as_epoch(entry, secret).ok()
            };
            let mut evaluation = evaluate(&Knowledge {
                purpose: Purpose::Count,
                entries: &entries,
                roster: device.roster(),
                checkpoint: &|hash| device.heads_of(hash),
                open: &open,
            });
            book.take_records(std::mem::take(&mut evaluation.records));
            let hangs_on = HangsOn::now(book, device, &opened.epochs);
            let to_keep = hangs_on
                .filter(|it| inner.kept.get() != Some(it.basis))
                .zip(self.field.tables_of(book))
                .map(|(hangs_on, tables)| ToKeep { hangs_on, tables });
            let effects = device.confirm(Purpose::Count, &evaluation, clock::now(), &mut Rng);
            *inner.evaluation.borrow_mut() = Some(evaluation);
            (effects, to_keep)
        };
        self.work(Work::Effects {
            effects,
            quiet: true,
        });
        self.field.lists_changed();
        self.reading.set(Reading::Done);
        to_keep
    }
}
