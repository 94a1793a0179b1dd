//! What lies inside a sealed entry: one operation on one record, as canonical CBOR.
//!
//! Not here: merging operations (see `veldpost-domain`), the seal, and what coordinators say (see `statement`): to
//! what reads operations that is a kind and an act to be parked.

mod read;
mod write;

pub use read::{Decoded, decode_operation, mark_from_solo};
pub use write::{encode_operation, encode_operation_in};

/// The meaning of the fields. A field that is appended does not raise it; a changed meaning does.
pub const SCHEMA: u64 = 1;

/// Why a record no longer counts: the codes of `Act::Withdraw`.
pub mod reason {
    /// The same person was recorded twice.
    pub const DOUBLE: &str = "double";
    /// It should not have been recorded.
    pub const MISTAKE: &str = "mistake";
    /// The person asked for it.
    pub const ASKED_BY_PERSON: &str = "asked-by-person";
    /// It was made while practising.
    pub const PRACTICE: &str = "practice";
    /// Anything else.
    pub const OTHER: &str = "other";

    /// All of them, in the order in which they are offered.
    pub const ALL: [&str; 5] = [DOUBLE, MISTAKE, ASKED_BY_PERSON, PRACTICE, OTHER];
}

const OBSERVATION: u64 = 1;
const PERSON: u64 = 2;
const ROUND_REPORT: u64 = 3;

const CREATE: u64 = 1;
const AMEND: u64 = 2;
const WITHDRAW: u64 = 3;

/// Fields of version 1; newer ones are appended.
pub(crate) const PAYLOAD_FIELDS: usize = 7;
const CONTEXT_FIELDS: usize = 9;
