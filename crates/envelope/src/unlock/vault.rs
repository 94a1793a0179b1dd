//! The wraps of the two secrets that reading needs.
//!
//! Not here: deriving what opens them (`unlock`), and what they open.

use super::{KdfParams, UnlockSecret};
use crate::canonical::{Reader, Writer};
use crate::keys::{
    DeviceEncryptionKey, EncryptionPublic, LocalKey, LocalVaultKey, NONCE, open_sealed, seal_with,
};
use crate::secret::Secret;
use crate::{EnvelopeError, RandomBytes, RegionId, label};
use zeroize::Zeroizing;

const VERSION: u64 = 1;
const PASSPHRASE: u64 = 1;
/// 2 is kept for WebAuthn PRF, a second wrap beside the passphrase's.
const OWN_KEY: u64 = 3;

/// What is in memory while a device is unlocked.
#[derive(Clone, Debug)]
pub struct Vault {
    /// Opens own records and what is assigned to this device.
    pub encryption: DeviceEncryptionKey,
    /// Opens the blocks of local records.
    pub blocks: LocalVaultKey,
}

impl Vault {
    /// What every wrap holds: `[DEK secret, LVK]`.
    pub(super) fn plain(&self) -> Zeroizing<Vec<u8>> {
        let mut plain = Writer::with_capacity(80);
        plain
            .array(2)
            .bytes(self.encryption.secret().bytes())
            .bytes(self.blocks.secret().bytes());
        Zeroizing::new(plain.finish())
    }

    /// Reads it; the secret must belong to the public half that the wrap names.
    pub(super) fn from_plain(
        plain: &[u8],
        public: EncryptionPublic,
    ) -> Result<Self, EnvelopeError> {
        let mut input = Reader::new(plain);
        let newer = input.record(2)?;
        let mut secret = || crate::keys::read_secret(&mut input);
        let encryption = DeviceEncryptionKey::from_secret(secret()?)?;
        let blocks = LocalVaultKey::from_secret(secret()?);
        input.skip_many(newer)?;
        input.end()?;
        if encryption.public() != public {
            return Err(EnvelopeError::Forged("vault"));
        }
        Ok(Self { encryption, blocks })
    }
}

/// What opens a wrap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VaultLock {
    /// A passphrase, derived with these.
    Passphrase {
        /// The cost.
        params: KdfParams,
        /// The salt.
        salt: [u8; 16],
    },
    /// The device's own local key: practice only.
    OwnKey,
}

/// A wrap as it lies on the device.
#[derive(Clone, PartialEq, Eq)]
pub struct VaultWrap {
    /// The region that the vault belongs to.
    pub region: RegionId,
    /// The public half of the wrapped `DEK`: what a locked device seals to.
    pub encryption: EncryptionPublic,
    /// What opens it.
    pub lock: VaultLock,
    nonce: [u8; NONCE],
    sealed: Vec<u8>,
}

impl core::fmt::Debug for VaultWrap {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("VaultWrap")
            .field("lock", &self.lock)
            .finish_non_exhaustive()
    }
}

/// Wraps a vault under an unlock secret.
///
/// # Errors
/// None that a caller can cause.
pub fn wrap_vault(
    unlock: &UnlockSecret,
    region: &RegionId,
    vault: &Vault,
    rng: &mut dyn RandomBytes,
) -> Result<Vec<u8>, EnvelopeError> {
    let lock = VaultLock::Passphrase {
        params: unlock.params,
        salt: unlock.salt,
    };
    wrap(
        &label::derive(&unlock.secret, &[label::UNLOCK]),
        lock,
        region,
        vault,
        rng,
    )
}

/// Wraps the vault of a practice region under the device's own local key: no passphrase.
///
/// # Errors
/// None that a caller can cause.
pub fn wrap_vault_with_own_key(
    local: &LocalKey,
    region: &RegionId,
    vault: &Vault,
    rng: &mut dyn RandomBytes,
) -> Result<Vec<u8>, EnvelopeError> {
    let key = label::derive(local.secret(), &[label::OWN_KEY]);
    wrap(&key, VaultLock::OwnKey, region, vault, rng)
}

