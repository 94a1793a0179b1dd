//! The twelve calls, as data: path, who signs, how long the body may be, what the answer is.
//!
//! Not here: what is in them (see `asks` and `answers`).

use super::{MAX_BLOB_BODY, MAX_BODY};

/// A POST to a relay; everything that it asks for is in its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Call {
    /// Hands over runs of entries.
    Entries,
    /// Hands over receipts, checkpoints and erasures.
    Objects,
    /// Appends to the roster.
    Acts,
    /// Reads the roster from a height on.
    Roster,
    /// Hands over a sealed blob.
    BlobPut,
    /// Reads a sealed blob.
    Blob,
    /// Hands over an invitation's welcome.
    WelcomePut,
    /// Reads an invitation's welcome.
    Welcome,
    /// Asks to be admitted.
    Join,
    /// Reads what is new for this device.
    Pull,
    /// Reads how far every stream goes.
    Heads,
    /// Waits for news.
    Events,
}

/// Whose signature a call must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedBy {
    /// None: what it brings is signed itself.
    Nobody,
    /// Any key: who knows the region's id.
    AnyKey,
    /// Who asks to be admitted.
    Newcomer,
    /// A member, or one that joined.
    MemberOrJoined,
    /// The same, or one that was removed.
    MemberJoinedOrRemoved,
    /// A coordinator of some purpose.
    Coordinator,
}

impl Call {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Entries,
        Self::Objects,
        Self::Acts,
        Self::Roster,
        Self::BlobPut,
        Self::Blob,
        Self::WelcomePut,
        Self::Welcome,
        Self::Join,
        Self::Pull,
        Self::Heads,
        Self::Events,
    ];

    /// Its path. There are no other paths and no queries.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Entries => "/v1/entries",
            Self::Objects => "/v1/objects",
            Self::Acts => "/v1/acts",
            Self::Roster => "/v1/roster",
            Self::BlobPut => "/v1/blob-put",
            Self::Blob => "/v1/blob",
            Self::WelcomePut => "/v1/welcome-put",
            Self::Welcome => "/v1/welcome",
            Self::Join => "/v1/join",
            Self::Pull => "/v1/pull",
            Self::Heads => "/v1/heads",
            Self::Events => "/v1/events",
        }
    }

    /// The call at a path with its query as they came: one with a query is none.
    #[must_use]
    pub fn from_path(path_and_query: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|call| call.path() == path_and_query)
    }

    /// Whose signature it must have.
    #[must_use]
    pub fn signed_by(self) -> SignedBy {
        match self {
            Self::Entries | Self::Objects => SignedBy::Nobody,
            Self::Acts | Self::Roster | Self::Blob | Self::Welcome => SignedBy::AnyKey,
            Self::Join => SignedBy::Newcomer,
            Self::Events => SignedBy::MemberOrJoined,
            Self::Pull => SignedBy::MemberJoinedOrRemoved,
            Self::BlobPut | Self::WelcomePut | Self::Heads => SignedBy::Coordinator,
        }
    }

    /// The longest body that a relay reads.
    #[must_use]
    pub fn max_body(self) -> usize {
        match self {
            Self::BlobPut => MAX_BLOB_BODY,
            _ => MAX_BODY,
        }
    }

    /// `content-type` of its answer.
    #[must_use]
    pub fn answer_type(self) -> &'static str {
        match self {
            Self::Pull => "application/cbor-seq",
            Self::Events => "text/event-stream",
            _ => "application/cbor",
        }
    }
}
