//! An invitation: what follows from the secret in its link, for the newcomer, the relay and whoever admits.
//!
//! Not here: the signed act that makes it known, and whether its signer is a member (the roster says that).

mod file;
mod join;
mod link;
mod origin;
mod six_words;
mod welcome;

pub use file::{HandOver, MAX_FILE};
pub use join::{Join, JoinInput, JoinRequest, MAX_JOIN, is_frozen};
pub use link::{Link, LinkPart, LinkProblem};
pub use origin::{MAX_ORIGIN, Origin};
#[cfg(feature = "words")]
pub use six_words::six_words;
pub use six_words::{SIX, six_numbers};
pub use welcome::{WELCOME, Welcome};

use crate::keys::{NONCE, TAG, open_sealed, seal_with};
use crate::secret::Secret;
use crate::{EnvelopeError, RandomBytes, RegionId, label};
use zeroize::Zeroizing;

/// Bytes of an invite's `proof`.
pub const PROOF: usize = 16;

/// What an invite says before its `proof`: the canonical encodings of those fields, one after the
/// other, without the head of their array. The act's `height` and `prev` are among them, so that
/// the link vouches for where the roster stood.
#[derive(Clone, Copy, Debug)]
pub struct InviteFields<'a>(pub &'a [u8]);

/// What follows from an invitation's secret.
#[derive(Clone, Debug)]
pub struct InvitationKeys {
    region: RegionId,
    invitation: [u8; 16],
    relay_token: Secret,
    join: Secret,
    label: Secret,
}

/// What the act holds of a relay token: `SHA-256("veldpost/1/token\0" ‖ relay token)`.
#[must_use]
pub fn token(relay_token: &[u8; 32]) -> [u8; 32] {
    label::sha256(&[label::TOKEN, relay_token])
}

impl InvitationKeys {
    /// `HKDF(secret, label ‖ region ‖ id)`, by the labels `relay`, `join` and `label`.
    #[must_use]
    pub fn derive(secret: &Secret, region: &RegionId, invitation: &[u8; 16]) -> Self {
        let key = |label| label::derive(secret, &[label, &region.0, invitation]);
        Self {
            region: *region,
            invitation: *invitation,
            relay_token: key(label::RELAY),
            join: key(label::JOIN),
            label: key(label::LABEL),
        }
    }

    /// The region.
    #[must_use]
    pub fn region(&self) -> RegionId {
        self.region
    }

    /// The invitation.
    #[must_use]
    pub fn invitation(&self) -> [u8; 16] {
        self.invitation
    }

    /// What the newcomer shows to the relay.
    #[must_use]
    pub fn relay_token(&self) -> &Secret {
        &self.relay_token
    }

    /// Vouches for an invite and for joins.
    #[must_use]
    pub fn join_key(&self) -> &Secret {
        &self.join
    }

    /// Seals the welcome and a newcomer's name.
    #[must_use]
    pub fn label_key(&self) -> &Secret {
        &self.label
    }

    /// What the act holds of the relay token.
    #[must_use]
    pub fn token(&self) -> [u8; 32] {
        token(self.relay_token.bytes())
    }

    /// The `proof` of an invite: `mac(join key, "invite", the fields before it)[..16]`.
    #[must_use]
    pub fn proof(&self, invite: InviteFields<'_>) -> [u8; PROOF] {
        let mac = label::mac(&self.join, label::INVITE, invite.0);
        let mut proof = [0; PROOF];
        proof
            .iter_mut()
            .zip(mac.bytes())
            .for_each(|(slot, byte)| *slot = *byte);
        proof
    }

    /// Whether an invite is the one that this link was made with.
    ///
    /// # Errors
    /// `Forged` when `token` or `proof` do not hold: the relay shows another roster than the inviter had.
    pub fn check_invite(
        &self,
        invite: InviteFields<'_>,
        token: &[u8; 32],
        proof: &[u8; PROOF],
    ) -> Result<(), EnvelopeError> {
        if !label::same(&self.token(), token) {
            Err(EnvelopeError::Forged("token"))
        } else if !label::same(&self.proof(invite), proof) {
            Err(EnvelopeError::Forged("invite"))
        } else {
            Ok(())
        }
    }
}

/// Bytes of what [`seal_padded`] makes of so many.
const fn padded(length: usize) -> usize {
    NONCE + length + TAG
}

/// Seals a record and zeros up to `length`: `nonce ‖ sealed`.
fn seal_padded(
    key: &Secret,
    aad: &[u8],
    mut record: Zeroizing<Vec<u8>>,
    length: usize,
    rng: &mut dyn RandomBytes,
) -> Result<Vec<u8>, EnvelopeError> {
    if record.len() > length {
        return Err(EnvelopeError::TooLarge("name"));
    }
    record.resize(length, 0);
    let (nonce, sealed) = seal_with(key, aad, &record, rng)?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// Opens what [`seal_padded`] made.
fn open_padded(
    key: &Secret,
    aad: &[u8],
    bytes: &[u8],
    length: usize,
) -> Result<Zeroizing<Vec<u8>>, EnvelopeError> {
    const WRONG: EnvelopeError = EnvelopeError::Malformed("wrong length");
    if bytes.len() != padded(length) {
        return Err(WRONG);
    }
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE>().ok_or(WRONG)?;
    open_sealed(key, aad, nonce, sealed)
}

/// Nothing hides behind a record.
fn zeros(rest: &[u8]) -> Result<(), EnvelopeError> {
    if rest.iter().all(|byte| *byte == 0) {
        Ok(())
    } else {
        Err(EnvelopeError::Malformed("padding"))
    }
}
