//! What the roster that is held says of whoever signs an object.
//!
//! Not here: verifying it (see `veldpost-envelope`).

use veldpost_envelope::object::Standing;
use veldpost_envelope::{ActHash, DevicePublic, Purpose, Roster};

/// A roster as the one who is asked.
pub(crate) struct RosterStanding<'a>(pub &'a Roster);

impl Standing for RosterStanding<'_> {
    fn coordinated(&self, at: &ActHash, signer: &DevicePublic, purpose: Purpose) -> Option<bool> {
        let held = self.0.contains(at);
        held.then(|| self.0.coordinated_at(at, signer, purpose))
    }

    fn coordinates(&self, signer: &DevicePublic, purpose: Purpose) -> bool {
        self.0.coordinates(signer, purpose)
    }
}
