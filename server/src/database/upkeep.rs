//! Copies of the database, and putting one back.
//!
//! Deliberately not here: copies elsewhere. A file on the same disk is no backup until something carries it away.

mod file;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::Backup;
use veldpost_relay::store::Life;

use crate::data_folder;

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
        let path = folder.join(data_folder::LOCK);
        let opened = data_folder::private()
            .create(true)
            .truncate(false)
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
    /// The file's length and its log's.
    pub bytes: u64,
}

/// What a restore did.
#[derive(Clone, Debug)]
pub struct Restored {
    /// What is there now; verified, when that was asked.
    pub holding: Holding,
    /// The files of what was there before.
    pub before: Vec<PathBuf>,
}

/// Copies the database of a data folder, as it is at one moment, into a file of its own. A server may go on meanwhile.
/// What is in the copy is counted, and not verified.
///
/// # Errors
/// [`DatabaseError`]; then `to` is as it was.
pub fn backup(folder: &Path, to: &Path) -> Result<Holding, DatabaseError> {
    lies_elsewhere(folder, to)?;
    let from = opened(folder)?;
    let (copy, holding) = copied(&from, to, |copy| verify::counted(copy))?;
    put_in_place(copy, to)?;
    // Root may make it; who serves puts it back.
    data_folder::give_as(to, &folder.join(FILE)).map_err(|source| file_error(to, source))?;
    Ok(holding)
}

