//! Founds a region.
//!
//! Not here: proving the kit and wiping `RRK`; the caller does both.

use super::{MAX_DEVICES, RegionForm, Role, RosterDevice};
use crate::act::{self, ActHead};
use crate::canonical::Writer;
use crate::keys::{
    DeviceEncryptionKey, DevicePublic, DeviceSigningKey, EncryptionPublic, EpochPublic,
    EpochSecret, SettingsKey,
};
use crate::kit::RecoveryKit;
use crate::secret::Secret;
use crate::wrap::{self, Wrap};
use crate::{EnvelopeError, Purpose, RandomBytes, RegionId, label};

/// What a region is founded with.
#[derive(Clone, Debug)]
pub struct GenesisInput<'a> {
    /// Now, by the device's clock: milliseconds since 1970.
    pub at: i64,
    /// What is founded.
    pub form: RegionForm,
    /// The first devices, the founder's own among them; one in a region of one.
    pub devices: &'a [RosterDevice],
}

/// A founded region.
#[derive(Debug)]
pub struct GenesisCreated {
    /// The signed act: the roster's first.
    pub act: Vec<u8>,
    /// Its id.
    pub region: RegionId,
    /// To be written down, proven, and dropped.
    pub kit: RecoveryKit,
    /// The secret of each purpose's first epoch. A coordinator can open them from the act too.
    pub epochs: Vec<EpochSecret>,
    /// The first settings key.
    pub settings: SettingsKey,
}

/// Founds a region: makes `RRK`, `RSK`, an epoch a purpose and the first settings key, seals the
/// secrets to those who may have them, and signs the whole.
///
/// # Errors
/// `TooLarge` for no device or more than [`MAX_DEVICES`], or an act over 64 KiB; `Malformed` when a
/// device's encryption key is unusable.
pub fn create(
    input: &GenesisInput<'_>,
    rng: &mut dyn RandomBytes,
) -> Result<GenesisCreated, EnvelopeError> {
    if input.devices.is_empty() || input.devices.len() > MAX_DEVICES {
        return Err(EnvelopeError::TooLarge("devices"));
    }
    let root = DeviceSigningKey::generate(rng);
    let recovery = DeviceEncryptionKey::generate(rng);
    let epochs = Purpose::ALL.map(|purpose| EpochSecret::generate(purpose, 1, rng));
    let settings = SettingsKey::generate(1, rng);

    let mut out = Writer::with_capacity(2048);
    out.array(act::HEAD_FIELDS + 6);
    ActHead {
        kind: act::GENESIS,
        region: None,
        height: 0,
        prev: None,
        at: input.at,
    }
    .write(&mut out);
    out.uint(input.form.code())
        .bytes(&root.public().0)
        .bytes(&recovery.public().0);
    write_devices(&mut out, input.devices);
    out.array(epochs.len());
    for epoch in &epochs {
        write_epoch(
            &mut out,
            root.public(),
            epoch,
            input.devices,
            recovery.public(),
        )?;
    }
    write_settings(
        &mut out,
        root.public(),
        &settings,
        input.devices,
        recovery.public(),
    )?;
    let body = out.finish();

    let region = RegionId(act::hash(&body).0);
    let act = act::sign(&body, &root)?;
    let kit = RecoveryKit::new(&root, recovery, region);
    Ok(GenesisCreated {
        act,
        region,
        kit,
        epochs: epochs.into(),
        settings,
    })
}

/// `[[DSK, DEK, [role…]]…]`.
fn write_devices(out: &mut Writer, devices: &[RosterDevice]) {
    out.array(devices.len());
    for device in devices {
        out.array(3)
            .bytes(&device.signing.0)
            .bytes(&device.encryption.0);
        out.array(device.roles.len());
        device.roles.iter().for_each(|role| {
            out.uint(role.code());
        });
    }
}

/// `[purpose, epoch, EPK, wraps]`.
fn write_epoch(
    out: &mut Writer,
    root: DevicePublic,
    epoch: &EpochSecret,
    devices: &[RosterDevice],
    recovery: EncryptionPublic,
) -> Result<(), EnvelopeError> {
    let EpochPublic {
        purpose,
        epoch: number,
        key,
    } = epoch.public();
    let readers = devices
        .iter()
        .filter(|device| device.roles.contains(&Role::Coordinator(purpose)))
        .map(|device| device.encryption)
        .chain([recovery]);
    out.array(4)
        .uint(purpose.code().into())
        .uint(number)
        .bytes(&key.0);
    write_wraps(out, readers.map(|reader| wrap_epoch(root, epoch, reader)))
}

/// `[n, wraps]`.
fn write_settings(
    out: &mut Writer,
    root: DevicePublic,
    settings: &SettingsKey,
    devices: &[RosterDevice],
    recovery: EncryptionPublic,
) -> Result<(), EnvelopeError> {
    let readers = devices
        .iter()
        .map(|device| device.encryption)
        .chain([recovery]);
    out.array(2).uint(settings.number());
    write_wraps(
        out,
        readers.map(|reader| wrap_settings(root, settings, reader)),
    )
}

fn write_wraps(
    out: &mut Writer,
    wraps: impl Iterator<Item = Result<Wrap, EnvelopeError>>,
) -> Result<(), EnvelopeError> {
    let wraps = wraps.collect::<Result<Vec<_>, _>>()?;
    out.array(wraps.len());
    wraps.iter().for_each(|wrap| wrap::write(wrap, out));
    Ok(())
}

/// `[RRK, purpose, epoch, EPK]`. Genesis cannot name the region, whose id is its own hash: `RRK`
/// stands for it.
pub(super) fn epoch_aad(root: DevicePublic, epoch: &EpochPublic) -> Vec<u8> {
    let mut out = Writer::with_capacity(80);
    out.array(4)
        .bytes(&root.0)
        .uint(epoch.purpose.code().into())
        .uint(epoch.epoch);
    out.bytes(&epoch.key.0);
    out.finish()
}

/// `[RRK, n]`.
pub(super) fn settings_aad(root: DevicePublic, number: u64) -> Vec<u8> {
    let mut out = Writer::with_capacity(48);
    out.array(2).bytes(&root.0).uint(number);
    out.finish()
}

/// Makes the wrap of an epoch's secret. Whoever has the secret makes the same bytes, and so can
/// check every wrap that somebody else made.
pub(super) fn wrap_epoch(
    root: DevicePublic,
    epoch: &EpochSecret,
    recipient: EncryptionPublic,
) -> Result<Wrap, EnvelopeError> {
    let aad = epoch_aad(root, &epoch.public());
    wrap_again(epoch.secret(), label::WRAP_EPOCH, &aad, recipient)
}

/// The same for a settings key.
pub(super) fn wrap_settings(
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
    wrap::seal(&recipient, label, aad, secret.bytes(), &mut once)
}
