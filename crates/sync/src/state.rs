//! What a person is told of what was recorded: five states, and the numbers of one honest line.
//!
//! Not here: the words. Nothing is counted as further along than the disk says.

use crate::ledger::{Agreement, Ledger, OwnStream};
use crate::run::Run;
use veldpost_domain::StreamId;
use veldpost_envelope::Roster;
use veldpost_envelope::object::{is_apart, is_received};
use veldpost_envelope::run::carried;
use veldpost_envelope::wire::{Code, Standing};

/// How far a record has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordState {
    /// A form under way: there is no entry yet, so sync never says this itself.
    Draft,
    /// *Bewaard*: on this device alone, as far as it knows.
    Kept,
    /// *Overgezet*: the relay showed it, with the device's own hash.
    HandedOver,
    /// *Ontvangen*: as many coordinators confirmed it as are needed.
    Received,
    /// *Let op*: set apart by a coordinator, in a conflict, or refused.
    Attention,
}

/// Why a record is *Let op*, as far as the device knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attention {
    /// A coordinator received it and set it apart: it does not count as it is.
    Apart,
    /// The relay shows something else of its stream, or what stands before it could not be read: it goes on in another one,
    /// by itself, when it may.
    Conflict,
    /// This device can no longer read what it kept of it.
    Unreadable,
    /// The relay does not take its stream: it is offered again at the next start.
    Refused(Code),
}

/// The numbers of the line that a person reads, in sealed entries that are still on this device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// On this device alone.
    pub kept: usize,
    /// At the relay.
    pub handed_over: usize,
    /// At coordinators; the copy here waits until it may go.
    pub received: usize,
    /// To be looked at: all of the next three.
    pub attention: usize,
    /// Received by a coordinator, and set apart.
    pub apart: usize,
    /// Not sent: the relay shows something else of its stream, or what stands before it could not be read.
    pub conflicts: usize,
    /// Not sent: the relay refuses its stream.
    pub not_taken: usize,
    /// Whether this device ever wrote anything into a stream.
    pub wrote: bool,
    /// Rows of the outbox that could not be read; they stay.
    pub unreadable: usize,
    /// When the relay answered last, by this device's clock: none since the start.
    pub heard: Option<i64>,
    /// Whether the last call came to a relay: its answer, or its refusal.
    pub reached: bool,
    /// What the relay takes this device for.
    pub standing: Standing,
    /// Why the relay takes nothing, or tells nothing: none when it does.
    pub refused: Option<Code>,
}

/// Why the relay refuses a stream, so that a person is to look; none when it does not.
pub(crate) type Refused<'a> = &'a dyn Fn(StreamId) -> Option<Code>;

/// How far a run has got, or why somebody is to look.
type Far = Result<RecordState, Attention>;

const fn state(far: Far) -> RecordState {
    match far {
        Ok(state) => state,
        Err(_) => RecordState::Attention,
    }
}

/// How far each run of a stream has got.
pub(crate) fn states<'a>(
    ledger: &'a Ledger,
    roster: &Roster,
    stream: StreamId,
    own: &'a OwnStream,
    refused: Refused<'_>,
) -> Vec<(&'a Run, Far)> {
    let stops_at = match own.agreement() {
        Agreement::Conflict => Some(0),
        Agreement::Same => own.hole(),
    };
    let refusal = refused(stream).map(Attention::Refused);
    let stopped = |run: &Run| {
        let conflict = stops_at.is_some_and(|from| run.seqs.first() >= from);
        conflict.then_some(Attention::Conflict).or(refusal)
    };
    let states = ledger.ask(own, roster, |custody| {
        let far = |run: &Run| {
            let waiting = run.waiting();
            if is_apart(&waiting, custody) {
                Err(Attention::Apart)
            } else if is_received(&waiting, custody) {
                Ok(RecordState::Received)
            } else if own.handed_over(run.seqs) {
                Ok(RecordState::HandedOver)
            } else {
                stopped(run).map_or(Ok(RecordState::Kept), Err)
            }
        };
        let runs = own.all().into_iter();
        runs.map(|run| (&**run, far(run))).collect()
    });
    states.unwrap_or_default()
}

