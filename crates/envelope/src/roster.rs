//! The roster: who is a member with which role, which keys hold, how far each campaign is.
//!
//! Not here: where the acts lie, and which relay they came from. Every reader that takes the same acts
//! holds the same state, whoever signed them.

mod apply;
mod check;
mod check_devices;
mod next;
mod opened;
mod question;
mod recover;
mod rule;
mod state;

pub use next::{Admission, NewInvite, NextAct};
pub use opened::{BadWrap, Opened, RegionSecret};
pub use recover::Recovered;
pub use rule::{RULES, Reason, Requirement, Rule};
pub use state::{Campaign, Device, Epoch, Invitation, Removal};

use crate::act::{Act, FormPublish, MAX_ACTS, RECOVER, Release, SettingsPublish, SignedAct};
use crate::genesis::RegionForm;
use crate::keys::{DevicePublic, EncryptionPublic};
use crate::wrap::SettingsWraps;
use crate::{ActHash, EnvelopeError, Genesis, Purpose, RegionId};
use std::collections::BTreeMap;
use veldpost_domain::CampaignId;

/// At most this many devices are members at once.
pub const MAX_MEMBERS: usize = 2_000;
/// At most this many members coordinate one purpose.
pub const MAX_COORDINATORS: usize = 32;
/// At most this many invitations are open at once.
pub const MAX_OPEN_INVITATIONS: usize = 200;

/// A verified roster, from genesis to its head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    region: RegionId,
    form: RegionForm,
    /// The genesis's `RRK`: what every wrap's `aad` names, whatever came later.
    founding_root: DevicePublic,
    /// The newest `RRK` and `RSK`, and those that a recovery replaced.
    root: DevicePublic,
    recovery: EncryptionPublic,
    former: Vec<(DevicePublic, EncryptionPublic)>,
    hashes: Vec<ActHash>,
    heights: BTreeMap<ActHash, u64>,
    devices: BTreeMap<DevicePublic, Device>,
    epochs: BTreeMap<(Purpose, u64), Epoch>,
    settings_keys: BTreeMap<u64, SettingsWraps>,
    invitations: BTreeMap<[u8; 16], Invitation>,
    campaigns: BTreeMap<CampaignId, Campaign>,
    settings: Option<SettingsPublish>,
    forms: Vec<FormPublish>,
    release: Option<Release>,
    without_effect: Vec<(u64, Reason)>,
    /// An act of an unknown kind, or one that names what is not known, was signed by a coordinator.
    newer: bool,
}

/// What became of an act that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is the new head, and has its effect.
    Applied,
    /// It is the new head, and a rule does not hold: kept, shown to coordinators.
    WithoutEffect(Reason),
    /// It is the new head, of a kind that a newer version knows.
    Unknown,
    /// It was held already.
    Held,
    /// Another one stands at its height: that one stays, this one is kept as proof and shown.
    Fork,
}

/// What the act that is looked at was signed with.
#[derive(Clone, Copy, Debug)]
struct Signing {
    signer: DevicePublic,
    height: u64,
    at: i64,
}

/// An act that hangs on the head, decoded when it has its effect.
struct Next {
    hash: ActHash,
    signing: Signing,
    act: Option<Act>,
}

impl Roster {
    /// Begins with what genesis says.
    #[must_use]
    pub fn new(genesis: &Genesis) -> Self {
        let mut roster = Self {
            region: genesis.region,
            form: genesis.form,
            founding_root: genesis.root,
            root: genesis.root,
            recovery: genesis.recovery,
            former: Vec::new(),
            hashes: vec![genesis.head()],
            heights: BTreeMap::from([(genesis.head(), 0)]),
            devices: BTreeMap::new(),
            epochs: BTreeMap::new(),
            settings_keys: BTreeMap::new(),
            invitations: BTreeMap::new(),
            campaigns: BTreeMap::new(),
            settings: None,
            forms: Vec::new(),
            release: None,
            without_effect: Vec::new(),
            newer: false,
        };
        for device in &genesis.devices {
            roster.admit(device, 0);
        }
        for epoch in &genesis.epochs {
            roster.begin_epoch(epoch, 0);
        }
        roster.add_settings(&genesis.settings);
        roster
    }

