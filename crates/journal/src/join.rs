//! This device joins a region that exists: keys of its own, the region's acts, and a join that waits to be admitted.
//!
//! Not here: asking the relay and checking the invitation (`veldpost-sync`).

use crate::create::FirstRows;
use crate::journal::{Journal, Random};
use crate::outside::{DeviceBound, Outside};
use crate::rows::{Membership, Settings};
use crate::{JournalError, Protection};
use veldpost_domain::CampaignId;
use veldpost_envelope::unlock::Vault;
use veldpost_envelope::{
    DeviceEncryptionKey, DeviceSecrets, DeviceSigningKey, EncryptionPublic, Joined, LocalKey,
    LocalVaultKey,
};
use veldpost_store::Store;

/// Keys of a device that is to join. Nothing is written yet.
pub struct NewMember {
    secrets: DeviceSecrets,
    vault: Vault,
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

    /// What it is of the region, as the roster that was read has it.
    pub(crate) fn membership(
        &self,
        joined: &Joined<'_>,
        settings: &Settings,
    ) -> Option<Membership> {
        let me = self.signing().public();
        let blank = Membership {
            region: joined.roster.region().0,
            form: u8::try_from(joined.roster.form().code()).ok()?,
            relay: Some(joined.relay.to_owned()),
            head: joined.roster.head().0,
            height: joined.roster.height(),
            epoch: 0,
            letterbox: [0; 32],
            recovery: [0; 32],
            device: self.encryption().0,
            roles: joined
                .roles
                .iter()
                .filter_map(|role| u32::try_from(role.code()).ok())
                .collect(),
            invitation: joined.came_by.as_ref().map(|by| by.invitation),
            group: joined.group,
            member: false,
            removed: false,
            ready: false,
            stage: None,
            seen: None,
            desk: joined.desk,
            organisation: None,
        };
        Some(blank.moved(joined.roster, &me, &CampaignId(settings.campaign)))
    }
}

impl<S: Store, O: Outside> Journal<S, O> {
    /// Writes the book of a device that joined, all of it in one transaction, and opens it. The `settings` are what is
    /// known of organisations, areas and the campaign.
    ///
    /// # Errors
    /// As [`Journal::found`]: nothing was written, and the same join can be taken up again.
    pub async fn join(
        store: S,
        outside: O,
        device: &impl DeviceBound,
        new: &NewMember,
        joined: &Joined<'_>,
        settings: &Settings,
        protection: &Protection,
    ) -> Result<Self, (JournalError, S, O)> {
        let Some(membership) = new.membership(joined, settings) else {
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
            settings,
            membership,
            join: joined.came_by.as_ref().map(|by| &by.join[..]),
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
