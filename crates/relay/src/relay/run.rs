//! What of one offered run is good, beside what is held of its stream.
//!
//! Not here: storing it, and how much is taken of whom.

use crate::RelayError;
use crate::push::{Offered, OfferedRun};
use crate::store::{EntryRow, RegionView, StreamRow, Volume};
use veldpost_envelope::entry::MAX_COMMIT_ENTRIES;
use veldpost_envelope::object::{Ranges, SeqRange};
use veldpost_envelope::wire::Code;
use veldpost_envelope::{DevicePublic, EntryHash, Kept, Purpose, RegionId, label};

/// Whose stream a run belongs to, and how far it is held.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub device: DevicePublic,
    pub purpose: Purpose,
    pub next: u64,
    pub hash: Option<EntryHash>,
}

impl From<StreamRow> for Held {
    fn from(row: StreamRow) -> Self {
        Self {
            device: row.device,
            purpose: row.purpose,
            next: row.next,
            hash: Some(row.hash),
        }
    }
}

/// How far a run agrees with what is held.
pub(super) enum Beside {
    /// It is held up to `next`; this many entries of the run lie below.
    Agrees(usize),
    /// This entry of the run is the first that differs.
    Differs(usize),
}

/// Compares what lies below `next`.
pub(super) fn beside(
    rows: &impl RegionView,
    run: &OfferedRun,
    held: &Held,
) -> Result<Beside, RelayError> {
    let first = run.place.seq;
    let end = first.saturating_add(run.entries.len() as u64);
    let hashes = rows.hashes(&run.place.stream, first, end.min(held.next))?;
    let differs = run
        .entries
        .iter()
        .zip(&hashes)
        .position(|(offered, hash)| offered.hash() != *hash);
    let below = usize::try_from(held.next.saturating_sub(first)).unwrap_or(usize::MAX);
    Ok(match differs {
        Some(index) => Beside::Differs(index),
        None => Beside::Agrees(below.min(run.entries.len())),
    })
}

/// How much of what is new goes on in the chain, within what may be taken, and ends on a signature that holds.
pub(super) struct Good {
    /// So many entries.
    pub taken: usize,
    /// Why not all.
    pub code: Option<Code>,
}

/// What the taking of a run is held against.
pub(super) struct Measure<'a> {
    pub region: &'a RegionId,
    pub held: &'a Held,
    pub erased: &'a Ranges,
    /// So much may be taken, and what is answered beyond it.
    pub room: Option<(Volume, Code)>,
    /// Why what follows the entries could not be read.
    pub stopped: Option<Code>,
    /// The body ended too early, so that the end of a commit may be missing.
    pub cut: bool,
}

impl Measure<'_> {
    /// Looks at the entries that are new.
    pub fn good(&self, new: &[Offered]) -> Good {
        let (chained, broken) = self.chained(new);
        let chained = new.get(..chained).unwrap_or_default();
        let fits = self.fits(chained);
        let (taken, unsigned) = self.signed(chained.get(..fits).unwrap_or_default());
        let over = self.room.filter(|_| fits < chained.len());
        let code = match over {
            Some((_, code)) => Some(code),
            None => broken.or(self.stopped).or(unsigned),
        };
        Good { taken, code }
    }

    /// How many entries go on where the stream ends, one after the other.
    fn chained(&self, new: &[Offered]) -> (usize, Option<Code>) {
        let (mut seq, mut before) = (self.held.next, self.held.hash);
        for (index, offered) in new.iter().enumerate() {
            let header = offered.header();
            if header.region != *self.region {
                return (index, Some(Code::Malformed));
            }
            let goes_on = header.seq == seq
                && header.prev_hash == before
                && header.purpose == self.held.purpose;
            if !goes_on {
                return (index, Some(Code::Forged));
            }
            // A body that nobody erased is not missing by right.
            if offered.is_bare && !self.erased.contains(seq) {
                return (index, Some(Code::Malformed));
            }
            (seq, before) = (seq.saturating_add(1), Some(offered.hash()));
        }
        (new.len(), None)
    }

    fn fits(&self, chained: &[Offered]) -> usize {
        let Some((mut room, _)) = self.room else {
            return chained.len();
        };
        let takes = |offered: &&Offered| {
            let bytes = offered.bytes.len() as u64;
            let fits = room.entries > 0 && room.bytes >= bytes;
            room.entries = room.entries.saturating_sub(1);
            room.bytes = room.bytes.saturating_sub(bytes);
            fits
        };
        chained.iter().take_while(takes).count()
    }

    /// How many entries the last signature that holds covers. One that does not hold is told apart from none.
    fn signed(&self, chained: &[Offered]) -> (usize, Option<Code>) {
        let mut code = None;
        for (index, offered) in chained.iter().enumerate().rev() {
            if verifies(&self.held.device, offered) {
                return (index + 1, code);
            }
            if offered.signature().is_some() || !self.cut {
                code = Some(Code::Forged);
            }
        }
        (0, code)
    }
}

fn verifies(device: &DevicePublic, offered: &Offered) -> bool {
    offered.signature().is_some_and(|signature| {
        device
            .verify(label::ENTRY, &offered.hash().0, signature)
            .is_ok()
    })
}

/// The two branches of a stream from the first entry that differs, each bare, up to the next entry with a signature
/// that holds. None when what is offered does not verify: then it is nothing of that device.
pub(super) struct Branches {
    pub kept: Vec<u8>,
    pub offered: Vec<u8>,
}

pub(super) fn branches(
    rows: &impl RegionView,
    region: &RegionId,
    run: &OfferedRun,
    held: &Held,
    differs: usize,
) -> Result<Option<Branches>, RelayError> {
    let first = run.place.seq.saturating_add(differs as u64);
    let offered = run.entries.get(differs..).unwrap_or_default();
    let before = match first.checked_sub(1) {
        None => None,
        Some(seq) => {
            let hash = rows.hashes(&run.place.stream, seq, first)?;
            hash.first().copied()
        }
    };
    let from = Measure {
        region,
        held: &Held {
            next: first,
            hash: before,
            ..*held
        },
        // Of proof the bodies do not matter.
        erased: &Ranges::from_iter(SeqRange::new(1, u64::MAX)),
        room: None,
        stopped: None,
        cut: false,
    };
    let (chained, _) = from.chained(offered);
    let chained = offered.get(..chained).unwrap_or_default();
    let Some(end) = chained.iter().position(|it| verifies(&held.device, it)) else {
        return Ok(None);
    };
    let offered = chained.iter().take(end + 1);
    Ok(Some(Branches {
        kept: kept(rows, run, first)?,
        offered: offered.flat_map(Offered::bare_bytes).collect(),
    }))
}

/// The relay's own entries from there, bare, up to the next signed one.
fn kept(rows: &impl RegionView, run: &OfferedRun, first: u64) -> Result<Vec<u8>, RelayError> {
    // Each run that was stored ends on a signed entry, and none is longer.
    let to = first.saturating_add(MAX_COMMIT_ENTRIES as u64);
    let mut bare = Vec::new();
    for entry in rows.entries(&run.place.stream, first, to)? {
        bare.extend(bare_bytes(&entry)?);
        if entry.signed {
            break;
        }
    }
    Ok(bare)
}

/// The bare form of an entry that is held.
pub(super) fn bare_bytes(entry: &EntryRow) -> Result<Vec<u8>, RelayError> {
    Ok(Kept::from_bytes(&entry.bytes)?.bare().to_bytes())
}
