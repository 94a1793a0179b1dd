//! What a stream, an epoch or a block is for; each has its own keys.
//!
//! Not here: which role may read which purpose (the roster says that).

use crate::EnvelopeError;

/// The four letterboxes of a region. The numbers are on the wire and final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Purpose {
    /// The count of one night.
    Count = 1,
    /// Signals of worry between counts.
    Signal = 2,
    /// Intake and home visits.
    Intake = 3,
    /// Merges, reviews, assignments: what coordinators write.
    Admin = 4,
}

impl Purpose {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Count, Self::Signal, Self::Intake, Self::Admin];

    /// The number on the wire.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }

    /// Reads a number from the wire.
    ///
    /// # Errors
    /// `Newer` for a number that this version does not know.
    pub fn from_code(code: u64) -> Result<Self, EnvelopeError> {
        match code {
            1 => Ok(Self::Count),
            2 => Ok(Self::Signal),
            3 => Ok(Self::Intake),
            4 => Ok(Self::Admin),
            _ => Err(EnvelopeError::Newer("purpose")),
        }
    }
}
