//! What the module gives to `public/scan-worker.js`: room for a picture, reading it, the text.
//!
//! Not here: anything that can fail in words. One thread, one picture at a time. They have plain names in the browser only: elsewhere a
//! program may have others that are called so.

use std::cell::RefCell;

use crate::{CHANNELS, LARGEST, texts};

/// A picture and what was read in it.
struct Desk {
    pixels: Vec<u8>,
    text: String,
}

thread_local! {
    static DESK: RefCell<Desk> = const {
        RefCell::new(Desk { pixels: Vec::new(), text: String::new() })
    };
}

/// Room for a picture of so many pixels, four bytes each, which the caller fills. Zero: it is too large.
#[cfg_attr(target_family = "wasm", expect(unsafe_code, reason = "its name"))]
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn room(width: usize, height: usize) -> *mut u8 {
    if width > LARGEST || height > LARGEST {
        return std::ptr::null_mut();
    }
    DESK.with_borrow_mut(|desk| {
        desk.pixels.resize(width * height * CHANNELS, 0);
        desk.pixels.as_mut_ptr()
    })
}

/// Reads the picture, and gives how many bytes of text there are: one line a code.
#[cfg_attr(target_family = "wasm", expect(unsafe_code, reason = "its name"))]
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn scan(width: usize, height: usize) -> usize {
    DESK.with_borrow_mut(|desk| {
        desk.text = texts(&desk.pixels, width, height).join("\n");
        desk.text.len()
    })
}

/// Where the text stands until the next picture.
#[cfg_attr(target_family = "wasm", expect(unsafe_code, reason = "its name"))]
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn text() -> *const u8 {
    DESK.with_borrow(|desk| desk.text.as_ptr())
}