/// A copy takes the place of what has its name. The server would go on in a database that has none any more, and lose it
/// when it stops.
fn lies_elsewhere(folder: &Path, to: &Path) -> Result<(), DatabaseError> {
    if to.is_dir() {
        return Err(DatabaseError::CopyIsFolder(to.to_path_buf()));
    }
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

/// Puts a copy in the place of a data folder's database, as another life of it. What was there stays beside it. Without
/// `chains` only the file itself is checked, and what is in it is taken for what it says.
///
/// # Errors
/// [`DatabaseError`]; then the database is as it was.
pub fn restore(
    folder: &Path,
    copy: &Path,
    chains: bool,
    life: &Life,
) -> Result<Restored, DatabaseError> {
    let _sole = Sole::take(folder)?;
    let (from, holding) = sound(copy, chains)?;
    let path = folder.join(FILE);
    let (made, _) = copied(&from, &path, |made| {
        schema::bring_up_to_date(made)?;
        Ok(put_life(made, life)?)
    })?;
    // It may be a database that is kept here.
    drop(from);
    let before = set_aside(&path, life)?;
    put_in_place(made, &path)?;
    Ok(Restored { holding, before })
}

/// A file that is a relay's and that SQLite finds sound, and what is in it; verified, where that is asked.
fn sound(copy: &Path, chains: bool) -> Result<(Connection, Holding), DatabaseError> {
    // SQLite says of one that may not be read only that it cannot open it.
    std::fs::File::open(copy).map_err(|source| file_error(copy, source))?;
    let looked = || {
        let connection = pool::reader(copy)?;
        // What is copied is what was looked at, also while somebody writes to it.
        connection.execute_batch("BEGIN")?;
        verify::file(&connection)?;
        let counted = verify::counted(&connection)?;
        Ok((connection, counted))
    };
    let (connection, counted) = looked().map_err(|problem| no_copy(copy, problem))?;
    if !chains {
        return Ok((connection, counted));
    }
    match verify::chains(&connection) {
        Ok(verified) => Ok((connection, verified)),
        Err(DatabaseError::Damaged(what)) => Err(DatabaseError::Unverified {
            path: copy.to_path_buf(),
            what,
        }),
        Err(other) => Err(no_copy(copy, other)),
    }
}

/// What is said of a database is said of a copy.
fn no_copy(copy: &Path, problem: DatabaseError) -> DatabaseError {
    let why = match problem {
        DatabaseError::Empty => String::from("it is empty"),
        DatabaseError::NotOurs => String::from("it is not a relay's database"),
        DatabaseError::Damaged(what) => format!("damaged: {what}"),
        DatabaseError::Store(why) => why.to_string(),
        other => return other,
    };
    DatabaseError::NoCopy {
        path: copy.to_path_buf(),
        why,
    }
}

/// Checks a data folder's database whole.
///
/// # Errors
/// [`DatabaseError::Damaged`] says what does not hold.
pub fn check(folder: &Path) -> Result<Health, DatabaseError> {
    let connection = opened(folder)?;
    // Everything is as it was at one moment, also while a server goes on.
    connection.execute_batch("BEGIN")?;
    verify::file(&connection)?;
    let holding = verify::chains(&connection)?;
    let path = folder.join(FILE);
    let bytes = super::bytes(&path).map_err(|source| file_error(&path, source))?;
    Ok(Health {
        sqlite: rusqlite::version(),
        life: life(&connection)?,
        holding,
        bytes,
    })
}

/// That a data folder has a database.
///
/// # Errors
/// [`DatabaseError::Missing`].
pub fn is_there(folder: &Path) -> Result<(), DatabaseError> {
    let path = folder.join(FILE);
    match std::fs::metadata(&path) {
        Ok(_) => Ok(()),
        Err(problem) if problem.kind() == std::io::ErrorKind::NotFound => {
            Err(DatabaseError::Missing(folder.to_path_buf()))
        }
        Err(source) => Err(file_error(&path, source)),
    }
}

/// That a database may begin in a folder, or is there: a name that was mistyped is no place for one.
///
/// # Errors
/// [`DatabaseError::NoPlace`].
pub fn has_place(folder: &Path) -> Result<(), DatabaseError> {
    match is_there(folder) {
        Err(DatabaseError::Missing(_)) if !data_folder::is_new(folder) => {
            Err(DatabaseError::NoPlace(folder.to_path_buf()))
        }
        Err(DatabaseError::Missing(_)) => Ok(()),
        other => other,
    }
}

/// A data folder's database, to be read.
fn opened(folder: &Path) -> Result<Connection, DatabaseError> {
    is_there(folder)?;
    let connection = pool::reader(&folder.join(FILE))?;
    schema::is_ours(&connection)?;
    Ok(connection)
}

/// Copies a database to beside the name that the copy is to take, and does with it what is still to be done.
fn copied<T>(
    from: &Connection,
    to: &Path,
    then: impl FnOnce(&mut Connection) -> Result<T, DatabaseError>,
) -> Result<(Unfinished, T), DatabaseError> {
    let made = Unfinished::new(to).map_err(|problem| not_copied(to, &problem))?;
    let done = filled(from, made.path(), then).map_err(|problem| match problem {
        DatabaseError::Store(why) => not_copied(to, &why),
        other => other,
    })?;
    Ok((made, done))
}

/// The whole copy is one step: in smaller ones it would begin anew with each commit of the server.
fn filled<T>(
    from: &Connection,
    made: &Path,
    then: impl FnOnce(&mut Connection) -> Result<T, DatabaseError>,
) -> Result<T, DatabaseError> {
    let mut made = Connection::open(made)?;
    let backup = Backup::new(from, &mut made)?;
    backup.run_to_completion(i32::MAX, Duration::from_millis(50), None)?;
    drop(backup);
    // A copy is one file, without a log beside it.
    made.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
    let done = then(&mut made)?;
    made.close().map_err(|(_, problem)| problem)?;
    Ok(done)
}

fn put_in_place(made: Unfinished, to: &Path) -> Result<(), DatabaseError> {
    let put = made.put_in_place();
    put.map_err(|problem| not_copied(to, &problem))
}

/// Keeps what is there under another name.
fn set_aside(path: &Path, life: &Life) -> Result<Vec<PathBuf>, DatabaseError> {
    // What stands in its log only goes into the file. One that cannot be opened is kept as it is, with its log.
    if path.exists()
        && let Ok(connection) = pool::writer(path, Options::default())
    {
        let emptied = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        emptied?;
        connection.close().map_err(|(_, problem)| problem)?;
    }
    let when = life.restored_at.unwrap_or_default();
    let aside = with_ending(path, &format!(".before-{when}"));
    file::set_aside(path, &aside).map_err(|source| file_error(&aside, source))
}

fn file_error(path: &Path, source: std::io::Error) -> DatabaseError {
    DatabaseError::File {
        path: path.to_path_buf(),
        source,
    }
}

fn not_copied(path: &Path, why: &impl ToString) -> DatabaseError {
    DatabaseError::NotCopied {
        path: path.to_path_buf(),
        why: why.to_string(),
    }
}
