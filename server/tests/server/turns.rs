//! Changes that share a transaction: each is whole or not there, and nobody hears of one that is not on the disk.
//!
//! Deliberately not here: a process that is killed meanwhile (`kills`).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

use veldpost_domain::StreamId;
use veldpost_envelope::{ActHash, EntryHash, RegionId};
use veldpost_relay::store::{
    EntryRow, RegionChange as _, RegionRow, RegionView as _, RelayStore as _, StoreError,
};
use veldpost_server::database::{Change, Database, Options};

const STREAM: StreamId = StreamId([3; 16]);

fn region(n: u8) -> RegionId {
    RegionId([n; 32])
}

fn row(position: u64) -> RegionRow {
    RegionRow {
        acts: 1,
        head: ActHash([1; 32]),
        position,
        bytes: 0,
    }
}

fn entry(bytes: usize) -> EntryRow {
    EntryRow {
        seq: 0,
        hash: EntryHash([9; 32]),
        signed: true,
        bytes: vec![5; bytes],
    }
}

fn is_there(database: &Database, n: u8) -> bool {
    let view = database.view(&region(n)).unwrap();
    view.region().unwrap().is_some()
}

/// A change of region 1 that commits while another stands behind it, which is given to `second`. What became of both.
fn behind<T: Send>(
    database: &Database,
    second: impl FnOnce(Change<'_>, &AtomicBool) -> T + Send,
) -> (Result<(), StoreError>, T) {
    let answered = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (begun, may_begin) = channel();
        let answered = &answered;
        let first = scope.spawn(move || {
            let mut first = database.change(&region(1)).unwrap();
            first.put_region(&row(1)).unwrap();
            first.put_entries(&STREAM, &[entry(10)]).unwrap();
            begun.send(()).unwrap();
            while database.waiting() == 0 {
                std::thread::yield_now();
            }
            let how = first.commit();
            answered.store(true, Ordering::SeqCst);
            how
        });
        let second = scope.spawn(move || {
            may_begin.recv().unwrap();
            second(database.change(&region(2)).unwrap(), answered)
        });
        let second = second.join().unwrap();
        (first.join().unwrap(), second)
    })
}

fn opened(options: Options) -> (tempfile::TempDir, Database) {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(folder.path(), options).unwrap();
    (folder, database)
}

#[test]
fn nobody_is_answered_before_the_transaction_that_is_shared_is_on_the_disk() {
    let (_folder, database) = opened(Options::default());
    let (first, second) = behind(&database, |mut second, answered| {
        // Time enough for whoever would answer too early.
        std::thread::sleep(Duration::from_millis(50));
        assert!(!answered.load(Ordering::SeqCst));
        assert!(!is_there(&database, 1));
        second.put_region(&row(1)).unwrap();
        second.commit()
    });
    assert_eq!((first, second), (Ok(()), Ok(())));
    assert!(is_there(&database, 1) && is_there(&database, 2));
}

#[test]
fn a_change_that_is_taken_back_leaves_the_one_before_it() {
    let (_folder, database) = opened(Options::default());
    let (first, ()) = behind(&database, |mut second, _| {
        second.put_region(&row(1)).unwrap();
        second.put_entries(&STREAM, &[entry(10)]).unwrap();
    });
    assert_eq!(first, Ok(()));
    assert!(is_there(&database, 1) && !is_there(&database, 2));
    let view = database.view(&region(1)).unwrap();
    assert_eq!(view.entries(&STREAM, 0, 9).unwrap(), [entry(10)]);
}

#[test]
fn who_only_looked_is_answered_when_what_it_saw_is_on_the_disk() {
    let (_folder, database) = opened(Options::default());
    let (begun, may_begin) = channel();
    let second_answered = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (database, second_answered) = (&database, &second_answered);
        scope.spawn(move || {
            let (first, ()) = behind(database, |second, first_answered| {
                let first = first_answered;
                begun.send(()).unwrap();
                while database.waiting() == 0 {
                    std::thread::yield_now();
                }
                second.settle().unwrap();
                second_answered.store(true, Ordering::SeqCst);
                assert!(is_there(database, 1));
                // The first is told at the same moment, or a little later.
                while !first.load(Ordering::SeqCst) {
                    std::thread::yield_now();
                }
            });
            assert_eq!(first, Ok(()));
        });
        may_begin.recv().unwrap();
        let third = database.change(&region(3)).unwrap();
        // Time enough for whoever would answer too early.
        std::thread::sleep(Duration::from_millis(50));
        assert!(
            !second_answered.load(Ordering::SeqCst),
            "nothing is on the disk"
        );
        assert!(!is_there(database, 1));
        drop(third);
    });
}

#[test]
fn on_a_full_disk_each_is_told_the_truth() {
    let most_pages = Some(60);
    let (_folder, database) = opened(Options { most_pages });
    let (first, second) = behind(&database, |mut second, _| {
        second.put_region(&row(1)).unwrap();
        let written = second.put_entries(&STREAM, &[entry(400_000)]);
        assert_eq!(written, Err(StoreError::Full));
        second.commit()
    });
    assert_eq!(second, Err(StoreError::Full));
    assert!(!is_there(&database, 2));
    // SQLite may take all of it back: then the first is told to come again, and nothing of it is there.
    assert_eq!(first.is_ok(), is_there(&database, 1), "{first:?}");
    assert!(matches!(first, Ok(()) | Err(StoreError::Busy)), "{first:?}");
    let mut again = database.change(&region(1)).unwrap();
    again.put_region(&row(2)).unwrap();
    assert_eq!(again.commit(), Ok(()));
}

#[test]
fn many_who_write_at_once_all_come_through() {
    let (folder, database) = opened(Options::default());
    std::thread::scope(|scope| {
        for n in 0..40 {
            let database = &database;
            scope.spawn(move || {
                for position in 1..=20 {
                    let mut change = database.change(&region(n)).unwrap();
                    change.put_region(&row(position)).unwrap();
                    match position % 5 {
                        0 => drop(change),
                        1 => change.settle().unwrap(),
                        _ => change.commit().unwrap(),
                    }
                }
            });
        }
    });
    drop(database);
    let database = Database::open(folder.path(), Options::default()).unwrap();
    for n in 0..40 {
        let view = database.view(&region(n)).unwrap();
        assert_eq!(view.region().unwrap(), Some(row(19)), "{n}");
    }
}
