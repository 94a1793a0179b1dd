//! What comes of it: an offer to agree to, how far it is, and what has to be written in the end.
//!
//! Not here: how it comes about.

use super::EnrolProblem;
use crate::rows::{self, JoinRow, RelayRow};
use core::fmt;
use veldpost_envelope::act::InviteForm;
use veldpost_envelope::genesis::Role;
use veldpost_envelope::{CameBy, Joined, Roster, SettingsKey};
use veldpost_store::{Batch, Shelf};

/// What a person is asked to agree to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What the region is called.
    pub region: String,
    /// Who invites.
    pub inviter: String,
    /// The organisation that the invitation is for.
    pub organisation: Option<String>,
    /// What one may do who comes by it.
    pub roles: Vec<Role>,
    /// Whom it is for.
    pub form: InviteForm,
    /// How many devices may come by it.
    pub uses: u64,
    /// When it ends, by the relay's clock: milliseconds since 1970.
    pub ends: i64,
}

impl Offer {
    /// Whether it is for a group: such a device counts and does nothing else.
    #[must_use]
    pub fn is_count_only(&self) -> bool {
        self.form != InviteForm::Single
    }
}

/// What a device has that joined: all of it is to be written, in one transaction, before it records for the region.
pub struct Enrolled {
    /// The relay's origin.
    pub origin: String,
    /// The roster that was read, and its acts as signed, from genesis on.
    pub roster: Roster,
    /// Its acts as signed.
    pub acts: Vec<Vec<u8>>,
    /// Opens labels, areas, forms and cards: `[n, TSK]` of the row `keys/bundle`.
    pub settings: SettingsKey,
    /// The welcome as it was put.
    pub welcome: Vec<u8>,
    /// What the person agreed to.
    pub offer: Offer,
    /// The row `keys/join`: region, relay, invitation, secret and join.
    pub row: JoinRow,
    /// When the relay stamped it, by its clock, and as the how manieth device; none when the device was a member by then.
    pub stamp: Option<(i64, u64)>,
    /// Another device came by the same single invitation: neither is admitted by it.
    pub frozen: bool,
}

impl Enrolled {
    /// The rows that have no seal of their own: each act in `roster`, the welcome in `blobs`.
    #[must_use]
    pub fn rows(&self) -> Batch {
        let mut batch = Batch::new();
        for (height, act) in (0..).zip(&self.acts) {
            if let Some(key) = rows::act_key(height) {
                batch = batch.put(Shelf::Roster, key, act.clone());
            }
        }
        batch.put(Shelf::Blobs, self.row.invitation, self.welcome.clone())
    }

    /// The same for a book, which is written before the join is sent.
    #[must_use]
    pub fn joined(&self) -> Joined<'_> {
        Joined {
            relay: &self.origin,
            roster: &self.roster,
            acts: &self.acts,
            settings_key: self.settings.clone(),
            came_by: Some(CameBy {
                invitation: self.row.invitation,
                join: self.row.to_bytes(),
                welcome: &self.welcome,
            }),
            recovery: None,
            group: self.offer.is_count_only(),
            desk: self.offer.form == InviteForm::Desk,
            roles: &self.offer.roles,
        }
    }

    /// The row `meta/relay`, before it is sealed.
    #[must_use]
    pub fn relay_row(&self) -> RelayRow {
        RelayRow::new(self.origin.clone(), self.roster.head())
    }
}

impl fmt::Debug for Enrolled {
    /// Without keys and acts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Enrolled")
            .field("row", &self.row)
            .field("stamp", &self.stamp)
            .field("frozen", &self.frozen)
            .finish_non_exhaustive()
    }
}

/// How far it is.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// The roster and the welcome are read.
    Reading {
        /// The last try brought no word of a relay; it is tried again.
        unreachable: bool,
    },
    /// The person is asked.
    Offered(&'a Offer),
    /// The person agreed: the row is to be written, then [`super::Enrol::kept`] is called.
    Agreed(&'a JoinRow),
    /// The join is sent.
    Joining {
        /// As above.
        unreachable: bool,
    },
    /// It is over, well.
    Enrolled(&'a Enrolled),
    /// It is over.
    Failed(EnrolProblem),
}
