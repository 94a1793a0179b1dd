//! Rows of sealed bytes on the device: one trait, a store in memory, a store in IndexedDB, and one
//! contract that both keep.
//!
//! Not here: what a row means. This crate knows no records, no keys but the browser's own device
//! key, and no clock; `journal` decides what is written and when.

#![warn(missing_docs)]

mod batch;
#[cfg(feature = "contract")]
pub mod contract;
mod error;
#[cfg(all(feature = "indexed-db", target_family = "wasm"))]
pub mod indexed_db;
pub mod memory;
mod run;
mod shelf;
mod store;

pub use batch::{Batch, Write};
pub use error::StoreError;
pub use run::{place_of_run, run_key};
pub use shelf::Shelf;
pub use store::{Fence, Row, Store};
