//! What a coordinator does with the region: found it at the relay, publish settings, invite, admit, remove, stages.
//!
//! Not here: the rules of acts (`veldpost-envelope`) and making them anew when another came first (`veldpost-sync`).

mod half;
mod lists;
mod members;
mod publishing;

pub use half::Stands;
pub use members::Wanted;
pub(super) use members::address;
pub use publishing::{Other, Published};

use super::driver::{Ended, Rng};
use super::{Post, Work};
use crate::browser::clock;
use crate::services::field::{Book, Browser};
use async_channel::bounded;
use core::cell::Cell;
use leptos::prelude::Set;
use std::rc::Rc;
use veldpost_domain::CampaignId;
use veldpost_envelope::act::{Act, SettingsPublish, Stage, StageChange};
use veldpost_envelope::blob::{Blob, BlobContent, Campaign, SettingsBlob};
use veldpost_envelope::keys::SettingsKey;
use veldpost_envelope::roster::Reason;
use veldpost_envelope::wire::{BlobPutAsk, Call, Code, Standing};
use veldpost_envelope::{BlobId, EnvelopeError, Purpose};
use veldpost_journal::{JournalError, Outside};
use veldpost_store::{Batch, Shelf, Store};
use veldpost_sync::Effect;
use veldpost_sync::device::{MakeAct, ProposalProblem};
use wasm_bindgen_futures::spawn_local;

/// The region's settings, to be changed, and the blob that they are of: what takes its place takes that one's.
pub(super) struct Held {
    pub settings: SettingsBlob,
    blob: Option<[u8; 32]>,
}

impl Held {
    const fn first(settings: SettingsBlob) -> Self {
        Self {
            settings,
            blob: None,
        }
    }
}

/// Why something of the region did not happen. But for `Half` nothing was half done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OfficeProblem {
    /// The region is on this device alone, or the book was put down.
    NoRelay,
    /// It needs the passphrase first.
    Locked,
    /// A rule of the roster does not hold now.
    Rule(Reason),
    /// The relay refuses for this reason.
    Refused(Code),
    /// Too long, or otherwise not to be made.
    NotMade,
    /// This device could not write it.
    NotWritten,
    /// Something else was still being done.
    NotBegun,
    /// Nobody can come to the address that the app was opened at.
    NoAddress,
    /// Another coordinator's settings came first: these were made of older ones.
    Overtaken,
    /// Its tables of now are those of the result.
    SameResult,
    /// This stands; what belongs to it does not yet, and why.
    Half(Stands, Box<OfficeProblem>),
}

impl From<ProposalProblem> for OfficeProblem {
    fn from(problem: ProposalProblem) -> Self {
        match problem {
            ProposalProblem::WithoutEffect(reason) => Self::Rule(reason),
            ProposalProblem::Refused(code) => Self::Refused(code),
            ProposalProblem::NotMade(_) => Self::NotMade,
        }
    }
}

impl From<JournalError> for OfficeProblem {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Locked => Self::Locked,
            JournalError::TooLarge => Self::NotMade,
            _ => Self::NotWritten,
        }
    }
}

impl Post {
    pub(super) fn book(self) -> Result<Rc<Book>, OfficeProblem> {
        self.inner()
            .book
            .borrow()
            .clone()
            .ok_or(OfficeProblem::NoRelay)
    }

    pub(super) fn ended(self, number: u64, ended: Ended) {
        let waiting = self.inner().waiting.borrow_mut().remove(&number);
        if let Some(waiting) = waiting {
            // Refused only when nobody waits any more.
            let _ = waiting.try_send(ended);
        }
    }

    async fn ask(
        self,
        ask: impl FnOnce(&mut veldpost_sync::Device) -> (u64, Vec<Effect>),
    ) -> Result<Ended, OfficeProblem> {
        let (sender, receiver) = bounded(1);
        {
            let inner = self.inner();
            let device = inner.device.borrow_mut();
            let mut device = device.ok_or(OfficeProblem::NoRelay)?;
            let (number, effects) = ask(&mut device);
            inner.waiting.borrow_mut().insert(number, sender);
            self.work(Work::Effects {
                effects,
                quiet: false,
            });
        }
        receiver.recv().await.map_err(|_| OfficeProblem::NoRelay)
    }

