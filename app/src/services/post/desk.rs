//! A coordinator's judging: everything that came is read, what counts is shown, and receipts go out by themselves.
//!
//! Not here: the rules (`veldpost_sync::authority`), and showing it. It happens while the device is unlocked, after what
//! came is on the disk.

use super::driver::Rng;
use super::{Inner, Post, Reading, Work};
use crate::browser::{clock, life};
use crate::services::field::Book;
use core::cell::RefMut;
use leptos::prelude::Set;
use std::rc::Rc;
use veldpost_domain::{CampaignId, Tables};
use veldpost_envelope::keys::EpochPublic;
use veldpost_envelope::unlock::Vault;
use veldpost_envelope::{ActHash, ContentKey, Entry, EpochSecret, Purpose, content_key};
use veldpost_sync::authority::{Ahead, Knowledge, evaluate_with};
use veldpost_sync::{Counted, Device};
use zeroize::Zeroizing;

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
    /// What each record adds; none where something else adds to the tables too.
    counted: Option<Zeroizing<Vec<u8>>>,
}

impl HangsOn {
    fn now(book: &Book, device: &Device, epochs: &[EpochPublic]) -> Option<Self> {
        Some(Self {
            basis: device.basis(Purpose::Count, epochs),
            campaign: book.campaign(),
            count_date: book.settings().count_date,
            program: life::program()?,
        })
    }

    fn parts(&self) -> [&[u8]; 4] {
        let [campaign, count_date, program] = self.apart_from_entries();
        [&self.basis, campaign, count_date, program]
    }

    /// What the same holds for whatever came.
    fn apart_from_entries(&self) -> [&[u8]; 3] {
        let (date, program) = (self.count_date.as_bytes(), self.program.as_bytes());
        [&self.campaign.0, date, program]
    }
}

/// The secrets that a coordinator judges with.
struct Epochs(Vec<EpochSecret>);

/// What a coordinator reads with while it is unlocked: secrets by the roster that they were found in, and what was read ahead
/// with them.
pub(super) struct Secrets {
    head: ActHash,
    epochs: Epochs,
    ahead: Ahead,
}

impl Secrets {
    fn of(device: &Device, vault: &Vault) -> Self {
        let epochs = device.roster().open_all(&vault.encryption).epochs;
        Self {
            head: device.roster().head(),
            epochs: Epochs(epochs),
            ahead: Ahead::default(),
        }
    }
}

impl Inner {
    /// By the roster of now.
    fn secrets(&self, device: &Device, vault: &Vault) -> Option<RefMut<'_, Secrets>> {
        let known = self.secrets.borrow().map(|secrets| secrets.head);
        if known != Some(device.roster().head()) {
            self.secrets.put(Secrets::of(device, vault));
        }
        self.secrets.borrow_mut()
    }
}

impl Epochs {
    fn public(&self) -> Vec<EpochPublic> {
        self.0.iter().map(EpochSecret::public).collect()
    }

    /// The content key that an entry hands out.
    fn open(&self, entry: &Entry) -> Option<ContentKey> {
        let header = entry.header();
        let secret = self.0.iter().find(|secret| {
            let public = secret.public();
            (public.purpose, public.epoch) == (header.purpose, header.epoch)
        })?;
        content_key::open_as_epoch(entry, secret).ok()
    }
}

impl Post {
    /// At the first judging after an unlock: what was kept of the last one shows the tables before everything is read. Where
    /// nothing came since they are the ones that were kept; where what came only adds to them, that alone is opened.
    pub(super) async fn show_kept(self, book: &Rc<Book>) {
        let inner = self.inner();
        if !inner.unjudged.get() || inner.evaluation.is_some() {
            return;
        }
        let Some(hangs_on) = self.hangs_on(book) else {
            return;
        };
        let kept = book.kept_tables(&hangs_on.parts()).await;
        let (basis, tables) = match kept {
            Some(tables) => (Some(hangs_on.basis), Some(tables)),
            None => (None, self.tables_since(book, &hangs_on).await),
        };
        if let Some(tables) = tables.filter(|_| !self.is_put_down(book)) {
            inner.kept.set(basis);
            self.reading.set(Reading::Kept(tables.into()));
            // The screen first.
            life::idle().await;
        }
    }

    /// The tables of now by what each record added at the last judging; none where all of it is to be read.
    async fn tables_since(self, book: &Rc<Book>, hangs_on: &HangsOn) -> Option<Tables> {
        let counted = book.kept_counted(&hangs_on.apart_from_entries()).await?;
        let counted = Counted::from_bytes(&counted).ok()?;
        let (vault, scope) = (book.vault()?, self.field.scope_of(book)?);
        let inner = self.inner();
        self.with(|device| {
            let epochs = &inner.secrets(device, &vault)?.epochs;
            let open = |entry: &Entry| epochs.open(entry);
            device.tables_since(&counted, Purpose::Count, &epochs.public(), &open, &scope)
        })?
    }

