//! The browser's offer to put the app on the home screen. Chromium makes one; others have a menu.
//!
//! Not here: catching it. The offer may come before the app runs, so `index.html` keeps it.

use js_sys::{Function, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Where `index.html` leaves the offer.
const OFFER: &str = "installOffer";

fn offer() -> Option<JsValue> {
    let kept = Reflect::get(&window(), &OFFER.into()).ok()?;
    kept.is_object().then_some(kept)
}

/// Whether the browser has offered, and nobody has answered.
pub fn is_offered() -> bool {
    offer().is_some()
}

/// Takes the offer up: the browser asks in its own words. An offer can be used once.
pub async fn ask() -> Option<()> {
    let offer = offer()?;
    let _ = Reflect::set(&window(), &OFFER.into(), &JsValue::UNDEFINED);
    let prompt: Function = Reflect::get(&offer, &"prompt".into())
        .ok()?
        .dyn_into()
        .ok()?;
    let asked: Promise = prompt.call0(&offer).ok()?.dyn_into().ok()?;
    JsFuture::from(asked).await.ok().map(|_| ())
}
