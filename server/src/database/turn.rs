//! Changes that wait for one another become durable together: one transaction and one flush for all who wait.
//!
//! Each is a savepoint, so that one that fails leaves the others as they are. Nobody is answered before the transaction
//! that holds their change is on the disk, nor who only read what another's change in it says.
//!
//! Deliberately not here: waiting for more to come. Whoever finds nobody behind makes it durable at once.

use core::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use veldpost_relay::store::StoreError;

use super::error::refusal;
use super::pool::{Lease, Pool, locked};
use super::{Options, pool};

/// More changes than these are not put into one transaction.
const TOGETHER: usize = 64;

/// The connection that writes, and the transaction that is open on it between two turns.
#[derive(Debug)]
pub(super) struct Writer {
    pool: Pool,
    open: Mutex<Option<Arc<Group>>>,
}

/// Those whose changes become durable together.
#[derive(Debug, Default)]
struct Group {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct State {
    changes: usize,
    end: Option<Result<(), StoreError>>,
}

impl Group {
    fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    fn changes(&self) -> usize {
        self.state().changes
    }

    fn end(&self, how: Result<(), StoreError>) {
        self.state().end = Some(how);
        self.ended.notify_all();
    }

    /// How it ended. It does: each turn ends by handing over to somebody who waits, or by ending the group.
    fn wait(&self) -> Result<(), StoreError> {
        let mut state = self.state();
        loop {
            if let Some(how) = &state.end {
                return how.clone();
            }
            let woken = self.ended.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Writer {
    pub(super) fn new(
        path: PathBuf,
        options: Options,
        patience: Duration,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            pool: Pool::new(1, patience, move || pool::writer(&path, options))?,
            open: Mutex::default(),
        })
    }

    /// Begins to write, alone, where those before left off.
    pub(super) fn turn(&self) -> Result<Turn<'_>, StoreError> {
        let lease = self.pool.take()?;
        let open = locked(&self.open).take();
        let begun = match &open {
            Some(_) => Ok(()),
            None => run(&lease, "BEGIN IMMEDIATE"),
        };
        let turn = Turn {
            writer: self,
            lease,
            group: open.unwrap_or_default(),
            over: false,
        };
        begun.and_then(|()| run(&turn, "SAVEPOINT turn"))?;
        Ok(turn)
    }
}

/// One change under way. Dropped, it never was.
#[derive(Debug)]
pub(super) struct Turn<'s> {
    writer: &'s Writer,
    lease: Lease<'s>,
    group: Arc<Group>,
    over: bool,
}

impl Deref for Turn<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.lease
    }
}

impl Turn<'_> {
    /// Makes what was changed durable, together with what others changed.
    pub(super) fn commit(mut self) -> Result<(), StoreError> {
        let released = run(&self, "RELEASE turn");
        if released.is_ok() {
            self.group.state().changes += 1;
        }
        self.go_on(released);
        let group = self.group.clone();
        // The connection is another's now, who will end the group.
        drop(self);
        group.wait()
    }

    /// Nothing was changed; what was seen of others' changes is durable when this is answered.
    pub(super) fn settle(mut self) -> Result<(), StoreError> {
        let alone = self.group.changes() == 0;
        let undone = undo(&self);
        self.go_on(undone);
        let group = self.group.clone();
        drop(self);
        match alone {
            true => Ok(()),
            false => group.wait(),
        }
    }

    /// Lets the next in turn go on in the open transaction, or ends it.
    fn go_on(&mut self, so_far: Result<(), StoreError>) {
        self.over = true;
        let changes = self.group.changes();
        let (writer, group) = (self.writer, &self.group);
        let ended = match so_far {
            // Given back, it is rolled back, and with it what others had changed: they are told, and come again.
            Err(problem) => Err(problem),
            // There is nothing in it to be kept.
            Ok(()) if changes == 0 => Ok(()),
            Ok(()) => {
                let hand = || *locked(&writer.open) = Some(group.clone());
                if changes < TOGETHER && self.lease.hand_over(hand) {
                    return;
                }
                durable(&mut self.lease)
            }
        };
        self.group.end(ended);
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if !self.over {
            let undone = undo(self);
            self.go_on(undone);
        }
    }
}

/// Takes back what this turn changed and nothing else.
fn undo(turn: &Turn<'_>) -> Result<(), StoreError> {
    if turn.is_autocommit() {
        // A full disk, or one that failed, took the whole transaction back: nothing of the others is stored either.
        return Err(StoreError::Busy);
    }
    run(turn, "ROLLBACK TO turn").and_then(|()| run(turn, "RELEASE turn"))
}

/// Makes it durable. What SQLite could not say for certain is `Lost`.
fn durable(lease: &mut Lease<'_>) -> Result<(), StoreError> {
    match run(lease, "COMMIT") {
        Ok(()) => Ok(()),
        Err(problem @ (StoreError::Full | StoreError::Busy)) => Err(problem),
        Err(problem) => {
            tracing::error!(%problem, "a commit failed");
            // After a failed write to the disk its cache may say what the disk does not hold.
            lease.renew();
            Err(StoreError::Lost)
        }
    }
}

fn run(connection: &Connection, sql: &str) -> Result<(), StoreError> {
    let ran = connection.prepare_cached(sql);
    let ran = ran.and_then(|mut statement| statement.execute([]));
    ran.map(drop).map_err(refusal)
}