    /// A signed call, tried until the relay says yes or no.
    pub async fn call(self, call: Call, body: Vec<u8>) -> Result<Vec<u8>, OfficeProblem> {
        let ended = self
            .ask(|device| device.errand(call, body, clock::now(), &mut Rng))
            .await?;
        match ended {
            Ended::Reply(reply) => reply.map_err(OfficeProblem::Refused),
            Ended::Proposed(_) => Err(OfficeProblem::NoRelay),
        }
    }

    /// An act, made on the roster as it is then.
    pub async fn propose(self, make: MakeAct) -> Result<(), OfficeProblem> {
        let ended = self
            .ask(|device| device.propose(make, clock::now(), &mut Rng))
            .await?;
        match ended {
            Ended::Proposed(outcome) => Ok(outcome.map(|_| ())?),
            Ended::Reply(_) => Err(OfficeProblem::NoRelay),
        }
    }

    async fn act(self, act: Act) -> Result<(), OfficeProblem> {
        self.propose(Box::new(move |roster, key, at, _| {
            roster.next(key, at).sign(&act)
        }))
        .await
    }

    /// A region that was founded here goes to its relay; its first settings follow. By itself, and again at each start
    /// until it is done.
    pub(super) fn found_or_publish(self, book: &Rc<Book>) {
        let inner = self.inner();
        let membership = book.membership();
        if !membership.coordinates(Purpose::Admin) || inner.founding.get() {
            return;
        }
        let Some((height, published, unknown)) = self.with(|device| {
            let roster = device.roster();
            let unknown = device.summary().standing == Standing::Unknown;
            (roster.height(), roster.settings().is_some(), unknown)
        }) else {
            return;
        };
        if (height == 0 || unknown) && !inner.offered.get() {
            inner.offered.set(true);
            // The relay has nothing of the region, or lacks the act that seats this device.
            inner.founding.set(true);
            self.found_at_relay(None);
        } else if height > 0 && !published {
            inner.founding.set(true);
            self.publish_first(book.clone());
        } else if book.vault().is_some()
            && !inner.named.get()
            && self.newest_settings_key(book).is_ok()
        {
            // Once a start: a newer settings key was read at the unlock.
            inner.named.set(true);
            inner.founding.set(true);
            self.complete_settings(book.clone());
        }
    }

    /// Brings the region to the relay, with the operator's code where one is asked for.
    pub fn found_at_relay(self, code: Option<String>) {
        let inner = self.inner();
        let effects = {
            let device = inner.device.borrow_mut();
            device.map(|mut device| device.found(code, clock::now(), &mut Rng))
        };
        if let Some(effects) = effects {
            self.work(Work::Effects {
                effects,
                quiet: false,
            });
        }
    }

    pub(super) fn founded(self, outcome: Result<(), Code>) {
        self.refused_region.set(outcome.err());
        let published = self.with(|device| device.roster().settings().is_some());
        match (outcome, self.book(), published) {
            (Ok(()), Ok(book), Some(false)) => self.publish_first(book),
            (Ok(()), Ok(book), Some(true)) => self.complete_settings(book),
            _ => self.inner().founding.set(false),
        }
    }

    fn publish_first(self, book: Rc<Book>) {
        spawn_local(async move {
            let settings = lists::first_settings(&book);
            let campaign = CampaignId(book.settings().campaign);
            if self.publish(Held::first(settings)).await.is_ok() {
                let _ = self.stage(campaign, Stage::Practice).await;
            }
            self.inner().founding.set(false);
        });
    }

    /// The region's settings as they are now, as far as this device can open them.
    pub async fn settings_now(self) -> Option<SettingsBlob> {
        let book = self.book().ok()?;
        let roster = self.with(|device| device.roster().clone())?;
        super::labels::labels(&book, &roster).await
    }

    /// The same, to be changed and published.
    pub(super) async fn settings_held(self) -> Result<Held, OfficeProblem> {
        let blob = self.with(|device| device.roster().settings().map(|now| now.blob));
        let settings = self.settings_now().await.ok_or(OfficeProblem::Locked)?;
        Ok(Held {
            settings,
            blob: blob.flatten(),
        })
    }

