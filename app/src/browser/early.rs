//! What the page asked of the browser before the app ran (`public/early.js`).
//!
//! Not here: what is done with the answers.

use js_sys::Reflect;
use leptos::prelude::window;
use wasm_bindgen::JsValue;

/// What stands under this name, once: the next call finds nothing.
pub fn take(name: &str) -> Option<JsValue> {
    let window = window();
    let found = Reflect::get(&window, &name.into()).ok()?;
    let _ = Reflect::set(&window, &name.into(), &JsValue::UNDEFINED);
    found.is_object().then_some(found)
}
