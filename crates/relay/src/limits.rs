//! How much of whom: token buckets, nonces that were seen, event streams. In memory only, driven by times that come in.
//!
//! Not here: locks and addresses' names. What is forgotten at a restart is only a limit.

mod bucket;
mod nonces;
mod streams;

pub use bucket::{Bucket, Buckets, Rate};
pub use nonces::{MOST_NONCES, Nonces};
pub use streams::{EventStreams, MAX_A_DEVICE, MAX_A_PROCESS};

use crate::store::Volume;
use std::sync::{Mutex, PoisonError};
use veldpost_envelope::DevicePublic;

/// Calls of a device.
pub const CALLS: Rate = Rate {
    burst: 200,
    a_second: 2,
};
/// New entries of a device.
pub const ENTRIES: Rate = Rate {
    burst: 20_000,
    a_second: 20,
};
/// Bytes of new entries of a device.
pub const BYTES: Rate = Rate {
    burst: 64 * 1024 * 1024,
    a_second: 256 * 1024,
};
/// Refused calls of an address.
pub const REFUSALS: Rate = Rate {
    burst: 60,
    a_second: 1,
};

/// Asked before anything new of a device is stored.
pub trait Charge {
    /// Takes so much of what the device has left, or nothing.
    ///
    /// # Errors
    /// How long to wait until there is as much, in seconds.
    fn charge(&self, device: &DevicePublic, volume: Volume, now: i64) -> Result<(), u32>;
}

/// No limit: for the simulator, which counts in days.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unlimited;

impl Charge for Unlimited {
    fn charge(&self, _: &DevicePublic, _: Volume, _: i64) -> Result<(), u32> {
        Ok(())
    }
}

/// What each device has left of entries and bytes.
#[derive(Debug)]
pub struct Volumes {
    entries: Buckets<DevicePublic>,
    bytes: Buckets<DevicePublic>,
}

impl Default for Volumes {
    fn default() -> Self {
        Self {
            entries: Buckets::new(ENTRIES),
            bytes: Buckets::new(BYTES),
        }
    }
}

impl Volumes {
    /// As [`Charge::charge`].
    ///
    /// # Errors
    /// As [`Charge::charge`].
    pub fn charge(&mut self, device: &DevicePublic, volume: Volume, now: i64) -> Result<(), u32> {
        let entries = self.entries.wait(device, volume.entries, now);
        let bytes = self.bytes.wait(device, volume.bytes, now);
        match entries.max(bytes) {
            0 => {
                self.entries.take(*device, volume.entries, now)?;
                self.bytes.take(*device, volume.bytes, now)
            }
            seconds => Err(seconds),
        }
    }
}

impl Charge for Mutex<Volumes> {
    fn charge(&self, device: &DevicePublic, volume: Volume, now: i64) -> Result<(), u32> {
        // A bucket is changed in one step, so that a panic elsewhere leaves none half changed.
        let mut volumes = self.lock().unwrap_or_else(PoisonError::into_inner);
        volumes.charge(device, volume, now)
    }
}
