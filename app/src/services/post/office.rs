//! What a coordinator does with the region: found it at the relay, publish settings, invite, admit, remove, stages.
//!
//! Not here: the rules of acts (`veldpost-envelope`) and making them anew when another came first (`veldpost-sync`).

use super::driver::{Ended, Rng};
use super::{Post, Work};
use crate::browser::{clock, http};
use crate::services::field::{Book, Browser};
use async_channel::bounded;
use leptos::prelude::Set;
use std::rc::Rc;
use veldpost_domain::{CampaignId, OrganisationId};
use veldpost_envelope::act::{
    Act, EndReason, InviteEnd, InviteForm, RemovalReason, Removed, SettingsPublish, Stage,
    StageChange,
};
use veldpost_envelope::blob::{
    Area, Blob, BlobContent, Campaign, NamedCoordinator, NamedOrganisation, SettingsBlob,
};
use veldpost_envelope::genesis::Role;
use veldpost_envelope::invitation::{Origin, Welcome};
use veldpost_envelope::keys::SettingsKey;
use veldpost_envelope::roster::{Admission, NewInvite, Reason};
use veldpost_envelope::secret::Secret;
use veldpost_envelope::statement::Says;
use veldpost_envelope::wire::{BlobPutAsk, Call, Code, WelcomePutAsk};
use veldpost_envelope::{BlobId, DevicePublic, Link, Purpose, RandomBytes};
use veldpost_journal::{JournalError, Outside};
use veldpost_store::{Batch, Shelf, Store};
use veldpost_sync::Effect;
use veldpost_sync::device::{MakeAct, ProposalProblem};
use wasm_bindgen_futures::spawn_local;

/// Why something of the region did not happen. Nothing was half done.
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

/// An invitation that is to be made.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Whom it is for.
    pub form: InviteForm,
    /// What they may do.
    pub roles: Vec<Role>,
    /// How many devices may come by it.
    pub uses: u64,
    /// Until when: milliseconds since 1970.
    pub ends: i64,
    /// The organisation whose devices come by it.
    pub organisation: Option<OrganisationId>,
    /// What coordinators call it.
    pub name: String,
}

/// An invitation that was made. Whoever has its link may join.
#[derive(Clone)]
pub struct Invited {
    /// Its id.
    pub id: [u8; 16],
    /// The link, for the app at the address where this one is.
    pub link: Rc<zeroize::Zeroizing<String>>,
}

impl Post {
    fn book(self) -> Result<Rc<Book>, OfficeProblem> {
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
            let mut device = inner.device.borrow_mut();
            let device = device.as_mut().ok_or(OfficeProblem::NoRelay)?;
            let (number, effects) = ask(device);
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
        let Some((height, published)) = self.with(|device| {
            let roster = device.roster();
            (roster.height(), roster.settings().is_some())
        }) else {
            return;
        };
        if published {
            return;
        }
        inner.founding.set(true);
        if height == 0 {
            self.found_at_relay(None);
        } else {
            self.publish_first(book.clone());
        }
    }

