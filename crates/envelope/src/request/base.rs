//! The signature base (RFC 9421 section 2.5): the text that is signed.
//!
//! Not here: which components Veldpost covers (see `headers`).

use crate::{DevicePublic, DeviceSigningKey, EnvelopeError, Signature};

/// A text that begins with a quotation mark, as no label does: so a signature over it can stand in for no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureBase(String);

impl SignatureBase {
    /// Lines `"name": value` in the order given, then `"@signature-params": parameters` without a line end.
    ///
    /// Names are lower case and values hold no line end: both come from this crate or from one line of a header.
    #[must_use]
    pub fn new(components: &[(&str, &str)], parameters: &str) -> Self {
        let mut text = String::with_capacity(512);
        for (name, value) in components {
            write_line(&mut text, name, value);
            text.push('\n');
        }
        write_line(&mut text, "@signature-params", parameters);
        Self(text)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Ed25519 over the text, without a label (RFC 9421 section 3.3.6).
    #[must_use]
    pub fn sign(&self, key: &DeviceSigningKey) -> Signature {
        key.sign_text(&self.0)
    }

    /// Checks a signature strictly.
    ///
    /// # Errors
    /// `Forged` when it does not hold.
    pub fn verify(&self, key: &DevicePublic, signature: &Signature) -> Result<(), EnvelopeError> {
        key.verify_text(&self.0, signature)
    }
}

fn write_line(text: &mut String, name: &str, value: &str) {
    for part in ["\"", name, "\": ", value] {
        text.push_str(part);
    }
}
