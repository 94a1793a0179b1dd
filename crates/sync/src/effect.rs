//! What a driver is to do: send, commit, wake, hold the writer, show.
//!
//! Not here: how. Effects are carried out in their order; each call and each commit is answered by one event.

use crate::device::ProposalProblem;
use core::fmt;
use veldpost_domain::StreamId;
use veldpost_envelope::request::SignedHeaders;
use veldpost_envelope::wire::{Call, Code};
use veldpost_envelope::{BlobId, Purpose, StreamState};
use veldpost_store::Batch;

/// One thing to do.
pub enum Effect {
    /// Make a call; answer with `Answered` or `Unanswered`. One push and one other call are under way at a time.
    Send {
        /// Its number.
        call: u64,
        /// Which call; its path is the whole URL behind the origin.
        path: Call,
        /// What signs it; none where the call carries none.
        headers: Option<SignedHeaders>,
        /// The body.
        body: Vec<u8>,
    },
    /// Write this strictly, as one transaction; answer with `Committed` or `NotCommitted`. One is under way at a time.
    Commit {
        /// Its number.
        commit: u64,
        /// The rows.
        batch: Batch,
        /// The journal's writer was held: its row `head/…` goes to this state in the same transaction, and the writer is
        /// let go afterwards, whatever became of it.
        moved: Option<(Purpose, StreamState)>,
    },
    /// Let the journal finish the save that is under way and begin no other; then answer with `WriterHeld`.
    HoldWriter {
        /// Of which purpose.
        purpose: Purpose,
    },
    /// There was nothing to do: let the writer go.
    LetWriterGo,
    /// Come back with `Wake::Due` at this time, milliseconds since 1970; a later one takes its place.
    WakeAt(i64),
    /// An errand came back.
    ErrandDone {
        /// Its number, of [`crate::Device::errand`].
        errand: u64,
        /// The relay's answer, or why it refuses for good.
        reply: Result<Vec<u8>, Code>,
    },
    /// A proposal came to its end.
    Proposed {
        /// Its number, of [`crate::Device::propose`].
        proposal: u64,
        /// The height at which its act stands, on the disk too; or why there is none.
        outcome: Result<u64, ProposalProblem>,
    },
    /// The relay holds the roster of a region that was founded, or refuses it for this reason.
    FoundingDone(Result<(), Code>),
    /// A blob that the roster names is on the shelf `blobs`.
    BlobCame(BlobId),
    /// The relay knows neither this device nor its join, which it may have lost: a join that waits is to be brought once more.
    /// At most once in five minutes.
    JoinLacking,
    /// The roster has moved: what it says is in [`crate::Device::roster`].
    RosterMoved,
    /// Something that a person is shown.
    Show(Notice),
}

impl fmt::Debug for Effect {
    /// Without bodies and rows, so that no log holds them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send { call, path, .. } => write!(f, "Send({call}, {path:?})"),
            Self::Commit { commit, batch, .. } => write!(f, "Commit({commit}, {batch:?})"),
            Self::HoldWriter { purpose } => write!(f, "HoldWriter({purpose:?})"),
            Self::LetWriterGo => f.write_str("LetWriterGo"),
            Self::WakeAt(at) => write!(f, "WakeAt({at})"),
            Self::ErrandDone { errand, reply } => {
                let refused = reply.as_ref().err();
                write!(f, "ErrandDone({errand}, {refused:?})")
            }
            Self::Proposed { proposal, outcome } => {
                write!(f, "Proposed({proposal}, {outcome:?})")
            }
            Self::FoundingDone(outcome) => write!(f, "FoundingDone({outcome:?})"),
            Self::BlobCame(id) => write!(f, "BlobCame({id})"),
            Self::JoinLacking => f.write_str("JoinLacking"),
            Self::RosterMoved => f.write_str("RosterMoved"),
            Self::Show(notice) => write!(f, "Show({notice:?})"),
        }
    }
}

/// What a person is shown; the words are the app's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The relay holds entries of this stream that are not the device's: probably a device that was put back from an old
    /// copy. What nobody confirmed goes on in a new stream.
    RestoredDevice(StreamId),
    /// The relay passes on that two branches of this stream exist.
    Fork(StreamId),
    /// A coordinator's receipt takes back what an earlier one confirmed: not taken.
    ReceiptLower(StreamId),
    /// A coordinator signed two checkpoints with one number: the first one stays.
    CheckpointFork,
    /// An object does not verify, or its signer may not say this: not taken.
    ObjectRefused,
    /// A run of another device does not verify: it stands aside.
    RunRefused,
    /// An act of the roster does not hang on the one before: nothing behind it is taken.
    RosterBroken,
    /// The relay shows another act at a height that is held: the own one stays.
    RosterFork,
    /// The roster or an object is newer than this program.
    UpdateNeeded,
    /// This device was removed: what opens its records was dropped.
    Removed,
    /// The relay refuses for this reason; everything is kept.
    Refused(Code),
    /// The device has no room or cannot write: nothing was changed.
    NotWritten,
}
