//! The browser as the journal needs it: time, randomness, the device-bound key.
//!
//! Not here: anything that the app's own driver does beyond that.

use veldpost_journal::{DeviceBound, Outside};
use veldpost_store::indexed_db::DeviceKey;

pub struct Browser;

impl Outside for Browser {
    fn now(&self) -> i64 {
        js_sys::Date::now() as i64
    }

    fn random(&self, bytes: &mut [u8]) {
        let crypto = web_sys::window().and_then(|window| window.crypto().ok());
        for chunk in bytes.chunks_mut(65_536) {
            let filled = crypto
                .as_ref()
                .is_some_and(|crypto| crypto.get_random_values_with_u8_array(chunk).is_ok());
            debug_assert!(filled);
        }
    }
}

pub struct Bound<'a>(pub &'a DeviceKey);

impl DeviceBound for Bound<'_> {
    async fn seal(&self, context: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
        self.0.seal(context, bytes).await.ok()
    }

    async fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        self.0.open(context, sealed).await.ok()
    }
}

/// Milliseconds since the page began.
pub fn clock() -> f64 {
    web_sys::window()
        .and_then(|window| window.performance())
        .map_or(0.0, |performance| performance.now())
}
