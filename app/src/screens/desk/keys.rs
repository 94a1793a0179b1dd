//! Keys at a desk: the sign before an answer chooses it and goes on; Enter keeps the person.
//!
//! Not here: arrows and Tab, which are the browser's own. A sign works only while its question has the focus.

use crate::view::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement, KeyboardEvent};

/// A key was pressed somewhere in the form.
pub fn pressed(event: &Event, done: Callback<()>) {
    let Some(event) = event.dyn_ref::<KeyboardEvent>() else {
        return;
    };
    let other = event.ctrl_key() || event.alt_key() || event.meta_key() || event.is_composing();
    let target = event.target().and_then(|target| target.dyn_into().ok());
    let input: Option<HtmlInputElement> = target;
    let Some(input) = input.filter(|_| !other) else {
        return;
    };
    let key = event.key();
    if key == "Enter" {
        event.prevent_default();
        if !event.repeat() {
            done.run(());
        }
    } else if input.type_() == "radio" && choose(&input, &key) {
        event.prevent_default();
    }
}

/// Chooses the answer with that sign, and gives the next question the focus.
fn choose(input: &HtmlInputElement, key: &str) -> bool {
    let is_sign = key.len() == 1 && key.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let question = input.closest(".field").ok().flatten();
    let Some(question) = question.filter(|_| is_sign) else {
        return false;
    };
    let selector = format!("[data-key=\"{}\"] input", key.to_ascii_lowercase());
    let Some(chosen) = found(&question, &selector) else {
        return false;
    };
    let _ = chosen.focus();
    chosen.click();
    // After what the answer shows or hides.
    request_animation_frame(move || {
        if let Some(next) = next(&question) {
            let _ = next.focus();
        }
    });
    true
}

/// Where the question after this one is answered.
fn next(question: &Element) -> Option<HtmlElement> {
    let mut next = question.next_element_sibling()?;
    while !next.matches(".field").ok()? {
        next = next.next_element_sibling()?;
    }
    found(&next, ":checked").or_else(|| found(&next, "input, select, textarea"))
}

fn found(within: &Element, selector: &str) -> Option<HtmlElement> {
    within.query_selector(selector).ok()??.dyn_into().ok()
}
