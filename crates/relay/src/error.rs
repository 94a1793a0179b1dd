//! Why the relay refuses, one variant a code of `docs/format.md` section 19.
//!
//! Not here: what a refusal looks like on the wire (`veldpost_envelope::wire::Problem`), and anything that was in a body.

use crate::store::StoreError;
use veldpost_envelope::EnvelopeError;
use veldpost_envelope::roster::Reason;
use veldpost_envelope::wire::{Code, JoinAnswer, Problem, RosterHead};

/// A refusal. Nothing was stored, unless the variant has an answer that says what was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RelayError {
    /// Entries were not taken whole; what was good is stored, and the answer says how far.
    #[error("entries were not taken whole: {}", .code.text())]
    Entries {
        /// The gravest of the streams' codes, or that of the body.
        code: Code,
        /// A [`veldpost_envelope::wire::PushAnswer`], as it would have been sent.
        answer: Vec<u8>,
        /// With `slow-down`: how long to wait, in seconds.
        wait: Option<u32>,
    },
    /// The body ended too early.
    #[error("the body ended too early")]
    NotReadable,
    /// The caller did not sign where it must.
    #[error("the call is not signed")]
    Unsigned,
    /// The caller is neither a member nor joined.
    #[error("the device is not known")]
    UnknownDevice,
    /// The caller was removed.
    #[error("the device was removed")]
    Removed,
    /// The caller joined, and is not admitted yet.
    #[error("the device is not admitted yet")]
    NotAdmitted,
    /// The caller has not the role for it.
    #[error("the device may not do this")]
    NotAllowed,
    /// A new region without the operator's code.
    #[error("new regions need the operator's code")]
    Founding,
    /// No such invitation.
    #[error("the invitation is not known")]
    InvitationUnknown,
    /// Its time is over, a coordinator ended it, or its signer is no member any more.
    #[error("the invitation has ended")]
    InvitationEnded,
    /// As many came by it as may.
    #[error("the invitation is used up")]
    InvitationUsedUp,
    /// The token is not the invitation's.
    #[error("the token is not the invitation's")]
    WrongToken,
    /// Nothing by that name.
    #[error("not found")]
    NotFound,
    /// The region is not known.
    #[error("the region is not known")]
    UnknownRegion,
    /// The blob is not held.
    #[error("the blob is not known")]
    UnknownBlob,
    /// Another act came first. Acts before that one are stored.
    #[error("another act came first")]
    RosterMoved(RosterHead),
    /// Two devices came by a single invitation. The second one's join is kept, and stamped; a third one's is not.
    #[error("the invitation is frozen")]
    InvitationFrozen(Option<JoinAnswer>),
    /// *Locked* names a checkpoint that is not held.
    #[error("the checkpoint is not held")]
    NoCheckpoint,
    /// Over a limit.
    #[error("too large: {0}")]
    TooLarge(&'static str),
    /// Not what the format describes.
    #[error("malformed: {0}")]
    Malformed(&'static str),
    /// A signature, a hash or a chain does not hold.
    #[error("does not verify: {0}")]
    Forged(&'static str),
    /// Made by a newer version.
    #[error("made by a newer version: {0}")]
    Newer(&'static str),
    /// A rule of the roster does not hold.
    #[error("the act would have no effect: {0}")]
    ActRefused(Reason),
    /// Not now; so long, in seconds.
    #[error("not now")]
    Busy(u32),
    /// The relay has no life yet: it is starting.
    #[error("not ready")]
    NotReady,
    /// The region has all the room that the operator gives it.
    #[error("no room")]
    Full,
    /// The storage failed.
    #[error(transparent)]
    Store(StoreError),
}

/// How long to wait for a database that is busy, in seconds.
const BUSY: u32 = 5;

impl RelayError {
    /// The code that the relay answers with.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Entries { code, .. } => *code,
            Self::NotReadable => Code::NotReadable,
            Self::Unsigned => Code::Unsigned,
            Self::UnknownDevice => Code::UnknownDevice,
            Self::Removed => Code::Removed,
            Self::NotAdmitted => Code::NotAdmitted,
            Self::NotAllowed => Code::NotAllowed,
            Self::Founding => Code::Founding,
            Self::InvitationUnknown => Code::InvitationUnknown,
            Self::InvitationEnded => Code::InvitationEnded,
            Self::InvitationUsedUp => Code::InvitationUsedUp,
            Self::WrongToken => Code::WrongToken,
            Self::NotFound => Code::NotFound,
            Self::UnknownRegion => Code::UnknownRegion,
            Self::UnknownBlob => Code::UnknownBlob,
            Self::RosterMoved(_) => Code::RosterMoved,
            Self::InvitationFrozen(_) => Code::InvitationFrozen,
            Self::NoCheckpoint => Code::NoCheckpoint,
            Self::TooLarge(_) => Code::TooLarge,
            Self::Malformed(_) => Code::Malformed,
            Self::Forged(_) => Code::Forged,
            Self::Newer(_) => Code::Newer,
            Self::ActRefused(_) => Code::ActRefused,
            Self::Busy(_) | Self::Store(StoreError::Busy) => Code::Busy,
            Self::NotReady => Code::NotReady,
            Self::Full | Self::Store(StoreError::Full) => Code::Full,
            Self::Store(_) => Code::Internal,
        }
    }

    /// `Retry-After`, in seconds, where the code has one.
    #[must_use]
    pub fn retry_after(&self) -> Option<u32> {
        match self {
            Self::Busy(seconds) => Some(*seconds),
            Self::Entries { wait, .. } => *wait,
            _ if matches!(self.code(), Code::Busy | Code::NotReady) => Some(BUSY),
            _ => None,
        }
    }

    /// The problem document, with the answer where there is one all the same.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let answer = match self {
            Self::Entries { answer, .. } => Some(answer.clone()),
            Self::RosterMoved(head) => Some(head.to_bytes()),
            Self::InvitationFrozen(stamp) => stamp.as_ref().map(JoinAnswer::to_bytes),
            _ => None,
        };
        Problem {
            answer,
            ..Problem::new(self.code())
        }
    }
}

impl From<StoreError> for RelayError {
    fn from(problem: StoreError) -> Self {
        Self::Store(problem)
    }
}

impl From<EnvelopeError> for RelayError {
    fn from(problem: EnvelopeError) -> Self {
        match problem {
            EnvelopeError::Malformed(what) => Self::Malformed(what),
            EnvelopeError::Forged(what) => Self::Forged(what),
            EnvelopeError::Newer(what) => Self::Newer(what),
            EnvelopeError::TooLarge(what) => Self::TooLarge(what),
            EnvelopeError::WithoutEffect(reason) => Self::ActRefused(reason),
            EnvelopeError::NotAllowed(_) => Self::NotAllowed,
            // The rest is about opening, which a relay never does.
            _ => Self::Malformed("not for a relay"),
        }
    }
}
