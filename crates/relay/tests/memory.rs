//! The store in memory keeps the contract, and fails as it is told.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

use veldpost_envelope::{ActHash, RegionId};
use veldpost_relay::contract::{self, Ground};
use veldpost_relay::memory::{Fault, MemoryStore};
use veldpost_relay::store::{RegionChange, RegionRow, RegionView, RelayStore, StoreError};

struct Memory(MemoryStore);

impl Ground for Memory {
    type Store = MemoryStore;

    fn open(&self) -> Result<MemoryStore, StoreError> {
        Ok(self.0.clone())
    }
}

macro_rules! tests {
    ($($name:ident,)*) => {$(
        #[test]
        fn $name() {
            contract::$name(&Memory(MemoryStore::new())).unwrap();
        }
    )*};
}

veldpost_relay::for_each_clause!(tests);

const REGION: RegionId = RegionId([1; 32]);
const ROW: RegionRow = RegionRow {
    acts: 1,
    head: ActHash([2; 32]),
    position: 3,
    bytes: 4,
};

fn write(store: &MemoryStore) -> Result<(), StoreError> {
    let mut change = store.change(&REGION)?;
    change.put_region(&ROW)?;
    change.put_welcome(&[1; 16], &[1])?;
    change.commit()
}

fn is_there(store: &MemoryStore) -> bool {
    store.view(&REGION).unwrap().region().unwrap().is_some()
}

#[test]
fn a_fault_is_of_one_change_and_leaves_nothing_or_all() {
    for (fault, problem, there) in [
        (Fault::AtWrite(0, StoreError::Full), StoreError::Full, false),
        (Fault::AtWrite(1, StoreError::Full), StoreError::Full, false),
        (Fault::AtWrite(9, StoreError::Full), StoreError::Full, false),
        (Fault::BeforeCommit, StoreError::Lost, false),
        (Fault::AfterCommit, StoreError::Lost, true),
    ] {
        let store = MemoryStore::new();
        store.fail(fault.clone());
        assert_eq!(write(&store), Err(problem), "{fault:?}");
        assert_eq!(is_there(&store), there, "{fault:?}");
        assert_eq!(write(&store), Ok(()), "{fault:?}");
    }
}

#[test]
fn a_snapshot_is_put_back_as_it_was() {
    let store = MemoryStore::new();
    let before = store.snapshot();
    write(&store).unwrap();
    let after = store.snapshot();
    assert_ne!(before, after);
    store.restore(before);
    assert!(!is_there(&store));
    assert!(is_there(&MemoryStore::from_snapshot(after)));
}
