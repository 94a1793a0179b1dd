//! The device-bound key: AES-GCM of the browser's own, whose bytes no program can have.
//!
//! Not here: any real secret's protection. It is a speed bump for whoever holds the disk without
//! the browser; a passphrase is what protects records.

use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AesGcmParams, AesKeyGenParams, Crypto, CryptoKey, SubtleCrypto};

use super::ladder::DEVICE_KEY;
use super::{IndexedDbStore, read, write};
use crate::StoreError;

const ALGORITHM: &str = "AES-GCM";
const NONCE: usize = 12;

/// The device-bound key of one database, ready for use.
#[derive(Clone)]
pub struct DeviceKey {
    key: CryptoKey,
}

impl IndexedDbStore {
    /// The key of this database; made once, and read back and tried before it is believed, since a
    /// browser may take a key and give nothing back.
    ///
    /// # Errors
    /// [`StoreError::NoCryptography`], [`StoreError::KeyUnreadable`], or as any read and write.
    pub async fn device_key(&self) -> Result<DeviceKey, StoreError> {
        let subtle = subtle()?;
        if let Some(kept) = self.kept_key().await? {
            return Ok(kept);
        }
        let made = DeviceKey::make(&subtle).await?;
        match self.change(write::Change::DeviceKey(&made.key)).await {
            Ok(_) => {}
            // One stands already.
            Err(StoreError::Other { name }) if name == "ConstraintError" => {}
            Err(error) => return Err(error),
        }
        // Another window may have been first: whatever the row holds now is the key. A row that
        // stood already but gives nothing back ends here too.
        let kept = self.kept_key().await?.ok_or(StoreError::KeyUnreadable)?;
        let tried = kept.seal(b"try", b"try").await?;
        match kept.open(b"try", &tried).await {
            Ok(opened) if opened == b"try" => Ok(kept),
            _ => Err(StoreError::KeyUnreadable),
        }
    }

    async fn kept_key(&self) -> Result<Option<DeviceKey>, StoreError> {
        let row = self
            .ask(&read::only(DEVICE_KEY), &read::device_key)
            .await?
            .pop();
        let Some(value) = row.filter(|value| !value.is_undefined()) else {
            return Ok(None);
        };
        let key = value.dyn_into().map_err(|_| StoreError::KeyUnreadable)?;
        Ok(Some(DeviceKey { key }))
    }
}

impl DeviceKey {
    async fn make(subtle: &SubtleCrypto) -> Result<Self, StoreError> {
        let uses = Array::of2(&"encrypt".into(), &"decrypt".into());
        let kind = AesKeyGenParams::new(ALGORITHM, 256);
        let key = done(subtle.generate_key_with_object(&kind, false, &uses)).await;
        let key = key
            .ok()
            .and_then(|key| key.dyn_into().ok())
            .ok_or(StoreError::NoCryptography)?;
        Ok(Self { key })
    }

    /// Seals bytes under a fresh nonce. The context says what they are; opening wants the same, so
    /// that one sealed row cannot be put in another's place.
    ///
    /// # Errors
    /// [`StoreError::NoCryptography`].
    pub async fn seal(&self, context: &[u8], bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut sealed = vec![0; NONCE];
        let random = crypto()?.get_random_values_with_u8_array(&mut sealed);
        random.map_err(|_| StoreError::NoCryptography)?;
        let params = params(&sealed, context);
        let under_way = subtle()?.encrypt_with_object_and_u8_array(&params, &self.key, bytes);
        let body = done(under_way)
            .await
            .map_err(|_| StoreError::NoCryptography)?;
        sealed.extend_from_slice(&Uint8Array::new(&body).to_vec());
        Ok(sealed)
    }

    /// Opens what [`DeviceKey::seal`] sealed with the same context.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the bytes, the context or the key are not those of the sealing.
    pub async fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let (nonce, body) = sealed.split_at_checked(NONCE).ok_or(StoreError::Damaged)?;
        let params = params(nonce, context);
        let under_way = subtle()?.decrypt_with_object_and_u8_array(&params, &self.key, body);
        let opened = done(under_way).await.map_err(|_| StoreError::Damaged)?;
        let opened = Uint8Array::new(&opened);
        let bytes = opened.to_vec();
        // The copy on the JavaScript side is nobody's to zeroise later.
        opened.fill(0, 0, opened.length());
        Ok(bytes)
    }
}

fn params(nonce: &[u8], context: &[u8]) -> AesGcmParams {
    let params = AesGcmParams::new_with_u8_array(ALGORITHM, &Uint8Array::from(nonce));
    params.set_additional_data_u8_array(&Uint8Array::from(context));
    params
}

async fn done(under_way: Result<Promise, JsValue>) -> Result<JsValue, JsValue> {
    JsFuture::from(under_way?).await
}

fn crypto() -> Result<Crypto, StoreError> {
    let found = js_sys::Reflect::get(&js_sys::global(), &"crypto".into());
    found
        .ok()
        .and_then(|found| found.dyn_into().ok())
        .ok_or(StoreError::NoCryptography)
}

/// Absent on a page that did not come by a secure way.
fn subtle() -> Result<SubtleCrypto, StoreError> {
    let subtle = JsValue::from(crypto()?.subtle());
    subtle.dyn_into().map_err(|_| StoreError::NoCryptography)
}
