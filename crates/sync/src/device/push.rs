//! The push: one batch under way at a time, and what its answer means.
//!
//! Not here: signing (what is pushed is signed itself) and conflicts, which are seen from what the relay holds.

use super::{Device, Step, Turn};
use crate::change::Change;
use crate::effect::{Effect, Notice};
use crate::event::Response;
use crate::holdings::Verified;
use crate::ledger::{Agreement, OwnStream};
use crate::pace::Pace;
use crate::run::Run;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use veldpost_domain::StreamId;
use veldpost_envelope::entry::MAX_COMMIT_ENTRIES;
use veldpost_envelope::wire::{
    Action, Call, Code, Filling, Problem, PushAnswer, Reply, StreamStanding, judge,
};
use veldpost_envelope::{DeviceSigningKey, Kept};

/// Why a stream is not offered.
#[derive(Clone, Copy)]
struct Refusal {
    code: Code,
    /// It is offered again when the roster is higher than this; never in this process without.
    above: Option<u64>,
}

/// A batch under way.
pub(super) struct Flight {
    call: u64,
    streams: BTreeSet<StreamId>,
    entries: usize,
    /// [`Push::moves`] when it was sent.
    moves: u64,
}

/// How far the pushing is.
pub(super) struct Push {
    flight: Option<Flight>,
    pub pace: Pace,
    /// No batch has more entries.
    limit: usize,
    refusals: BTreeMap<StreamId, Refusal>,
    /// How often a roster moved, this device's or the relay's: a refusal for want of an act may be older than the act.
    moves: u64,
}

impl Default for Push {
    fn default() -> Self {
        Self {
            flight: None,
            pace: Pace::default(),
            limit: MAX_COMMIT_ENTRIES,
            refusals: BTreeMap::new(),
            moves: 0,
        }
    }
}

impl Push {
    pub fn landed(&mut self, call: u64) -> Option<Flight> {
        self.flight.take_if(|flight| flight.call == call)
    }

    pub fn is_under_way(&self) -> bool {
        self.flight.is_some()
    }

    /// Why a person is to look: what only waits for the roster is not refused.
    pub fn refusal(&self, stream: StreamId) -> Option<Code> {
        let refusal = self.refusals.get(&stream);
        let refusal = refusal.filter(|refusal| refusal.above.is_none());
        refusal.map(|refusal| refusal.code)
    }

    pub fn refused(&self) -> Option<Code> {
        self.refusals.values().next().map(|refusal| refusal.code)
    }

    /// What one relay refused says nothing of another.
    pub fn another_relay(&mut self) {
        self.refusals.clear();
    }

    pub fn roster_moved(&mut self, height: u64) {
        self.moves += 1;
        let stays = |refusal: &Refusal| refusal.above.is_none_or(|above| height <= above);
        self.refusals.retain(|_, refusal| stays(refusal));
    }

    /// The relay's roster is another than it was: a device that it did not know may be in it now.
    pub fn relay_moved(&mut self) {
        self.moves += 1;
        self.refusals.retain(|_, refusal| refusal.above.is_none());
    }
}

/// A batch that is being put together.
#[derive(Default)]
struct Batch {
    body: Vec<u8>,
    streams: BTreeSet<StreamId>,
    entries: usize,
    filling: Filling,
}

impl Batch {
    /// Adds what of a run the relay lacks; a part of it only when it stands alone. Whether it was added whole.
    fn add(&mut self, run: &Run, from: u64, limit: usize, key: Option<&DeviceSigningKey>) -> bool {
        let skipped = usize::try_from(from.saturating_sub(run.seqs.first())).unwrap_or(usize::MAX);
        let rest = run.entries.get(skipped..).unwrap_or_default();
        let whole = self.entries + rest.len() <= limit;
        if !whole && self.entries > 0 {
            return false;
        }
        let part = match key {
            Some(_) if !whole => cut(rest, limit),
            _ => rest,
        };
        let bytes: Vec<u8> = match part.split_last() {
            // What ends a batch is signed; a signature is no part of the hash.
            Some((last, before)) if last.signature().is_none() => {
                [Kept::to_items(before), signed(last, key)].concat()
            }
            _ => Kept::to_items(part),
        };
        if !self.filling.takes(part.len(), bytes.len()) {
            return false;
        }
        self.body.extend_from_slice(&bytes);
        self.entries += part.len();
        self.streams.insert(run.stream);
        part.len() == rest.len()
    }
}

