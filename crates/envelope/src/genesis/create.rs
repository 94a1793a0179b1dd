//! Founds a region.
//!
//! Not here: proving the kit and wiping `RRK`; the caller does both.

use super::{MAX_DEVICES, RegionForm, Role, RosterDevice};
use crate::act::{self, ActHead};
use crate::canonical::Writer;
use crate::keys::{DeviceEncryptionKey, DeviceSigningKey, EpochSecret, SettingsKey};
use crate::kit::RecoveryKit;
use crate::wrap::{EpochWraps, SettingsWraps};
use crate::{EnvelopeError, Purpose, RandomBytes, RegionId};

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
    out.array(input.devices.len());
    for device in input.devices {
        out.array(3);
        device.write_fields(&mut out);
    }
    out.array(epochs.len());
    for epoch in &epochs {
        let purpose = epoch.public().purpose;
        let readers = input
            .devices
            .iter()
            .filter(|device| device.roles.contains(&Role::Coordinator(purpose)))
            .map(|device| device.encryption)
            .chain([recovery.public()]);
        EpochWraps::make(root.public(), epoch, readers)?.write(&mut out);
    }
    let members = input.devices.iter().map(|device| device.encryption);
    let readers = members.chain([recovery.public()]);
    SettingsWraps::make(root.public(), &settings, readers)?.write(&mut out);
    let body = out.finish();

    let region = RegionId(act::hash(act::GENESIS, &body, &root.public()).0);
    let act = act::sign(act::GENESIS, &body, &root)?;
    let kit = RecoveryKit::new(&root, recovery, region);
    Ok(GenesisCreated {
        act,
        region,
        kit,
        epochs: epochs.into(),
        settings,
    })
}
