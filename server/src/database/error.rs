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
    /// A copy that would lie among the server's own files.
    #[error(
        "{0} lies in the data folder, or is the database by another name: nothing was changed; \
         name a file in another folder, on another disk if there is one"
    )]
    CopyAtHome(PathBuf),
    /// What it holds does not hold together.
    #[error("the database is damaged ({0}): restore a backup with `veldpost-server restore FILE`")]
    Damaged(String),
    /// Anything else that the store says.
    #[error("the database cannot be used ({0}): run `veldpost-server doctor`")]
    Store(#[from] StoreError),
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
