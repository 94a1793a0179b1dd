//! Writes the three headers of a signed call, and the base beneath them.
//!
//! Not here: reading them (see `verify`, which writes them again and compares).

use super::{COVERED, NAME, SignatureBase, TAG};
use crate::wire::Call;
use crate::{DevicePublic, DeviceSigningKey, Signature, base64, label};

/// None of the three headers is longer.
pub const MAX_HEADER: usize = 512;

/// The headers of a signed call, each without its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedHeaders {
    /// `content-digest`
    pub content_digest: String,
    /// `signature-input`
    pub signature_input: String,
    /// `signature`
    pub signature: String,
}

impl SignedHeaders {
    /// Names in lower case and values, as they are sent.
    #[must_use]
    pub fn pairs(&self) -> [(&'static str, &str); 3] {
        [
            ("content-digest", &self.content_digest),
            ("signature-input", &self.signature_input),
            ("signature", &self.signature),
        ]
    }
}

/// `sha-256=:<base64 of SHA-256 of the body>:` (RFC 9530 section 2).
#[must_use]
pub fn content_digest(body: &[u8]) -> String {
    format!("sha-256=:{}:", base64::encode(&label::sha256(&[body])))
}

/// Seconds since 1970 for `created`, from milliseconds by the relay's clock as far as it is known; a clock before 1970
/// counts as 1970.
#[must_use]
pub fn created_at(now: i64) -> u64 {
    u64::try_from(now.div_euclid(1000)).unwrap_or(0)
}

/// Signs one call: a POST to `authority` with an empty query.
///
/// `created` is in seconds (see [`created_at`]), `nonce` is fresh for each try.
#[must_use]
pub fn sign(
    call: Call,
    authority: &str,
    body: &[u8],
    created: u64,
    nonce: &[u8; 16],
    key: &DeviceSigningKey,
) -> SignedHeaders {
    let content_digest = content_digest(body);
    let parameters = parameters(created, nonce, &key.public());
    let signature = base(call, authority, &content_digest, &parameters).sign(key);
    SignedHeaders {
        signature_input: signature_input(&parameters),
        signature: signature_header(&signature),
        content_digest,
    }
}

/// What is signed: the covered components of a call, and the parameters.
pub(super) fn base(
    call: Call,
    authority: &str,
    content_digest: &str,
    parameters: &str,
) -> SignatureBase {
    let [method, authority_name, path, query, digest] = COVERED;
    let components = [
        (method, "POST"),
        (authority_name, authority),
        (path, call.path()),
        // An empty query is one question mark: RFC 9421 section 2.2.7.
        (query, "?"),
        (digest, content_digest),
    ];
    SignatureBase::new(&components, parameters)
}

/// `("@method" … "content-digest");created=…;nonce="…";keyid="…";alg="ed25519";tag="veldpost/1/req"`.
pub(super) fn parameters(created: u64, nonce: &[u8; 16], key: &DevicePublic) -> String {
    let covered = COVERED.map(|name| format!("\"{name}\"")).join(" ");
    let nonce = base64::encode_url(nonce);
    let key = base64::encode_url(&key.0);
    format!(
        "({covered});created={created};nonce=\"{nonce}\";keyid=\"{key}\";alg=\"ed25519\";tag=\"{TAG}\""
    )
}

pub(super) fn signature_input(parameters: &str) -> String {
    format!("{NAME}={parameters}")
}

fn signature_header(signature: &Signature) -> String {
    format!("{NAME}=:{}:", base64::encode(signature))
}
