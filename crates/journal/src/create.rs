//! A region comes into being on this device: a real genesis with one device, or practice.
//!
//! Not here: joining a region that exists.

use crate::identity::Identity;
use crate::journal::{Journal, Random, start_rows};
use crate::outside::{DeviceBound, Outside};
use crate::rows::Settings;
use crate::{JournalError, shelves};
use veldpost_envelope::genesis::{
    self, Genesis, GenesisCreated, GenesisInput, RegionForm, Role, RosterDevice,
};
use veldpost_envelope::kit::RecoveryKit;
use veldpost_envelope::unlock::{Vault, wrap_vault, wrap_vault_for_kit, wrap_vault_with_own_key};
use veldpost_envelope::{
    DeviceEncryptionKey, DeviceSecrets, DeviceSigningKey, LocalKey, LocalVaultKey, Purpose,
    UnlockSecret,
};
use veldpost_store::{Batch, Store, StoreError};

/// What a region is founded as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Real, with one device for now.
    Solo,
    /// Made-up people only; never in a result.
    Practice,
}

/// What opens the vault.
pub enum Protection {
    /// A stretched passphrase.
    Passphrase(UnlockSecret),
    /// The device's own key: practice and demonstration only.
    OwnKey,
}

/// A region that is made and not written yet: its kit can be shown and proven first.
pub struct NewRegion {
    created: GenesisCreated,
    secrets: DeviceSecrets,
    vault: Vault,
    settings: Settings,
}

impl NewRegion {
    /// Makes all keys of a region of one. Nothing is written.
    ///
    /// # Errors
    /// `KeysUnreadable` when genesis could not be made.
    pub fn make(
        kind: Kind,
        settings: Settings,
        outside: &impl Outside,
    ) -> Result<Self, JournalError> {
        let rng = &mut Random(outside);
        let signing = DeviceSigningKey::generate(rng);
        let encryption = DeviceEncryptionKey::generate(rng);
        let mut roles = vec![Role::Counter, Role::NeighbourhoodTeam, Role::Intaker];
        roles.extend(Purpose::ALL.map(Role::Coordinator));
        let device = RosterDevice {
            signing: signing.public(),
            encryption: encryption.public(),
            roles,
        };
        let form = match kind {
            Kind::Solo => RegionForm::OfOne,
            Kind::Practice => RegionForm::Practice,
        };
        let input = GenesisInput {
            at: outside.now(),
            form,
            devices: &[device],
        };
        let created = genesis::create(&input, rng).map_err(|_| JournalError::KeysUnreadable)?;
        let secrets = DeviceSecrets {
            signing,
            local: LocalKey::generate(rng),
            settings: Some(created.settings.clone()),
        };
        let vault = Vault {
            encryption,
            blocks: LocalVaultKey::generate(rng),
        };
        Ok(Self {
            created,
            secrets,
            vault,
            settings,
        })
    }

    /// The recovery kit, to be written down. It is dropped with this.
    #[must_use]
    pub fn kit(&self) -> &RecoveryKit {
        &self.created.kit
    }

    /// Notes whether the kit was proven, or skipped on purpose.
    pub fn kit_proven(&mut self, proven: bool) {
        self.settings.kit_proven = proven;
    }
}

impl<S: Store, O: Outside> Journal<S, O> {
    /// Writes a new region, all of it in one transaction, and opens its book.
    ///
    /// # Errors
    /// With the parts given back, so that it can be tried again: `KeysUnreadable` when the
    /// device-bound key does not seal, `Fenced` and the like from the store. Nothing was written.
    pub async fn found(
        store: S,
        outside: O,
        device: &impl DeviceBound,
        new: &NewRegion,
        protection: &Protection,
    ) -> Result<Self, (JournalError, S, O)> {
        let batch = match first_rows(device, new, protection, &outside).await {
            Ok(batch) => batch,
            Err(error) => return Err((error, store, outside)),
        };
        if let Err(error) = store.commit(batch).await {
            return Err((error.into(), store, outside));
        }
        let rows = match store.read_many(&start_rows()).await {
            Ok(rows) => rows,
            Err(error) => return Err((error.into(), store, outside)),
        };
        match Self::open_with(store, outside, device, rows).await {
            Ok(Ok(journal)) => Ok(journal),
            Ok(Err((store, outside))) => {
                Err((JournalError::Store(StoreError::Damaged), store, outside))
            }
            Err((error, store, outside)) => Err((error, store, outside)),
        }
    }
}

async fn first_rows(
    device: &impl DeviceBound,
    new: &NewRegion,
    protection: &Protection,
    outside: &impl Outside,
) -> Result<Batch, JournalError> {
    let NewRegion {
        created,
        secrets,
        vault,
        settings,
    } = new;
    let rng = &mut Random(outside);
    let region = &created.region;
    let wrapped = match protection {
        Protection::Passphrase(secret) => wrap_vault(secret, region, vault, rng),
        Protection::OwnKey => wrap_vault_with_own_key(&secrets.local, region, vault, rng),
    };
    let wrapped = wrapped.map_err(|_| JournalError::KeysUnreadable)?;
    let recovery = created.kit.recovery().public();
    let for_kit = match protection {
        Protection::Passphrase(_) => Some(wrap_vault_for_kit(&recovery, region, vault, rng)),
        // What needs no passphrase needs no paper either.
        Protection::OwnKey => None,
    };
    let for_kit = for_kit
        .transpose()
        .map_err(|_| JournalError::KeysUnreadable)?;
    let bundle = device
        .seal(&secrets.to_bytes())
        .await
        .ok_or(JournalError::KeysUnreadable)?;
    let genesis = Genesis::verify(&created.act).map_err(|_| JournalError::Damaged("genesis"))?;
    let identity = Identity::of(secrets.clone(), &genesis)?;
    let settings = identity.seal_row(shelves::SETTINGS, settings, outside)?;
    Ok([
        (shelves::GENESIS, created.act.clone()),
        (shelves::BUNDLE, bundle),
        (shelves::VAULT, wrapped),
        (shelves::SETTINGS, settings),
    ]
    .into_iter()
    .chain(for_kit.map(|row| (shelves::VAULT_FOR_KIT, row)))
    .fold(Batch::new(), |batch, ((shelf, key), row)| {
        batch.put(shelf, key, row)
    }))
}
