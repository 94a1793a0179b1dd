//! Every key of Veldpost as a type of its own, so that none can be used for another's work.
//!
//! Not here: how keys are stored; wrapping the vault is `unlock`, paper is `kit`.

mod device;
mod encryption;
mod symmetric;

pub(crate) use device::read_secret;
pub use device::{DevicePublic, DeviceSecrets, DeviceSigningKey, Signature};
pub use encryption::{DeviceEncryptionKey, EncryptionPublic, EpochPublic, EpochSecret};
pub use symmetric::{ContentKey, LocalKey, LocalUse, LocalVaultKey, SettingsKey};
pub(crate) use symmetric::{NONCE, TAG, open_sealed, open_sealed_in, seal_in_place, seal_with};
