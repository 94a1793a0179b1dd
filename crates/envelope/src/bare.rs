//! What stays of an entry after an erasure: header, hash of the body, signature.
//!
//! Not here: who may erase (see `object`), and wiping what was read from it.

use crate::canonical::{Reader, Writer};
use crate::entry::{self, MAX_CARRYING_ENTRY};
use crate::{Entry, EntryHash, EnvelopeError, Header, Signature};

/// Fields of a bare entry: exactly these. A whole one has four and more, so that the two are told
/// apart by their first byte, and nothing is ever appended.
const FIELDS: usize = 3;
const WRONG: EnvelopeError = EnvelopeError::Malformed("bare entry");

/// An entry without its nonce and body. It hashes, chains and verifies as the whole one did.
#[derive(Clone, PartialEq, Eq)]
pub struct Bare {
    header: Header,
    header_bytes: Vec<u8>,
    body_hash: [u8; 32],
    signature: Option<Signature>,
}

impl Bare {
    /// What the header says.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// `SHA-256(nonce ‖ body)` of what was erased.
    #[must_use]
    pub fn body_hash(&self) -> &[u8; 32] {
        &self.body_hash
    }

    /// The signature, when the entry ended a commit.
    #[must_use]
    pub fn signature(&self) -> Option<&Signature> {
        self.signature.as_ref()
    }

    /// The hash of the whole entry.
    #[must_use]
    pub fn hash(&self) -> EntryHash {
        entry::hash(&self.header_bytes, &self.body_hash)
    }

    /// `[header, body_hash, signature | null]`: ready to be stored or sent.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::with_capacity(self.header_bytes.len() + 108);
        self.write(&mut out);
        out.finish()
    }

    /// As [`Bare::to_bytes`], behind what was written already.
    pub fn write(&self, out: &mut Writer) {
        out.array(FIELDS)
            .bytes(&self.header_bytes)
            .bytes(&self.body_hash);
        out.bytes_or_null(self.signature.as_ref().map(<[u8; 64]>::as_slice));
    }

    /// Reads a bare entry. Nothing is verified but its form.
    ///
    /// # Errors
    /// `TooLarge` before anything is read, `Malformed`, or `Newer`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        if bytes.len() > MAX_CARRYING_ENTRY {
            return Err(EnvelopeError::TooLarge("entry"));
        }
        let mut input = Reader::new(bytes);
        if input.array()? != FIELDS {
            return Err(WRONG);
        }
        let header_bytes = input.bytes()?.to_vec();
        let body_hash = input.byte_array()?;
        let signature = input.optional(Reader::byte_array)?;
        input.end()?;
        Ok(Self {
            header: Header::from_bytes(&header_bytes)?,
            header_bytes,
            body_hash,
            signature,
        })
    }
}

impl core::fmt::Debug for Bare {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Bare")
            .field("header", &self.header)
            .field("signed", &self.signature.is_some())
            .finish_non_exhaustive()
    }
}

impl Entry {
    /// What stays of this entry after an erasure.
    #[must_use]
    pub fn bare(&self) -> Bare {
        Bare {
            header: self.header().clone(),
            header_bytes: self.header_bytes().to_vec(),
            body_hash: self.body_hash(),
            signature: self.signature().copied(),
        }
    }
}

/// An entry as a holder has it: whole, or bare after an erasure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// With its body.
    Whole(Entry),
    /// Without.
    Bare(Bare),
}

impl Kept {
    /// What the header says.
    #[must_use]
    pub fn header(&self) -> &Header {
        match self {
            Self::Whole(entry) => entry.header(),
            Self::Bare(bare) => bare.header(),
        }
    }

    /// The signature, when the entry ends a commit.
    #[must_use]
    pub fn signature(&self) -> Option<&Signature> {
        match self {
            Self::Whole(entry) => entry.signature(),
            Self::Bare(bare) => bare.signature(),
        }
    }

    /// The hash: the same before and after an erasure.
    #[must_use]
    pub fn hash(&self) -> EntryHash {
        match self {
            Self::Whole(entry) => entry.hash(),
            Self::Bare(bare) => bare.hash(),
        }
    }

    /// The entry with its body, where there is one.
    #[must_use]
    pub fn whole(&self) -> Option<&Entry> {
        match self {
            Self::Whole(entry) => Some(entry),
            Self::Bare(_) => None,
        }
    }

    /// The same without its body.
    #[must_use]
    pub fn bare(&self) -> Bare {
        match self {
            Self::Whole(entry) => entry.bare(),
            Self::Bare(bare) => bare.clone(),
        }
    }

    /// Ready to be stored or sent.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Whole(entry) => entry.to_bytes(),
            Self::Bare(bare) => bare.to_bytes(),
        }
    }

    /// Many of them, one after the other.
    #[must_use]
    pub fn to_items(kept: &[Self]) -> Vec<u8> {
        let length = |kept: &Self| kept.whole().map_or(512, Entry::length);
        let mut out = Writer::with_capacity(kept.iter().map(length).sum());
        for kept in kept {
            match kept {
                Self::Whole(entry) => entry.write(&mut out),
                Self::Bare(bare) => bare.write(&mut out),
            }
        }
        out.finish()
    }

    /// Reads either form. Nothing is verified but the form.
    ///
    /// # Errors
    /// `TooLarge` before anything is read, `Malformed`, or `Newer`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        match Reader::new(bytes).array() {
            Ok(FIELDS) => Bare::from_bytes(bytes).map(Self::Bare),
            _ => Entry::from_bytes(bytes).map(Self::Whole),
        }
    }
}

impl From<Entry> for Kept {
    fn from(entry: Entry) -> Self {
        Self::Whole(entry)
    }
}

impl From<Bare> for Kept {
    fn from(bare: Bare) -> Self {
        Self::Bare(bare)
    }
}
