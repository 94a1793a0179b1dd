//! A body of `entries` as it comes in: each entry is read and hashed on its own, before any transaction begins.
//!
//! Not here: what is held already and whose it is (`relay::entries`). A slow phone keeps no lock.

use veldpost_domain::StreamId;
use veldpost_envelope::stream::StreamOpen;
use veldpost_envelope::wire::{Code, Place, PushSplitter};
use veldpost_envelope::{Bare, EntryHash, EnvelopeError, Header, Kept, Signature};

/// One entry that was read. Nothing is verified but its form.
#[derive(Clone, Debug)]
pub(crate) struct Offered {
    bare: Bare,
    hash: EntryHash,
    /// Without a body: what stayed after an erasure.
    pub is_bare: bool,
    /// Of entry 0, whose stream it opens.
    pub open: Option<StreamOpen>,
    /// As it came.
    pub bytes: Vec<u8>,
}

impl Offered {
    fn read(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let kept = Kept::from_bytes(bytes)?;
        let open = match &kept {
            Kept::Whole(entry) if entry.header().seq == 0 => Some(StreamOpen::read(entry)?),
            Kept::Bare(bare) if bare.header().seq == 0 => {
                return Err(EnvelopeError::Malformed("bare stream-open"));
            }
            _ => None,
        };
        let is_bare = kept.whole().is_none();
        let bare = kept.bare();
        Ok(Self {
            hash: bare.hash(),
            bare,
            is_bare,
            open,
            bytes: bytes.to_vec(),
        })
    }

    pub fn header(&self) -> &Header {
        self.bare.header()
    }

    pub fn hash(&self) -> EntryHash {
        self.hash
    }

    pub fn signature(&self) -> Option<&Signature> {
        self.bare.signature()
    }

    /// What stays of it after an erasure.
    pub fn bare_bytes(&self) -> Vec<u8> {
        self.bare.to_bytes()
    }
}

/// Entries of one stream whose numbers go on, up to the first that could not be read.
#[derive(Clone, Debug)]
pub(crate) struct OfferedRun {
    pub place: Place,
    pub entries: Vec<Offered>,
    /// Why nothing behind `entries` is taken.
    pub stopped: Option<Code>,
    /// The body ended within it: what is missing at its end will come again.
    pub cut: bool,
}

/// A body as far as it came.
#[derive(Clone, Debug, Default)]
pub struct Pushing {
    splitter: PushSplitter,
    runs: Vec<OfferedRun>,
    /// Of what is in no run: its place cannot be read.
    lost: Option<Code>,
    /// Why the rest of the body cannot be read.
    ended: Option<Code>,
}

impl Pushing {
    /// Nothing came yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next piece of the body. When it answers no, the rest is not worth reading: what came before counts.
    pub fn feed(&mut self, mut chunk: &[u8]) -> bool {
        while self.ended.is_none() {
            match self.splitter.feed(&mut chunk) {
                Ok(None) => return true,
                Err(problem) => self.ended = Some(code(problem)),
                Ok(Some(pushed)) => {
                    let read = Offered::read(pushed.bytes);
                    match pushed.place {
                        Err(problem) => self.lost = self.lost.or(Some(code(problem))),
                        Ok(place) if pushed.begins_run => self.runs.push(begun(place, read)),
                        Ok(_) => go_on(self.runs.last_mut(), read),
                    }
                }
            }
        }
        false
    }

    /// The streams of what came so far, in its order; nothing of it is verified.
    pub fn streams(&self) -> impl Iterator<Item = StreamId> {
        self.runs.iter().map(|run| run.place.stream)
    }

    /// The body broke off: what follows will come again, also when what came ends on a whole entry.
    pub fn cut(&mut self) {
        self.ended = self.ended.or(Some(Code::NotReadable));
    }

    /// Nothing follows.
    pub(crate) fn finish(mut self) -> Finished {
        if self.ended.is_none() && self.splitter.finish().is_err() {
            self.ended = Some(Code::NotReadable);
        }
        if let (Some(_), Some(last)) = (self.ended, self.runs.last_mut()) {
            last.cut = true;
        }
        Finished {
            runs: self.runs,
            code: self.lost.or(self.ended),
        }
    }
}

/// A body that came to its end.
pub(crate) struct Finished {
    pub runs: Vec<OfferedRun>,
    /// Why a part of it is in no run.
    pub code: Option<Code>,
}

fn begun(place: Place, read: Result<Offered, EnvelopeError>) -> OfferedRun {
    let mut run = OfferedRun {
        place,
        entries: Vec::new(),
        stopped: None,
        cut: false,
    };
    go_on(Some(&mut run), read);
    run
}

fn go_on(run: Option<&mut OfferedRun>, read: Result<Offered, EnvelopeError>) {
    let Some(run) = run.filter(|run| run.stopped.is_none()) else {
        return;
    };
    match read {
        Ok(offered) => run.entries.push(offered),
        Err(problem) => run.stopped = Some(code(problem)),
    }
}

fn code(problem: EnvelopeError) -> Code {
    crate::RelayError::from(problem).code()
}
