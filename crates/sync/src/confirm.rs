//! What a coordinator says of what it holds: receipts, a checkpoint, and how far each device is.
//!
//! Not here: judging entries (see `authority`); the driver does that while the device is unlocked, and hands in the answer.

use crate::authority::{Entries, Evaluation, Spot};
use crate::ledger::{Agreement, Ledger, OwnStream};
use std::collections::BTreeMap;
use std::rc::Rc;
use veldpost_domain::StreamId;
use veldpost_envelope::object::{
    Checkpoint, Erase, Ground, Heads, MAX_RANGES, ObjectHead, Ranges, Receipt, SeqRange,
};
use veldpost_envelope::run::RunHead;
use veldpost_envelope::wire::StreamRow;
use veldpost_envelope::{DevicePublic, DeviceSigningKey, Object, Purpose, Roster};

/// How far a device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceReport {
    /// Which one.
    pub device: DevicePublic,
    /// When it last called, by the relay's clock; none when the relay did not say.
    pub heard: Option<i64>,
    /// When it signed its newest receipt or checkpoint that is held here, by its own clock: who only reads sends nothing else.
    pub signed: Option<i64>,
    /// How many entries of it are held here.
    pub received: u64,
    /// How many more it says that it has, or the relay holds.
    pub outstanding: u64,
}

/// Every entry of a purpose that is on the disk: own ones, originals, and other branches.
pub(crate) fn entries(ledger: &Ledger, purpose: Purpose) -> Entries<'_> {
    let own = ledger.own.values().filter(|own| own.row.purpose == purpose);
    let own = own.flat_map(OwnStream::all);
    let held = ledger.holdings.streams.values();
    let held = held.flat_map(|held| held.runs.values().map(|original| &original.run));
    let aside = ledger
        .holdings
        .aside
        .values()
        .map(|(_, original)| &original.run);
    let runs = own.chain(held).chain(aside);
    let runs = runs.filter(|run| run.purpose == purpose);
    let mut entries = Entries::default();
    for run in runs {
        run.placed()
            .for_each(|(spot, entry)| entries.lend(spot, entry));
    }
    for (stream, held) in &ledger.holdings.streams {
        entries.strip(*stream, &held.erased);
    }
    for (stream, own) in &ledger.own {
        entries.strip(*stream, &own.erased);
    }
    entries
}

/// Receipts that say more than the kept ones, each of what is on the disk and was judged.
pub(crate) fn receipts(
    ledger: &Ledger,
    head: ObjectHead,
    purpose: Purpose,
    evaluation: &Evaluation,
    key: &DeviceSigningKey,
) -> Vec<Rc<Object>> {
    let streams = ledger.holdings.streams.iter();
    streams
        .filter(|(_, held)| held.row.purpose == purpose)
        .filter_map(|(stream, held)| {
            let last = held.head(*stream)?;
            receipt(ledger, head, last, evaluation, key)
        })
        .collect()
}

fn receipt(
    ledger: &Ledger,
    head: ObjectHead,
    last: RunHead,
    evaluation: &Evaluation,
    key: &DeviceSigningKey,
) -> Option<Rc<Object>> {
    // What came since it was judged waits for the next time.
    let judged = |last: &RunHead| {
        let spot = Spot {
            stream: last.stream,
            seq: last.seq,
            hash: last.hash,
        };
        let outcome = evaluation.outcomes.get(&spot);
        outcome.is_some_and(|outcome| outcome.is_received())
    };
    if !judged(&last) {
        return None;
    }
    let apart = evaluation.apart(last.stream);
    let last = match apart.iter().nth(MAX_RANGES) {
        None => last,
        // No receipt names more ranges: it says less, up to where these suffice.
        Some(beyond) => signed_before(ledger, last.stream, beyond.first()).filter(judged)?,
    };
    let apart: Ranges = apart
        .iter()
        .filter_map(|range| SeqRange::new(range.first(), range.last().min(last.seq)))
        .collect();
    let kept = ledger.receipts.get(&(last.stream, head.signer));
    let kept = kept.and_then(|held| held.object.receipt());
    // One that says less than the kept one would take something back.
    let says_more = kept
        .is_none_or(|kept| last.seq > kept.upto || (last.seq == kept.upto && kept.apart != apart));
    if !says_more {
        return None;
    }
    let later = kept.map_or(head.at, |kept| head.at.max(kept.head.at.saturating_add(1)));
    let receipt = Receipt {
        head: ObjectHead { at: later, ..head },
        stream: last.stream,
        upto: last.seq,
        hash: last.hash,
        apart,
    };
    receipt.sign(key).ok().map(Rc::new)
}

/// The last signed entry of another's stream below a place.
fn signed_before(ledger: &Ledger, stream: StreamId, seq: u64) -> Option<RunHead> {
    let held = ledger.holdings.streams.get(&stream)?;
    let runs = held.runs.range(..seq).rev();
    let entries = runs.flat_map(|(_, original)| original.run.entries.iter().rev());
    let mut signed = entries.filter(|entry| entry.signature().is_some());
    let last = signed.find(|entry| entry.header().seq < seq)?;
    Some(RunHead {
        stream,
        seq: last.header().seq,
        hash: last.hash(),
    })
}

