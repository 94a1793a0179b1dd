//! What the relay holds of others' streams and a coordinator does not, though it read everything: everything is read again.
//!
//! Not here: asking how far streams go (see `coordinate`). A page that was cut, spoilt or old on the way moves the position
//! all the same; without this what it lacked would come with another relay only.

use super::{Device, Step};
use crate::change::Change;
use veldpost_envelope::Purpose;
use veldpost_envelope::run::RunHead;

/// Everything is read again at most once in so many milliseconds: an hour.
const BETWEEN_MS: u64 = 3_600_000;

/// What the relay said that it holds.
#[derive(Default)]
pub(super) struct Missed {
    /// Heads that were not here when the relay named them; a pull that was asked for since tells.
    heads: Vec<RunHead>,
    /// When everything was read again for their sake, by this device's clock.
    again: Option<i64>,
}

impl Device {
    /// Every stream was named: what is not here is pulled first, for it may be new.
    pub(super) fn note_missed(&mut self) {
        let (own, holdings) = (self.key.public(), &self.ledger.holdings);
        let reads = |purpose| self.roster.coordinates(&own, purpose);
        let others = self.heads.iter().filter(|(_, row)| {
            row.device != own && Purpose::from_code(row.purpose).is_ok_and(reads)
        });
        let heads = others.filter_map(|(stream, row)| {
            Some(RunHead {
                stream: *stream,
                seq: row.next.checked_sub(1)?,
                hash: row.hash,
            })
        });
        self.missed.heads = heads.filter(|head| !holdings.reaches(head)).collect();
        // A relay may say less of a stream than it holds; whoever had it from there signed how far it goes.
        for purpose in Purpose::ALL.into_iter().filter(|purpose| reads(*purpose)) {
            let theirs = self.heads_of_others(purpose).into_iter();
            let theirs = theirs.filter(|head| !self.ledger.own.contains_key(&head.stream));
            self.missed.heads.extend(theirs);
        }
        self.read.wanted |= !self.missed.heads.is_empty();
    }

    /// What a whole pull did not bring lies behind the position that was reached.
    pub(super) fn read_missed(&mut self, now: i64) {
        let reading = self.read.wanted || !self.read.is_idle() || !self.read.pages.is_empty();
        if reading || self.busy() {
            return;
        }
        let mut heads = core::mem::take(&mut self.missed.heads).into_iter();
        let lately = |at: i64| now.abs_diff(at) < BETWEEN_MS;
        if self.missed.again.is_some_and(lately)
            || heads.all(|head| self.ledger.holdings.reaches(&head))
        {
            return;
        }
        self.missed.again = Some(now);
        self.steps.push_back(Step {
            changes: vec![Change::Again],
            ..Step::default()
        });
        self.read.begin_again();
    }
}
