//! What must hold of acts that change who is a member: adding, removing, recovering.
//!
//! Not here: whether the wraps hold the secrets that they should; who has a secret makes them again (`opened`).

use super::check::unless;
use super::{Device, MAX_COORDINATORS, MAX_MEMBERS, Reason, Roster, Signing};
use crate::Purpose;
use crate::act::{Added, DeviceAdd, DeviceRemove, HeldEpoch, InviteForm, Recover, Removed};
use crate::genesis::{Role, RosterDevice};
use crate::keys::{DevicePublic, EncryptionPublic};
use std::collections::{BTreeMap, BTreeSet};

/// Who goes and who comes by one act.
pub(super) struct Change<'a> {
    pub(super) going: BTreeSet<DevicePublic>,
    pub(super) coming: Option<&'a RosterDevice>,
    /// The kit's key after the act.
    pub(super) recovery: EncryptionPublic,
}

impl Roster {
    pub(super) fn check_device_add(&self, add: &DeviceAdd) -> Result<(), Reason> {
        self.check_not_practice()?;
        let mut keys = BTreeSet::new();
        let mut single = BTreeSet::new();
        for added in &add.devices {
            let device = &added.device;
            unless(!keys.insert(device.signing.0), Reason::Twice)?;
            unless(!keys.insert(device.encryption.0), Reason::Twice)?;
            self.check_added(added)?;
            if let Some(id) = added.invitation.filter(|id| self.is_single(id)) {
                unless(!single.insert(id), Reason::Invitation)?;
            }
        }
        self.check_room(add)
    }

    fn is_single(&self, id: &[u8; 16]) -> bool {
        self.invitation(id)
            .is_some_and(|invitation| invitation.invite.form == InviteForm::Single)
    }

    fn check_added(&self, added: &Added) -> Result<(), Reason> {
        let RosterDevice {
            signing,
            encryption,
            roles,
        } = &added.device;
        let known = self.device(signing);
        match known {
            Some(device) if device.removed_at.is_some() => return Err(Reason::Device),
            Some(device) => unless(device.encryption != *encryption, Reason::KeyInUse)?,
            None => unless(self.is_in_use(encryption), Reason::KeyInUse)?,
        }
        let of_the_field = roles.iter().all(|role| role.is_of_the_field());
        let single = added.invitation.is_some_and(|id| self.is_single(&id));
        unless((!of_the_field || single) && !added.words, Reason::Words)?;
        if let Some(id) = &added.invitation {
            self.check_admission(id, signing)?;
        }
        self.check_held(added, known)
    }

    /// A single invitation admits one device, and none once it ended.
    fn check_admission(&self, id: &[u8; 16], device: &DevicePublic) -> Result<(), Reason> {
        let invitation = self.invitation(id).ok_or(Reason::Invitation)?;
        let used =
            invitation.ended.is_some() || invitation.admitted.iter().any(|other| other != device);
        unless(self.is_single(id) && used, Reason::Invitation)
    }

    /// The secrets that a device needs for its roles, and no other purpose's.
    fn check_held(&self, added: &Added, known: Option<&Device>) -> Result<(), Reason> {
        let RosterDevice {
            signing,
            encryption,
            roles,
        } = &added.device;
        for purpose in Purpose::ALL {
            let gains =
                roles.contains(&Role::Coordinator(purpose)) && !self.coordinates(signing, purpose);
            let newest = self.epoch(purpose).map_or(0, |newest| newest.epoch);
            let held = |held: &HeldEpoch| held.purpose == purpose && held.epoch == newest;
            unless(gains && !added.epochs.iter().any(held), Reason::Epochs)?;
        }
        self.check_epochs_for(&added.epochs, *encryption)?;
        let may_hold = |held: &HeldEpoch| {
            roles.contains(&Role::Coordinator(held.purpose))
                || self.coordinates(signing, held.purpose)
        };
        unless(!added.epochs.iter().all(may_hold), Reason::Epochs)?;

        let mut numbers = BTreeSet::new();
        for held in &added.settings {
            let there = self.settings_keys.contains_key(&held.number);
            unless(!there, Reason::Settings)?;
            unless(!numbers.insert(held.number), Reason::Twice)?;
            unless(held.wrap.recipient != *encryption, Reason::Recipients)?;
        }
        let newest = numbers.contains(&self.settings_number());
        unless(known.is_none() && !newest, Reason::Settings)
    }

    /// Epochs that there are, each once, each for this key.
    fn check_epochs_for(&self, held: &[HeldEpoch], key: EncryptionPublic) -> Result<(), Reason> {
        let mut seen = BTreeSet::new();
        for held in held {
            let name = (held.purpose, held.epoch);
            unless(!self.epochs.contains_key(&name), Reason::Epochs)?;
            unless(!seen.insert(name), Reason::Twice)?;
            unless(held.wrap.recipient != key, Reason::Recipients)?;
        }
        Ok(())
    }

