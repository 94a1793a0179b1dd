//! The database as the relay's core meets it, and what SQLite alone can do wrong.

use std::path::Path;
use std::sync::Barrier;

use veldpost_domain::StreamId;
use veldpost_envelope::wire::Incarnation;
use veldpost_envelope::{ActHash, BlobId, EntryHash, RegionId};
use veldpost_relay::contract::{self, Ground};
use veldpost_relay::store::{
    EntryRow, Life, RegionChange as _, RegionRow, RegionView as _, RelayStore as _, StoreError,
};
use veldpost_server::database::{Database, DatabaseError, FILE, Options};

/// A folder for one test of the contract.
struct OnDisk(tempfile::TempDir);

impl Ground for OnDisk {
    type Store = Database;

    fn open(&self) -> Result<Database, StoreError> {
        match Database::open(self.0.path(), Options::default()) {
            Ok(database) => Ok(database),
            Err(DatabaseError::Store(problem)) => Err(problem),
            Err(other) => Err(StoreError::Other(other.to_string())),
        }
    }
}

macro_rules! tests {
    ($($name:ident,)*) => {$(
        #[test]
        fn $name() {
            contract::$name(&OnDisk(tempfile::tempdir().unwrap())).unwrap();
        }
    )*};
}

mod keeps_the_contract {
    use super::{OnDisk, contract};
    veldpost_relay::for_each_clause!(tests);
}

const REGION: RegionId = RegionId([7; 32]);
const STREAM: StreamId = StreamId([3; 16]);

fn opened() -> (tempfile::TempDir, Database) {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(folder.path(), Options::default()).unwrap();
    (folder, database)
}

fn region_at(position: u64) -> RegionRow {
    RegionRow {
        acts: 1,
        head: ActHash([1; 32]),
        position,
        bytes: 0,
    }
}

fn entry(seq: u64, bytes: usize) -> EntryRow {
    EntryRow {
        seq,
        hash: EntryHash([9; 32]),
        signed: true,
        bytes: vec![5; bytes],
    }
}

/// In memory there is always room.
#[test]
fn whether_it_takes_a_write_is_tried_on_the_disk() {
    let (folder, database) = opened();
    // One at the start, before it announces itself.
    for tried in 2..4 {
        database.probe().unwrap();
        assert_eq!(probes(folder.path()), tried);
    }
}

/// How many writes were tried on the database of a folder.
pub fn probes(folder: &Path) -> u32 {
    let other = rusqlite::Connection::open(folder.join(FILE)).unwrap();
    let read = other.query_row("SELECT writes FROM probe", [], |row| row.get(0));
    read.unwrap()
}

#[test]
fn what_was_committed_is_there_after_a_start_and_what_was_not_is_not() {
    let (folder, database) = opened();
    let life = Life {
        incarnation: Incarnation([4; 16]),
        restored_at: Some(-1),
    };
    database.begin_life(&life).unwrap();
    let mut change = database.change(&REGION).unwrap();
    change.put_region(&region_at(1)).unwrap();
    change.put_entries(&STREAM, &[entry(0, 10)]).unwrap();
    change.commit().unwrap();
    let mut change = database.change(&REGION).unwrap();
    change.put_region(&region_at(2)).unwrap();
    assert_eq!(change.region().unwrap(), Some(region_at(2)));
    drop(change);
    drop(database);
    let database = Database::open(folder.path(), Options::default()).unwrap();
    assert_eq!(database.life().unwrap(), Some(life));
    let view = database.view(&REGION).unwrap();
    assert_eq!(view.region().unwrap(), Some(region_at(1)));
    assert_eq!(view.entries(&STREAM, 0, u64::MAX).unwrap(), [entry(0, 10)]);
}

#[test]
fn a_view_stays_at_its_moment_while_others_write() {
    let (_folder, database) = opened();
    let view = database.view(&REGION).unwrap();
    let mut change = database.change(&REGION).unwrap();
    change.put_region(&region_at(1)).unwrap();
    change.commit().unwrap();
    assert_eq!(view.region().unwrap(), None);
    drop(view);
    let view = database.view(&REGION).unwrap();
    assert_eq!(view.region().unwrap(), Some(region_at(1)));
}

