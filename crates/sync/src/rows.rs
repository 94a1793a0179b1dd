//! The rows that sync keeps, before sealing, and where they stand: `docs/format.md`, section 20.
//!
//! Not here: rows of the journal, but for the runs of the outbox, which both read. Fields that a newer version appended
//! are passed over.

mod join;

pub use join::{JOIN, JoinRow};

use veldpost_domain::StreamId;
use veldpost_envelope::canonical::{Reader, Writer};
use veldpost_envelope::wire::{Incarnation, Standing};
use veldpost_envelope::{
    ActHash, DevicePublic, EntryHash, EnvelopeError, JoinHash, ObjectHash, Purpose,
};

/// Key of the row in `meta` that says what the relay showed last.
pub const RELAY: &[u8] = b"relay";
/// Key of the row in `meta` in which a coordinator keeps what each record adds to the tables.
pub const COUNTED: &[u8] = b"counted";
/// Keys of the rows in `keys` that open a device's records.
pub const VAULTS: [&[u8]; 2] = [b"vault/passphrase", b"vault/kit"];

/// Keys of rows in `objects` that hold a checkpoint which locked a campaign begin so.
pub const LOCKED: &[u8] = b"locked/";

/// How many streams were continued elsewhere, and when that count began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Continued {
    /// By this device's clock.
    pub since: i64,
    /// New streams since then.
    pub streams: u64,
}

/// What the relay showed last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayRow {
    /// Scheme, host and port.
    pub origin: String,
    /// Its incarnation; none before the first page.
    pub incarnation: Option<Incarnation>,
    /// Everything up to there was taken: the next `after`.
    pub position: u64,
    /// Height of its roster.
    pub height: u64,
    /// That act's hash.
    pub head: ActHash,
    /// What it takes the device for.
    pub standing: Standing,
    /// Time of the last page, by the relay's clock.
    pub at: i64,
    /// Everything that is held was offered to this incarnation.
    pub settled: bool,
    /// After conflicts, for each purpose in the order of its code.
    pub continued: [Continued; 4],
}

/// How far a stream goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamRow {
    /// Whose it is.
    pub device: DevicePublic,
    /// Its purpose.
    pub purpose: Purpose,
    /// The number of the next entry; never goes down.
    pub next: u64,
    /// Hash of the entry before that.
    pub hash: EntryHash,
    /// How many entries the relay showed.
    pub relay_next: u64,
    /// Hash of the last of them.
    pub relay_hash: Option<EntryHash>,
    /// Entries below were freed, but for rows that are there all the same.
    pub freed: u64,
    /// Hash of the last that was freed.
    pub freed_hash: Option<EntryHash>,
}

/// A run of the outbox: one commit.
#[derive(Clone, PartialEq, Eq)]
pub struct RunRow {
    /// Where the service worker sends it.
    pub address: Option<String>,
    /// The entries, one after the other.
    pub entries: Vec<u8>,
}

/// A receipt, and when it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptRow {
    /// Time of the page that brought it, or of the first page of a newer incarnation.
    pub brought: i64,
    /// The object.
    pub object: Vec<u8>,
}

/// Entries of another device, and when they came.
#[derive(Clone, PartialEq, Eq)]
pub struct OriginalRow {
    /// Time of the page that brought them.
    pub at: i64,
    /// The entries.
    pub entries: Vec<u8>,
}

/// Entries that stand aside.
#[derive(Clone, PartialEq, Eq)]
pub struct AsideRow {
    /// Why: 1 gap, 2 fork, 3 does not verify, 4 from a file.
    pub why: u64,
    /// Time of the page that brought them.
    pub at: i64,
    /// The entries.
    pub entries: Vec<u8>,
}

fn read<'a, T>(
    bytes: &'a [u8],
    fields: usize,
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, EnvelopeError>,
) -> Option<T> {
    let mut input = Reader::new(bytes);
    let newer = input.record(fields).ok()?;
    let row = read(&mut input).ok()?;
    input.skip_many(newer).ok()?;
    input.end().ok()?;
    Some(row)
}

