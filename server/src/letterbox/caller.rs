//! Who calls: the three headers of a signed call, held against the body and this relay's own name.
//!
//! Deliberately not here: what the key may do; that is the core's to ask.

use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use veldpost_envelope::request::{Received, Signed, Watch, verify};
use veldpost_envelope::wire::Call;
use veldpost_relay::Caller;

use super::Letterbox;
use super::answer::Refusal;

/// What was said beside the body.
pub(super) struct Said {
    authority: String,
    digest: Option<String>,
    input: Option<String>,
    signature: Option<String>,
}

impl Said {
    pub(super) fn of(parts: &Parts) -> Self {
        let host = || one(&parts.headers, header::HOST.as_str());
        // HTTP/2 has the authority in its own place, HTTP/1 in a header.
        let authority = parts.uri.authority().map(|named| named.as_str().to_owned());
        Self {
            authority: authority.or_else(host).unwrap_or_default(),
            digest: one(&parts.headers, "content-digest"),
            input: one(&parts.headers, "signature-input"),
            signature: one(&parts.headers, "signature"),
        }
    }
}

/// The key that is to have signed a call, as its header writes it. Nothing is verified.
pub(super) fn named(headers: &HeaderMap) -> Option<Vec<u8>> {
    let input = one(headers, "signature-input")?;
    let (_, rest) = input.split_once(";keyid=\"")?;
    let (key, _) = rest.split_once('"')?;
    Some(key.as_bytes().to_vec())
}

/// A header that is there once. Twice is not the profile, so that it counts as another text.
fn one(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    match (values.next(), value.to_str()) {
        (None, Ok(text)) => Some(text.to_owned()),
        _ => Some(String::new()),
    }
}

impl Letterbox {
    /// The caller of a signed call; each signature once.
    pub(super) fn caller(
        &self,
        call: Call,
        said: &Said,
        body: &[u8],
        now: i64,
    ) -> Result<Caller, Refusal> {
        let signed = self.signed(call, said, body, now)?;
        self.limits.admit(&signed, now)?;
        Ok(Caller {
            device: Some(signed.key),
            now,
        })
    }

    fn signed(&self, call: Call, said: &Said, body: &[u8], now: i64) -> Result<Signed, Refusal> {
        let authorities: Vec<&str> = self.authorities.iter().map(String::as_str).collect();
        let received = Received {
            call,
            authority: own_port_left_out(&said.authority),
            body,
            content_digest: said.digest.as_deref(),
            signature_input: said.input.as_deref(),
            signature: said.signature.as_deref(),
        };
        let watch = Watch {
            authorities: &authorities,
            now,
            started: self.started,
        };
        Ok(verify(&received, &watch)?)
    }
}

/// Some proxies name the port of https all the same.
fn own_port_left_out(authority: &str) -> &str {
    authority.strip_suffix(":443").unwrap_or(authority)
}
