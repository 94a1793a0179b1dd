//! A call to the relay: bytes there, bytes back.
//!
//! Not here: what is in them, signing, and trying again (`veldpost-sync`). Nothing is cached, no cookie goes along, and a
//! redirect is no answer.

use super::stream;
use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use leptos::prelude::window;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Blob, Response};

/// A call that takes longer is no answer: milliseconds. A phone may take minutes over a megabyte.
const PATIENCE_MS: u32 = 180_000;
/// Chromium takes three times as long over half a megabyte when it is given as an array: 26 ms where a blob takes 9, part of it
/// while the page stands still. A small body is quicker as an array.
const AS_BLOB: usize = 64 * 1024;

/// What came back.
#[derive(Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// `content-type`.
    pub content_type: Option<String>,
    /// `Retry-After` in seconds.
    pub retry_after: Option<u32>,
    /// The body, or a part of it.
    pub body: Vec<u8>,
}

/// Posts a body. `None`: no answer.
pub async fn post(address: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Answer> {
    let controller = AbortController::new().ok()?;
    let aborted = controller.clone();
    let patience = gloo::timers::callback::Timeout::new(PATIENCE_MS, move || aborted.abort());
    let response = fetch(address, headers, body, &controller).await?;
    let answer = Answer {
        body: read(response.array_buffer().ok()?).await?,
        ..head(&response)
    };
    drop(patience);
    Some(answer)
}

/// Posts a body, and hands over what comes back part by part, as it comes; `None` at the end where it broke off. What is no
/// success comes whole.
pub async fn post_for_parts(
    address: &str,
    headers: &[(&str, &str)],
    body: &[u8],
    part: impl Fn(Answer),
) -> Option<Answer> {
    let (open, closing) = stream::new()?;
    // What came until then counts: a call that goes on for ever would keep all others waiting.
    let patience = gloo::timers::callback::Timeout::new(PATIENCE_MS, move || drop(open));
    let mut stream = stream::ask(address, headers, body, &closing).await?;
    while let Some(body) = stream.next_part().await? {
        part(Answer {
            body,
            ..stream.answer.clone()
        });
    }
    drop(patience);
    Some(stream.answer)
}

/// Makes the call, up to where its body begins. Nothing comes back but what was asked: no cookie, no cache, no redirect.
pub(super) async fn fetch(
    address: &str,
    headers: &[(&str, &str)],
    body: &[u8],
    controller: &AbortController,
) -> Option<Response> {
    let options = Object::new();
    let set = |name: &str, value: JsValue| {
        let _ = Reflect::set(&options, &name.into(), &value);
    };
    let named = Object::new();
    for (name, value) in headers {
        let _ = Reflect::set(&named, &(*name).into(), &(*value).into());
    }
    set("method", "POST".into());
    set("headers", named.into());
    set("body", sent(body));
    set("cache", "no-store".into());
    set("credentials", "omit".into());
    set("redirect", "error".into());
    set("referrerPolicy", "no-referrer".into());
    set("signal", controller.signal().into());
    let asked = window().fetch_with_str_and_init(address, options.unchecked_ref());
    JsFuture::from(asked).await.ok()?.dyn_into().ok()
}

fn sent(body: &[u8]) -> JsValue {
    let array = Uint8Array::from(body);
    if body.len() < AS_BLOB {
        return array.into();
    }
    // Without a type, so that it adds no header.
    let parts = Array::of1(&array);
    Blob::new_with_u8_array_sequence(&parts).map_or_else(|_| array.into(), JsValue::from)
}

/// Status and headers.
pub(super) fn head(response: &Response) -> Answer {
    Answer {
        status: response.status(),
        content_type: header(response, "content-type"),
        retry_after: header(response, "retry-after").and_then(|text| text.parse().ok()),
        body: Vec::new(),
    }
}

fn header(response: &Response, name: &str) -> Option<String> {
    response.headers().get(name).ok().flatten()
}

pub(super) async fn read(asked: Promise) -> Option<Vec<u8>> {
    let buffer = JsFuture::from(asked).await.ok()?;
    Some(Uint8Array::new(&buffer).to_vec())
}

/// Where the app comes from, `https://host[:port]`: its own relay.
pub fn own_origin() -> String {
    window().location().origin().unwrap_or_default()
}
