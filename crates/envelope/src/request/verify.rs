//! Checks the headers of a signed call.
//!
//! Not here: whether the nonce was seen before, and whether the key may make this call; both are the relay's to ask.

use super::headers::{base, content_digest, parameters, signature_input};
use super::{MAX_HEADER, NAME};
use crate::wire::{Call, Code};
use crate::{DevicePublic, Signature, base64};

/// How far `created` may lie from the relay's clock, in seconds. A nonce is kept for twice as long.
pub const WINDOW: u64 = 300;

/// A call as it came in, each header as one text; none when it is missing.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// The call that path and method name; its query is empty.
    pub call: Call,
    /// `host` or `:authority`.
    pub authority: &'a str,
    /// The whole body.
    pub body: &'a [u8],
    /// `content-digest`
    pub content_digest: Option<&'a str>,
    /// `signature-input`
    pub signature_input: Option<&'a str>,
    /// `signature`
    pub signature: Option<&'a str>,
}

/// What the relay holds a call against.
#[derive(Clone, Copy, Debug)]
pub struct Watch<'a> {
    /// The authorities that it was started with, as [`super::authority`] writes them.
    pub authorities: &'a [&'a str],
    /// Its clock: milliseconds since 1970.
    pub now: i64,
    /// When the process started, by the same clock.
    pub started: i64,
}

/// A call whose signature holds and whose time is right. What is left to ask: was this (key, nonce) seen in the last
/// 600 s, and may this key make the call?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Who signed.
    pub key: DevicePublic,
    /// To be compared with those seen.
    pub nonce: [u8; 16],
    /// Seconds since 1970.
    pub created: u64,
}

/// Why a call is refused. All are status 401.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestProblem {
    /// One of the three headers is missing: the client stops and shows it.
    #[error("the call is not signed")]
    Unsigned,
    /// The headers are not the profile's, the digest is not the body's, or the signature does not hold: the client
    /// stops and shows it.
    #[error("the call's signature does not hold")]
    Signature,
    /// Made for another relay, or through a proxy that renames it: the client stops and shows it.
    #[error("the call is for another authority")]
    Authority,
    /// Made too long before or after the relay's time, or before the relay started: the client signs anew, once.
    #[error("the call's time is not the relay's")]
    Clock {
        /// The relay's clock: milliseconds since 1970.
        now: i64,
    },
}

impl RequestProblem {
    /// The code that the relay answers with.
    #[must_use]
    pub fn code(self) -> Code {
        match self {
            Self::Unsigned => Code::Unsigned,
            Self::Signature => Code::Signature,
            Self::Authority => Code::Authority,
            Self::Clock { .. } => Code::Clock,
        }
    }
}

/// Verifies a call: headers there, authority known, header texts exactly those that this code writes, digest, signature,
/// and last the time, so that only who signed well is asked to sign anew.
///
/// # Errors
/// The first of these that is not so.
pub fn verify(received: &Received<'_>, watch: &Watch<'_>) -> Result<Signed, RequestProblem> {
    let (Some(digest), Some(input), Some(signature)) = (
        received.content_digest,
        received.signature_input,
        received.signature,
    ) else {
        return Err(RequestProblem::Unsigned);
    };
    let authority = watch
        .authorities
        .iter()
        .find(|known| known.eq_ignore_ascii_case(received.authority))
        .ok_or(RequestProblem::Authority)?;
    let (signed, parameters) = read_input(input).ok_or(RequestProblem::Signature)?;
    let signature = read_signature(signature).ok_or(RequestProblem::Signature)?;
    if digest != content_digest(received.body) {
        return Err(RequestProblem::Signature);
    }
    base(received.call, authority, digest, &parameters)
        .verify(&signed.key, &signature)
        .map_err(|_| RequestProblem::Signature)?;
    in_time(signed.created, watch)?;
    Ok(signed)
}

fn in_time(created: u64, watch: &Watch<'_>) -> Result<(), RequestProblem> {
    let seconds = |time: i64| super::created_at(time);
    // Within the second in which the process started both may have happened: it counts as after.
    if created.abs_diff(seconds(watch.now)) > WINDOW || created < seconds(watch.started) {
        Err(RequestProblem::Clock { now: watch.now })
    } else {
        Ok(())
    }
}

/// Takes `created`, `nonce` and `keyid` out, writes the header again and compares.
fn read_input(input: &str) -> Option<(Signed, String)> {
    if input.len() > MAX_HEADER {
        return None;
    }
    let (_, rest) = input.split_once(";created=")?;
    let (created, rest) = rest.split_once(";nonce=\"")?;
    let (nonce, rest) = rest.split_once("\";keyid=\"")?;
    let (key, _) = rest.split_once('"')?;
    let signed = Signed {
        key: DevicePublic(base64::decode_url(key)?.try_into().ok()?),
        nonce: base64::decode_url(nonce)?.try_into().ok()?,
        created: created.parse().ok()?,
    };
    let parameters = parameters(signed.created, &signed.nonce, &signed.key);
    (signature_input(&parameters) == input).then_some((signed, parameters))
}

fn read_signature(header: &str) -> Option<Signature> {
    let encoded = header.strip_prefix(NAME)?.strip_prefix("=:")?;
    let encoded = encoded.strip_suffix(':')?;
    if header.len() > MAX_HEADER {
        return None;
    }
    base64::decode(encoded)?.try_into().ok()
}
