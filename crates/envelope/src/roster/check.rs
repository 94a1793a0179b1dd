//! What must hold of each kind of act beside its signer's right.
//!
//! Not here: acts that change who is a member (`check_devices`).

use super::{MAX_OPEN_INVITATIONS, Reason, Roster, Signing};
use crate::Purpose;
use crate::act::{Act, EpochNew, Invite, InviteForm, Snapshot, Stage, StageChange};
use crate::genesis::RegionForm;
use crate::keys::EncryptionPublic;
use crate::wrap::{EpochWraps, SettingsWraps, Wrap};
use std::collections::BTreeSet;

/// An invitation lives at most this long, in milliseconds.
const MAX_INVITATION_MS: i64 = 90 * 24 * 60 * 60 * 1000;
/// At most this many devices come by one invitation.
const MAX_USES: u64 = 1_000;

impl Roster {
    /// Whether an act that hangs on the head may have its effect.
    pub(super) fn check(&self, act: &Act, signing: Signing) -> Result<(), Reason> {
        self.may_sign(act, signing)?;
        match act {
            Act::Invite(invite) => self.check_invite(invite, signing),
            Act::DeviceAdd(add) => self.check_device_add(add),
            Act::DeviceRemove(remove) => self.check_device_remove(remove, signing),
            Act::EpochNew(new) => self.check_epoch_new(new),
            Act::Stage(change) => self.check_stage(change),
            Act::Snapshot(snapshot) => self.check_snapshot(snapshot),
            Act::Recover(recover) => self.check_recover(recover),
            // Nothing but the signer's right.
            Act::FormPublish(_) | Act::Settings(_) | Act::Release(_) | Act::InviteEnd(_) => Ok(()),
            Act::Unknown(_) => Err(Reason::Signer),
        }
    }

    pub(super) fn check_not_practice(&self) -> Result<(), Reason> {
        unless(self.form == RegionForm::Practice, Reason::Practice)
    }

    fn check_invite(&self, invite: &Invite, signing: Signing) -> Result<(), Reason> {
        self.check_not_practice()?;
        let group = invite.form != InviteForm::Single;
        let uses = if group { 2..=MAX_USES } else { 1..=1 };
        unless(!uses.contains(&invite.uses), Reason::Uses)?;
        let of_the_field = invite.roles.iter().all(|role| role.is_of_the_field());
        unless(group && !of_the_field, Reason::GroupRoles)?;
        let last = signing.at.saturating_add(MAX_INVITATION_MS);
        unless(invite.ends > last, Reason::Ends)?;
        unless(
            self.invitations.contains_key(&invite.id),
            Reason::Invitation,
        )?;
        let open = self.invitations.values();
        let open = open.filter(|invitation| invitation.is_open(signing.at));
        unless(open.count() >= MAX_OPEN_INVITATIONS, Reason::Limit)
    }

    fn check_epoch_new(&self, new: &EpochNew) -> Result<(), Reason> {
        let purposes: Vec<_> = new
            .epochs
            .iter()
            .map(|epoch| epoch.public.purpose)
            .collect();
        let change = self.no_change();
        self.check_next_epochs(&new.epochs, &purposes, |purpose| {
            self.readers(purpose, &change)
        })?;
        if let Some(settings) = &new.settings {
            let members = self.keys_after(&change);
            if settings.number == self.settings_number() {
                recipients_among(&settings.wraps, &members)?;
            } else {
                self.check_next_settings(settings, members, self.recovery)?;
            }
        }
        let mut ended = BTreeSet::new();
        for end in &new.ends {
            let newest = self.epoch(end.purpose).map_or(0, |newest| newest.epoch);
            unless(end.epoch == 0 || end.epoch >= newest, Reason::Epochs)?;
            unless(!ended.insert((end.purpose, end.epoch)), Reason::Twice)?;
        }
        Ok(())
    }

    /// Exactly the next epoch of each of these purposes, sealed to exactly those who read it.
    pub(super) fn check_next_epochs(
        &self,
        epochs: &[EpochWraps],
        purposes: &[Purpose],
        readers: impl Fn(Purpose) -> BTreeSet<EncryptionPublic>,
    ) -> Result<(), Reason> {
        let begun: BTreeSet<_> = epochs.iter().map(|epoch| epoch.public.purpose).collect();
        let due: BTreeSet<_> = purposes.iter().copied().collect();
        unless(begun.len() != epochs.len(), Reason::Twice)?;
        unless(begun != due, Reason::Epochs)?;
        for epoch in epochs {
            let purpose = epoch.public.purpose;
            let newest = self.epoch(purpose).map_or(0, |newest| newest.epoch);
            unless(
                newest.checked_add(1) != Some(epoch.public.epoch),
                Reason::Epochs,
            )?;
            let found: BTreeSet<_> = epoch.wraps.iter().map(|wrap| wrap.recipient).collect();
            unless(found.len() != epoch.wraps.len(), Reason::Twice)?;
            unless(found != readers(purpose), Reason::Recipients)?;
        }
        Ok(())
    }

    /// The next settings key, sealed to the kit and to members; those for whom there was no room
    /// get it by a later act.
    pub(super) fn check_next_settings(
        &self,
        settings: &SettingsWraps,
        mut members: BTreeSet<EncryptionPublic>,
        recovery: EncryptionPublic,
    ) -> Result<(), Reason> {
        let next = self.settings_number().checked_add(1);
        unless(next != Some(settings.number), Reason::Settings)?;
        let for_kit = settings.wraps.iter().any(|wrap| wrap.recipient == recovery);
        unless(!for_kit, Reason::Recipients)?;
        members.insert(recovery);
        recipients_among(&settings.wraps, &members)
    }

    fn check_stage(&self, change: &StageChange) -> Result<(), Reason> {
        let campaign = self.campaign(&change.campaign);
        let follows = matches!(
            (campaign.stage, change.stage),
            (None, Stage::Practice | Stage::Open)
                | (Some(Stage::Practice), Stage::Open)
                | (Some(Stage::Open), Stage::Grace | Stage::Locked)
                | (Some(Stage::Grace), Stage::Locked)
                | (Some(Stage::Locked), Stage::Published)
        );
        unless(!follows, Reason::Stage)?;
        let opens = change.stage == Stage::Open;
        unless(opens && !self.is_ready(), Reason::NotReady)?;
        let locks = change.stage == Stage::Locked;
        unless(locks != change.checkpoint.is_some(), Reason::Checkpoint)?;
        let publishes = change.stage == Stage::Published;
        unless(publishes && campaign.snapshot.is_none(), Reason::Snapshot)
    }

    fn check_snapshot(&self, snapshot: &Snapshot) -> Result<(), Reason> {
        let newest = self.snapshot(&snapshot.campaign);
        let newest = newest.map_or(0, |newest| newest.version);
        unless(
            newest.checked_add(1) != Some(snapshot.version),
            Reason::Snapshot,
        )
    }
}

/// Each once, and nobody else.
fn recipients_among(wraps: &[Wrap], may_read: &BTreeSet<EncryptionPublic>) -> Result<(), Reason> {
    let found: BTreeSet<_> = wraps.iter().map(|wrap| wrap.recipient).collect();
    unless(found.len() != wraps.len(), Reason::Twice)?;
    unless(!found.is_subset(may_read), Reason::Recipients)
}

/// The rule holds unless this is so.
pub(super) fn unless(broken: bool, reason: Reason) -> Result<(), Reason> {
    if broken { Err(reason) } else { Ok(()) }
}
