//! A roster from 0, as a newcomer reads it, and whether the invitation in it is the link's.
//!
//! Not here: asking for it.

use super::EnrolProblem;
use veldpost_envelope::act::{EndReason, SignedAct};
use veldpost_envelope::genesis::RegionForm;
use veldpost_envelope::invitation::InviteFields;
use veldpost_envelope::roster::{Invitation, Taken};
use veldpost_envelope::wire::RosterAnswer;
use veldpost_envelope::{DevicePublic, EnvelopeError, Genesis, InvitationKeys, RegionId, Roster};

/// A roster, as far as it was read and verified.
pub(super) struct Reading {
    region: RegionId,
    pub roster: Option<Roster>,
    /// Its acts as signed, from genesis on.
    pub acts: Vec<Vec<u8>>,
    /// What stands behind is for a newer version.
    newer: bool,
}

/// How far an answer brought it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// Up to the relay's head, or as far as this version reads.
    Whole,
    /// There is more to ask for.
    More,
    /// It brought nothing, though there is more.
    Nothing,
}

impl Reading {
    pub fn new(region: RegionId) -> Self {
        Self {
            region,
            roster: None,
            acts: Vec::new(),
            newer: false,
        }
    }

    /// Takes the acts of an answer, which begin where the last one ended.
    pub fn take(&mut self, answer: &RosterAnswer<'_>) -> Result<Read, EnrolProblem> {
        let before = self.acts.len();
        for act in &answer.acts {
            self.take_one(act)?;
            if self.newer {
                return Ok(Read::Whole);
            }
        }
        let Some(roster) = &self.roster else {
            return Ok(Read::Nothing);
        };
        if roster.height() < answer.head.height {
            let brought = self.acts.len() > before;
            return Ok(if brought { Read::More } else { Read::Nothing });
        }
        if roster.act_at(answer.head.height) == Some(answer.head.head) {
            Ok(Read::Whole)
        } else {
            Err(EnrolProblem::RosterBroken)
        }
    }

    fn take_one(&mut self, act: &[u8]) -> Result<(), EnrolProblem> {
        let Some(roster) = &mut self.roster else {
            self.roster = Some(begin(act, &self.region)?);
            self.acts.push(act.to_vec());
            return Ok(());
        };
        match roster.take(act) {
            Ok(Taken::Applied | Taken::WithoutEffect(_) | Taken::Unknown) => {
                self.acts.push(act.to_vec());
            }
            Ok(Taken::Held) => {}
            Err(EnvelopeError::Newer(_)) => self.newer = true,
            Ok(Taken::Fork) | Err(_) => return Err(EnrolProblem::RosterBroken),
        }
        Ok(())
    }

    /// The invitation that the link names, when it is the link's.
    pub fn invitation(&self, keys: &InvitationKeys) -> Result<&Invitation, EnrolProblem> {
        let roster = self.roster.as_ref().ok_or(EnrolProblem::RosterBroken)?;
        let missing = if self.newer || roster.is_newer() {
            EnrolProblem::UpdateNeeded
        } else {
            EnrolProblem::Unknown
        };
        let invitation = roster.invitation(&keys.invitation()).ok_or(missing)?;
        let height = usize::try_from(invitation.height).unwrap_or(usize::MAX);
        let act = self.acts.get(height).ok_or(EnrolProblem::RosterBroken)?;
        let signed = SignedAct::open(act).map_err(|_| EnrolProblem::RosterBroken)?;
        let fields = signed.proven().map_err(|_| EnrolProblem::RosterBroken)?;
        let invite = &invitation.invite;
        keys.check_invite(InviteFields(fields), &invite.token, &invite.proof)
            .map_err(|_| EnrolProblem::Forged)?;
        Ok(invitation)
    }

    /// Whether `device` was a member and is none any more.
    pub fn removed(&self, device: &DevicePublic) -> bool {
        let known = self
            .roster
            .as_ref()
            .and_then(|roster| roster.device(device));
        known.is_some_and(|device| device.removed_at.is_some())
    }

    /// Whether `device` is a member.
    pub fn member(&self, device: &DevicePublic) -> bool {
        self.roster
            .as_ref()
            .is_some_and(|roster| roster.member(device))
    }

    /// Whether a newcomer may still come by this invitation, at `now` by the relay's clock.
    pub fn is_open(
        &self,
        invitation: &Invitation,
        device: &DevicePublic,
        now: i64,
    ) -> Result<(), EnrolProblem> {
        let roster = self.roster.as_ref().ok_or(EnrolProblem::RosterBroken)?;
        let used = invitation.admitted.len() as u64 >= invitation.invite.uses;
        match invitation.ended {
            Some(EndReason::Frozen) => Err(EnrolProblem::Frozen),
            Some(why) => Err(EnrolProblem::Ended(Some(why))),
            None if !roster.member(&invitation.signer) => Err(EnrolProblem::InviterGone),
            None if now >= invitation.invite.ends => Err(EnrolProblem::Expired),
            None if used && !invitation.admitted.contains(device) => Err(EnrolProblem::UsedUp),
            None => Ok(()),
        }
    }
}

/// Act 0: it hashes to the link's region, and others may join that.
fn begin(act: &[u8], region: &RegionId) -> Result<Roster, EnrolProblem> {
    let genesis = Genesis::verify(act).map_err(|problem| match problem {
        EnvelopeError::Newer(_) => EnrolProblem::UpdateNeeded,
        _ => EnrolProblem::RosterBroken,
    })?;
    if genesis.region != *region {
        return Err(EnrolProblem::OtherRegion);
    }
    match genesis.form {
        RegionForm::Shared | RegionForm::OfOne => Ok(Roster::new(&genesis)),
        RegionForm::Practice => Err(EnrolProblem::Practice),
    }
}
