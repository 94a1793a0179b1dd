//! From a passphrase to the vault: Argon2id, and the wraps that hold `DEK` and `LVK`.
//!
//! Not here: how often one may try, and where the derivation runs (the app's worker).

mod on_paper;
mod passphrase;
mod vault;

pub use on_paper::{KitWrap, wrap_vault_for_kit};
pub use passphrase::{PassphraseProblem, normalise, problems};
pub use vault::{Vault, VaultLock, VaultWrap, wrap_vault, wrap_vault_with_own_key};

use crate::EnvelopeError;
use crate::secret::Secret;
use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::Zeroizing;

/// What Argon2id costs. It is stored beside each wrap and authenticated by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KdfParams {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes; more than one helps nobody in WebAssembly.
    pub lanes: u32,
}

impl KdfParams {
    /// 64 MiB, three passes.
    pub const STANDARD: Self = Self {
        memory_kib: 64 * 1024,
        passes: 3,
        lanes: 1,
    };
    /// 46 MiB, one pass: for a phone that cannot do more. Never below.
    pub const FLOOR: Self = Self {
        memory_kib: 46 * 1024,
        passes: 1,
        lanes: 1,
    };
    /// Never above: a wrap must not be able to hang the device that opens it.
    pub const CEILING: Self = Self {
        memory_kib: 256 * 1024,
        passes: 16,
        lanes: 4,
    };

    /// Whether they lie between the floor and the ceiling.
    ///
    /// # Errors
    /// `Parameters` when they do not.
    pub fn check(self) -> Result<Self, EnvelopeError> {
        let within = (Self::FLOOR.memory_kib..=Self::CEILING.memory_kib).contains(&self.memory_kib)
            && (Self::FLOOR.passes..=Self::CEILING.passes).contains(&self.passes)
            && (Self::FLOOR.lanes..=Self::CEILING.lanes).contains(&self.lanes);
        if within {
            Ok(self)
        } else {
            Err(EnvelopeError::Parameters)
        }
    }
}

/// What a passphrase becomes, with what it was made with. It opens a [`VaultWrap`].
#[derive(Clone, Debug)]
pub struct UnlockSecret {
    secret: Secret,
    params: KdfParams,
    salt: [u8; 16],
}

impl UnlockSecret {
    /// Puts together what a worker derived with [`derive`].
    ///
    /// # Errors
    /// `Parameters` when they are out of bounds.
    pub fn from_parts(
        secret: Secret,
        params: KdfParams,
        salt: [u8; 16],
    ) -> Result<Self, EnvelopeError> {
        Ok(Self {
            secret,
            params: params.check()?,
            salt,
        })
    }

    /// The derived bytes, to be handed over by a worker.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.secret
    }
}

/// Derives the unlock secret of a passphrase; takes about a second on a phone.
///
/// The text must be in Unicode form NFC (the browser's `String.normalize()`); spaces and capitals
/// are evened out here, see [`normalise`].
///
/// # Errors
/// `Parameters` out of bounds; `Memory` when the device cannot give that much: step down.
pub fn derive(
    passphrase: &str,
    salt: [u8; 16],
    params: KdfParams,
) -> Result<UnlockSecret, EnvelopeError> {
    let KdfParams {
        memory_kib,
        passes,
        lanes,
    } = params.check()?;
    let argon2_params =
        Params::new(memory_kib, passes, lanes, Some(32)).map_err(|_| EnvelopeError::Parameters)?;
    let text: Zeroizing<String> = normalise(passphrase);
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, argon2_params);
    let mut result = Ok(());
    let secret = Secret::made_by(|out| {
        result = argon2.hash_password_into(text.as_bytes(), &salt, out);
    });
    match result {
        Ok(()) => Ok(UnlockSecret {
            secret,
            params,
            salt,
        }),
        Err(argon2::Error::OutOfMemory) => Err(EnvelopeError::Memory),
        Err(_) => Err(EnvelopeError::Parameters),
    }
}
