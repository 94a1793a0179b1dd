//! `entries`: runs go behind what is held of their streams, all that is good in one transaction.
//!
//! Not here: what makes a run good (`run`), and reading the body (`push`).

mod append;

use super::run::{Beside, Held, beside, branches};
use super::{Relay, Seen};
use crate::RelayError;
use crate::limits::Charge;
use crate::push::{Finished, OfferedRun, Pushing};
use crate::store::{Content, ItemRow, Name, Purposes, RegionChange, RelayStore};
use veldpost_domain::StreamId;
use veldpost_envelope::wire::{
    Code, Fork, Incarnation, MAX_BODY, PushAnswer, StreamStanding, gravest,
};
use veldpost_envelope::{EntryHash, RegionId};

/// So many bytes of proof fit into an answer that a problem document may carry.
const PROOFS: usize = 512 * 1024;

/// How far a stream is held after a push, and why not further.
#[derive(Clone, Debug)]
struct State {
    stream: StreamId,
    next: u64,
    hash: Option<EntryHash>,
    code: Option<Code>,
    proof: Option<Vec<u8>>,
}

/// A push under way.
struct Push<'a, C> {
    seen: Seen<C>,
    region: RegionId,
    charge: &'a dyn Charge,
    now: i64,
    states: Vec<State>,
    changed: bool,
    wait: Option<u32>,
}

impl<S: RelayStore> Relay<S> {
    /// `entries`: takes what is good of a body. `charge` is asked before anything new of a device is stored.
    ///
    /// # Errors
    /// `Entries` when not all was taken: what was good is stored, and the answer says how far. `UnknownRegion`, `Full`,
    /// `Store`: nothing is.
    pub fn entries(
        &self,
        pushing: Pushing,
        charge: &dyn Charge,
        now: i64,
    ) -> Result<Vec<u8>, RelayError> {
        let life = self.life()?;
        let body = pushing.finish();
        let mut entries = body.runs.iter().flat_map(|run| &run.entries);
        let Some(region) = entries.next().map(|first| first.header().region) else {
            // Of no region: how far its streams are held cannot be said.
            return answer(&life.incarnation, Vec::new(), &body, None);
        };
        let seen = self.begin(&region)?;
        let before = seen.row;
        let mut push = Push {
            seen,
            region,
            charge,
            now,
            states: Vec::new(),
            changed: false,
            wait: None,
        };
        for run in &body.runs {
            let state = push.run(run)?;
            push.say(state);
        }
        match push.changed {
            true => self.commit(push.seen, &before)?,
            false => push.seen.rows.settle()?,
        }
        answer(&life.incarnation, push.states, &body, push.wait)
    }
}

fn answer(
    incarnation: &Incarnation,
    states: Vec<State>,
    body: &Finished,
    wait: Option<u32>,
) -> Result<Vec<u8>, RelayError> {
    let mut room = PROOFS;
    let mut fits = |proof: &&[u8]| {
        let fits = proof.len() <= room;
        room = room.saturating_sub(proof.len());
        fits
    };
    let states = states.iter().map(|state| StreamStanding {
        stream: state.stream,
        next: state.next,
        hash: state.hash,
        code: state.code,
        proof: state.proof.as_deref().filter(&mut fits),
    });
    let answer = PushAnswer {
        incarnation: *incarnation,
        states: states.collect(),
    };
    let codes = answer.states.iter().filter_map(|state| state.code);
    let unread = body.runs.iter().filter_map(|run| run.stopped);
    match gravest(codes.chain(unread).chain(body.code)) {
        None => Ok(answer.to_bytes()),
        Some(code) => Err(RelayError::Entries {
            code,
            answer: answer.to_bytes(),
            wait: wait.filter(|_| code == Code::SlowDown),
        }),
    }
}

impl<C: RegionChange> Push<'_, C> {
    /// One state a stream: the latest, with the first reason.
    fn say(&mut self, state: State) {
        let said = self.states.iter_mut();
        match said.into_iter().find(|said| said.stream == state.stream) {
            None => self.states.push(state),
            Some(said) => {
                let code = said.code.or(state.code);
                let proof = said.proof.take().or(state.proof);
                *said = State {
                    code,
                    proof,
                    ..state
                };
            }
        }
    }

    fn run(&mut self, run: &OfferedRun) -> Result<State, RelayError> {
        let stream = run.place.stream;
        let row = self.seen.rows.stream(&stream)?;
        let mut state = State {
            stream,
            next: row.map_or(0, |row| row.next),
            hash: row.map(|row| row.hash),
            code: run.stopped,
            proof: None,
        };
        let held = match (row, run.entries.first()) {
            (_, None) => return Ok(state),
            (Some(row), _) => Held::from(row),
            (None, Some(first)) => match &first.open {
                Some(open) => Held {
                    device: open.device,
                    purpose: open.purpose,
                    next: 0,
                    hash: None,
                },
                None => {
                    state.code = Some(Code::Gap);
                    return Ok(state);
                }
            },
        };
        if run.place.seq > held.next {
            state.code = Some(Code::Gap);
            return Ok(state);
        }
        match beside(&self.seen.rows, run, &held)? {
            Beside::Differs(index) => self.fork(run, &held, index, &mut state)?,
            Beside::Agrees(below) => {
                let new = run.entries.get(below..).unwrap_or_default();
                if !new.is_empty() {
                    self.append(run, new, &held, &mut state)?;
                }
            }
        }
        Ok(state)
    }

    /// Other entries are held there. What is offered is kept as proof when it verifies, once a stream, as far as its
    /// device has room: one that may send nothing more does not fill the relay with proof against itself.
    fn fork(
        &mut self,
        run: &OfferedRun,
        held: &Held,
        differs: usize,
        state: &mut State,
    ) -> Result<(), RelayError> {
        let Some(branches) = branches(&self.seen.rows, &self.region, run, held, differs)? else {
            state.code = Some(Code::Forged);
            return Ok(());
        };
        state.code = Some(Code::Conflict);
        let name = Name::fork(&state.stream);
        let fork = Fork {
            stream: state.stream,
            kept: &branches.kept,
            offered: &branches.offered,
        };
        let fork = fork.to_bytes();
        let is_first = self.seen.rows.item(&name)?.is_none();
        if is_first && fork.len() <= MAX_BODY && self.takes(&held.device, fork.len())? {
            self.seen.row.bytes += fork.len() as u64;
            self.put(name, held, Content::Value(fork))?;
        }
        state.proof = Some(branches.kept);
        Ok(())
    }

    fn put(&mut self, name: Name, held: &Held, content: Content) -> Result<(), RelayError> {
        self.changed = true;
        self.seen.row.position += 1;
        Ok(self.seen.rows.put_item(&ItemRow {
            position: self.seen.row.position,
            at: self.now,
            name,
            purposes: Purposes::from(held.purpose),
            device: held.device,
            content,
        })?)
    }
}
