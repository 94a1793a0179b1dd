//! What the relay takes a device for: by the roster, and by the joins that it stamped.
//!
//! Not here: what each standing may do (`relay`), and how much of it is taken (`relay::entries`).

use crate::RelayError;
use crate::store::{Class, RegionView};
use std::collections::BTreeSet;
use veldpost_envelope::act::InviteForm;
use veldpost_envelope::object::Standing as Coordinates;
use veldpost_envelope::wire::Standing;
use veldpost_envelope::{ActHash, DevicePublic, Purpose, Roster};

/// Whether a device coordinates any purpose.
#[must_use]
pub fn is_coordinator(roster: &Roster, device: &DevicePublic) -> bool {
    Purpose::ALL
        .into_iter()
        .any(|purpose| roster.coordinates(device, purpose))
}

/// Devices' standings in one region.
#[derive(Debug)]
pub struct Standings<'a, V> {
    roster: &'a Roster,
    rows: &'a V,
}

impl<'a, V: RegionView> Standings<'a, V> {
    /// By this roster and these joins.
    pub fn new(roster: &'a Roster, rows: &'a V) -> Self {
        Self { roster, rows }
    }

    /// One device's.
    ///
    /// # Errors
    /// `Store`.
    pub fn of(&self, device: &DevicePublic) -> Result<Standing, RelayError> {
        if let Some(known) = self.roster.device(device) {
            return Ok(match known.removed_at {
                None => Standing::Member,
                Some(_) => Standing::Removed,
            });
        }
        let mut standing = Standing::Unknown;
        for join in self.rows.items_by(Class::Join, &device.0)? {
            if !self.is_frozen(&join.name.of)? {
                return Ok(Standing::Joined);
            }
            standing = Standing::Frozen;
        }
        Ok(standing)
    }

    /// Devices that came by an invitation: those that joined here, and those that were admitted by it.
    ///
    /// # Errors
    /// `Store`.
    pub fn came_by(&self, invitation: &[u8; 16]) -> Result<BTreeSet<DevicePublic>, RelayError> {
        let joins = self.rows.items_of(Class::Join, invitation)?;
        let mut devices: BTreeSet<_> = joins.iter().map(|join| join.device).collect();
        if let Some(known) = self.roster.invitation(invitation) {
            devices.extend(&known.admitted);
        }
        Ok(devices)
    }

    /// Whether two came by one that was for one.
    ///
    /// # Errors
    /// `Store`.
    pub fn is_frozen(&self, invitation: &[u8; 16]) -> Result<bool, RelayError> {
        let known = self.roster.invitation(invitation);
        let single = known.is_some_and(|known| known.invite.form == InviteForm::Single);
        Ok(single && self.came_by(invitation)?.len() > 1)
    }
}

/// A roster as objects ask it who coordinates what.
pub struct Members<'a>(pub &'a Roster);

impl Coordinates for Members<'_> {
    fn coordinated(&self, at: &ActHash, signer: &DevicePublic, purpose: Purpose) -> Option<bool> {
        let coordinated = || self.0.coordinated_at(at, signer, purpose);
        self.0.contains(at).then(coordinated)
    }

    fn coordinates(&self, signer: &DevicePublic, purpose: Purpose) -> bool {
        self.0.coordinates(signer, purpose)
    }
}
