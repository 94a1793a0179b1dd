//! The rows that sync keeps, before sealing, and where they stand: `docs/format.md`, section 20.
//!
//! Not here: rows of the journal, but for the runs of the outbox, which both read. Fields that a newer version appended
//! are passed over.

use veldpost_domain::StreamId;
use veldpost_envelope::canonical::{Reader, Writer};
use veldpost_envelope::wire::{Incarnation, Standing};
use veldpost_envelope::{ActHash, DevicePublic, EntryHash, EnvelopeError, ObjectHash, Purpose};

/// Key of the row in `meta` that says what the relay showed last.
pub const RELAY: &[u8] = b"relay";
/// Keys of the rows in `keys` that open a device's records.
pub const VAULTS: [&[u8]; 2] = [b"vault/passphrase", b"vault/kit"];

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
        }
    }

    /// `[origin, incarnation / none, position, height, head, standing, at]`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.array(7).text(&self.origin);
        out.bytes_or_null(self.incarnation.as_ref().map(|own| own.0.as_slice()));
        out.uint(self.position)
            .uint(self.height)
            .bytes(&self.head.0);
        out.uint(standing_code(self.standing)).int(self.at);
        out.finish()
    }

    /// Reads a row.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        read(bytes, 7, |input| {
            Ok(Self {
                origin: input.text()?.to_owned(),
                incarnation: input.optional(|input| input.byte_array().map(Incarnation))?,
                position: input.uint()?,
                height: input.uint()?,
                head: ActHash(input.byte_array()?),
                standing: standing_of(input.uint()?),
                at: input.int()?,
            })
        })
    }
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

/// Key of a run in the outbox, and of what stands beside it.
#[must_use]
pub fn run_key(stream: StreamId, first: u64) -> Vec<u8> {
    [stream.0.as_slice(), &first.to_be_bytes()].concat()
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
