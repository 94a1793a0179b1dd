//! The screen stays on while this is held.
//!
//! Not here: when that is wanted (`services::wake`). Where the browser cannot, nothing happens.

use js_sys::{Function, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// A screen that stays on until this is dropped, or the page is hidden.
pub struct Awake(JsValue);

impl Awake {
    /// Asks for it; `None` where the browser cannot, or will not on a low battery. `released` is
    /// called when the browser takes it back: it does so whenever the page is hidden.
    pub async fn ask(released: impl Fn() + 'static) -> Option<Self> {
        let locks = Reflect::get(&window().navigator(), &"wakeLock".into()).ok()?;
        let request: Function = Reflect::get(&locks, &"request".into())
            .ok()?
            .dyn_into()
            .ok()?;
        let asked: Promise = request
            .call1(&locks, &"screen".into())
            .ok()?
            .dyn_into()
            .ok()?;
        let held = JsFuture::from(asked).await.ok()?;
        let released = Closure::once_into_js(released);
        let _ = Reflect::set(&held, &"onrelease".into(), &released);
        Some(Self(held))
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        let release = Reflect::get(&self.0, &"release".into()).ok();
        if let Some(release) = release.and_then(|found| found.dyn_into::<Function>().ok()) {
            let _ = release.call0(&self.0);
        }
    }
}
