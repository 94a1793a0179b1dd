//! The row of a join that was made and is not answered by an act yet: `docs/format.md`, section 20.
//!
//! Not here: sealing it by the device-bound key, which is the driver's.

use super::read;
use core::fmt;
use veldpost_envelope::RegionId;
use veldpost_envelope::canonical::Writer;
use veldpost_envelope::secret::Secret;
use zeroize::Zeroizing;

/// Key of the row in `keys`, and the context that it is sealed with.
pub const JOIN: &[u8] = b"join";

const VERSION: u64 = 1;

/// What a device that joined keeps until it is added: enough to send the same join again.
#[derive(Clone)]
pub struct JoinRow {
    /// The region.
    pub region: RegionId,
    /// The relay's origin, also where it is the app's own.
    pub relay: String,
    /// The invitation that it came by.
    pub invitation: [u8; 16],
    /// The link's secret.
    pub secret: Secret,
    /// The join as signed.
    pub join: Vec<u8>,
    /// When it was made, by the device's clock: milliseconds since 1970.
    pub at: i64,
}

impl JoinRow {
    /// `[1, region, relay, invitation, secret, join, at]`, before it is sealed.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        // Room for all of it, so that no part of the secret stays where the bytes were before.
        let mut out = Writer::with_capacity(self.join.len() + self.relay.len() + 128);
        out.array(7).uint(VERSION).bytes(&self.region.0);
        out.text(&self.relay).bytes(&self.invitation);
        out.bytes(self.secret.bytes()).bytes(&self.join);
        out.int(self.at);
        Zeroizing::new(out.finish())
    }

    /// Reads a row that was opened. None for another version, or for what is no such row.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (version, row) = read(bytes, 7, |input| {
            let version = input.uint()?;
            let row = Self {
                region: RegionId(input.byte_array()?),
                relay: input.text()?.to_owned(),
                invitation: input.byte_array()?,
                secret: Secret::copy_from(&Zeroizing::new(input.byte_array()?)),
                join: input.bytes()?.to_vec(),
                at: input.int()?,
            };
            Ok((version, row))
        })?;
        (version == VERSION).then_some(row)
    }
}

impl fmt::Debug for JoinRow {
    /// Without what was signed and sealed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinRow")
            .field("region", &self.region)
            .field("relay", &self.relay)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}
