//! What an act does to a roster once its rule holds.
//!
//! Not here: whether it does.

use super::{Device, Epoch, Invitation, Removal, Roster, Signing};
use crate::act::{Act, Added, EpochNew, HeldEpoch, Recover, Removed, StageChange};
use crate::genesis::RosterDevice;
use crate::wrap::{EpochWraps, SettingsWraps};
use crate::{DevicePublic, Purpose};
use std::collections::BTreeSet;

impl Roster {
    pub(super) fn apply(&mut self, act: Act, signing: Signing) {
        let height = signing.height;
        match act {
            Act::Invite(invite) => {
                let invitation = Invitation {
                    invite,
                    signer: signing.signer,
                    height,
                    ended: None,
                    admitted: BTreeSet::new(),
                };
                self.invitations.insert(invitation.invite.id, invitation);
            }
            Act::InviteEnd(end) => {
                if let Some(invitation) = self.invitations.get_mut(&end.id) {
                    invitation.ended = Some(end.why);
                }
            }
            Act::DeviceAdd(add) => {
                for added in &add.devices {
                    self.add(added, height);
                }
            }
            Act::DeviceRemove(remove) => {
                let purposes = self.coordinated_by(&signing.signer);
                for removed in remove.removed {
                    self.remove(removed, &purposes, height);
                }
                for epoch in &remove.epochs {
                    self.begin_epoch(epoch, height);
                }
                self.add_settings(&remove.settings);
            }
            Act::EpochNew(new) => self.renew(new, height),
            Act::FormPublish(form) => self.forms.push(form),
            Act::Stage(change) => self.change_stage(change, signing.signer),
            Act::Settings(settings) => self.settings = Some(settings),
            Act::Release(release) => self.release = Some(release),
            Act::Snapshot(snapshot) => {
                let campaign = self.campaigns.entry(snapshot.campaign).or_default();
                campaign.snapshot = Some(snapshot);
            }
            Act::Recover(recover) => self.recovered(*recover, height),
            // Kept elsewhere, without effect.
            Act::Unknown(_) => {}
        }
    }

    fn renew(&mut self, new: EpochNew, height: u64) {
        for epoch in &new.epochs {
            self.begin_epoch(epoch, height);
        }
        if let Some(settings) = &new.settings {
            self.add_settings(settings);
        }
        for end in new.ends {
            if let Some(epoch) = self.epochs.get_mut(&(end.purpose, end.epoch)) {
                epoch.ended = Some(end.open);
            }
        }
    }

    fn change_stage(&mut self, change: StageChange, signer: DevicePublic) {
        let campaign = self.campaigns.entry(change.campaign).or_default();
        campaign.stage = Some(change.stage);
        if campaign.locked_by.is_none() && change.checkpoint.is_some() {
            campaign.locked_by = change.checkpoint;
            campaign.locker = Some(signer);
        }
    }

    fn recovered(&mut self, recover: Recover, height: u64) {
        for removed in recover.removed {
            self.remove(removed, &Purpose::ALL, height);
        }
        for epoch in &recover.epochs {
            self.begin_epoch(epoch, height);
        }
        self.add_settings(&recover.settings);
        self.add(&recover.device, height);
        recover.older.iter().for_each(|held| self.hand_out(held));
        self.former.push((self.root, self.recovery));
        self.root = recover.root;
        self.recovery = recover.recovery;
    }

    fn add(&mut self, added: &Added, height: u64) {
        self.admit(&added.device, height);
        let device = added.device.signing;
        if let Some(id) = added.invitation {
            if let Some(invitation) = self.invitations.get_mut(&id) {
                invitation.admitted.insert(device);
            }
            if let Some(device) = self.devices.get_mut(&device)
                && !device.invitations.contains(&id)
            {
                device.invitations.push(id);
            }
        }
        added.epochs.iter().for_each(|held| self.hand_out(held));
        for held in &added.settings {
            if let Some(key) = self.settings_keys.get_mut(&held.number) {
                key.wraps.push(held.wrap.clone());
            }
        }
    }

    /// Makes a device a member, or gives it the roles that it has not.
    pub(super) fn admit(&mut self, device: &RosterDevice, height: u64) {
        let known = self
            .devices
            .entry(device.signing)
            .or_insert_with(|| Device {
                encryption: device.encryption,
                added_at: height,
                removed_at: None,
                invitations: Vec::new(),
                removals: Vec::new(),
                grants: Vec::new(),
            });
        for role in &device.roles {
            if !known.grants.iter().any(|(_, granted)| granted == role) {
                known.grants.push((height, *role));
            }
        }
    }

    fn remove(&mut self, removed: Removed, purposes: &[Purpose], height: u64) {
        if let Some(device) = self.devices.get_mut(&removed.device) {
            device.removed_at.get_or_insert(height);
            device.removals.push(Removal {
                height,
                why: removed.why,
                purposes: purposes.to_vec(),
                streams: removed.streams,
            });
        }
    }

    pub(super) fn begin_epoch(&mut self, epoch: &EpochWraps, height: u64) {
        let name = (epoch.public.purpose, epoch.public.epoch);
        self.epochs.entry(name).or_insert_with(|| Epoch {
            sealed: epoch.clone(),
            began_at: height,
            ended: None,
        });
    }

    fn hand_out(&mut self, held: &HeldEpoch) {
        if let Some(epoch) = self.epochs.get_mut(&(held.purpose, held.epoch)) {
            epoch.sealed.wraps.push(held.wrap.clone());
        }
    }

    pub(super) fn add_settings(&mut self, settings: &SettingsWraps) {
        self.settings_keys
            .entry(settings.number)
            .or_insert_with(|| SettingsWraps {
                number: settings.number,
                wraps: Vec::new(),
            })
            .wraps
            .extend(settings.wraps.iter().cloned());
    }
}
