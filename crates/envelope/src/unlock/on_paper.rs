//! The wrap of the vault that the recovery kit opens: for who has lost the passphrase.
//!
//! Not here: the kit's own text (`kit`), and choosing a new passphrase afterwards.

use super::Vault;
use crate::canonical::{Reader, Writer};
use crate::wrap::{self, Wrap};
use crate::{EncryptionPublic, EnvelopeError, Genesis, RandomBytes, RecoveryKit, RegionId, label};

const VERSION: u64 = 1;

/// The vault, sealed to the public half of `RSK`. Making it takes no kit; opening it does.
#[derive(Clone, PartialEq, Eq)]
pub struct KitWrap {
    region: RegionId,
    encryption: EncryptionPublic,
    wrap: Wrap,
}

impl core::fmt::Debug for KitWrap {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("KitWrap").finish_non_exhaustive()
    }
}

/// Wraps a vault to the recovery key that a region's genesis names.
///
/// # Errors
/// `Malformed` when that key is not usable.
pub fn wrap_vault_for_kit(
    recovery: &EncryptionPublic,
    region: &RegionId,
    vault: &Vault,
    rng: &mut dyn RandomBytes,
) -> Result<Vec<u8>, EnvelopeError> {
    let encryption = vault.encryption.public();
    let aad = aad(region, encryption, recovery);
    let wrap = wrap::seal(recovery, label::WRAP_VAULT, &aad, &vault.plain(), rng)?;
    let mut out = Writer::with_capacity(256);
    write_head(&mut out, 6, region, encryption, recovery);
    out.bytes(&wrap.enc).bytes(&wrap.ct);
    Ok(out.finish())
}

/// `[v, region, DEK public, RSK public`, and what follows.
fn write_head(
    out: &mut Writer,
    fields: usize,
    region: &RegionId,
    encryption: EncryptionPublic,
    recovery: &EncryptionPublic,
) {
    out.array(fields)
        .uint(VERSION)
        .bytes(&region.0)
        .bytes(&encryption.0)
        .bytes(&recovery.0);
}

fn aad(region: &RegionId, encryption: EncryptionPublic, recovery: &EncryptionPublic) -> Vec<u8> {
    let mut out = Writer::with_capacity(128);
    write_head(&mut out, 4, region, encryption, recovery);
    out.finish()
}

impl KitWrap {
    /// Reads a wrap.
    ///
    /// # Errors
    /// `Malformed` or `Newer`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let mut input = Reader::new(bytes);
        let newer = input.record(6)?;
        if input.uint()? != VERSION {
            return Err(EnvelopeError::Newer("vault for the kit"));
        }
        let region = RegionId(input.byte_array()?);
        let encryption = EncryptionPublic(input.byte_array()?);
        let recipient = EncryptionPublic(input.byte_array()?);
        let enc = input.byte_array()?;
        let ct = input.bytes()?.to_vec();
        input.skip_many(newer)?;
        input.end()?;
        Ok(Self {
            region,
            encryption,
            wrap: Wrap { recipient, enc, ct },
        })
    }

    /// Whether it names this region, this device and the recovery key of this region's kit.
    #[must_use]
    pub fn is_for(
        &self,
        region: &RegionId,
        device: &EncryptionPublic,
        recovery: &EncryptionPublic,
    ) -> bool {
        self.region == *region && self.encryption == *device && self.wrap.recipient == *recovery
    }

    /// Opens the vault with the kit of this genesis' region.
    ///
    /// # Errors
    /// `NotForThisKey` when the kit or the wrap is of another region, `Forged` when it does not open.
    pub fn unwrap_vault(
        &self,
        kit: &RecoveryKit,
        genesis: &Genesis,
    ) -> Result<Vault, EnvelopeError> {
        if !kit.belongs_to(genesis) {
            return Err(EnvelopeError::NotForThisKey);
        }
        self.unwrap_vault_of(kit, &genesis.region, &genesis.recovery)
    }

    /// The same, when the region's recovery key is the newest that its roster names.
    ///
    /// # Errors
    /// As [`KitWrap::unwrap_vault`].
    pub fn unwrap_vault_of(
        &self,
        kit: &RecoveryKit,
        region: &RegionId,
        recovery: &EncryptionPublic,
    ) -> Result<Vault, EnvelopeError> {
        let of_kit = kit.region() == *region && kit.recovery().public() == *recovery;
        if !of_kit || self.region != *region || self.wrap.recipient != *recovery {
            return Err(EnvelopeError::NotForThisKey);
        }
        let plain = wrap::open(
            kit.recovery().secret(),
            &self.wrap.enc,
            label::WRAP_VAULT,
            &aad(&self.region, self.encryption, &self.wrap.recipient),
            &self.wrap.ct,
        )?;
        Vault::from_plain(&plain, self.encryption)
    }
}
