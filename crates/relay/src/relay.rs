//! One relay over one store: what each call answers.
//!
//! Not here: whether a call was signed well (`veldpost_envelope::request`, which the server asks first), and HTTP.

mod acts;
mod blobs;
mod entries;
mod heads;
mod joins;
mod objects;
mod pages;
mod rosters;
mod run;

pub use heads::News;
pub use pages::Pull;

use crate::RelayError;
use crate::standing::{Standings, is_coordinator};
use crate::store::{Life, RegionChange, RegionRow, RegionView, RelayStore};
use rosters::{KnownRoster, Rosters};
use std::sync::Arc;
use veldpost_envelope::wire::{Call, Incarnation, SignedBy, Standing};
use veldpost_envelope::{DevicePublic, RegionId};

/// For so long after a restore a relay takes only acts of before it.
pub const RESTORED_MS: i64 = 24 * 60 * 60 * 1000;
/// No relay keeps more streams of a device.
pub const MAX_STREAMS: u64 = veldpost_envelope::act::MAX_STREAMS as u64;

/// Who may found a region here.
#[derive(Clone, PartialEq, Eq)]
pub enum Founding {
    /// Anybody.
    Open,
    /// Who has the code that the operator gives out.
    Code(String),
    /// Nobody.
    Closed,
}

impl core::fmt::Debug for Founding {
    /// Without the code, so that no log holds it.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Open => "Open",
            Self::Code(_) => "Code",
            Self::Closed => "Closed",
        })
    }
}

/// What the operator says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Who may found a region.
    pub founding: Founding,
    /// How many bytes a region may have; none for as many as there is room.
    pub region_bytes: Option<u64>,
}

/// The relay. Each call is one view of its store or one change of it, and answers after the commit.
#[derive(Debug)]
pub struct Relay<S> {
    store: S,
    settings: Settings,
    rosters: Rosters,
}

/// Who calls, for which region, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Whose signature the call has; none for a call that is not signed.
    pub device: Option<DevicePublic>,
    /// The relay's clock: milliseconds since 1970.
    pub now: i64,
}

impl<S: RelayStore> Relay<S> {
    /// Opens a relay. An empty database begins its first life as `fresh`: random bytes.
    ///
    /// # Errors
    /// `Store`.
    pub fn open(store: S, settings: Settings, fresh: Incarnation) -> Result<Self, RelayError> {
        if store.life()?.is_none() {
            store.begin_life(&Life {
                incarnation: fresh,
                restored_at: None,
            })?;
        }
        Ok(Self {
            store,
            settings,
            rosters: Rosters::default(),
        })
    }

    /// A backup was put back: another life begins. For a day the relay takes only acts of before.
    ///
    /// # Errors
    /// `Store`.
    pub fn restored(&self, fresh: Incarnation, now: i64) -> Result<(), RelayError> {
        self.rosters.forget();
        Ok(self.store.begin_life(&Life {
            incarnation: fresh,
            restored_at: Some(now),
        })?)
    }

    /// The operator says that what the backup lacked is back.
    ///
    /// # Errors
    /// `Store`, `NotReady`.
    pub fn is_whole(&self) -> Result<(), RelayError> {
        let life = self.life()?;
        Ok(self.store.begin_life(&Life {
            restored_at: None,
            ..life
        })?)
    }

    /// Whether the database takes a write.
    ///
    /// # Errors
    /// `Store`, `NotReady`.
    pub fn is_ready(&self) -> Result<(), RelayError> {
        self.life()?;
        Ok(self.store.probe()?)
    }

    /// Where it keeps what it holds.
    pub fn store(&self) -> &S {
        &self.store
    }

    fn life(&self) -> Result<Life, RelayError> {
        self.store.life()?.ok_or(RelayError::NotReady)
    }

    /// A region that is known, as it is now.
    fn look(&self, region: &RegionId) -> Result<Seen<S::View<'_>>, RelayError> {
        self.seen(region, self.store.view(region)?)
    }

    /// A region that is known, to be changed.
    fn begin(&self, region: &RegionId) -> Result<Seen<S::Change<'_>>, RelayError> {
        self.seen(region, self.store.change(region)?)
    }

    fn seen<V: RegionView>(&self, region: &RegionId, rows: V) -> Result<Seen<V>, RelayError> {
        let row = rows.region()?.ok_or(RelayError::UnknownRegion)?;
        let known = self.rosters.known(region, &row, &rows)?;
        Ok(Seen { rows, row, known })
    }

    /// Writes how far the region is, when there is room for it, and makes the change durable.
    fn commit<C: RegionChange>(
        &self,
        mut seen: Seen<C>,
        before: &RegionRow,
    ) -> Result<(), RelayError> {
        let room = self.settings.region_bytes.unwrap_or(u64::MAX);
        if seen.row.bytes > room && seen.row.bytes > before.bytes {
            return Err(RelayError::Full);
        }
        seen.rows.put_region(&seen.row)?;
        Ok(seen.rows.commit()?)
    }
}

/// A region that is known: its rows, how far it is, who is a member.
struct Seen<V> {
    rows: V,
    row: RegionRow,
    known: Arc<KnownRoster>,
}

impl<V: RegionView> Seen<V> {
    fn standing(&self, device: &DevicePublic) -> Result<Standing, RelayError> {
        Standings::new(&self.known.roster, &self.rows).of(device)
    }

    /// The caller, when it may make this call: *Signed by* in `docs/format.md` section 19.
    fn caller(&self, call: Call, caller: &Caller) -> Result<(DevicePublic, Standing), RelayError> {
        let device = caller.device.ok_or(RelayError::Unsigned)?;
        let standing = self.standing(&device)?;
        let joined = matches!(standing, Standing::Joined | Standing::Frozen);
        let may = match call.signed_by() {
            SignedBy::Nobody | SignedBy::AnyKey | SignedBy::Newcomer => true,
            SignedBy::MemberOrJoined => standing == Standing::Member || joined,
            SignedBy::MemberJoinedOrRemoved => {
                matches!(standing, Standing::Member | Standing::Removed) || joined
            }
            SignedBy::Coordinator => is_coordinator(&self.known.roster, &device),
        };
        match standing {
            _ if may => Ok((device, standing)),
            Standing::Member => Err(RelayError::NotAllowed),
            Standing::Joined | Standing::Frozen => Err(RelayError::NotAdmitted),
            Standing::Removed => Err(RelayError::Removed),
            Standing::Unknown | Standing::Newer(_) => Err(RelayError::UnknownDevice),
        }
    }
}