    /// Keeps what a judging came to. Only speed is lost when that fails.
    pub(super) async fn keep_tables(self, book: &Book, to_keep: ToKeep) {
        let hangs_on = to_keep.hangs_on;
        let (all, apart) = (hangs_on.parts(), hangs_on.apart_from_entries());
        let counted = to_keep.counted.as_ref();
        let counted = counted.map(|counted| (&apart[..], counted.as_slice()));
        let kept = book.keep_tables(&all, &to_keep.tables, counted);
        if kept.await.is_ok() {
            self.inner().kept.set(Some(hangs_on.basis));
        }
    }

    /// None where nothing is judged.
    fn hangs_on(self, book: &Book) -> Option<HangsOn> {
        let vault = book.vault()?;
        if !book.membership().coordinates(Purpose::Count) {
            return None;
        }
        let inner = self.inner();
        self.with(|device| {
            let epochs = inner.secrets(device, &vault)?.epochs.public();
            HangsOn::now(book, device, &epochs)
        })?
    }

    /// While what came is written: opens it for the judging that follows.
    pub(super) fn read_ahead(self, book: &Book) {
        let Some(vault) = book.vault() else {
            return;
        };
        if !book.membership().coordinates(Purpose::Count) {
            return;
        }
        let inner = self.inner();
        self.with(|device| {
            if let Some(mut secrets) = inner.secrets(device, &vault) {
                let Secrets { epochs, ahead, .. } = &mut *secrets;
                device.read_ahead(Purpose::Count, ahead, &|entry| epochs.open(entry));
            }
        });
    }

    /// What was read goes from memory: the device was locked, or the book put down.
    pub(super) fn forget_what_was_read(self) {
        let inner = self.inner();
        inner.evaluation.clear();
        inner.secrets.clear();
        inner.unjudged.set(true);
        self.reading.set(Reading::Begun);
    }

    /// Judges what came, when there is something and somebody may read it. Gives tables that are not kept
    /// yet.
    /// `said`: a coordinator said something here, and is to see what became of it.
    pub(super) fn judge(self, book: &Rc<Book>, said: bool) -> Option<ToKeep> {
        let inner = self.inner();
        let Some(vault) = book.vault() else {
            self.forget_what_was_read();
            return None;
        };
        let reads = book.membership().coordinates(Purpose::Count);
        // Of a long answer the pages that come are judged together; who waits for a first reading gets it now.
        let receives = self.with(Device::is_receiving).unwrap_or_default();
        if receives && !said && inner.evaluation.is_some() {
            return None;
        }
        if !reads || !inner.unjudged.replace(false) {
            return None;
        }
        let (effects, to_keep) = {
            let device = &mut *inner.device.borrow_mut()?;
            let mut secrets = inner.secrets(device, &vault)?;
            let Secrets { epochs, ahead, .. } = &mut *secrets;
            let knowledge = Knowledge {
                purpose: Purpose::Count,
                entries: &device.entries(Purpose::Count),
                roster: device.roster(),
                checkpoint: &|hash| device.heads_of(hash),
                open: &|entry| epochs.open(entry),
            };
            let mut evaluation = evaluate_with(&knowledge, ahead);
            let hangs_on = HangsOn::now(book, device, &epochs.public());
            let hangs_on = hangs_on.filter(|it| inner.kept.get() != Some(it.basis));
            // What stayed on this device alone is in no judging.
            let scope = self.field.scope_of(book).filter(|_| !book.has_left());
            let counted = scope.filter(|_| hangs_on.is_some()).map(|scope| {
                let (purpose, epochs) = (Purpose::Count, epochs.public());
                (device.counted(purpose, &epochs, &evaluation, &scope), scope)
            });
            book.take_records(std::mem::take(&mut evaluation.records));
            let to_keep = hangs_on.and_then(|hangs_on| {
                let tables = match &counted {
                    Some((counted, scope)) => counted.tables(scope),
                    None => self.field.tables_of(book)?,
                };
                let counted = counted.map(|(counted, _)| Zeroizing::new(counted.to_bytes()));
                Some(ToKeep {
                    hangs_on,
                    tables,
                    counted,
                })
            });
            let effects = device.confirm(Purpose::Count, &evaluation, clock::now(), &mut Rng);
            inner.evaluation.put(evaluation);
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