#[test]
fn rows_without_a_region_do_not_stay() {
    let (_folder, database) = opened();
    let mut change = database.change(&REGION).unwrap();
    change.put_blob(&BlobId([1; 32]), b"sealed").unwrap();
    change.commit().unwrap();
    assert_eq!(
        database
            .view(&REGION)
            .unwrap()
            .blob(&BlobId([1; 32]))
            .unwrap(),
        None
    );
    let mut change = database.change(&RegionId([8; 32])).unwrap();
    change.put_region(&region_at(0)).unwrap();
    assert_eq!(change.blob(&BlobId([1; 32])).unwrap(), None);
    change.commit().unwrap();
}

#[test]
fn a_full_disk_refuses_a_change_whole_and_the_next_small_one_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        most_pages: Some(120),
    };
    let database = Database::open(folder.path(), options).unwrap();
    let mut change = database.change(&REGION).unwrap();
    change.put_region(&region_at(1)).unwrap();
    change.put_entries(&STREAM, &[entry(0, 1_000)]).unwrap();
    change.commit().unwrap();

    let mut change = database.change(&REGION).unwrap();
    change.put_region(&region_at(2)).unwrap();
    let many: Vec<EntryRow> = (1..400).map(|seq| entry(seq, 4_000)).collect();
    assert_eq!(change.put_entries(&STREAM, &many), Err(StoreError::Full));
    // Whoever goes on all the same gets the same word, and nothing stands there alone.
    assert_eq!(
        change.put_blob(&BlobId([1; 32]), b"x"),
        Err(StoreError::Full)
    );
    assert_eq!(change.commit(), Err(StoreError::Full));
    let view = database.view(&REGION).unwrap();
    assert_eq!(view.region().unwrap(), Some(region_at(1)));
    assert_eq!(view.entries(&STREAM, 0, u64::MAX).unwrap().len(), 1);
    assert_eq!(view.blob(&BlobId([1; 32])).unwrap(), None);

    let mut change = database.change(&REGION).unwrap();
    change.put_region(&region_at(3)).unwrap();
    change.commit().unwrap();
    database.probe().unwrap();
}

#[test]
fn writers_wait_for_one_another_and_none_is_lost() {
    let (_folder, database) = opened();
    let at_once = Barrier::new(6);
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                at_once.wait();
                for _ in 0..10 {
                    let mut change = database.change(&REGION).unwrap();
                    let position = change.region().unwrap().map_or(0, |row| row.position);
                    change.put_region(&region_at(position + 1)).unwrap();
                    change.commit().unwrap();
                }
            });
        }
    });
    let row = database.view(&REGION).unwrap().region().unwrap();
    assert_eq!(row, Some(region_at(60)));
}

#[test]
fn another_programs_file_and_a_newer_database_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(FILE);
    std::fs::write(&file, vec![b'x'; 8_192]).unwrap();
    let refused = Database::open(folder.path(), Options::default());
    assert!(refused.is_err(), "{refused:?}");
    std::fs::remove_file(&file).unwrap();
    let other = rusqlite::Connection::open(&file).unwrap();
    other.execute_batch("CREATE TABLE mine (a)").unwrap();
    let refused = Database::open(folder.path(), Options::default());
    assert!(
        matches!(refused, Err(DatabaseError::NotOurs)),
        "{refused:?}"
    );
    drop(other);
    std::fs::remove_file(&file).unwrap();
    drop(Database::open(folder.path(), Options::default()).unwrap());
    let newer = rusqlite::Connection::open(&file).unwrap();
    newer.pragma_update(None, "user_version", 1_000).unwrap();
    let refused = Database::open(folder.path(), Options::default());
    assert!(
        matches!(refused, Err(DatabaseError::Newer(1_000))),
        "{refused:?}"
    );
}
