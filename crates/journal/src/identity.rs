//! Who this device is: its secrets while locked, its region, and the seals of its own rows.
//!
//! Not here: what needs the passphrase (`vault`), and what the roster says of it (`membership`).

use crate::JournalError;
use crate::journal::Random;
use crate::outside::{DeviceBound, Outside, sealed_as};
use crate::row::Row;
use crate::rows::{Membership, Stubs};
use crate::shelves::{MEMBERSHIP, Place, STUBS};
use core::cell::{Ref, RefCell};
use veldpost_envelope::genesis::{Genesis, RegionForm};
use veldpost_envelope::keys::{LocalUse, SettingsKey};
use veldpost_envelope::local::{open_local, seal_local};
use veldpost_envelope::stream::StreamContext;
use veldpost_envelope::{ActHash, DeviceSecrets, EncryptionPublic, Purpose, RegionId};
use zeroize::Zeroizing;

/// What a locked device knows of itself.
pub(crate) struct Identity {
    pub secrets: DeviceSecrets,
    membership: RefCell<Membership>,
    /// The newest settings key that this device has.
    settings: RefCell<Option<SettingsKey>>,
}

impl Identity {
    /// Opens the device's secrets. What it is in its region stands in a row of its own; without it genesis names this
    /// very device.
    pub(crate) async fn open(
        genesis: &[u8],
        bundle: &[u8],
        membership: Option<Vec<u8>>,
        device: &impl DeviceBound,
    ) -> Result<Self, JournalError> {
        let bundle = device
            .open(sealed_as::BUNDLE, bundle)
            .await
            .ok_or(JournalError::KeysUnreadable)?;
        let bundle = Zeroizing::new(bundle);
        let secrets =
            DeviceSecrets::from_bytes(&bundle).map_err(|_| JournalError::KeysUnreadable)?;
        let kept = membership.and_then(|row| {
            let plain = open_local(&secrets.local, LocalUse::Solo, MEMBERSHIP.1, &row).ok()?;
            Membership::from_bytes(&plain)
        });
        if let Some(membership) = kept {
            return Ok(Self::of(secrets, membership));
        }
        let genesis = Genesis::verify(genesis).map_err(|_| JournalError::Damaged("genesis"))?;
        let founding = Membership::founding(&genesis, &secrets.signing.public())?;
        Ok(Self::of(secrets, founding))
    }

    pub(crate) fn of(secrets: DeviceSecrets, membership: Membership) -> Self {
        Self {
            settings: RefCell::new(secrets.settings.clone()),
            membership: RefCell::new(membership),
            secrets,
        }
    }

    pub(crate) fn membership(&self) -> Ref<'_, Membership> {
        self.membership.borrow()
    }

    /// The region. It changes once, when a region of one joins another.
    pub(crate) fn region(&self) -> RegionId {
        RegionId(self.membership().region)
    }

    /// `DEK`'s public half.
    pub(crate) fn device(&self) -> EncryptionPublic {
        EncryptionPublic(self.membership().device)
    }

    pub(crate) fn is_practice(&self) -> bool {
        u64::from(self.membership().form) == RegionForm::Practice.code()
    }

    pub(crate) fn is_now(&self, membership: Membership) {
        *self.membership.borrow_mut() = membership;
    }

    pub(crate) fn settings_key(&self) -> Option<SettingsKey> {
        self.settings.borrow().clone()
    }

    pub(crate) fn has_settings_key(&self, key: SettingsKey) {
        *self.settings.borrow_mut() = Some(key);
    }

    /// The bundle with another settings key, before sealing.
    pub(crate) fn bundle_with(&self, key: &SettingsKey) -> Zeroizing<Vec<u8>> {
        DeviceSecrets {
            settings: Some(key.clone()),
            ..self.secrets.clone()
        }
        .to_bytes()
    }

    /// What every header of the count repeats.
    pub(crate) fn stream_context(&self) -> StreamContext {
        let membership = self.membership();
        StreamContext {
            region: RegionId(membership.region),
            purpose: Purpose::Count,
            epoch: membership.epoch,
            roster_head: ActHash(membership.head),
            seen: membership
                .seen
                .as_deref()
                .and_then(|seen| seen.try_into().ok()),
        }
    }

    /// What a new stream names until the device is admitted.
    pub(crate) fn invitation(&self) -> Option<[u8; 16]> {
        let membership = self.membership();
        membership.invitation.filter(|_| !membership.member)
    }

    /// Who can open what this device seals: the region, and the device itself when unlocked. A device of a group keeps
    /// nothing that can be read.
    pub(crate) fn recipients(&self) -> Vec<EncryptionPublic> {
        let membership = self.membership();
        let letterbox = EncryptionPublic(membership.letterbox);
        let own = (!membership.group).then_some(EncryptionPublic(membership.device));
        core::iter::once(letterbox).chain(own).collect()
    }

    /// The public half of the kit's recovery key.
    pub(crate) fn recovery(&self) -> EncryptionPublic {
        EncryptionPublic(self.membership().recovery)
    }

    /// Seals a row under the key that a locked device has; the place is bound in.
    pub(crate) fn seal_row<T: Row>(
        &self,
        (shelf, key): Place,
        row: &T,
        outside: &impl Outside,
    ) -> Result<Vec<u8>, JournalError> {
        self.seal_at(usage(shelf), key, row, outside)
    }

    /// Opens what [`Identity::seal_row`] made for that place.
    pub(crate) fn open_row<T: Row>(
        &self,
        (shelf, key): Place,
        row: &[u8],
    ) -> Result<T, JournalError> {
        self.open_at(usage(shelf), key, row)
            .ok_or(JournalError::Damaged(shelf.name()))
    }

    pub(crate) fn seal_stubs(
        &self,
        key: &[u8],
        stubs: &Stubs,
        outside: &impl Outside,
    ) -> Result<Vec<u8>, JournalError> {
        self.seal_at(LocalUse::Stub, key, stubs, outside)
    }

    pub(crate) fn open_stubs(&self, key: &[u8], row: &[u8]) -> Result<Stubs, JournalError> {
        self.open_at(LocalUse::Stub, key, row)
            .ok_or(JournalError::Damaged(STUBS.name()))
    }

    fn seal_at<T: Row>(
        &self,
        usage: LocalUse,
        key: &[u8],
        row: &T,
        outside: &impl Outside,
    ) -> Result<Vec<u8>, JournalError> {
        seal_local(
            &self.secrets.local,
            usage,
            key,
            &row.to_bytes(),
            &mut Random(outside),
        )
        .map_err(|_| JournalError::TooLarge)
    }

    fn open_at<T: Row>(&self, usage: LocalUse, key: &[u8], row: &[u8]) -> Option<T> {
        let plain = open_local(&self.secrets.local, usage, key, row).ok()?;
        T::from_bytes(&plain)
    }
}

/// The sub-key of a shelf's rows.
fn usage(shelf: veldpost_store::Shelf) -> LocalUse {
    match shelf {
        veldpost_store::Shelf::Round => LocalUse::Round,
        _ => LocalUse::Solo,
    }
}
