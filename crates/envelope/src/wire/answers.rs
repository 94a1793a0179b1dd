//! The answers to calls that read or put one thing.
//!
//! Not here: answers to what was handed over in bulk (see `state`) and pages (see `page`).

use super::{
    Incarnation, MAX_ANSWER, read_fields, read_list, read_list_of, read_record, read_start, record,
    write_start,
};
use crate::canonical::{Reader, Writer};
use crate::{ActHash, DevicePublic, EntryHash, EnvelopeError};
use veldpost_domain::StreamId;

/// No answer to `heads` has more rows.
pub const MAX_ROWS: usize = 5_000;

/// What any answer begins with: whose it is.
///
/// # Errors
/// As [`super::PushAnswer::from_bytes`].
pub fn begins(answer: &[u8]) -> Result<Incarnation, EnvelopeError> {
    read_record(answer, MAX_ANSWER, 2, read_start)
}

/// An answer that says no more than that it is done: to `welcome-put`.
#[must_use]
pub fn done(incarnation: &Incarnation) -> Vec<u8> {
    record(2, |out| write_start(out, incarnation))
}

/// Answer to `acts`, and of the refusal `roster-moved`: where the relay's roster ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RosterHead {
    /// The relay's.
    pub incarnation: Incarnation,
    /// Height of the last act.
    pub height: u64,
    /// Its hash.
    pub head: ActHash,
}

impl RosterHead {
    /// `[1, incarnation, height, head]`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        record(4, |out| self.write(out))
    }

    /// Reads an answer.
    ///
    /// # Errors
    /// As [`super::PushAnswer::from_bytes`]; so do all of these.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        read_record(bytes, MAX_ANSWER, 4, Self::read)
    }

    fn write(&self, out: &mut Writer) {
        write_start(out, &self.incarnation);
        out.uint(self.height).bytes(&self.head.0);
    }

    fn read(input: &mut Reader<'_>) -> Result<Self, EnvelopeError> {
        Ok(Self {
            incarnation: read_start(input)?,
            height: input.uint()?,
            head: ActHash(input.byte_array()?),
        })
    }
}

/// Answer to `roster`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterAnswer<'a> {
    /// Where the relay's roster ends.
    pub head: RosterHead,
    /// Acts as signed, from the height asked for: at most 1 MiB, so perhaps not up to the head.
    pub acts: Vec<&'a [u8]>,
}

impl<'a> RosterAnswer<'a> {
    /// `[1, incarnation, height, head, [act]]`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        record(5, |out| {
            self.head.write(out);
            out.array(self.acts.len());
            self.acts.iter().for_each(|act| {
                out.bytes(act);
            });
        })
    }

    /// Reads an answer.
    ///
    /// # Errors
    /// As [`RosterHead::from_bytes`].
    pub fn from_bytes(bytes: &'a [u8]) -> Result<Self, EnvelopeError> {
        read_record(bytes, MAX_ANSWER, 5, |input| {
            Ok(Self {
                head: RosterHead::read(input)?,
                acts: read_list(input, Reader::bytes)?,
            })
        })
    }
}

/// Answer to `blob-put`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobPutAnswer {
    /// The relay's.
    pub incarnation: Incarnation,
    /// The id under which the blob is held.
    pub blob: [u8; 32],
}

impl BlobPutAnswer {
    /// `[1, incarnation, id]`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        record(3, |out| {
            write_start(out, &self.incarnation);
            out.bytes(&self.blob);
        })
    }

    /// Reads an answer.
    ///
    /// # Errors
    /// As [`RosterHead::from_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        read_record(bytes, MAX_ANSWER, 3, |input| {
            Ok(Self {
                incarnation: read_start(input)?,
                blob: input.byte_array()?,
            })
        })
    }
}

