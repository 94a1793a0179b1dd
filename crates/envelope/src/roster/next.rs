//! Makes the act that comes next: head filled in, secrets sealed to exactly those who read them.
//!
//! Not here: sending it. Who finds that another act came first makes its own anew.

use super::check_devices::Change;
use super::{Opened, Roster, Signing};
use crate::act::{
    self, Act, ActHead, Added, DeviceAdd, DeviceRemove, EpochEnd, EpochNew, HeldEpoch,
    HeldSettings, Invite, InviteForm, MAX_ACT, MAX_SETTINGS_WRAPS, Removed,
};
use crate::genesis::{Role, RosterDevice};
use crate::keys::{DeviceSigningKey, EncryptionPublic, EpochSecret, SettingsKey};
use crate::wrap::{self, EpochWraps, SettingsWraps};
use crate::{EnvelopeError, Purpose, RandomBytes};
use std::collections::BTreeSet;
use veldpost_domain::OrganisationId;

/// Encoded, a wrap of a key of 32 bytes.
const WRAP_BYTES: usize = 119;
/// Room for what an act has beside its lists.
const FRAME_BYTES: usize = 300;

/// Signs what hangs on a roster's head.
#[derive(Clone, Copy, Debug)]
pub struct NextAct<'a> {
    roster: &'a Roster,
    signing: &'a DeviceSigningKey,
    at: i64,
}

/// What an invitation is opened with; its proof is made over the act's own head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewInvite {
    /// Fresh random bytes.
    pub id: [u8; 16],
    /// Whom it is for.
    pub form: InviteForm,
    /// What they may do.
    pub roles: Vec<Role>,
    /// How many devices may join by it.
    pub uses: u64,
    /// Until when.
    pub ends: i64,
    /// Hash of its relay token.
    pub token: [u8; 32],
    /// The organisation whose devices come by it.
    pub organisation: Option<OrganisationId>,
}

/// A device that is to become a member, or to gain roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// Its keys and the roles that it gets.
    pub device: RosterDevice,
    /// The invitation that it came by.
    pub invitation: Option<[u8; 16]>,
    /// Hash of the join that is admitted.
    pub join: Option<[u8; 32]>,
    /// Whether six words were compared.
    pub words: bool,
}

impl Roster {
    /// The next act, signed by this key at this time: milliseconds since 1970, by the device's clock.
    #[must_use]
    pub fn next<'a>(&'a self, signing: &'a DeviceSigningKey, at: i64) -> NextAct<'a> {
        NextAct {
            roster: self,
            signing,
            at,
        }
    }
}

