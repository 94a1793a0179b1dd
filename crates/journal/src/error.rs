//! What can go wrong with the journal, by what the caller can do about it.

use veldpost_envelope::kit::KitProblem;
use veldpost_store::StoreError;

/// A refusal of the journal. Whatever was recorded before stays recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// The store refused; [`StoreError`] says what is safe and what to do.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The passphrase is not the one that was set. Try again after the wait, in milliseconds.
    #[error("the passphrase is wrong")]
    WrongPassphrase {
        /// How long to wait before the next try.
        wait: i64,
    },
    /// Too soon after a wrong passphrase. Nothing was tried.
    #[error("wait before the next try")]
    TooSoon {
        /// How long still, in milliseconds.
        wait: i64,
    },
    /// The recovery code was misread; which row, stands in the problem.
    #[error(transparent)]
    Kit(#[from] KitProblem),
    /// A whole recovery code, of another region.
    #[error("a recovery code of another region")]
    OtherKit,
    /// The recovery code cannot open this device: what it opens was never written here.
    #[error("nothing on this device for the recovery code")]
    NothingForKit,
    /// Reading needs the passphrase first.
    #[error("locked: unlock first")]
    Locked,
    /// The device's own keys cannot be opened here: the browser's key is gone or another's.
    #[error("the keys of this device do not open")]
    KeysUnreadable,
    /// A row is not what was written. The rest is whole; the row was left where it is.
    #[error("the row `{0}` is damaged")]
    Damaged(&'static str),
    /// There is no region on this device yet.
    #[error("no region on this device")]
    NoRegion,
    /// Only a region of one can do this, a real one.
    #[error("not a region of one")]
    NotAlone,
    /// The recovery code of this region was skipped: nobody could recover it for others.
    #[error("the recovery code was skipped")]
    KitSkipped,
    /// There is no open round, or a round is open already.
    #[error("no such round")]
    NoRound,
    /// There is nothing left to take back.
    #[error("nothing to undo")]
    NothingToUndo,
    /// No such record, or it was withdrawn already.
    #[error("no such record")]
    NoRecord,
    /// More than an entry may hold. Nothing was written.
    #[error("too large for one record")]
    TooLarge,
}
