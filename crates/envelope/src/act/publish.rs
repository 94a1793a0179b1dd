//! Acts that name what is published: forms, settings, the app's own release.
//!
//! Not here: the blobs that they name.

use super::Fields;
use crate::EnvelopeError;
use crate::canonical::{Reader, Writer};

/// A version's text has at most this many bytes.
pub const MAX_VERSION: usize = 32;

/// Publishes a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormPublish {
    /// The settings key that its blob is sealed under.
    pub number: u64,
    /// The blob's id.
    pub blob: [u8; 32],
}

impl Fields for FormPublish {
    const FIELDS: usize = 2;

    fn write(&self, out: &mut Writer) {
        out.uint(self.number).bytes(&self.blob);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, EnvelopeError> {
        Ok(Self {
            number: input.uint()?,
            blob: input.byte_array()?,
        })
    }
}

/// Names the settings that hold from here on, as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettingsPublish {
    /// The settings key that the blobs are sealed under.
    pub number: u64,
    /// Labels, campaigns, organisations, areas.
    pub blob: [u8; 32],
    /// The cards.
    pub cards: Option<[u8; 32]>,
}

impl Fields for SettingsPublish {
    const FIELDS: usize = 3;

    fn write(&self, out: &mut Writer) {
        out.uint(self.number).bytes(&self.blob);
        out.bytes_or_null(self.cards.as_ref().map(<[u8; 32]>::as_slice));
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, EnvelopeError> {
        Ok(Self {
            number: input.uint()?,
            blob: input.byte_array()?,
            cards: input.optional(Reader::byte_array)?,
        })
    }
}

/// Names a release of the app: shown beside the one that runs, never acted on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Its version.
    pub version: String,
    /// Hash of its list of files.
    pub manifest: [u8; 32],
}

impl Fields for Release {
    const FIELDS: usize = 2;

    fn write(&self, out: &mut Writer) {
        out.text(&self.version).bytes(&self.manifest);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, EnvelopeError> {
        let version = input.text()?;
        match version.len() {
            1..=MAX_VERSION => {}
            0 => return Err(EnvelopeError::Malformed("version")),
            _ => return Err(EnvelopeError::TooLarge("version")),
        }
        Ok(Self {
            version: version.to_owned(),
            manifest: input.byte_array()?,
        })
    }
}
