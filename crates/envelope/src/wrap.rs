//! HPKE (RFC 9180), base mode, one suite: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305.
//!
//! Not here: what is wrapped; each use brings its label as `info` and its own `aad`.

use crate::random::Adapter;
use crate::secret::Secret;
use crate::{EncryptionPublic, EnvelopeError, RandomBytes};
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use zeroize::Zeroizing;

type PrivateKey = <X25519HkdfSha256 as Kem>::PrivateKey;
type PublicKey = <X25519HkdfSha256 as Kem>::PublicKey;
type EncappedKey = <X25519HkdfSha256 as Kem>::EncappedKey;

const UNUSABLE: EnvelopeError = EnvelopeError::Malformed("public key");

/// What HPKE makes for one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrap {
    /// Whom it is for.
    pub recipient: EncryptionPublic,
    /// The encapsulated key.
    pub enc: [u8; 32],
    /// The sealed bytes with their tag of 16 bytes.
    pub ct: Vec<u8>,
}

/// Makes a key pair from 32 fresh random bytes (DeriveKeyPair of RFC 9180).
pub(crate) fn generate(rng: &mut dyn RandomBytes) -> (Secret, EncryptionPublic) {
    let (private, public) = X25519HkdfSha256::gen_keypair_with_rng(&mut Adapter(rng));
    (
        Secret::made_by(|out| private.write_exact(out)),
        EncryptionPublic(public.to_bytes().into()),
    )
}

/// The public key that belongs to a secret.
pub(crate) fn public_of(secret: &Secret) -> Result<EncryptionPublic, EnvelopeError> {
    let private = PrivateKey::from_bytes(secret.bytes()).map_err(|_| UNUSABLE)?;
    Ok(EncryptionPublic(
        X25519HkdfSha256::sk_to_pk(&private).to_bytes().into(),
    ))
}

/// Seals `plain` to one recipient.
///
/// # Errors
/// `Malformed` when the recipient's key is not usable (a point of small order).
pub fn seal(
    recipient: &EncryptionPublic,
    info: &[u8],
    aad: &[u8],
    plain: &[u8],
    rng: &mut dyn RandomBytes,
) -> Result<Wrap, EnvelopeError> {
    let key = PublicKey::from_bytes(&recipient.0).map_err(|_| UNUSABLE)?;
    let (enc, ct) =
        hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &key,
            info,
            plain,
            aad,
            &mut Adapter(rng),
        )
        .map_err(|_| UNUSABLE)?;
    Ok(Wrap {
        recipient: *recipient,
        enc: enc.to_bytes().into(),
        ct,
    })
}

/// Opens what [`seal`] made.
///
/// # Errors
/// `Forged` when it was not sealed to this key, under this `info` and `aad`.
pub(crate) fn open(
    secret: &Secret,
    enc: &[u8; 32],
    info: &[u8],
    aad: &[u8],
    ct: &[u8],
) -> Result<Zeroizing<Vec<u8>>, EnvelopeError> {
    const FORGED: EnvelopeError = EnvelopeError::Forged("wrap");
    let private = PrivateKey::from_bytes(secret.bytes()).map_err(|_| FORGED)?;
    let enc = EncappedKey::from_bytes(enc).map_err(|_| FORGED)?;
    hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &private,
        &enc,
        info,
        ct,
        aad,
    )
    .map(Zeroizing::new)
    .map_err(|_| FORGED)
}

/// Opens a wrapped key of 32 bytes.
pub(crate) fn open_key(
    secret: &Secret,
    wrap: &Wrap,
    info: &[u8],
    aad: &[u8],
) -> Result<Secret, EnvelopeError> {
    let plain = open(secret, &wrap.enc, info, aad, &wrap.ct)?;
    let bytes: &[u8; 32] = plain
        .as_slice()
        .try_into()
        .map_err(|_| EnvelopeError::Malformed("wrapped key"))?;
    Ok(Secret::copy_from(bytes))
}

/// `[recipient, enc, ct]`.
pub(crate) fn write(wrap: &Wrap, out: &mut crate::canonical::Writer) {
    out.array(3)
        .bytes(&wrap.recipient.0)
        .bytes(&wrap.enc)
        .bytes(&wrap.ct);
}

/// Reads a list of at most `most` wraps.
pub(crate) fn read_list(
    input: &mut crate::canonical::Reader<'_>,
    most: usize,
) -> Result<Vec<Wrap>, EnvelopeError> {
    let length = input.array()?;
    if length > most {
        return Err(EnvelopeError::TooLarge("wraps"));
    }
    let mut wraps = Vec::with_capacity(length);
    for _ in 0..length {
        let newer = input.record(3)?;
        let recipient = EncryptionPublic(input.byte_array()?);
        let enc = input.byte_array()?;
        let ct = input.bytes()?.to_vec();
        input.skip_many(newer)?;
        wraps.push(Wrap { recipient, enc, ct });
    }
    Ok(wraps)
}
