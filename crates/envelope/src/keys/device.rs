//! What a device signs with, and the bundle of secrets that its device-bound key seals.
//!
//! Not here: the device-bound key itself: it lives in WebCrypto and cannot be read.

use crate::canonical::{Reader, Writer};
use crate::keys::{LocalKey, SettingsKey};
use crate::secret::Secret;
use crate::{EnvelopeError, RandomBytes};
use core::fmt;
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

/// An Ed25519 signature.
pub type Signature = [u8; 64];

/// Who signed: an Ed25519 public key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DevicePublic(pub [u8; 32]);

impl DevicePublic {
    /// Checks a signature strictly (no malleable or small-order forms) over `label ‖ hash`.
    ///
    /// # Errors
    /// `Forged` when it does not hold.
    pub fn verify(
        &self,
        label: &[u8],
        hash: &[u8; 32],
        signature: &Signature,
    ) -> Result<(), EnvelopeError> {
        self.verify_bytes(&[label, hash].concat(), signature)
    }

    /// Checks a signature over a text that begins as no label does (see `request`), as strictly.
    pub(crate) fn verify_text(
        &self,
        text: &str,
        signature: &Signature,
    ) -> Result<(), EnvelopeError> {
        self.verify_bytes(text.as_bytes(), signature)
    }

    fn verify_bytes(&self, bytes: &[u8], signature: &Signature) -> Result<(), EnvelopeError> {
        const FORGED: EnvelopeError = EnvelopeError::Forged("signature");
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| FORGED)?;
        key.verify_strict(bytes, &signature.into())
            .map_err(|_| FORGED)
    }
}

impl fmt::Display for DevicePublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for DevicePublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DevicePublic({self})")
    }
}

/// `DSK`, and in a kit `RRK`: signs entries, roster acts and requests.
#[derive(Clone)]
pub struct DeviceSigningKey(Box<SigningKey>);

impl DeviceSigningKey {
    /// Makes a key.
    pub fn generate(rng: &mut dyn RandomBytes) -> Self {
        Self::from_seed(&Secret::generate(rng))
    }

    /// Restores a key from its seed.
    #[must_use]
    pub fn from_seed(seed: &Secret) -> Self {
        Self(Box::new(SigningKey::from_bytes(seed.bytes())))
    }

    /// The seed, to be sealed.
    #[must_use]
    pub fn seed(&self) -> Secret {
        Secret::copy_from(self.0.as_bytes())
    }

    /// Its public half.
    #[must_use]
    pub fn public(&self) -> DevicePublic {
        DevicePublic(self.0.verifying_key().to_bytes())
    }

    /// Signs `label ‖ hash`.
    #[must_use]
    pub fn sign(&self, label: &[u8], hash: &[u8; 32]) -> Signature {
        self.0.sign(&[label, hash].concat()).to_bytes()
    }

    /// Signs a text that begins as no label does (see `request`).
    pub(crate) fn sign_text(&self, text: &str) -> Signature {
        self.0.sign(text.as_bytes()).to_bytes()
    }
}

impl fmt::Debug for DeviceSigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceSigningKey({})", self.public())
    }
}

/// What a locked device may use: the device-bound key seals these as one bundle.
#[derive(Clone, Debug)]
pub struct DeviceSecrets {
    /// Signs.
    pub signing: DeviceSigningKey,
    /// Seals stubs, the open round, drafts and a region of one's settings.
    pub local: LocalKey,
    /// Opens labels, areas, forms and cards, once there is one.
    pub settings: Option<SettingsKey>,
}

impl DeviceSecrets {
    const VERSION: u64 = 1;

    /// `[v, DSK seed, local key, null | [n, TSK]]`.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Writer::with_capacity(128);
        out.array(4).uint(Self::VERSION);
        out.bytes(self.signing.seed().bytes())
            .bytes(self.local.secret().bytes());
        match &self.settings {
            Some(key) => out.array(2).uint(key.number()).bytes(key.secret().bytes()),
            None => out.null(),
        };
        Zeroizing::new(out.finish())
    }

    /// Reads what [`DeviceSecrets::to_bytes`] wrote.
    ///
    /// # Errors
    /// `Malformed`, or `Newer` for a later version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let mut input = Reader::new(bytes);
        let newer = input.record(4)?;
        if input.uint()? != Self::VERSION {
            return Err(EnvelopeError::Newer("device secrets"));
        }
        let signing = DeviceSigningKey::from_seed(&read_secret(&mut input)?);
        let local = LocalKey::from_secret(read_secret(&mut input)?);
        let settings = input.optional(|input| {
            let newer = input.record(2)?;
            let number = input.uint()?;
            let key = SettingsKey::from_secret(number, read_secret(input)?);
            input.skip_many(newer)?;
            Ok(key)
        })?;
        input.skip_many(newer)?;
        input.end()?;
        Ok(Self {
            signing,
            local,
            settings,
        })
    }
}

/// Reads a byte string of 32 straight into a boxed secret.
pub(crate) fn read_secret(input: &mut Reader<'_>) -> Result<Secret, EnvelopeError> {
    let bytes: &[u8; 32] = input
        .bytes()?
        .try_into()
        .map_err(|_| EnvelopeError::Malformed("secret"))?;
    Ok(Secret::copy_from(bytes))
}
