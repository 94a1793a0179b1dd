//! Copies of the database, and putting one back.
//!
//! Deliberately not here: copies elsewhere. A file on the same disk is no backup until something carries it away.

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
    let unfinished = beside(to, "unfinished");
    let copied = copy(&from, &unfinished, |_| Ok(()));
    put_in_place(copied, &unfinished, to)
}

/// A copy takes the place of what has its name. The server would go on in a database that has none any more, and lose it
/// when it stops.
fn lies_elsewhere(folder: &Path, to: &Path) -> Result<(), DatabaseError> {
    let inside = data_folder::holds(folder, to);
    let inside = inside.map_err(|source| file_error(data_folder::parent(to), source))?;
    // The database may be a link to where there is room.
    let database = folder.join(FILE);
    let database = database.canonicalize().unwrap_or(database);
    let endings = ["", "-wal", "-shm", "-journal"];
    let by_link = |ending| data_folder::is_same(&with_ending(&database, ending), to);
    match inside || endings.into_iter().any(by_link) {
        true => Err(DatabaseError::CopyAtHome(to.to_path_buf())),
        false => Ok(()),
    }
}

/// Puts a copy in the place of a data folder's database, as another life of it. What was there stays beside it, and its
/// path is returned.
///
/// # Errors
/// [`DatabaseError`]; then the database is as it was.
pub fn restore(
    folder: &Path,
    copy_file: &Path,
    chains: bool,
    life: &Life,
) -> Result<Option<PathBuf>, DatabaseError> {
    let _sole = Sole::take(folder)?;
    let from = opened(copy_file)?;
    verify::file(&from)?;
    if chains {
        verify::chains(&from)?;
    }
    let path = folder.join(FILE);
    let unfinished = beside(&path, "unfinished");
    let copied = copy(&from, &unfinished, |copied| {
        schema::bring_up_to_date(copied)?;
        put_life(copied, life).map(drop).map_err(failed)
    });
    let copied = copied.and_then(|()| set_aside(&path, life));
    match copied {
        Ok(before) => put_in_place(Ok(()), &unfinished, &path).map(|()| before),
        Err(problem) => put_in_place(Err(problem), &unfinished, &path).map(|()| None),
    }
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
    private(to)?;
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
    copied.close().map_err(|(_, problem)| failed(problem))?;
    let synced = File::open(to).and_then(|file| file.sync_all());
    synced.map_err(|source| file_error(to, source))
}

/// What is in it is sealed, but who came when is not.
fn private(path: &Path) -> Result<(), DatabaseError> {
    let _ = std::fs::remove_file(path);
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .map(drop)
        .map_err(|source| file_error(path, source))
}

/// Keeps what is there under another name; the file stays where it is until another takes its place.
fn set_aside(path: &Path, life: &Life) -> Result<Option<PathBuf>, DatabaseError> {
    if !path.exists() {
        return Ok(None);
    }
    // What stands in its log only goes into the file; the log of another file must not lie beside the new one.
    if let Ok(connection) = pool::writer(path, Options::default()) {
        let emptied = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        emptied.map_err(failed)?;
        connection.close().map_err(|(_, problem)| failed(problem))?;
    }
    let when = life.restored_at.unwrap_or_default();
    let aside = beside(path, &format!("before-{when}"));
    std::fs::copy(path, &aside).map_err(|source| file_error(&aside, source))?;
    // Nothing is left of these unless the file could not be opened: then they are kept with it.
    for ending in ["-wal", "-shm"] {
        let _ = std::fs::rename(with_ending(path, ending), with_ending(&aside, ending));
    }
    Ok(Some(aside))
}

fn put_in_place(
    copied: Result<(), DatabaseError>,
    unfinished: &Path,
    to: &Path,
) -> Result<(), DatabaseError> {
    if let Err(problem) = copied {
        let _ = std::fs::remove_file(unfinished);
        return Err(problem);
    }
    std::fs::rename(unfinished, to).map_err(|source| file_error(to, source))?;
    // The name, too, must be on the disk.
    let folder = data_folder::parent(to);
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|source| file_error(folder, source))
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    with_ending(path, &format!(".{ending}"))
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
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