/// Whether entries that a relay lacks are bare: it takes them once it knows that they were erased.
fn lacks_bare(run: &Run, next: u64) -> bool {
    let lacking = run
        .entries
        .iter()
        .filter(|entry| entry.header().seq >= next);
    lacking.into_iter().any(|entry| entry.whole().is_none())
}

/// The first entries of a run, up to one that can be signed.
fn cut(entries: &[Kept], limit: usize) -> &[Kept] {
    let ends = |entry: &Kept| entry.whole().is_some() || entry.signature().is_some();
    let more = entries.iter().skip(limit.saturating_sub(1)).position(ends);
    let length = more.map_or(entries.len(), |more| limit.max(1) + more);
    entries.get(..length).unwrap_or(entries)
}

fn signed(entry: &Kept, key: Option<&DeviceSigningKey>) -> Vec<u8> {
    match (entry, key) {
        (Kept::Whole(entry), Some(key)) => {
            let mut entry = entry.clone();
            entry.sign(key);
            entry.to_bytes()
        }
        _ => entry.to_bytes(),
    }
}

impl Device {
    pub(super) fn push_next(&mut self, turn: &mut Turn<'_>) {
        let waits = self.push.is_under_way() || self.push.pace.due(turn.now).is_some();
        // A page that waits for the roster says how far the relay is.
        if waits || !self.read.tried || !self.read.pages.is_empty() {
            return;
        }
        let batch = self.fill(self.push.limit);
        if batch.entries == 0 {
            return;
        }
        let call = self.number();
        self.push.flight = Some(Flight {
            call,
            streams: batch.streams,
            entries: batch.entries,
            moves: self.push.moves,
        });
        turn.effects.push(Effect::Send {
            call,
            path: Call::Entries,
            headers: None,
            body: batch.body,
        });
    }

    /// Whether there is nothing to push any more.
    pub(super) fn has_pushed(&self) -> bool {
        self.fill(1).entries == 0
    }

    /// Whole runs, of each stream from the first that the relay lacks; of more entries than `limit` only one that stands
    /// alone.
    fn fill(&self, limit: usize) -> Batch {
        let mut batch = Batch::default();
        for (stream, own) in &self.ledger.own {
            let open = !self.push.refusals.contains_key(stream);
            if open
                && own.agreement() == Agreement::Same
                && !self.add_stream(own, &mut batch, limit)
            {
                return batch;
            }
        }
        for (stream, held) in &self.ledger.holdings.streams {
            let open = held.heard && !self.push.refusals.contains_key(stream);
            if open && !self.add_originals(held, &mut batch, limit) {
                return batch;
            }
        }
        batch
    }

    /// What the relay lost, or never had, of another device's stream.
    fn add_originals(&self, held: &Verified, batch: &mut Batch, limit: usize) -> bool {
        let mut lacking = held.runs.values().map(|original| &original.run);
        let next = held.row.relay_next;
        let erases = |run: &Rc<Run>| self.offers.has_erase_of(run.stream);
        if lacking.clone().next().is_some_and(erases)
            && lacking.clone().any(|run| lacks_bare(run, next))
        {
            return true;
        }
        lacking.all(|run| run.seqs.last() < next || batch.add(run, next, limit, None))
    }

    /// Whether there is room for another stream.
    fn add_stream(&self, own: &OwnStream, batch: &mut Batch, limit: usize) -> bool {
        let mut next = own.row.relay_next;
        let held = next;
        let lacking = own.from(held);
        let erases = |run: &&Rc<Run>| self.offers.has_erase_of(run.stream);
        if lacking.first().is_some_and(erases) && lacking.iter().any(|run| lacks_bare(run, held)) {
            return true;
        }
        for (number, run) in lacking.into_iter().enumerate() {
            // What was freed and the relay lacks comes from a coordinator; what lies behind it cannot be taken yet.
            let unknown = number == 0 && !own.heard;
            if run.seqs.first() > next && !unknown {
                return true;
            }
            let from = next.max(run.seqs.first());
            if !batch.add(run, from, limit, Some(&self.key)) {
                return false;
            }
            next = run.seqs.last().saturating_add(1);
        }
        true
    }

    pub(super) fn pushed(&mut self, flight: &Flight, response: &Response<'_>, turn: &mut Turn<'_>) {
        let Response {
            status,
            content_type,
            retry_after,
            body,
        } = *response;
        match judge(Call::Entries, status, content_type, body) {
            Reply::Answer(body) => match PushAnswer::from_bytes(body) {
                Ok(answer) => self.took(flight, &answer, retry_after, turn),
                Err(_) => self.push.pace.failed(turn.now, None, turn.rng),
            },
            Reply::Refusal(problem) => self.push_refused(flight, &problem, retry_after, turn),
            Reply::None => self.push.pace.failed(turn.now, retry_after, turn.rng),
        }
    }

