//! Writes one device's chain of entries for one purpose.
//!
//! Not here: storing them, and checking what others wrote (see `run`).

use crate::canonical::{Reader, Writer};
use crate::{
    ActHash, ContentKey, DevicePublic, DeviceSigningKey, EncryptionPublic, Entry, EntryHash,
    EnvelopeError, Header, PublicKind, Purpose, RandomBytes, RegionId, content_key, label, random,
};
use veldpost_domain::StreamId;

/// What every header of a stream repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamContext {
    /// The region.
    pub region: RegionId,
    /// What the stream is for.
    pub purpose: Purpose,
    /// The epoch whose letterbox is used from here on.
    pub epoch: u64,
    /// The newest roster act that the device holds.
    pub roster_head: ActHash,
    /// The newest coordinator checkpoint that the device holds.
    pub seen: Option<[u8; 32]>,
}

/// Where a stream stands: what must be stored in the transaction of each new entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamState {
    /// The stream.
    pub stream: StreamId,
    /// The number of the next entry; never 0, since a stream exists from its entry 0 on.
    pub next_seq: u64,
    /// Hash of the entry before it.
    pub prev_hash: EntryHash,
}

/// The body of entry 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StreamOpen {
    /// Whose stream it is.
    pub device: DevicePublic,
    /// What makes it another stream than the device's others.
    pub random: [u8; 16],
    /// What it is for.
    pub purpose: Purpose,
    /// The invitation that the device came by, until it is admitted.
    pub invitation: Option<[u8; 16]>,
    /// The stream that this one goes on with after a doubt.
    pub continues: Option<StreamId>,
}

impl StreamOpen {
    /// `SHA-256("veldpost/1/stream\0" ‖ DSK ‖ purpose ‖ random16)[..16]`.
    #[must_use]
    pub fn stream(&self) -> StreamId {
        let hash = label::sha256(&[
            label::STREAM,
            &self.device.0,
            &[self.purpose.code()],
            &self.random,
        ]);
        let mut id = [0; 16];
        id.iter_mut()
            .zip(hash)
            .for_each(|(slot, byte)| *slot = byte);
        StreamId(id)
    }

    /// `[dsk, random16, purpose, invitation, continues]`.
    fn to_bytes(self) -> Vec<u8> {
        let mut out = Writer::with_capacity(96);
        out.array(5)
            .bytes(&self.device.0)
            .bytes(&self.random)
            .uint(self.purpose.code().into());
        out.bytes_or_null(self.invitation.as_ref().map(<[u8; 16]>::as_slice));
        out.bytes_or_null(self.continues.as_ref().map(|stream| stream.0.as_slice()));
        out.finish()
    }

    /// Reads entry 0 and checks that it opens the stream that its header names.
    ///
    /// # Errors
    /// `Malformed`, or `Forged` when stream, purpose or signature do not agree with the device.
    pub fn read(entry: &Entry) -> Result<Self, EnvelopeError> {
        if entry.header().public_kind != Some(PublicKind::StreamOpen) {
            return Err(EnvelopeError::Malformed("not a stream-open entry"));
        }
        let mut input = Reader::new(entry.body());
        let newer = input.record(5)?;
        let open = Self {
            device: DevicePublic(input.byte_array()?),
            random: input.byte_array()?,
            purpose: Purpose::from_code(input.uint()?)?,
            invitation: input.optional(Reader::byte_array)?,
            continues: input.optional(|input| input.byte_array().map(StreamId))?,
        };
        input.skip_many(newer)?;
        input.end()?;
        if open.stream() != entry.header().stream || open.purpose != entry.header().purpose {
            return Err(EnvelopeError::Forged("stream-open"));
        }
        let signature = entry
            .signature()
            .ok_or(EnvelopeError::Forged("unsigned stream-open"))?;
        open.device
            .verify(label::ENTRY, &entry.hash().0, signature)?;
        Ok(open)
    }
}

/// Makes the next entries of a stream. Give each one to the store; when that fails, go back to the
/// state from before with [`StreamWriter::rewind`].
#[derive(Clone, Debug)]
pub struct StreamWriter {
    context: StreamContext,
    state: StreamState,
}

