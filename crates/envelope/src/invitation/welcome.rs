//! What a newcomer may read before it is admitted: the settings key and three names.
//!
//! Not here: the settings themselves (see `blob`).

use super::{InvitationKeys, open_padded, padded, seal_padded, zeros};
use crate::blob::read_name;
use crate::canonical::{Reader, Writer};
use crate::keys::read_secret;
use crate::{EnvelopeError, RandomBytes, SettingsKey, label};
use zeroize::Zeroizing;

const VERSION: u64 = 1;
const FIELDS: usize = 6;
/// The plaintext, whatever is in it.
const PLAIN: usize = 512;
/// Bytes of a welcome.
pub const WELCOME: usize = padded(PLAIN);

/// A welcome, sealed once for an invitation.
#[derive(Clone, Debug)]
pub struct Welcome {
    /// Opens labels, areas, forms and cards.
    pub settings: SettingsKey,
    /// What the region is called.
    pub region: String,
    /// Who invites.
    pub inviter: String,
    /// The organisation that the invitation is for.
    pub organisation: Option<String>,
}

impl InvitationKeys {
    /// `label ‖ region ‖ id`.
    fn welcome_aad(&self) -> Vec<u8> {
        [label::WELCOME, &self.region.0, &self.invitation].concat()
    }

    /// Seals a welcome: `nonce ‖ sealed`, [`WELCOME`] bytes.
    ///
    /// # Errors
    /// `TooLarge` when a name is longer than 120 bytes.
    pub fn seal_welcome(
        &self,
        welcome: &Welcome,
        rng: &mut dyn RandomBytes,
    ) -> Result<Vec<u8>, EnvelopeError> {
        let mut out = Writer::with_capacity(PLAIN);
        out.array(FIELDS)
            .uint(VERSION)
            .uint(welcome.settings.number())
            .bytes(welcome.settings.secret().bytes());
        out.text(&welcome.region)
            .text(&welcome.inviter)
            .text_or_null(welcome.organisation.as_deref());
        let record = Zeroizing::new(out.finish());
        // What no reader takes is not made.
        read(&record)?;
        seal_padded(&self.label, &self.welcome_aad(), record, PLAIN, rng)
    }

    /// Opens the welcome of this invitation.
    ///
    /// # Errors
    /// `Forged` when it is another's or was changed; `Malformed`, `Newer`, `TooLarge`.
    pub fn open_welcome(&self, bytes: &[u8]) -> Result<Welcome, EnvelopeError> {
        let plain = open_padded(&self.label, &self.welcome_aad(), bytes, PLAIN)?;
        read(&plain)
    }
}

fn read(plain: &[u8]) -> Result<Welcome, EnvelopeError> {
    let mut input = Reader::new(plain);
    let newer = input.record(FIELDS)?;
    if input.uint()? != VERSION {
        return Err(EnvelopeError::Newer("welcome"));
    }
    let number = input.uint()?;
    let welcome = Welcome {
        settings: SettingsKey::from_secret(number, read_secret(&mut input)?),
        region: read_name(&mut input)?,
        inviter: read_name(&mut input)?,
        organisation: input.optional(read_name)?,
    };
    input.skip_many(newer)?;
    zeros(input.rest())?;
    Ok(welcome)
}
