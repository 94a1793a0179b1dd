//! The relay's rows in one SQLite file: one writer, readers that nobody waits for, and a commit that is on the disk.
//!
//! Deliberately not here: any rule about what may stand in the rows; the relay's core has them (`veldpost_relay`).

mod error;
mod pool;
mod reading;
mod schema;
mod turn;
pub mod upkeep;
mod verify;
mod writing;

pub use error::DatabaseError;
pub use reading::View;
pub use verify::Holding;
pub use writing::Change;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _};
use veldpost_envelope::RegionId;
use veldpost_envelope::wire::Incarnation;
use veldpost_relay::store::{Life, RelayStore, StoreError};

use crate::data_folder;

use error::refusal;
use pool::Pool;
use turn::Writer;

/// The file's name in the data folder.
pub const FILE: &str = "relay.sqlite3";

/// The oldest SQLite that may run: before it a crash at a certain moment of a checkpoint could lose a commit of a
/// write-ahead log (the "WAL-reset bug", fixed in 3.51.3).
const OLDEST_SQLITE: i32 = 3_051_003;

/// How long a change waits for the one before it.
const PATIENCE: Duration = Duration::from_secs(10);
/// More readers than these wait for one another.
const READERS: usize = 4;

/// How a database is opened.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The most pages (of 4 KiB) that the file may have: a change that needs more is refused as if the disk were full.
    pub most_pages: Option<u32>,
}

/// The store.
#[derive(Debug)]
pub struct Database {
    path: PathBuf,
    /// Which file that was when it was opened.
    opened: Option<FileNumber>,
    writer: Writer,
    readers: Pool,
}

impl Database {
    /// Opens the file in a data folder, makes it where there is none, and brings an older one up to date.
    ///
    /// # Errors
    /// [`DatabaseError`], by what the operator can do.
    pub fn open(folder: &Path, options: Options) -> Result<Self, DatabaseError> {
        let version = rusqlite::version_number();
        if version < OLDEST_SQLITE {
            return Err(DatabaseError::OldSqlite(rusqlite::version().to_owned()));
        }
        let path = folder.join(FILE);
        make(&path)?;
        let first = pool::writer(&path, options);
        let mut first = first.map_err(|problem| not_writable(&path, problem))?;
        schema::bring_up_to_date(&mut first)?;
        let of_readers = path.clone();
        let writer = Writer::new(path.clone(), options, PATIENCE)?;
        let readers = Pool::new(READERS, PATIENCE, move || pool::reader(&of_readers))?;
        let database = Self {
            opened: FileNumber::of(&path),
            path,
            writer,
            readers,
        };
        // SQLite opens one that it may only read all the same, and each push would find out. One that is full can be read
        // at least, and goes on when there is room.
        match database.probe() {
            Ok(()) | Err(StoreError::Full) => Ok(database),
            Err(problem) => Err(not_writable(&database.path, problem)),
        }
    }

    /// Whether what is written stands in the folder's file: SQLite goes on in one that was deleted or replaced, and all of it
    /// would be gone with the process.
    fn is_in_place(&self) -> bool {
        FileNumber::of(&self.path) == self.opened
    }

    /// How long it is, with its log.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        bytes(&self.path).unwrap_or(0)
    }

    /// How many changes wait for the one under way.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.writer.waiting()
    }
}

impl RelayStore for Database {
    type View<'s> = View<'s>;
    type Change<'s> = Change<'s>;

    fn life(&self) -> Result<Option<Life>, StoreError> {
        life(&*self.readers.take()?)
    }

    fn begin_life(&self, life: &Life) -> Result<(), StoreError> {
        let turn = self.writer.turn()?;
        put_life(&turn, life).map_err(refusal)?;
        turn.commit()
    }

    fn view(&self, region: &RegionId) -> Result<View<'_>, StoreError> {
        let lease = self.readers.take()?;
        lease.execute_batch("BEGIN").map_err(refusal)?;
        // The first read is the moment that all the others see.
        let number = region_number(&lease, region)?;
        Ok(View::new(lease, number))
    }

    fn change(&self, region: &RegionId) -> Result<Change<'_>, StoreError> {
        let turn = self.writer.turn()?;
        let number = region_number(&turn, region)?;
        Change::new(turn, *region, number)
    }

    fn probe(&self) -> Result<(), StoreError> {
        if !self.is_in_place() {
            return Err(StoreError::Other(String::from(
                "its file was deleted or replaced",
            )));
        }
        let turn = self.writer.turn()?;
        turn.execute("UPDATE probe SET writes = writes + 1", [])
            .map_err(refusal)?;
        // Not before the disk has it: until then it is in memory only, which takes everything.
        turn.commit()
    }
}

/// By what a file system tells a file from another one of the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileNumber {
    device: u64,
    inode: u64,
}

impl FileNumber {
    #[cfg(unix)]
    fn of(path: &Path) -> Option<Self> {
        use std::os::unix::fs::MetadataExt as _;
        let found = std::fs::metadata(path).ok()?;
        Some(Self {
            device: found.dev(),
            inode: found.ino(),
        })
    }

    #[cfg(not(unix))]
    fn of(_: &Path) -> Option<Self> {
        None
    }
}

/// SQLite gives what it writes beside a database the database's own rights.
fn make(path: &Path) -> Result<(), DatabaseError> {
    match data_folder::private().create_new(true).open(path) {
        Err(source) if source.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(DatabaseError::File {
                path: path.to_path_buf(),
                source,
            })
        }
        _ => Ok(()),
    }
}

fn not_writable(path: &Path, problem: StoreError) -> DatabaseError {
    match problem {
        StoreError::Other(why) => DatabaseError::NotWritable {
            path: path.to_path_buf(),
            why,
        },
        other => other.into(),
    }
}

/// The file's length and its log's: a change stands in the log first.
fn bytes(path: &Path) -> std::io::Result<u64> {
    let log = std::fs::metadata(path.with_file_name(format!("{FILE}-wal")));
    let log = log.map_or(0, |log| log.len());
    Ok(std::fs::metadata(path)?.len() + log)
}

fn life(connection: &Connection) -> Result<Option<Life>, StoreError> {
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Life {
            incarnation: Incarnation(row.get(0)?),
            restored_at: row.get(1)?,
        })
    };
    connection
        .prepare_cached("SELECT incarnation, restored_at FROM life")
        .and_then(|mut statement| statement.query_row([], read).optional())
        .map_err(refusal)
}

fn put_life(connection: &Connection, life: &Life) -> rusqlite::Result<usize> {
    connection.execute(
        "INSERT INTO life (one, incarnation, restored_at) VALUES (1, ?1, ?2)
         ON CONFLICT (one) DO UPDATE SET incarnation = ?1, restored_at = ?2",
        (life.incarnation.0, life.restored_at),
    )
}

/// Rows name their region by a number, which is shorter; 0 stands for one that is not known.
fn region_number(connection: &Connection, region: &RegionId) -> Result<i64, StoreError> {
    let number = connection
        .prepare_cached("SELECT number FROM region WHERE region = ?1")
        .and_then(|mut statement| {
            let number = statement.query_row([region.0], |row| row.get(0));
            number.optional()
        });
    Ok(number.map_err(refusal)?.unwrap_or(0))
}
