//! Checks a genesis and opens what it holds for one's own key.
//!
//! Not here: whether it is the region that was meant; the invitation pins its hash.

use super::create::{epoch_aad, settings_aad, wrap_epoch, wrap_settings};
use super::{
    Genesis, GenesisEpoch, GenesisSettings, MAX_DEVICES, MAX_WRAPS, RegionForm, Role, RosterDevice,
};
use crate::act::{self, ActHead};
use crate::canonical::Reader;
use crate::keys::{
    DeviceEncryptionKey, DevicePublic, EncryptionPublic, EpochPublic, EpochSecret, SettingsKey,
};
use crate::wrap::{self, Wrap};
use crate::{ActHash, EnvelopeError, Purpose, RegionId, label};

/// At most this many roles has a device.
const MAX_ROLES: usize = 16;
/// The purposes of version 1. One that is added later gets its first epoch by an act.
const FOUNDING: [Purpose; 4] = [
    Purpose::Count,
    Purpose::Signal,
    Purpose::Intake,
    Purpose::Admin,
];

impl Genesis {
    /// Reads a genesis act and checks its signature and that it hangs together.
    ///
    /// # Errors
    /// `Forged` when the signature does not hold or is not the root's; `Malformed`, `Newer`, `TooLarge`.
    pub fn verify(act: &[u8]) -> Result<Self, EnvelopeError> {
        let (body, signer) = act::open(act)?;
        let mut input = Reader::new(body);
        let newer = input.record(act::HEAD_FIELDS + 6)?;
        let head = ActHead::read(&mut input)?;
        let first = head.kind == act::GENESIS
            && head.region.is_none()
            && head.height == 0
            && head.prev.is_none();
        if !first {
            return Err(EnvelopeError::Malformed("not a genesis"));
        }
        let genesis = Self {
            region: RegionId(act::hash(body).0),
            at: head.at,
            form: RegionForm::from_code(input.uint()?)?,
            root: DevicePublic(input.byte_array()?),
            recovery: EncryptionPublic(input.byte_array()?),
            devices: read_devices(&mut input)?,
            epochs: read_epochs(&mut input)?,
            settings: read_settings(&mut input)?,
        };
        input.skip_many(newer)?;
        input.end()?;
        if genesis.root != signer {
            return Err(EnvelopeError::Forged("genesis not signed by its root"));
        }
        genesis.check()?;
        Ok(genesis)
    }

    /// Its hash as the roster's head.
    #[must_use]
    pub fn head(&self) -> ActHash {
        ActHash(self.region.0)
    }

    /// The letterbox of a purpose.
    ///
    /// # Errors
    /// None for a verified genesis, which has all four.
    pub fn epoch(&self, purpose: Purpose) -> Result<&GenesisEpoch, EnvelopeError> {
        self.epochs
            .iter()
            .find(|epoch| epoch.public.purpose == purpose)
            .ok_or(EnvelopeError::Malformed("no such epoch"))
    }

    /// Opens the secret of a purpose's first epoch, with a coordinator's key or the kit's.
    ///
    /// # Errors
    /// `NotForThisKey`, or `Forged` when the wrap does not hold or holds another secret.
    pub fn open_epoch(
        &self,
        purpose: Purpose,
        key: &DeviceEncryptionKey,
    ) -> Result<EpochSecret, EnvelopeError> {
        let epoch = self.epoch(purpose)?;
        let aad = epoch_aad(self.root, &epoch.public);
        let wrap = find(&epoch.wraps, key)?;
        let secret = wrap::open_key(key.secret(), wrap, label::WRAP_EPOCH, &aad)?;
        EpochSecret::from_secret(secret, epoch.public)
    }

    /// Opens the first settings key, with a member's key or the kit's.
    ///
    /// # Errors
    /// `NotForThisKey`, or `Forged` when the wrap does not hold.
    pub fn open_settings(&self, key: &DeviceEncryptionKey) -> Result<SettingsKey, EnvelopeError> {
        let aad = settings_aad(self.root, self.settings.number);
        let wrap = find(&self.settings.wraps, key)?;
        let secret = wrap::open_key(key.secret(), wrap, label::WRAP_SETTINGS, &aad)?;
        Ok(SettingsKey::from_secret(self.settings.number, secret))
    }

    /// Makes every wrap of an epoch again and compares, so that a coordinator knows that the others
    /// and the kit can read what it can.
    ///
    /// # Errors
    /// `Forged` when a wrap differs.
    pub fn check_epoch_wraps(&self, secret: &EpochSecret) -> Result<(), EnvelopeError> {
        let epoch = self.epoch(secret.public().purpose)?;
        compare(&epoch.wraps, |recipient| {
            wrap_epoch(self.root, secret, recipient)
        })
    }

    /// The same for the settings key.
    ///
    /// # Errors
    /// `Forged` when a wrap differs.
    pub fn check_settings_wraps(&self, key: &SettingsKey) -> Result<(), EnvelopeError> {
        compare(&self.settings.wraps, |recipient| {
            wrap_settings(self.root, key, recipient)
        })
    }

