//! Blobs: settings, forms, cards and snapshots, sealed for the members under a settings key.
//!
//! Not here: which act names which blob, and storing them.

mod content;
mod settings;

pub(crate) use content::read_name;
pub use content::{BlobContent, Card, FormBlob, MAX_LIST, MAX_NAME, SnapshotBlob, SnapshotTable};
pub use settings::{
    Area, Campaign, MAX_CAMPAIGNS, NamedCoordinator, NamedOrganisation, SettingsBlob,
};

use crate::canonical::{Reader, Writer};
use crate::keys::{NONCE, open_sealed, seal_with};
use crate::secret::Secret;
use crate::{BlobId, EnvelopeError, RandomBytes, RegionId, SettingsKey, label, padding};
use content::read_content;
use zeroize::Zeroizing;

/// The version of blobs that this code writes.
pub const VERSION: u64 = 1;
/// No blob is longer.
pub const MAX_BLOB: usize = 256 * 1024;
/// No content is longer before compression and after it.
pub const MAX_CONTENT: usize = 1024 * 1024;

/// Fields that the seal binds.
const BOUND_FIELDS: usize = 4;
const FIELDS: usize = BOUND_FIELDS + 2;
/// A blob is made seldom and read by every member.
const LEVEL: u8 = 8;
const TOO_LARGE: EnvelopeError = EnvelopeError::TooLarge("blob");

/// What a blob is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlobKind {
    /// Campaigns, organisations, areas, coordinators' names.
    Settings,
    /// One version of a questionnaire.
    Form,
    /// What the cards say.
    Cards,
    /// The tables of a result.
    Snapshot,
    /// One that this version does not know: it is kept and travels on.
    Unknown(u64),
}

impl BlobKind {
    fn code(self) -> u64 {
        match self {
            Self::Settings => 1,
            Self::Form => 2,
            Self::Cards => 3,
            Self::Snapshot => 4,
            Self::Unknown(code) => code,
        }
    }

    fn from_code(code: u64) -> Self {
        match code {
            1 => Self::Settings,
            2 => Self::Form,
            3 => Self::Cards,
            4 => Self::Snapshot,
            other => Self::Unknown(other),
        }
    }
}

/// A sealed blob. Its bytes are kept as they came, for these are what its id is made of.
#[derive(Clone, PartialEq, Eq)]
pub struct Blob {
    region: RegionId,
    number: u64,
    kind: BlobKind,
    nonce: [u8; NONCE],
    sealed: Vec<u8>,
    bytes: Vec<u8>,
}

/// What lay in a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedBlob {
    /// The content.
    pub content: BlobContent,
    /// Whether fields were appended that this version does not know. Whoever writes the content again
    /// would lose them: let that be done after an update.
    pub has_newer_fields: bool,
}

/// `HKDF(TSK[n], "settings" ‖ kind)`; none for a kind that fits no byte.
fn sub_key(key: &SettingsKey, kind: BlobKind) -> Option<Secret> {
    let code = u8::try_from(kind.code()).ok()?;
    Some(label::derive(key.secret(), &[label::SETTINGS, &[code]]))
}

/// `label ‖ [v, region, n, kind]`.
fn aad(region: &RegionId, number: u64, kind: BlobKind) -> Vec<u8> {
    let mut out = Writer::with_capacity(64);
    out.packed(|out| out.extend_from_slice(label::SETTINGS));
    out.array(BOUND_FIELDS);
    write_bound(&mut out, region, number, kind);
    out.finish()
}

fn write_bound(out: &mut Writer, region: &RegionId, number: u64, kind: BlobKind) {
    out.uint(VERSION)
        .bytes(&region.0)
        .uint(number)
        .uint(kind.code());
}

