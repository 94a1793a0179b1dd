//! Finds and reads the QR codes in a picture of the camera.
//!
//! Not here: the camera, what a code may mean, and making codes (`app/src/components/qr.rs`). For the browser this is a module of its
//! own with three plain exports (`exports`): no page waits for it.

pub mod exports;

use rqrr::PreparedImage;

/// Wider or higher than this a picture is not looked at, in pixels: the app asks for 640.
pub const LARGEST: usize = 1_024;

/// Bytes of a pixel as a canvas gives it: red, green, blue, opacity.
const CHANNELS: usize = 4;

/// The texts of all codes that can be read in a picture, as they were found. A code that holds bytes that are no text is left out.
///
/// `pixels` are rows from the top, four bytes a pixel, as `ImageData` has them. A picture of another size than it says holds nothing.
///
/// ```
/// assert!(veldpost_scan::texts(&[255; 4 * 8 * 8], 8, 8).is_empty());
/// ```
pub fn texts(pixels: &[u8], width: usize, height: usize) -> Vec<String> {
    let fits = (1..=LARGEST).contains(&width) && (1..=LARGEST).contains(&height);
    if !fits || pixels.len() != width * height * CHANNELS {
        return Vec::new();
    }
    let grey = |x: usize, y: usize| {
        let at = (y * width + x) * CHANNELS;
        pixels.get(at..at + 3).map_or(u8::MAX, brightness)
    };
    let found = look(width, height, grey);
    if !found.is_empty() {
        return found;
    }
    // The reader places corners on whole pixels. At twice the size it reads codes whose modules are small or blurred.
    look(width * 2, height * 2, |x, y| {
        between(grey, (x, y), (width - 1, height - 1))
    })
}

fn look(width: usize, height: usize, grey: impl FnMut(usize, usize) -> u8) -> Vec<String> {
    let mut image = PreparedImage::prepare_from_greyscale(width, height, grey);
    let grids = image.detect_grids();
    let read = grids.iter().filter_map(|grid| grid.decode().ok());
    read.map(|(_, text)| text).collect()
}

/// A pixel of the doubled picture: three quarters of the one that it lies in, one of the nearest other, in both directions.
fn between(grey: impl Fn(usize, usize) -> u8, (x, y): (usize, usize), last: (usize, usize)) -> u8 {
    let nearest = |at: usize, last: usize| {
        let other = if at.is_multiple_of(2) {
            (at / 2).saturating_sub(1)
        } else {
            (at / 2 + 1).min(last)
        };
        [(at / 2, 3), (other, 1)]
    };
    let rows = nearest(y, last.1);
    let sum: u32 = nearest(x, last.0)
        .into_iter()
        .flat_map(|(x, part)| rows.map(|(y, other)| u32::from(grey(x, y)) * part * other))
        .sum();
    u8::try_from(sum / 16).unwrap_or(u8::MAX)
}

/// As the eye weighs colours (ITU-R BT.601), in 256ths.
fn brightness(colour: &[u8]) -> u8 {
    let weights = [77, 150, 29];
    let sum: u32 = colour
        .iter()
        .zip(weights)
        .map(|(part, weight)| u32::from(*part) * weight)
        .sum();
    u8::try_from(sum >> 8).unwrap_or(u8::MAX)
}
