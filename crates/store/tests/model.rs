//! Random batches, claims and restarts on the store in memory, against the plainest model.
//!
//! Not here: a browser; what is random here is fixed cases in the contract there.
#![cfg(not(target_family = "wasm"))]

use std::collections::BTreeMap;

use pollster::block_on;
use proptest::collection::vec;
use proptest::prelude::*;
use veldpost_store::memory::MemoryDatabase;
use veldpost_store::{Batch, Shelf, Store, StoreError, Write};

const WINDOWS: usize = 3;
const SHELVES: [Shelf; 3] = [Shelf::Outbox, Shelf::Stubs, Shelf::Meta];

#[derive(Clone, Debug)]
enum Step {
    Commit { window: usize, batch: Batch },
    Fail { window: usize, batch: Batch },
    LoseAnswer { window: usize, batch: Batch },
    Claim { window: usize },
    Crash { window: usize },
}

fn key() -> impl Strategy<Value = Vec<u8>> {
    vec(0_u8..4, 0..3)
}

fn write() -> impl Strategy<Value = Write> {
    let shelf = || proptest::sample::select(&SHELVES[..]);
    prop_oneof![
        8 => (shelf(), key(), vec(any::<u8>(), 0..4))
            .prop_map(|(shelf, key, value)| Write::Put { shelf, key, value }),
        3 => (shelf(), key()).prop_map(|(shelf, key)| Write::Delete { shelf, key }),
        1 => (shelf(), key(), key())
            .prop_map(|(shelf, from, to)| Write::DeleteRange { shelf, from, to }),
        1 => shelf().prop_map(|shelf| Write::Clear { shelf }),
    ]
}

fn batch() -> impl Strategy<Value = Batch> {
    vec(write(), 0..6).prop_map(|writes| {
        let mut batch = Batch::new();
        writes.into_iter().for_each(|write| batch.push(write));
        batch
    })
}

fn step() -> impl Strategy<Value = Step> {
    let window = 0..WINDOWS;
    prop_oneof![
        6 => (window.clone(), batch()).prop_map(|(window, batch)| Step::Commit { window, batch }),
        1 => (window.clone(), batch()).prop_map(|(window, batch)| Step::Fail { window, batch }),
        1 => (window.clone(), batch())
            .prop_map(|(window, batch)| Step::LoseAnswer { window, batch }),
        3 => window.clone().prop_map(|window| Step::Claim { window }),
        1 => window.prop_map(|window| Step::Crash { window }),
    ]
}

/// One flat list of rows, and which window may write.
#[derive(Default)]
struct Model {
    rows: BTreeMap<(Shelf, Vec<u8>), Vec<u8>>,
    writer: Option<usize>,
}

impl Model {
    fn apply(&mut self, batch: &Batch) {
        for write in batch.writes() {
            match write.clone() {
                Write::Put { shelf, key, value } => {
                    self.rows.insert((shelf, key), value);
                }
                Write::Delete { shelf, key } => {
                    self.rows.remove(&(shelf, key));
                }
                Write::DeleteRange { shelf, from, to } => {
                    self.rows
                        .retain(|(on, key), _| *on != shelf || *key < from || *key >= to);
                }
                Write::Clear { shelf } => self.rows.retain(|(on, _), _| *on != shelf),
            }
        }
    }

    fn shelf(&self, shelf: Shelf) -> Vec<(Vec<u8>, Vec<u8>)> {
        let rows = self.rows.iter().filter(|((on, _), _)| *on == shelf);
        rows.map(|((_, key), value)| (key.clone(), value.clone()))
            .collect()
    }
}

proptest! {
    #[test]
    fn whatever_windows_do_the_store_holds_what_the_writer_committed(
        steps in vec(step(), 1..40),
        from in key(),
        to in key(),
    ) {
        let database = MemoryDatabase::new();
        let mut windows: Vec<_> = (0..WINDOWS).map(|_| database.open()).collect();
        let mut model = Model::default();
        for step in steps {
            match step {
                Step::Commit { window, batch } => {
                    let outcome = block_on(windows[window].commit(batch.clone()));
                    if model.writer == Some(window) {
                        prop_assert_eq!(outcome, Ok(()));
                        model.apply(&batch);
                    } else {
                        prop_assert_eq!(outcome, Err(StoreError::Fenced));
                    }
                }
                Step::Fail { window, batch } if model.writer == Some(window) => {
                    database.fail_next(StoreError::Full);
                    prop_assert_eq!(block_on(windows[window].commit(batch)), Err(StoreError::Full));
                }
                Step::LoseAnswer { window, batch } if model.writer == Some(window) => {
                    database.fail_next_answer(StoreError::Lost);
                    model.apply(&batch);
                    prop_assert_eq!(block_on(windows[window].commit(batch)), Err(StoreError::Lost));
                }
                Step::Fail { .. } | Step::LoseAnswer { .. } => {}
                Step::Claim { window } => {
                    block_on(windows[window].claim()).unwrap();
                    model.writer = Some(window);
                }
                Step::Crash { window } => {
                    windows[window] = database.open();
                    if model.writer == Some(window) {
                        model.writer = None;
                    }
                }
            }
        }
        for shelf in SHELVES {
            let rows = model.shelf(shelf);
            prop_assert_eq!(block_on(windows[0].count(shelf)), Ok(rows.len() as u64));
            prop_assert_eq!(block_on(windows[0].read_all(shelf)), Ok(rows.clone()));
            let between = rows.into_iter().filter(|(key, _)| from <= *key && *key < to).collect();
            prop_assert_eq!(block_on(windows[0].read_range(shelf, &from, &to)), Ok(between));
        }
    }
}
