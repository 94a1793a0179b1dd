//! Lives, views and changes: all or nothing, one at a time, and nothing of another region.
//!
//! Not here: each table on its own (`tables`, `items`).

use super::rows::{REGION, STREAM, act, at, device, entries, item, on_device, region, run, stream};
use super::{Ground, Outcome, change, rows};
use crate::store::{Life, Name, RegionChange, RegionView, RelayStore, StoreError};
use veldpost_domain::StreamId;
use veldpost_envelope::wire::Incarnation;
use veldpost_envelope::{BlobId, Purpose, RegionId};

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
            change.put_item(&at(2, run(1, 0, 2)))?;
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
        dropped.put_item(&at(2, run(1, 0, 2)))?;
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
