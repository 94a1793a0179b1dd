//! Time, random bytes and the device-bound key of a device whose memory is its disk.
//!
//! Not here: keeping anything. What these devices hold is made up and goes with the process.

use std::time::{SystemTime, UNIX_EPOCH};

use veldpost_envelope::RandomBytes;
use veldpost_journal::{DeviceBound, Outside};

/// The machine's clock and generator.
#[derive(Clone, Copy, Debug)]
pub struct Machine;

impl Outside for Machine {
    fn now(&self) -> i64 {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    }

    fn random(&self, bytes: &mut [u8]) {
        if getrandom::fill(bytes).is_err() {
            // Keys that can be guessed must not be made, not even for made-up people.
            std::process::abort();
        }
    }
}

impl RandomBytes for Machine {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.random(bytes);
    }
}

/// Nothing is on a disk, so there is nothing to seal against who reads one.
pub struct InMemory;

impl DeviceBound for InMemory {
    async fn seal(&self, _: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
        Some(bytes.to_vec())
    }

    async fn open(&self, _: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        Some(sealed.to_vec())
    }
}
