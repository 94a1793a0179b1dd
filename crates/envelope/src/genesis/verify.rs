//! Checks a genesis and opens what it holds for one's own key.
//!
//! Not here: whether it is the region that was meant; the invitation pins its hash.

use super::{Genesis, MAX_DEVICES, MAX_WRAPS, RegionForm, RosterDevice};
use crate::act::{self, ActHead, SignedAct};
use crate::canonical::Reader;
use crate::keys::{DeviceEncryptionKey, DevicePublic, EncryptionPublic, EpochSecret, SettingsKey};
use crate::wrap::{EpochWraps, SettingsWraps, Wrap};
use crate::{ActHash, EnvelopeError, Purpose, RegionId};

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
        let signed = SignedAct::open(act)?;
        let mut input = Reader::new(signed.body());
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
            region: RegionId(signed.hash.0),
            at: head.at,
            form: RegionForm::from_code(input.uint()?)?,
            root: DevicePublic(input.byte_array()?),
            recovery: EncryptionPublic(input.byte_array()?),
            devices: input.list(MAX_DEVICES, "devices", read_device)?,
            epochs: input.list(FOUNDING.len(), "epochs", |input| {
                EpochWraps::read(input, MAX_WRAPS)
            })?,
            settings: SettingsWraps::read(&mut input, MAX_WRAPS)?,
        };
        input.skip_many(newer)?;
        input.end()?;
        if genesis.root != signed.signer {
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
    pub fn epoch(&self, purpose: Purpose) -> Result<&EpochWraps, EnvelopeError> {
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
        self.epoch(purpose)?.open(self.root, key)
    }

    /// Opens the first settings key, with a member's key or the kit's.
    ///
    /// # Errors
    /// `NotForThisKey`, or `Forged` when the wrap does not hold.
    pub fn open_settings(&self, key: &DeviceEncryptionKey) -> Result<SettingsKey, EnvelopeError> {
        self.settings.open(self.root, key)
    }

    /// Makes every wrap of an epoch again and compares, so that a coordinator knows that the others
    /// and the kit can read what it can.
    ///
    /// # Errors
    /// `Forged` when a wrap differs.
    pub fn check_epoch_wraps(&self, secret: &EpochSecret) -> Result<(), EnvelopeError> {
        let epoch = self.epoch(secret.public().purpose)?;
        none(&epoch.differing(self.root, secret))
    }

    /// The same for the settings key.
    ///
    /// # Errors
    /// `Forged` when a wrap differs.
    pub fn check_settings_wraps(&self, key: &SettingsKey) -> Result<(), EnvelopeError> {
        none(&self.settings.differing(self.root, key))
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

fn none(differing: &[EncryptionPublic]) -> Result<(), EnvelopeError> {
    if differing.is_empty() {
        Ok(())
    } else {
        Err(EnvelopeError::Forged("wrap"))
    }
}

fn read_device(input: &mut Reader<'_>) -> Result<RosterDevice, EnvelopeError> {
    let newer = input.record(3)?;
    let device = RosterDevice::read_fields(input)?;
    input.skip_many(newer)?;
    Ok(device)
}

#[cfg(test)]
mod tests {
    use super::Genesis;
    use crate::act::{self, SignedAct};
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
        let signed = SignedAct::open(&created.act).unwrap();
        let stranger = DeviceSigningKey::from_seed(&Secret::copy_from(&[7; 32]));
        assert_ne!(stranger.public(), signed.signer);
        let forged = act::sign(act::GENESIS, signed.body(), &stranger).unwrap();
        let refused = EnvelopeError::Forged("genesis not signed by its root");
        assert_eq!(Genesis::verify(&forged), Err(refused));
    }
}
