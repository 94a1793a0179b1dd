//! Veldpost's server: hands out the app's files with the headers that keep it safe.
//!
//! The relay beside it takes, keeps and hands out sealed entries.
//!
//! Deliberately not here: anything that reads a record, and no module of this crate may depend on forms, the store or the app.
#![warn(missing_docs)]

pub mod app_files;
pub mod arguments;
mod certificate;
pub mod connections;
pub mod data_folder;
pub mod database;
mod encoding;
mod episode;
pub mod guests;
mod headers;
pub mod lan;
pub mod letterbox;
mod problem;
pub mod routes;
pub mod serve;
mod start_error;
pub mod upkeep;

pub use start_error::StartError;
