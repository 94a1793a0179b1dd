//! A roster act: a body, who signed it, the signature; each points back to the one before.
//!
//! Not here: whether an act may have its effect (`roster`), and genesis, which has a module of its own.

mod campaign;
mod device;
mod epoch;
mod invite;
mod publish;
mod signed;

pub use campaign::{Snapshot, Stage, StageChange};
pub use device::{
    Added, DeviceAdd, DeviceRemove, HeldEpoch, HeldSettings, MAX_ACT_DEVICES, MAX_EPOCH_WRAPS,
    MAX_EPOCHS, MAX_SETTINGS_WRAPS, MAX_STREAMS, Recover, RemovalReason, Removed, StreamHead,
};
pub use epoch::{EpochEnd, EpochNew, MAX_ENDS};
pub use invite::{EndReason, Invite, InviteEnd, InviteForm, MAX_INVITED_ROLES};
pub use publish::{FormPublish, MAX_VERSION, Release, SettingsPublish};
pub use signed::{SignedAct, create, proven_by_invite};

use crate::canonical::{Reader, Writer};
use crate::{ActHash, DevicePublic, DeviceSigningKey, EnvelopeError, RegionId, label};

/// The version of roster acts that this code writes.
pub const VERSION: u64 = 1;
/// No act is longer.
pub const MAX_ACT: usize = 256 * 1024;
/// None of the kinds that name ids and hashes only is longer.
pub const MAX_SMALL_ACT: usize = 300;
/// A roster has no more acts.
pub const MAX_ACTS: u64 = 100_000;

/// Kind of the first act.
pub const GENESIS: u64 = 1;
/// Kind of [`Invite`].
pub const INVITE: u64 = 2;
/// Kind of [`DeviceAdd`].
pub const DEVICE_ADD: u64 = 3;
/// Kind of [`DeviceRemove`].
pub const DEVICE_REMOVE: u64 = 4;
/// Kind of [`EpochNew`].
pub const EPOCH_NEW: u64 = 5;
/// Kind of [`FormPublish`].
pub const FORM_PUBLISH: u64 = 6;
/// Kind of [`StageChange`].
pub const STAGE: u64 = 7;
/// Kind of [`SettingsPublish`].
pub const SETTINGS: u64 = 8;
/// Kind of [`Release`].
pub const RELEASE: u64 = 9;
/// Kind of [`Snapshot`].
pub const SNAPSHOT: u64 = 10;
/// Kind of [`Recover`].
pub const RECOVER: u64 = 11;
/// Kind of [`InviteEnd`].
pub const INVITE_END: u64 = 12;

/// Fields that every act begins with.
pub(crate) const HEAD_FIELDS: usize = 7;

/// What every act begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActHead {
    /// What the act does.
    pub kind: u64,
    /// The region; none in genesis, whose hash it is.
    pub region: Option<RegionId>,
    /// Place in the roster, from 0.
    pub height: u64,
    /// The act before; none in genesis.
    pub prev: Option<ActHash>,
    /// When the signer made it, by its clock: milliseconds since 1970.
    pub at: i64,
}

impl ActHead {
    /// `v, suite, kind, region, height, prev, at`: the first fields of the body's array.
    pub(crate) fn write(&self, out: &mut Writer) {
        out.uint(VERSION).uint(crate::header::SUITE).uint(self.kind);
        out.bytes_or_null(self.region.as_ref().map(|region| region.0.as_slice()));
        out.uint(self.height);
        out.bytes_or_null(self.prev.as_ref().map(|prev| prev.0.as_slice()))
            .int(self.at);
    }

    pub(crate) fn read(input: &mut Reader<'_>) -> Result<Self, EnvelopeError> {
        if input.uint()? != VERSION {
            return Err(EnvelopeError::Newer("act"));
        }
        if input.uint()? != crate::header::SUITE {
            return Err(EnvelopeError::Newer("suite"));
        }
        Ok(Self {
            kind: input.uint()?,
            region: input.optional(|input| input.byte_array().map(RegionId))?,
            height: input.uint()?,
            prev: input.optional(|input| input.byte_array().map(ActHash))?,
            at: input.int()?,
        })
    }
}

/// What an act does, after its head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Opens an invitation.
    Invite(Invite),
    /// Makes devices members.
    DeviceAdd(DeviceAdd),
    /// Removes devices.
    DeviceRemove(DeviceRemove),
    /// Brings epochs and settings keys, or ends epochs.
    EpochNew(EpochNew),
    /// Publishes a form.
    FormPublish(FormPublish),
    /// Brings a campaign to its next stage.
    Stage(StageChange),
    /// Names the settings.
    Settings(SettingsPublish),
    /// Names a release of the app.
    Release(Release),
    /// Freezes a campaign's tables.
    Snapshot(Snapshot),
    /// Seats a coordinator by the kit.
    Recover(Box<Recover>),
    /// Ends an invitation.
    InviteEnd(InviteEnd),
    /// A kind that this version does not know: its bytes are kept and travel on.
    Unknown(u64),
}

