//! A camera for a browser that has none: Chromium takes its pictures from a file.
//!
//! Deliberately not here: what the app does with them.

use std::fs::OpenOptions;
use std::io::Write as _;

use anyhow::{Context as _, Result};
use qrcode::{Color, EcLevel, QrCode};
use serde_json::json;
use tempfile::TempDir;

use crate::browser::Browser;

/// What the camera gives: a common size of phones, on its side.
const SIZE: (usize, usize) = (640, 480);
/// As they are in the file; it begins anew after the last.
const FRAMES: usize = 10;
const HEADER: &str = "YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\n";

/// What lies before a pretended camera, for as long as this lives.
#[derive(Debug)]
pub struct Pretended {
    folder: TempDir,
}

impl Pretended {
    /// A wall without anything on it.
    ///
    /// # Errors
    /// When the pictures cannot be written.
    pub fn wall() -> Result<Self> {
        let camera = Self {
            folder: TempDir::new()?,
        };
        std::fs::write(camera.path(), film(&vec![150; SIZE.0 * SIZE.1]))?;
        Ok(camera)
    }

    /// From now on a code lies before it, as a coordinator's screen shows it: level M, so many pixels a module. Also while it is on: the
    /// file keeps its length.
    ///
    /// # Errors
    /// When the text is too long or the pictures cannot be written.
    pub fn show_code(&self, text: &str, module: usize) -> Result<()> {
        let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::M)?;
        let film = film(&drawn(&code, module).context("the code is larger than the picture")?);
        let mut file = OpenOptions::new().write(true).open(self.path())?;
        Ok(file.write_all(&film)?)
    }

    /// How a browser is started that has it. Whether it may be used, its person says by [`Browser::camera_may`].
    #[must_use]
    pub fn flags(&self) -> [String; 2] {
        [
            String::from("--use-fake-device-for-media-stream"),
            format!("--use-file-for-fake-video-capture={}", self.path()),
        ]
    }

    fn path(&self) -> String {
        self.folder.path().join("camera.y4m").display().to_string()
    }
}

/// A code in the middle of a grey wall.
fn drawn(code: &QrCode, module: usize) -> Option<Vec<u8>> {
    let (width, height) = SIZE;
    let (modules, colours) = (code.width(), code.to_colors());
    let side = (modules + 8) * module;
    let (left, top) = (width.checked_sub(side)? / 2, height.checked_sub(side)? / 2);
    let mut picture = vec![150; width * height];
    for y in 0..side {
        for x in 0..side {
            let at = |place: usize| (place / module).checked_sub(4).filter(|at| *at < modules);
            let dark = at(y).zip(at(x)).is_some_and(|(row, column)| {
                colours.get(row * modules + column) == Some(&Color::Dark)
            });
            if let Some(pixel) = picture.get_mut((top + y) * width + left + x) {
                *pixel = if dark { 30 } else { 230 };
            }
        }
    }
    Some(picture)
}

/// One picture, again and again, without colour.
fn film(picture: &[u8]) -> Vec<u8> {
    let mut film = HEADER.as_bytes().to_vec();
    for _ in 0..FRAMES {
        film.extend_from_slice(b"FRAME\n");
        film.extend_from_slice(picture);
        film.resize(film.len() + picture.len() / 2, 128);
    }
    film
}

impl Browser {
    /// What the person answers when a page asks for the camera: `granted` or `denied`.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn camera_may(&self, be: &str) -> Result<()> {
        let answer = json!({"permission": {"name": "camera"}, "setting": be});
        self.devtools("Browser.setPermission", answer)
            .await
            .map(|_| ())
    }

    /// From the next page on, notes the cameras that are asked for.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn note_cameras(&self) -> Result<()> {
        self.before_each_page(NOTE_CAMERAS).await
    }

    /// From the next page on, a camera says that it has a lamp.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn pretend_lamp(&self) -> Result<()> {
        self.before_each_page(LAMP).await
    }

    /// What the lamp of [`Browser::pretend_lamp`] was told last; none: nothing.
    ///
    /// # Errors
    /// When there is no page.
    pub async fn lamp_is_lit(&self) -> Result<Option<bool>> {
        let lit = self.run("return window.veldpostLamp", json!([])).await?;
        Ok(lit.as_bool())
    }

    /// How many cameras were switched on in this page since it was loaded, and how many of them still are.
    ///
    /// # Errors
    /// When they were not noted.
    pub async fn cameras(&self) -> Result<(u64, u64)> {
        let asked = self.run(CAMERAS, json!([])).await?;
        let number = |at: usize| asked.get(at).and_then(serde_json::Value::as_u64);
        number(0).zip(number(1)).context("no camera was noted")
    }
}

const NOTE_CAMERAS: &str = "window.veldpostCameras = []; \
    if (navigator.mediaDevices) { \
      const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices); \
      navigator.mediaDevices.getUserMedia = async (what) => { \
        const stream = await ask(what); veldpostCameras.push(...stream.getTracks()); return stream; }; }";

const LAMP: &str = "const track = MediaStreamTrack.prototype; const can = track.getCapabilities; \
    track.getCapabilities = function () { return {...can.call(this), torch: true}; }; \
    track.applyConstraints = async ({advanced: [{torch}]}) => { window.veldpostLamp = torch; }";

const CAMERAS: &str = "return [veldpostCameras.length, \
    veldpostCameras.filter((one) => one.readyState === 'live').length]";
