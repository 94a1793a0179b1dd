//! What stays on the device outside the vault: stubs, the open round, drafts, settings.
//!
//! Not here: records; those are sealed entries and blocks.

use crate::canonical::{Reader, Writer};
use crate::keys::{DeviceEncryptionKey, LocalKey, LocalUse, NONCE, open_sealed, seal_with};
use crate::{EncryptionPublic, EnvelopeError, RandomBytes, label, wrap};
use zeroize::Zeroizing;

const VERSION: u8 = 1;

/// Seals bytes under a local sub-key: `1 ‖ nonce ‖ sealed`. The `aad` names the row, so that rows
/// cannot be swapped.
///
/// # Errors
/// `TooLarge` beyond what the cipher takes.
pub fn seal_local(
    key: &LocalKey,
    usage: LocalUse,
    aad: &[u8],
    plain: &[u8],
    rng: &mut dyn RandomBytes,
) -> Result<Vec<u8>, EnvelopeError> {
    let (nonce, sealed) = seal_with(
        &key.sub_key(usage),
        &[usage.label(), aad].concat(),
        plain,
        rng,
    )?;
    let mut out = Vec::with_capacity(1 + NONCE + sealed.len());
    out.push(VERSION);
    out.extend_from_slice(&nonce);
    out.extend_from_slice(&sealed);
    Ok(out)
}

/// Opens what [`seal_local`] made for the same use and `aad`.
///
/// # Errors
/// `Malformed`, `Newer`, or `Forged` when the seal does not hold.
pub fn open_local(
    key: &LocalKey,
    usage: LocalUse,
    aad: &[u8],
    bytes: &[u8],
) -> Result<Zeroizing<Vec<u8>>, EnvelopeError> {
    const CUT: EnvelopeError = EnvelopeError::Malformed("local seal");
    let (version, rest) = bytes.split_first().ok_or(CUT)?;
    if *version != VERSION {
        return Err(EnvelopeError::Newer("local seal"));
    }
    let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(CUT)?;
    open_sealed(
        &key.sub_key(usage),
        &[usage.label(), aad].concat(),
        nonce,
        sealed,
    )
}

/// The two copies of a draft; each opens alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftCopies {
    /// Opens without a passphrase; goes after an hour or at lock-and-leave.
    pub local: Vec<u8>,
    /// Opens after unlock; stays until the draft is finished or discarded.
    pub vault: Vec<u8>,
}

/// Seals a draft twice: under the local draft sub-key, and to a public key (the device's `DEK`; on a
/// count-only device the epoch's key).
///
/// # Errors
/// `Malformed` for an unusable public key.
pub fn seal_draft(
    key: &LocalKey,
    to: &EncryptionPublic,
    aad: &[u8],
    plain: &[u8],
    rng: &mut dyn RandomBytes,
) -> Result<DraftCopies, EnvelopeError> {
    let local = seal_local(key, LocalUse::Draft, aad, plain, rng)?;
    let sealed = wrap::seal(to, label::DRAFT, aad, plain, rng)?;
    let mut out = Writer::with_capacity(sealed.ct.len() + 80);
    out.array(4)
        .uint(VERSION.into())
        .bytes(&to.0)
        .bytes(&sealed.enc)
        .bytes(&sealed.ct);
    Ok(DraftCopies {
        local,
        vault: out.finish(),
    })
}

/// Opens the copy that needs no passphrase.
///
/// # Errors
/// As [`open_local`].
pub fn open_local_draft(
    key: &LocalKey,
    aad: &[u8],
    bytes: &[u8],
) -> Result<Zeroizing<Vec<u8>>, EnvelopeError> {
    open_local(key, LocalUse::Draft, aad, bytes)
}

/// Opens the copy that was sealed to the device.
///
/// # Errors
/// `Malformed`, `Newer`, `NotForThisKey`, or `Forged` when the seal does not hold.
pub fn open_vault_draft(
    key: &DeviceEncryptionKey,
    aad: &[u8],
    bytes: &[u8],
) -> Result<Zeroizing<Vec<u8>>, EnvelopeError> {
    let mut input = Reader::new(bytes);
    let newer = input.record(4)?;
    if input.uint()? != u64::from(VERSION) {
        return Err(EnvelopeError::Newer("draft"));
    }
    if input.byte_array()? != key.public().0 {
        return Err(EnvelopeError::NotForThisKey);
    }
    let enc = input.byte_array()?;
    let ct = input.bytes()?;
    input.skip_many(newer)?;
    input.end()?;
    wrap::open(key.secret(), &enc, label::DRAFT, aad, ct)
}
