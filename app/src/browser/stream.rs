//! An answer as it comes: parts of a long one, or lines over a call that stays open.
//!
//! Not here: what a line says, and opening another when it ends. `EventSource` cannot sign, so this reads a `fetch`.

use super::http;
use js_sys::{Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Response};

/// A relay sends no line that is longer: bytes. What is longer is none of its lines.
const LONGEST: usize = 256;

/// Closes the call when it goes.
pub struct Open(AbortController);

/// What a call is closed by, for [`ask`].
pub struct Closing(AbortController);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A call that was answered.
pub struct Stream {
    /// Its answer; the body comes part by part or line by line, but for a refusal's.
    pub answer: http::Answer,
    reader: Option<JsValue>,
    rest: Vec<u8>,
}

/// What may be opened and closed. `None`: this browser cannot close a call.
pub fn new() -> Option<(Open, Closing)> {
    let controller = AbortController::new().ok()?;
    Some((Open(controller.clone()), Closing(controller)))
}

/// Asks. A status other than 200 comes with its whole body. `None`: no answer, or it was closed.
pub async fn ask(
    address: &str,
    headers: &[(&str, &str)],
    body: &[u8],
    closing: &Closing,
) -> Option<Stream> {
    let response = http::fetch(address, headers, body, &closing.0).await?;
    let mut answer = http::head(&response);
    let reader = match answer.status {
        200 => Some(reader(&response)?),
        _ => {
            answer.body = http::read(response.array_buffer().ok()?).await?;
            None
        }
    };
    Some(Stream {
        answer,
        reader,
        rest: Vec::new(),
    })
}

impl Stream {
    /// The next line, without its end. `None`: it ended.
    pub async fn next_line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                let line = String::from_utf8(line).ok()?;
                return Some(line.trim_end_matches('\n').to_owned());
            }
            if self.rest.len() > LONGEST {
                return None;
            }
            let part = self.next_part().await??;
            self.rest.extend(part);
        }
    }

    /// The next part of the body, `Some(None)` behind the last. `None`: it broke off.
    pub async fn next_part(&mut self) -> Option<Option<Vec<u8>>> {
        let Some(reader) = &self.reader else {
            return Some(None);
        };
        let read = call(reader, "read")?;
        let next = JsFuture::from(read.dyn_into::<Promise>().ok()?)
            .await
            .ok()?;
        let value = Reflect::get(&next, &"value".into()).ok()?;
        Some(
            value
                .dyn_into::<Uint8Array>()
                .ok()
                .map(|part| part.to_vec()),
        )
    }
}

fn reader(response: &Response) -> Option<JsValue> {
    let body = Reflect::get(response, &"body".into()).ok()?;
    call(&body, "getReader")
}

fn call(of: &JsValue, method: &str) -> Option<JsValue> {
    let function: Function = Reflect::get(of, &method.into()).ok()?.dyn_into().ok()?;
    function.call0(of).ok()
}
