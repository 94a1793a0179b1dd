//! A device against a relay, without input and output: what is sent, what an answer means, what is kept, what may go.
//!
//! Not here: HTTP, storage, timers, a clock, randomness, a browser. Events come in with the time and a source of random
//! bytes; effects go out, and the driver carries them out. Nothing here opens a record: a locked device does all of it.

#![warn(missing_docs)]

pub mod authority;
mod basis;
mod bound;
mod carry;
mod change;
mod confirm;
mod counted;
pub mod device;
pub mod effect;
pub mod enrol;
pub mod event;
mod growth;
mod holdings;
mod ledger;
mod pace;
mod page;
pub mod rows;
mod run;
mod standing;
mod state;

pub use confirm::DeviceReport;
pub use counted::Counted;
pub use device::{Device, MakeAct, OddClock, ProposalProblem, Start};
pub use effect::{Effect, Notice};
pub use enrol::{Enrol, EnrolProblem, Enrolled, Offer, Progress};
pub use event::{Event, Response, Wake};
pub use state::{Attention, RecordState, Summary};
