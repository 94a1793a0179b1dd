//! Blocks of local records: many payloads compressed together, then sealed under the vault key.
//!
//! Not here: which entries are folded and when; and entries that still have to be sent.

use crate::canonical::{Reader, Writer};
use crate::keys::{LocalVaultKey, NONCE, open_sealed_in, seal_with};
use crate::{EnvelopeError, Purpose, RandomBytes, label, padding};
use core::ops::Range;
use veldpost_domain::StreamId;
use zeroize::Zeroizing;

/// A block has about this many rows; more are refused at [`MAX_ROWS`].
pub const ROWS: usize = 500;
/// No block has more rows.
pub const MAX_ROWS: usize = 1000;
/// No block is longer before compression. Many long payloads make a block of fewer rows.
pub const MAX_BYTES: usize = 8 * 1024 * 1024;

const VERSION: u8 = 1;
const TOO_LARGE: EnvelopeError = EnvelopeError::TooLarge("block");

/// One payload and where it came from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BlockRow<'a> {
    /// The stream that it was written to.
    pub stream: StreamId,
    /// Its number there.
    pub seq: u64,
    /// The payload, as it was sealed in its entry.
    pub payload: &'a [u8],
}

impl core::fmt::Debug for BlockRow<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "BlockRow({} {})", self.stream, self.seq)
    }
}

/// An opened block. It is wiped when dropped.
pub struct Block {
    room: Room,
    rows: Vec<Place>,
}

impl Block {
    /// Its rows, in the order in which they were folded.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = BlockRow<'_>> {
        self.rows.iter().map(|row| self.room.row(row))
    }
}

impl core::fmt::Debug for Block {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Block({} rows)", self.rows.len())
    }
}

/// `[version, purpose, id]` under the block's label: a block cannot stand in for another.
fn aad(purpose: Purpose, id: &[u8; 16]) -> Vec<u8> {
    [label::BLOCK, &[VERSION, purpose.code()], id].concat()
}

/// Seals rows as one block: `1 ‖ nonce ‖ seal(deflate([[stream, seq, payload]…]))`.
///
/// # Errors
/// `TooLarge` beyond [`MAX_ROWS`] or [`MAX_BYTES`]: make two blocks.
pub fn seal_block(
    key: &LocalVaultKey,
    purpose: Purpose,
    id: &[u8; 16],
    rows: &[BlockRow<'_>],
    rng: &mut dyn RandomBytes,
) -> Result<Vec<u8>, EnvelopeError> {
    let length: usize = rows.iter().map(|row| row.payload.len() + 32).sum::<usize>() + 8;
    if rows.len() > MAX_ROWS || length > MAX_BYTES {
        return Err(TOO_LARGE);
    }
    let mut out = Writer::with_capacity(length);
    out.array(rows.len());
    for row in rows {
        out.array(3)
            .bytes(&row.stream.0)
            .uint(row.seq)
            .bytes(row.payload);
    }
    let packed = padding::deflate(&Zeroizing::new(out.finish()), padding::BLOCK_LEVEL);
    let (nonce, sealed) = seal_with(&key.sub_key(purpose), &aad(purpose, id), &packed, rng)?;
    let mut block = Vec::with_capacity(1 + NONCE + sealed.len());
    block.push(VERSION);
    block.extend_from_slice(&nonce);
    block.extend_from_slice(&sealed);
    Ok(block)
}

/// Opens what [`seal_block`] made for the same purpose and id.
///
/// # Errors
/// `Forged` when the seal does not hold: set the block aside, the rest opens. `Malformed`, `Newer`.
pub fn open_block(
    key: &LocalVaultKey,
    purpose: Purpose,
    id: &[u8; 16],
    bytes: &[u8],
) -> Result<Block, EnvelopeError> {
    let mut room = Room::default();
    let rows = room.open(key, purpose, id, bytes)?;
    Ok(Block { room, rows })
}

/// Room to open one block after another in, for whoever only reads them. It is wiped when dropped.
#[derive(Default)]
pub struct Room {
    packed: Zeroizing<Vec<u8>>,
    plain: Zeroizing<Vec<u8>>,
}

impl Room {
    /// As [`open_block`]; the rows are there until the next one is opened.
    ///
    /// # Errors
    /// As [`open_block`].
    pub fn rows<'a>(
        &'a mut self,
        key: &LocalVaultKey,
        purpose: Purpose,
        id: &[u8; 16],
        bytes: &[u8],
    ) -> Result<impl ExactSizeIterator<Item = BlockRow<'a>> + use<'a>, EnvelopeError> {
        let rows = self.open(key, purpose, id, bytes)?;
        Ok(rows.into_iter().map(|row| self.row(&row)))
    }

    fn row(&self, (stream, seq, range): &Place) -> BlockRow<'_> {
        BlockRow {
            stream: *stream,
            seq: *seq,
            payload: self.plain.get(range.clone()).unwrap_or_default(),
        }
    }

    fn open(
        &mut self,
        key: &LocalVaultKey,
        purpose: Purpose,
        id: &[u8; 16],
        bytes: &[u8],
    ) -> Result<Vec<Place>, EnvelopeError> {
        const CUT: EnvelopeError = EnvelopeError::Malformed("block");
        let (version, rest) = bytes.split_first().ok_or(CUT)?;
        if *version != VERSION {
            return Err(EnvelopeError::Newer("block"));
        }
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(CUT)?;
        let (key, aad) = (key.sub_key(purpose), aad(purpose, id));
        open_sealed_in(&key, &aad, nonce, sealed, &mut self.packed)?;
        let length = padding::inflate_in(&self.packed, MAX_BYTES, &mut self.plain)?;
        places(self.plain.get(..length).ok_or(CUT)?)
    }
}

/// Where a row's payload lies.
type Place = (StreamId, u64, Range<usize>);

fn places(plain: &[u8]) -> Result<Vec<Place>, EnvelopeError> {
    let mut input = Reader::new(plain);
    let count = input.array()?;
    if count > MAX_ROWS {
        return Err(TOO_LARGE);
    }
    let mut rows = Vec::with_capacity(count);
    for _ in 0..count {
        let newer = input.record(3)?;
        let stream = StreamId(input.byte_array()?);
        let seq = input.uint()?;
        let length = input.bytes()?.len();
        let end = plain.len() - input.remaining();
        rows.push((stream, seq, end - length..end));
        input.skip_many(newer)?;
    }
    input.end()?;
    Ok(rows)
}
