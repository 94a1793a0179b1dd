//! Copies of the database, and putting one back.
//!
//! Deliberately not here: copies elsewhere. A file on the same disk is no backup until something carries it away.

mod file;

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::Backup;
use veldpost_relay::store::Life;

use crate::data_folder;

use super::error::refusal;
use super::verify::{self, Holding};
use super::{DatabaseError, FILE, Options, life, pool, put_life, schema};
use file::{BESIDE, Unfinished, with_ending};

/// That nobody else has the data folder's database open to write.
#[derive(Debug)]
pub struct Sole {
    /// The lock goes with it, also when the process is killed.
    _lock: File,
}

impl Sole {
    /// Takes a data folder for this process.
    ///
    /// # Errors
    /// [`DatabaseError::InUse`] while a server runs on it.
    pub fn take(folder: &Path) -> Result<Self, DatabaseError> {
        let path = folder.join("relay.lock");
        let opened = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path);
        let lock = opened.map_err(|source| file_error(&path, source))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _lock: lock }),
            Err(std::fs::TryLockError::WouldBlock) => {
                Err(DatabaseError::InUse(folder.to_path_buf()))
            }
            Err(std::fs::TryLockError::Error(source)) => Err(file_error(&path, source)),
        }
    }
}

/// What a check found.
#[derive(Clone, Debug)]
pub struct Health {
    /// Of the library.
    pub sqlite: &'static str,
    /// Which life of the database this is; none while it is empty.
    pub life: Option<Life>,
    /// What it holds, verified.
    pub holding: Holding,
    /// The file's length.
    pub bytes: u64,
}

/// Copies the database of a data folder, as it is at one moment, into a file of its own. A server may go on meanwhile.
///
/// # Errors
/// [`DatabaseError`]; then `to` is as it was.
pub fn backup(folder: &Path, to: &Path) -> Result<(), DatabaseError> {
    lies_elsewhere(folder, to)?;
    let from = opened(&folder.join(FILE))?;
    let made = Unfinished::new(to).map_err(|source| file_error(to, source))?;
    copy(&from, made.path(), |_| Ok(()))?;
    made.put_in_place().map_err(|source| file_error(to, source))
}

/// A copy takes the place of what has its name. The server would go on in a database that has none any more, and lose it
/// when it stops.
fn lies_elsewhere(folder: &Path, to: &Path) -> Result<(), DatabaseError> {
    let inside = data_folder::holds(folder, to);
    let inside = inside.map_err(|source| file_error(data_folder::parent(to), source))?;
    // The database may be a link to where there is room.
    let database = folder.join(FILE);
    let database = database.canonicalize().unwrap_or(database);
    let by_link = |ending| data_folder::is_same(&with_ending(&database, ending), to);
    match inside || by_link("") || BESIDE.into_iter().any(by_link) {
        true => Err(DatabaseError::CopyAtHome(to.to_path_buf())),
        false => Ok(()),
    }
}

/// Puts a copy in the place of a data folder's database, as another life of it. What was there stays beside it: its files
/// are returned.
///
/// # Errors
/// [`DatabaseError`]; then the database is as it was.
pub fn restore(
    folder: &Path,
    copy_file: &Path,
    chains: bool,
    life: &Life,
) -> Result<Vec<PathBuf>, DatabaseError> {
    let _sole = Sole::take(folder)?;
    let from = opened(copy_file)?;
    verify::file(&from)?;
    if chains {
        verify::chains(&from)?;
    }
    let path = folder.join(FILE);
    let made = Unfinished::new(&path).map_err(|source| file_error(&path, source))?;
    copy(&from, made.path(), |copied| {
        schema::bring_up_to_date(copied)?;
        put_life(copied, life).map(drop).map_err(failed)
    })?;
    let before = set_aside(&path, life)?;
    let put = made.put_in_place();
    put.map_err(|source| file_error(&path, source))?;
    Ok(before)
}

/// Checks a data folder's database whole.
///
/// # Errors
/// [`DatabaseError::Damaged`] says what does not hold.
pub fn check(folder: &Path) -> Result<Health, DatabaseError> {
    let path = folder.join(FILE);
    let connection = opened(&path)?;
    // Everything is as it was at one moment, also while a server goes on.
    connection.execute_batch("BEGIN").map_err(failed)?;
    verify::file(&connection)?;
    let holding = verify::chains(&connection)?;
    let bytes = std::fs::metadata(&path).map_err(|source| file_error(&path, source))?;
    Ok(Health {
        sqlite: rusqlite::version(),
        life: life(&connection)?,
        holding,
        bytes: bytes.len(),
    })
}

/// One that is there.
fn opened(path: &Path) -> Result<Connection, DatabaseError> {
    std::fs::metadata(path).map_err(|source| file_error(path, source))?;
    let connection = pool::reader(path)?;
    schema::version(&connection)?;
    Ok(connection)
}

/// The whole copy is one step: in smaller ones it would begin anew with each commit of the server.
fn copy(
    from: &Connection,
    to: &Path,
    then: impl FnOnce(&mut Connection) -> Result<(), DatabaseError>,
) -> Result<(), DatabaseError> {
    let mut copied = Connection::open(to).map_err(failed)?;
    {
        let backup = Backup::new(from, &mut copied).map_err(failed)?;
        backup
            .run_to_completion(i32::MAX, Duration::from_millis(50), None)
            .map_err(failed)?;
    }
    // A copy is one file, without a log beside it.
    copied
        .pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))
        .map_err(failed)?;
    then(&mut copied)?;
    copied.close().map_err(|(_, problem)| failed(problem))
}

/// Keeps what is there under another name.
fn set_aside(path: &Path, life: &Life) -> Result<Vec<PathBuf>, DatabaseError> {
    // What stands in its log only goes into the file. One that cannot be opened is kept as it is, with its log.
    if path.exists()
        && let Ok(connection) = pool::writer(path, Options::default())
    {
        let emptied = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        emptied.map_err(failed)?;
        connection.close().map_err(|(_, problem)| failed(problem))?;
    }
    let when = life.restored_at.unwrap_or_default();
    let aside = with_ending(path, &format!(".before-{when}"));
    file::set_aside(path, &aside).map_err(|source| file_error(&aside, source))
}

fn failed(problem: rusqlite::Error) -> DatabaseError {
    DatabaseError::Store(refusal(problem))
}

fn file_error(path: &Path, source: std::io::Error) -> DatabaseError {
    DatabaseError::File {
        path: path.to_path_buf(),
        source,
    }
}
