//! Reading codes in a worker of its own, so that the screen stays alive; its module is loaded when somebody scans.
//!
//! Not here: the camera. The worker and the module (`crates/scan`) share nothing with the app.

use super::camera::Picture;
use js_sys::{Array, Promise, Reflect};
use std::cell::OnceCell;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::Worker;

/// A reader, until this is dropped. It starts with the first picture: a worker that cannot be loaded says so once, to whoever
/// listens by then.
#[derive(Default)]
pub struct Scanner(OnceCell<Option<Worker>>);

impl Scanner {
    /// Reads a picture, one at a time: the texts of its codes, a line each. `None`: the reader could not be loaded. It never comes back
    /// when the reader is dropped.
    pub fn read(&self, picture: &Picture) -> impl Future<Output = Option<String>> + use<> {
        let worker = self.0.get_or_init(|| Worker::new("/scan-worker.js").ok());
        let answer = worker.as_ref().map(|worker| ask(worker, picture));
        async move {
            let event = JsFuture::from(answer?).await.ok()?;
            Reflect::get(&event, &"data".into()).ok()?.as_string()
        }
    }
}

fn ask(worker: &Worker, picture: &Picture) -> Promise {
    Promise::new(&mut |resolve, reject| {
        worker.set_onmessage(Some(&resolve));
        worker.set_onerror(Some(&reject));
        let Picture { side, pixels } = picture;
        let message = Array::of3(&(*side).into(), &(*side).into(), pixels);
        let moved = Reflect::get(pixels, &"buffer".into()).unwrap_or(JsValue::NULL);
        let _ = worker.post_message_with_transfer(&message, &Array::of1(&moved));
    })
}

impl Drop for Scanner {
    fn drop(&mut self) {
        if let Some(Some(worker)) = self.0.get() {
            worker.terminate();
        }
    }
}
