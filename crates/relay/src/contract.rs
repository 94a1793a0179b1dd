//! What every store of a relay must do: one suite, run on each of them.
//!
//! Not here: what only one of them can show, such as what is on the disk after a power cut; those tests stand beside
//! the store.

mod rows;

use crate::store::{
    Class, Content, Interest, Life, Name, Of, Purposes, RegionChange, RegionView, RelayStore,
    StoreError,
};
use rows::{
    REGION, STREAM, act, bytes, device, entries, item, known, on_device, region, run, stream,
};
use std::collections::BTreeSet;
use veldpost_domain::StreamId;
use veldpost_envelope::wire::Incarnation;
use veldpost_envelope::{BlobId, ObjectHash, Purpose, RegionId};

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

clauses! {
    /// Nothing, and no error.
    a_new_database_has_no_life_and_knows_no_region(ground) {
        let store = ground.open()?;
        assert_eq!(store.life()?, None);
        let view = store.view(&REGION)?;
        assert_eq!(view.region()?, None);
        assert_eq!(view.acts(0, 1_000)?, []);
        assert_eq!(view.stream(&STREAM)?, None);
        assert_eq!(view.entries(&STREAM, 0, u64::MAX)?, []);
        assert_eq!(view.item(&Name::fork(&STREAM))?, None);
        assert_eq!(view.newest(&rows::everything())?, 0);
    }

    /// Over handles.
    the_last_life_holds(ground) {
        let first = Life { incarnation: Incarnation([1; 16]), restored_at: None };
        let second = Life { incarnation: Incarnation([2; 16]), restored_at: Some(-5) };
        let store = ground.open()?;
        store.begin_life(&first)?;
        assert_eq!(store.life()?, Some(first));
        store.begin_life(&second)?;
        assert_eq!(ground.open()?.life()?, Some(second));
    }

    /// A row of each table.
    what_was_committed_is_read_back(ground) {
        let store = ground.open()?;
        let entries = entries(0..3);
        change(&store, &REGION, |change| {
            change.put_act(&act(1, 40))?;
            change.put_device(&device(1))?;
            change.put_stream(&stream(1, Purpose::Signal))?;
            change.put_entries(&STREAM, &entries)?;
            change.put_item(&run(1, 0, 3))?;
            change.put_blob(&BlobId([4; 32]), &[5, 6])?;
            change.put_welcome(&[7; 16], &[8])
        })?;
        let view = store.view(&REGION)?;
        assert_eq!(view.region()?, Some(region(1)));
        assert_eq!(view.acts(1, 1_000)?, [act(1, 40)]);
        assert_eq!(view.act_hash(1)?, Some(act(1, 40).hash));
        assert_eq!(view.act_hash(2)?, None);
        assert_eq!(view.device(&on_device(1))?, Some(device(1)));
        assert_eq!(view.device(&on_device(2))?, None);
        assert_eq!(view.stream(&StreamId([1; 16]))?, Some(stream(1, Purpose::Signal)));
        assert_eq!(view.entries(&STREAM, 0, 9)?, entries);
        assert_eq!(view.item(&Name::run(&STREAM, 0))?, Some(run(1, 0, 3)));
        assert_eq!(view.blob(&BlobId([4; 32]))?, Some(vec![5, 6]));
        assert_eq!(view.blob(&BlobId([5; 32]))?, None);
        assert_eq!(view.welcome(&[7; 16])?, Some(vec![8]));
        assert_eq!(view.welcome(&[8; 16])?, None);
    }

    /// As they would be after the commit.
    a_change_sees_its_own_rows(ground) {
        let store = ground.open()?;
        change(&store, &REGION, |change| {
            change.put_entries(&STREAM, &entries(0..2))?;
            change.put_item(&run(1, 0, 2))?;
            assert_eq!(change.entries(&STREAM, 0, 9)?, entries(0..2));
            assert_eq!(change.hashes(&STREAM, 1, 2)?.len(), 1);
            assert_eq!(change.newest(&rows::everything())?, 1);
            change.put_item(&ItemAt(2).of(run(1, 0, 2)))?;
            assert_eq!(change.items(&rows::everything(), 0, 9)?.len(), 1);
            Ok(())
        })?;
    }

    /// All of it or nothing.
    a_change_that_is_dropped_leaves_nothing(ground) {
        let store = ground.open()?;
        change(&store, &REGION, |change| {
            change.put_entries(&STREAM, &entries(0..2))?;
            change.put_stream(&stream(1, Purpose::Count))?;
            change.put_item(&run(1, 0, 2))
        })?;
        let mut dropped = store.change(&REGION)?;
        dropped.put_region(&region(9))?;
        dropped.put_act(&act(1, 40))?;
        dropped.put_device(&device(1))?;
        dropped.put_stream(&stream(1, Purpose::Admin))?;
        dropped.put_stream(&stream(2, Purpose::Admin))?;
        dropped.put_entries(&STREAM, &entries(1..5))?;
        dropped.put_item(&ItemAt(2).of(run(1, 0, 2)))?;
        dropped.put_item(&run(3, 2, 5))?;
        dropped.put_blob(&BlobId([4; 32]), &[5])?;
        dropped.put_welcome(&[7; 16], &[8])?;
        drop(dropped);
        let view = store.view(&REGION)?;
        assert_eq!(view.region()?, Some(region(1)));
        assert_eq!(view.acts(1, 1_000)?, []);
        assert_eq!(view.device(&on_device(1))?, None);
        assert_eq!(view.stream(&StreamId([1; 16]))?, Some(stream(1, Purpose::Count)));
        assert_eq!(view.stream(&StreamId([2; 16]))?, None);
        assert_eq!(view.entries(&STREAM, 0, 9)?, entries(0..2));
        assert_eq!(view.items(&rows::everything(), 0, 9)?, [run(1, 0, 2)]);
        assert_eq!(view.item(&Name::run(&STREAM, 0))?, Some(run(1, 0, 2)));
        assert_eq!(view.blob(&BlobId([4; 32]))?, None);
        assert_eq!(view.welcome(&[7; 16])?, None);
    }

    /// The lock is not the region.
    a_region_that_was_only_looked_at_is_not_known(ground) {
        let store = ground.open()?;
        drop(store.change(&REGION)?);
        store.change(&REGION)?.commit()?;
        assert_eq!(store.view(&REGION)?.region()?, None);
        change(&store, &REGION, |_| Ok(()))?;
        assert_eq!(store.view(&REGION)?.region()?, Some(region(1)));
    }

    /// The same names in two regions are two rows.
    regions_share_no_rows(ground) {
        let store = ground.open()?;
        let other = RegionId([77; 32]);
        for (name, purpose, to) in [(REGION, Purpose::Count, 2), (other, Purpose::Admin, 4)] {
            change(&store, &name, |change| {
                change.put_stream(&stream(1, purpose))?;
                change.put_entries(&STREAM, &entries(0..to))?;
                change.put_item(&run(1, 0, to))?;
                change.put_blob(&BlobId([1; 32]), &to.to_be_bytes())
            })?;
        }
        for (name, purpose, to) in [(REGION, Purpose::Count, 2), (other, Purpose::Admin, 4)] {
            let view = store.view(&name)?;
            assert_eq!(view.stream(&StreamId([1; 16]))?, Some(stream(1, purpose)));
            assert_eq!(view.entries(&STREAM, 0, 9)?, entries(0..to));
            assert_eq!(view.items(&rows::everything(), 0, 9)?, [run(1, 0, to)]);
            assert_eq!(view.blob(&BlobId([1; 32]))?, Some(to.to_be_bytes().to_vec()));
            assert_eq!(view.number_of_streams(&on_device(1))?, 1);
        }
    }

    /// One at least, however little room there is.
    acts_come_in_order_as_many_as_fit(ground) {
        let store = ground.open()?;
        change(&store, &REGION, |change| {
            [3, 1, 2].into_iter().try_for_each(|height| change.put_act(&act(height, 100)))
        })?;
        let view = store.view(&REGION)?;
        let heights = |from, bytes| {
            let acts = view.acts(from, bytes)?;
            Ok::<_, StoreError>(acts.iter().map(|act| act.height).collect::<Vec<_>>())
        };
        assert_eq!(heights(1, 1_000)?, [1, 2, 3]);
        assert_eq!(heights(1, 299)?, [1, 2]);
        assert_eq!(heights(1, 300)?, [1, 2, 3]);
        assert_eq!(heights(2, 0)?, [2]);
        assert_eq!(heights(4, 1_000)?, []);
        assert_eq!(heights(u64::MAX, 1_000)?, []);
    }

    /// `from <= seq < to`; a turned range is empty.
    entries_come_in_order_within_their_range(ground) {
        let store = ground.open()?;
        let other = StreamId([9; 16]);
        change(&store, &REGION, |change| {
            change.put_entries(&STREAM, &entries(0..2))?;
            change.put_entries(&other, &entries(0..1))?;
            change.put_entries(&STREAM, &entries(2..10))
        })?;
        let view = store.view(&REGION)?;
        assert_eq!(view.entries(&STREAM, 3, 6)?, entries(3..6));
        assert_eq!(view.entries(&STREAM, 8, u64::MAX)?, entries(8..10));
        assert_eq!(view.entries(&STREAM, 10, 20)?, []);
        assert_eq!(view.entries(&STREAM, 5, 5)?, []);
        assert_eq!(view.entries(&STREAM, 6, 3)?, []);
        assert_eq!(view.entries(&other, 0, 20)?, entries(0..1));
        let hashes: Vec<_> = entries(3..6).iter().map(|entry| entry.hash).collect();
        assert_eq!(view.hashes(&STREAM, 3, 6)?, hashes);
    }

    /// What an erasure does.
    an_entry_takes_the_place_of_the_one_that_is_there(ground) {
        let store = ground.open()?;
        change(&store, &REGION, |change| change.put_entries(&STREAM, &entries(0..3)))?;
        let mut bare = entries(1..2);
        bare.iter_mut().for_each(|entry| entry.bytes.truncate(1));
        change(&store, &REGION, |change| change.put_entries(&STREAM, &bare))?;
        let view = store.view(&REGION)?;
        let expected = [entries(0..1), bare, entries(2..3)].concat();
        assert_eq!(view.entries(&STREAM, 0, 9)?, expected);
    }

    /// A page of `heads`.
    streams_come_by_their_id_behind_one_and_of_these_purposes(ground) {
        let store = ground.open()?;
        let purposes = [Purpose::Count, Purpose::Signal, Purpose::Count, Purpose::Admin];
        change(&store, &REGION, |change| {
            let mut streams = (1..).zip(purposes).collect::<Vec<_>>();
            streams.reverse();
            streams.into_iter().try_for_each(|(n, purpose)| change.put_stream(&stream(n, purpose)))
        })?;
        let view = store.view(&REGION)?;
        let found = |purposes: &[Purpose], after: Option<u8>, most| {
            let purposes = purposes.iter().copied().collect();
            let after = after.map(|n| StreamId([n; 16]));
            let rows = view.streams(purposes, after.as_ref(), most)?;
            Ok::<_, StoreError>(rows.iter().map(|row| row.stream.0[0]).collect::<Vec<_>>())
        };
        assert_eq!(found(&Purpose::ALL, None, 9)?, [1, 2, 3, 4]);
        assert_eq!(found(&[Purpose::Count], None, 9)?, [1, 3]);
        assert_eq!(found(&[Purpose::Count, Purpose::Admin], Some(1), 9)?, [3, 4]);
        assert_eq!(found(&Purpose::ALL, Some(2), 1)?, [3]);
        assert_eq!(found(&[], None, 9)?, []);
    }

    /// A stream that is written again is no other.
    the_streams_of_a_device_are_counted(ground) {
        let store = ground.open()?;
        change(&store, &REGION, |change| {
            for n in [1, 2, 2, 3] {
                let mut row = stream(n, Purpose::Count);
                row.device = on_device(if n == 3 { 8 } else { 7 });
                change.put_stream(&row)?;
            }
            Ok(())
        })?;
        let view = store.view(&REGION)?;
        assert_eq!(view.number_of_streams(&on_device(7))?, 2);
        assert_eq!(view.number_of_streams(&on_device(8))?, 1);
        assert_eq!(view.number_of_streams(&on_device(9))?, 0);
    }

    /// And its old position is gone.
    an_item_takes_the_place_of_its_name(ground) {
        let store = ground.open()?;
        let receipt = |position, value| item(position, Name::receipt(&STREAM, &on_device(1)), value);
        change(&store, &REGION, |change| change.put_item(&receipt(1, 1)))?;
        change(&store, &REGION, |change| change.put_item(&item(2, Name::fork(&STREAM), 9)))?;
        change(&store, &REGION, |change| change.put_item(&receipt(3, 2)))?;
        let view = store.view(&REGION)?;
        let fork = item(2, Name::fork(&STREAM), 9);
        assert_eq!(view.items(&rows::everything(), 0, 9)?, [fork, receipt(3, 2)]);
        assert_eq!(view.item(&receipt(1, 1).name)?, Some(receipt(3, 2)));
    }

    /// By position.
    items_are_found_by_what_they_are_of_and_by(ground) {
        let store = ground.open()?;
        let join = |position, invitation: u8, n| {
            item(position, Name::join(&[invitation; 16], &on_device(n)), n)
        };
        let erase = |position, n| item(position, Name::erase(&STREAM, &ObjectHash([n; 32])), n);
        change(&store, &REGION, |change| {
            let items = [join(4, 1, 1), join(2, 1, 2), join(3, 2, 1), erase(1, 1), erase(5, 2)];
            items.iter().try_for_each(|item| change.put_item(item))
        })?;
        let view = store.view(&REGION)?;
        assert_eq!(view.items_of(Class::Join, &[1; 16])?, [join(2, 1, 2), join(4, 1, 1)]);
        assert_eq!(view.items_by(Class::Join, &on_device(1).0)?, [join(3, 2, 1), join(4, 1, 1)]);
        assert_eq!(view.items_of(Class::Erase, &STREAM.0)?, [erase(1, 1), erase(5, 2)]);
        assert_eq!(view.items_of(Class::Fork, &STREAM.0)?, []);
    }

    /// Any interest is enough, and none takes an item twice.
    items_come_by_position_to_who_may_have_them(ground) {
        let store = ground.open()?;
        let mut all = Vec::new();
        for n in 1..=6_u8 {
            let mut item = item(n.into(), Name::erase(&STREAM, &ObjectHash([n; 32])), n);
            item.purposes = Purposes::from(if n % 2 == 0 { Purpose::Count } else { Purpose::Intake });
            item.device = on_device(n);
            all.push(item);
        }
        change(&store, &REGION, |change| all.iter().try_for_each(|item| change.put_item(item)))?;
        let of = |of| Interest { class: Class::Erase, of };
        let count = of(Of::Purposes(Purposes::from(Purpose::Count)));
        let some = of(Of::Devices(BTreeSet::from([on_device(2), on_device(5)])));
        let other = Interest { class: Class::Receipt, of: Of::Purposes(Purposes::from(Purpose::Count)) };
        let view = store.view(&REGION)?;
        let found = |interests: &[Interest], after, most| {
            let items = view.items(interests, after, most)?;
            Ok::<_, StoreError>(items.iter().map(|item| item.position).collect::<Vec<_>>())
        };
        assert_eq!(found(&[count.clone()], 0, 9)?, [2, 4, 6]);
        assert_eq!(found(&[some.clone(), count.clone(), other.clone()], 0, 9)?, [2, 4, 5, 6]);
        assert_eq!(found(&[some.clone(), count.clone()], 2, 2)?, [4, 5]);
        assert_eq!(found(&[of(Of::Devices(BTreeSet::new()))], 0, 9)?, []);
        assert_eq!(found(&[other], 0, 9)?, []);
        assert_eq!(found(&[], 0, 9)?, []);
        assert_eq!(found(&[count], u64::MAX, 9)?, []);
    }

    /// And 0 when there is none.
    the_newest_is_the_last_for_that_reader(ground) {
        let store = ground.open()?;
        change(&store, &REGION, |change| {
            for n in 1..=4_u8 {
                let mut item = item(n.into(), Name::erase(&STREAM, &ObjectHash([n; 32])), n);
                item.device = on_device(n);
                change.put_item(&item)?;
            }
            Ok(())
        })?;
        let view = store.view(&REGION)?;
        let of = |n| Interest { class: Class::Erase, of: Of::Devices(BTreeSet::from([on_device(n)])) };
        assert_eq!(view.newest(&[of(2)])?, 2);
        assert_eq!(view.newest(&[of(3), of(1)])?, 3);
        assert_eq!(view.newest(&[of(9)])?, 0);
        assert_eq!(view.newest(&[])?, 0);
    }

    /// Also two purposes at once, and none.
    every_class_and_every_purpose_comes_back(ground) {
        let store = ground.open()?;
        let names = [
            Name::run(&STREAM, 0),
            Name::receipt(&STREAM, &on_device(1)),
            Name::checkpoint(&ObjectHash([2; 32])),
            Name::erase(&STREAM, &ObjectHash([3; 32])),
            Name::join(&[4; 16], &on_device(5)),
            Name::fork(&STREAM),
        ];
        let purposes = [
            Purposes::default(),
            Purposes::from(Purpose::Admin),
            [Purpose::Count, Purpose::Signal].into_iter().collect(),
            Purpose::ALL.into_iter().collect(),
            Purposes::from(Purpose::Intake),
            Purposes::from(Purpose::Count),
        ];
        let made = (1..).zip(names.into_iter().zip(purposes));
        let items: Vec<_> = made
            .map(|(position, (name, purposes))| {
                let mut item = item(position, name, 1);
                item.purposes = purposes;
                item.at = -1;
                item
            })
            .collect();
        change(&store, &REGION, |change| items.iter().try_for_each(|item| change.put_item(item)))?;
        let view = store.view(&REGION)?;
        for item in &items {
            assert_eq!(view.item(&item.name)?.as_ref(), Some(item));
        }
        let of = |class, purpose| Interest { class, of: Of::Purposes(Purposes::from(purpose)) };
        assert_eq!(view.newest(&[of(Class::Run, Purpose::Count)])?, 0);
        assert_eq!(view.newest(&[of(Class::Checkpoint, Purpose::Signal)])?, 3);
        assert_eq!(view.newest(&[of(Class::Erase, Purpose::Intake)])?, 4);
    }

    /// What a device says of itself is anything.
    any_number_comes_back(ground) {
        let store = ground.open()?;
        let row = crate::store::StreamRow { says: Some(u64::MAX), ..stream(1, Purpose::Count) };
        let heard = crate::store::DeviceRow { heard: Some(i64::MIN), ..device(1) };
        change(&store, &REGION, |change| {
            change.put_stream(&row)?;
            change.put_device(&heard)
        })?;
        let view = store.view(&REGION)?;
        assert_eq!(view.stream(&row.stream)?, Some(row));
        assert_eq!(view.device(&on_device(1))?, Some(heard));
    }

    /// One an invitation.
    a_later_welcome_takes_the_place(ground) {
        let store = ground.open()?;
        change(&store, &REGION, |change| change.put_welcome(&[1; 16], &[1, 2]))?;
        change(&store, &REGION, |change| change.put_welcome(&[1; 16], &[3]))?;
        assert_eq!(store.view(&REGION)?.welcome(&[1; 16])?, Some(vec![3]));
    }

    /// A blob, a checkpoint with its heads, a large act, a large entry.
    large_values_come_back_whole(ground) {
        let store = ground.open()?;
        let checkpoint = crate::store::ItemRow {
            content: Content::Value(bytes(528_384)),
            ..item(1, Name::checkpoint(&ObjectHash([1; 32])), 0)
        };
        let mut entry = entries(0..1);
        entry.iter_mut().for_each(|entry| entry.bytes = bytes(67_584));
        change(&store, &REGION, |change| {
            change.put_blob(&BlobId([1; 32]), &bytes(262_144))?;
            change.put_item(&checkpoint)?;
            change.put_act(&act(1, 65_536))?;
            change.put_entries(&STREAM, &entry)
        })?;
        let view = store.view(&REGION)?;
        assert!(view.blob(&BlobId([1; 32]))? == Some(bytes(262_144)));
        assert!(view.item(&checkpoint.name)? == Some(checkpoint));
        assert!(view.acts(1, 1)? == [act(1, 65_536)]);
        assert!(view.entries(&STREAM, 0, 1)? == entry);
    }

    /// In twenty runs.
    ten_thousand_entries_come_back_in_order(ground) {
        let store = ground.open()?;
        for first in (0..10_000).step_by(500) {
            change(&store, &REGION, |change| {
                change.put_entries(&STREAM, &entries(first..first + 500))?;
                change.put_item(&run(first / 500 + 1, first, first + 500))
            })?;
        }
        let view = store.view(&REGION)?;
        assert!(view.entries(&STREAM, 0, 10_000)? == entries(0..10_000));
        assert_eq!(view.items(&rows::everything(), 0, 100)?.len(), 20);
    }

    /// The next start finds what the last one kept.
    rows_survive_closing_and_opening(ground) {
        let store = ground.open()?;
        change(&store, &REGION, |change| change.put_entries(&STREAM, &entries(0..2)))?;
        drop(store);
        let store = ground.open()?;
        assert_eq!(store.view(&REGION)?.entries(&STREAM, 0, 9)?, entries(0..2));
        change(&store, &REGION, |change| change.put_entries(&STREAM, &entries(2..3)))?;
        assert_eq!(ground.open()?.view(&REGION)?.entries(&STREAM, 0, 9)?, entries(0..3));
    }

    /// Two that append at once lose no position, and wait for one another.
    a_region_is_changed_by_one_at_a_time(ground) {
        const EACH: u64 = 50;
        change(&ground.open()?, &REGION, |_| Ok(()))?;
        let append = || {
            let store = ground.open()?;
            for _ in 0..EACH {
                let mut change = store.change(&REGION)?;
                let mut row = change.region()?.ok_or(StoreError::Damaged("region"))?;
                row.position += 1;
                let name = Name::run(&STREAM, row.position);
                change.put_item(&item(row.position, name, 0))?;
                change.put_region(&row)?;
                change.commit()?;
            }
            Ok(())
        };
        let outcomes: Vec<Outcome> = std::thread::scope(|scope| {
            let threads = [scope.spawn(append), scope.spawn(append)];
            threads.map(|thread| thread.join().unwrap_or(Err(StoreError::Lost))).into()
        });
        assert_eq!(outcomes, [Ok(()), Ok(())]);
        let view = ground.open()?;
        let view = view.view(&REGION)?;
        let first = region(1).position;
        assert_eq!(view.region()?.map(|row| row.position), Some(first + 2 * EACH));
        assert_eq!(view.items(&rows::everything(), 0, 1_000)?.len() as u64, 2 * EACH);
    }

    /// A view is of one moment.
    nobody_sees_half_of_a_change(ground) {
        let store = ground.open()?;
        let write = |n: u64| {
            change(&store, &REGION, |change| {
                change.put_welcome(&[1; 16], &n.to_be_bytes())?;
                change.put_blob(&BlobId([1; 32]), &[])?;
                change.put_welcome(&[2; 16], &n.to_be_bytes())
            })
        };
        write(0)?;
        let look = || {
            let store = ground.open()?;
            for _ in 0..200 {
                let view = store.view(&REGION)?;
                assert_eq!(view.welcome(&[1; 16])?, view.welcome(&[2; 16])?);
            }
            Ok(())
        };
        let seen: Outcome = std::thread::scope(|scope| {
            let reader = scope.spawn(look);
            (1..100).try_for_each(write)?;
            reader.join().unwrap_or(Err(StoreError::Lost))
        });
        assert_eq!(seen, Ok(()));
    }

    /// What `/readyz` asks.
    it_says_whether_it_takes_a_write(ground) {
        let store = ground.open()?;
        store.probe()?;
        assert_eq!(store.view(&REGION)?.region()?, None);
    }
}

/// Gives an item another position.
struct ItemAt(u64);

impl ItemAt {
    fn of(self, item: crate::store::ItemRow) -> crate::store::ItemRow {
        crate::store::ItemRow {
            position: self.0,
            ..item
        }
    }
}
