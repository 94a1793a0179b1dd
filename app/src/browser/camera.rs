//! The camera: asked for, shown, its pictures, its lamp.
//!
//! Not here: what is in a picture (`browser::scanner`). A picture stays in the browser's memory and is never kept.

use js_sys::{Array, JSON, Object, Promise, Reflect};
use leptos::prelude::{document, window};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::HtmlVideoElement;

/// Pixels of a picture's side.
const SIDE: u32 = 640;
/// The camera that looks away from the person, where there are two. Of its picture the middle is read, which is higher than wide screens show.
const ASKED: &str = r#"{"audio":false,"video":{"facingMode":"environment","width":{"ideal":1280},"height":{"ideal":720}}}"#;

#[wasm_bindgen]
extern "C" {
    type Devices;
    #[wasm_bindgen(method, catch, js_name = getUserMedia)]
    fn ask(this: &Devices, what: &JsValue) -> Result<Promise, JsValue>;

    type Stream;
    #[wasm_bindgen(method, js_name = getVideoTracks)]
    fn tracks(this: &Stream) -> Array;

    type Track;
    #[wasm_bindgen(method)]
    fn stop(this: &Track);
    #[wasm_bindgen(method, getter, js_name = readyState)]
    fn state(this: &Track) -> String;
    /// Firefox has long had none.
    #[wasm_bindgen(method, catch, js_name = getCapabilities)]
    fn capabilities(this: &Track) -> Result<Object, JsValue>;
    #[wasm_bindgen(method, catch, js_name = applyConstraints)]
    fn apply(this: &Track, what: &JsValue) -> Result<Promise, JsValue>;

    type Canvas;
    #[wasm_bindgen(method, setter)]
    fn set_width(this: &Canvas, pixels: u32);
    #[wasm_bindgen(method, setter)]
    fn set_height(this: &Canvas, pixels: u32);
    #[wasm_bindgen(method, catch, js_name = getContext)]
    fn context(this: &Canvas, kind: &str, options: &JsValue) -> Result<Option<Drawing>, JsValue>;

    type Drawing;
    #[wasm_bindgen(method, catch, js_name = drawImage)]
    fn draw(
        this: &Drawing,
        video: &HtmlVideoElement,
        left: u32,
        top: u32,
        width: u32,
        height: u32,
        to_left: u32,
        to_top: u32,
        to_width: u32,
        to_height: u32,
    ) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = getImageData)]
    fn pixels(
        this: &Drawing,
        left: u32,
        top: u32,
        width: u32,
        height: u32,
    ) -> Result<Object, JsValue>;
}

/// Why there is no picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CameraProblem {
    /// No camera that the browser could give.
    Missing,
    /// The person, the browser or the device said no.
    Refused,
    /// Something else has it, or it broke off.
    Busy,
}

/// The person's yes: a camera that is on, until this is dropped.
pub struct Given(Stream);

impl Drop for Given {
    fn drop(&mut self) {
        for track in self.0.tracks() {
            track.unchecked_into::<Track>().stop();
        }
    }
}

/// A camera that is on and seen, until this is dropped.
pub struct Camera {
    given: Given,
    video: HtmlVideoElement,
    drawing: Drawing,
}

/// A square picture.
pub struct Picture {
    /// Pixels of its side.
    pub(super) side: u32,
    /// Four bytes a pixel, in the browser's memory.
    pub(super) pixels: JsValue,
}

/// Asks for the camera; the browser asks the person.
pub async fn ask() -> Result<Given, CameraProblem> {
    // There is none on a page without TLS.
    let devices = Reflect::get(&window().navigator(), &"mediaDevices".into())
        .ok()
        .filter(JsValue::is_object)
        .ok_or(CameraProblem::Missing)?;
    let what = JSON::parse(ASKED).map_err(|_| CameraProblem::Missing)?;
    let devices: Devices = devices.unchecked_into();
    let asked = devices.ask(&what).map_err(|error| problem(&error))?;
    let stream = JsFuture::from(asked)
        .await
        .map_err(|error| problem(&error))?;
    Ok(Given(stream.unchecked_into()))
}

fn problem(error: &JsValue) -> CameraProblem {
    let name = Reflect::get(error, &"name".into()).ok();
    match name.and_then(|name| name.as_string()).as_deref() {
        Some("NotAllowedError" | "SecurityError") => CameraProblem::Refused,
        Some("NotReadableError" | "AbortError") => CameraProblem::Busy,
        _ => CameraProblem::Missing,
    }
}

impl Given {
    /// Shows what the camera sees in this element. `None`: the browser draws no pictures.
    pub fn show_in(self, video: HtmlVideoElement) -> Option<Camera> {
        let drawing = drawing()?;
        // Without sound it may play by itself; a copy of markup does not say so by its attribute.
        video.set_muted(true);
        let _ = Reflect::set(&video, &"srcObject".into(), &self.0);
        // Refused only when the element was taken away meanwhile.
        let _ = video.play();
        Some(Camera {
            given: self,
            video,
            drawing,
        })
    }
}

/// Where pictures are drawn to be read: no part of the page.
fn drawing() -> Option<Drawing> {
    let canvas = document().create_element("canvas").ok()?;
    let canvas: Canvas = canvas.unchecked_into::<JsValue>().unchecked_into();
    canvas.set_width(SIDE);
    canvas.set_height(SIDE);
    let often = JSON::parse(r#"{"willReadFrequently":true,"alpha":false}"#).ok()?;
    canvas.context("2d", &often).ok().flatten()
}

impl Camera {
    /// A stream of a camera has one.
    fn track(&self) -> Track {
        self.given.0.tracks().get(0).unchecked_into()
    }

    /// Whether it still gives pictures: a device can take it back.
    pub fn is_on(&self) -> bool {
        self.track().state() == "live"
    }

    /// The middle of what it sees now. `None`: nothing yet.
    pub fn picture(&self) -> Option<Picture> {
        let (width, height) = (self.video.video_width(), self.video.video_height());
        let least = width.min(height);
        if least == 0 {
            return None;
        }
        let (left, top) = ((width - least) / 2, (height - least) / 2);
        self.drawing
            .draw(&self.video, left, top, least, least, 0, 0, SIDE, SIDE)
            .ok()?;
        let image = self.drawing.pixels(0, 0, SIDE, SIDE).ok()?;
        let pixels = Reflect::get(&image, &"data".into()).ok()?;
        Some(Picture { side: SIDE, pixels })
    }

    /// Whether it has a lamp that the browser can switch.
    pub fn has_lamp(&self) -> bool {
        let can = self.track().capabilities().ok();
        can.and_then(|can| Reflect::get(&can, &"torch".into()).ok())
            .is_some_and(|torch| torch.is_truthy())
    }

    /// Switches the lamp.
    pub fn light(&self, on: bool) {
        let asked = JSON::parse(&format!(r#"{{"advanced":[{{"torch":{on}}}]}}"#));
        if let Some(asked) = asked.ok().and_then(|asked| self.track().apply(&asked).ok()) {
            // Refused by a device that said it could: it stays dark, and reading goes on.
            wasm_bindgen_futures::spawn_local(async move { _ = JsFuture::from(asked).await });
        }
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        let _ = Reflect::set(&self.video, &"srcObject".into(), &JsValue::NULL);
    }
}
