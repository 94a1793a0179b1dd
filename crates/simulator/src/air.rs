//! What is under way: requests, answers, commits of slow disks, timers; in the order of their times.
//!
//! Not here: what goes wrong with them (see `network`).

use crate::post::Reply;
use std::collections::BTreeMap;
use veldpost_envelope::request::SignedHeaders;
use veldpost_envelope::wire::Call;

/// A process of a device: an answer to one that died reaches nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// Whose.
    pub phone: usize,
    /// Which of its starts.
    pub start: u64,
}

/// Something under way.
#[derive(Clone)]
pub enum Parcel {
    /// On its way to the relay.
    Request {
        from: Life,
        call: u64,
        path: Call,
        headers: Option<SignedHeaders>,
        body: Vec<u8>,
        /// Whether an answer finds its way back.
        awaited: bool,
        /// It came before.
        again: bool,
    },
    /// On its way back; none when the device gives up waiting.
    Answer {
        to: Life,
        call: u64,
        path: Call,
        reply: Option<Reply>,
    },
    /// A part of an answer: of `reply` what lies behind `from`, which came before.
    Part {
        to: Life,
        call: u64,
        reply: Reply,
        from: usize,
        /// Nothing follows.
        last: bool,
    },
    /// A slow disk is ready.
    Disk { of: Life },
    /// The time has come that a device asked to be woken at.
    Due { of: Life },
    /// A device that crashed is opened again.
    Open { phone: usize },
}

/// All of it.
#[derive(Default)]
pub struct Air {
    queue: BTreeMap<(i64, u64), Parcel>,
    order: u64,
}

impl Air {
    /// To arrive at that time.
    pub fn send(&mut self, at: i64, parcel: Parcel) {
        self.order += 1;
        self.queue.insert((at, self.order), parcel);
    }

    /// The first that arrives until then, with its time.
    pub fn next(&mut self, until: i64) -> Option<(i64, Parcel)> {
        let first = self.queue.first_entry()?;
        let at = first.key().0;
        (at <= until).then(|| (at, first.remove()))
    }
}
