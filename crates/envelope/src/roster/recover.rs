//! The kit in a fresh browser seats a coordinator of every purpose, and is replaced by a new kit.
//!
//! Not here: reading the kit and printing the new one; both are the caller's, before the act is sent.

use super::check_devices::Change;
use super::{Opened, Roster};
use crate::act::{Act, Added, Recover, Removed};
use crate::genesis::{Role, RosterDevice};
use crate::keys::{DeviceEncryptionKey, DevicePublic, DeviceSigningKey, EncryptionPublic};
use crate::{EnvelopeError, Purpose, RandomBytes, RecoveryKit};

/// What a recovery makes.
#[derive(Debug)]
pub struct Recovered {
    /// The signed act.
    pub act: Vec<u8>,
    /// The kit that counts once the act does; to be proven before it is sent.
    pub kit: RecoveryKit,
}

impl Roster {
    /// Makes the act by which a kit seats this device, as counter and coordinator of every purpose,
    /// removes others, and renews every secret. Epochs that ended stay closed.
    ///
    /// # Errors
    /// `NotForThisKey` for a kit that is not this region's newest; `Forged` when it does not open an
    /// epoch that did not end; `WithoutEffect`, `TooLarge` or `Malformed` as other acts.
    pub fn recover(
        &self,
        kit: &RecoveryKit,
        device: (DevicePublic, EncryptionPublic),
        removed: Vec<Removed>,
        at: i64,
        rng: &mut dyn RandomBytes,
    ) -> Result<Recovered, EnvelopeError> {
        let root = DeviceSigningKey::generate(rng);
        let recovery = DeviceEncryptionKey::generate(rng);
        let new = RecoveryKit::new(&root, recovery, self.region);
        let act = self.recover_again(kit, &new, device, removed, at, rng)?;
        Ok(Recovered { act, kit: new })
    }

    /// The same for a kit that is printed already: the roster moved before the act was sent.
    ///
    /// # Errors
    /// As [`Roster::recover`].
    pub fn recover_again(
        &self,
        kit: &RecoveryKit,
        new: &RecoveryKit,
        device: (DevicePublic, EncryptionPublic),
        removed: Vec<Removed>,
        at: i64,
        rng: &mut dyn RandomBytes,
    ) -> Result<Vec<u8>, EnvelopeError> {
        if !self.is_kit(kit) {
            return Err(EnvelopeError::NotForThisKey);
        }
        let opened = self.open_all(kit.recovery());
        let recovery = new.recovery().public();
        let added = self.seat(device, &opened)?;
        let change = Change {
            going: removed.iter().map(|removed| removed.device).collect(),
            coming: Some(&added.device),
            recovery,
        };
        let older = self.open_epochs(&opened);
        let older = older.map(|secret| self.held_epoch(secret, recovery));
        let key = self.next_settings_key(rng);
        let mut act = Box::new(Recover {
            removed,
            epochs: self.next_epochs(&Purpose::ALL, &change, rng)?,
            settings: self.seal_settings(&key, &change, 0)?,
            root: new.root().public(),
            recovery,
            older: older.collect::<Result<_, _>>()?,
            device: added.clone(),
        });
        let signer = kit.root();
        let next = self.next(&signer, at);
        let room = next.room_beside(&Act::Recover(act.clone()))?;
        act.settings = self.seal_settings(&key, &change, room)?;
        next.sign(&Act::Recover(act))
    }

    /// The new device with every secret that the kit opened.
    fn seat(
        &self,
        (signing, encryption): (DevicePublic, EncryptionPublic),
        opened: &Opened,
    ) -> Result<Added, EnvelopeError> {
        let roles = Purpose::ALL.map(Role::Coordinator);
        let epochs = self.open_epochs(opened);
        let epochs = epochs.map(|secret| self.held_epoch(secret, encryption));
        let settings = opened.settings.iter();
        let settings = settings.map(|key| self.held_settings(key, encryption));
        Ok(Added {
            device: RosterDevice {
                signing,
                encryption,
                roles: [Role::Counter].into_iter().chain(roles).collect(),
            },
            invitation: None,
            join: None,
            words: false,
            epochs: epochs.collect::<Result<_, _>>()?,
            settings: settings.collect::<Result<_, _>>()?,
        })
    }

    /// Secrets that were opened, of epochs that did not end.
    pub(super) fn open_epochs<'a>(
        &self,
        opened: &'a Opened,
    ) -> impl Iterator<Item = &'a crate::EpochSecret> {
        opened.epochs.iter().filter(|secret| {
            let public = secret.public();
            self.epochs
                .get(&(public.purpose, public.epoch))
                .is_some_and(|epoch| epoch.ended.is_none())
        })
    }
}