impl StreamWriter {
    /// Opens a new stream: its entry 0 is signed.
    pub fn open(
        context: StreamContext,
        device: &DeviceSigningKey,
        invitation: Option<[u8; 16]>,
        continues: Option<StreamId>,
        rng: &mut dyn RandomBytes,
    ) -> (Self, Entry) {
        let open = StreamOpen {
            device: device.public(),
            random: random::array(rng),
            purpose: context.purpose,
            invitation,
            continues,
        };
        let state = StreamState {
            stream: open.stream(),
            next_seq: 0,
            prev_hash: EntryHash([0; 32]),
        };
        let mut writer = Self { context, state };
        let mut entry = Entry::public(writer.header(Some(PublicKind::StreamOpen)), open.to_bytes());
        entry.sign(device);
        writer.advance(&entry);
        (writer, entry)
    }

    /// Goes on with a stream from what was stored.
    #[must_use]
    pub fn resume(context: StreamContext, state: StreamState) -> Self {
        Self { context, state }
    }

    /// Where the stream stands.
    #[must_use]
    pub fn state(&self) -> StreamState {
        self.state
    }

    /// What every header repeats.
    #[must_use]
    pub fn context(&self) -> &StreamContext {
        &self.context
    }

    /// Takes back entries that were made but not committed.
    pub fn rewind(&mut self, state: StreamState) {
        self.state = state;
    }

    /// Follows the roster: a later head, perhaps a later epoch, a later checkpoint.
    pub fn follow(&mut self, epoch: u64, roster_head: ActHash, seen: Option<[u8; 32]>) {
        self.context = StreamContext {
            epoch,
            roster_head,
            seen,
            ..self.context
        };
    }

    /// The entry that hands a content key to its recipients; it comes before the first entry under it.
    ///
    /// # Errors
    /// `TooLarge` for none or more than eight recipients, `Malformed` for an unusable public key.
    pub fn content_key(
        &mut self,
        key: &ContentKey,
        recipients: &[EncryptionPublic],
        rng: &mut dyn RandomBytes,
    ) -> Result<Entry, EnvelopeError> {
        let header = self.header(Some(PublicKind::ContentKey));
        let body = content_key::body(&header, key, recipients, rng)?;
        let entry = Entry::public(header, body);
        self.advance(&entry);
        Ok(entry)
    }

    /// Seals a payload as the next entry.
    ///
    /// # Errors
    /// `TooLarge` when the payload is over 64 KiB.
    pub fn seal(
        &mut self,
        key: &ContentKey,
        payload: &[u8],
        rng: &mut dyn RandomBytes,
    ) -> Result<Entry, EnvelopeError> {
        let entry = Entry::seal(self.header(None), key, payload, rng)?;
        self.advance(&entry);
        Ok(entry)
    }

    /// Carries an entry of the stream that this one goes on with, byte for byte.
    ///
    /// # Errors
    /// `Malformed` when that entry itself carries another: carry the innermost.
    pub fn carry(&mut self, old: &Entry) -> Result<Entry, EnvelopeError> {
        if old.header().public_kind == Some(PublicKind::Carried) {
            return Err(EnvelopeError::Malformed("carried twice"));
        }
        let entry = Entry::public(self.header(Some(PublicKind::Carried)), old.to_bytes());
        self.advance(&entry);
        Ok(entry)
    }

    fn header(&self, public_kind: Option<PublicKind>) -> Header {
        let StreamContext {
            region,
            purpose,
            epoch,
            roster_head,
            seen,
        } = self.context;
        Header {
            region,
            purpose,
            stream: self.state.stream,
            epoch,
            seq: self.state.next_seq,
            prev_hash: (self.state.next_seq > 0).then_some(self.state.prev_hash),
            ck_id: None,
            roster_head,
            seen,
            len_bucket: None,
            public_kind,
        }
    }

    fn advance(&mut self, entry: &Entry) {
        self.state.next_seq += 1;
        self.state.prev_hash = entry.hash();
    }
}
