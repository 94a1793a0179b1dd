//! The relay's core: takes what devices send, verifies what can be verified without a secret, keeps it, hands it out.
//!
//! Not here: HTTP, a runtime, a clock, a source of randomness, a database. Time and random bytes come in as arguments,
//! rows go to a [`store::RelayStore`]; so a simulator runs the same code as a server does.

#![warn(missing_docs)]

mod error;
pub mod memory;
pub mod store;

pub use error::RelayError;
