//! The secrets of a region as its roster holds them: wraps that whoever opened the secret makes again and compares.
//!
//! Not here: who the recipients are, and content keys, whose wraps are made with fresh randomness.

use super::{Wrap, open_key, read_list, seal, write};
use crate::canonical::{Reader, Writer};
use crate::keys::{
    DeviceEncryptionKey, DevicePublic, EncryptionPublic, EpochPublic, EpochSecret, SettingsKey,
};
use crate::secret::Secret;
use crate::{EnvelopeError, Purpose, RandomBytes, label};

/// An epoch of one purpose: the letterbox, and its secret sealed to who may open it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochWraps {
    /// The letterbox.
    pub public: EpochPublic,
    /// Its secret, sealed to the coordinators of that purpose and to the kit.
    pub wraps: Vec<Wrap>,
}

/// A settings key, sealed to members and to the kit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsWraps {
    /// Which key.
    pub number: u64,
    /// The wraps.
    pub wraps: Vec<Wrap>,
}

impl EpochWraps {
    /// Seals an epoch's secret to each recipient. `root` is the genesis's `RRK`, whoever signs.
    pub(crate) fn make(
        root: DevicePublic,
        secret: &EpochSecret,
        recipients: impl IntoIterator<Item = EncryptionPublic>,
    ) -> Result<Self, EnvelopeError> {
        let wraps = recipients
            .into_iter()
            .map(|recipient| wrap_epoch(root, secret, recipient));
        Ok(Self {
            public: secret.public(),
            wraps: wraps.collect::<Result<_, _>>()?,
        })
    }

    /// `[purpose, epoch, EPK, wraps]`.
    pub(crate) fn write(&self, out: &mut Writer) {
        out.array(4)
            .uint(self.public.purpose.code().into())
            .uint(self.public.epoch)
            .bytes(&self.public.key.0);
        write_wraps(&self.wraps, out);
    }

    pub(crate) fn read(input: &mut Reader<'_>, most: usize) -> Result<Self, EnvelopeError> {
        let newer = input.record(4)?;
        let public = EpochPublic {
            purpose: Purpose::from_code(input.uint()?)?,
            epoch: input.uint()?,
            key: EncryptionPublic(input.byte_array()?),
        };
        let wraps = read_list(input, most)?;
        input.skip_many(newer)?;
        Ok(Self { public, wraps })
    }

    pub(crate) fn open(
        &self,
        root: DevicePublic,
        key: &DeviceEncryptionKey,
    ) -> Result<EpochSecret, EnvelopeError> {
        let aad = epoch_aad(root, &self.public);
        open_any(&self.wraps, key, label::WRAP_EPOCH, &aad, |secret| {
            EpochSecret::from_secret(secret, self.public)
        })
    }

    /// Recipients whose wrap is not the one that this secret makes.
    pub(crate) fn differing(
        &self,
        root: DevicePublic,
        secret: &EpochSecret,
    ) -> Vec<EncryptionPublic> {
        differing(&self.wraps, |recipient| wrap_epoch(root, secret, recipient))
    }
}

impl SettingsWraps {
    /// `[n, wraps]`.
    pub(crate) fn write(&self, out: &mut Writer) {
        out.array(2).uint(self.number);
        write_wraps(&self.wraps, out);
    }

    /// Seals a settings key to each recipient.
    pub(crate) fn make(
        root: DevicePublic,
        key: &SettingsKey,
        recipients: impl IntoIterator<Item = EncryptionPublic>,
    ) -> Result<Self, EnvelopeError> {
        let wraps = recipients
            .into_iter()
            .map(|recipient| wrap_settings(root, key, recipient));
        Ok(Self {
            number: key.number(),
            wraps: wraps.collect::<Result<_, _>>()?,
        })
    }

    pub(crate) fn read(input: &mut Reader<'_>, most: usize) -> Result<Self, EnvelopeError> {
        let newer = input.record(2)?;
        let number = input.uint()?;
        let wraps = read_list(input, most)?;
        input.skip_many(newer)?;
        Ok(Self { number, wraps })
    }

