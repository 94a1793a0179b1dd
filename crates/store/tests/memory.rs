//! The contract on the store in memory: `cargo test -p veldpost-store`.
//!
//! Not here: the contract on IndexedDB, which needs a browser (`indexed_db.rs`).
#![cfg(not(target_family = "wasm"))]

use veldpost_store::contract::{self, Ground};
use veldpost_store::memory::{MemoryDatabase, MemoryStore};
use veldpost_store::{Batch, StoreError};

struct Memory(MemoryDatabase);

impl Ground for Memory {
    type Store = MemoryStore;

    async fn open(&self) -> Result<MemoryStore, StoreError> {
        Ok(self.0.open())
    }

    fn doomed(&self, batch: Batch) -> Batch {
        self.0.fail_next(StoreError::Full);
        batch
    }
}

macro_rules! in_memory {
    ($($clause:ident,)*) => {$(
        #[test]
        fn $clause() {
            pollster::block_on(contract::$clause(&Memory(MemoryDatabase::new()))).unwrap();
        }
    )*};
}

veldpost_store::for_each_clause!(in_memory);
