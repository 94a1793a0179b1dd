//! One page of a pull: where the reader stands, how far its own streams are held, and what is new.
//!
//! Not here: choosing what goes into it (the relay's), and taking an answer apart into pages (see `split`).

use super::{
    Incarnation, Item, MAX_ANSWER, MAX_HOLDING, Standing, read_fields, read_list_of, read_record,
    read_start, record, write_start,
};
use crate::canonical::Reader;
use crate::entry::MAX_COMMIT_ENTRIES;
use crate::{ActHash, EntryHash, EnvelopeError};
use veldpost_domain::StreamId;

/// How far the relay holds a stream that the reader said it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnHead {
    /// The stream.
    pub stream: StreamId,
    /// The number of the first entry that the relay does not hold.
    pub next: u64,
    /// Hash of the entry before that; none when it holds nothing.
    pub hash: Option<EntryHash>,
}

/// A page. What was appended to it or to an item is in the bytes that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<'a> {
    /// The relay's.
    pub incarnation: Incarnation,
    /// The relay's clock: milliseconds since 1970.
    pub at: i64,
    /// What the relay takes the reader for.
    pub standing: Standing,
    /// Height of the roster's last act.
    pub height: u64,
    /// Its hash.
    pub head: ActHash,
    /// One for each stream of the call's `holding`.
    pub own: Vec<OwnHead>,
    /// Everything up to there that the reader may have was handed out: the next `after`.
    pub upto: u64,
    /// The position of the last item that there is for this reader.
    pub newest: u64,
    /// What is new, by position.
    pub items: Vec<Item<'a>>,
}

impl<'a> Page<'a> {
    /// `[1, incarnation, at, standing, height, head, own, upto, newest, items]`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        record(10, |out| {
            write_start(out, &self.incarnation);
            out.int(self.at).uint(self.standing.code());
            out.uint(self.height).bytes(&self.head.0);
            out.array(self.own.len());
            for own in &self.own {
                out.array(3).bytes(&own.stream.0).uint(own.next);
                out.bytes_or_null(own.hash.as_ref().map(|hash| hash.0.as_slice()));
            }
            out.uint(self.upto)
                .uint(self.newest)
                .array(self.items.len());
            self.items.iter().for_each(|item| item.write(out));
        })
    }

    /// Reads a page.
    ///
    /// # Errors
    /// `TooLarge` before anything is read or for a list over its limit; `Malformed`, also for items that are not in order or lie beyond `upto`; `Newer`.
    pub fn from_bytes(bytes: &'a [u8]) -> Result<Self, EnvelopeError> {
        let page = read_record(bytes, MAX_ANSWER, 10, |input| {
            Ok(Self {
                incarnation: read_start(input)?,
                at: input.int()?,
                standing: Standing::from_code(input.uint()?),
                height: input.uint()?,
                head: ActHash(input.byte_array()?),
                own: read_list_of(input, 0..=MAX_HOLDING, read_own)?,
                upto: input.uint()?,
                newest: input.uint()?,
                items: read_list_of(input, 0..=MAX_COMMIT_ENTRIES, Item::read)?,
            })
        })?;
        let in_order = page.items.is_sorted_by(|a, b| a.position < b.position);
        if in_order
            && page
                .items
                .last()
                .is_none_or(|item| item.position <= page.upto)
        {
            Ok(page)
        } else {
            Err(EnvelopeError::Malformed("positions"))
        }
    }
}

fn read_own(input: &mut Reader<'_>) -> Result<OwnHead, EnvelopeError> {
    read_fields(input, 3, |input| {
        Ok(OwnHead {
            stream: StreamId(input.byte_array()?),
            next: input.uint()?,
            hash: input.optional(|input| input.byte_array().map(EntryHash))?,
        })
    })
}
