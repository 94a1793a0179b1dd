//! A store in memory, with the same meaning as the one on disk and with faults to order, for tests
//! and the simulator.
//!
//! Not here: durability. The database lives as long as a [`MemoryDatabase`] or one of its handles;
//! dropping a handle is what a crash of the app is.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use crate::{Batch, Fence, Row, Shelf, Store, StoreError, Write};

type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

/// What is on the "disk": rows and fence. Taken and put back whole.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    shelves: BTreeMap<Shelf, Rows>,
    fence: u64,
}

impl core::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Snapshot")
            .field("fence", &self.fence)
            .finish_non_exhaustive()
    }
}

impl Snapshot {
    fn apply(&mut self, write: Write) {
        let rows = self.shelves.entry(write.shelf()).or_default();
        match write {
            Write::Put { key, value, .. } => {
                rows.insert(key, value);
            }
            Write::Delete { key, .. } => {
                rows.remove(&key);
            }
            Write::DeleteRange { from, to, .. } => {
                rows.retain(|key, _| *key < from || *key >= to);
            }
            Write::Clear { .. } => rows.clear(),
        }
    }
}

/// A failure that was ordered for a commit.
enum Fault {
    /// Nothing is kept.
    Before(StoreError),
    /// The batch is kept, the caller hears of a failure: a crash between commit and answer.
    After(StoreError),
}

#[derive(Default)]
struct Disk {
    kept: Snapshot,
    deleted: bool,
    commits: u64,
    commit_faults: VecDeque<Fault>,
    read_faults: VecDeque<StoreError>,
}

/// A database that handles are opened on. A clone is the same database.
#[derive(Clone, Default)]
pub struct MemoryDatabase {
    disk: Rc<RefCell<Disk>>,
}

impl MemoryDatabase {
    /// An empty database.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Another handle, as a second window or a restart opens one.
    #[must_use]
    pub fn open(&self) -> MemoryStore {
        MemoryStore {
            database: self.clone(),
            fence: Cell::new(None),
            open: Cell::new(true),
        }
    }

    /// The next commit through any handle fails with this, and writes nothing. Several queue up.
    pub fn fail_next(&self, error: StoreError) {
        self.disk
            .borrow_mut()
            .commit_faults
            .push_back(Fault::Before(error));
    }

    /// The next commit is kept, but its caller hears this: the answer was lost, not the batch.
    pub fn fail_next_answer(&self, error: StoreError) {
        self.disk
            .borrow_mut()
            .commit_faults
            .push_back(Fault::After(error));
    }

    /// The next read through any handle fails with this. Several queue up.
    pub fn fail_next_read(&self, error: StoreError) {
        self.disk.borrow_mut().read_faults.push_back(error);
    }

    /// What is on the disk now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.disk.borrow().kept.clone()
    }

    /// Puts the disk back as it was, fence and all: a device restored from an old copy.
    pub fn restore(&self, snapshot: &Snapshot) {
        self.disk.borrow_mut().kept = snapshot.clone();
    }

    /// Deletes everything under the open handles; they answer [`StoreError::Deleted`] from now on.
    pub fn delete(&self) {
        let mut disk = self.disk.borrow_mut();
        disk.kept = Snapshot::default();
        disk.deleted = true;
    }

    /// How many commits were kept so far; claims are not counted.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.disk.borrow().commits
    }
}

/// A handle on a [`MemoryDatabase`].
pub struct MemoryStore {
    database: MemoryDatabase,
    fence: Cell<Option<u64>>,
    open: Cell<bool>,
}

impl MemoryStore {
    /// A handle on a fresh database of its own.
    #[must_use]
    pub fn new() -> Self {
        MemoryDatabase::new().open()
    }

    /// The database under this handle, to order faults or open another handle.
    #[must_use]
    pub const fn database(&self) -> &MemoryDatabase {
        &self.database
    }

    fn check_open(&self) -> Result<(), StoreError> {
        if !self.open.get() {
            return Err(StoreError::Lost);
        }
        if self.database.disk.borrow().deleted {
            return Err(StoreError::Deleted);
        }
        Ok(())
    }