impl NextAct<'_> {
    fn head(&self, kind: u64) -> ActHead {
        ActHead {
            kind,
            region: Some(self.roster.region),
            height: self.roster.length(),
            prev: Some(self.roster.head()),
            at: self.at,
        }
    }

    /// Signs an act that needs nothing sealed: stages, settings, forms, releases, snapshots, ends.
    ///
    /// # Errors
    /// `WithoutEffect` when a rule does not hold: nothing is signed that readers would only keep.
    /// `TooLarge` or `Malformed` over a limit.
    pub fn sign(&self, act: &Act) -> Result<Vec<u8>, EnvelopeError> {
        let signing = Signing {
            signer: self.signing.public(),
            height: self.roster.length(),
            at: self.at,
        };
        self.roster
            .check(act, signing)
            .map_err(EnvelopeError::WithoutEffect)?;
        act::create(&self.head(act.kind()), act, self.signing)
    }

    /// Opens an invitation. `prove` makes the proof, under the join key, over the bytes that it gets.
    ///
    /// # Errors
    /// As [`NextAct::sign`].
    pub fn invite(
        &self,
        new: NewInvite,
        prove: impl FnOnce(&[u8]) -> [u8; 16],
    ) -> Result<Vec<u8>, EnvelopeError> {
        let mut invite = Invite {
            id: new.id,
            form: new.form,
            roles: new.roles,
            uses: new.uses,
            ends: new.ends,
            token: new.token,
            organisation: new.organisation,
            proof: [0; 16],
        };
        invite.proof = prove(&act::proven_by_invite(&self.head(act::INVITE), &invite));
        self.sign(&Act::Invite(invite))
    }

    /// Makes devices members, or gives them roles, with every secret of `opened` that they may have.
    ///
    /// # Errors
    /// As [`NextAct::sign`]; `Malformed` when a device's key is unusable; `TooLarge`: split the list.
    pub fn device_add(
        &self,
        devices: &[Admission],
        opened: &Opened,
    ) -> Result<Vec<u8>, EnvelopeError> {
        let devices = devices.iter().map(|device| self.added(device, opened));
        self.sign(&Act::DeviceAdd(DeviceAdd {
            devices: devices.collect::<Result<_, _>>()?,
        }))
    }

    fn added(&self, admission: &Admission, opened: &Opened) -> Result<Added, EnvelopeError> {
        let device = &admission.device;
        let gains = |purpose| {
            device.roles.contains(&Role::Coordinator(purpose))
                && !self.roster.coordinates(&device.signing, purpose)
        };
        let epochs = self
            .roster
            .open_epochs(opened)
            .filter(|secret| gains(secret.public().purpose))
            .map(|secret| self.roster.held_epoch(secret, device.encryption));
        let member = self.roster.member(&device.signing);
        let coordinates = Purpose::ALL.into_iter().any(gains);
        let newest = self.roster.settings_number();
        let settings = opened
            .settings
            .iter()
            .filter(|key| coordinates || (!member && key.number() == newest))
            .filter(|key| !self.roster.has_settings(key.number(), device.encryption))
            .map(|key| self.roster.held_settings(key, device.encryption));
        Ok(Added {
            device: device.clone(),
            invitation: admission.invitation,
            join: admission.join,
            words: admission.words,
            epochs: epochs.collect::<Result<_, _>>()?,
            settings: settings.collect::<Result<_, _>>()?,
        })
    }

    /// Removes devices, and makes what they do not get: the next epoch of each purpose that the
    /// signer coordinates, and the next settings key. For whom there is no room in it, the key comes
    /// by [`NextAct::more_settings`].
    ///
    /// # Errors
    /// As [`NextAct::sign`]; `Malformed` when a coordinator's key is unusable: remove it along.
    pub fn device_remove(
        &self,
        removed: Vec<Removed>,
        rng: &mut dyn RandomBytes,
    ) -> Result<Vec<u8>, EnvelopeError> {
        let change = Change {
            going: removed.iter().map(|removed| removed.device).collect(),
            coming: None,
            recovery: self.roster.recovery,
        };
        let purposes = self.roster.coordinated_by(&self.signing.public());
        let epochs = self.roster.next_epochs(&purposes, &change, rng)?;
        let key = self.roster.next_settings_key(rng);
        let mut act = DeviceRemove {
            removed,
            epochs,
            settings: self.roster.seal_settings(&key, &change, 0)?,
        };
        let room = self.room_beside(&Act::DeviceRemove(act.clone()))?;
        act.settings = self.roster.seal_settings(&key, &change, room)?;
        self.sign(&Act::DeviceRemove(act))
    }

    /// Begins the next epoch of these purposes, with a new settings key or without, and ends others.
    ///
    /// # Errors
    /// As [`NextAct::device_remove`].
    pub fn epoch_new(
        &self,
        purposes: &[Purpose],
        new_settings_key: bool,
        ends: Vec<EpochEnd>,
        rng: &mut dyn RandomBytes,
    ) -> Result<Vec<u8>, EnvelopeError> {
        let change = self.roster.no_change();
        let mut act = EpochNew {
            epochs: self.roster.next_epochs(purposes, &change, rng)?,
            settings: None,
            ends,
        };
        if new_settings_key {
            let key = self.roster.next_settings_key(rng);
            let room = self.room_beside(&Act::EpochNew(act.clone()))?;
            act.settings = Some(self.roster.seal_settings(&key, &change, room)?);
        }
        self.sign(&Act::EpochNew(act))
    }

    /// Hands the newest settings key to members who have it from no act yet; as many as fit.
    ///
    /// # Errors
    /// As [`NextAct::sign`]; `Malformed` when nobody lacks it.
    pub fn more_settings(&self, key: &SettingsKey) -> Result<Vec<u8>, EnvelopeError> {
        let root = self.roster.founding_root;
        let wraps: Vec<_> = self
            .roster
            .without_settings_key()
            .filter_map(|(_, device)| wrap::wrap_settings(root, key, device.encryption).ok())
            .take(MAX_SETTINGS_WRAPS)
            .collect();
        self.sign(&Act::EpochNew(EpochNew {
            epochs: Vec::new(),
            settings: Some(SettingsWraps {
                number: key.number(),
                wraps,
            }),
            ends: Vec::new(),
        }))
    }

    /// How many more wraps fit beside what is there.
    pub(super) fn room_beside(&self, act: &Act) -> Result<usize, EnvelopeError> {
        let made = act::create(&self.head(act.kind()), act, self.signing)?;
        let bytes = MAX_ACT.saturating_sub(made.len() + FRAME_BYTES);
        Ok((bytes / WRAP_BYTES).min(MAX_SETTINGS_WRAPS - 1))
    }
}