fn wrap(
    key: &Secret,
    lock: VaultLock,
    region: &RegionId,
    vault: &Vault,
    rng: &mut dyn RandomBytes,
) -> Result<Vec<u8>, EnvelopeError> {
    let encryption = vault.encryption.public();
    let plain = vault.plain();
    let (nonce, sealed) = seal_with(key, &aad(region, encryption, lock), &plain, rng)?;
    let mut out = Writer::with_capacity(256);
    write_head(&mut out, 7, region, encryption, lock);
    out.bytes(&nonce).bytes(&sealed);
    Ok(out.finish())
}

/// `[v, lock, region, DEK public, null | [memory, passes, lanes, salt]`, and what follows.
fn write_head(
    out: &mut Writer,
    fields: usize,
    region: &RegionId,
    encryption: EncryptionPublic,
    lock: VaultLock,
) {
    let code = match lock {
        VaultLock::Passphrase { .. } => PASSPHRASE,
        VaultLock::OwnKey => OWN_KEY,
    };
    out.array(fields)
        .uint(VERSION)
        .uint(code)
        .bytes(&region.0)
        .bytes(&encryption.0);
    match lock {
        VaultLock::Passphrase { params, salt } => {
            out.array(4)
                .uint(params.memory_kib.into())
                .uint(params.passes.into());
            out.uint(params.lanes.into()).bytes(&salt)
        }
        VaultLock::OwnKey => out.null(),
    };
}

fn aad(region: &RegionId, encryption: EncryptionPublic, lock: VaultLock) -> Vec<u8> {
    let mut out = Writer::with_capacity(128);
    write_head(&mut out, 5, region, encryption, lock);
    out.finish()
}

impl VaultWrap {
    /// Reads a wrap: what is needed to derive the secret that opens it.
    ///
    /// # Errors
    /// `Malformed`, `Newer`, or `Parameters` when they are out of bounds.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let mut input = Reader::new(bytes);
        let newer = input.record(7)?;
        if input.uint()? != VERSION {
            return Err(EnvelopeError::Newer("vault"));
        }
        let code = input.uint()?;
        let region = RegionId(input.byte_array()?);
        let encryption = EncryptionPublic(input.byte_array()?);
        let kdf = input.optional(|input| {
            let newer = input.record(4)?;
            let mut number = || u32::try_from(input.uint()?).map_err(|_| EnvelopeError::Parameters);
            let params = KdfParams {
                memory_kib: number()?,
                passes: number()?,
                lanes: number()?,
            }
            .check()?;
            let salt = input.byte_array()?;
            input.skip_many(newer)?;
            Ok(VaultLock::Passphrase { params, salt })
        })?;
        let lock = match (code, kdf) {
            (PASSPHRASE, Some(lock)) => lock,
            (OWN_KEY, None) => VaultLock::OwnKey,
            (PASSPHRASE | OWN_KEY, _) => return Err(EnvelopeError::Malformed("vault")),
            _ => return Err(EnvelopeError::Newer("vault lock")),
        };
        let nonce = input.byte_array()?;
        let sealed = input.bytes()?.to_vec();
        input.skip_many(newer)?;
        input.end()?;
        Ok(Self {
            region,
            encryption,
            lock,
            nonce,
            sealed,
        })
    }

    /// Opens the vault with what a passphrase became.
    ///
    /// # Errors
    /// `WrongPassphrase` when it does not open.
    pub fn unwrap_vault(&self, unlock: &UnlockSecret) -> Result<Vault, EnvelopeError> {
        self.open(&label::derive(&unlock.secret, &[label::UNLOCK]))
            .map_err(|_| EnvelopeError::WrongPassphrase)
    }

    /// Opens the vault of a practice region.
    ///
    /// # Errors
    /// `Forged` when it does not open, `NotForThisKey` when it wants a passphrase.
    pub fn unwrap_vault_with_own_key(&self, local: &LocalKey) -> Result<Vault, EnvelopeError> {
        if self.lock != VaultLock::OwnKey {
            return Err(EnvelopeError::NotForThisKey);
        }
        self.open(&label::derive(local.secret(), &[label::OWN_KEY]))
    }

    fn open(&self, key: &Secret) -> Result<Vault, EnvelopeError> {
        let aad = aad(&self.region, self.encryption, self.lock);
        let plain = open_sealed(key, &aad, &self.nonce, &self.sealed)?;
        Vault::from_plain(&plain, self.encryption)
    }
}