/// What follows the head in the array of one kind.
trait Fields: Sized {
    const FIELDS: usize;

    fn write(&self, out: &mut Writer);

    fn read(input: &mut Reader<'_>) -> Result<Self, EnvelopeError>;
}

impl Act {
    /// Its number on the wire.
    #[must_use]
    pub fn kind(&self) -> u64 {
        match self {
            Self::Invite(_) => INVITE,
            Self::DeviceAdd(_) => DEVICE_ADD,
            Self::DeviceRemove(_) => DEVICE_REMOVE,
            Self::EpochNew(_) => EPOCH_NEW,
            Self::FormPublish(_) => FORM_PUBLISH,
            Self::Stage(_) => STAGE,
            Self::Settings(_) => SETTINGS,
            Self::Release(_) => RELEASE,
            Self::Snapshot(_) => SNAPSHOT,
            Self::Recover(_) => RECOVER,
            Self::InviteEnd(_) => INVITE_END,
            Self::Unknown(kind) => *kind,
        }
    }

    /// The whole body: the head's fields, then this kind's.
    fn body(&self, head: &ActHead) -> Vec<u8> {
        match self {
            Self::Invite(act) => body(head, act),
            Self::DeviceAdd(act) => body(head, act),
            Self::DeviceRemove(act) => body(head, act),
            Self::EpochNew(act) => body(head, act),
            Self::FormPublish(act) => body(head, act),
            Self::Stage(act) => body(head, act),
            Self::Settings(act) => body(head, act),
            Self::Release(act) => body(head, act),
            Self::Snapshot(act) => body(head, act),
            Self::Recover(act) => body(head, act.as_ref()),
            Self::InviteEnd(act) => body(head, act),
            Self::Unknown(_) => {
                let mut out = Writer::with_capacity(128);
                out.array(HEAD_FIELDS);
                head.write(&mut out);
                out.finish()
            }
        }
    }

    fn from_body(kind: u64, body: &[u8]) -> Result<Self, EnvelopeError> {
        match kind {
            GENESIS => Err(EnvelopeError::Malformed("a second genesis")),
            INVITE => fields(body).map(Self::Invite),
            DEVICE_ADD => fields(body).map(Self::DeviceAdd),
            DEVICE_REMOVE => fields(body).map(Self::DeviceRemove),
            EPOCH_NEW => fields(body).map(Self::EpochNew),
            FORM_PUBLISH => fields(body).map(Self::FormPublish),
            STAGE => fields(body).map(Self::Stage),
            SETTINGS => fields(body).map(Self::Settings),
            RELEASE => fields(body).map(Self::Release),
            SNAPSHOT => fields(body).map(Self::Snapshot),
            RECOVER => fields(body).map(Box::new).map(Self::Recover),
            INVITE_END => fields(body).map(Self::InviteEnd),
            _ => {
                let mut input = Reader::new(body);
                input.skip()?;
                input.end()?;
                Ok(Self::Unknown(kind))
            }
        }
    }
}

fn body<T: Fields>(head: &ActHead, act: &T) -> Vec<u8> {
    let mut out = Writer::with_capacity(MAX_SMALL_ACT);
    out.array(HEAD_FIELDS + T::FIELDS);
    head.write(&mut out);
    act.write(&mut out);
    out.finish()
}

fn fields<T: Fields>(body: &[u8]) -> Result<T, EnvelopeError> {
    let mut input = Reader::new(body);
    let newer = input.record(HEAD_FIELDS + T::FIELDS)?;
    ActHead::read(&mut input)?;
    let act = T::read(&mut input)?;
    input.skip_many(newer)?;
    input.end()?;
    Ok(act)
}

/// `SHA-256("veldpost/1/roster\0" ‖ body ‖ signer)`. Without its signer the same body, signed by two members,
/// would be one hash with two effects. Genesis names its signer in the body, so that it is not added there.
pub(crate) fn hash(kind: u64, body: &[u8], signer: &DevicePublic) -> ActHash {
    let signer: &[u8] = if kind == GENESIS { &[] } else { &signer.0 };
    ActHash(label::sha256(&[label::ROSTER, body, signer]))
}

/// Signs a body of this kind: `[body, signer, signature]`.
pub(crate) fn sign(
    kind: u64,
    body: &[u8],
    signer: &DeviceSigningKey,
) -> Result<Vec<u8>, EnvelopeError> {
    let mut out = Writer::with_capacity(body.len() + 112);
    let public = signer.public();
    let signature = signer.sign(label::ROSTER, &hash(kind, body, &public).0);
    out.array(3).bytes(body).bytes(&public.0).bytes(&signature);
    let act = out.finish();
    if act.len() > MAX_ACT {
        Err(EnvelopeError::TooLarge("act"))
    } else {
        Ok(act)
    }
}
