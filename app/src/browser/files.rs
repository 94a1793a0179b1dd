//! Handing a file to the person, and paper.

use super::early;
use leptos::prelude::{document, window};
use wasm_bindgen::JsCast;

/// Offers the bytes as a download. `false`: the browser refused.
pub fn download(name: &str, mime: &str, bytes: &[u8]) -> bool {
    offer(name, mime, bytes).is_some()
}

fn offer(name: &str, mime: &str, bytes: &[u8]) -> Option<()> {
    let parts = js_sys::Array::of1(&js_sys::Uint8Array::from(bytes));
    let options = web_sys::BlobPropertyBag::new();
    options.set_type(mime);
    let blob = web_sys::Blob::new_with_u8_array_sequence_and_options(&parts, &options).ok()?;
    let url = web_sys::Url::create_object_url_with_blob(&blob).ok()?;
    let anchor: web_sys::HtmlAnchorElement =
        document().create_element("a").ok()?.dyn_into().ok()?;
    anchor.set_href(&url);
    anchor.set_download(name);
    anchor.click();
    // The download has taken the address over by the next turn of the loop.
    gloo::timers::callback::Timeout::new(10_000, move || {
        let _ = web_sys::Url::revoke_object_url(&url);
    })
    .forget();
    Some(())
}

/// Opens the browser's print dialog for the page as it is.
pub fn print() {
    let _ = window().print();
}

/// Reads the questionnaire; without a network the service worker has it. When the page was loaded to fill it in, it was asked for
/// before the app ran.
pub async fn fetch_form(address: &str) -> Option<Vec<u8>> {
    if let Some(asked) = early::take("formAsked")
        && let Some(bytes) = bytes(asked.unchecked_into()).await
    {
        return Some(bytes);
    }
    read(window().fetch_with_str(address)).await
}

async fn read(asked: js_sys::Promise) -> Option<Vec<u8>> {
    let response = wasm_bindgen_futures::JsFuture::from(asked).await;
    let response: web_sys::Response = response.ok()?.dyn_into().ok()?;
    if !response.ok() {
        return None;
    }
    bytes(response.array_buffer().ok()?).await
}

async fn bytes(asked: js_sys::Promise) -> Option<Vec<u8>> {
    let buffer = wasm_bindgen_futures::JsFuture::from(asked).await.ok()?;
    buffer
        .is_object()
        .then(|| js_sys::Uint8Array::new(&buffer).to_vec())
}