    fn reading<T>(&self, read: impl FnOnce(&Snapshot) -> T) -> Result<T, StoreError> {
        self.check_open()?;
        let mut disk = self.database.disk.borrow_mut();
        match disk.read_faults.pop_front() {
            Some(error) => Err(error),
            None => Ok(read(&disk.kept)),
        }
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Store for MemoryStore {
    async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        self.check_open()?;
        let mut disk = self.database.disk.borrow_mut();
        if self.fence.get() != Some(disk.kept.fence) {
            return Err(StoreError::Fenced);
        }
        let fault = disk.commit_faults.pop_front();
        if let Some(Fault::Before(error)) = fault {
            return Err(error);
        }
        batch
            .into_writes()
            .into_iter()
            .for_each(|write| disk.kept.apply(write));
        disk.commits += 1;
        match fault {
            Some(Fault::After(error)) => Err(error),
            _ => Ok(()),
        }
    }

    async fn read(&self, shelf: Shelf, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.reading(|kept| {
            kept.shelves
                .get(&shelf)
                .and_then(|rows| rows.get(key))
                .cloned()
        })
    }

    async fn read_all(&self, shelf: Shelf) -> Result<Vec<Row>, StoreError> {
        self.reading(|kept| {
            let rows = kept.shelves.get(&shelf).into_iter().flatten();
            rows.map(|(key, value)| (key.clone(), value.clone()))
                .collect()
        })
    }

    async fn read_range(
        &self,
        shelf: Shelf,
        from: &[u8],
        to: &[u8],
    ) -> Result<Vec<Row>, StoreError> {
        self.reading(|kept| {
            let rows = kept.shelves.get(&shelf).into_iter().flatten();
            rows.filter(|(key, _)| from <= key.as_slice() && key.as_slice() < to)
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect()
        })
    }

    async fn read_many(
        &self,
        wanted: &[(Shelf, Vec<u8>)],
    ) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        self.reading(|kept| {
            let row = |(shelf, key): &(Shelf, Vec<u8>)| kept.shelves.get(shelf)?.get(key).cloned();
            wanted.iter().map(row).collect()
        })
    }

    async fn count(&self, shelf: Shelf) -> Result<u64, StoreError> {
        self.reading(|kept| kept.shelves.get(&shelf).map_or(0, |rows| rows.len() as u64))
    }

    async fn claim_reading(
        &self,
        wanted: &[(Shelf, Vec<u8>)],
    ) -> Result<(Fence, Vec<Option<Vec<u8>>>), StoreError> {
        let rows = self.read_many(wanted).await?;
        let mut disk = self.database.disk.borrow_mut();
        disk.kept.fence += 1;
        let fence = disk.kept.fence;
        self.fence.set(Some(fence));
        Ok((Fence(fence), rows))
    }

    async fn close(&self) {
        self.open.set(false);
    }
}

#[cfg(test)]
#[cfg(not(target_family = "wasm"))]
mod tests {
    use pollster::block_on;

    use super::{MemoryDatabase, MemoryStore};
    use crate::{Batch, Shelf, Store, StoreError};

    fn one_row() -> Batch {
        Batch::new().put(Shelf::Outbox, [1], [2])
    }

    fn claimed(database: &MemoryDatabase) -> MemoryStore {
        let store = database.open();
        block_on(store.claim()).unwrap();
        store
    }

    #[test]
    fn an_ordered_failure_is_met_once_and_leaves_nothing() {
        let database = MemoryDatabase::new();
        let store = claimed(&database);
        database.fail_next(StoreError::Full);
        assert_eq!(block_on(store.commit(one_row())), Err(StoreError::Full));
        assert_eq!(block_on(store.count(Shelf::Outbox)), Ok(0));
        assert_eq!(block_on(store.commit(one_row())), Ok(()));
        assert_eq!(database.commits(), 1);
    }

    #[test]
    fn a_lost_answer_leaves_the_batch_in_place() {
        let database = MemoryDatabase::new();
        let store = claimed(&database);
        database.fail_next_answer(StoreError::Lost);
        assert_eq!(block_on(store.commit(one_row())), Err(StoreError::Lost));
        assert_eq!(block_on(store.read(Shelf::Outbox, &[1])), Ok(Some(vec![2])));
    }

    #[test]
    fn a_crash_loses_no_committed_row() {
        let database = MemoryDatabase::new();
        let store = claimed(&database);
        block_on(store.commit(one_row())).unwrap();
        drop(store);
        assert_eq!(
            block_on(database.open().read(Shelf::Outbox, &[1])),
            Ok(Some(vec![2]))
        );
    }

    #[test]
    fn a_device_put_back_from_an_old_copy_fences_its_writer() {
        let database = MemoryDatabase::new();
        let old = database.snapshot();
        let store = claimed(&database);
        block_on(store.commit(one_row())).unwrap();
        database.restore(&old);
        assert_eq!(block_on(store.commit(one_row())), Err(StoreError::Fenced));
        assert_eq!(block_on(store.count(Shelf::Outbox)), Ok(0));
    }

    #[test]
    fn a_deleted_database_says_so_to_its_open_handles() {
        let database = MemoryDatabase::new();
        let store = claimed(&database);
        database.delete();
        assert_eq!(block_on(store.commit(one_row())), Err(StoreError::Deleted));
        assert_eq!(
            block_on(store.read_all(Shelf::Outbox)),
            Err(StoreError::Deleted)
        );
    }

    #[test]
    fn an_ordered_read_failure_is_met_once() {
        let database = MemoryDatabase::new();
        let store = database.open();
        database.fail_next_read(StoreError::Damaged);
        assert_eq!(
            block_on(store.read(Shelf::Meta, &[])),
            Err(StoreError::Damaged)
        );
        assert_eq!(block_on(store.read(Shelf::Meta, &[])), Ok(None));
    }
}
