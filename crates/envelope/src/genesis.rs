//! The first act of a region: its keys, its first devices, its letterboxes.
//!
//! Not here: the acts that follow it, and who the people are. A region of one and a practice region
//! begin with the same act as any other.

mod create;
mod verify;

pub use create::{GenesisCreated, GenesisInput, create};

use crate::canonical::{Reader, Writer};
use crate::keys::{DevicePublic, EncryptionPublic};
use crate::wrap::{EpochWraps, SettingsWraps};
use crate::{EnvelopeError, Purpose, RegionId};

/// At most this many devices are named in genesis.
pub const MAX_DEVICES: usize = 32;
/// At most this many recipients has a wrapped secret in genesis: the devices and the kit.
pub const MAX_WRAPS: usize = MAX_DEVICES + 1;
/// At most this many roles has a device.
pub const MAX_ROLES: usize = 16;

/// What a region was founded as. A later act may open a region of one to others; nothing makes a
/// practice region real.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionForm {
    /// Several devices and a relay.
    Shared,
    /// One device, for now.
    OfOne,
    /// Made-up people only; never in a result.
    Practice,
}

impl RegionForm {
    /// The number on the wire.
    #[must_use]
    pub fn code(self) -> u64 {
        match self {
            Self::Shared => 1,
            Self::OfOne => 2,
            Self::Practice => 3,
        }
    }

    fn from_code(code: u64) -> Result<Self, EnvelopeError> {
        match code {
            1 => Ok(Self::Shared),
            2 => Ok(Self::OfOne),
            3 => Ok(Self::Practice),
            _ => Err(EnvelopeError::Newer("region form")),
        }
    }
}

/// What a device may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Counts.
    Counter,
    /// Signals and home visits.
    NeighbourhoodTeam,
    /// Intakes.
    Intaker,
    /// Sees how far its own devices are; no records.
    OrganisationCoordinator,
    /// Reads and judges what comes in for one purpose.
    Coordinator(Purpose),
    /// A role that this version does not know.
    Unknown(u64),
}

impl Role {
    const COORDINATOR: u64 = 16;

    /// The purpose that it belongs to: whose coordinators give and take it. One that this version
    /// does not know belongs to admin.
    #[must_use]
    pub fn purpose(self) -> Purpose {
        match self {
            Self::Counter | Self::OrganisationCoordinator => Purpose::Count,
            Self::NeighbourhoodTeam => Purpose::Signal,
            Self::Intaker => Purpose::Intake,
            Self::Coordinator(purpose) => purpose,
            Self::Unknown(_) => Purpose::Admin,
        }
    }

    /// Whether it is one of the field's own, which a group invitation may give.
    #[must_use]
    pub fn is_of_the_field(self) -> bool {
        (1..=4).contains(&self.code())
    }

    pub(crate) fn read(input: &mut Reader<'_>) -> Result<Self, EnvelopeError> {
        input.uint().map(Self::from_code)
    }

    /// The number on the wire.
    #[must_use]
    pub fn code(self) -> u64 {
        match self {
            Self::Counter => 1,
            Self::NeighbourhoodTeam => 2,
            Self::Intaker => 3,
            Self::OrganisationCoordinator => 4,
            Self::Coordinator(purpose) => Self::COORDINATOR + u64::from(purpose.code()),
            Self::Unknown(code) => code,
        }
    }

    /// What a number means; one that this version does not know stays what it is.
    #[must_use]
    pub fn from_code(code: u64) -> Self {
        match code {
            1 => Self::Counter,
            2 => Self::NeighbourhoodTeam,
            3 => Self::Intaker,
            4 => Self::OrganisationCoordinator,
            _ => code
                .checked_sub(Self::COORDINATOR)
                .and_then(|purpose| Purpose::from_code(purpose).ok())
                .map_or(Self::Unknown(code), Self::Coordinator),
        }
    }
}

/// A device as the roster knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterDevice {
    /// Signs.
    pub signing: DevicePublic,
    /// Is sealed to.
    pub encryption: EncryptionPublic,
    /// What it may do.
    pub roles: Vec<Role>,
}

impl RosterDevice {
    /// `DSK, DEK, [role…]`: the first fields of a device's array.
    pub(crate) fn write_fields(&self, out: &mut Writer) {
        out.bytes(&self.signing.0).bytes(&self.encryption.0);
        out.array(self.roles.len());
        self.roles.iter().for_each(|role| {
            out.uint(role.code());
        });
    }

    pub(crate) fn read_fields(input: &mut Reader<'_>) -> Result<Self, EnvelopeError> {
        Ok(Self {
            signing: DevicePublic(input.byte_array()?),
            encryption: EncryptionPublic(input.byte_array()?),
            roles: input.list(MAX_ROLES, "roles", Role::read)?,
        })
    }
}

/// A verified genesis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Genesis {
    /// Its hash: the region.
    pub region: RegionId,
    /// When it was made, by the founder's clock.
    pub at: i64,
    /// What the region was founded as.
    pub form: RegionForm,
    /// `RRK`: signed this act; re-seats coordinators.
    pub root: DevicePublic,
    /// `RSK`'s public half: every epoch is sealed to it.
    pub recovery: EncryptionPublic,
    /// The first devices.
    pub devices: Vec<RosterDevice>,
    /// One epoch a purpose, in the order of their numbers.
    pub epochs: Vec<EpochWraps>,
    /// The first settings key.
    pub settings: SettingsWraps,
}
