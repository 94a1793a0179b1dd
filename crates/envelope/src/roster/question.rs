//! What a roster is asked.
//!
//! Not here: opening what it holds (`opened`).

use super::{Campaign, Device, Epoch, Invitation, Reason, Roster};
use crate::act::{FormPublish, Release, SettingsPublish, Snapshot, Stage};
use crate::genesis::{RegionForm, Role};
use crate::keys::{DevicePublic, EncryptionPublic, EpochPublic};
use crate::wrap::SettingsWraps;
use crate::{ActHash, EntryHash, ObjectHash, Purpose, RecoveryKit, RegionId};
use std::collections::BTreeSet;
use veldpost_domain::{CampaignId, StreamId};

impl Roster {
    /// The region.
    #[must_use]
    pub fn region(&self) -> RegionId {
        self.region
    }

    /// What it was founded as.
    #[must_use]
    pub fn form(&self) -> RegionForm {
        self.form
    }

    /// Hash of the newest act.
    #[must_use]
    pub fn head(&self) -> ActHash {
        self.hashes
            .last()
            .copied()
            .unwrap_or(ActHash(self.region.0))
    }

    /// Height of the newest act: 0 with genesis alone.
    #[must_use]
    pub fn height(&self) -> u64 {
        self.length().saturating_sub(1)
    }

    /// Height of the act that comes next.
    pub(super) fn length(&self) -> u64 {
        self.hashes.len() as u64
    }

    /// Whether this act is in it.
    #[must_use]
    pub fn contains(&self, act: &ActHash) -> bool {
        self.heights.contains_key(act)
    }

    /// At which height an act stands.
    #[must_use]
    pub fn height_of(&self, act: &ActHash) -> Option<u64> {
        self.heights.get(act).copied()
    }

    /// The act at a height.
    #[must_use]
    pub fn act_at(&self, height: u64) -> Option<ActHash> {
        self.hashes.get(usize::try_from(height).ok()?).copied()
    }

    /// The newest `RRK`.
    #[must_use]
    pub fn root(&self) -> DevicePublic {
        self.root
    }

    /// The newest `RSK`: new epochs are sealed to it.
    #[must_use]
    pub fn recovery(&self) -> EncryptionPublic {
        self.recovery
    }

    /// Whether this kit recovers the region today; one that a recovery replaced does not.
    #[must_use]
    pub fn is_kit(&self, kit: &RecoveryKit) -> bool {
        kit.region() == self.region
            && kit.root().public() == self.root
            && kit.recovery().public() == self.recovery
    }

    /// Whether a device is a member.
    #[must_use]
    pub fn member(&self, device: &DevicePublic) -> bool {
        self.member_at_height(self.height(), device)
    }

    pub(super) fn member_at_height(&self, height: u64, device: &DevicePublic) -> bool {
        self.devices
            .get(device)
            .is_some_and(|device| device.member_at(height))
    }

    /// A device that is or was a member.
    #[must_use]
    pub fn device(&self, device: &DevicePublic) -> Option<&Device> {
        self.devices.get(device)
    }

    /// Whether an act that removed a device says how far that stream counts.
    #[must_use]
    pub fn removal_names(&self, stream: &StreamId) -> bool {
        let removals = self.devices.values().flat_map(|device| &device.removals);
        let mut heads = removals.flat_map(|removal| &removal.streams);
        heads.any(|head| head.stream == *stream)
    }

    /// Everybody who is a member, by key.
    pub fn members(&self) -> impl Iterator<Item = (&DevicePublic, &Device)> {
        self.devices
            .iter()
            .filter(|(_, device)| device.removed_at.is_none())
    }

    /// A member's roles; none for anybody else.
    #[must_use]
    pub fn roles(&self, device: &DevicePublic) -> Vec<Role> {
        self.roles_at_height(self.height(), device)
    }

    /// Its roles when `act` was the head: an entry names its own. None when the act is not held.
    #[must_use]
    pub fn roles_at(&self, act: &ActHash, device: &DevicePublic) -> Option<Vec<Role>> {
        let height = self.height_of(act)?;
        Some(self.roles_at_height(height, device))
    }

    fn roles_at_height(&self, height: u64, device: &DevicePublic) -> Vec<Role> {
        let device = self.devices.get(device);
        device.map_or_else(Vec::new, |device| device.roles_at(height))
    }

    /// Whether a member coordinates a purpose.
    #[must_use]
    pub fn coordinates(&self, device: &DevicePublic, purpose: Purpose) -> bool {
        self.devices
            .get(device)
            .is_some_and(|device| coordinates(device, purpose))
    }

    /// Whether it did when `act` was the head; no when the act is not held.
    #[must_use]
    pub fn coordinated_at(&self, act: &ActHash, device: &DevicePublic, purpose: Purpose) -> bool {
        self.roles_at(act, device)
            .is_some_and(|roles| roles.contains(&Role::Coordinator(purpose)))
    }

    /// Members who coordinate a purpose.
    pub fn coordinators(&self, purpose: Purpose) -> impl Iterator<Item = (&DevicePublic, &Device)> {
        self.devices
            .iter()
            .filter(move |(_, device)| coordinates(device, purpose))
    }

