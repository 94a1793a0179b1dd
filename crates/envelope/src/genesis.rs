//! The first act of a region: its keys, its first devices, its letterboxes.
//!
//! Not here: the acts that follow it, and who the people are. A region of one and a practice region
//! begin with the same act as any other.

mod create;
mod verify;

pub use create::{GenesisCreated, GenesisInput, create};

use crate::keys::{DevicePublic, EncryptionPublic, EpochPublic};
use crate::wrap::Wrap;
use crate::{EnvelopeError, RegionId};

/// At most this many devices are named in genesis.
pub const MAX_DEVICES: usize = 32;
/// At most this many recipients has a wrapped secret in genesis: the devices and the kit.
pub const MAX_WRAPS: usize = MAX_DEVICES + 1;

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
    fn code(self) -> u64 {
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
    Coordinator(crate::Purpose),
    /// A role that this version does not know.
    Unknown(u64),
}

impl Role {
    const COORDINATOR: u64 = 16;

    fn code(self) -> u64 {
        match self {
            Self::Counter => 1,
            Self::NeighbourhoodTeam => 2,
            Self::Intaker => 3,
            Self::OrganisationCoordinator => 4,
            Self::Coordinator(purpose) => Self::COORDINATOR + u64::from(purpose.code()),
            Self::Unknown(code) => code,
        }
    }

    fn from_code(code: u64) -> Self {
        match code {
            1 => Self::Counter,
            2 => Self::NeighbourhoodTeam,
            3 => Self::Intaker,
            4 => Self::OrganisationCoordinator,
            _ => code
                .checked_sub(Self::COORDINATOR)
                .and_then(|purpose| crate::Purpose::from_code(purpose).ok())
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

/// The first epoch of one purpose: the letterbox, and who can open it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenesisEpoch {
    /// The letterbox.
    pub public: EpochPublic,
    /// Its secret, sealed to the coordinators of that purpose and to the kit.
    pub wraps: Vec<Wrap>,
}

/// The first settings key, sealed to every device and to the kit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenesisSettings {
    /// Which key.
    pub number: u64,
    /// The wraps.
    pub wraps: Vec<Wrap>,
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
    pub epochs: Vec<GenesisEpoch>,
    /// The first settings key.
    pub settings: GenesisSettings,
}
