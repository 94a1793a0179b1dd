//! HPKE (RFC 9180), base mode, one suite: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305.
//!
//! Not here: what is wrapped; each use brings its label as `info` and its own `aad`.

mod region;

pub use region::{EpochWraps, SettingsWraps};
pub(crate) use region::{wrap_epoch, wrap_settings};

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
    input.list(most, "wraps", read)
}

/// Reads one wrap.
pub(crate) fn read(input: &mut crate::canonical::Reader<'_>) -> Result<Wrap, EnvelopeError> {
    let newer = input.record(3)?;
    let recipient = EncryptionPublic(input.byte_array()?);
    let enc = input.byte_array()?;
    let ct = input.bytes()?.to_vec();
    input.skip_many(newer)?;
    Ok(Wrap { recipient, enc, ct })
}

#[cfg(test)]
mod tests {
    use super::{open, seal};
    use crate::random::Fixed;
    use crate::random::hex;
    use crate::secret::Secret;
    use crate::{EncryptionPublic, EnvelopeError};

    /// RFC 9180, appendix A.2.1: `ikmE` is what the source of randomness gives.
    #[test]
    fn the_suite_is_the_one_of_rfc_9180_a_2_1() {
        let info = hex("4f6465206f6e2061204772656369616e2055726e");
        let aad = hex("436f756e742d30");
        let plain = hex("4265617574792069732074727574682c20747275746820626561757479");
        let recipient: [u8; 32] =
            hex("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a")
                .try_into()
                .unwrap();
        let secret: [u8; 32] =
            hex("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb")
                .try_into()
                .unwrap();
        let mut ikm = Fixed(hex(
            "909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b",
        ));
        let wrap = seal(&EncryptionPublic(recipient), &info, &aad, &plain, &mut ikm).unwrap();
        assert_eq!(
            wrap.enc.to_vec(),
            hex("1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a")
        );
        assert_eq!(
            wrap.ct,
            hex(
                "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db\
                 21993c62ce81883d2dd1b51a28"
            )
        );
        let opened = open(
            &Secret::copy_from(&secret),
            &wrap.enc,
            &info,
            &aad,
            &wrap.ct,
        )
        .unwrap();
        assert_eq!(*opened, plain);
    }

    #[test]
    fn a_key_of_small_order_is_refused() {
        let sealed = seal(
            &EncryptionPublic([0; 32]),
            b"",
            b"",
            b"x",
            &mut Fixed(vec![7; 32]),
        );
        assert_eq!(sealed.unwrap_err(), EnvelopeError::Malformed("public key"));
    }
}
