//! What a roster holds of a device, an epoch, an invitation and a campaign.
//!
//! Not here: how acts change it.

use crate::act::{EndReason, Invite, RemovalReason, Snapshot, Stage, StreamHead};
use crate::genesis::Role;
use crate::keys::{DevicePublic, EncryptionPublic};
use crate::wrap::EpochWraps;
use crate::{EntryHash, Purpose};
use std::collections::BTreeSet;
use veldpost_domain::StreamId;

/// A device that is or was a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Is sealed to.
    pub encryption: EncryptionPublic,
    /// Height of the act that made it a member.
    pub added_at: u64,
    /// Height of the act that removed it.
    pub removed_at: Option<u64>,
    /// Invitations that it came by: of each act that added it, where one was named.
    pub invitations: Vec<[u8; 16]>,
    /// Each act that removed it, in their order.
    pub removals: Vec<Removal>,
    /// Each role, with the height of the act that gave it.
    pub(super) grants: Vec<(u64, Role)>,
}

/// One act's removal of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// Height of the act.
    pub height: u64,
    /// Why.
    pub why: RemovalReason,
    /// Purposes that its signer coordinated: of streams of others it says nothing.
    pub purposes: Vec<Purpose>,
    /// How far streams still count.
    pub streams: Vec<StreamHead>,
}

impl Device {
    /// Whether it was a member when the act of that height was the head.
    #[must_use]
    pub fn member_at(&self, height: u64) -> bool {
        self.added_at <= height && self.removed_at.is_none_or(|removed| height < removed)
    }

    /// Its roles when the act of that height was the head; none when it was no member then.
    #[must_use]
    pub fn roles_at(&self, height: u64) -> Vec<Role> {
        let member = self.member_at(height);
        self.grants
            .iter()
            .filter(|(granted, _)| member && *granted <= height)
            .map(|(_, role)| *role)
            .collect()
    }

    /// Of a removed device, the head up to which one of its streams still counts: what the first
    /// removal that names a stream of that purpose says of this one. `purpose_of` knows streams by
    /// their `stream-open`.
    #[must_use]
    pub fn counts_up_to(
        &self,
        stream: StreamId,
        purpose_of: impl Fn(StreamId) -> Option<Purpose>,
    ) -> Option<(u64, EntryHash)> {
        let purpose = purpose_of(stream)?;
        let of_purpose = |head: &&StreamHead| purpose_of(head.stream) == Some(purpose);
        let decides = self
            .removals
            .iter()
            .filter(|removal| removal.purposes.contains(&purpose))
            .find(|removal| removal.streams.iter().any(|head| of_purpose(&head)))?;
        decides
            .streams
            .iter()
            .find(|head| head.stream == stream)
            .map(|head| (head.seq, head.hash))
    }
}

/// One epoch of a purpose, with every wrap that an act brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epoch {
    /// The letterbox and the wraps of its secret.
    pub sealed: EpochWraps,
    /// Height of the act that began it.
    pub began_at: u64,
    /// Once it ended: devices of which a stream's head had no receipt.
    pub ended: Option<Vec<DevicePublic>>,
}

/// An invitation, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// What was signed.
    pub invite: Invite,
    /// Who signed it.
    pub signer: DevicePublic,
    /// Height of that act.
    pub height: u64,
    /// Why it ended, by the latest act that says so.
    pub ended: Option<EndReason>,
    /// Devices that were admitted by it.
    pub admitted: BTreeSet<DevicePublic>,
}

impl Invitation {
    /// Whether somebody may still join by it at that time, as far as the roster tells.
    #[must_use]
    pub fn is_open(&self, at: i64) -> bool {
        self.ended.is_none()
            && at < self.invite.ends
            && (self.admitted.len() as u64) < self.invite.uses
    }
}

/// How far a campaign is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Campaign {
    /// Its stage; none while there is only a snapshot.
    pub stage: Option<Stage>,
    /// The checkpoint that says what was in time, once it was locked.
    pub locked_by: Option<[u8; 32]>,
    /// Who signed the act that names it.
    pub locker: Option<DevicePublic>,
    /// Its newest snapshot.
    pub snapshot: Option<Snapshot>,
}
