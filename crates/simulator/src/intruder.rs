//! A member's device that does what it may not.
//!
//! Not here: the table that says so.

use crate::dice::Dice;
use veldpost_envelope::genesis::{Role, RosterDevice};
use veldpost_envelope::{DeviceEncryptionKey, DeviceSigningKey};

/// One who has a member's keys and another program.
pub struct Intruder {
    pub signing: DeviceSigningKey,
    pub encryption: DeviceEncryptionKey,
}

impl Intruder {
    pub fn new(dice: &mut Dice) -> Self {
        Self {
            signing: DeviceSigningKey::generate(dice),
            encryption: DeviceEncryptionKey::generate(dice),
        }
    }

    pub fn roster_device(&self) -> RosterDevice {
        RosterDevice {
            signing: self.signing.public(),
            encryption: self.encryption.public(),
            roles: vec![Role::Counter],
        }
    }
}

impl crate::world::World {
    /// What it tries now.
    pub fn trespass(&mut self) {}
}
