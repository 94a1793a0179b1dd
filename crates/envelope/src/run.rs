//! Checks what somebody else wrote: contiguous runs of entries that end on a signature.
//!
//! Not here: authority (who may do what) and opening.

use crate::stream::StreamOpen;
use crate::{DevicePublic, Entry, EntryHash, EnvelopeError, PublicKind, RegionId, label};
use veldpost_domain::StreamId;

/// The last entry of a stream that was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunHead {
    /// The stream.
    pub stream: StreamId,
    /// Its number.
    pub seq: u64,
    /// Its hash.
    pub hash: EntryHash,
}

/// Verifies a contiguous run of one stream that follows `after` (or starts the stream) and ends on
/// an entry signed by `device`.
///
/// Signatures in the middle are not checked: the last one covers all by the chain of hashes.
///
/// # Errors
/// `Malformed` for an empty run or another region; `Forged` for a gap, a swap, a change, another
/// stream, or a missing or wrong last signature.
pub fn verify_run(
    region: &RegionId,
    device: &DevicePublic,
    after: Option<&RunHead>,
    run: &[Entry],
) -> Result<RunHead, EnvelopeError> {
    let (Some(first), Some(last)) = (run.first(), run.last()) else {
        return Err(EnvelopeError::Malformed("empty run"));
    };
    let stream = first.header().stream;
    let purpose = first.header().purpose;
    let (mut seq, mut prev) = match after {
        Some(head) if head.stream != stream => return Err(EnvelopeError::Forged("another stream")),
        Some(head) => (head.seq.saturating_add(1), Some(head.hash)),
        None if StreamOpen::read(first)?.device != *device => {
            return Err(EnvelopeError::Forged("another device"));
        }
        None => (0, None),
    };
    for entry in run {
        let header = entry.header();
        if header.region != *region {
            return Err(EnvelopeError::Malformed("another region"));
        }
        if header.stream != stream || header.purpose != purpose {
            return Err(EnvelopeError::Forged("another stream"));
        }
        if header.seq != seq || header.prev_hash != prev {
            return Err(EnvelopeError::Forged("chain"));
        }
        prev = Some(entry.hash());
        seq = seq.saturating_add(1);
    }
    let hash = prev.ok_or(EnvelopeError::Malformed("empty run"))?;
    let signature = last
        .signature()
        .ok_or(EnvelopeError::Forged("unsigned run"))?;
    device.verify(label::ENTRY, &hash.0, signature)?;
    Ok(RunHead {
        stream,
        seq: last.header().seq,
        hash,
    })
}

/// The entry that a `carried` one holds.
///
/// # Errors
/// `Malformed` when it holds none, or one that itself carries another; `Newer`.
pub fn carried(entry: &Entry) -> Result<Entry, EnvelopeError> {
    if entry.header().public_kind != Some(PublicKind::Carried) {
        return Err(EnvelopeError::Malformed("not a carried entry"));
    }
    let inner = Entry::from_bytes(entry.body())?;
    if inner.header().public_kind == Some(PublicKind::Carried) {
        return Err(EnvelopeError::Malformed("carried twice"));
    }
    Ok(inner)
}
