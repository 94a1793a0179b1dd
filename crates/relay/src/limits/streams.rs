//! How many event streams are open.
//!
//! Not here: the streams.

use std::collections::BTreeMap;
use veldpost_envelope::DevicePublic;

/// No device has more open.
pub const MAX_A_DEVICE: u32 = 2;
/// No process has more open.
pub const MAX_A_PROCESS: usize = 1_000;

/// Those that are open.
#[derive(Clone, Debug, Default)]
pub struct EventStreams {
    open: BTreeMap<DevicePublic, u32>,
    all: usize,
}

impl EventStreams {
    /// Counts one more, when there is room for it.
    pub fn open(&mut self, device: DevicePublic) -> bool {
        let of_device = self.open.get(&device).copied().unwrap_or(0);
        if of_device >= MAX_A_DEVICE || self.all >= MAX_A_PROCESS {
            return false;
        }
        self.open.insert(device, of_device + 1);
        self.all += 1;
        true
    }

    /// Counts one less.
    pub fn close(&mut self, device: &DevicePublic) {
        let Some(of_device) = self.open.get_mut(device) else {
            return;
        };
        *of_device -= 1;
        if *of_device == 0 {
            self.open.remove(device);
        }
        self.all = self.all.saturating_sub(1);
    }
}
