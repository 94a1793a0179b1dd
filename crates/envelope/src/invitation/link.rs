//! The link of an invitation: what a QR code holds. Its fragment reaches no server.
//!
//! Not here: showing it, and removing it from the address.

use super::{InvitationKeys, MAX_ORIGIN, Origin};
use crate::RegionId;
use crate::base64url::{Base64Problem, decode_array, decode_in, decode_secret, encode_to};
use crate::secret::Secret;
use core::fmt;
use zeroize::Zeroizing;

/// The letter of this version.
const VERSION: &str = "j";
/// Characters of a link's own part without a relay's: `j.`, 43, 22 and 43, and three dots.
const LENGTH: usize = 113;

/// What a link holds. Whoever has it may join, so that it is not printed.
#[derive(Clone, Debug)]
pub struct Link {
    /// The region: the hash of its genesis.
    pub region: RegionId,
    /// The relay, when it is not where the app comes from.
    pub relay: Option<Origin>,
    /// The invitation.
    pub invitation: [u8; 16],
    /// What all its keys are made of.
    pub secret: Secret,
}

/// A part of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkPart {
    /// The region.
    Region,
    /// The relay.
    Relay,
    /// The invitation.
    Invitation,
    /// The secret.
    Secret,
}

impl fmt::Display for LinkPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Region => "region",
            Self::Relay => "relay",
            Self::Invitation => "invitation",
            Self::Secret => "secret",
        })
    }
}

/// Why a text is not a link that this version takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkProblem {
    /// It is something else: another address, another text.
    #[error("not an invitation")]
    NotAnInvitation,
    /// It is of a later version: ask for an update.
    #[error("a newer kind of invitation")]
    Newer,
    /// It was cut short or has more behind it.
    #[error("not four parts")]
    Parts,
    /// A part was changed.
    #[error("{part}: {problem}")]
    Part {
        /// Which.
        part: LinkPart,
        /// How.
        problem: Base64Problem,
    },
    /// The relay's part names no origin that an app may call.
    #[error("relay: not an origin")]
    Origin,
}

impl Link {
    /// What follows from its secret.
    #[must_use]
    pub fn keys(&self) -> InvitationKeys {
        InvitationKeys::derive(&self.secret, &self.region, &self.invitation)
    }

    /// `j.<region>.<relay>.<id>.<secret>`.
    #[must_use]
    pub fn fragment(&self) -> Zeroizing<String> {
        // Room for all of it, so that no part of the secret stays where the text was before.
        let mut text = Zeroizing::new(String::with_capacity(LENGTH + MAX_ORIGIN.div_ceil(3) * 4));
        text.push_str(VERSION);
        let relay = self.relay.as_ref().map_or("", Origin::as_str);
        let parts: [&[u8]; 4] = [
            &self.region.0,
            relay.as_bytes(),
            &self.invitation,
            self.secret.bytes(),
        ];
        for part in parts {
            text.push('.');
            encode_to(part, &mut text);
        }
        text
    }

    /// The whole link, for the app at that address: `https://<app>/#j.…`.
    #[must_use]
    pub fn address(&self, app: &Origin) -> Zeroizing<String> {
        let fragment = self.fragment();
        let mut text = Zeroizing::new(String::with_capacity(
            app.as_str().len() + 2 + fragment.len(),
        ));
        text.push_str(app.as_str());
        text.push_str("/#");
        text.push_str(&fragment);
        text
    }

    /// Reads a whole link, or its part from `#` or `j.` on, with white space around it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, LinkProblem> {
        let text = text.trim();
        let own = text.split_once('#').map_or(text, |(_, own)| own);
        let (letter, rest) = own.split_once('.').ok_or(LinkProblem::NotAnInvitation)?;
        match letter.as_bytes() {
            [_] if letter == VERSION => {}
            [other] if other.is_ascii_alphabetic() => return Err(LinkProblem::Newer),
            _ => return Err(LinkProblem::NotAnInvitation),
        }
        let mut parts = rest.split('.');
        let mut part = || parts.next().ok_or(LinkProblem::Parts);
        let (region, relay, invitation, secret) = (part()?, part()?, part()?, part()?);
        if parts.next().is_some() {
            return Err(LinkProblem::Parts);
        }
        let wrong = |part| move |problem| LinkProblem::Part { part, problem };
        Ok(Self {
            region: RegionId(decode_array(region).map_err(wrong(LinkPart::Region))?),
            relay: read_relay(relay)?,
            invitation: decode_array(invitation).map_err(wrong(LinkPart::Invitation))?,
            secret: decode_secret(secret).map_err(wrong(LinkPart::Secret))?,
        })
    }
}

fn read_relay(text: &str) -> Result<Option<Origin>, LinkProblem> {
    if text.is_empty() {
        return Ok(None);
    }
    let mut room = [0; MAX_ORIGIN];
    let origin = decode_in(text, &mut room).map_err(|problem| LinkProblem::Part {
        part: LinkPart::Relay,
        problem,
    })?;
    let origin = core::str::from_utf8(origin).map_err(|_| LinkProblem::Origin)?;
    Origin::parse(origin).map(Some).ok_or(LinkProblem::Origin)
}
