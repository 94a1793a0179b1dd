//! The act that brings new epochs and settings keys, hands out more wraps, and says which epochs end.
//!
//! Not here: dropping a secret: each coordinator does that when it reads of the end.

use super::Fields;
use super::device::{read_epochs, read_settings, write_epochs};
use crate::canonical::{Reader, Writer};
use crate::keys::DevicePublic;
use crate::wrap::{EpochWraps, SettingsWraps};
use crate::{EnvelopeError, Purpose};

/// At most this many epochs does one act end.
pub const MAX_ENDS: usize = 64;

/// An epoch whose secret coordinators drop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochEnd {
    /// Of which purpose.
    pub purpose: Purpose,
    /// Which one.
    pub epoch: u64,
    /// Devices of that purpose of which a stream's head has no receipt.
    pub open: Vec<DevicePublic>,
}

impl EpochEnd {
    fn write(&self, out: &mut Writer) {
        out.array(3)
            .uint(self.purpose.code().into())
            .uint(self.epoch);
        out.array(self.open.len());
        self.open.iter().for_each(|device| {
            out.bytes(&device.0);
        });
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, EnvelopeError> {
        let newer = input.record(3)?;
        let end = Self {
            purpose: Purpose::from_code(input.uint()?)?,
            epoch: input.uint()?,
            open: input.list(super::MAX_ACT, "devices", |input| {
                input.byte_array().map(DevicePublic)
            })?,
        };
        input.skip_many(newer)?;
        Ok(end)
    }
}

/// Brings epochs and settings keys, or ends epochs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochNew {
    /// The next epoch of some purposes.
    pub epochs: Vec<EpochWraps>,
    /// The next settings key, or more wraps of the newest.
    pub settings: Option<SettingsWraps>,
    /// Epochs that end.
    pub ends: Vec<EpochEnd>,
}

impl Fields for EpochNew {
    const FIELDS: usize = 3;

    fn write(&self, out: &mut Writer) {
        write_epochs(&self.epochs, out);
        match &self.settings {
            Some(settings) => settings.write(out),
            None => {
                out.null();
            }
        }
        out.array(self.ends.len());
        self.ends.iter().for_each(|end| end.write(out));
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, EnvelopeError> {
        Ok(Self {
            epochs: read_epochs(input)?,
            settings: input.optional(read_settings)?,
            ends: input.list(MAX_ENDS, "ends", EpochEnd::read)?,
        })
    }
}
