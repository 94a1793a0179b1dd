//! When the relay holds something else of a stream, or a row of it cannot be read: what waits in it goes on in a new one.
//!
//! Not here: what the new stream is made of (see `carry`), and the row of the journal's head, which moves with it.

use super::{Device, HeldWriter, Step, Turn};
use crate::carry::carry;
use crate::change::Change;
use crate::effect::{Effect, Notice};
use crate::ledger::Agreement;

impl Device {
    /// A stream that cannot go on does so in a new one, as soon as nobody writes.
    pub(super) fn conflicts(&mut self, turn: &mut Turn<'_>) {
        if self.busy() {
            return;
        }
        if let Some(writer) = self.writer.take() {
            self.continue_elsewhere(writer, turn);
        }
        let mut streams = self
            .ledger
            .own
            .iter()
            .filter(|(_, own)| self.ledger.in_conflict(own, &self.roster));
        // A relay that says so of every stream does not get as many as it likes.
        let number = self.ledger.own.len();
        let Some((stream, own)) = streams.next() else {
            return;
        };
        let (stream, purpose) = (*stream, own.row.purpose);
        let restored = own.agreement() == Agreement::Conflict;
        if restored && self.shown.insert(stream) {
            turn.show(Notice::RestoredDevice(stream));
        }
        let waits = self.busy() || self.asked.is_some() || self.push.is_under_way();
        if !self.ledger.relay.may_continue(purpose, number, turn.now) {
            return;
        }
        let due = self.push.pace.due(turn.now).max(self.disk.due(turn.now));
        if !waits && due.is_none() {
            self.asked = Some(stream);
            turn.effects.push(Effect::HoldWriter { purpose });
        }
    }

    fn continue_elsewhere(&mut self, (context, invitation): HeldWriter, turn: &mut Turn<'_>) {
        let stream = self.asked.take();
        let own = stream.and_then(|stream| Some((stream, self.ledger.own.get(&stream)?)));
        let carried = own
            .filter(|(_, own)| own.row.purpose == context.purpose)
            .filter(|(_, own)| self.ledger.in_conflict(own, &self.roster))
            .and_then(|(stream, _)| {
                let writing = (context, invitation);
                let (ledger, roster) = (&self.ledger, &self.roster);
                let carried = carry(ledger, roster, stream, writing, &self.key, turn.rng)?;
                Some((stream, carried))
            });
        let Some((old, carried)) = carried else {
            turn.effects.push(Effect::LetWriterGo);
            return;
        };
        // A relay that says so of every stream gets them one after the other, not all at once.
        self.push.pace.failed(turn.now, None, turn.rng);
        self.steps.push_back(Step {
            changes: vec![Change::Continued {
                old,
                carried: carried.carried,
                runs: carried.runs,
                at: turn.now,
            }],
            moved: Some((context.purpose, carried.state)),
            ..Step::default()
        });
    }
}