impl Roster {
    pub(super) fn no_change(&self) -> Change<'static> {
        Change {
            going: BTreeSet::new(),
            coming: None,
            recovery: self.recovery,
        }
    }

    /// The next epoch of these purposes, sealed to who reads it after the change.
    pub(super) fn next_epochs(
        &self,
        purposes: &[Purpose],
        change: &Change<'_>,
        rng: &mut dyn RandomBytes,
    ) -> Result<Vec<EpochWraps>, EnvelopeError> {
        purposes
            .iter()
            .map(|purpose| {
                let newest = self.epoch(*purpose).map_or(0, |newest| newest.epoch);
                let secret = EpochSecret::generate(*purpose, newest + 1, rng);
                EpochWraps::make(self.founding_root, &secret, self.readers(*purpose, change))
            })
            .collect()
    }

    pub(super) fn next_settings_key(&self, rng: &mut dyn RandomBytes) -> SettingsKey {
        SettingsKey::generate(self.settings_number() + 1, rng)
    }

    /// Seals a settings key to the kit and to as many members as there is room for, coordinators
    /// first: they hand out the rest. Whose key is unusable cannot stop the others.
    pub(super) fn seal_settings(
        &self,
        key: &SettingsKey,
        change: &Change<'_>,
        room: usize,
    ) -> Result<SettingsWraps, EnvelopeError> {
        let mut first = BTreeSet::new();
        for purpose in Purpose::ALL {
            first.extend(self.readers(purpose, change));
        }
        first.remove(&change.recovery);
        let rest = self.keys_after(change);
        let rest = rest.difference(&first);
        let mut settings = SettingsWraps::make(self.founding_root, key, [change.recovery])?;
        let members = first
            .iter()
            .chain(rest)
            .filter_map(|member| wrap::wrap_settings(self.founding_root, key, *member).ok())
            .take(room);
        settings.wraps.extend(members);
        Ok(settings)
    }

    fn has_settings(&self, number: u64, recipient: EncryptionPublic) -> bool {
        self.settings_keys
            .get(&number)
            .is_some_and(|key| key.wraps.iter().any(|wrap| wrap.recipient == recipient))
    }

    pub(super) fn held_epoch(
        &self,
        secret: &EpochSecret,
        recipient: EncryptionPublic,
    ) -> Result<HeldEpoch, EnvelopeError> {
        Ok(HeldEpoch {
            purpose: secret.public().purpose,
            epoch: secret.public().epoch,
            wrap: wrap::wrap_epoch(self.founding_root, secret, recipient)?,
        })
    }

    pub(super) fn held_settings(
        &self,
        key: &SettingsKey,
        recipient: EncryptionPublic,
    ) -> Result<HeldSettings, EnvelopeError> {
        Ok(HeldSettings {
            number: key.number(),
            wrap: wrap::wrap_settings(self.founding_root, key, recipient)?,
        })
    }
}
