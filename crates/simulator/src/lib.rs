//! A region in one process: phones, coordinators, the relay, and everything that goes wrong; driven by one seed.
//!
//! Not here: a clock, threads, sockets, a source of randomness. It links the crates that ship, and brings nothing of its own
//! but the hands that carry effects out.

mod admin;
mod air;
mod book;
mod check;
mod dice;
mod drive;
mod hostile;
mod intruder;
mod misfortune;
mod network;
mod oracle;
mod phone;
mod plan;
mod post;
mod shrink;
mod step;
mod world;

pub use dice::Dice;
pub use plan::{Fault, Invariant, Plan};
pub use shrink::shrink;
pub use step::{Report, run, watch};
pub use world::{Tally, Violation};
