//! Everything that a judging hangs on, as one hash: where it is the same, so is what counts.
//!
//! Not here: judging (see `authority`). Nothing is opened for it, so that it is there long before the answer.

use crate::holdings::AsideAt;
use crate::ledger::Ledger;
use crate::run::Run;
use veldpost_domain::StreamId;
use veldpost_envelope::canonical::Writer;
use veldpost_envelope::keys::EpochPublic;
use veldpost_envelope::object::{Heads, Ranges};
use veldpost_envelope::{Purpose, Roster, label};

/// Raised when the same entries come to another answer.
const RULES: u64 = 1;

/// `epochs` are those whose secrets are there to judge with; `heads` finds those of a checkpoint.
pub(crate) fn basis(
    ledger: &Ledger,
    roster: &Roster,
    purpose: Purpose,
    epochs: &[EpochPublic],
    heads: &dyn Fn(&[u8; 32]) -> Option<Heads>,
) -> [u8; 32] {
    let mut out = Writer::with_capacity(4096);
    ground(&mut out, roster, purpose, epochs, heads);
    // What was not asked for is part of it too: a stream of another purpose says which heads of a removal count.
    for (stream, own) in &ledger.own {
        stream_of(&mut out, *stream, &own.erased);
        own.all().into_iter().for_each(|run| add(&mut out, run));
    }
    for (stream, held) in &ledger.holdings.streams {
        stream_of(&mut out, *stream, &held.erased);
        let runs = held.runs.values();
        runs.for_each(|original| add(&mut out, &original.run));
    }
    for at in ledger.holdings.aside.keys() {
        aside(&mut out, at);
    }
    label::sha256(&[&out.finish()])
}

/// What is the same for every entry.
pub(crate) fn ground(
    out: &mut Writer,
    roster: &Roster,
    purpose: Purpose,
    epochs: &[EpochPublic],
    heads: &dyn Fn(&[u8; 32]) -> Option<Heads>,
) {
    out.uint(RULES)
        .uint(u64::from(purpose.code()))
        .bytes(&roster.head().0);
    out.array(epochs.len());
    for epoch in epochs {
        out.uint(u64::from(epoch.purpose.code())).uint(epoch.epoch);
    }
    for (checkpoint, _) in roster.locked() {
        out.bytes(&checkpoint).bool(heads(&checkpoint).is_some());
    }
}

pub(crate) fn stream_of(out: &mut Writer, stream: StreamId, erased: &Ranges) {
    out.bytes(&stream.0);
    for range in erased.iter() {
        out.uint(range.first()).uint(range.last());
    }
}

/// Its last hash stands for every entry of the run, but not for which of them are bare.
pub(crate) fn add(out: &mut Writer, run: &Run) {
    let Some(last) = run.last_hash() else {
        return;
    };
    out.uint(run.seqs.first()).bytes(&last.0);
    let bare = run.entries.iter().filter(|entry| entry.whole().is_none());
    let bare: Vec<u64> = bare.map(|entry| entry.header().seq).collect();
    out.array(bare.len());
    bare.into_iter().for_each(|seq| _ = out.uint(seq));
}

pub(crate) fn aside(out: &mut Writer, (stream, first, tag): &AsideAt) {
    out.bytes(&stream.0).uint(*first).bytes(tag);
}
