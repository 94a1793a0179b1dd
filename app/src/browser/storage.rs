//! What the browser says about storage. WebKit may have no such object at all, and Firefox's
//! promise may never settle: nothing here is awaited on the way to a save.

use super::early;
use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Bytes used and granted, where the browser tells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Room {
    /// Bytes in use.
    pub used: f64,
    /// Bytes that the browser would allow in all.
    pub quota: f64,
}

/// How much is used and left.
pub async fn room() -> Option<Room> {
    let answer = call("estimate").await?;
    let number = |name: &str| Reflect::get(&answer, &name.into()).ok()?.as_f64();
    Some(Room {
        used: number("usage")?,
        quota: number("quota")?,
    })
}

/// Whether the browser's settings refuse this site all storage: then even looking at it throws.
pub fn is_refused() -> bool {
    Reflect::get(&leptos::prelude::window(), &"localStorage".into()).is_err()
}

/// What the list says of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// It is not there.
    Absent,
    /// It is there, in the version that was asked for.
    InVersion,
    /// It is there in another version.
    InAnother,
}

/// What the list says of a database; `None`: the browser gives no list. It was made when the page began to load, so it only
/// saves requests: what is not true any more is found out by opening.
pub async fn listed(name: &str, version: u32) -> Option<Listed> {
    let list = early::take("databasesListed")?;
    let list = JsFuture::from(list.dyn_into::<Promise>().ok()?)
        .await
        .ok()?;
    let field =
        |known: &JsValue, field: &str| Reflect::get(known, &field.into()).unwrap_or_default();
    let found = list
        .dyn_ref::<Array>()?
        .iter()
        .find(|known| field(known, "name") == name);
    Some(match found {
        None => Listed::Absent,
        Some(known) if field(&known, "version") == version => Listed::InVersion,
        Some(_) => Listed::InAnother,
    })
}

/// Whether the browser promised not to clear storage by itself. `None`: it does not say.
pub async fn is_persistent() -> Option<bool> {
    call("persisted").await?.as_bool()
}

/// Asks for that promise. May stay unanswered for ever: race it.
pub async fn ask_to_persist() -> Option<bool> {
    call("persist").await?.as_bool()
}

/// Whether there is anybody to ask: not in every WebKit.
pub fn can_ask() -> bool {
    method("persist").is_some()
}

async fn call(name: &str) -> Option<JsValue> {
    let (storage, function) = method(name)?;
    let promise: Promise = function.call0(&storage).ok()?.dyn_into().ok()?;
    JsFuture::from(promise).await.ok()
}

fn method(name: &str) -> Option<(JsValue, Function)> {
    let navigator = leptos::prelude::window().navigator();
    let storage = Reflect::get(&navigator, &"storage".into()).ok()?;
    let function = Reflect::get(&storage, &name.into()).ok()?;
    Some((storage, function.dyn_into().ok()?))
}