    /// Publishes settings: the blob first, then the act that names it. Never over others that came since these were read.
    pub(super) async fn publish(self, held: Held) -> Result<(), OfficeProblem> {
        let book = self.book()?;
        let content = BlobContent::Settings(held.settings);
        let (number, id) = self.put(&book, content).await?;
        let overtaken = Rc::new(Cell::new(false));
        let seen = overtaken.clone();
        let proposed = self.propose(Box::new(move |roster, signing, at, _| {
            let now = roster.settings();
            let blob = now.map(|now| now.blob);
            if blob != held.blob && blob != Some(id.0) {
                seen.set(true);
                return Err(EnvelopeError::Malformed("other settings came first"));
            }
            let cards = now.and_then(|now| now.cards);
            roster
                .next(signing, at)
                .sign(&Act::Settings(SettingsPublish {
                    number,
                    blob: id.0,
                    cards,
                }))
        }));
        let proposed = proposed.await;
        if overtaken.get() {
            return Err(OfficeProblem::Overtaken);
        }
        proposed
    }

    /// Seals a blob under the newest settings key, puts it at the relay and on the disk. That key's number, and its id.
    async fn put(self, book: &Book, content: BlobContent) -> Result<(u64, BlobId), OfficeProblem> {
        let key = self.newest_settings_key(book)?;
        let region = self.with(|device| device.roster().region());
        let region = region.ok_or(OfficeProblem::NoRelay)?;
        let blob =
            Blob::seal(&key, &region, &content, &mut Rng).map_err(|_| OfficeProblem::NotMade)?;
        let ask = BlobPutAsk {
            region,
            blob: blob.bytes(),
        };
        self.call(Call::BlobPut, ask.to_bytes()).await?;
        self.shelve(book, &blob, blob.id()).await?;
        Ok((key.number(), blob.id()))
    }

    /// Adds a campaign: the count of another night. It begins with practice.
    pub async fn new_campaign(self, name: String, date: String) -> Result<(), OfficeProblem> {
        let mut held = self.settings_held().await?;
        let settings = &mut held.settings;
        let mut id = [0; 16];
        Browser.random(&mut id);
        let blocks = settings.campaigns.last().map(|last| last.blocks.clone());
        settings.campaigns.push(Campaign {
            id: CampaignId(id),
            name,
            count_date: date,
            form: None,
            blocks: blocks.unwrap_or_default(),
            open_until: None,
            grace_until: None,
            organisations: settings
                .organisations
                .iter()
                .map(|known| known.id)
                .collect(),
        });
        self.publish(held).await?;
        let begun = self.stage(CampaignId(id), Stage::Practice).await;
        begun.map_err(Stands::Campaign.but())
    }

    async fn shelve(self, book: &Book, blob: &Blob, id: BlobId) -> Result<(), OfficeProblem> {
        let batch = Batch::new().put(Shelf::Blobs, id.0, blob.bytes());
        let written = book.store().commit(batch).await;
        written.map_err(|_| OfficeProblem::NotWritten)?;
        if let Some(mut device) = self.inner().device.borrow_mut() {
            device.keeps_blob(id.0.to_vec(), blob.bytes().to_vec());
        }
        Ok(())
    }

    fn newest_settings_key(self, book: &Book) -> Result<SettingsKey, OfficeProblem> {
        let newest = self.with(|device| device.roster().settings_number());
        let newest = newest.ok_or(OfficeProblem::NoRelay)?;
        let held = book.settings_key().filter(|key| key.number() == newest);
        // A newer one is read from the roster at the next unlock.
        held.ok_or(OfficeProblem::Locked)
    }

    /// Brings a campaign to its next stage. What *locked* names is signed first.
    pub async fn stage(self, campaign: CampaignId, stage: Stage) -> Result<(), OfficeProblem> {
        let checkpoint = match stage {
            Stage::Locked => Some(self.pinned_checkpoint()?),
            _ => None,
        };
        self.act(Act::Stage(StageChange {
            campaign,
            stage,
            checkpoint,
        }))
        .await
    }

    /// A checkpoint of all that is held, kept for good: what *locked* names.
    fn pinned_checkpoint(self) -> Result<[u8; 32], OfficeProblem> {
        let inner = self.inner();
        let device = inner.device.borrow_mut();
        let mut device = device.ok_or(OfficeProblem::NoRelay)?;
        let pinned = device.pin_checkpoint(clock::now(), &mut Rng);
        let (hash, effects) = pinned.ok_or(OfficeProblem::Locked)?;
        self.work(Work::Effects {
            effects,
            quiet: true,
        });
        Ok(hash)
    }
}