    /// Two members at least coordinate the count.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.coordinators(Purpose::Count).nth(1).is_some()
    }

    /// The letterbox of a purpose that is used now.
    #[must_use]
    pub fn epoch(&self, purpose: Purpose) -> Option<EpochPublic> {
        let (_, newest) = self.epochs(purpose).next_back()?;
        Some(newest.sealed.public)
    }

    /// Every epoch of a purpose with its number, from the first.
    pub fn epochs(&self, purpose: Purpose) -> impl DoubleEndedIterator<Item = (u64, &Epoch)> {
        self.epochs
            .range((purpose, 0)..=(purpose, u64::MAX))
            .map(|((_, number), epoch)| (*number, epoch))
    }

    /// The number of the newest settings key.
    #[must_use]
    pub fn settings_number(&self) -> u64 {
        self.settings_keys
            .last_key_value()
            .map_or(0, |(number, _)| *number)
    }

    /// Every settings key with its wraps, from the first.
    pub fn settings_keys(&self) -> impl Iterator<Item = &SettingsWraps> {
        self.settings_keys.values()
    }

    /// Members whom no act gave the newest settings key yet.
    pub fn without_settings_key(&self) -> impl Iterator<Item = (&DevicePublic, &Device)> {
        let newest = self.settings_keys.last_key_value();
        let given: BTreeSet<_> = newest
            .into_iter()
            .flat_map(|(_, key)| &key.wraps)
            .map(|wrap| wrap.recipient)
            .collect();
        self.members()
            .filter(move |(_, device)| !given.contains(&device.encryption))
    }

    /// An invitation, ended or not.
    #[must_use]
    pub fn invitation(&self, id: &[u8; 16]) -> Option<&Invitation> {
        self.invitations.get(id)
    }

    /// Every invitation, ended or not, by id.
    pub fn invitations(&self) -> impl Iterator<Item = &Invitation> {
        self.invitations.values()
    }

    /// How far a campaign is.
    #[must_use]
    pub fn campaign(&self, campaign: &CampaignId) -> Campaign {
        self.campaigns.get(campaign).copied().unwrap_or_default()
    }

    /// The stage of a campaign; none before its first act.
    #[must_use]
    pub fn stage(&self, campaign: &CampaignId) -> Option<Stage> {
        self.campaign(campaign).stage
    }

    /// The campaign that people are counted for, for who cannot read yet what the region calls them: the one that is open, else the
    /// one in grace. None where there is none, or more than one.
    #[must_use]
    pub fn counted_campaign(&self) -> Option<CampaignId> {
        let at = |stage: Stage| {
            let all = self.campaigns.iter();
            all.filter(move |(_, campaign)| campaign.stage == Some(stage))
        };
        let mut stages = [Stage::Open, Stage::Grace].into_iter();
        let mut counted = at(stages.find(|stage| at(*stage).next().is_some())?);
        let (id, _) = counted.next()?;
        counted.next().is_none().then_some(*id)
    }

    /// Every checkpoint that locked a campaign, and who locked it.
    pub fn locked(&self) -> impl Iterator<Item = ([u8; 32], DevicePublic)> {
        let campaigns = self.campaigns.values();
        campaigns.filter_map(|campaign| campaign.locked_by.zip(campaign.locker))
    }

    /// Whether an act *locked* with effect names a checkpoint of its own signer: it stays one, whatever that signer became
    /// since.
    #[must_use]
    pub fn locks(&self, checkpoint: &ObjectHash, signer: &DevicePublic) -> bool {
        self.locked()
            .any(|(hash, locker)| hash == checkpoint.0 && locker == *signer)
    }

    /// The newest snapshot of a campaign.
    #[must_use]
    pub fn snapshot(&self, campaign: &CampaignId) -> Option<Snapshot> {
        self.campaign(campaign).snapshot
    }

    /// The newest snapshot of every campaign that has one.
    pub fn snapshots(&self) -> impl Iterator<Item = Snapshot> {
        let campaigns = self.campaigns.values();
        campaigns.filter_map(|campaign| campaign.snapshot)
    }

    /// The settings that hold.
    #[must_use]
    pub fn settings(&self) -> Option<&SettingsPublish> {
        self.settings.as_ref()
    }

    /// Every form that was published, the newest last.
    #[must_use]
    pub fn forms(&self) -> &[FormPublish] {
        &self.forms
    }

    /// The newest release of the app: to be shown, never acted on.
    #[must_use]
    pub fn release(&self) -> Option<&Release> {
        self.release.as_ref()
    }

    /// Acts that are kept without effect: height and reason, to be shown to coordinators.
    #[must_use]
    pub fn without_effect(&self) -> &[(u64, Reason)] {
        &self.without_effect
    }

    /// Whether a coordinator signed something that only an update can read.
    #[must_use]
    pub fn is_newer(&self) -> bool {
        self.newer
    }

    /// Of a removed device, the head up to which a stream still counts; none when nothing of it does.
    /// `purpose_of` knows streams by their `stream-open`.
    #[must_use]
    pub fn counts_up_to(
        &self,
        device: &DevicePublic,
        stream: StreamId,
        purpose_of: impl Fn(StreamId) -> Option<Purpose>,
    ) -> Option<(u64, EntryHash)> {
        self.devices.get(device)?.counts_up_to(stream, purpose_of)
    }
}

fn coordinates(device: &Device, purpose: Purpose) -> bool {
    let role = Role::Coordinator(purpose);
    device.removed_at.is_none() && device.grants.iter().any(|(_, granted)| *granted == role)
}