    /// Whether an encryption key belongs to a device, removed ones too, or to a kit.
    fn is_in_use(&self, key: &EncryptionPublic) -> bool {
        self.devices
            .values()
            .any(|device| device.encryption == *key)
            || self.recovery == *key
            || self.former.iter().any(|(_, recovery)| recovery == key)
    }

    fn check_room(&self, add: &DeviceAdd) -> Result<(), Reason> {
        let comes = |added: &&Added| !self.member(&added.device.signing);
        let coming = add.devices.iter().filter(comes).count();
        unless(self.members().count() + coming > MAX_MEMBERS, Reason::Limit)?;
        for purpose in Purpose::ALL {
            let role = Role::Coordinator(purpose);
            let gains = add.devices.iter().filter(|added| {
                added.device.roles.contains(&role)
                    && !self.coordinates(&added.device.signing, purpose)
            });
            let all = self.coordinators(purpose).count() + gains.count();
            unless(all > MAX_COORDINATORS, Reason::Limit)?;
        }
        Ok(())
    }

    pub(super) fn check_device_remove(
        &self,
        remove: &DeviceRemove,
        signing: Signing,
    ) -> Result<(), Reason> {
        let going = self.check_removed(&remove.removed)?;
        unless(going.contains(&signing.signer), Reason::Itself)?;
        let change = Change {
            going,
            coming: None,
            recovery: self.recovery,
        };
        let due = self.coordinated_by(&signing.signer);
        self.check_next_epochs(&remove.epochs, &due, |purpose| {
            self.readers(purpose, &change)
        })?;
        let members = self.keys_after(&change);
        self.check_next_settings(&remove.settings, members, self.recovery)
    }

    /// Known devices, each once.
    fn check_removed(&self, removed: &[Removed]) -> Result<BTreeSet<DevicePublic>, Reason> {
        let mut going = BTreeSet::new();
        for removed in removed {
            unless(self.device(&removed.device).is_none(), Reason::Device)?;
            unless(!going.insert(removed.device), Reason::Twice)?;
        }
        Ok(going)
    }

    pub(super) fn check_recover(&self, recover: &Recover) -> Result<(), Reason> {
        self.check_not_practice()?;
        let device = &recover.device.device;
        let new_device = self.device(&device.signing).is_none();
        unless(!new_device, Reason::Device)?;
        unless(self.is_in_use(&device.encryption), Reason::KeyInUse)?;
        let roles = Purpose::ALL.map(Role::Coordinator);
        let all_roles = roles.iter().all(|role| device.roles.contains(role));
        unless(!all_roles, Reason::Roles)?;
        let old_root =
            self.root == recover.root || self.former.iter().any(|(root, _)| *root == recover.root);
        let old_recovery =
            self.is_in_use(&recover.recovery) || recover.recovery == device.encryption;
        unless(old_root || old_recovery, Reason::KeyInUse)?;

        let change = Change {
            going: self.check_removed(&recover.removed)?,
            coming: Some(device),
            recovery: recover.recovery,
        };
        self.check_next_epochs(&recover.epochs, &Purpose::ALL, |purpose| {
            self.readers(purpose, &change)
        })?;
        let members = self.keys_after(&change);
        unless(members.len() > MAX_MEMBERS, Reason::Limit)?;
        self.check_next_settings(&recover.settings, members, recover.recovery)?;
        self.check_every_epoch_for(&recover.device.epochs, device.encryption)?;
        self.check_every_epoch_for(&recover.older, recover.recovery)
    }

    /// Every epoch that did not end, for this key.
    fn check_every_epoch_for(
        &self,
        held: &[HeldEpoch],
        key: EncryptionPublic,
    ) -> Result<(), Reason> {
        self.check_epochs_for(held, key)?;
        let names: BTreeMap<_, _> = held
            .iter()
            .map(|held| ((held.purpose, held.epoch), ()))
            .collect();
        let missing = self
            .epochs
            .iter()
            .any(|(name, epoch)| epoch.ended.is_none() && !names.contains_key(name));
        unless(missing, Reason::Epochs)
    }

    /// Whom an epoch of this purpose is sealed to after a change: its coordinators and the kit.
    pub(super) fn readers(
        &self,
        purpose: Purpose,
        change: &Change<'_>,
    ) -> BTreeSet<EncryptionPublic> {
        let coming = change
            .coming
            .filter(|device| device.roles.contains(&Role::Coordinator(purpose)));
        self.coordinators(purpose)
            .filter(|(key, _)| !change.going.contains(key))
            .map(|(_, device)| device.encryption)
            .chain(coming.map(|device| device.encryption))
            .chain([change.recovery])
            .collect()
    }

    /// The encryption keys of all members after a change.
    pub(super) fn keys_after(&self, change: &Change<'_>) -> BTreeSet<EncryptionPublic> {
        self.members()
            .filter(|(key, _)| !change.going.contains(key))
            .map(|(_, device)| device.encryption)
            .chain(change.coming.map(|device| device.encryption))
            .collect()
    }
}