    fn push_refused(
        &mut self,
        flight: &Flight,
        problem: &Problem,
        retry_after: Option<u32>,
        turn: &mut Turn<'_>,
    ) {
        let answer = problem.answer.as_deref();
        if let Some(Ok(answer)) = answer.map(PushAnswer::from_bytes) {
            self.took(flight, &answer, retry_after, turn);
            return;
        }
        match problem.code.action() {
            Action::Halve if flight.entries > 1 => {
                self.push.limit = flight.entries / 2;
            }
            Action::KeepUntilNextAct if flight.moves != self.push.moves => {
                self.push.pace.failed(turn.now, retry_after, turn.rng);
            }
            Action::KeepUntilNextAct => self.refuse_all(flight, problem.code, true, turn),
            Action::Halve | Action::KeepAndShow | Action::Stop | Action::SayWhich => {
                self.refuse_all(flight, problem.code, false, turn);
            }
            Action::OfferRoster => {
                // It has nothing of the region: a pull learns that too, and then the acts go.
                self.read.heads_unknown();
                self.push.pace.failed(turn.now, retry_after, turn.rng);
            }
            Action::TryAgain
            | Action::Wait
            | Action::SignAnew
            | Action::ReadRoster
            | Action::OfferCheckpoint
            | Action::SendFromNext
            | Action::ContinueElsewhere => {
                self.push.pace.failed(turn.now, retry_after, turn.rng);
            }
        }
    }

    fn refuse_all(&mut self, flight: &Flight, code: Code, for_now: bool, turn: &mut Turn<'_>) {
        for stream in &flight.streams {
            self.refuse(*stream, code, for_now, turn);
        }
    }

    fn refuse(&mut self, stream: StreamId, code: Code, for_now: bool, turn: &mut Turn<'_>) {
        let above = for_now.then(|| self.roster.height());
        self.push.refusals.insert(stream, Refusal { code, above });
        if !for_now {
            turn.show(Notice::Refused(code));
        }
    }

    /// The relay's word on each stream that it was offered, taken whole or not.
    fn took(
        &mut self,
        flight: &Flight,
        answer: &PushAnswer<'_>,
        retry_after: Option<u32>,
        turn: &mut Turn<'_>,
    ) {
        let known = self.ledger.relay.incarnation;
        if known.is_some_and(|known| known != answer.incarnation) {
            // Its heads mean something once a page has said what else it lacks.
            self.read.heads_unknown();
            self.push.pace.failed(turn.now, retry_after, turn.rng);
            return;
        }
        self.heard = Some(turn.now);
        let (mut changes, mut went_on, mut wait) = (Vec::new(), false, false);
        for state in &answer.states {
            let offered = flight.streams.contains(&state.stream);
            let known = self.ledger.relay_next(state.stream).filter(|_| offered);
            let Some(known) = known else {
                continue;
            };
            went_on |= state.next > known;
            self.read.answered.insert(state.stream);
            changes.push(Change::RelayHead {
                stream: state.stream,
                next: state.next,
                hash: state.hash,
                shown: None,
            });
            wait |= self.stream_refused(flight, state, turn);
        }
        if wait || !went_on {
            self.push.pace.failed(turn.now, retry_after, turn.rng);
        } else {
            self.push.pace.succeeded();
            self.push.limit = (self.push.limit * 2).min(MAX_COMMIT_ENTRIES);
        }
        if !changes.is_empty() {
            self.steps.push_back(Step {
                changes,
                ..Step::default()
            });
        }
    }

    /// What the code of one stream leads to; whether that is to wait.
    fn stream_refused(
        &mut self,
        flight: &Flight,
        state: &StreamStanding<'_>,
        turn: &mut Turn<'_>,
    ) -> bool {
        let Some(code) = state.code else {
            return false;
        };
        match code.action() {
            Action::KeepUntilNextAct if flight.moves != self.push.moves => return true,
            Action::KeepUntilNextAct => self.refuse(state.stream, code, true, turn),
            Action::KeepAndShow | Action::Stop | Action::SayWhich | Action::Halve => {
                self.refuse(state.stream, code, false, turn);
            }
            Action::TryAgain | Action::Wait | Action::SignAnew => return true,
            // A gap is filled from `next` on; a conflict is seen from the relay's hash.
            Action::ReadRoster
            | Action::OfferRoster
            | Action::OfferCheckpoint
            | Action::SendFromNext
            | Action::ContinueElsewhere => {}
        }
        false
    }
}
