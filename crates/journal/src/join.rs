//! This device joins a region that exists: keys of its own, the region's acts, and a join that waits to be admitted.
//!
//! Not here: asking the relay and checking the invitation (`veldpost-sync`).

use crate::create::FirstRows;
use crate::journal::{Journal, Random};
use crate::outside::{DeviceBound, Outside};
use crate::rows::{Membership, Settings};
use crate::{JournalError, Protection};
use veldpost_domain::CampaignId;
use veldpost_envelope::genesis::Role;
use veldpost_envelope::keys::SettingsKey;
use veldpost_envelope::unlock::Vault;
use veldpost_envelope::{
    DeviceEncryptionKey, DeviceSecrets, DeviceSigningKey, EncryptionPublic, LocalKey,
    LocalVaultKey, Roster,
};
use veldpost_store::Store;

/// Keys of a device that is to join. Nothing is written yet.
pub struct NewMember {
    secrets: DeviceSecrets,
    vault: Vault,
}

/// The invitation that a device came by.
pub struct CameBy<'a> {
    /// Its id.
    pub invitation: [u8; 16],
    /// The row of the join, before sealing.
    pub join: &'a [u8],
    /// The welcome, sealed as it came.
    pub welcome: &'a [u8],
}

/// A region that a device joined at its relay, or recovered.
pub struct Joined<'a> {
    /// The relay's origin.
    pub relay: &'a str,
    /// The roster, and its acts as signed.
    pub roster: &'a Roster,
    /// From genesis on.
    pub acts: &'a [Vec<u8>],
    /// The settings key of the welcome.
    pub settings_key: SettingsKey,
    /// The invitation; none for a device that recovered the region.
    pub came_by: Option<CameBy<'a>>,
    /// The kit's public half, where a kit opens this device.
    pub recovery: Option<EncryptionPublic>,
    /// Whether it is a group's.
    pub group: bool,
    /// Whether it is for an organisation's desk.
    pub desk: bool,
    /// What it promises.
    pub roles: &'a [Role],
    /// What is known of organisations, areas and the campaign.
    pub settings: &'a Settings,
}

impl NewMember {
    /// Makes the keys.
    #[must_use]
    pub fn make(outside: &impl Outside) -> Self {
        let rng = &mut Random(outside);
        Self {
            secrets: DeviceSecrets {
                signing: DeviceSigningKey::generate(rng),
                local: LocalKey::generate(rng),
                settings: None,
            },
            vault: Vault {
                encryption: DeviceEncryptionKey::generate(rng),
                blocks: LocalVaultKey::generate(rng),
            },
        }
    }

    /// With keys that there are.
    pub(crate) fn with(secrets: DeviceSecrets, vault: Vault) -> Self {
        Self { secrets, vault }
    }

    /// What it signs with.
    #[must_use]
    pub fn signing(&self) -> &DeviceSigningKey {
        &self.secrets.signing
    }

    /// What is sealed to it.
    #[must_use]
    pub fn encryption(&self) -> EncryptionPublic {
        self.vault.encryption.public()
    }

    /// What it opens with.
    #[must_use]
    pub fn encryption_key(&self) -> &DeviceEncryptionKey {
        &self.vault.encryption
    }
}

impl Joined<'_> {
    pub(crate) fn membership(&self, new: &NewMember) -> Option<Membership> {
        let me = new.signing().public();
        let blank = Membership {
            region: self.roster.region().0,
            form: u8::try_from(self.roster.form().code()).ok()?,
            relay: Some(self.relay.to_owned()),
            head: self.roster.head().0,
            height: self.roster.height(),
            epoch: 0,
            letterbox: [0; 32],
            recovery: [0; 32],
            device: new.encryption().0,
            roles: self
                .roles
                .iter()
                .filter_map(|role| u32::try_from(role.code()).ok())
                .collect(),
            invitation: self.came_by.as_ref().map(|by| by.invitation),
            group: self.group,
            member: false,
            removed: false,
            ready: false,
            stage: None,
            seen: None,
            desk: self.desk,
            organisation: None,
        };
        Some(blank.moved(self.roster, &me, &CampaignId(self.settings.campaign)))
    }
}

impl<S: Store, O: Outside> Journal<S, O> {
    /// Writes the book of a device that joined, all of it in one transaction, and opens it.
    ///
    /// # Errors
    /// As [`Journal::found`]: nothing was written, and the same join can be taken up again.
    pub async fn join(
        store: S,
        outside: O,
        device: &impl DeviceBound,
        new: &NewMember,
        joined: &Joined<'_>,
        protection: &Protection,
    ) -> Result<Self, (JournalError, S, O)> {
        let Some(membership) = joined.membership(new) else {
            return Err((JournalError::Damaged("genesis"), store, outside));
        };
        let secrets = DeviceSecrets {
            settings: Some(joined.settings_key.clone()),
            ..new.secrets.clone()
        };
        let first = FirstRows {
            acts: joined.acts,
            secrets: &secrets,
            vault: &new.vault,
            settings: joined.settings,
            membership,
            join: joined.came_by.as_ref().map(|by| by.join),
            recovery: joined.recovery,
            blobs: joined
                .came_by
                .iter()
                .map(|by| (by.invitation.to_vec(), by.welcome.to_vec()))
                .collect(),
        };
        Self::begin_book(store, outside, device, first, protection).await
    }
}
