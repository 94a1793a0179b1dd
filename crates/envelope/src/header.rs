//! The header of an entry: what a relay may know, and what the seal binds.
//!
//! Not here: the body and its seal (see `entry`).

use crate::canonical::{Reader, Writer};
use crate::{ActHash, CkId, EntryHash, EnvelopeError, Purpose, RegionId};
use veldpost_domain::StreamId;

/// The version of header and entry that this code writes.
pub const VERSION: u64 = 1;
/// The only suite: see `docs/format.md` section 1. There is no negotiation.
pub const SUITE: u64 = 1;
/// The number of fields in version 1; newer ones are appended.
const FIELDS: usize = 13;

/// An entry whose body is readable by all: it says how to read the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicKind {
    /// Entry 0 of every stream: whose it is.
    StreamOpen,
    /// A content key, wrapped to its recipients.
    ContentKey,
    /// An entry of a stream that could not go on, byte for byte.
    Carried,
    /// One that this version does not know: it is kept and travels on.
    Unknown(u64),
}

impl PublicKind {
    fn code(self) -> u64 {
        match self {
            Self::StreamOpen => 1,
            Self::ContentKey => 2,
            Self::Carried => 3,
            Self::Unknown(code) => code,
        }
    }

    fn from_code(code: u64) -> Self {
        match code {
            1 => Self::StreamOpen,
            2 => Self::ContentKey,
            3 => Self::Carried,
            other => Self::Unknown(other),
        }
    }
}

/// The header's known fields, in the order in which they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The region.
    pub region: RegionId,
    /// What the stream is for.
    pub purpose: Purpose,
    /// The stream.
    pub stream: StreamId,
    /// The epoch of that purpose whose letterbox is used.
    pub epoch: u64,
    /// Place in the stream, from 0.
    pub seq: u64,
    /// Hash of the entry before; none at 0.
    pub prev_hash: Option<EntryHash>,
    /// The content key that seals the body; none when the body is public.
    pub ck_id: Option<CkId>,
    /// The newest roster act that the writer held.
    pub roster_head: ActHash,
    /// The newest coordinator checkpoint that the writer held.
    pub seen: Option<[u8; 32]>,
    /// The size class of the padded plaintext, 0 to 8: 512, 768, 1,024, 2,048 … 65,536 bytes; none
    /// when the body is public.
    pub len_bucket: Option<u8>,
    /// What a public body is; none when the body is sealed.
    pub public_kind: Option<PublicKind>,
}

