//! Checks what somebody else wrote: contiguous runs of entries that end on a signature.
//!
//! Not here: authority (who may do what) and opening.

use crate::bare::{Bare, Kept};
use crate::stream::StreamOpen;
use crate::{
    DevicePublic, Entry, EntryHash, EnvelopeError, Header, PublicKind, RegionId, Signature, label,
};
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

/// An entry of a run, whole or bare.
#[derive(Clone, Copy)]
enum Link<'a> {
    Whole(&'a Entry),
    Bare(&'a Bare),
}

impl<'a> Link<'a> {
    fn header(self) -> &'a Header {
        match self {
            Self::Whole(entry) => entry.header(),
            Self::Bare(bare) => bare.header(),
        }
    }

    fn signature(self) -> Option<&'a Signature> {
        match self {
            Self::Whole(entry) => entry.signature(),
            Self::Bare(bare) => bare.signature(),
        }
    }

    /// Whose stream begins here. A `stream-open` is never erased.
    fn opened_by(self) -> Result<DevicePublic, EnvelopeError> {
        match self {
            Self::Whole(entry) => StreamOpen::read(entry).map(|open| open.device),
            Self::Bare(_) => Err(EnvelopeError::Malformed("bare stream-open")),
        }
    }
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
    let mut links = run.iter().map(|entry| (Link::Whole(entry), entry.hash()));
    verify(region, device, after, &mut links)
}

/// As [`verify_run`], where some entries may be bare.
///
/// # Errors
/// As [`verify_run`]; `Malformed` too for a stream that begins with a bare entry.
pub fn verify_kept_run(
    region: &RegionId,
    device: &DevicePublic,
    after: Option<&RunHead>,
    run: &[Kept],
) -> Result<RunHead, EnvelopeError> {
    verify_hashed_run(
        region,
        device,
        after,
        run.iter().map(|kept| (kept, kept.hash())),
    )
}

/// As [`verify_kept_run`], for whom hashed each entry already: the hashes are taken for those of their entries.
///
/// # Errors
/// As [`verify_kept_run`].
pub fn verify_hashed_run<'a>(
    region: &RegionId,
    device: &DevicePublic,
    after: Option<&RunHead>,
    run: impl Iterator<Item = (&'a Kept, EntryHash)>,
) -> Result<RunHead, EnvelopeError> {
    let mut links = run.map(|(kept, hash)| {
        let link = match kept {
            Kept::Whole(entry) => Link::Whole(entry),
            Kept::Bare(bare) => Link::Bare(bare),
        };
        (link, hash)
    });
    verify(region, device, after, &mut links)
}

fn verify(
    region: &RegionId,
    device: &DevicePublic,
    after: Option<&RunHead>,
    run: &mut dyn Iterator<Item = (Link<'_>, EntryHash)>,
) -> Result<RunHead, EnvelopeError> {
    let begins = run.next().ok_or(EnvelopeError::Malformed("empty run"))?;
    let first = begins.0;
    let stream = first.header().stream;
    let purpose = first.header().purpose;
    let (mut seq, mut prev) = match after {
        Some(head) if head.stream != stream => return Err(EnvelopeError::Forged("another stream")),
        Some(head) => (head.seq.saturating_add(1), Some(head.hash)),
        None if first.opened_by()? != *device => {
            return Err(EnvelopeError::Forged("another device"));
        }
        None => (0, None),
    };
    let mut last = first;
    for (link, hash) in core::iter::once(begins).chain(run) {
        let header = link.header();
        if header.region != *region {
            return Err(EnvelopeError::Malformed("another region"));
        }
        if header.stream != stream || header.purpose != purpose {
            return Err(EnvelopeError::Forged("another stream"));
        }
        if header.seq != seq || header.prev_hash != prev {
            return Err(EnvelopeError::Forged("chain"));
        }
        prev = Some(hash);
        seq = seq.saturating_add(1);
        last = link;
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
