//! Acts that add devices and remove them, and the one by which the kit seats a new coordinator.
//!
//! Not here: who may sign them and whether the wraps are for the right keys (`roster`).

use super::Fields;
use super::invite::some;
use crate::canonical::{Reader, Writer};
use crate::genesis::RosterDevice;
use crate::keys::{DevicePublic, EncryptionPublic};
use crate::wrap::{self, EpochWraps, SettingsWraps, Wrap};
use crate::{EntryHash, EnvelopeError, Purpose};
use veldpost_domain::StreamId;

/// At most this many devices does one act add or remove.
pub const MAX_ACT_DEVICES: usize = 128;
/// At most this many streams has a device.
pub const MAX_STREAMS: usize = 256;
/// At most this many recipients has an epoch's secret: who coordinates its purpose, and the kit.
pub const MAX_EPOCH_WRAPS: usize = 33;
/// At most this many wraps of a settings key are in one act.
pub const MAX_SETTINGS_WRAPS: usize = 480;
/// An act names each purpose at most once.
pub const MAX_EPOCHS: usize = Purpose::ALL.len();
/// What only the size of an act bounds.
const BY_SIZE: usize = super::MAX_ACT;

/// An epoch's secret for one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldEpoch {
    /// Of which purpose.
    pub purpose: Purpose,
    /// Which one.
    pub epoch: u64,
    /// Sealed to that device.
    pub wrap: Wrap,
}

impl HeldEpoch {
    fn write(&self, out: &mut Writer) {
        out.array(3)
            .uint(self.purpose.code().into())
            .uint(self.epoch);
        wrap::write(&self.wrap, out);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, EnvelopeError> {
        let newer = input.record(3)?;
        let held = Self {
            purpose: Purpose::from_code(input.uint()?)?,
            epoch: input.uint()?,
            wrap: wrap::read(input)?,
        };
        input.skip_many(newer)?;
        Ok(held)
    }
}

/// A settings key for one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldSettings {
    /// Which one.
    pub number: u64,
    /// Sealed to that device.
    pub wrap: Wrap,
}

impl HeldSettings {
    fn write(&self, out: &mut Writer) {
        out.array(2).uint(self.number);
        wrap::write(&self.wrap, out);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, EnvelopeError> {
        let newer = input.record(2)?;
        let held = Self {
            number: input.uint()?,
            wrap: wrap::read(input)?,
        };
        input.skip_many(newer)?;
        Ok(held)
    }
}

/// A device that an act makes a member, or gives further roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    /// Its keys, and the roles that it gets; one at least.
    pub device: RosterDevice,
    /// The invitation that it came by.
    pub invitation: Option<[u8; 16]>,
    /// Hash of the join that was admitted.
    pub join: Option<[u8; 32]>,
    /// Whether six words were compared.
    pub words: bool,
    /// Secrets of the epochs that it may open.
    pub epochs: Vec<HeldEpoch>,
    /// Settings keys that it may open.
    pub settings: Vec<HeldSettings>,
}

impl Added {
    fn write(&self, out: &mut Writer) {
        out.array(8);
        self.device.write_fields(out);
        out.bytes_or_null(self.invitation.as_ref().map(<[u8; 16]>::as_slice))
            .bytes_or_null(self.join.as_ref().map(<[u8; 32]>::as_slice))
            .bool(self.words);
        out.array(self.epochs.len());
        self.epochs.iter().for_each(|held| held.write(out));
        out.array(self.settings.len());
        self.settings.iter().for_each(|held| held.write(out));
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, EnvelopeError> {
        let newer = input.record(8)?;
        let device = RosterDevice::read_fields(input)?;
        if device.roles.is_empty() {
            return Err(EnvelopeError::Malformed("no role"));
        }
        let added = Self {
            device,
            invitation: input.optional(Reader::byte_array)?,
            join: input.optional(Reader::byte_array)?,
            words: input.bool()?,
            epochs: input.list(BY_SIZE, "epochs", HeldEpoch::read)?,
            settings: input.list(BY_SIZE, "settings", HeldSettings::read)?,
        };
        input.skip_many(newer)?;
        Ok(added)
    }
}

/// Makes devices members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceAdd {
    /// Which; one at least.
    pub devices: Vec<Added>,
}

impl Fields for DeviceAdd {
    const FIELDS: usize = 1;

    fn write(&self, out: &mut Writer) {
        out.array(self.devices.len());
        self.devices.iter().for_each(|added| added.write(out));
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, EnvelopeError> {
        Ok(Self {
            devices: some(input.list(MAX_ACT_DEVICES, "devices", Added::read)?)?,
        })
    }
}

/// Why a device was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemovalReason {
    /// The phone is lost.
    Lost,
    /// Its holder left.
    Left,
    /// It begins again with new keys: its passphrase is forgotten.
    BeginsAgain,
    /// It is not trusted any more.
    Distrusted,
    /// A reason that this version does not know.
    Unknown(u64),
}

impl RemovalReason {
    fn code(self) -> u64 {
        match self {
            Self::Lost => 1,
            Self::Left => 2,
            Self::BeginsAgain => 3,
            Self::Distrusted => 4,
            Self::Unknown(code) => code,
        }
    }

