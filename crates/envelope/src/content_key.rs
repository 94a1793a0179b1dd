//! The public body that hands a content key to those who may read.
//!
//! Not here: who they are; the caller lists the recipients.

use crate::canonical::{Reader, Writer};
use crate::wrap::{self, Wrap};
use crate::{
    CkId, ContentKey, DeviceEncryptionKey, EncryptionPublic, Entry, EnvelopeError, EpochSecret,
    Header, PublicKind, Purpose, RandomBytes, RegionId, label, secret::Secret,
};
use veldpost_domain::StreamId;

/// At most this many recipients: the epoch, the writer, and who is assigned to a case.
pub const MAX_RECIPIENTS: usize = 8;
/// A content key seals at most this many entries.
pub const MAX_SEALED: u32 = 500;
/// A content key lives at most this long, in milliseconds.
pub const MAX_AGE_MS: i64 = 24 * 60 * 60 * 1000;

/// What a content key has done so far, so that it is replaced in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentKeyUse {
    /// When it was made: milliseconds since 1970.
    pub made_at: i64,
    /// How many entries it has sealed.
    pub sealed: u32,
}

impl ContentKeyUse {
    /// Whether it may seal one more entry at `now`. A clock that was set back more than a day counts as too old.
    #[must_use]
    pub fn may_seal(&self, now: i64) -> bool {
        self.sealed < MAX_SEALED && now.abs_diff(self.made_at) < MAX_AGE_MS.unsigned_abs()
    }
}

/// The body of a `content-key` entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentKeyBody {
    /// The key that is wrapped.
    pub ck_id: CkId,
    /// What it is for.
    pub purpose: Purpose,
    /// The epoch whose letterbox is among the recipients.
    pub epoch: u64,
    /// One wrap a recipient.
    pub wraps: Vec<Wrap>,
}

/// `aad` of the wraps: `[region, purpose, epoch, stream, ck_id]`.
fn aad(region: &RegionId, purpose: Purpose, epoch: u64, stream: &StreamId, id: &CkId) -> Vec<u8> {
    let mut out = Writer::default();
    out.array(5)
        .bytes(&region.0)
        .uint(purpose.code().into())
        .uint(epoch);
    out.bytes(&stream.0).bytes(&id.0);
    out.finish()
}

/// Wraps a content key for an entry with this header.
pub(crate) fn body(
    header: &Header,
    key: &ContentKey,
    recipients: &[EncryptionPublic],
    rng: &mut dyn RandomBytes,
) -> Result<Vec<u8>, EnvelopeError> {
    if recipients.is_empty() || recipients.len() > MAX_RECIPIENTS {
        return Err(EnvelopeError::TooLarge("recipients"));
    }
    let id = key.id();
    let aad = aad(
        &header.region,
        header.purpose,
        header.epoch,
        &header.stream,
        &id,
    );
    let mut out = Writer::with_capacity(64 + recipients.len() * 128);
    out.array(4)
        .bytes(&id.0)
        .uint(header.purpose.code().into())
        .uint(header.epoch);
    out.array(recipients.len());
    for recipient in recipients {
        let wrap = wrap::seal(recipient, label::WRAP_CK, &aad, key.secret().bytes(), rng)?;
        wrap::write(&wrap, &mut out);
    }
    Ok(out.finish())
}

/// Reads the body of a `content-key` entry.
///
/// # Errors
/// `Malformed` when it is something else or disagrees with its header.
pub fn read(entry: &Entry) -> Result<ContentKeyBody, EnvelopeError> {
    let header = entry.header();
    if header.public_kind != Some(PublicKind::ContentKey) {
        return Err(EnvelopeError::Malformed("not a content-key entry"));
    }
    let mut input = Reader::new(entry.body());
    let newer = input.record(4)?;
    let body = ContentKeyBody {
        ck_id: CkId(input.byte_array()?),
        purpose: Purpose::from_code(input.uint()?)?,
        epoch: input.uint()?,
        wraps: wrap::read_list(&mut input, MAX_RECIPIENTS)?,
    };
    input.skip_many(newer)?;
    input.end()?;
    if body.purpose != header.purpose || body.epoch != header.epoch {
        return Err(EnvelopeError::Malformed("content-key for another purpose"));
    }
    Ok(body)
}

fn open_with(
    entry: &Entry,
    recipient: EncryptionPublic,
    secret: &Secret,
) -> Result<ContentKey, EnvelopeError> {
    let body = read(entry)?;
    let header = entry.header();
    let wrap = body
        .wraps
        .iter()
        .find(|wrap| wrap.recipient == recipient)
        .ok_or(EnvelopeError::NotForThisKey)?;
    let aad = aad(
        &header.region,
        header.purpose,
        header.epoch,
        &header.stream,
        &body.ck_id,
    );
    let key = ContentKey::from_secret(wrap::open_key(secret, wrap, label::WRAP_CK, &aad)?);
    if key.id() == body.ck_id {
        Ok(key)
    } else {
        Err(EnvelopeError::Forged("content key"))
    }
}

/// Opens a content key with the writer's or an assigned device's own key.
///
/// # Errors
/// `NotForThisKey`, `Forged` when the wrap or the key's id does not hold, `Malformed`.
pub fn open(entry: &Entry, key: &DeviceEncryptionKey) -> Result<ContentKey, EnvelopeError> {
    open_with(entry, key.public(), key.secret())
}

/// Opens a content key with the secret of its epoch.
///
/// # Errors
/// As [`open`].
pub fn open_as_epoch(entry: &Entry, key: &EpochSecret) -> Result<ContentKey, EnvelopeError> {
    open_with(entry, key.public().key, key.secret())
}

#[cfg(test)]
mod tests {
    use super::{aad, open};
    use crate::canonical::Writer;
    use crate::random::Fixed;
    use crate::{
        ActHash, CkId, ContentKey, DeviceEncryptionKey, Entry, EntryHash, EnvelopeError, Header,
        PublicKind, Purpose, RegionId, label, wrap,
    };
    use veldpost_domain::StreamId;

    /// A member who wraps one key under another's name would make two readers see two texts.
    #[test]
    fn a_key_under_another_keys_name_is_refused() {
        let rng = &mut Fixed((0..64).collect());
        let own = DeviceEncryptionKey::generate(rng);
        let key = ContentKey::generate(rng);
        let header = Header {
            region: RegionId([1; 32]),
            purpose: Purpose::Count,
            stream: StreamId([2; 16]),
            epoch: 1,
            seq: 1,
            prev_hash: Some(EntryHash([3; 32])),
            ck_id: None,
            roster_head: ActHash([1; 32]),
            seen: None,
            len_bucket: None,
            public_kind: Some(PublicKind::ContentKey),
        };
        let mut named = |id: CkId| {
            let aad = aad(&header.region, Purpose::Count, 1, &header.stream, &id);
            let sealed = wrap::seal(
                &own.public(),
                label::WRAP_CK,
                &aad,
                key.secret().bytes(),
                rng,
            )
            .unwrap();
            let mut body = Writer::default();
            body.array(4).bytes(&id.0).uint(1).uint(1).array(1);
            wrap::write(&sealed, &mut body);
            open(&Entry::public(header.clone(), body.finish()), &own)
        };
        assert_eq!(named(key.id()).unwrap().id(), key.id());
        let forged = named(CkId([9; 32])).unwrap_err();
        assert_eq!(forged, EnvelopeError::Forged("content key"));
    }
}