impl RelayRow {
    /// A relay that was not heard yet.
    #[must_use]
    pub fn new(origin: String, head: ActHash) -> Self {
        Self {
            origin,
            incarnation: None,
            position: 0,
            height: 0,
            head,
            standing: Standing::Unknown,
            at: 0,
            settled: false,
            continued: [Continued::default(); 4],
        }
    }

    /// `[origin, incarnation / none, position, height, head, standing, at, settled, [4*4 [since, streams]]]`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.array(9).text(&self.origin);
        out.bytes_or_null(self.incarnation.as_ref().map(|own| own.0.as_slice()));
        out.uint(self.position)
            .uint(self.height)
            .bytes(&self.head.0);
        out.uint(standing_code(self.standing)).int(self.at);
        out.uint(self.settled.into()).array(self.continued.len());
        for continued in &self.continued {
            out.array(2).int(continued.since).uint(continued.streams);
        }
        out.finish()
    }

    /// Reads a row.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        read(bytes, 9, |input| {
            Ok(Self {
                origin: input.text()?.to_owned(),
                incarnation: input.optional(|input| input.byte_array().map(Incarnation))?,
                position: input.uint()?,
                height: input.uint()?,
                head: ActHash(input.byte_array()?),
                standing: standing_of(input.uint()?),
                at: input.int()?,
                settled: input.uint()? == 1,
                continued: continued(input)?,
            })
        })
    }
}

fn continued(input: &mut Reader<'_>) -> Result<[Continued; 4], EnvelopeError> {
    const WRONG: EnvelopeError = EnvelopeError::Malformed("continued");
    let mut all = [Continued::default(); 4];
    if input.array()? != all.len() {
        return Err(WRONG);
    }
    for one in &mut all {
        if input.array()? != 2 {
            return Err(WRONG);
        }
        (one.since, one.streams) = (input.int()?, input.uint()?);
    }
    Ok(all)
}

fn standing_code(standing: Standing) -> u64 {
    match standing {
        Standing::Unknown => 0,
        Standing::Member => 1,
        Standing::Joined => 2,
        Standing::Frozen => 3,
        Standing::Removed => 4,
        Standing::Newer(code) => code,
    }
}

fn standing_of(code: u64) -> Standing {
    match code {
        0 => Standing::Unknown,
        1 => Standing::Member,
        2 => Standing::Joined,
        3 => Standing::Frozen,
        4 => Standing::Removed,
        other => Standing::Newer(other),
    }
}

impl StreamRow {
    /// `[dsk, purpose, next, hash, relay's next, relay's hash / none, freed, hash of the last freed / none]`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.array(8).bytes(&self.device.0);
        out.uint(self.purpose.code().into())
            .uint(self.next)
            .bytes(&self.hash.0);
        out.uint(self.relay_next);
        out.bytes_or_null(self.relay_hash.as_ref().map(|hash| hash.0.as_slice()));
        out.uint(self.freed);
        out.bytes_or_null(self.freed_hash.as_ref().map(|hash| hash.0.as_slice()));
        out.finish()
    }

    /// Reads a row.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let hash = |input: &mut Reader<'_>| input.byte_array().map(EntryHash);
        read(bytes, 8, |input| {
            Ok(Self {
                device: DevicePublic(input.byte_array()?),
                purpose: Purpose::from_code(input.uint()?)?,
                next: input.uint()?,
                hash: hash(input)?,
                relay_next: input.uint()?,
                relay_hash: input.optional(hash)?,
                freed: input.uint()?,
                freed_hash: input.optional(hash)?,
            })
        })
    }
}

impl RunRow {
    /// `[address / none, entries]`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::with_capacity(self.entries.len() + 64);
        out.array(2).text_or_null(self.address.as_deref());
        out.bytes(&self.entries);
        out.finish()
    }

    /// Reads a row.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        read(bytes, 2, |input| {
            Ok(Self {
                address: input.optional(|input| input.text().map(str::to_owned))?,
                entries: input.bytes()?.to_vec(),
            })
        })
    }
}

