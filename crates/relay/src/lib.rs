//! The relay's core: takes what devices send, verifies what can be verified without a secret, keeps it, hands it out.
//!
//! Not here: HTTP, a runtime, a clock, a source of randomness, a database. Time and random bytes come in as arguments,
//! rows go to a [`store::RelayStore`]; so a simulator runs the same code as a server does.

#![warn(missing_docs)]

pub mod audience;
#[cfg(feature = "contract")]
pub mod contract;
mod error;
pub mod limits;
pub mod memory;
mod push;
mod relay;
mod standing;
pub mod store;

pub use error::RelayError;
pub use push::Pushing;
pub use relay::{Caller, Founding, MAX_STREAMS, News, Pull, RESTORED_MS, Relay, Settings};