    pub(crate) fn open(
        &self,
        root: DevicePublic,
        key: &DeviceEncryptionKey,
    ) -> Result<SettingsKey, EnvelopeError> {
        let aad = settings_aad(root, self.number);
        open_any(&self.wraps, key, label::WRAP_SETTINGS, &aad, |secret| {
            Ok(SettingsKey::from_secret(self.number, secret))
        })
    }

    /// Recipients whose wrap is not the one that this key makes.
    pub(crate) fn differing(&self, root: DevicePublic, key: &SettingsKey) -> Vec<EncryptionPublic> {
        differing(&self.wraps, |recipient| wrap_settings(root, key, recipient))
    }
}

fn write_wraps(wraps: &[Wrap], out: &mut Writer) {
    out.array(wraps.len());
    wraps.iter().for_each(|wrap| write(wrap, out));
}

/// Opens the first wrap for this key that holds: who found a wrong one may have sealed it again.
fn open_any<T>(
    wraps: &[Wrap],
    key: &DeviceEncryptionKey,
    label: &[u8],
    aad: &[u8],
    check: impl Fn(Secret) -> Result<T, EnvelopeError>,
) -> Result<T, EnvelopeError> {
    let mut problem = EnvelopeError::NotForThisKey;
    for wrap in wraps.iter().filter(|wrap| wrap.recipient == key.public()) {
        match open_key(key.secret(), wrap, label, aad).and_then(&check) {
            Ok(opened) => return Ok(opened),
            Err(found) => problem = found,
        }
    }
    Err(problem)
}

fn differing(
    wraps: &[Wrap],
    again: impl Fn(EncryptionPublic) -> Result<Wrap, EnvelopeError>,
) -> Vec<EncryptionPublic> {
    wraps
        .iter()
        .filter(|wrap| again(wrap.recipient).as_ref() != Ok(wrap))
        .map(|wrap| wrap.recipient)
        .collect()
}

/// `[RRK, purpose, epoch, EPK]`. Genesis cannot name the region, whose id is its own hash: its `RRK`
/// stands for it, in later acts too.
fn epoch_aad(root: DevicePublic, epoch: &EpochPublic) -> Vec<u8> {
    let mut out = Writer::with_capacity(80);
    out.array(4)
        .bytes(&root.0)
        .uint(epoch.purpose.code().into())
        .uint(epoch.epoch);
    out.bytes(&epoch.key.0);
    out.finish()
}

/// `[RRK, n]`.
fn settings_aad(root: DevicePublic, number: u64) -> Vec<u8> {
    let mut out = Writer::with_capacity(48);
    out.array(2).bytes(&root.0).uint(number);
    out.finish()
}

/// Makes the wrap of an epoch's secret. Whoever has the secret makes the same bytes, and so can
/// check every wrap that somebody else made.
pub(crate) fn wrap_epoch(
    root: DevicePublic,
    epoch: &EpochSecret,
    recipient: EncryptionPublic,
) -> Result<Wrap, EnvelopeError> {
    let aad = epoch_aad(root, &epoch.public());
    wrap_again(epoch.secret(), label::WRAP_EPOCH, &aad, recipient)
}

/// The same for a settings key.
pub(crate) fn wrap_settings(
    root: DevicePublic,
    settings: &SettingsKey,
    recipient: EncryptionPublic,
) -> Result<Wrap, EnvelopeError> {
    let aad = settings_aad(root, settings.number());
    wrap_again(settings.secret(), label::WRAP_SETTINGS, &aad, recipient)
}

/// The encapsulation's randomness is `HKDF(secret, label ‖ recipient)`.
fn wrap_again(
    secret: &Secret,
    label: &[u8],
    aad: &[u8],
    recipient: EncryptionPublic,
) -> Result<Wrap, EnvelopeError> {
    struct Once(Secret);
    impl RandomBytes for Once {
        fn fill(&mut self, bytes: &mut [u8]) {
            bytes
                .iter_mut()
                .zip(self.0.bytes())
                .for_each(|(slot, byte)| *slot = *byte);
        }
    }
    let mut once = Once(label::derive(secret, &[label, &recipient.0]));
    seal(&recipient, label, aad, secret.bytes(), &mut once)
}
