//! `entries`: runs go behind what is held of their streams, all that is good in one transaction.
//!
//! Not here: what makes a run good (`run`), and reading the body (`push`).

use super::run::{Beside, Held, Measure, beside, branches};
use super::{MAX_STREAMS, Relay, Seen};
use crate::limits::Charge;
use crate::push::{Finished, Offered, OfferedRun, Pushing};
use crate::store::{
    Class, Content, DeviceRow, EntryRow, ItemRow, Name, Purposes, RegionChange, RelayStore,
    StreamRow, Volume,
};
use crate::{RelayError, standing::Members};
use veldpost_domain::StreamId;
use veldpost_envelope::object::{Arrival, Ranges};
use veldpost_envelope::wire::{
    Code, Fork, Incarnation, MAX_BODY, PushAnswer, Standing, StreamStanding, gravest,
};
use veldpost_envelope::{DevicePublic, EntryHash, Object, RegionId};

/// So much is taken of a device before it is admitted, and as much again after it was removed.
pub(super) const UNADMITTED: Volume = Volume {
    entries: 500,
    bytes: 1024 * 1024,
};
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
            return answer(&life.incarnation, unread(&body), &body, None);
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
        if push.changed {
            self.commit(push.seen, &before)?;
        }
        answer(&life.incarnation, push.states, &body, push.wait)
    }
}

/// Of a body without one readable entry, the streams that can be told.
fn unread(body: &Finished) -> Vec<State> {
    let runs = body.runs.iter();
    runs.map(|run| State {
        stream: run.place.stream,
        next: 0,
        hash: None,
        code: run.stopped,
        proof: None,
    })
    .collect()
}

