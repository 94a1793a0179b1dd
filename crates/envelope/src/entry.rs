//! An entry: header, nonce, body, signature; the unit that is stored, sent and kept for ever.
//!
//! Not here: the order of entries in a stream (`stream` writes it, `run` checks it).

use crate::canonical::{Reader, Writer};
use crate::keys::{open_sealed_in, seal_in_place};
use crate::{
    ContentKey, DeviceSigningKey, EntryHash, EnvelopeError, Header, RandomBytes, Signature, label,
    padding,
};
use zeroize::Zeroizing;

/// No entry is longer: 64 KiB of body, 1 KiB of everything around it.
pub const MAX_ENTRY: usize = 65 * 1024;
/// No entry that carries another is longer.
pub const MAX_CARRYING_ENTRY: usize = MAX_ENTRY + 1024;
/// No commit and no batch holds more entries.
pub const MAX_COMMIT_ENTRIES: usize = 500;
/// No commit and no batch is longer.
pub const MAX_COMMIT_BYTES: usize = 1024 * 1024;

/// One entry. Its header is kept as the bytes that came, for these are what is hashed.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    header: Header,
    header_bytes: Vec<u8>,
    nonce: Option<[u8; 24]>,
    body: Vec<u8>,
    signature: Option<Signature>,
}

impl Entry {
    /// Seals a payload. The header's `ck_id` and `len_bucket` are filled in here.
    pub(crate) fn seal(
        mut header: Header,
        key: &ContentKey,
        payload: &[u8],
        rng: &mut dyn RandomBytes,
    ) -> Result<Self, EnvelopeError> {
        let (class, mut body) = padding::pad(payload)?;
        header.ck_id = Some(key.id());
        header.len_bucket = Some(class);
        let header_bytes = header.to_bytes();
        let aad = label::sha256(&[&header_bytes]);
        let nonce = seal_in_place(key.secret(), &aad, &mut body, rng)?;
        let body = core::mem::take(&mut *body);
        Ok(Self {
            header,
            header_bytes,
            nonce: Some(nonce),
            body,
            signature: None,
        })
    }

    /// An entry whose body everybody may read.
    pub(crate) fn public(header: Header, body: Vec<u8>) -> Self {
        let header_bytes = header.to_bytes();
        Self {
            header,
            header_bytes,
            nonce: None,
            body,
            signature: None,
        }
    }

    /// What the header says.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The sealed body, or the public one.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The signature, when this entry ends a commit.
    #[must_use]
    pub fn signature(&self) -> Option<&Signature> {
        self.signature.as_ref()
    }

    /// `SHA-256("veldpost/1/entry\0" ‖ header ‖ SHA-256(nonce ‖ body))`.
    #[must_use]
    pub fn hash(&self) -> EntryHash {
        hash(&self.header_bytes, &self.body_hash())
    }

    /// `SHA-256(nonce ‖ body)`: what stays of both after an erasure.
    pub(crate) fn body_hash(&self) -> [u8; 32] {
        let nonce = self
            .nonce
            .as_ref()
            .map_or(&[][..], |nonce| nonce.as_slice());
        label::sha256(&[nonce, &self.body])
    }

    /// The header as the bytes that came.
    pub(crate) fn header_bytes(&self) -> &[u8] {
        &self.header_bytes
    }

    /// Signs this entry, and with it all before it in the stream.
    pub fn sign(&mut self, key: &DeviceSigningKey) {
        self.signature = Some(key.sign(label::ENTRY, &self.hash().0));
    }

