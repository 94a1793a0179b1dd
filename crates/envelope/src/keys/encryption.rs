//! Key pairs that things are sealed to: a device's own, an epoch's, the recovery kit's.
//!
//! Not here: symmetric keys.

use crate::secret::Secret;
use crate::{EnvelopeError, Purpose, RandomBytes, wrap};
use core::fmt;

/// An X25519 public key that things are sealed to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EncryptionPublic(pub [u8; 32]);

impl fmt::Debug for EncryptionPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncryptionPublic(")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(")")
    }
}

/// `DEK` (and, on paper, `RSK`): opens what was sealed to one device or to the kit.
#[derive(Clone)]
pub struct DeviceEncryptionKey {
    secret: Secret,
    public: EncryptionPublic,
}

impl DeviceEncryptionKey {
    /// Makes a key pair.
    pub fn generate(rng: &mut dyn RandomBytes) -> Self {
        let (secret, public) = wrap::generate(rng);
        Self { secret, public }
    }

    /// Restores a key pair from its secret half.
    ///
    /// # Errors
    /// `Malformed` when the bytes are no key.
    pub fn from_secret(secret: Secret) -> Result<Self, EnvelopeError> {
        let public = wrap::public_of(&secret)?;
        Ok(Self { secret, public })
    }

    /// The public half: safe to keep beside a locked device.
    #[must_use]
    pub fn public(&self) -> EncryptionPublic {
        self.public
    }

    /// The secret half, to be wrapped.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.secret
    }
}

impl fmt::Debug for DeviceEncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceEncryptionKey")
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}

/// `EPK[purpose, epoch]`: the region's letterbox; everybody may put something in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochPublic {
    /// What it is for.
    pub purpose: Purpose,
    /// Which one, counted from 1.
    pub epoch: u64,
    /// The key.
    pub key: EncryptionPublic,
}

/// `ESK[purpose, epoch]`: opens that letterbox.
#[derive(Clone)]
pub struct EpochSecret {
    secret: Secret,
    public: EpochPublic,
}

impl EpochSecret {
    /// Makes the pair of one epoch.
    pub fn generate(purpose: Purpose, epoch: u64, rng: &mut dyn RandomBytes) -> Self {
        let (secret, key) = wrap::generate(rng);
        Self {
            secret,
            public: EpochPublic {
                purpose,
                epoch,
                key,
            },
        }
    }

    /// Restores the pair from its secret half, which must belong to `public`.
    ///
    /// # Errors
    /// `Forged` when it belongs to another key.
    pub fn from_secret(secret: Secret, public: EpochPublic) -> Result<Self, EnvelopeError> {
        if wrap::public_of(&secret)? != public.key {
            return Err(EnvelopeError::Forged("epoch secret"));
        }
        Ok(Self { secret, public })
    }

    /// The public half with its purpose and number.
    #[must_use]
    pub fn public(&self) -> EpochPublic {
        self.public
    }

    /// The secret half, to be wrapped.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.secret
    }
}

impl fmt::Debug for EpochSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EpochSecret")
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}
