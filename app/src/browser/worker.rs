//! Key derivation in a worker of its own, so that the screen stays alive and the memory goes.
//!
//! The worker runs this very program: `main` sees that there is no window and only answers
//! messages. It ends after each derivation.

use js_sys::{Array, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// The address of the JavaScript beside this program.
    #[wasm_bindgen(thread_local_v2, js_namespace = ["import", "meta"], js_name = url)]
    static GLUE: String;
}

/// Whether this instance of the program runs in a worker.
pub fn is_worker() -> bool {
    web_sys::window().is_none()
}

/// Sends the request to a fresh worker and gives back its answer; `None` when it failed (no
/// memory, no worker).
pub async fn ask(request: &[u8]) -> Option<Vec<u8>> {
    let options = web_sys::WorkerOptions::new();
    options.set_type(web_sys::WorkerType::Module);
    let worker = web_sys::Worker::new_with_options("/derive-worker.js", &options).ok()?;
    let bytes = Uint8Array::from(request);
    let answer = Promise::new(&mut |resolve, reject| {
        worker.set_onmessage(Some(&resolve));
        worker.set_onerror(Some(&reject));
        let message = Array::of3(
            &GLUE.with(Clone::clone).into(),
            &wasm_bindgen::module(),
            &bytes,
        );
        let _ = worker.post_message_with_transfer(&message, &Array::of1(&bytes.buffer()));
    });
    let event = wasm_bindgen_futures::JsFuture::from(answer).await;
    worker.terminate();
    let bytes: Uint8Array = Reflect::get(&event.ok()?, &"data".into())
        .ok()?
        .dyn_into()
        .ok()?;
    let answer = bytes.to_vec();
    bytes.fill(0, 0, bytes.length());
    (!answer.is_empty()).then_some(answer)
}
