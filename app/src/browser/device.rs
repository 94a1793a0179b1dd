//! The device in somebody's hand: vibration, screen, how the app was opened.

use js_sys::{Function, Reflect};
use leptos::prelude::window;
use std::cell::Cell;
use wasm_bindgen::{JsCast, JsValue};

thread_local! {
    static VIBRATES: Cell<bool> = const { Cell::new(true) };
}

/// Whether the person wants it to vibrate.
pub fn allow_vibration(allowed: bool) {
    VIBRATES.set(allowed);
}

/// Vibrates where the device can and may; iOS and desktop Firefox cannot.
pub fn vibrate(pattern: &[u16]) {
    if !VIBRATES.get() {
        return;
    }
    let navigator = window().navigator();
    let Ok(function) = Reflect::get(&navigator, &"vibrate".into()) else {
        return;
    };
    let Ok(function) = function.dyn_into::<Function>() else {
        return;
    };
    let steps: js_sys::Array = pattern.iter().map(|step| JsValue::from(*step)).collect();
    // Refused before the first touch of the page: nothing depends on it.
    let _ = function.call1(&navigator, &steps);
}

/// Whether the app runs from the home screen.
pub fn is_installed() -> bool {
    let standalone = window()
        .match_media("(display-mode: standalone), (display-mode: minimal-ui)")
        .ok()
        .flatten()
        .is_some_and(|query| query.matches());
    let ios = Reflect::get(&window().navigator(), &"standalone".into())
        .ok()
        .and_then(|value| value.as_bool())
        .unwrap_or(false);
    standalone || ios
}

/// Whether this is an iPhone or iPad, where a site in the browser may lose its data after a week.
pub fn is_ios() -> bool {
    let navigator = window().navigator();
    let agent = navigator.user_agent().unwrap_or_default();
    // An iPad says that it is a Mac, which has no screen to touch.
    let touches = || navigator.max_touch_points() > 1;
    agent.contains("iPhone") || agent.contains("iPad") || agent.contains("Macintosh") && touches()
}

/// Whether the page was served for a demonstration.
pub fn is_demo() -> bool {
    leptos::prelude::document()
        .query_selector("meta[name=veldpost-demo]")
        .ok()
        .flatten()
        .is_some()
}