impl Header {
    /// `[v, suite, region, purpose, stream, epoch, seq, prev_hash, ck_id, roster_head, seen,
    /// len_bucket, public_kind]`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::with_capacity(256);
        out.array(FIELDS).uint(VERSION).uint(SUITE);
        out.bytes(&self.region.0)
            .uint(self.purpose.code().into())
            .bytes(&self.stream.0);
        out.uint(self.epoch).uint(self.seq);
        out.bytes_or_null(self.prev_hash.as_ref().map(|hash| hash.0.as_slice()));
        out.bytes_or_null(self.ck_id.as_ref().map(|id| id.0.as_slice()));
        out.bytes(&self.roster_head.0);
        out.bytes_or_null(self.seen.as_ref().map(<[u8; 32]>::as_slice));
        out.uint_or_null(self.len_bucket.map(u64::from));
        out.uint_or_null(self.public_kind.map(PublicKind::code));
        out.finish()
    }

    /// Reads a header and checks that it hangs together.
    ///
    /// # Errors
    /// `Malformed`, or `Newer` for a later version, suite or purpose.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let mut input = Reader::new(bytes);
        let newer = input.record(FIELDS)?;
        if input.uint()? != VERSION {
            return Err(EnvelopeError::Newer("entry"));
        }
        if input.uint()? != SUITE {
            return Err(EnvelopeError::Newer("suite"));
        }
        let header = Self {
            region: RegionId(input.byte_array()?),
            purpose: Purpose::from_code(input.uint()?)?,
            stream: StreamId(input.byte_array()?),
            epoch: input.uint()?,
            seq: input.uint()?,
            prev_hash: input.optional(|input| input.byte_array().map(EntryHash))?,
            ck_id: input.optional(|input| input.byte_array().map(CkId))?,
            roster_head: ActHash(input.byte_array()?),
            seen: input.optional(Reader::byte_array)?,
            len_bucket: input.optional(|input| {
                u8::try_from(input.uint()?).map_err(|_| EnvelopeError::Malformed("len_bucket"))
            })?,
            public_kind: input.optional(Reader::uint)?.map(PublicKind::from_code),
        };
        input.skip_many(newer)?;
        input.end()?;
        header.check()?;
        Ok(header)
    }

    fn check(&self) -> Result<(), EnvelopeError> {
        let sealed = self.ck_id.is_some();
        let hangs_together = sealed == self.len_bucket.is_some()
            && sealed != self.public_kind.is_some()
            && (self.seq == 0) == self.prev_hash.is_none()
            && (self.seq == 0) == (self.public_kind == Some(PublicKind::StreamOpen))
            && self
                .len_bucket
                .is_none_or(|bucket| bucket <= crate::padding::LARGEST_BUCKET);
        if hangs_together {
            Ok(())
        } else {
            Err(EnvelopeError::Malformed("header"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Header, PublicKind};
    use crate::{ActHash, CkId, EntryHash, EnvelopeError, Purpose, RegionId};
    use veldpost_domain::StreamId;

    fn sealed() -> Header {
        Header {
            region: RegionId([1; 32]),
            purpose: Purpose::Intake,
            stream: StreamId([2; 16]),
            epoch: 3,
            seq: 4,
            prev_hash: Some(EntryHash([5; 32])),
            ck_id: Some(CkId([6; 32])),
            roster_head: ActHash([7; 32]),
            seen: Some([8; 32]),
            len_bucket: Some(8),
            public_kind: None,
        }
    }

    #[test]
    fn a_header_that_contradicts_itself_is_refused() {
        assert_eq!(Header::from_bytes(&sealed().to_bytes()), Ok(sealed()));
        let carried = Some(PublicKind::Carried);
        let open = Some(PublicKind::StreamOpen);
        let key = Some(CkId([6; 32]));
        for wrong in [
            Header {
                public_kind: carried,
                ..sealed()
            },
            Header {
                ck_id: None,
                ..sealed()
            },
            Header {
                len_bucket: None,
                ..sealed()
            },
            Header {
                len_bucket: Some(9),
                ..sealed()
            },
            Header {
                ck_id: None,
                len_bucket: None,
                ..sealed()
            },
            Header { seq: 0, ..sealed() },
            Header {
                prev_hash: None,
                ..sealed()
            },
            Header {
                seq: 0,
                prev_hash: None,
                ..sealed()
            },
            Header {
                ck_id: None,
                len_bucket: None,
                public_kind: open,
                ..sealed()
            },
            Header {
                ck_id: key,
                len_bucket: None,
                public_kind: carried,
                ..sealed()
            },
        ] {
            let refused = Header::from_bytes(&wrong.to_bytes());
            assert_eq!(
                refused,
                Err(EnvelopeError::Malformed("header")),
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn what_a_later_version_writes_is_kept_or_asks_for_an_update() {
        let mut appended = sealed().to_bytes();
        appended[0] += 1;
        appended.push(0xf6);
        assert_eq!(Header::from_bytes(&appended), Ok(sealed()));
        let later = Header {
            ck_id: None,
            len_bucket: None,
            public_kind: Some(PublicKind::Unknown(99)),
            ..sealed()
        };
        assert_eq!(Header::from_bytes(&later.to_bytes()), Ok(later));
        for (index, what) in [(1, "entry"), (2, "suite")] {
            let mut bytes = sealed().to_bytes();
            bytes[index] = 2;
            assert_eq!(Header::from_bytes(&bytes), Err(EnvelopeError::Newer(what)));
        }
    }
}
