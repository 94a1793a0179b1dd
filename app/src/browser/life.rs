//! The page's life: hidden, shown, left, titled, focused.

use gloo::events::EventListener;
use gloo::timers::callback::Timeout;
use js_sys::{Function, Promise, Reflect};
use leptos::prelude::{document, window};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    /// Safari has none.
    #[wasm_bindgen(catch, js_name = requestIdleCallback)]
    fn request_idle_callback(act: &Function) -> Result<f64, JsValue>;
}

/// How long a browser that does not tell when it is idle is left alone: milliseconds.
const IDLE_MS: u32 = 1_000;

/// Whether the page is hidden at this moment.
pub fn is_hidden() -> bool {
    document().hidden()
}

/// Calls back whenever the page is hidden or shown, for as long as the page lives.
pub fn on_visibility(mut changed: impl FnMut(bool) + 'static) {
    EventListener::new(&document(), "visibilitychange", move |_| {
        changed(document().hidden())
    })
    .forget();
}

/// Calls back on each event of the window of these names, for as long as the page lives.
pub fn on_window(names: &[&'static str], act: impl Fn() + Clone + 'static) {
    for name in names {
        let act = act.clone();
        EventListener::new(&window(), *name, move |_| act()).forget();
    }
}

/// Calls back when the page is hidden, and on Escape, until what this gives is dropped.
pub fn on_leaving(hidden: impl Fn() + 'static, escape: impl Fn() + 'static) -> [EventListener; 2] {
    let escape = move |event: &web_sys::Event| {
        let key = js_sys::Reflect::get(event, &"key".into());
        if key.is_ok_and(|key| key.as_string().as_deref() == Some("Escape")) {
            escape();
        }
    };
    [
        EventListener::new(&document(), "visibilitychange", move |_| {
            if is_hidden() {
                hidden();
            }
        }),
        EventListener::new(&document(), "keydown", escape),
    ]
}

/// A page that comes back out of the back/forward cache still holds what it held: start anew.
pub fn reload_when_restored_from_cache() {
    on_cached("pageshow", reload);
}

/// Calls back when the page is left and the browser may keep it in its back/forward cache.
pub fn on_leaving_for_the_cache(act: impl Fn() + 'static) {
    on_cached("pagehide", act);
}

fn on_cached(name: &'static str, act: impl Fn() + 'static) {
    EventListener::new(&window(), name, move |event| {
        let kept = event
            .dyn_ref::<web_sys::PageTransitionEvent>()
            .is_some_and(web_sys::PageTransitionEvent::persisted);
        if kept {
            act();
        }
    })
    .forget();
}

/// Calls once, when the browser has nothing else to do.
pub fn when_idle(act: impl FnOnce() + 'static) {
    let act: Function = Closure::once_into_js(act).unchecked_into();
    if request_idle_callback(&act).is_err() {
        Timeout::new(IDLE_MS, move || {
            let _ = act.call0(&JsValue::NULL);
        })
        .forget();
    }
}

/// Comes back when the browser has nothing else to do.
pub async fn idle() {
    let promise = Promise::new(&mut |resolve, _| {
        when_idle(move || _ = resolve.call0(&JsValue::NULL));
    });
    let _ = wasm_bindgen_futures::JsFuture::from(promise).await;
}

/// The name of the program that runs, which no other build has; none when the page does not say.
pub fn program() -> Option<String> {
    let link = document().query_selector("link[as=fetch][type='application/wasm']");
    link.ok()??.get_attribute("href")
}

/// Loads the page anew.
pub fn reload() {
    let _ = window().location().reload();
}

/// Leaves for another address, so that Back does not return here.
pub fn leave_for(address: &str) {
    let _ = window().location().replace(address);
}

/// Takes everything off the page.
pub fn empty_page() {
    if let Some(body) = document().body() {
        body.replace_children_with_node_0();
    }
    document().set_title("Notities");
}

/// The page's title: a kind of screen, never an answer.
pub fn set_title(title: &str) {
    document().set_title(title);
}

/// Moves the focus to the first element that matches, as a new page would.
pub fn focus_first(selector: &str) {
    let _ = focus_found(selector);
}

/// Copies a text for the person to paste elsewhere. Asked at once, since a browser allows it at a tap alone; `false`: it does
/// not.
pub fn copy(text: &str) -> impl Future<Output = bool> + use<> {
    let clipboard = Reflect::get(&window().navigator(), &"clipboard".into()).ok();
    let write = clipboard.and_then(|clipboard| {
        let write = Reflect::get(&clipboard, &"writeText".into()).ok()?;
        let write: Function = write.dyn_into().ok()?;
        write.call1(&clipboard, &text.into()).ok()
    });
    async move {
        match write.map(JsCast::dyn_into::<Promise>) {
            Some(Ok(written)) => JsFuture::from(written).await.is_ok(),
            _ => false,
        }
    }
}

/// As `focus_first`, where nothing else has it.
pub fn focus_if_lost(selector: &str) {
    let held = document().active_element();
    if held.is_none_or(|held| held.tag_name() == "BODY") {
        focus_first(selector);
    }
}

/// As `focus_first`; `false` when nothing matches.
pub fn focus_found(selector: &str) -> bool {
    let found = document().query_selector(selector).ok().flatten();
    let found = found.and_then(|found| found.dyn_into::<web_sys::HtmlElement>().ok());
    found.is_some_and(|element| element.focus().is_ok())
}

/// An attribute of the root element.
pub fn root(attribute: &str) -> Option<String> {
    document().document_element()?.get_attribute(attribute)
}

/// Sets or removes an attribute of the root element (`data-scheme`, `data-hand`, `lang`).
pub fn set_root(attribute: &str, value: Option<&str>) {
    if let Some(root) = document().document_element() {
        let _ = match value {
            Some(value) => root.set_attribute(attribute, value),
            None => root.remove_attribute(attribute),
        };
    }
}