macro_rules! one_string {
    ($(#[$doc:meta])* $name:ident, $(#[$field_doc:meta])* $field:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name<'a> {
            /// The relay's.
            pub incarnation: Incarnation,
            $(#[$field_doc])*
            pub $field: &'a [u8],
        }

        impl<'a> $name<'a> {
            #[doc = concat!("`[1, incarnation, ", stringify!($field), "]`.")]
            #[must_use]
            pub fn to_bytes(&self) -> Vec<u8> {
                record(3, |out| {
                    write_start(out, &self.incarnation);
                    out.bytes(self.$field);
                })
            }

            /// Reads an answer.
            ///
            /// # Errors
            /// As [`RosterHead::from_bytes`].
            pub fn from_bytes(bytes: &'a [u8]) -> Result<Self, EnvelopeError> {
                read_record(bytes, MAX_ANSWER, 3, |input| {
                    Ok(Self { incarnation: read_start(input)?, $field: input.bytes()? })
                })
            }
        }
    };
}

one_string!(
    /// Answer to `blob`.
    BlobAnswer,
    /// The blob as it was put.
    blob
);
one_string!(
    /// Answer to `welcome`.
    WelcomeAnswer,
    /// The welcome as it was put.
    welcome
);

/// Answer to `join`: the relay's stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JoinAnswer {
    /// The relay's.
    pub incarnation: Incarnation,
    /// When it came: milliseconds since 1970, by the relay's clock.
    pub at: i64,
    /// How many different devices came by that invitation so far.
    pub nth: u64,
}

impl JoinAnswer {
    /// `[1, incarnation, at, nth]`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        record(4, |out| {
            write_start(out, &self.incarnation);
            out.int(self.at).uint(self.nth);
        })
    }

    /// Reads an answer.
    ///
    /// # Errors
    /// As [`RosterHead::from_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        read_record(bytes, MAX_ANSWER, 4, |input| {
            Ok(Self {
                incarnation: read_start(input)?,
                at: input.int()?,
                nth: input.uint()?,
            })
        })
    }
}

/// How far one stream of a purpose goes, at the relay and on its device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamRow {
    /// The stream.
    pub stream: StreamId,
    /// Whose it is.
    pub device: DevicePublic,
    /// Its purpose, known or not.
    pub purpose: u64,
    /// The number of the first entry that the relay does not hold.
    pub next: u64,
    /// Hash of the entry before that.
    pub hash: EntryHash,
    /// When the device last called: milliseconds since 1970.
    pub heard: i64,
    /// How far the device said that the stream goes; none when it never said.
    pub says: Option<u64>,
}

/// Answer to `heads`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadsAnswer {
    /// The relay's.
    pub incarnation: Incarnation,
    /// The relay's clock: milliseconds since 1970.
    pub at: i64,
    /// At most 5,000, by stream.
    pub rows: Vec<StreamRow>,
    /// Whether others follow the last one.
    pub more: bool,
}

impl HeadsAnswer {
    /// `[1, incarnation, at, [row], more]`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        record(5, |out| {
            write_start(out, &self.incarnation);
            out.int(self.at).array(self.rows.len());
            for row in &self.rows {
                out.array(7).bytes(&row.stream.0).bytes(&row.device.0);
                out.uint(row.purpose).uint(row.next).bytes(&row.hash.0);
                out.int(row.heard).uint_or_null(row.says);
            }
            out.bool(self.more);
        })
    }

    /// Reads an answer.
    ///
    /// # Errors
    /// As [`RosterHead::from_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        read_record(bytes, MAX_ANSWER, 5, |input| {
            Ok(Self {
                incarnation: read_start(input)?,
                at: input.int()?,
                rows: read_list_of(input, 0..=MAX_ROWS, read_row)?,
                more: input.bool()?,
            })
        })
    }
}

fn read_row(input: &mut Reader<'_>) -> Result<StreamRow, EnvelopeError> {
    read_fields(input, 7, |input| {
        Ok(StreamRow {
            stream: StreamId(input.byte_array()?),
            device: DevicePublic(input.byte_array()?),
            purpose: input.uint()?,
            next: input.uint()?,
            hash: EntryHash(input.byte_array()?),
            heard: input.int()?,
            says: input.optional(Reader::uint)?,
        })
    })
}
