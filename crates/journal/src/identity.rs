//! Who this device is: its secrets while locked, its region, and the seals of its own rows.
//!
//! Not here: what needs the passphrase (`vault`).

use crate::JournalError;
use crate::journal::Random;
use crate::outside::{DeviceBound, Outside};
use crate::row::Row;
use crate::rows::Stubs;
use crate::shelves::{Place, STUBS};
use veldpost_envelope::genesis::{Genesis, RegionForm};
use veldpost_envelope::keys::LocalUse;
use veldpost_envelope::local::{open_local, seal_local};
use veldpost_envelope::stream::StreamContext;
use veldpost_envelope::{ActHash, DeviceSecrets, EncryptionPublic, EpochPublic, Purpose, RegionId};
use zeroize::Zeroizing;

/// What a locked device knows of itself.
pub(crate) struct Identity {
    pub secrets: DeviceSecrets,
    pub region: RegionId,
    pub roster_head: ActHash,
    pub letterbox: EpochPublic,
    /// `DEK`'s public half.
    pub device: EncryptionPublic,
    /// `RSK`'s public half; its secret is on paper only.
    pub recovery: EncryptionPublic,
    pub practice: bool,
}

impl Identity {
    /// Opens the device's secrets and verifies that genesis names this very device.
    pub(crate) async fn open(
        genesis: &[u8],
        bundle: &[u8],
        device: &impl DeviceBound,
    ) -> Result<Self, JournalError> {
        let bundle = device
            .open(bundle)
            .await
            .ok_or(JournalError::KeysUnreadable)?;
        let bundle = Zeroizing::new(bundle);
        let secrets =
            DeviceSecrets::from_bytes(&bundle).map_err(|_| JournalError::KeysUnreadable)?;
        let genesis = Genesis::verify(genesis).map_err(|_| JournalError::Damaged("genesis"))?;
        Self::of(secrets, &genesis)
    }

    pub(crate) fn of(secrets: DeviceSecrets, genesis: &Genesis) -> Result<Self, JournalError> {
        let me = secrets.signing.public();
        let device = genesis.devices.iter().find(|known| known.signing == me);
        let device = device.ok_or(JournalError::Damaged("genesis"))?.encryption;
        let epoch = genesis
            .epoch(Purpose::Count)
            .map_err(|_| JournalError::Damaged("genesis"))?;
        Ok(Self {
            secrets,
            region: genesis.region,
            roster_head: genesis.head(),
            letterbox: epoch.public,
            device,
            recovery: genesis.recovery,
            practice: genesis.form == RegionForm::Practice,
        })
    }

    /// What every header of the count repeats.
    pub(crate) fn stream_context(&self) -> StreamContext {
        StreamContext {
            region: self.region,
            purpose: Purpose::Count,
            epoch: self.letterbox.epoch,
            roster_head: self.roster_head,
            seen: None,
        }
    }

    /// Who can open what this device seals: the region, and the device itself when unlocked.
    pub(crate) fn recipients(&self) -> [EncryptionPublic; 2] {
        [self.letterbox.key, self.device]
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
