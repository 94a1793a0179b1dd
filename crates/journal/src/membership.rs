//! What the roster says of this device, as one row: a locked device then needs no roster to seal, and a start is short.
//!
//! Not here: reading a roster (`veldpost-envelope`) and keeping it (`veldpost-sync`).

use crate::JournalError;
use crate::rows::Membership;
use veldpost_domain::CampaignId;
use veldpost_envelope::act::Stage;
use veldpost_envelope::genesis::{Genesis, RegionForm, Role};
use veldpost_envelope::{DevicePublic, Purpose, Roster};

impl Membership {
    /// Of a device that genesis names, on this device alone.
    ///
    /// # Errors
    /// `Damaged` when it does not.
    pub fn founding(genesis: &Genesis, me: &DevicePublic) -> Result<Self, JournalError> {
        const DAMAGED: JournalError = JournalError::Damaged("genesis");
        let device = genesis.devices.iter().find(|known| known.signing == *me);
        let device = device.ok_or(DAMAGED)?;
        let epoch = genesis.epoch(Purpose::Count).map_err(|_| DAMAGED)?.public;
        Ok(Self {
            region: genesis.region.0,
            form: u8::try_from(genesis.form.code()).map_err(|_| DAMAGED)?,
            relay: None,
            head: genesis.head().0,
            height: 0,
            epoch: epoch.epoch,
            letterbox: epoch.key.0,
            recovery: genesis.recovery.0,
            device: device.encryption.0,
            roles: codes(&device.roles),
            invitation: None,
            group: false,
            member: true,
            removed: false,
            ready: false,
            stage: None,
            seen: None,
            desk: false,
            organisation: None,
        })
    }

    /// The same device, now that the roster says this.
    #[must_use]
    pub fn moved(&self, roster: &Roster, me: &DevicePublic, campaign: &CampaignId) -> Self {
        let known = roster.device(me);
        let epoch = roster.epoch(Purpose::Count);
        let invitation = self.invitation.and_then(|id| roster.invitation(&id));
        Self {
            head: roster.head().0,
            height: roster.height(),
            epoch: epoch.map_or(self.epoch, |epoch| epoch.epoch),
            letterbox: epoch.map_or(self.letterbox, |epoch| epoch.key.0),
            recovery: roster.recovery().0,
            // What an invitation promises holds until the device is admitted.
            roles: match known {
                Some(_) => codes(&roster.roles(me)),
                None => self.roles.clone(),
            },
            member: roster.member(me),
            removed: known.is_some_and(|known| known.removed_at.is_some()),
            organisation: invitation.map_or(self.organisation, |known| {
                known.invite.organisation.map(|id| id.0)
            }),
            ready: roster.is_ready(),
            stage: roster
                .stage(campaign)
                .and_then(|stage| u8::try_from(stage.code()).ok()),
            ..self.clone()
        }
    }

    /// Whether there is a relay, and others.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.relay.is_some()
    }

    /// Whether it is a region of one that never left its device: its own coordinator, who folds.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        !self.is_shared() && u64::from(self.form) != RegionForm::Shared.code()
    }

    /// Whether this device has a role.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.roles
            .iter()
            .any(|code| u64::from(*code) == role.code())
    }

    /// Whether it reads and judges what comes in for a purpose.
    #[must_use]
    pub fn coordinates(&self, purpose: Purpose) -> bool {
        self.member && self.has(Role::Coordinator(purpose))
    }

    /// How far the campaign is; none where nobody said.
    #[must_use]
    pub fn stage(&self) -> Option<Stage> {
        Stage::from_code(self.stage?.into()).ok()
    }

    /// Whether people may be counted: until a campaign is open, others than a region of one practise. Whoever let one
    /// grow goes on with the count that was under way, until a second coordinator is in.
    #[must_use]
    pub fn only_practises(&self) -> bool {
        let begins = matches!(self.stage(), None | Some(Stage::Practice));
        self.is_shared() && begins && !self.goes_on_alone()
    }

    fn goes_on_alone(&self) -> bool {
        let grown = u64::from(self.form) == RegionForm::OfOne.code();
        grown && self.invitation.is_none() && !self.ready
    }
}

fn codes(roles: &[Role]) -> Vec<u32> {
    let codes = roles.iter().map(|role| role.code());
    codes.filter_map(|code| u32::try_from(code).ok()).collect()
}
