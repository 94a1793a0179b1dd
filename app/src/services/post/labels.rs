//! What the roster and the region's settings say to this device: whom to seal to, what organisations and areas are called.
//!
//! Not here: changing them, which is a coordinator's.

use super::Post;
use crate::services::field::{Book, bound};
use leptos::prelude::Set;
use std::rc::Rc;
use veldpost_domain::CampaignId;
use veldpost_envelope::act::Stage;
use veldpost_envelope::blob::{Blob, BlobContent, Campaign, SettingsBlob};
use veldpost_envelope::keys::SettingsKey;
use veldpost_envelope::{BlobId, DeviceEncryptionKey, DevicePublic, Roster};
use veldpost_journal::rows::{Area, Organisation, Settings};
use veldpost_store::{Shelf, Store};

impl Post {
    /// Follows the roster: settings first, since they say which campaign it is.
    pub(super) async fn follow_roster(self, book: &Rc<Book>) {
        let Some(roster) = self.with(|device| device.roster().clone()) else {
            return;
        };
        self.newest_key(book, &roster).await;
        let labels = labels(book, &roster).await;
        let me = book.device_keys().0.public();
        let settings = match &labels {
            Some(labels) => Some(merged(labels, &roster, me, book.settings())),
            None => unnamed(&roster, book.settings()),
        };
        if let Some(settings) = settings {
            // What is not kept now is kept at the next start.
            if book.follow_settings(settings).await.unwrap_or_default() {
                self.field.lists_changed();
            }
        }
        let membership = book.membership().moved(&roster, &me, &book.campaign());
        let member = membership.member;
        let _ = book.keep_membership(membership).await;
        // Once it is kept: a join that is still under way looks there before it says that it waits.
        if member {
            self.joining.set(None);
        }
    }

    /// Whether the region has settings that this device can only read once it is unlocked: the roster names a newer key
    /// than the one that it holds. A device of a group reads it at once.
    pub fn lists_wait(self) -> bool {
        let book = self.inner().book.borrow().clone();
        let membership = book.as_ref().map(|book| book.membership());
        if membership.is_none_or(|it| !it.member || it.removed || it.group) {
            return false;
        }
        let held = book.and_then(|book| book.settings_key());
        let held = held.map_or(0, |key| key.number());
        self.with(|device| device.roster().settings_number() > held)
            .unwrap_or_default()
    }

    /// The newest settings key is read from the roster while the device is unlocked, and kept for when it is not; where
    /// there is no passphrase, at once.
    pub(super) async fn newest_key(self, book: &Rc<Book>, roster: &Roster) {
        let held = book.settings_key().map_or(0, |key| key.number());
        let newest = roster.settings_number();
        if held >= newest {
            return;
        }
        let key = encryption_key(book).await;
        let key = key.and_then(|key| roster.open_settings(newest, &key).ok());
        if let (Some(key), Ok(device)) = (key, book.store().device_key().await) {
            let _ = book.keep_settings_key(key, &bound(&device)).await;
        }
    }
}

/// The newest settings, as far as this device can open them.
pub(super) async fn labels(book: &Book, roster: &Roster) -> Option<SettingsBlob> {
    let published = roster.settings()?;
    match open_blob(book, roster, BlobId(published.blob)).await? {
        BlobContent::Settings(settings) => Some(settings),
        _ => None,
    }
}

/// What a blob holds that the roster names; none while it is not here, or this device cannot open it.
pub(super) async fn open_blob(book: &Book, roster: &Roster, id: BlobId) -> Option<BlobContent> {
    let row = book.store().read(Shelf::Blobs, &id.0).await.ok()??;
    let blob = Blob::from_bytes(&row).ok()?;
    let key = key_for(book, roster, blob.number()).await?;
    Some(blob.open(&key, &roster.region(), &id).ok()?.content)
}

async fn key_for(book: &Book, roster: &Roster, number: u64) -> Option<SettingsKey> {
    let held = book.settings_key().filter(|key| key.number() == number);
    if held.is_some() {
        return held;
    }
    let key = encryption_key(book).await?;
    roster.open_settings(number, &key).ok()
}

/// What opens what the roster hands out to this device; none while it is locked by a passphrase.
async fn encryption_key(book: &Book) -> Option<DeviceEncryptionKey> {
    match book.vault() {
        Some(vault) => Some(vault.encryption),
        None => book.own_encryption_key().await,
    }
}

/// The campaign that is counted for: one that is open, before one that is practised, before one that is over; of two the
/// later night.
fn current<'a>(labels: &'a SettingsBlob, roster: &Roster) -> Option<&'a Campaign> {
    let order = |campaign: &&Campaign| {
        let stage = match roster.stage(&campaign.id) {
            Some(Stage::Open | Stage::Grace) => 2,
            Some(Stage::Practice) | None => 1,
            Some(Stage::Locked | Stage::Published) => 0,
        };
        (stage, campaign.count_date.clone())
    };
    labels.campaigns.iter().max_by_key(order)
}

/// For who cannot read the settings yet and was told of no campaign: the one that the roster says is counted.
fn unnamed(roster: &Roster, before: Settings) -> Option<Settings> {
    let told = before.campaign_name.is_some();
    let counted = roster.counted_campaign().filter(|_| !told)?;
    Some(Settings {
        campaign: counted.0,
        ..before
    })
}

fn merged(labels: &SettingsBlob, roster: &Roster, me: DevicePublic, before: Settings) -> Settings {
    let mut named = labels.coordinators.iter();
    let own = named.find(|known| known.device == me && !known.name.is_empty());
    let campaign = current(labels, roster);
    Settings {
        campaign: campaign
            .map_or(CampaignId(before.campaign), |campaign| campaign.id)
            .0,
        count_date: campaign.map_or(before.count_date, |campaign| campaign.count_date.clone()),
        organisations: labels
            .organisations
            .iter()
            .map(|known| Organisation {
                id: known.id.0,
                name: known.name.clone(),
            })
            .collect(),
        areas: labels
            .areas
            .iter()
            .map(|area| Area {
                name: area.name.clone(),
                municipality: area.municipality.clone(),
            })
            .collect(),
        blocks: campaign.map_or(before.blocks, |campaign| campaign.blocks.clone()),
        kit_proven: before.kit_proven,
        region: Some(labels.region.clone()),
        campaign_name: campaign.map(|campaign| campaign.name.clone()),
        own_name: own.map(|own| own.name.clone()).or(before.own_name),
    }
}
