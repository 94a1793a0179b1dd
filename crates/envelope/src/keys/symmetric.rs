//! Symmetric keys, and XChaCha20-Poly1305 as each of them uses it.
//!
//! Not here: what is sealed under them (`entry`, `block`, `local`).

use crate::label;
use crate::random;
use crate::secret::Secret;
use crate::{CkId, EnvelopeError, Purpose, RandomBytes};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

/// Bytes that XChaCha20-Poly1305 adds: its tag.
pub(crate) const TAG: usize = 16;
/// Bytes of a nonce.
pub(crate) const NONCE: usize = 24;

/// Seals under a key with a fresh random nonce; gives the nonce and the sealed bytes.
pub(crate) fn seal_with(
    key: &Secret,
    aad: &[u8],
    plain: &[u8],
    rng: &mut dyn RandomBytes,
) -> Result<([u8; NONCE], Vec<u8>), EnvelopeError> {
    let nonce: [u8; NONCE] = random::array(rng);
    let sealed = XChaCha20Poly1305::new(key.bytes().into())
        .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad })
        .map_err(|_| EnvelopeError::TooLarge("plaintext"))?;
    Ok((nonce, sealed))
}

/// Opens what [`seal_with`] made.
pub(crate) fn open_sealed(
    key: &Secret,
    aad: &[u8],
    nonce: &[u8; NONCE],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, EnvelopeError> {
    XChaCha20Poly1305::new(key.bytes().into())
        .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad })
        .map(Zeroizing::new)
        .map_err(|_| EnvelopeError::Forged("seal"))
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

symmetric! {
    /// `CK`: seals the entries of one stream for at most a day; in memory only.
    ContentKey
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
    /// Its name in headers and wraps.
    #[must_use]
    pub fn id(&self) -> CkId {
        CkId(label::sha256(&[label::CK, self.0.bytes()]))
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
