//! What every store of a relay must do: one suite, run on each of them.
//!
//! Not here: what only one of them can show, such as what is on the disk after a power cut; those tests stand beside
//! the store.

macro_rules! clauses {
    ($($(#[$doc:meta])* $name:ident($ground:ident) $body:block)*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// Whatever the store answered where the contract expects success.
        pub fn $name<G: Ground>($ground: &G) -> Outcome {
            $body
            Ok(())
        }
    )*};
}

mod changes;
mod items;
mod rows;
mod tables;

pub use changes::*;
pub use items::*;
pub use tables::*;

use crate::store::{RegionChange, RegionView, RelayStore, StoreError};
use rows::known;
use veldpost_envelope::RegionId;

/// One database for one test.
pub trait Ground: Sync {
    /// The store under test.
    type Store: RelayStore;

    /// Another handle on the same database, as a restart or a second process opens one.
    ///
    /// # Errors
    /// As the store's own opening.
    fn open(&self) -> Result<Self::Store, StoreError>;
}

/// Calls a macro with the name of every function of the contract.
#[macro_export]
macro_rules! for_each_clause {
    ($call:ident) => {
        $call! {
            a_new_database_has_no_life_and_knows_no_region,
            the_last_life_holds,
            what_was_committed_is_read_back,
            a_change_sees_its_own_rows,
            a_change_that_is_dropped_leaves_nothing,
            a_region_that_was_only_looked_at_is_not_known,
            regions_share_no_rows,
            acts_come_in_order_as_many_as_fit,
            entries_come_in_order_within_their_range,
            an_entry_takes_the_place_of_the_one_that_is_there,
            streams_come_by_their_id_behind_one_and_of_these_purposes,
            the_streams_of_a_device_are_counted,
            an_item_takes_the_place_of_its_name,
            items_are_found_by_what_they_are_of_and_by,
            items_come_by_position_to_who_may_have_them,
            the_newest_is_the_last_for_that_reader,
            every_class_and_every_purpose_comes_back,
            any_number_comes_back,
            a_later_welcome_takes_the_place,
            large_values_come_back_whole,
            ten_thousand_entries_come_back_in_order,
            rows_survive_closing_and_opening,
            a_region_is_changed_by_one_at_a_time,
            nobody_sees_half_of_a_change,
            it_says_whether_it_takes_a_write,
        }
    };
}

type Outcome = Result<(), StoreError>;

/// Changes a region that is made when it is not there.
fn change<S: RelayStore>(
    store: &S,
    name: &RegionId,
    write: impl FnOnce(&mut S::Change<'_>) -> Outcome,
) -> Outcome {
    let mut change = store.change(name)?;
    if change.region()?.is_none() {
        known(&mut change)?;
    }
    write(&mut change)?;
    change.commit()
}
