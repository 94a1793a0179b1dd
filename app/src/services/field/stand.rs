//! What this device is to the count now: what may be begun here, and what is to be said about it.
//!
//! Not here: the roster it is read from (`veldpost-journal`'s membership), and the words.

use super::{Field, Mode};
use veldpost_envelope::Purpose;
use veldpost_envelope::act::Stage;
use veldpost_journal::rows::Membership;

/// Whether people may be counted here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Counting {
    /// They may.
    #[default]
    Now,
    /// The campaign is not open yet: practice is what there is.
    NotYet,
    /// The night is over; what was seen then may still be entered.
    Grace,
    /// It was closed: what still comes is late, and in no table.
    Over,
    /// This device was taken out of the region.
    Removed,
}

/// What this device is to the count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Stand {
    /// There are others, and a relay.
    pub shared: bool,
    /// It is an organisation's desk.
    pub desk: bool,
    /// It waits to be admitted.
    pub waits: bool,
    /// It is the region's to run.
    pub coordinates: bool,
    /// Whether people may be counted.
    pub counting: Counting,
    /// It keeps nothing that can be read here.
    pub reads_nothing: bool,
}

impl Stand {
    /// Whether a round may be begun. One that is open goes on, whatever this says.
    pub fn may_begin(self) -> bool {
        matches!(self.counting, Counting::Now | Counting::Grace)
    }

    /// Whether a single person may be added. Late is late, and never refused.
    pub fn may_add(self) -> bool {
        !matches!(self.counting, Counting::NotYet | Counting::Removed)
    }

    /// Whether there is anything to make tables of: a member's own records are no region.
    pub fn has_tables(self) -> bool {
        !self.shared || self.coordinates
    }
}

impl Field {
    /// What this device is to the count, as the book says now.
    pub fn stand(self) -> Stand {
        let membership = self.membership();
        let Some(known) =
            membership.filter(|known| self.mode != Mode::Practice && known.is_shared())
        else {
            return Stand::default();
        };
        Stand {
            shared: true,
            desk: known.desk,
            waits: !known.member && !known.removed,
            coordinates: known.coordinates(Purpose::Count),
            counting: self.counting(&known),
            reads_nothing: known.group,
        }
    }

    fn counting(self, known: &Membership) -> Counting {
        // Until the region's settings are here nobody knows which campaign it is, and a count may be on.
        let campaign_known = self
            .settings()
            .is_some_and(|settings| settings.campaign_name.is_some());
        match known.stage() {
            _ if known.removed => Counting::Removed,
            Some(Stage::Grace) => Counting::Grace,
            Some(Stage::Locked | Stage::Published) => Counting::Over,
            None if !campaign_known => Counting::Now,
            _ if known.only_practises() => Counting::NotYet,
            _ => Counting::Now,
        }
    }
}
