//! Veldpost's server: hands out the app's files with the headers that keep it safe.
//!
//! Deliberately not here: anything that reads a record. The relay that joins this binary carries sealed
//! entries only, and no module of this crate may depend on forms, the store or the app.
#![warn(missing_docs)]

pub mod app_files;
pub mod arguments;
mod encoding;
mod headers;
pub mod lan;
mod problem;
pub mod routes;
pub mod serve;
mod start_error;

pub use start_error::StartError;