    fn from_code(code: u64) -> Self {
        match code {
            1 => Self::Lost,
            2 => Self::Left,
            3 => Self::BeginsAgain,
            4 => Self::Distrusted,
            _ => Self::Unknown(code),
        }
    }
}

/// How far a stream of a removed device still counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamHead {
    /// The stream.
    pub stream: StreamId,
    /// Its last entry that counts.
    pub seq: u64,
    /// The hash of that entry.
    pub hash: EntryHash,
}

impl StreamHead {
    fn write(&self, out: &mut Writer) {
        out.array(3)
            .bytes(&self.stream.0)
            .uint(self.seq)
            .bytes(&self.hash.0);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, EnvelopeError> {
        let newer = input.record(3)?;
        let head = Self {
            stream: StreamId(input.byte_array()?),
            seq: input.uint()?,
            hash: EntryHash(input.byte_array()?),
        };
        input.skip_many(newer)?;
        Ok(head)
    }
}

/// A device that an act removes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Which one.
    pub device: DevicePublic,
    /// Why.
    pub why: RemovalReason,
    /// How far its streams still count.
    pub streams: Vec<StreamHead>,
}

impl Removed {
    fn write(&self, out: &mut Writer) {
        out.array(3).bytes(&self.device.0).uint(self.why.code());
        out.array(self.streams.len());
        self.streams.iter().for_each(|head| head.write(out));
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, EnvelopeError> {
        let newer = input.record(3)?;
        let removed = Self {
            device: DevicePublic(input.byte_array()?),
            why: RemovalReason::from_code(input.uint()?),
            streams: input.list(MAX_STREAMS, "streams", StreamHead::read)?,
        };
        input.skip_many(newer)?;
        Ok(removed)
    }
}

/// Removes devices, and brings the secrets that they do not get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceRemove {
    /// Which; one at least.
    pub removed: Vec<Removed>,
    /// The next epoch of each purpose that the signer coordinates.
    pub epochs: Vec<EpochWraps>,
    /// The next settings key.
    pub settings: SettingsWraps,
}

impl Fields for DeviceRemove {
    const FIELDS: usize = 3;

    fn write(&self, out: &mut Writer) {
        out.array(self.removed.len());
        self.removed.iter().for_each(|removed| removed.write(out));
        write_epochs(&self.epochs, out);
        self.settings.write(out);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, EnvelopeError> {
        Ok(Self {
            removed: some(input.list(MAX_ACT_DEVICES, "devices", Removed::read)?)?,
            epochs: read_epochs(input)?,
            settings: read_settings(input)?,
        })
    }
}

/// Seats a coordinator of every purpose by the kit, and brings a new kit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recover {
    /// The new device.
    pub device: Added,
    /// Devices that go.
    pub removed: Vec<Removed>,
    /// The next epoch of each purpose.
    pub epochs: Vec<EpochWraps>,
    /// The next settings key.
    pub settings: SettingsWraps,
    /// The new `RRK`.
    pub root: DevicePublic,
    /// The new `RSK`.
    pub recovery: EncryptionPublic,
    /// Every earlier epoch, sealed to the new `RSK`.
    pub older: Vec<HeldEpoch>,
}

impl Fields for Recover {
    const FIELDS: usize = 7;

    fn write(&self, out: &mut Writer) {
        self.device.write(out);
        out.array(self.removed.len());
        self.removed.iter().for_each(|removed| removed.write(out));
        write_epochs(&self.epochs, out);
        self.settings.write(out);
        out.bytes(&self.root.0).bytes(&self.recovery.0);
        out.array(self.older.len());
        self.older.iter().for_each(|held| held.write(out));
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, EnvelopeError> {
        Ok(Self {
            device: Added::read(input)?,
            removed: input.list(MAX_ACT_DEVICES, "devices", Removed::read)?,
            epochs: read_epochs(input)?,
            settings: read_settings(input)?,
            root: DevicePublic(input.byte_array()?),
            recovery: EncryptionPublic(input.byte_array()?),
            older: input.list(BY_SIZE, "older", HeldEpoch::read)?,
        })
    }
}

pub(super) fn write_epochs(epochs: &[EpochWraps], out: &mut Writer) {
    out.array(epochs.len());
    epochs.iter().for_each(|epoch| epoch.write(out));
}

pub(super) fn read_epochs(input: &mut Reader<'_>) -> Result<Vec<EpochWraps>, EnvelopeError> {
    input.list(MAX_EPOCHS, "epochs", |input| {
        let epoch = EpochWraps::read(input, MAX_EPOCH_WRAPS)?;
        if epoch.wraps.is_empty() {
            return Err(EnvelopeError::Malformed("empty list"));
        }
        Ok(epoch)
    })
}

pub(super) fn read_settings(input: &mut Reader<'_>) -> Result<SettingsWraps, EnvelopeError> {
    let settings = SettingsWraps::read(input, MAX_SETTINGS_WRAPS)?;
    if settings.wraps.is_empty() {
        return Err(EnvelopeError::Malformed("empty list"));
    }
    Ok(settings)
}