    /// Brings the region to the relay, with the operator's code where one is asked for.
    pub fn found_at_relay(self, code: Option<String>) {
        let inner = self.inner();
        let effects = {
            let mut device = inner.device.borrow_mut();
            device
                .as_mut()
                .map(|device| device.found(code, clock::now(), &mut Rng))
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
        if outcome.is_ok()
            && let Ok(book) = self.book()
        {
            self.publish_first(book);
        }
    }

    fn publish_first(self, book: Rc<Book>) {
        spawn_local(async move {
            let settings = first_settings(&book);
            let campaign = CampaignId(book.settings().campaign);
            if self.publish(settings).await.is_ok() {
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

    /// Publishes settings: the blob first, then the act that names it.
    pub async fn publish(self, settings: SettingsBlob) -> Result<(), OfficeProblem> {
        let book = self.book()?;
        let key = self.newest_settings_key(&book)?;
        let region = self.with(|device| device.roster().region());
        let region = region.ok_or(OfficeProblem::NoRelay)?;
        let blob = Blob::seal(&key, &region, &BlobContent::Settings(settings), &mut Rng)
            .map_err(|_| OfficeProblem::NotMade)?;
        let ask = BlobPutAsk {
            region,
            blob: blob.bytes(),
        };
        self.call(Call::BlobPut, ask.to_bytes()).await?;
        let id = blob.id();
        self.shelve(&book, &blob, id).await?;
        self.propose(Box::new(move |roster, signing, at, _| {
            let cards = roster.settings().and_then(|now| now.cards);
            roster
                .next(signing, at)
                .sign(&Act::Settings(SettingsPublish {
                    number: key.number(),
                    blob: id.0,
                    cards,
                }))
        }))
        .await
    }

    async fn shelve(self, book: &Book, blob: &Blob, id: BlobId) -> Result<(), OfficeProblem> {
        let batch = Batch::new().put(Shelf::Blobs, id.0, blob.bytes());
        let written = book.store().commit(batch).await;
        written.map_err(|_| OfficeProblem::NotWritten)?;
        if let Some(device) = self.inner().device.borrow_mut().as_mut() {
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

    /// The newest checkpoint of this device, kept for good: what *locked* names. None was signed before the first
    /// judging.
    fn pinned_checkpoint(self) -> Result<[u8; 32], OfficeProblem> {
        let inner = self.inner();
        let mut device = inner.device.borrow_mut();
        let device = device.as_mut().ok_or(OfficeProblem::NoRelay)?;
        let pinned = device.pin_checkpoint(clock::now(), &mut Rng);
        let (hash, effects) = pinned.ok_or(OfficeProblem::Locked)?;
        self.work(Work::Effects {
            effects,
            quiet: true,
        });
        Ok(hash)
    }

    /// Makes an invitation: the act, what the newcomer may read, and its secret for the other coordinators.
    pub async fn invite(self, wanted: Wanted) -> Result<Invited, OfficeProblem> {
        let book = self.book()?;
        let labels = self.settings_now().await.ok_or(OfficeProblem::Locked)?;
        let region = self.with(|device| device.roster().region());
        let region = region.ok_or(OfficeProblem::NoRelay)?;
        let (mut id, secret) = ([0; 16], Secret::generate(&mut Rng));
        Browser.random(&mut id);
        let link = Link {
            region,
            relay: None,
            invitation: id,
            secret: secret.clone(),
        };
        let keys = link.keys();
        let me = book.device_keys().0.public();
        let inviter = labels.coordinators.iter().find(|known| known.device == me);
        let organisation = wanted.organisation.and_then(|id| {
            let known = labels.organisations.iter().find(|known| known.id == id)?;
            Some(known.name.clone())
        });
        let welcome = Welcome {
            settings: self.newest_settings_key(&book)?,
            region: labels.region.clone(),
            inviter: inviter.map_or_else(String::new, |known| known.name.clone()),
            organisation,
        };
        let welcome = keys
            .seal_welcome(&welcome, &mut Rng)
            .map_err(|_| OfficeProblem::NotMade)?;
        // The link is kept before it is made known: a coordinator who closes the app can show it again.
        let says = Says::LinkSecret {
            invitation: id,
            secret,
            name: wanted.name.clone(),
        };
        self.say(&book, vec![says]).await?;
        let (token, proving) = (keys.token(), keys.clone());
        let new = NewInvite {
            id,
            form: wanted.form,
            roles: wanted.roles,
            uses: wanted.uses,
            ends: wanted.ends,
            token,
            organisation: wanted.organisation,
        };
        self.propose(Box::new(move |roster, signing, at, _| {
            roster.next(signing, at).invite(new.clone(), |fields| {
                proving.proof(veldpost_envelope::invitation::InviteFields(fields))
            })
        }))
        .await?;
        let ask = WelcomePutAsk {
            region,
            invitation: id,
            welcome: &welcome,
        };
        self.call(Call::WelcomePut, ask.to_bytes()).await?;
        address(&link)
            .map(|link| Invited {
                id,
                link: Rc::new(link),
            })
            .ok_or(OfficeProblem::NotMade)
    }

    /// Ends an invitation.
    pub async fn end_invitation(self, id: [u8; 16], why: EndReason) -> Result<(), OfficeProblem> {
        self.act(Act::InviteEnd(InviteEnd { id, why })).await
    }

    /// Makes devices members, with every secret that they may have; then says what they are called.
    pub async fn admit(self, devices: Vec<(Admission, String)>) -> Result<(), OfficeProblem> {
        let book = self.book()?;
        let vault = book.vault().ok_or(OfficeProblem::Locked)?;
        let (admissions, names): (Vec<_>, Vec<_>) = devices
            .into_iter()
            .map(|(admission, name)| {
                let device = admission.device.signing;
                (admission, (device, name))
            })
            .unzip();
        let key = vault.encryption.clone();
        self.propose(Box::new(move |roster, signing, at, _| {
            let opened = roster.open_all(&key);
            roster.next(signing, at).device_add(&admissions, &opened)
        }))
        .await?;
        let says = names.into_iter().map(|(device, name)| Says::DeviceName {
            device,
            name,
            replaces: Vec::new(),
        });
        self.say(&book, says.collect()).await?;
        Ok(())
    }

    /// Removes a device: the keys are new afterwards, and what it sent up to now still counts.
    pub async fn remove(
        self,
        device: DevicePublic,
        why: RemovalReason,
    ) -> Result<(), OfficeProblem> {
        let streams = self.with(|sync| sync.held_heads(&device));
        let streams = streams.ok_or(OfficeProblem::NoRelay)?;
        self.propose(Box::new(
            move |roster, signing, at, rng: &mut dyn RandomBytes| {
                let removed = Removed {
                    device,
                    why,
                    streams: streams.clone(),
                };
                roster.next(signing, at).device_remove(vec![removed], rng)
            },
        ))
        .await?;
        // What the region is called goes on under the new key.
        if let (Some(settings), Ok(book)) = (self.settings_now().await, self.book()) {
            let roster = self.with(|device| device.roster().clone());
            if let Some(roster) = roster {
                self.newest_key(&book, &roster).await;
            }
            self.publish(settings).await?;
        }
        Ok(())
    }
}

/// The link of an invitation as it is shown and scanned.
pub(super) fn address(link: &Link) -> Option<zeroize::Zeroizing<String>> {
    let origin = Origin::parse(&http::own_origin())?;
    Some(link.address(&origin))
}

/// What was typed when the region was founded.
fn first_settings(book: &Book) -> SettingsBlob {
    let settings = book.settings();
    let organisations: Vec<NamedOrganisation> = settings
        .organisations
        .iter()
        .map(|known| NamedOrganisation {
            id: OrganisationId(known.id),
            name: known.name.clone(),
        })
        .collect();
    SettingsBlob {
        region: settings.region.clone().unwrap_or_default(),
        campaigns: vec![Campaign {
            id: CampaignId(settings.campaign),
            name: settings.campaign_name.clone().unwrap_or_default(),
            count_date: settings.count_date.clone(),
            form: None,
            blocks: settings.blocks.clone(),
            open_until: None,
            grace_until: None,
            organisations: organisations.iter().map(|known| known.id).collect(),
        }],
        organisations,
        areas: settings
            .areas
            .iter()
            .map(|area| Area {
                name: area.name.clone(),
                municipality: area.municipality.clone(),
            })
            .collect(),
        coordinators: vec![NamedCoordinator {
            device: book.device_keys().0.public(),
            name: settings.own_name.clone().unwrap_or_default(),
        }],
    }
}
