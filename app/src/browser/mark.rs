//! A mark beside the database: there was a book here. It says nothing else.
//!
//! A database can come back empty: the browser set it aside, or somebody cleared a part of its data. Without the mark
//! that would look like the first time. It lies among the caches, under a name that the service worker leaves alone.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

const NAME: &str = "veldpost-book";

/// Whether there was a book here.
pub async fn is_set() -> bool {
    call("has").await.is_some_and(|answer| answer.is_truthy())
}

/// Notes that there is one. The name of the cache is the mark; nothing lies in it.
pub async fn set() {
    let _ = call("open").await;
}

/// Takes the mark away, with the book or when it is given up.
pub async fn clear() {
    let _ = call("delete").await;
}

/// `None`: the browser has no caches here, and then there is no mark.
async fn call(method: &str) -> Option<JsValue> {
    let caches = Reflect::get(&leptos::prelude::window(), &"caches".into()).ok()?;
    let function: Function = Reflect::get(&caches, &method.into())
        .ok()?
        .dyn_into()
        .ok()?;
    let promise: Promise = function
        .call1(&caches, &NAME.into())
        .ok()?
        .dyn_into()
        .ok()?;
    JsFuture::from(promise).await.ok()
}
