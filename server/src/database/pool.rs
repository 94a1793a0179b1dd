//! Connections that are lent and come back.
//!
//! Deliberately not here: more than one writer. SQLite has one at a time anyhow, and whoever waits here waits in turn.

use core::fmt;
use core::ops::Deref;
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use veldpost_relay::store::StoreError;

use super::Options;
use super::error::refusal;

type Open = Box<dyn Fn() -> Result<Connection, StoreError> + Send + Sync>;

/// A number of connections to one file.
pub(super) struct Pool {
    patience: Duration,
    open: Open,
    slots: Vec<Mutex<Connection>>,
    free: Mutex<Free>,
    returned: Condvar,
}

/// Who may have one at once, and how many wait.
struct Free {
    slots: Vec<usize>,
    waiting: usize,
}

impl Pool {
    pub(super) fn new(
        size: usize,
        patience: Duration,
        open: impl Fn() -> Result<Connection, StoreError> + Send + Sync + 'static,
    ) -> Result<Self, StoreError> {
        let slots: Result<Vec<_>, _> = (0..size).map(|_| open().map(Mutex::new)).collect();
        Ok(Self {
            patience,
            open: Box::new(open),
            slots: slots?,
            free: Mutex::new(Free {
                slots: (0..size).collect(),
                waiting: 0,
            }),
            returned: Condvar::new(),
        })
    }

    /// Lends one; `Busy` when none came back in time.
    pub(super) fn take(&self) -> Result<Lease<'_>, StoreError> {
        let until = Instant::now() + self.patience;
        let mut free = locked(&self.free);
        free.waiting += 1;
        let slot = loop {
            // Looked at before the time is, also at the end: what was handed over to those who wait is taken by one.
            if let Some(slot) = free.slots.pop() {
                break slot;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                free.waiting -= 1;
                return Err(StoreError::Busy);
            }
            let woken = self.returned.wait_timeout(free, left);
            free = woken.unwrap_or_else(PoisonError::into_inner).0;
        };
        free.waiting -= 1;
        drop(free);
        match self.slots.get(slot) {
            Some(connection) => Ok(Lease {
                pool: self,
                slot,
                connection: locked(connection),
                handed_over: false,
            }),
            None => Err(StoreError::Busy),
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.slots.len();
        f.debug_struct("Pool").field("size", &size).finish()
    }
}

pub(super) fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whoever panicked with a connection gave it back by a rollback.
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A connection for one transaction. One that was not committed is rolled back.
pub(super) struct Lease<'s> {
    pool: &'s Pool,
    slot: usize,
    connection: MutexGuard<'s, Connection>,
    handed_over: bool,
}

impl Deref for Lease<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl Lease<'_> {
    /// Lends it to whoever waits, its transaction open, once this lease is dropped. Whether somebody did.
    pub(super) fn hand_over(&mut self, before: impl FnOnce()) -> bool {
        let mut free = locked(&self.pool.free);
        if free.waiting > 0 {
            before();
            // In one step with the look at who waits, so that somebody takes it for certain.
            free.slots.push(self.slot);
            self.handed_over = true;
        }
        self.handed_over
    }

    /// Goes on with another connection: this one's word is not to be relied on any more.
    pub(super) fn renew(&mut self) {
        if let Ok(fresh) = (self.pool.open)() {
            *self.connection = fresh;
        }
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if self.handed_over {
            self.pool.returned.notify_one();
            return;
        }
        if !self.connection.is_autocommit() && self.connection.execute_batch("ROLLBACK").is_err() {
            self.renew();
        }
        locked(&self.pool.free).slots.push(self.slot);
        self.pool.returned.notify_one();
    }
}

impl fmt::Debug for Lease<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").field("slot", &self.slot).finish()
    }
}

/// The one that writes.
pub(super) fn writer(path: &Path, options: Options) -> Result<Connection, StoreError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_CREATE)?;
    let mode: String = connection
        .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))
        .map_err(refusal)?;
    if mode != "wal" {
        return Err(StoreError::Other(String::from("no write-ahead log here")));
    }
    // A commit is answered when it is on the disk; what an erasure or a page took away is overwritten.
    connection
        .execute_batch(
            "PRAGMA synchronous = FULL;
             PRAGMA secure_delete = ON;
             PRAGMA journal_size_limit = 67108864;",
        )
        .map_err(refusal)?;
    if let Some(most) = options.most_pages {
        connection
            .pragma_update_and_check(None, "max_page_count", most, |_| Ok(()))
            .map_err(refusal)?;
    }
    Ok(connection)
}

/// One that reads.
pub(super) fn reader(path: &Path) -> Result<Connection, StoreError> {
    let connection = open(path, OpenFlags::empty())?;
    connection
        .pragma_update(None, "query_only", true)
        .map_err(refusal)?;
    Ok(connection)
}

fn open(path: &Path, more: OpenFlags) -> Result<Connection, StoreError> {
    // Each connection is used by one thread at a time: SQLite needs no lock of its own.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | more;
    let connection = Connection::open_with_flags(path, flags).map_err(refusal)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)
        .and_then(|_| connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false))
        .and_then(|_| connection.busy_timeout(Duration::from_secs(10)))
        .and_then(|()| {
            connection.execute_batch(
                "PRAGMA foreign_keys = ON;
                 PRAGMA cell_size_check = ON;
                 PRAGMA temp_store = MEMORY;
                 PRAGMA cache_size = -16384;",
            )
        })
        .map_err(refusal)?;
    Ok(connection)
}