    fn check(&self) -> Result<(), EnvelopeError> {
        let purposes = self.epochs.iter().map(|epoch| epoch.public.purpose);
        let each_once = purposes.eq(FOUNDING);
        let first =
            self.epochs.iter().all(|epoch| epoch.public.epoch == 1) && self.settings.number == 1;
        let kit_reads = |wraps: &[Wrap]| wraps.iter().any(|wrap| wrap.recipient == self.recovery);
        let recoverable = self.epochs.iter().all(|epoch| kit_reads(&epoch.wraps))
            && kit_reads(&self.settings.wraps);
        let alone = self.form == RegionForm::Shared || self.devices.len() == 1;
        if each_once && first && recoverable && alone && !self.devices.is_empty() {
            Ok(())
        } else {
            Err(EnvelopeError::Malformed("genesis"))
        }
    }
}

fn find<'a>(wraps: &'a [Wrap], key: &DeviceEncryptionKey) -> Result<&'a Wrap, EnvelopeError> {
    wraps
        .iter()
        .find(|wrap| wrap.recipient == key.public())
        .ok_or(EnvelopeError::NotForThisKey)
}

fn compare(
    wraps: &[Wrap],
    again: impl Fn(EncryptionPublic) -> Result<Wrap, EnvelopeError>,
) -> Result<(), EnvelopeError> {
    for wrap in wraps {
        if again(wrap.recipient)? != *wrap {
            return Err(EnvelopeError::Forged("wrap"));
        }
    }
    Ok(())
}

fn read_devices(input: &mut Reader<'_>) -> Result<Vec<RosterDevice>, EnvelopeError> {
    let count = bounded(input, MAX_DEVICES)?;
    let mut devices = Vec::with_capacity(count);
    for _ in 0..count {
        let newer = input.record(3)?;
        let signing = DevicePublic(input.byte_array()?);
        let encryption = EncryptionPublic(input.byte_array()?);
        let roles = (0..bounded(input, MAX_ROLES)?)
            .map(|_| input.uint().map(Role::from_code))
            .collect::<Result<_, _>>()?;
        input.skip_many(newer)?;
        devices.push(RosterDevice {
            signing,
            encryption,
            roles,
        });
    }
    Ok(devices)
}

fn read_epochs(input: &mut Reader<'_>) -> Result<Vec<GenesisEpoch>, EnvelopeError> {
    let count = bounded(input, FOUNDING.len())?;
    let mut epochs = Vec::with_capacity(count);
    for _ in 0..count {
        let newer = input.record(4)?;
        let public = EpochPublic {
            purpose: Purpose::from_code(input.uint()?)?,
            epoch: input.uint()?,
            key: EncryptionPublic(input.byte_array()?),
        };
        let wraps = wrap::read_list(input, MAX_WRAPS)?;
        input.skip_many(newer)?;
        epochs.push(GenesisEpoch { public, wraps });
    }
    Ok(epochs)
}

fn read_settings(input: &mut Reader<'_>) -> Result<GenesisSettings, EnvelopeError> {
    let newer = input.record(2)?;
    let number = input.uint()?;
    let wraps = wrap::read_list(input, MAX_WRAPS)?;
    input.skip_many(newer)?;
    Ok(GenesisSettings { number, wraps })
}

fn bounded(input: &mut Reader<'_>, most: usize) -> Result<usize, EnvelopeError> {
    match input.array()? {
        count if count <= most => Ok(count),
        _ => Err(EnvelopeError::TooLarge("list")),
    }
}

#[cfg(test)]
mod tests {
    use super::Genesis;
    use crate::act;
    use crate::genesis::{GenesisInput, RegionForm, RosterDevice, create};
    use crate::keys::{DeviceEncryptionKey, DeviceSigningKey};
    use crate::random::Fixed;
    use crate::{EnvelopeError, secret::Secret};

    #[test]
    fn a_genesis_signed_by_another_key_than_its_root_is_refused() {
        let rng = &mut Fixed((0..64).collect());
        let device = RosterDevice {
            signing: DeviceSigningKey::generate(rng).public(),
            encryption: DeviceEncryptionKey::generate(rng).public(),
            roles: Vec::new(),
        };
        let input = GenesisInput {
            at: 0,
            form: RegionForm::OfOne,
            devices: &[device],
        };
        let created = create(&input, rng).unwrap();
        let (body, root) = act::open(&created.act).unwrap();
        let stranger = DeviceSigningKey::from_seed(&Secret::copy_from(&[7; 32]));
        assert_ne!(stranger.public(), root);
        let forged = act::sign(body, &stranger).unwrap();
        let refused = EnvelopeError::Forged("genesis not signed by its root");
        assert_eq!(Genesis::verify(&forged), Err(refused));
    }
}
