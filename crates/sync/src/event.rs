//! What happens to a device: it wakes, a record was saved, an answer came, a commit is on the disk.
//!
//! Not here: what follows from it (see `device`).

use veldpost_envelope::StreamState;
use veldpost_envelope::stream::StreamContext;
use veldpost_store::Row;

/// Why a device looks whether there is something to send or to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// The app was opened.
    Opened,
    /// The browser says that there is a network again: a hint, so that what waits is tried at once.
    Online,
    /// The app is looked at again.
    Visible,
    /// A minute has passed.
    Minute,
    /// The time has come that [`crate::Effect::WakeAt`] named.
    Due,
}

/// What came back from a call, before anybody knows whose word it is.
#[derive(Clone, Copy)]
pub struct Response<'a> {
    /// HTTP status.
    pub status: u16,
    /// `content-type`.
    pub content_type: Option<&'a str>,
    /// `Retry-After` in seconds.
    pub retry_after: Option<u32>,
    /// The body, as far as it came.
    pub body: &'a [u8],
}

/// One thing that happened.
pub enum Event<'a> {
    /// Something made the device look.
    Wake(Wake),
    /// The journal committed these rows of the outbox.
    Saved(Vec<Row>),
    /// A part of the answer to a pull came: a page that is whole does not wait for those behind it, unless the roster has to be
    /// asked for it. `body` is what
    /// follows the part before; the call ends with [`Event::Answered`], whose `body` follows the last, or
    /// [`Event::Unanswered`].
    Coming {
        /// Which one.
        call: u64,
        /// What with.
        response: Response<'a>,
    },
    /// A call came back.
    Answered {
        /// Which one.
        call: u64,
        /// What with.
        response: Response<'a>,
    },
    /// A call did not come back, or not to its end.
    Unanswered {
        /// Which one.
        call: u64,
    },
    /// The commit that was asked for is being written: there is time to look at what comes behind it. A driver that never says
    /// so is only slower.
    Writing,
    /// A commit is on the disk.
    Committed {
        /// Which one.
        commit: u64,
    },
    /// A commit was refused: nothing of it is on the disk.
    NotCommitted {
        /// Which one.
        commit: u64,
    },
    /// The journal's writer is held for the stream that was asked for: nobody saves until it is let go.
    WriterHeld {
        /// Where the journal's stream of that purpose stands.
        state: StreamState,
        /// What its headers repeat.
        context: StreamContext,
        /// The invitation that the device came by, until it is admitted.
        invitation: Option<[u8; 16]>,
    },
}
