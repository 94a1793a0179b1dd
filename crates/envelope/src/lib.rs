//! The bytes that leave memory: keys, genesis, roster, sealed entries, streams, blocks, drafts, unlock, receipts,
//! blobs, invitations, and what goes to a relay and back.
//!
//! Not here: storage, sync, the clock, a source of randomness or a browser; times and random bytes
//! come in as arguments. `docs/format.md` is the specification of every byte made here.

#![warn(missing_docs)]

pub mod act;
pub mod bare;
pub mod base64;
pub mod base64url;
pub mod blob;
pub mod block;
pub mod canonical;
pub mod content_key;
pub mod entry;
pub mod error;
pub mod genesis;
pub mod header;
pub mod ids;
pub mod invitation;
pub mod joined;
pub mod keys;
pub mod kit;
pub mod label;
pub mod local;
pub mod object;
pub mod payload;
pub mod purpose;
pub mod random;
pub mod request;
pub mod roster;
pub mod run;
pub mod secret;
pub mod statement;
pub mod stream;
pub mod unlock;
pub mod wire;
#[cfg(feature = "words")]
pub mod words;
pub mod wrap;

mod padding;

pub use bare::{Bare, Kept};
pub use blob::Blob;
pub use entry::{Entry, Opening};
pub use error::EnvelopeError;
pub use genesis::Genesis;
pub use header::{Header, PublicKind};
pub use ids::{ActHash, BlobId, CkId, EntryHash, JoinHash, ObjectHash, RegionId};
pub use invitation::{InvitationKeys, Join, Link};
pub use joined::{CameBy, Joined};
pub use keys::{
    ContentKey, DeviceEncryptionKey, DevicePublic, DeviceSecrets, DeviceSigningKey,
    EncryptionPublic, EpochPublic, EpochSecret, LocalKey, LocalVaultKey, SettingsKey, Signature,
};
pub use kit::RecoveryKit;
pub use object::Object;
pub use purpose::Purpose;
pub use random::RandomBytes;
pub use roster::Roster;
pub use stream::{StreamState, StreamWriter};
pub use unlock::UnlockSecret;
