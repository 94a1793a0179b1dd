//! Symmetric keys, and XChaCha20-Poly1305 as each of them uses it.
//!
//! Not here: what is sealed under them (`entry`, `block`, `local`).

use crate::label;
use crate::random;
use crate::secret::Secret;
use crate::{CkId, EnvelopeError, Purpose, RandomBytes};
use zeroize::Zeroizing;

pub(crate) use veldpost_seal::{NONCE, TAG};

/// Seals under a key with a fresh random nonce; gives the nonce and the sealed bytes.
pub(crate) fn seal_with(
    key: &Secret,
    aad: &[u8],
    plain: &[u8],
    rng: &mut dyn RandomBytes,
) -> Result<([u8; NONCE], Vec<u8>), EnvelopeError> {
    let mut sealed = Vec::with_capacity(plain.len() + TAG);
    sealed.extend_from_slice(plain);
    let nonce = seal_in_place(key, aad, &mut sealed, rng)?;
    Ok((nonce, sealed))
}

/// As [`seal_with`], where the plaintext lies, so that no copy of it has to be wiped. Gives the nonce.
pub(crate) fn seal_in_place(
    key: &Secret,
    aad: &[u8],
    text: &mut Vec<u8>,
    rng: &mut dyn RandomBytes,
) -> Result<[u8; NONCE], EnvelopeError> {
    let nonce: [u8; NONCE] = random::array(rng);
    let tag = veldpost_seal::seal(key.bytes(), &nonce, aad, text)
        .ok_or(EnvelopeError::TooLarge("plaintext"))?;
    text.extend_from_slice(&tag);
    Ok(nonce)
}

/// Opens what [`seal_with`] made.
pub(crate) fn open_sealed(
    key: &Secret,
    aad: &[u8],
    nonce: &[u8; NONCE],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, EnvelopeError> {
    let mut plain = Zeroizing::new(Vec::new());
    open_sealed_in(key, aad, nonce, sealed, &mut plain)?;
    Ok(plain)
}

/// As [`open_sealed`], into room that is used again; whoever owns it wipes it.
pub(crate) fn open_sealed_in(
    key: &Secret,
    aad: &[u8],
    nonce: &[u8; NONCE],
    sealed: &[u8],
    room: &mut Vec<u8>,
) -> Result<(), EnvelopeError> {
    const FORGED: EnvelopeError = EnvelopeError::Forged("seal");
    let (text, tag) = sealed.split_last_chunk::<TAG>().ok_or(FORGED)?;
    room.clear();
    room.extend_from_slice(text);
    if veldpost_seal::open(key.bytes(), nonce, aad, room, tag) {
        Ok(())
    } else {
        Err(FORGED)
    }
}

macro_rules! symmetric {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name(Secret);

        impl $name {
            /// Makes a key.
            pub fn generate(rng: &mut dyn RandomBytes) -> Self {
                Self(Secret::generate(rng))
            }

            /// Restores a key.
            #[must_use]
            pub fn from_secret(secret: Secret) -> Self {
                Self(secret)
            }

            /// Its bytes, to be wrapped.
            #[must_use]
            pub fn secret(&self) -> &Secret {
                &self.0
            }
        }
    };
}

/// `CK`: seals the entries of one stream for at most a day; in memory only.
#[derive(Clone, Debug)]
pub struct ContentKey {
    secret: Secret,
    /// Every entry under it names it, so it is made once.
    id: CkId,
}
symmetric! {
    /// `LVK`: seals the blocks of local records; one sub-key a purpose.
    LocalVaultKey
}
symmetric! {
    /// Seals what a locked device must be able to go on with; the device-bound key protects it.
    LocalKey
}

impl ContentKey {
    /// Makes a key.
    pub fn generate(rng: &mut dyn RandomBytes) -> Self {
        Self::from_secret(Secret::generate(rng))
    }

    /// Restores a key.
    #[must_use]
    pub fn from_secret(secret: Secret) -> Self {
        let id = CkId(label::sha256(&[label::CK, secret.bytes()]));
        Self { secret, id }
    }

    /// Its bytes, to be wrapped.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Its name in headers and wraps.
    #[must_use]
    pub fn id(&self) -> CkId {
        self.id
    }
}

impl LocalVaultKey {
    /// The sub-key of one purpose.
    pub(crate) fn sub_key(&self, purpose: Purpose) -> Secret {
        label::derive(&self.0, &[label::VAULT, &[purpose.code()]])
    }
}

/// What a local sub-key seals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalUse {
    /// Record id, last operation, purpose, time, state.
    Stub,
    /// The open round: place, crew, situation, totals, last taps.
    Round,
    /// The copy of a draft that needs no passphrase.
    Draft,
    /// A region of one's own settings.
    Solo,
}

impl LocalUse {
    pub(crate) fn label(self) -> &'static [u8] {
        match self {
            Self::Stub => label::LOCAL_STUB,
            Self::Round => label::LOCAL_ROUND,
            Self::Draft => label::LOCAL_DRAFT,
            Self::Solo => label::LOCAL_SOLO,
        }
    }
}

impl LocalKey {
    /// The sub-key of one use.
    pub(crate) fn sub_key(&self, usage: LocalUse) -> Secret {
        label::derive(&self.0, &[usage.label()])
    }
}

/// `TSK[n]`: seals labels, areas, forms and cards for the members of a region.
#[derive(Clone, Debug)]
pub struct SettingsKey {
    number: u64,
    secret: Secret,
}

impl SettingsKey {
    /// Makes the `number`-th key of a region.
    pub fn generate(number: u64, rng: &mut dyn RandomBytes) -> Self {
        Self {
            number,
            secret: Secret::generate(rng),
        }
    }

    /// Restores a key.
    #[must_use]
    pub fn from_secret(number: u64, secret: Secret) -> Self {
        Self { number, secret }
    }

    /// Which one: a new one comes at each removal.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Its bytes, to be wrapped.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.secret
    }
}

#[cfg(test)]
mod tests {
    use super::{open_sealed, seal_with};
    use crate::random::{Fixed, hex};
    use crate::secret::Secret;

    /// draft-irtf-cfrg-xchacha-03, appendix A.3.1.
    #[test]
    fn the_seal_is_the_one_of_the_xchacha_draft() {
        let key = Secret::copy_from(&core::array::from_fn(|index| 0x80 + index as u8));
        let aad = hex("50515253c0c1c2c3c4c5c6c7");
        let plain = b"Ladies and Gentlemen of the class of '99: If I could offer you only one \
                      tip for the future, sunscreen would be it.";
        let mut nonce = Fixed((0x40..0x58).collect());
        let (nonce, sealed) = seal_with(&key, &aad, plain, &mut nonce).unwrap();
        let expected = hex(
            "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb\
             731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452\
             2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9\
             21f9664c97637da9768812f615c68b13b52e\
             c0875924c1c7987947deafd8780acf49",
        );
        assert_eq!(sealed, expected);
        assert_eq!(
            open_sealed(&key, &aad, &nonce, &sealed).unwrap().as_slice(),
            plain
        );
    }
}