/// How far the entry at a place has got, also where it was carried into another stream. None when it was never here.
pub(crate) fn state_at(
    ledger: &Ledger,
    roster: &Roster,
    refused: Refused<'_>,
    stream: StreamId,
    seq: u64,
) -> Option<RecordState> {
    let found = all_at(ledger, roster, refused, stream, seq);
    let found = found.into_iter().map(state).max();
    if found.is_none() && ledger.is_unreadable(stream, seq) {
        return Some(RecordState::Attention);
    }
    let gone = || {
        ledger
            .own
            .get(&stream)
            .is_some_and(|own| seq < own.row.next)
    };
    found.or_else(|| gone().then_some(RecordState::Received))
}

/// Why somebody is to look at the entry at a place; none where nobody is.
pub(crate) fn attention_at(
    ledger: &Ledger,
    roster: &Roster,
    refused: Refused<'_>,
    stream: StreamId,
    seq: u64,
) -> Option<Attention> {
    let found = all_at(ledger, roster, refused, stream, seq);
    let unreadable = found.is_empty() && ledger.is_unreadable(stream, seq);
    let why = found.into_iter().find_map(Far::err);
    why.or(unreadable.then_some(Attention::Unreadable))
}

/// How far the entry at a place has got in each stream that has it: its own, and those that carry it.
fn all_at(
    ledger: &Ledger,
    roster: &Roster,
    refused: Refused<'_>,
    stream: StreamId,
    seq: u64,
) -> Vec<Far> {
    let mut found = Vec::new();
    for (id, own) in &ledger.own {
        let here =
            |run: &Run| (*id == stream && run.hash_at(seq).is_some()) || carries(run, stream, seq);
        let states = states(ledger, roster, *id, own, refused);
        let at = states.into_iter().find(|(run, _)| here(run));
        found.extend(at.map(|(_, far)| far));
    }
    found
}

fn carries(run: &Run, stream: StreamId, seq: u64) -> bool {
    let entries = run.entries.iter().filter_map(|entry| entry.whole());
    entries
        .filter_map(|entry| carried(entry).ok())
        .any(|inner| inner.header().stream == stream && inner.header().seq == seq)
}

/// The numbers, without `heard`, `reached` and `refused`.
pub(crate) fn summary(ledger: &Ledger, roster: &Roster, refused: Refused<'_>) -> Summary {
    let mut summary = Summary {
        kept: 0,
        handed_over: 0,
        received: 0,
        attention: 0,
        apart: 0,
        conflicts: 0,
        not_taken: 0,
        wrote: !ledger.own.is_empty(),
        unreadable: ledger.unreadable.len(),
        heard: None,
        reached: true,
        standing: ledger.relay.standing,
        refused: None,
    };
    for (stream, own) in &ledger.own {
        for (run, far) in states(ledger, roster, *stream, own, refused) {
            let sealed: u64 = run
                .sealed
                .iter()
                .map(|range| range.last() - range.first() + 1)
                .sum();
            let sealed = usize::try_from(sealed).unwrap_or(usize::MAX);
            match far {
                Ok(_) => {}
                Err(Attention::Apart) => summary.apart += sealed,
                Err(Attention::Conflict | Attention::Unreadable) => summary.conflicts += sealed,
                Err(Attention::Refused(_)) => summary.not_taken += sealed,
            }
            match state(far) {
                RecordState::Draft => {}
                RecordState::Kept => summary.kept += sealed,
                RecordState::HandedOver => summary.handed_over += sealed,
                RecordState::Received => summary.received += sealed,
                RecordState::Attention => summary.attention += sealed,
            }
        }
    }
    summary
}