    /// `[header, nonce, body, signature | null]`: ready to be stored or sent.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer::with_capacity(self.length());
        self.write(&mut out);
        out.finish()
    }

    /// As [`Entry::to_bytes`], behind what was written already.
    pub fn write(&self, out: &mut Writer) {
        out.array(4).bytes(&self.header_bytes);
        out.bytes(self.nonce.as_ref().map_or(&[], |nonce| nonce.as_slice()));
        out.bytes(&self.body);
        out.bytes_or_null(self.signature.as_ref().map(<[u8; 64]>::as_slice));
    }

    /// The most bytes that it takes: it counts as signed.
    #[must_use]
    pub fn length(&self) -> usize {
        self.header_bytes.len() + self.body.len() + 104
    }

    /// Reads an entry. Nothing is verified but its form.
    ///
    /// # Errors
    /// `TooLarge` before anything is read, `Malformed`, or `Newer`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        if bytes.len() > MAX_CARRYING_ENTRY {
            return Err(EnvelopeError::TooLarge("entry"));
        }
        let mut input = Reader::new(bytes);
        let newer = input.record(4)?;
        let header_bytes = input.bytes()?.to_vec();
        let nonce = match input.bytes()? {
            [] => None,
            nonce => Some(
                nonce
                    .try_into()
                    .map_err(|_| EnvelopeError::Malformed("nonce"))?,
            ),
        };
        let body = input.bytes()?.to_vec();
        let signature = input.optional(Reader::byte_array)?;
        input.skip_many(newer)?;
        input.end()?;
        let entry = Self {
            header: Header::from_bytes(&header_bytes)?,
            header_bytes,
            nonce,
            body,
            signature,
        };
        entry.check(bytes.len())?;
        Ok(entry)
    }

    fn check(&self, length: usize) -> Result<(), EnvelopeError> {
        let carries = self.header.public_kind == Some(crate::PublicKind::Carried);
        if length > MAX_ENTRY && !carries {
            return Err(EnvelopeError::TooLarge("entry"));
        }
        let expected = self
            .header
            .len_bucket
            .map(|class| padding::size(class) + crate::keys::TAG);
        if self.nonce.is_some() != expected.is_some()
            || expected.is_some_and(|expected| expected != self.body.len())
        {
            return Err(EnvelopeError::Malformed("body"));
        }
        if self.header.public_kind == Some(crate::PublicKind::StreamOpen)
            && self.signature.is_none()
        {
            return Err(EnvelopeError::Malformed("unsigned stream-open"));
        }
        Ok(())
    }

    /// Opens a sealed body and gives its payload.
    ///
    /// # Errors
    /// `NotForThisKey` for another content key, `Forged` when the seal does not hold, `Malformed`.
    pub fn open(&self, key: &ContentKey) -> Result<Zeroizing<Vec<u8>>, EnvelopeError> {
        let mut room = Opening::default();
        let payload = self.open_in(key, &mut room)?.to_vec();
        Ok(Zeroizing::new(payload))
    }

    /// The same, in room for whoever opens many.
    ///
    /// # Errors
    /// As [`Entry::open`].
    pub fn open_in<'a>(
        &self,
        key: &ContentKey,
        room: &'a mut Opening,
    ) -> Result<&'a [u8], EnvelopeError> {
        let (Some(nonce), Some(class)) = (&self.nonce, self.header.len_bucket) else {
            return Err(EnvelopeError::Malformed("a public entry has no seal"));
        };
        if self.header.ck_id != Some(key.id()) {
            return Err(EnvelopeError::NotForThisKey);
        }
        let aad = label::sha256(&[&self.header_bytes]);
        open_sealed_in(key.secret(), &aad, nonce, &self.body, &mut room.padded)?;
        padding::unpad(class, &room.padded, &mut room.unpadding)
    }
}

/// Room to open one entry after another in. It is wiped when dropped.
#[derive(Default)]
pub struct Opening {
    padded: Zeroizing<Vec<u8>>,
    unpadding: padding::Room,
}

/// `SHA-256("veldpost/1/entry\0" ‖ header ‖ body_hash)`.
pub(crate) fn hash(header: &[u8], body_hash: &[u8; 32]) -> EntryHash {
    EntryHash(label::sha256(&[label::ENTRY, header, body_hash]))
}

impl core::fmt::Debug for Entry {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Entry")
            .field("header", &self.header)
            .field("signed", &self.signature.is_some())
            .finish_non_exhaustive()
    }
}
