//! The rows of a relay: plain values, bytes as they came.
//!
//! Not here: what is allowed to stand in them.

use std::collections::BTreeSet;
use veldpost_domain::StreamId;
use veldpost_envelope::wire::Incarnation;
use veldpost_envelope::{ActHash, DevicePublic, EntryHash, ObjectHash, Purpose};

/// One life of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    /// New with an empty database and with each restore.
    pub incarnation: Incarnation,
    /// When a backup was put back: milliseconds since 1970. None when this life began empty, and once the operator
    /// says that all is back.
    pub restored_at: Option<i64>,
}

/// Entries and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// How many.
    pub entries: u64,
    /// Their length together, as they came.
    pub bytes: u64,
}

/// How far a region is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegionRow {
    /// How many acts there are; one at least.
    pub acts: u64,
    /// Hash of the last one.
    pub head: ActHash,
    /// The last position that was given; 0 when none was.
    pub position: u64,
    /// Bytes of all that was stored.
    pub bytes: u64,
}

/// One act of the roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActRow {
    /// Its height.
    pub height: u64,
    /// Its hash.
    pub hash: ActHash,
    /// As signed.
    pub bytes: Vec<u8>,
}

/// A device that called or whose entries are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceRow {
    /// Its key.
    pub device: DevicePublic,
    /// All that is held of its streams.
    pub held: Volume,
    /// What came after it was removed and that no removal names.
    pub since_removal: Volume,
    /// When it last called: milliseconds since 1970.
    pub heard: Option<i64>,
}

/// A stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamRow {
    /// Its id.
    pub stream: StreamId,
    /// Whose it is.
    pub device: DevicePublic,
    /// What it is for.
    pub purpose: Purpose,
    /// The number of the first entry that is not held; 1 at least.
    pub next: u64,
    /// Hash of the entry before that.
    pub hash: EntryHash,
    /// How far its device said that it goes.
    pub says: Option<u64>,
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRow {
    /// Its number.
    pub seq: u64,
    /// Its hash.
    pub hash: EntryHash,
    /// Whether it has a signature.
    pub signed: bool,
    /// As it came, or bare.
    pub bytes: Vec<u8>,
}

/// What an item is, by who gets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Entries of a stream that were stored together.
    Run,
    /// A receipt.
    Receipt,
    /// A checkpoint.
    Checkpoint,
    /// An erasure.
    Erase,
    /// A join, stamped.
    Join,
    /// Two branches of a stream.
    Fork,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Run,
        Self::Receipt,
        Self::Checkpoint,
        Self::Erase,
        Self::Join,
        Self::Fork,
    ];

    /// The number under which a store keeps it. Final.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Run => 1,
            Self::Receipt => 2,
            Self::Checkpoint => 3,
            Self::Erase => 4,
            Self::Join => 5,
            Self::Fork => 6,
        }
    }

    /// Reads a number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.code() == code)
    }
}

/// What an item is called: one of a name is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// What it is.
    pub class: Class,
    /// The stream or invitation that it belongs to; zeros for a checkpoint.
    pub of: [u8; 16],
    /// What tells it from others of the same: a run's first number (big-endian, behind zeros), a receipt's signer, the
    /// hash of an erasure or a checkpoint, a newcomer's key; zeros for a fork.
    pub by: [u8; 32],
}

impl Name {
    /// The run of a stream that begins there.
    #[must_use]
    pub fn run(stream: &StreamId, first: u64) -> Self {
        let mut by = [0; 32];
        by.iter_mut()
            .rev()
            .zip(first.to_le_bytes())
            .for_each(|(slot, byte)| *slot = byte);
        Self::new(Class::Run, stream.0, by)
    }

    /// A signer's receipt for a stream.
    #[must_use]
    pub fn receipt(stream: &StreamId, signer: &DevicePublic) -> Self {
        Self::new(Class::Receipt, stream.0, signer.0)
    }

    /// A checkpoint.
    #[must_use]
    pub fn checkpoint(hash: &ObjectHash) -> Self {
        Self::new(Class::Checkpoint, [0; 16], hash.0)
    }

    /// An erasure in a stream.
    #[must_use]
    pub fn erase(stream: &StreamId, hash: &ObjectHash) -> Self {
        Self::new(Class::Erase, stream.0, hash.0)
    }

    /// A device's join by an invitation.
    #[must_use]
    pub fn join(invitation: &[u8; 16], device: &DevicePublic) -> Self {
        Self::new(Class::Join, *invitation, device.0)
    }

    /// The fork of a stream.
    #[must_use]
    pub fn fork(stream: &StreamId) -> Self {
        Self::new(Class::Fork, stream.0, [0; 32])
    }

    fn new(class: Class, of: [u8; 16], by: [u8; 32]) -> Self {
        Self { class, of, by }
    }
}

/// What lies in an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Entries of the stream that its name says: `first <= seq < next`.
    Run {
        /// The first.
        first: u64,
        /// Behind the last.
        next: u64,
    },
    /// The item's value as it is handed out.
    Value(Vec<u8>),
}

/// What got a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemRow {
    /// Its place among all that was stored for the region, from 1.
    pub position: u64,
    /// When it was stored, by the relay's clock: milliseconds since 1970.
    pub at: i64,
    /// What it is called.
    pub name: Name,
    /// The purposes that it belongs to.
    pub purposes: Purposes,
    /// Whose it is: of the stream, or the newcomer; of a checkpoint its signer.
    pub device: DevicePublic,
    /// What lies in it.
    pub content: Content,
}

/// A set of purposes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purposes(u8);

impl Purposes {
    /// Bit *p* stands for purpose *p*.
    #[must_use]
    pub fn bits(self) -> u8 {
        self.0
    }

    /// Reads bits.
    #[must_use]
    pub fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether this one is in it.
    #[must_use]
    pub fn contains(self, purpose: Purpose) -> bool {
        self.meets(Self::from(purpose))
    }

    /// Whether any is in both.
    #[must_use]
    pub fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl From<Purpose> for Purposes {
    fn from(purpose: Purpose) -> Self {
        Self(1 << purpose.code())
    }
}

impl FromIterator<Purpose> for Purposes {
    fn from_iter<T: IntoIterator<Item = Purpose>>(purposes: T) -> Self {
        let bits = purposes.into_iter().map(|purpose| Self::from(purpose).0);
        Self(bits.fold(0, |all, bit| all | bit))
    }
}

/// Items that a reader may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interest {
    /// Of this class,
    pub class: Class,
    /// and of these.
    pub of: Of,
}

/// Whose items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Of {
    /// Those that belong to one of these purposes.
    Purposes(Purposes),
    /// Those of one of these devices.
    Devices(BTreeSet<DevicePublic>),
}

impl Interest {
    /// Whether it takes an item.
    #[must_use]
    pub fn takes(&self, item: &ItemRow) -> bool {
        let of = match &self.of {
            Of::Purposes(purposes) => purposes.meets(item.purposes),
            Of::Devices(devices) => devices.contains(&item.device),
        };
        self.class == item.name.class && of
    }
}
