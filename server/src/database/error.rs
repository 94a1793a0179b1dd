//! What SQLite says, in the relay's words, and why a database does not open.
//!
//! Deliberately not here: SQLite's own messages, which may quote what was stored.

use std::path::PathBuf;

use rusqlite::ErrorCode;
use veldpost_relay::store::StoreError;

/// A database that cannot be used, by what the operator can do. Each is one line with its remedy.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The library that was linked is too old.
    #[error(
        "SQLite {0} can lose a commit; 3.51.3 is the oldest that may run: build with the bundled one"
    )]
    OldSqlite(String),
    /// A newer server wrote it.
    #[error("the database was written by a newer server (version {0}): start that one")]
    Newer(i64),
    /// Some other program's file.
    #[error(
        "the file is not a relay's database: move it away, or choose another folder with --data DIR"
    )]
    NotOurs,
    /// One in which nobody made tables.
    #[error(
        "the database is empty, as no server leaves it: restore a backup with `veldpost-server restore FILE`, or \
         choose another folder with --data DIR"
    )]
    Empty,
    /// A folder without one.
    #[error(
        "there is no database in {0}: nothing was changed; name the data folder with --data DIR"
    )]
    Missing(PathBuf),
    /// A folder in which no database may begin.
    #[error(
        "{0} is neither a data folder nor an empty folder: nothing was changed; name the data folder with --data DIR, \
         or make an empty one there first"
    )]
    NoPlace(PathBuf),
    /// Another server has it open.
    #[error("a server runs on {0}: stop it first")]
    InUse(PathBuf),
    /// A file that cannot be read or written.
    #[error("{path}: {source}: check the file and its folder")]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// One that the process may not write.
    #[error(
        "{path} cannot be written ({why}): nothing was changed; let the user who serves own it and its folder \
         (`chown -R USER FOLDER`), and see whether its disk is mounted to be read only"
    )]
    NotWritable {
        /// The database.
        path: PathBuf,
        /// SQLite's name for it.
        why: String,
    },
    /// A copy that would lie among the server's own files.
    #[error(
        "{0} lies in the data folder, or is the database by another name: nothing was changed; \
         name a file in another folder, on another disk if there is one"
    )]
    CopyAtHome(PathBuf),
    /// A folder where the copy's file should be named.
    #[error("{0} is a folder: nothing was changed; name the file in it that shall be the copy")]
    CopyIsFolder(PathBuf),
    /// A copy that did not get to its place.
    #[error(
        "the copy could not be written to {path} ({why}): the database is as it was, and nothing is left there; make \
         room, or name another file"
    )]
    NotCopied {
        /// The file.
        path: PathBuf,
        /// What the system or the store said.
        why: String,
    },
    /// A file that cannot take the database's place.
    #[error("{path} is not put back ({why}): the database is as it was; name another copy")]
    NoCopy {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        why: String,
    },
    /// A copy of which SQLite's own checks find nothing, and in which a chain or a row does not hold.
    #[error(
        "{path} is not put back (damaged: {what}): the database is as it was; name another copy, or say \
         --unverified to put this one back all the same"
    )]
    Unverified {
        /// The file.
        path: PathBuf,
        /// What does not hold.
        what: String,
    },
    /// What it holds does not hold together.
    #[error("the database is damaged ({0}): restore a backup with `veldpost-server restore FILE`")]
    Damaged(String),
    /// Anything else that the store says.
    #[error(
        "the database cannot be used ({0}): see whether its disk has room, and whether its files and folder may be \
         written, and try again"
    )]
    Store(StoreError),
}

impl From<StoreError> for DatabaseError {
    fn from(problem: StoreError) -> Self {
        match problem {
            StoreError::Damaged(what) => Self::Damaged(what.to_owned()),
            other => Self::Store(other),
        }
    }
}

impl From<rusqlite::Error> for DatabaseError {
    fn from(problem: rusqlite::Error) -> Self {
        refusal(problem).into()
    }
}

/// The relay's word for what SQLite said.
pub(super) fn refusal(problem: rusqlite::Error) -> StoreError {
    use rusqlite::Error::{
        FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, SqliteFailure,
    };
    match problem {
        SqliteFailure(inner, _) => match inner.code {
            ErrorCode::DiskFull => StoreError::Full,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Busy,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
                StoreError::Damaged("the database file")
            }
            code => StoreError::Other(format!("{code:?} ({})", inner.extended_code)),
        },
        FromSqlConversionFailure(..) | IntegralValueOutOfRange(..) | InvalidColumnType(..) => {
            StoreError::Damaged("a row")
        }
        _ => StoreError::Other(String::from("a statement failed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlites_words_for_a_failure_do_not_get_out() {
        let said = |code| {
            let inner = rusqlite::ffi::Error::new(code);
            refusal(rusqlite::Error::SqliteFailure(
                inner,
                Some(String::from("a secret")),
            ))
        };
        assert_eq!(said(rusqlite::ffi::SQLITE_FULL), StoreError::Full);
        assert_eq!(said(rusqlite::ffi::SQLITE_BUSY), StoreError::Busy);
        assert!(
            !said(rusqlite::ffi::SQLITE_CONSTRAINT)
                .to_string()
                .contains("secret")
        );
    }
}
