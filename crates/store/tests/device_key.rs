//! cargo test -p veldpost-store --target wasm32-unknown-unknown --features indexed-db --test device_key
//!
//! (with the two variables that `indexed_db.rs` names)
//!
//! The device-bound key in a real browser. Not here: other engines; WebKit keeps AES keys, and loses
//! X25519 ones, which is why this one is AES.
#![cfg(target_family = "wasm")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::rc::Rc;

use veldpost_store::indexed_db::IndexedDbStore;
use veldpost_store::{Batch, Shelf, Store, StoreError};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(module = "/tests/browser/raw.js")]
extern "C" {
    async fn remove(name: &str);
    #[wasm_bindgen(js_name = putKey)]
    async fn put_key(name: &str, value: JsValue);
    #[wasm_bindgen(js_name = deviceKeyFacts)]
    async fn device_key_facts(name: &str) -> JsValue;
    /// Waits until a key is being held.
    #[wasm_bindgen(js_name = heldKey)]
    async fn held_key();
    #[wasm_bindgen(js_name = holdNextKey)]
    fn hold_next_key() -> js_sys::Function;
    #[wasm_bindgen(js_name = hideCryptography)]
    fn hide_cryptography(hidden: bool);
}

async fn fresh(name: &str) -> IndexedDbStore {
    remove(name).await;
    IndexedDbStore::open(name).await.unwrap()
}

#[wasm_bindgen_test]
async fn what_was_sealed_before_a_restart_opens_after_it() {
    let store = fresh("key-restart").await;
    let sealed = store
        .device_key()
        .await
        .unwrap()
        .seal(b"dsk", b"secret")
        .await
        .unwrap();
    store.close().await;
    let store = IndexedDbStore::open("key-restart").await.unwrap();
    let key = store.device_key().await.unwrap();
    assert_eq!(key.open(b"dsk", &sealed).await, Ok(b"secret".to_vec()));
}

#[wasm_bindgen_test]
async fn the_key_is_256_bits_and_tells_its_bytes_to_nobody() {
    let store = fresh("key-facts").await;
    store.device_key().await.unwrap();
    let facts = device_key_facts("key-facts").await.as_string().unwrap();
    assert_eq!(facts, "AES-GCM 256 false InvalidAccessError");
}

#[wasm_bindgen_test]
async fn a_window_that_comes_late_with_its_key_takes_the_one_that_stands() {
    let slow = Rc::new(fresh("key-two").await);
    let quick = IndexedDbStore::open("key-two").await.unwrap();
    let release = hold_next_key();
    let slow_key = future_to_promise({
        let slow = Rc::clone(&slow);
        async move {
            slow.device_key()
                .await
                .map(|_| JsValue::TRUE)
                .map_err(|_| JsValue::FALSE)
        }
    });
    held_key().await;
    let sealed = quick
        .device_key()
        .await
        .unwrap()
        .seal(b"", b"one key")
        .await
        .unwrap();
    release.call0(&JsValue::NULL).unwrap();
    JsFuture::from(slow_key).await.unwrap();
    for window in [slow.as_ref(), &quick] {
        let key = window.device_key().await.unwrap();
        assert_eq!(key.open(b"", &sealed).await, Ok(b"one key".to_vec()));
    }
}

#[wasm_bindgen_test]
async fn another_context_a_changed_byte_or_a_cut_end_does_not_open() {
    let key = fresh("key-context").await.device_key().await.unwrap();
    let sealed = key.seal(b"round", b"text").await.unwrap();
    assert_eq!(sealed.len(), 12 + 4 + 16);
    assert_eq!(key.open(b"stub", &sealed).await, Err(StoreError::Damaged));
    for place in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[place] ^= 1;
        assert_eq!(key.open(b"round", &changed).await, Err(StoreError::Damaged));
    }
    for length in [0, 5, 12, sealed.len() - 1] {
        assert_eq!(
            key.open(b"round", &sealed[..length]).await,
            Err(StoreError::Damaged)
        );
    }
    assert_eq!(key.open(b"round", &sealed).await, Ok(b"text".to_vec()));
}

#[wasm_bindgen_test]
async fn the_same_bytes_are_sealed_differently_each_time() {
    let key = fresh("key-nonce").await.device_key().await.unwrap();
    let (one, two) = (
        key.seal(b"", b"x").await.unwrap(),
        key.seal(b"", b"x").await.unwrap(),
    );
    assert_ne!(one.get(..12), two.get(..12));
    assert_ne!(one.get(12..), two.get(12..));
}

#[wasm_bindgen_test]
async fn clearing_every_shelf_leaves_the_key() {
    let store = fresh("key-clear").await;
    let sealed = store
        .device_key()
        .await
        .unwrap()
        .seal(b"", b"kept")
        .await
        .unwrap();
    store.claim().await.unwrap();
    let wipe = Shelf::ALL.into_iter().fold(Batch::new(), Batch::clear);
    store.commit(wipe).await.unwrap();
    let key = store.device_key().await.unwrap();
    assert_eq!(key.open(b"", &sealed).await, Ok(b"kept".to_vec()));
}

#[wasm_bindgen_test]
async fn a_key_that_the_browser_does_not_give_back_is_not_made_anew() {
    let store = fresh("key-lost").await;
    for what in [JsValue::from_str("not a key"), JsValue::NULL] {
        put_key("key-lost", what).await;
        assert_eq!(
            store.device_key().await.err(),
            Some(StoreError::KeyUnreadable)
        );
    }
}

#[wasm_bindgen_test]
async fn a_page_without_cryptography_says_so() {
    let store = fresh("key-insecure").await;
    hide_cryptography(true);
    let refused = store.device_key().await.err();
    hide_cryptography(false);
    assert_eq!(refused, Some(StoreError::NoCryptography));
}
