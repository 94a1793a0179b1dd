//! A form as compact CBOR, and back, whatever the bytes are.
//!
//! Not here: what the fields mean. The bytes are made at build time and never stored with answers.

use super::{Definition, Form, FormError};

/// First byte of a compiled form; another layout is another number.
const LAYOUT: u8 = 1;
/// More than this is no questionnaire.
const MOST_BYTES: usize = 4 << 20;

impl Form {
    /// The form as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![LAYOUT];
        // Writing to a Vec cannot fail.
        let _ = minicbor::encode(&self.definition, &mut bytes);
        bytes
    }

    /// The form in `bytes`.
    ///
    /// # Errors
    /// When the bytes are not a form, or one that contradicts itself.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FormError> {
        let Some((&LAYOUT, body)) = bytes.split_first() else {
            return Err(FormError::NotAForm);
        };
        if body.len() > MOST_BYTES {
            return Err(FormError::NotAForm);
        }
        let mut decoder = minicbor::Decoder::new(body);
        let definition: Definition = decoder.decode().map_err(|_| FormError::NotAForm)?;
        if decoder.position() != body.len() {
            return Err(FormError::NotAForm);
        }
        Self::link(definition)
    }
}
