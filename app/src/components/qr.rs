//! A QR code as a picture in the page: dark on white in every scheme, so that any camera reads it.
//!
//! Not here: reading one.

use crate::text::Text;
use crate::view::prelude::*;
use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write as _;

/// The white border that readers need, in modules.
const QUIET: usize = 4;

/// The code of a text; nothing when the text is too long for one. The text itself must stand beside it: a camera-only way
/// excludes people.
#[component]
pub fn Qr(
    text: String,
    /// What it is, for who cannot see it.
    label: Text,
) -> impl IntoView {
    let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::M).ok()?;
    let width = code.width();
    let side = width + 2 * QUIET;
    Some(view! {
        <svg
            class="qr"
            role="img"
            aria-label=label.get()
            viewBox=format!("0 0 {side} {side}")
            shape-rendering="crispEdges"
        >
            <rect width="100%" height="100%" fill="#fff"></rect>
            <path fill="#000" d=path(&code.to_colors(), width)></path>
        </svg>
    })
}

/// Dark modules that stand side by side are one rectangle.
fn path(modules: &[Color], width: usize) -> String {
    let mut path = String::new();
    for (row, line) in modules.chunks(width.max(1)).enumerate() {
        let mut from = None;
        for column in 0..=line.len() {
            let dark = line.get(column) == Some(&Color::Dark);
            match (dark, from) {
                (true, None) => from = Some(column),
                (false, Some(start)) => {
                    let length = column - start;
                    let (x, y) = (start + QUIET, row + QUIET);
                    let _ = write!(path, "M{x} {y}h{length}v1h-{length}z");
                    from = None;
                }
                _ => {}
            }
        }
    }
    path
}
