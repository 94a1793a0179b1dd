//! What a device has in hand once it joined a region, or recovered it: given by whoever reads a relay, written by whoever
//! keeps the book.
//!
//! Not here: checking it (`veldpost-sync`), and what the device itself knows of the count (`veldpost-journal`).

use crate::genesis::Role;
use crate::keys::SettingsKey;
use crate::{EncryptionPublic, Roster};
use zeroize::Zeroizing;

/// The invitation that a device came by.
pub struct CameBy<'a> {
    /// Its id.
    pub invitation: [u8; 16],
    /// The row of the join, before sealing: the link's secret is in it.
    pub join: Zeroizing<Vec<u8>>,
    /// The welcome, sealed as it came.
    pub welcome: &'a [u8],
}

/// A region that a device joined at its relay, or recovered.
pub struct Joined<'a> {
    /// The relay's origin.
    pub relay: &'a str,
    /// The roster that was read.
    pub roster: &'a Roster,
    /// Its acts as signed, from genesis on.
    pub acts: &'a [Vec<u8>],
    /// The settings key of the welcome.
    pub settings_key: SettingsKey,
    /// The invitation; none for a device that recovered the region.
    pub came_by: Option<CameBy<'a>>,
    /// The kit's public half, where a kit opens this device.
    pub recovery: Option<EncryptionPublic>,
    /// Whether it is a group's.
    pub group: bool,
    /// Whether it is for an organisation's desk.
    pub desk: bool,
    /// What it promises.
    pub roles: &'a [Role],
}