impl ReceiptRow {
    /// `[page's time, object]`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::with_capacity(self.object.len() + 16);
        out.array(2).int(self.brought).bytes(&self.object);
        out.finish()
    }

    /// Reads a row.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        read(bytes, 2, |input| {
            Ok(Self {
                brought: input.int()?,
                object: input.bytes()?.to_vec(),
            })
        })
    }
}

impl OriginalRow {
    /// `[page's time, entries]`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::with_capacity(self.entries.len() + 16);
        out.array(2).int(self.at).bytes(&self.entries);
        out.finish()
    }

    /// Reads a row.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        read(bytes, 2, |input| {
            Ok(Self {
                at: input.int()?,
                entries: input.bytes()?.to_vec(),
            })
        })
    }
}

impl AsideRow {
    /// `[why, page's time, entries]`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::with_capacity(self.entries.len() + 16);
        out.array(3)
            .uint(self.why)
            .int(self.at)
            .bytes(&self.entries);
        out.finish()
    }

    /// Reads a row.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        read(bytes, 3, |input| {
            Ok(Self {
                why: input.uint()?,
                at: input.int()?,
                entries: input.bytes()?.to_vec(),
            })
        })
    }
}

/// The row of a join in `aside`: `[nth / none, page's time, join]`.
#[must_use]
pub fn join_row(nth: u64, at: i64, join: &[u8]) -> Vec<u8> {
    let mut out = Writer::with_capacity(join.len() + 24);
    out.array(3).uint(nth).int(at).bytes(join);
    out.finish()
}

/// Reads it: which device by that invitation it was, the page's time, the join.
#[must_use]
pub fn read_join_row(row: &[u8]) -> Option<(Option<u64>, i64, Vec<u8>)> {
    read(row, 3, |input| {
        let nth = input.optional(Reader::uint)?;
        Ok((nth, input.int()?, input.bytes()?.to_vec()))
    })
}

/// Key of a run in `aside`; `tag`: the first bytes of the SHA-256 of its entries as they came.
#[must_use]
pub fn aside_key(stream: StreamId, first: u64, tag: &[u8; 8]) -> Vec<u8> {
    [b"run/".as_slice(), &stream.0, &first.to_be_bytes(), tag].concat()
}

/// The tag of such a key.
#[must_use]
pub fn aside_tag(key: &[u8]) -> Option<[u8; 8]> {
    key.strip_prefix(b"run/")?.get(24..)?.try_into().ok()
}

/// Key of a join in `aside`.
#[must_use]
pub fn join_key(hash: &JoinHash) -> Vec<u8> {
    [b"join/".as_slice(), &hash.0].concat()
}

/// Key of a fork in `aside`.
#[must_use]
pub fn fork_key(stream: StreamId) -> Vec<u8> {
    [b"fork/".as_slice(), &stream.0].concat()
}

/// Key of a run in the outbox, and of what stands beside it.
#[must_use]
pub fn run_key(stream: StreamId, first: u64) -> Vec<u8> {
    veldpost_store::run_key(&stream.0, first)
}

/// Key of a receipt in `objects`.
#[must_use]
pub fn receipt_key(stream: StreamId, signer: &DevicePublic) -> Vec<u8> {
    [b"receipt/".as_slice(), &stream.0, &signer.0].concat()
}

/// Key of a checkpoint in `objects`.
#[must_use]
pub fn checkpoint_key(purpose: Purpose, signer: &DevicePublic) -> Vec<u8> {
    [b"checkpoint/".as_slice(), &[purpose.code()], &signer.0].concat()
}

/// Key in `objects` of a checkpoint that locked a campaign.
#[must_use]
pub fn locked_key(hash: &ObjectHash) -> Vec<u8> {
    [LOCKED, &hash.0].concat()
}

/// Key of an erasure in `objects`.
#[must_use]
pub fn erase_key(stream: StreamId, hash: &ObjectHash) -> Vec<u8> {
    [b"erase/".as_slice(), &stream.0, &hash.0].concat()
}

/// Key of an act in `roster`.
#[must_use]
pub fn act_key(height: u64) -> Option<[u8; 4]> {
    u32::try_from(height).ok().map(u32::to_be_bytes)
}