impl Blob {
    /// Seals a content for the members of a region.
    ///
    /// # Errors
    /// `TooLarge` when the content, a list or a name in it, or the blob is over its limit.
    pub fn seal(
        key: &SettingsKey,
        region: &RegionId,
        content: &BlobContent,
        rng: &mut dyn RandomBytes,
    ) -> Result<Self, EnvelopeError> {
        let kind = content.kind();
        let plain = Zeroizing::new(content.to_bytes());
        if plain.len() > MAX_CONTENT {
            return Err(TOO_LARGE);
        }
        // What no reader takes is not made.
        read_content(kind, &plain)?;
        let packed = padding::deflate(&plain, LEVEL);
        let sub_key = sub_key(key, kind).ok_or(EnvelopeError::Newer("blob"))?;
        let aad = aad(region, key.number(), kind);
        let (nonce, sealed) = seal_with(&sub_key, &aad, &packed, rng)?;
        let mut out = Writer::with_capacity(sealed.len() + 80);
        out.array(FIELDS);
        write_bound(&mut out, region, key.number(), kind);
        out.bytes(&nonce).bytes(&sealed);
        let bytes = out.finish();
        if bytes.len() > MAX_BLOB {
            return Err(TOO_LARGE);
        }
        Ok(Self {
            region: *region,
            number: key.number(),
            kind,
            nonce,
            sealed,
            bytes,
        })
    }

    /// `[v, region, n, kind, nonce, sealed, …]`: ready to be stored or sent.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// `SHA-256("veldpost/1/blob\0" ‖ blob)`: what acts name.
    #[must_use]
    pub fn id(&self) -> BlobId {
        BlobId(label::sha256(&[label::BLOB, &self.bytes]))
    }

    /// The region.
    #[must_use]
    pub fn region(&self) -> RegionId {
        self.region
    }

    /// Which settings key opens it.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> BlobKind {
        self.kind
    }

    /// Reads a blob. Nothing is verified but its form.
    ///
    /// # Errors
    /// `TooLarge` before anything is read, `Malformed`, or `Newer` for a later version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        if bytes.len() > MAX_BLOB {
            return Err(TOO_LARGE);
        }
        let mut input = Reader::new(bytes);
        let newer = input.record(FIELDS)?;
        if input.uint()? != VERSION {
            return Err(EnvelopeError::Newer("blob"));
        }
        let blob = Self {
            region: RegionId(input.byte_array()?),
            number: input.uint()?,
            kind: BlobKind::from_code(input.uint()?),
            nonce: input.byte_array()?,
            sealed: input.bytes()?.to_vec(),
            bytes: bytes.to_vec(),
        };
        input.skip_many(newer)?;
        input.end()?;
        Ok(blob)
    }

    /// Opens it as the blob that an act of this region names.
    ///
    /// # Errors
    /// `Forged` when it is another blob, or the seal does not hold; `NotForThisKey` for another
    /// settings key: go on with the newest blob that opens; `Newer` for an unknown kind: it is kept;
    /// `Malformed` and `TooLarge` for a content that is not as described.
    pub fn open(
        &self,
        key: &SettingsKey,
        region: &RegionId,
        id: &BlobId,
    ) -> Result<OpenedBlob, EnvelopeError> {
        if self.id() != *id {
            return Err(EnvelopeError::Forged("blob"));
        }
        if self.region != *region {
            return Err(EnvelopeError::Malformed("another region"));
        }
        if let BlobKind::Unknown(_) = self.kind {
            return Err(EnvelopeError::Newer("blob"));
        }
        if self.number != key.number() {
            return Err(EnvelopeError::NotForThisKey);
        }
        let sub_key = sub_key(key, self.kind).ok_or(EnvelopeError::Newer("blob"))?;
        let aad = aad(region, self.number, self.kind);
        let packed = open_sealed(&sub_key, &aad, &self.nonce, &self.sealed)?;
        read_content(self.kind, &padding::inflate(&packed, MAX_CONTENT)?)
    }
}

impl core::fmt::Debug for Blob {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Blob({:?} {})", self.kind, self.id())
    }
}
