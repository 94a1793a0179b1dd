//! After a conflict: a new stream that continues the old one and carries every entry that nobody confirmed.
//!
//! Not here: finding the conflict. No secret is needed: a carried entry opens under its own header.

use crate::ledger::Ledger;
use crate::run::Run;
use std::rc::Rc;
use veldpost_domain::StreamId;
use veldpost_envelope::stream::StreamContext;
use veldpost_envelope::wire::Filling;
use veldpost_envelope::{
    DeviceSigningKey, Entry, Kept, PublicKind, RandomBytes, Roster, StreamState, StreamWriter, run,
};

/// What waits in a stream, in a new one.
pub(crate) struct Carried {
    pub state: StreamState,
    /// First numbers of the old runs that are carried whole.
    pub carried: Vec<u64>,
    /// The new runs, each ready to be a row.
    pub runs: Vec<Rc<Run>>,
}

/// Opens the new stream. None when there is no such stream, or an entry cannot be carried: then all stays as it is.
pub(crate) fn carry(
    ledger: &Ledger,
    roster: &Roster,
    old: StreamId,
    (context, invitation): (StreamContext, Option<[u8; 16]>),
    key: &DeviceSigningKey,
    rng: &mut dyn RandomBytes,
) -> Option<Carried> {
    let own = ledger.own.get(&old)?;
    let (mut writer, open) = StreamWriter::open(context, key, invitation, Some(old), rng);
    let (mut entries, mut carried) = (vec![open], Vec::new());
    for run in own.all() {
        if ledger.received(own, run, roster) {
            continue;
        }
        carried.push(run.seqs.first());
        for entry in run.entries.iter().filter_map(Kept::whole) {
            entries.push(writer.carry(&innermost(entry)?).ok()?);
        }
    }
    let address = own.all().iter().find_map(|run| run.address.clone());
    let mut runs = Vec::new();
    for mut entries in commits(entries) {
        entries.last_mut()?.sign(key);
        let entries = entries.into_iter().map(Kept::Whole).collect();
        runs.push(Rc::new(Run::new(address.clone(), entries)?));
    }
    Some(Carried {
        state: writer.state(),
        carried,
        runs,
    })
}

/// What is carried of an entry: itself, or what it carries. Also of one that opens the old stream: a relay that denied the
/// stream never got it, and without it nobody could tell what it continued.
fn innermost(entry: &Entry) -> Option<Entry> {
    match entry.header().public_kind {
        Some(PublicKind::Carried) => run::carried(entry).ok(),
        _ => Some(entry.clone()),
    }
}

/// Splits entries so that each part is one commit.
fn commits(entries: Vec<Entry>) -> Vec<Vec<Entry>> {
    let mut commits: Vec<Vec<Entry>> = Vec::new();
    let mut filling = Filling::default();
    for entry in entries {
        let fits = filling.takes(1, entry.length());
        match commits.last_mut().filter(|_| fits) {
            Some(commit) => commit.push(entry),
            None => {
                filling = Filling::default();
                filling.takes(1, entry.length());
                commits.push(vec![entry]);
            }
        }
    }
    commits
}
