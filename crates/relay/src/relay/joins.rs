//! `join`: stamps a newcomer's join, as far as its invitation goes.
//!
//! Not here: admitting it, which is an act of the roster.

use super::{Caller, Relay, Seen};
use crate::RelayError;
use crate::standing::Standings;
use crate::store::{Content, ItemRow, Name, Purposes, RegionChange, RegionView, RelayStore};
use veldpost_envelope::act::InviteForm;
use veldpost_envelope::invitation::token;
use veldpost_envelope::roster::Invitation;
use veldpost_envelope::wire::{Call, JoinAnswer, JoinAsk, StampedJoin, Standing};
use veldpost_envelope::{DevicePublic, Join, label};

/// What becomes of a join.
enum Stamp {
    /// It is kept as the so manieth device's; or it is held already.
    Nth(u64),
    /// It is the second by an invitation for one: kept, and both wait for a person.
    Freezes(u64),
}

impl<S: RelayStore> Relay<S> {
    /// `join`: keeps and stamps it. The same device's later one takes its place; the same bytes again are no other.
    ///
    /// # Errors
    /// `InvitationUnknown`, `WrongToken`, `InvitationEnded`, `InvitationUsedUp`, `InvitationFrozen` (with the stamp when it
    /// was kept all the same), `Removed`, `Forged`, `Malformed`, `Newer`.
    pub fn join(&self, caller: &Caller, body: &[u8]) -> Result<Vec<u8>, RelayError> {
        let ask = JoinAsk::from_bytes(body)?;
        let life = self.life()?;
        let mut seen = self.begin(&ask.region)?;
        let before = seen.row;
        let (device, standing) = seen.caller(Call::Join, caller)?;
        let join = Join::from_bytes(ask.join)?;
        join.verify(&ask.region)?;
        if join.request().device != device {
            return Err(RelayError::Forged("another device's join"));
        }
        let id = join.request().invitation;
        let known = seen.known.clone();
        let invitation = known.roster.invitation(&id);
        let invitation = invitation.ok_or(RelayError::InvitationUnknown)?;
        if !label::same(&token(&ask.token), &invitation.invite.token) {
            return Err(RelayError::WrongToken);
        }
        if standing == Standing::Removed {
            return Err(RelayError::Removed);
        }
        let name = Name::join(&id, &device);
        let held = seen.rows.item(&name)?;
        let stamped = held.as_ref().and_then(stamped);
        if stamped.is_none_or(|stamped| stamped.join != ask.join) {
            seen.is_open(invitation, caller.now)?;
        }
        let stamp = seen.stamp(invitation, &device, stamped.map(|stamped| stamped.nth))?;
        let (Stamp::Nth(nth) | Stamp::Freezes(nth)) = stamp;
        let mut at = held.as_ref().map_or(caller.now, |held| held.at);
        if stamped.is_none_or(|stamped| stamped.join != ask.join) {
            at = caller.now;
            let join = ask.join;
            let value = StampedJoin { nth, join }.to_bytes();
            let purposes = invitation.invite.roles.iter().map(|role| role.purpose());
            let replaced = stamped.map_or(0, |stamped| stamped.to_bytes().len());
            seen.row.bytes = seen.row.bytes.saturating_sub(replaced as u64) + value.len() as u64;
            seen.row.position += 1;
            seen.rows.put_item(&ItemRow {
                position: seen.row.position,
                at,
                name,
                purposes: Purposes::from_iter(purposes),
                device,
                content: Content::Value(value),
            })?;
            self.commit(seen, &before)?;
        } else {
            seen.rows.settle()?;
        }
        let answer = JoinAnswer {
            incarnation: life.incarnation,
            at,
            nth,
        };
        match stamp {
            Stamp::Nth(_) => Ok(answer.to_bytes()),
            Stamp::Freezes(_) => Err(RelayError::InvitationFrozen(Some(answer))),
        }
    }
}

fn stamped(item: &ItemRow) -> Option<StampedJoin<'_>> {
    match &item.content {
        Content::Value(value) => StampedJoin::from_bytes(value).ok(),
        Content::Run { .. } => None,
    }
}

impl<C: RegionChange> Seen<C> {
    /// Whether somebody may still come by it, by the relay's clock.
    fn is_open(&self, invitation: &Invitation, now: i64) -> Result<(), RelayError> {
        let by_member = self.known.roster.member(&invitation.signer);
        if by_member && invitation.ended.is_none() && now < invitation.invite.ends {
            Ok(())
        } else {
            Err(RelayError::InvitationEnded)
        }
    }

    fn stamp(
        &self,
        invitation: &Invitation,
        device: &DevicePublic,
        nth: Option<u64>,
    ) -> Result<Stamp, RelayError> {
        let invite = &invitation.invite;
        let came = Standings::new(&self.known.roster, &self.rows).came_by(&invite.id)?;
        let others = came.iter().filter(|came| *came != device).count() as u64;
        let nth = nth.unwrap_or(others + 1);
        let single = invite.form == InviteForm::Single;
        match (single, others) {
            (true, 0) => Ok(Stamp::Nth(nth)),
            (true, 1) => Ok(Stamp::Freezes(nth)),
            // Two are enough to show that the link went about.
            (true, _) => Err(RelayError::InvitationFrozen(None)),
            (false, others) if others < invite.uses => Ok(Stamp::Nth(nth)),
            (false, _) if came.contains(device) => Ok(Stamp::Nth(nth)),
            (false, _) => Err(RelayError::InvitationUsedUp),
        }
    }
}
