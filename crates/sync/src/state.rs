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

/// The numbers of the line that a person reads, in sealed entries that are still on this device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// On this device alone.
    pub kept: usize,
    /// At the relay.
    pub handed_over: usize,
    /// At coordinators; the copy here waits until it may go.
    pub received: usize,
    /// To be looked at.
    pub attention: usize,
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

/// Which streams the relay refuses, so that a person is to look.
pub(crate) type Refused<'a> = &'a dyn Fn(StreamId) -> bool;

/// How far each run of a stream has got.
pub(crate) fn states<'a>(
    ledger: &'a Ledger,
    roster: &Roster,
    stream: StreamId,
    own: &'a OwnStream,
    refused: Refused<'_>,
) -> Vec<(&'a Run, RecordState)> {
    let stopped = own.agreement() == Agreement::Conflict || refused(stream);
    let states = ledger.ask(own, roster, |custody| {
        let state = |run: &Run| {
            let waiting = run.waiting();
            if is_apart(&waiting, custody) {
                RecordState::Attention
            } else if is_received(&waiting, custody) {
                RecordState::Received
            } else if own.handed_over(run.seqs) {
                RecordState::HandedOver
            } else if stopped {
                RecordState::Attention
            } else {
                RecordState::Kept
            }
        };
        let runs = own.all().into_iter();
        runs.map(|run| (&**run, state(run))).collect()
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
    let mut found = None;
    for (id, own) in &ledger.own {
        let here =
            |run: &Run| (*id == stream && run.hash_at(seq).is_some()) || carries(run, stream, seq);
        let states = states(ledger, roster, *id, own, refused);
        found = found.max(
            states
                .into_iter()
                .find(|(run, _)| here(run))
                .map(|(_, state)| state),
        );
    }
    let gone = || {
        ledger
            .own
            .get(&stream)
            .is_some_and(|own| seq < own.row.next)
    };
    found.or_else(|| gone().then_some(RecordState::Received))
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
        wrote: !ledger.own.is_empty(),
        unreadable: ledger.unreadable,
        heard: None,
        reached: true,
        standing: ledger.relay.standing,
        refused: None,
    };
    for (stream, own) in &ledger.own {
        for (run, state) in states(ledger, roster, *stream, own, refused) {
            let sealed: u64 = run
                .sealed
                .iter()
                .map(|range| range.last() - range.first() + 1)
                .sum();
            let sealed = usize::try_from(sealed).unwrap_or(usize::MAX);
            match state {
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
