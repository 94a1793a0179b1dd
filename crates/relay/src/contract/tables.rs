//! Acts, streams, entries, blobs, welcomes.
//!
//! Not here: what gets a position (`items`).

use super::rows::{REGION, STREAM, act, bytes, device, entries, item, on_device, run, stream};
use super::{Ground, Outcome, change, rows};
use crate::store::{
    Content, DeviceRow, ItemRow, Name, RegionChange, RegionView, RelayStore, StoreError, StreamRow,
};
use veldpost_domain::StreamId;
use veldpost_envelope::{BlobId, ObjectHash, Purpose};

clauses! {
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

    /// What a device says of itself is anything.
    any_number_comes_back(ground) {
        let store = ground.open()?;
        let row = StreamRow { says: Some(u64::MAX), ..stream(1, Purpose::Count) };
        let heard = DeviceRow { heard: Some(i64::MIN), ..device(1) };
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
        let checkpoint = ItemRow {
            content: Content::Value(bytes(528_384)),
            ..item(1, Name::checkpoint(&ObjectHash([1; 32])), 0)
        };
        let mut entry = entries(0..1);
        entry.iter_mut().for_each(|entry| entry.bytes = bytes(67_584));
        change(&store, &REGION, |change| {
            change.put_blob(&BlobId([1; 32]), &bytes(262_144))?;
            change.put_item(&checkpoint)?;
            change.put_act(&act(1, 262_144))?;
            change.put_entries(&STREAM, &entry)
        })?;
        let view = store.view(&REGION)?;
        assert!(view.blob(&BlobId([1; 32]))? == Some(bytes(262_144)));
        assert!(view.item(&checkpoint.name)? == Some(checkpoint));
        assert!(view.acts(1, 1)? == [act(1, 262_144)]);
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
}