    /// Takes the next act. When it is refused nothing has changed, and nothing behind it can be
    /// taken either.
    ///
    /// # Errors
    /// `Newer` when only an update can tell whether the act holds: use what stands before. Any other:
    /// the chain is broken here, which is to be shown.
    pub fn take(&mut self, act: &[u8]) -> Result<Taken, EnvelopeError> {
        let (taken, next) = self.weigh(act)?;
        let Some(Next { hash, signing, act }) = next else {
            return Ok(taken);
        };
        let asks_for_update = match taken {
            Taken::Unknown => true,
            Taken::WithoutEffect(reason) => {
                self.without_effect.push((signing.height, reason));
                reason == Reason::Newer && self.coordinates_any(&signing.signer)
            }
            _ => false,
        };
        self.newer |= asks_for_update;
        if let Some(act) = act {
            self.apply(act, signing);
        }
        self.heights.insert(hash, signing.height);
        self.hashes.push(hash);
        Ok(taken)
    }

    /// What would become of an act, without taking it: a relay refuses what would have no effect.
    ///
    /// # Errors
    /// As [`Roster::take`].
    pub fn judge(&self, act: &[u8]) -> Result<Taken, EnvelopeError> {
        self.weigh(act).map(|(taken, _)| taken)
    }

    fn weigh(&self, act: &[u8]) -> Result<(Taken, Option<Next>), EnvelopeError> {
        let signed = SignedAct::open(act).map_err(|problem| self.broken(problem))?;
        if self.contains(&signed.hash) {
            return Ok((Taken::Held, None));
        }
        if signed.head.region != Some(self.region) {
            return Err(self.broken(EnvelopeError::Forged("region")));
        }
        if signed.head.height < self.length() {
            return self.fork(&signed).map(|fork| (fork, None));
        }
        self.follows(&signed)
            .map_err(|problem| self.broken(problem))?;
        let signing = Signing {
            signer: signed.signer,
            height: signed.head.height,
            at: signed.head.at,
        };
        let (taken, act) = match signed.decode() {
            Ok(Act::Unknown(_)) if self.coordinates_any(&signing.signer) => (Taken::Unknown, None),
            Ok(act) => match self.check(&act, signing) {
                Ok(()) => (Taken::Applied, Some(act)),
                Err(reason) => (Taken::WithoutEffect(reason), None),
            },
            Err(problem) => (Taken::WithoutEffect(problem.into()), None),
        };
        let hash = signed.hash;
        Ok((taken, Some(Next { hash, signing, act })))
    }

    /// The chain: what must hold of an act of any kind.
    fn follows(&self, signed: &SignedAct<'_>) -> Result<(), EnvelopeError> {
        if signed.head.height != self.length() {
            return Err(EnvelopeError::Forged("height"));
        }
        if signed.head.height >= MAX_ACTS {
            return Err(EnvelopeError::TooLarge("roster"));
        }
        if signed.head.prev != Some(self.head()) {
            return Err(EnvelopeError::Forged("the act before"));
        }
        let may_sign = if signed.head.kind == RECOVER {
            signed.signer == self.root
        } else {
            self.member(&signed.signer)
        };
        if may_sign {
            Ok(())
        } else {
            Err(EnvelopeError::Forged("not a member's act"))
        }
    }

    /// An act at a height that is held: proof against its signer or the relay, when it was a member's.
    fn fork(&self, signed: &SignedAct<'_>) -> Result<Taken, EnvelopeError> {
        let before = signed.head.height.checked_sub(1);
        let by_member = before.is_some_and(|before| self.member_at_height(before, &signed.signer));
        let by_kit = signed.head.kind == RECOVER
            && (signed.signer == self.root
                || self.former.iter().any(|(root, _)| *root == signed.signer));
        if by_member || by_kit {
            Ok(Taken::Fork)
        } else {
            Err(self.broken(EnvelopeError::Forged("not a member's act")))
        }
    }

    /// After an act that this version does not know, one that seems broken may be right.
    fn broken(&self, problem: EnvelopeError) -> EnvelopeError {
        if self.newer {
            EnvelopeError::Newer("an act before this one")
        } else {
            problem
        }
    }
}
