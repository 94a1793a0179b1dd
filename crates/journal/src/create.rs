//! A region comes into being on this device: a real genesis with one device, practice, or a region that others join.
//!
//! Not here: joining a region that exists (`join`).

use crate::identity::Identity;
use crate::journal::{Journal, Random, start_rows};
use crate::outside::{DeviceBound, Outside, sealed_as};
use crate::rows::{Membership, Settings};
use crate::{JournalError, shelves};
use veldpost_envelope::genesis::{
    self, Genesis, GenesisCreated, GenesisInput, RegionForm, Role, RosterDevice,
};
use veldpost_envelope::kit::RecoveryKit;
use veldpost_envelope::unlock::{Vault, wrap_vault, wrap_vault_for_kit, wrap_vault_with_own_key};
use veldpost_envelope::{
    DeviceEncryptionKey, DeviceSecrets, DeviceSigningKey, EncryptionPublic, LocalKey,
    LocalVaultKey, Purpose, RegionId, UnlockSecret,
};
use veldpost_store::{Batch, Row, Shelf, Store, StoreError};

/// What a region is founded as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Real, with one device for now.
    Solo,
    /// Real, with others who join by a relay.
    Shared,
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
            Kind::Shared => RegionForm::Shared,
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

    /// The region's genesis, as signed.
    #[must_use]
    pub fn genesis(&self) -> &[u8] {
        &self.created.act
    }

    /// Notes whether the kit was proven, or skipped on purpose.
    pub fn kit_proven(&mut self, proven: bool) {
        self.settings.kit_proven = proven;
    }
}

/// All that a new book begins with.
pub(crate) struct FirstRows<'a> {
    /// Acts as signed, from genesis on.
    pub acts: &'a [Vec<u8>],
    pub secrets: &'a DeviceSecrets,
    pub vault: &'a Vault,
    pub settings: &'a Settings,
    pub membership: Membership,
    /// A join that was not admitted yet, before sealing.
    pub join: Option<&'a [u8]>,
    /// The kit's public half, where a kit opens this device.
    pub recovery: Option<EncryptionPublic>,
    /// Rows of `blobs`.
    pub blobs: Vec<Row>,
}

impl<S: Store, O: Outside> Journal<S, O> {
    /// Writes a new region, all of it in one transaction, and opens its book. `relay` is the origin of the relay that a
    /// shared region begins at.
    ///
    /// # Errors
    /// With the parts given back, so that it can be tried again: `KeysUnreadable` when the
    /// device-bound key does not seal, `Fenced` and the like from the store. Nothing was written.
    pub async fn found(
        store: S,
        outside: O,
        device: &impl DeviceBound,
        new: &NewRegion,
        relay: Option<&str>,
        protection: &Protection,
    ) -> Result<Self, (JournalError, S, O)> {
        let genesis = Genesis::verify(&new.created.act);
        let genesis = genesis.map_err(|_| JournalError::Damaged("genesis"));
        let founding = genesis
            .and_then(|genesis| Membership::founding(&genesis, &new.secrets.signing.public()));
        let membership = match founding {
            Ok(membership) => Membership {
                relay: relay.map(str::to_owned),
                ..membership
            },
            Err(error) => return Err((error, store, outside)),
        };
        let first = FirstRows {
            acts: core::slice::from_ref(&new.created.act),
            secrets: &new.secrets,
            vault: &new.vault,
            settings: &new.settings,
            membership,
            join: None,
            // What needs no passphrase needs no paper either.
            recovery: matches!(protection, Protection::Passphrase(_))
                .then(|| new.created.kit.recovery().public()),
            blobs: Vec::new(),
        };
        Self::begin_book(store, outside, device, first, protection).await
    }

    pub(crate) async fn begin_book(
        store: S,
        outside: O,
        device: &impl DeviceBound,
        first: FirstRows<'_>,
        protection: &Protection,
    ) -> Result<Self, (JournalError, S, O)> {
        let batch = match first.batch(device, protection, &outside).await {
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

impl FirstRows<'_> {
    async fn batch(
        self,
        device: &impl DeviceBound,
        protection: &Protection,
        outside: &impl Outside,
    ) -> Result<Batch, JournalError> {
        const UNSEALED: JournalError = JournalError::KeysUnreadable;
        let rng = &mut Random(outside);
        let region = RegionId(self.membership.region);
        let wrapped = match protection {
            Protection::Passphrase(secret) => wrap_vault(secret, &region, self.vault, rng),
            Protection::OwnKey => {
                wrap_vault_with_own_key(&self.secrets.local, &region, self.vault, rng)
            }
        };
        let wrapped = wrapped.map_err(|_| UNSEALED)?;
        let for_kit = self
            .recovery
            .map(|recovery| wrap_vault_for_kit(&recovery, &region, self.vault, rng))
            .transpose()
            .map_err(|_| UNSEALED)?;
        let bundle = device
            .seal(sealed_as::BUNDLE, &self.secrets.to_bytes())
            .await
            .ok_or(UNSEALED)?;
        let join = match self.join {
            Some(join) => Some(device.seal(sealed_as::JOIN, join).await.ok_or(UNSEALED)?),
            None => None,
        };
        let shared = self.membership.is_shared();
        let identity = Identity::of(self.secrets.clone(), self.membership);
        let settings = identity.seal_row(shelves::SETTINGS, self.settings, outside)?;
        let membership = shared
            .then(|| {
                let membership = identity.membership().clone();
                identity.seal_row(shelves::MEMBERSHIP, &membership, outside)
            })
            .transpose()?;
        let mut batch = Batch::new();
        for (height, act) in (0_u32..).zip(self.acts) {
            batch = batch.put(Shelf::Roster, height.to_be_bytes(), act.clone());
        }
        for (key, blob) in self.blobs {
            batch = batch.put(Shelf::Blobs, key, blob);
        }
        Ok([
            (shelves::BUNDLE, Some(bundle)),
            (shelves::VAULT, Some(wrapped)),
            (shelves::SETTINGS, Some(settings)),
            (shelves::VAULT_FOR_KIT, for_kit),
            (shelves::MEMBERSHIP, membership),
            (shelves::JOIN, join),
        ]
        .into_iter()
        .filter_map(|(place, row)| Some((place, row?)))
        .fold(batch, |batch, ((shelf, key), row)| {
            batch.put(shelf, key, row)
        }))
    }
}
