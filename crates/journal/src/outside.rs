//! What the journal needs from the world around it: time, random bytes, and the key that the
//! browser keeps for this device.

use std::future::Future;

/// Time and randomness, given by the driver.
pub trait Outside {
    /// Wall-clock milliseconds since 1970, right or wrong.
    fn now(&self) -> i64;

    /// Fills the slice from the system's generator.
    fn random(&self, bytes: &mut [u8]);
}

/// What the device-bound key seals: each with a context of its own.
pub mod sealed_as {
    /// The device's secrets.
    pub const BUNDLE: &[u8] = b"bundle";
    /// A join that was not admitted yet.
    pub const JOIN: &[u8] = b"join";
}

/// The device-bound key: it never leaves the browser, so sealing asks the browser to do it.
pub trait DeviceBound {
    /// Seals bytes so that only this device, in this browser, opens them, and only as this.
    fn seal(&self, context: &[u8], bytes: &[u8]) -> impl Future<Output = Option<Vec<u8>>>;

    /// Opens what `seal` made; `None` when it is not this device's, was sealed as something else, or was changed.
    fn open(&self, context: &[u8], sealed: &[u8]) -> impl Future<Output = Option<Vec<u8>>>;
}
