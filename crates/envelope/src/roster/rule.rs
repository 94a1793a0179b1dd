//! Who may sign which act, as data, and why an act stays without effect.
//!
//! Not here: what else must hold of each kind (`check`).

use super::{Roster, Signing};
use crate::act::{
    Act, DEVICE_ADD, DEVICE_REMOVE, EPOCH_NEW, FORM_PUBLISH, INVITE, INVITE_END, RECOVER, RELEASE,
    SETTINGS, SNAPSHOT, STAGE,
};
use crate::genesis::Role;
use crate::keys::DevicePublic;
use crate::{EnvelopeError, Purpose};

/// What the signer of an act must coordinate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// Nothing: the kit signs.
    Kit,
    /// This purpose.
    Coordinates(Purpose),
    /// Every purpose that the act names, and one at least.
    EveryNamed,
    /// One of the purposes that the act names.
    OneNamed,
}

/// What one kind asks of its signer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The kind of act.
    pub kind: u64,
    /// What its signer must coordinate.
    pub signer: Requirement,
}

/// One rule a kind.
pub const RULES: [Rule; 11] = [
    rule(INVITE, Requirement::EveryNamed),
    rule(DEVICE_ADD, Requirement::EveryNamed),
    rule(DEVICE_REMOVE, Requirement::EveryNamed),
    rule(EPOCH_NEW, Requirement::EveryNamed),
    rule(FORM_PUBLISH, Requirement::Coordinates(Purpose::Admin)),
    rule(STAGE, Requirement::Coordinates(Purpose::Count)),
    rule(SETTINGS, Requirement::Coordinates(Purpose::Admin)),
    rule(RELEASE, Requirement::Coordinates(Purpose::Admin)),
    rule(SNAPSHOT, Requirement::Coordinates(Purpose::Count)),
    rule(RECOVER, Requirement::Kit),
    rule(INVITE_END, Requirement::OneNamed),
];

const fn rule(kind: u64, signer: Requirement) -> Rule {
    Rule { kind, signer }
}

/// Why an act is kept without effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Its signer does not coordinate what it names.
    #[error("its signer may not")]
    Signer,
    /// Its fields are not those of its kind.
    #[error("malformed")]
    Malformed,
    /// It is over a limit.
    #[error("over a limit")]
    Limit,
    /// It names a purpose, a form or a stage that this version does not know.
    #[error("made by a newer version")]
    Newer,
    /// A practice region has no other device.
    #[error("a practice region stays alone")]
    Practice,
    /// The invitation is not there, is there already, ended, or was for one device.
    #[error("invitation")]
    Invitation,
    /// A single invitation has one use, a group's has 2 to 1,000.
    #[error("number of uses")]
    Uses,
    /// An invitation lives 90 days at most.
    #[error("end of an invitation")]
    Ends,
    /// A group invitation gives roles of the field only.
    #[error("roles of a group")]
    GroupRoles,
    /// No six words were compared.
    #[error("no words were compared")]
    Words,
    /// A key belongs to another device, or was used before.
    #[error("key in use")]
    KeyInUse,
    /// It is named twice.
    #[error("named twice")]
    Twice,
    /// The device is not known, or was removed and cannot come back.
    #[error("not a device that can be named")]
    Device,
    /// Nobody removes itself.
    #[error("removes its own signer")]
    Itself,
    /// Roles that the act must give are missing.
    #[error("roles are missing")]
    Roles,
    /// Not exactly the epochs that must begin, be handed out or end.
    #[error("epochs")]
    Epochs,
    /// Not the settings key that must follow.
    #[error("settings key")]
    Settings,
    /// Not sealed to exactly those who are to read.
    #[error("recipients of a wrap")]
    Recipients,
    /// The stage does not follow the one before.
    #[error("stage")]
    Stage,
    /// Fewer than two members coordinate the count.
    #[error("the region is not ready")]
    NotReady,
    /// Locking names a checkpoint, every other stage none.
    #[error("checkpoint")]
    Checkpoint,
    /// There is no snapshot, or its version does not follow.
    #[error("snapshot")]
    Snapshot,
}

impl From<EnvelopeError> for Reason {
    fn from(problem: EnvelopeError) -> Self {
        match problem {
            EnvelopeError::Newer(_) => Self::Newer,
            EnvelopeError::TooLarge(_) => Self::Limit,
            _ => Self::Malformed,
        }
    }
}

impl Roster {
    /// Whether the table lets this device sign this act.
    pub(super) fn may_sign(&self, act: &Act, signing: Signing) -> Result<(), Reason> {
        let signer = &signing.signer;
        let rule = RULES
            .iter()
            .find(|rule| rule.kind == act.kind())
            .ok_or(Reason::Signer)?;
        let may = match rule.signer {
            Requirement::Kit => *signer == self.root,
            Requirement::Coordinates(purpose) => self.coordinates(signer, purpose),
            Requirement::EveryNamed => {
                let named = self.named(act);
                let every = named.iter().all(|named| self.coordinates(signer, *named));
                every && self.coordinates_any(signer)
            }
            Requirement::OneNamed => {
                let named = self.named(act);
                named.iter().any(|named| self.coordinates(signer, *named))
            }
        };
        if may { Ok(()) } else { Err(Reason::Signer) }
    }

    /// The purposes that an act names.
    fn named(&self, act: &Act) -> Vec<Purpose> {
        let of_roles = |roles: &[Role]| roles.iter().map(|role| role.purpose()).collect();
        match act {
            Act::Invite(invite) => of_roles(&invite.roles),
            Act::InviteEnd(end) => self
                .invitation(&end.id)
                .map(|invitation| of_roles(&invitation.invite.roles))
                .unwrap_or_default(),
            Act::DeviceAdd(add) => {
                let roles = add.devices.iter().flat_map(|added| &added.device.roles);
                roles.map(|role| role.purpose()).collect()
            }
            Act::DeviceRemove(remove) => {
                let devices = remove.removed.iter().map(|removed| &removed.device);
                devices
                    .flat_map(|device| self.coordinated_by(device))
                    .collect()
            }
            Act::EpochNew(new) => {
                let begin = new.epochs.iter().map(|epoch| epoch.public.purpose);
                let end = new.ends.iter().map(|end| end.purpose);
                begin.chain(end).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The purposes that a member coordinates.
    pub(super) fn coordinated_by(&self, device: &DevicePublic) -> Vec<Purpose> {
        let coordinates = |purpose: &Purpose| self.coordinates(device, *purpose);
        Purpose::ALL.into_iter().filter(coordinates).collect()
    }

    pub(super) fn coordinates_any(&self, device: &DevicePublic) -> bool {
        !self.coordinated_by(device).is_empty()
    }
}
