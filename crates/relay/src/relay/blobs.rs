//! `blob-put`, `blob`, `welcome-put`, `welcome`: sealed bytes by name.
//!
//! Not here: opening them.

use super::{Caller, Relay};
use crate::RelayError;
use crate::store::{RegionChange, RegionView, RelayStore};
use veldpost_envelope::blob::Blob;
use veldpost_envelope::invitation::WELCOME;
use veldpost_envelope::wire::{
    BlobAnswer, BlobAsk, BlobPutAnswer, BlobPutAsk, Call, WelcomeAnswer, WelcomeAsk, WelcomePutAsk,
    done,
};
use veldpost_envelope::{BlobId, Purpose};

impl<S: RelayStore> Relay<S> {
    /// `blob-put`: keeps a blob under its hash.
    ///
    /// # Errors
    /// `NotAllowed` and the like for who coordinates nothing; `TooLarge`, `Malformed`, `Newer`, `Full`.
    pub fn put_blob(&self, caller: &Caller, body: &[u8]) -> Result<Vec<u8>, RelayError> {
        let ask = BlobPutAsk::from_bytes(body)?;
        let life = self.life()?;
        let mut seen = self.begin(&ask.region)?;
        seen.caller(Call::BlobPut, caller)?;
        let before = seen.row;
        let blob = Blob::from_bytes(ask.blob)?;
        if blob.region() != ask.region {
            return Err(RelayError::Malformed("another region"));
        }
        let id = blob.id();
        if seen.rows.blob(&id)?.is_none() {
            seen.rows.put_blob(&id, ask.blob)?;
            seen.row.bytes += ask.blob.len() as u64;
            self.commit(seen, &before)?;
        } else {
            seen.rows.settle()?;
        }
        let answer = BlobPutAnswer {
            incarnation: life.incarnation,
            blob: id.0,
        };
        Ok(answer.to_bytes())
    }

    /// `blob`: hands one out.
    ///
    /// # Errors
    /// `UnknownBlob`, `UnknownRegion`.
    pub fn blob(&self, caller: &Caller, body: &[u8]) -> Result<Vec<u8>, RelayError> {
        let ask = BlobAsk::from_bytes(body)?;
        let life = self.life()?;
        let seen = self.look(&ask.region)?;
        seen.caller(Call::Blob, caller)?;
        let blob = seen.rows.blob(&BlobId(ask.blob))?;
        let answer = BlobAnswer {
            incarnation: life.incarnation,
            blob: &blob.ok_or(RelayError::UnknownBlob)?,
        };
        Ok(answer.to_bytes())
    }

    /// `welcome-put`: keeps what a newcomer may know, for an invitation of a purpose that the caller coordinates. A
    /// later one takes its place.
    ///
    /// # Errors
    /// `InvitationUnknown`, `NotAllowed` and the like, `Malformed` for another length.
    pub fn put_welcome(&self, caller: &Caller, body: &[u8]) -> Result<Vec<u8>, RelayError> {
        let ask = WelcomePutAsk::from_bytes(body)?;
        let life = self.life()?;
        let mut seen = self.begin(&ask.region)?;
        let (device, _) = seen.caller(Call::WelcomePut, caller)?;
        let before = seen.row;
        if ask.welcome.len() != WELCOME {
            return Err(RelayError::Malformed("welcome"));
        }
        let roster = &seen.known.roster;
        let invitation = roster.invitation(&ask.invitation);
        let invitation = invitation.ok_or(RelayError::InvitationUnknown)?;
        let mut purposes = invitation.invite.roles.iter().map(|role| role.purpose());
        if !purposes.any(|purpose: Purpose| roster.coordinates(&device, purpose)) {
            return Err(RelayError::NotAllowed);
        }
        let held = seen.rows.welcome(&ask.invitation)?;
        if held.as_deref() != Some(ask.welcome) {
            seen.rows.put_welcome(&ask.invitation, ask.welcome)?;
            let new = ask.welcome.len() - held.map_or(0, |held| held.len().min(WELCOME));
            seen.row.bytes += new as u64;
            self.commit(seen, &before)?;
        } else {
            seen.rows.settle()?;
        }
        Ok(done(&life.incarnation))
    }

    /// `welcome`: hands one out.
    ///
    /// # Errors
    /// `InvitationUnknown`, and `NotFound` for one whose welcome nobody put.
    pub fn welcome(&self, caller: &Caller, body: &[u8]) -> Result<Vec<u8>, RelayError> {
        let ask = WelcomeAsk::from_bytes(body)?;
        let life = self.life()?;
        let seen = self.look(&ask.region)?;
        seen.caller(Call::Welcome, caller)?;
        if seen.known.roster.invitation(&ask.invitation).is_none() {
            return Err(RelayError::InvitationUnknown);
        }
        let welcome = seen.rows.welcome(&ask.invitation)?;
        let answer = WelcomeAnswer {
            incarnation: life.incarnation,
            welcome: &welcome.ok_or(RelayError::NotFound)?,
        };
        Ok(answer.to_bytes())
    }
}
