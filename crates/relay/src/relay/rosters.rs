//! The rosters of the regions, kept beside the store: reading a log anew for each call would take long.
//!
//! Not here: the acts themselves, which are the store's. What is kept here is checked against its head at each call, so
//! that another process may append and a backup may be put back.

use crate::RelayError;
use crate::store::{RegionRow, RegionView, StoreError};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use veldpost_envelope::{Genesis, RegionId, Roster};

/// So much of a log is read at a time.
const STEP: usize = 1024 * 1024;
const DAMAGED: RelayError = RelayError::Store(StoreError::Damaged("roster"));

/// A roster as far as it is held.
#[derive(Clone, Debug)]
pub(super) struct KnownRoster {
    pub roster: Roster,
    /// When it was founded, by the founder's clock.
    pub founded_at: i64,
}

impl KnownRoster {
    pub fn new(genesis: &Genesis) -> Self {
        Self {
            roster: Roster::new(genesis),
            founded_at: genesis.at,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Rosters(Mutex<BTreeMap<RegionId, Arc<KnownRoster>>>);

impl Rosters {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<RegionId, Arc<KnownRoster>>> {
        // Each use puts a whole roster in or takes one out, so that a panic elsewhere leaves no half of one.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn forget(&self) {
        self.lock().clear();
    }

    pub fn keep(&self, region: &RegionId, known: Arc<KnownRoster>) {
        self.lock().insert(*region, known);
    }

    /// The roster of a region whose row and acts are `row` and `rows`.
    pub fn known(
        &self,
        region: &RegionId,
        row: &RegionRow,
        rows: &impl RegionView,
    ) -> Result<Arc<KnownRoster>, RelayError> {
        let kept = self.lock().get(region).cloned();
        if let Some(kept) = kept {
            if kept.roster.head() == row.head {
                return Ok(kept);
            }
            if rows.act_hash(kept.roster.height())? == Some(kept.roster.head()) {
                return self.read(region, row, rows, Arc::unwrap_or_clone(kept));
            }
        }
        let genesis = rows.acts(0, 1)?;
        let genesis = genesis.first().ok_or(DAMAGED)?;
        let genesis = Genesis::verify(&genesis.bytes).map_err(|_| DAMAGED)?;
        self.read(region, row, rows, KnownRoster::new(&genesis))
    }

    /// Takes what stands behind the acts that are known, up to the head.
    fn read(
        &self,
        region: &RegionId,
        row: &RegionRow,
        rows: &impl RegionView,
        mut known: KnownRoster,
    ) -> Result<Arc<KnownRoster>, RelayError> {
        while known.roster.height() + 1 < row.acts {
            let acts = rows.acts(known.roster.height() + 1, STEP)?;
            if acts.is_empty() {
                return Err(DAMAGED);
            }
            for act in &acts {
                known.roster.take(&act.bytes).map_err(|_| DAMAGED)?;
            }
        }
        if known.roster.head() != row.head {
            return Err(DAMAGED);
        }
        let known = Arc::new(known);
        self.keep(region, known.clone());
        Ok(known)
    }
}
