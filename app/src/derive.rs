//! Stretching a passphrase: what the worker is asked, does and answers.
//!
//! Not here: the worker itself (`browser::worker`).

use leptos::wasm_split::{SplitLoaderError, wasm_split};
use veldpost_envelope::UnlockSecret;
use veldpost_envelope::secret::Secret;
use veldpost_envelope::unlock::{self, KdfParams};
use wasm_bindgen::prelude::wasm_bindgen;
use zeroize::Zeroizing;

/// Bytes before the passphrase: salt, memory, passes, lanes.
const HEAD: usize = 16 + 3 * 4;

/// What a worker is asked.
pub struct Request<'a> {
    /// In Unicode form NFC.
    pub passphrase: &'a str,
    /// The salt.
    pub salt: [u8; 16],
    /// The cost.
    pub params: KdfParams,
}

impl Request<'_> {
    /// Salt, memory, passes, lanes, passphrase.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(HEAD + self.passphrase.len()));
        bytes.extend_from_slice(&self.salt);
        for number in [
            self.params.memory_kib,
            self.params.passes,
            self.params.lanes,
        ] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        bytes.extend_from_slice(self.passphrase.as_bytes());
        bytes
    }
}

/// Unicode form NFC, by the browser: the same letters typed on another keyboard are the same.
pub fn compose(passphrase: &str) -> String {
    String::from(js_sys::JsString::from(passphrase).normalize("NFC"))
}

/// Runs in the worker: the derived bytes, or none when it could not be done. The worker's instance
/// fetches the second module for itself: the page that asks has it, so it is on the device.
#[wasm_bindgen]
pub async fn derive(request: Vec<u8>) -> Vec<u8> {
    stretch(Zeroizing::new(request)).await.unwrap_or_default()
}

#[wasm_split(later, wasm_split_path = ::leptos::wasm_split, fallible)]
fn stretch(request: Zeroizing<Vec<u8>>) -> Result<Vec<u8>, SplitLoaderError> {
    let secret = answer(&request);
    Ok(secret.map_or_else(Vec::new, |secret| secret.secret().bytes().to_vec()))
}

fn answer(request: &[u8]) -> Option<UnlockSecret> {
    let (salt, rest) = request.split_first_chunk::<16>()?;
    let (memory, rest) = rest.split_first_chunk::<4>()?;
    let (passes, rest) = rest.split_first_chunk::<4>()?;
    let (lanes, passphrase) = rest.split_first_chunk::<4>()?;
    let params = KdfParams {
        memory_kib: u32::from_be_bytes(*memory),
        passes: u32::from_be_bytes(*passes),
        lanes: u32::from_be_bytes(*lanes),
    };
    unlock::derive(core::str::from_utf8(passphrase).ok()?, *salt, params).ok()
}

/// What a worker answered, as a secret again.
pub fn secret(answer: &[u8], salt: [u8; 16], params: KdfParams) -> Option<UnlockSecret> {
    let bytes: &[u8; 32] = answer.try_into().ok()?;
    UnlockSecret::from_parts(Secret::copy_from(bytes), params, salt).ok()
}