fn answer(
    incarnation: &Incarnation,
    states: Vec<State>,
    body: &Finished,
    wait: Option<u32>,
) -> Result<Vec<u8>, RelayError> {
    let mut room = PROOFS;
    let fits = |proof: &&[u8]| {
        let fits = proof.len() <= room;
        room = room.saturating_sub(proof.len());
        fits
    };
    let mut fits = fits;
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
    match gravest(codes.chain(body.code)) {
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

    fn append(
        &mut self,
        run: &OfferedRun,
        new: &[Offered],
        held: &Held,
        state: &mut State,
    ) -> Result<(), RelayError> {
        if held.next == 0 && self.seen.rows.number_of_streams(&held.device)? >= MAX_STREAMS {
            state.code = Some(Code::TooLarge);
            return Ok(());
        }
        let erased = self.erased(&state.stream, held)?;
        let row = self.seen.rows.device(&held.device)?.unwrap_or(DeviceRow {
            device: held.device,
            held: Volume::default(),
            since_removal: Volume::default(),
            heard: None,
        });
        let named = self.named(&held.device, &state.stream);
        let measure = Measure {
            region: &self.region,
            held,
            erased: &erased,
            room: self.room(&row, new, named)?,
            stopped: run.stopped,
            cut: run.cut,
        };
        let good = measure.good(new);
        state.code = good.code;
        let new = new.get(..good.taken).unwrap_or_default();
        let offered = volume(new.iter());
        if new.is_empty() {
            return Ok(());
        }
        if let Err(seconds) = self.charge.charge(&held.device, offered, self.now) {
            self.wait = self.wait.max(Some(seconds));
            state.code = Some(Code::SlowDown);
            return Ok(());
        }
        if held.next == 0 {
            self.adopt(&state.stream, held)?;
        }
        self.store(new, held, &erased, state)?;
        let beyond = new.iter().filter(|new| named < Some(new.header().seq));
        let removed = self.standing(&held.device)? == Standing::Removed;
        self.seen.rows.put_device(&DeviceRow {
            held: sum(row.held, offered),
            since_removal: match removed {
                true => sum(row.since_removal, volume(beyond)),
                false => row.since_removal,
            },
            heard: Some(self.now),
            ..row
        })?;
        Ok(())
    }

    fn standing(&self, device: &DevicePublic) -> Result<Standing, RelayError> {
        self.seen.standing(device)
    }

    /// How much may be taken of a device, and what is answered beyond it; none for all.
    fn room(
        &self,
        row: &DeviceRow,
        new: &[Offered],
        named: Option<u64>,
    ) -> Result<Option<(Volume, Code)>, RelayError> {
        Ok(match self.standing(&row.device)? {
            Standing::Member => None,
            Standing::Joined | Standing::Frozen => {
                Some((left(UNADMITTED, row.held), Code::NotAdmitted))
            }
            Standing::Removed => {
                // What a removal names counts still, so it is asked for, and not measured.
                let named = new.iter().filter(|new| named >= Some(new.header().seq));
                let beyond = left(UNADMITTED, row.since_removal);
                Some((sum(beyond, volume(named)), Code::Removed))
            }
            Standing::Unknown | Standing::Newer(_) => {
                Some((Volume::default(), Code::UnknownDevice))
            }
        })
    }

    /// The last entry of a stream that a removal of its device names.
    fn named(&self, device: &DevicePublic, stream: &StreamId) -> Option<u64> {
        let device = self.seen.known.roster.device(device)?;
        let heads = device.removals.iter().flat_map(|removal| &removal.streams);
        let named = heads.filter(|head| head.stream == *stream);
        named.map(|head| head.seq).max()
    }

    /// What erasures that count name of a stream.
    fn erased(&self, stream: &StreamId, held: &Held) -> Result<Ranges, RelayError> {
        let mut erased = Ranges::default();
        for item in self.seen.rows.items_of(Class::Erase, &stream.0)? {
            if let Some(object) = self.counts(&item, held)?
                && let Some(erase) = object.erase()
            {
                erased.merge(&erase.seqs);
            }
        }
        Ok(erased)
    }

    /// An erasure, when it is one for this stream: what came before its stream is verified when that comes.
    fn counts(&self, item: &ItemRow, held: &Held) -> Result<Option<Object>, RelayError> {
        let Content::Value(bytes) = &item.content else {
            return Ok(None);
        };
        let object = Object::from_bytes(bytes)?;
        let members = Members(&self.seen.known.roster);
        // One that was taken into the stream stays, whatever its signer became since.
        let arrival = match item.purposes.is_empty() {
            true => Arrival::New,
            false => Arrival::Kept,
        };
        let verified = object.verify(&self.region, held.purpose, arrival, &members);
        Ok(verified.is_ok().then_some(object))
    }

    /// Erasures that came before their stream get their place beside it.
    fn adopt(&mut self, stream: &StreamId, held: &Held) -> Result<(), RelayError> {
        for item in self.seen.rows.items_of(Class::Erase, &stream.0)? {
            if self.counts(&item, held)?.is_some() {
                self.put(item.name, held, item.content)?;
            }
        }
        Ok(())
    }

    /// Puts entries behind those that are held, as one run.
    fn store(
        &mut self,
        new: &[Offered],
        held: &Held,
        erased: &Ranges,
        state: &mut State,
    ) -> Result<(), RelayError> {
        let last = new.len() - 1;
        let row = |(index, offered): (usize, &Offered)| EntryRow {
            seq: offered.header().seq,
            hash: offered.hash(),
            signed: index == last,
            bytes: match erased.contains(offered.header().seq) {
                true => offered.bare_bytes(),
                false => offered.bytes.clone(),
            },
        };
        let rows: Vec<_> = new.iter().enumerate().map(row).collect();
        let stream = state.stream;
        self.seen.rows.put_entries(&stream, &rows)?;
        let bytes = rows.iter().map(|row| row.bytes.len() as u64);
        self.seen.row.bytes += bytes.sum::<u64>();
        let next = held.next.saturating_add(rows.len() as u64);
        let run = Content::Run {
            first: held.next,
            next,
        };
        self.put(Name::run(&stream, held.next), held, run)?;
        let Some(hash) = rows.last().map(|row| row.hash) else {
            return Ok(());
        };
        let says = self.seen.rows.stream(&stream)?.and_then(|row| row.says);
        self.seen.rows.put_stream(&StreamRow {
            stream,
            device: held.device,
            purpose: held.purpose,
            next,
            hash,
            says,
        })?;
        (state.next, state.hash) = (next, Some(hash));
        Ok(())
    }

    /// Other entries are held there. What is offered is kept as proof when it verifies, once a stream.
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
        if fork.len() <= MAX_BODY && self.seen.rows.item(&name)?.is_none() {
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

fn volume<'a>(offered: impl Iterator<Item = &'a Offered>) -> Volume {
    offered.fold(Volume::default(), |all, offered| Volume {
        entries: all.entries + 1,
        bytes: all.bytes + offered.bytes.len() as u64,
    })
}

fn sum(one: Volume, other: Volume) -> Volume {
    Volume {
        entries: one.entries.saturating_add(other.entries),
        bytes: one.bytes.saturating_add(other.bytes),
    }
}

fn left(limit: Volume, used: Volume) -> Volume {
    Volume {
        entries: limit.entries.saturating_sub(used.entries),
        bytes: limit.bytes.saturating_sub(used.bytes),
    }
}