/// Erasures of these entries, and of those that carry them or that they carry: one a stream.
pub(crate) fn erasures(
    ledger: &Ledger,
    roster: &Roster,
    head: ObjectHead,
    (stream, seqs, ground): (StreamId, &Ranges, Ground),
    key: &DeviceSigningKey,
) -> Option<Vec<Rc<Object>>> {
    let (purpose, next) = ledger.extent(stream)?;
    let known = seqs.iter().last().is_some_and(|last| last.last() < next);
    if !known || !roster.coordinates(&ledger.device, purpose) {
        return None;
    }
    let meant = with_carried(ledger, stream, seqs);
    let sign = |(stream, seqs): (StreamId, Ranges)| {
        let erase = Erase {
            head,
            stream,
            seqs,
            ground,
        };
        erase.sign(key).ok().map(Rc::new)
    };
    meant.into_iter().map(sign).collect()
}

fn with_carried(ledger: &Ledger, stream: StreamId, seqs: &Ranges) -> BTreeMap<StreamId, Ranges> {
    let mut meant = BTreeMap::from([(stream, seqs.clone())]);
    let carried: Vec<_> = ledger.carried().collect();
    loop {
        let mut grew = false;
        for (outer, inner) in &carried {
            let has = |(stream, seq): &(StreamId, u64), meant: &BTreeMap<StreamId, Ranges>| {
                meant.get(stream).is_some_and(|seqs| seqs.contains(*seq))
            };
            let (one, other) = (has(outer, &meant), has(inner, &meant));
            if one == other {
                continue;
            }
            let lacking = if one { inner } else { outer };
            let held = ledger
                .extent(lacking.0)
                .is_some_and(|(_, next)| lacking.1 < next);
            if held {
                let seqs = meant.entry(lacking.0).or_default();
                seqs.insert(SeqRange::at(lacking.1));
                grew = true;
            }
        }
        if !grew {
            return meant;
        }
    }
}

/// The last entry of an own stream that the relay holds, or held: what still waits may have to go on in another stream.
fn own_head(stream: StreamId, own: &OwnStream) -> Option<RunHead> {
    let there = match own.agreement() {
        Agreement::Same => own.row.relay_next,
        Agreement::Conflict => 0,
    };
    let kept = own.originals.values().next_back();
    let kept = kept.map_or(0, |original| original.run.seqs.last().saturating_add(1));
    let head = |next: u64| {
        let seq = next.checked_sub(1)?;
        let hash = own.hash_at(seq)?;
        Some(RunHead { stream, seq, hash })
    };
    let heads = [there, kept].into_iter().filter_map(head);
    heads.max_by_key(|head| head.seq)
}

/// The heads of every stream of the purpose, when they are others than those that were signed last.
pub(crate) fn checkpoint(
    ledger: &Ledger,
    head: ObjectHead,
    purpose: Purpose,
    key: &DeviceSigningKey,
) -> Option<Rc<Object>> {
    let held = ledger.holdings.streams.iter();
    let held = held
        .filter(|(_, held)| held.row.purpose == purpose)
        .filter_map(|(stream, held)| held.head(*stream));
    let own = ledger.own.iter();
    let own = own
        .filter(|(_, own)| own.row.purpose == purpose)
        .filter_map(|(stream, own)| own_head(*stream, own));
    let heads = Heads::new(held.chain(own).collect()).ok()?;
    let kept = ledger.checkpoints.get(&(purpose, head.signer));
    if heads.iter().len() == 0 || kept.and_then(|kept| kept.heads()).as_ref() == Some(&heads) {
        return None;
    }
    let before = kept.and_then(|kept| kept.checkpoint());
    let number = before.map_or(1, |before| before.number.saturating_add(1));
    Checkpoint::sign(head, purpose, number, &heads, key)
        .ok()
        .map(Rc::new)
}

/// Of each member and each device of which anything came: when it was heard, when it signed, what is here, what is not.
pub(crate) fn devices(
    ledger: &Ledger,
    roster: &Roster,
    heads: &BTreeMap<StreamId, StreamRow>,
) -> Vec<DeviceReport> {
    let blank = |device: DevicePublic| DeviceReport {
        device,
        heard: None,
        signed: None,
        received: 0,
        outstanding: 0,
    };
    let mut reports: BTreeMap<DevicePublic, DeviceReport> = roster
        .members()
        .filter(|(device, _)| **device != ledger.device)
        .map(|(device, _)| (*device, blank(*device)))
        .collect();
    for held in ledger.holdings.streams.values() {
        let device = held.row.device;
        let report = reports.entry(device).or_insert_with(|| blank(device));
        report.received = report.received.saturating_add(held.row.next);
    }
    for (stream, row) in heads.iter().filter(|(_, row)| row.device != ledger.device) {
        let held = ledger.holdings.streams.get(stream);
        let held = held.map_or(0, |held| held.row.next);
        let there = row.next.max(row.says.unwrap_or(0));
        let report = reports
            .entry(row.device)
            .or_insert_with(|| blank(row.device));
        report.heard = report.heard.max(Some(row.heard));
        report.outstanding = report
            .outstanding
            .saturating_add(there.saturating_sub(held));
    }
    let receipts = ledger.receipts.values().map(|held| &held.object);
    for object in receipts.chain(ledger.checkpoints.values()) {
        let head = object.head();
        if let Some(report) = reports.get_mut(&head.signer) {
            report.signed = report.signed.max(Some(head.at));
        }
    }
    reports.into_values().collect()
}
