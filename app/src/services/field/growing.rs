//! A region of one moves on, while its book stays open.
//!
//! Not here: what is written (`veldpost-journal`), and asking the person.

use super::{Field, Mode, bound};
use std::collections::BTreeSet;
use veldpost_domain::{RecordId, RecordKind, RecordSet};
use veldpost_envelope::Joined;
use veldpost_journal::rows::Settings;
use veldpost_journal::{JournalError, NewMember};
use zeroize::Zeroizing;

/// What a device counted alone, as people speak of it: the report of a round is nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct OwnRecords {
    /// There is a record, be it one that was withdrawn or the report of a round.
    pub any: bool,
    /// People who were seen and of whom no form was filled in.
    pub seen: usize,
    /// Forms.
    pub forms: usize,
}

impl OwnRecords {
    fn of(records: &RecordSet) -> Self {
        let standing = || records.iter().filter(|record| record.stands());
        let promoted: BTreeSet<RecordId> = standing()
            .filter_map(|record| record.context()?.promoted_from)
            .collect();
        let of = |kind| standing().filter(move |record| record.kind() == kind);
        let seen = of(RecordKind::Observation).filter(|record| !promoted.contains(&record.id()));
        Self {
            any: !records.is_empty(),
            seen: seen.count(),
            forms: of(RecordKind::Person).count(),
        }
    }
}

impl Field {
    /// Whether the book is a real region of one, which may join another.
    pub fn is_alone(self) -> bool {
        self.mode == Mode::Real && self.membership().is_some_and(|known| known.is_alone())
    }

    /// What can be read here now and would go along.
    pub fn own_records(self) -> OwnRecords {
        self.book()
            .map_or_else(OwnRecords::default, |book| OwnRecords::of(&book.records()))
    }

    /// The keys that a device which joins has: those of its region of one, or none yet.
    pub fn own_newcomer(self) -> Option<Result<NewMember, JournalError>> {
        self.book().map(|book| book.newcomer())
    }

    /// The invitation stays until it was taken up: locking in between must not cost it.
    pub fn keep_invitation(self, link: &str) {
        *self.inner().invitation.borrow_mut() = Some(Zeroizing::new(link.to_owned()));
    }

    /// Others may join the open region of one from here on. `false`: it was refused, and said; nothing was changed.
    pub async fn share(self, relay: &str, settings: Settings) -> bool {
        let Some(book) = self.book() else {
            return false;
        };
        match book.share(relay, settings).await {
            Ok(()) => {
                self.committed(&book);
                true
            }
            Err(error) => {
                self.refused(&error);
                false
            }
        }
    }

    /// Joins with the open region of one. `false`: it was refused, and said; nothing was changed.
    pub async fn join_along(self, joined: &Joined<'_>, settings: &Settings, along: bool) -> bool {
        let Some(book) = self.book() else {
            return false;
        };
        let written = match book.store().device_key().await {
            Ok(key) => book.join_along(&bound(&key), joined, settings, along).await,
            Err(error) => Err(error.into()),
        };
        match written {
            Ok(()) => {
                let _ = self.take_invitation();
                self.committed(&book);
                true
            }
            Err(error) => {
                self.refused(&error);
                false
            }
        }
    }
}
