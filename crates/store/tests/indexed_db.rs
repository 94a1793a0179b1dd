//! cargo test -p veldpost-store --target wasm32-unknown-unknown --features indexed-db --test indexed_db
//!
//! (with `CHROMEDRIVER` set to chromedriver and `CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER` to
//! wasm-bindgen-test-runner, version 0.2.130)
//!
//! The contract on IndexedDB in a real browser, and what only a browser can do to a database.
//! Not here: a full disk, which a page cannot bring about by itself; that is a journey's.
#![cfg(target_family = "wasm")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use veldpost_store::contract::{self, Ground};
use veldpost_store::indexed_db::{Event, IndexedDbStore, LADDER, Ladder, Opening};
use veldpost_store::{Batch, Fence, Shelf, Store, StoreError};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(module = "/tests/browser/raw.js")]
extern "C" {
    #[wasm_bindgen(catch)]
    async fn open(name: &str, version: u32, stores: &str) -> Result<JsValue, JsValue>;
    fn close(database: &JsValue);
    async fn remove(name: &str);
    async fn exists(name: &str) -> JsValue;
    #[wasm_bindgen(js_name = firstRelease)]
    async fn first_release(name: &str, rows: u32);
    #[wasm_bindgen(js_name = putText)]
    async fn put_text(name: &str, store: &str, key: u32);
    async fn inventory(name: &str) -> JsValue;
    fn watch();
    fn unwatch() -> String;
    #[wasm_bindgen(js_name = cutConnections)]
    fn cut_connections();
    #[wasm_bindgen(js_name = refuseSecondPut)]
    fn refuse_second_put();
    #[wasm_bindgen(js_name = hideDatabases)]
    fn hide_databases(hidden: bool);
}

/// A database of its own for one test.
struct Browser(&'static str);

impl Browser {
    /// Takes away what an earlier run left.
    async fn fresh(name: &'static str) -> Self {
        remove(name).await;
        Self(name)
    }

    async fn inventory(&self) -> String {
        inventory(self.0).await.as_string().unwrap()
    }
}

impl Ground for Browser {
    type Store = IndexedDbStore;

    async fn open(&self) -> Result<IndexedDbStore, StoreError> {
        IndexedDbStore::open(self.0).await
    }

    /// A row larger than the browser takes; the rows before it have been asked for by then.
    fn doomed(&self, batch: Batch) -> Batch {
        batch.put(Shelf::Aside, vec![7; 140 << 20], [])
    }
}

macro_rules! in_the_browser {
    ($($clause:ident,)*) => {$(
        #[wasm_bindgen_test]
        async fn $clause() {
            contract::$clause(&Browser::fresh(stringify!($clause)).await).await.unwrap();
        }
    )*};
}

veldpost_store::for_each_clause!(in_the_browser);

fn row(n: u8) -> Batch {
    Batch::new().put(Shelf::Outbox, [n], [n])
}

async fn writer(ground: &Browser) -> IndexedDbStore {
    let store = ground.open().await.unwrap();
    store.claim().await.unwrap();
    store
}

fn heard(store: &IndexedDbStore) -> Rc<RefCell<Vec<Event>>> {
    let events = Rc::new(RefCell::new(Vec::new()));
    let listener = Rc::clone(&events);
    store.events(move |event| listener.borrow_mut().push(event));
    events
}

/// This program's ladder with one more rung, as the next release will have it.
const NEXT: Ladder = &[LADDER[0], LADDER[1], &["later"]];

fn next_release(name: &str, patience: u64) -> Opening {
    Opening {
        listed: false,
        ladder: NEXT,
        patience: Duration::from_millis(patience),
        ..Opening::of(name)
    }
}

#[wasm_bindgen_test]
async fn every_transaction_that_writes_is_strict() {
    let ground = Browser::fresh("strict").await;
    let store = ground.open().await.unwrap();
    watch();
    store.claim().await.unwrap();
    store.commit(row(1)).await.unwrap();
    store.read_all(Shelf::Outbox).await.unwrap();
    assert_eq!(unwatch(), "strict,strict");
}

#[wasm_bindgen_test]
async fn a_database_of_the_first_release_is_upgraded_with_its_full_outbox() {
    let ground = Browser::fresh("upgrade").await;
    first_release(ground.0, 1_000).await;
    let store = IndexedDbStore::open_as(next_release(ground.0, 5_000))
        .await
        .unwrap();
    let rows = store.read_all(Shelf::Outbox).await.unwrap();
    assert_eq!(rows.len(), 1_000);
    for (n, (key, value)) in rows.iter().enumerate() {
        assert_eq!(*key, [(n >> 8) as u8, (n & 255) as u8]);
        assert_eq!(*value, vec![(n % 251) as u8; 904]);
    }
    assert_eq!(store.read(Shelf::Meta, &[9]).await, Ok(Some(vec![1, 2, 3])));
    assert_eq!(store.claim().await, Ok(Fence(42)));
    store.close().await;
    let after = ground.inventory().await;
    assert!(
        after.starts_with("3 aside:0 ") && after.contains(" later:0 "),
        "{after}"
    );
}

#[wasm_bindgen_test]
async fn this_release_upgrades_what_the_first_one_made_with_its_full_outbox() {
    let ground = Browser::fresh("first-release").await;
    first_release(ground.0, 1_000).await;
    let store = ground.open().await.unwrap();
    assert_eq!(store.count(Shelf::Outbox).await, Ok(1_000));
    let last = store.read(Shelf::Outbox, &[3, 231]).await;
    assert_eq!(last, Ok(Some(vec![(999 % 251) as u8; 904])));
    for added in [
        Shelf::Streams,
        Shelf::Objects,
        Shelf::Originals,
        Shelf::Blobs,
    ] {
        assert_eq!(store.count(added).await, Ok(0));
    }
    assert_eq!(store.claim().await, Ok(Fence(42)));
    store.close().await;
    let after = ground.inventory().await;
    assert!(
        after.starts_with("2 aside:0 ") && after.contains(" outbox:1000 "),
        "{after}"
    );
}

#[wasm_bindgen_test]
async fn a_newer_versions_database_is_refused_and_left_as_it_was() {
    let ground = Browser::fresh("newer").await;
    close(&open(ground.0, 7, "outbox,unheard-of").await.unwrap());
    let before = ground.inventory().await;
    let refused = ground.open().await.err();
    let known = LADDER.len() as u32;
    assert_eq!(refused, Some(StoreError::NewerVersion { found: 7, known }));
    assert_eq!(ground.inventory().await, before);
}

#[wasm_bindgen_test]
async fn an_upgrade_that_another_window_blocks_says_so_and_ends_well_later() {
    let ground = Browser::fresh("blocked").await;
    first_release(ground.0, 10).await;
    let deaf = open(ground.0, 1, "").await.unwrap();
    let refused = IndexedDbStore::open_as(next_release(ground.0, 200))
        .await
        .err();
    assert_eq!(refused, Some(StoreError::Blocked));
    close(&deaf);
    let store = IndexedDbStore::open_as(next_release(ground.0, 5_000))
        .await
        .unwrap();
    assert_eq!(store.count(Shelf::Outbox).await, Ok(10));
    store.close().await;
    assert!(ground.inventory().await.contains(" later:0 "));
}

#[wasm_bindgen_test]
async fn a_store_nobody_listens_to_steps_aside_for_a_newer_version() {
    let ground = Browser::fresh("aside").await;
    let store = writer(&ground).await;
    store.commit(row(1)).await.unwrap();
    let newer = IndexedDbStore::open_as(next_release(ground.0, 5_000))
        .await
        .unwrap();
    let known = LADDER.len() as u32;
    let ended = StoreError::NewerVersion {
        found: known + 1,
        known,
    };
    assert_eq!(store.commit(row(2)).await, Err(ended.clone()));
    assert_eq!(store.read_all(Shelf::Outbox).await, Err(ended));
    assert_eq!(newer.count(Shelf::Outbox).await, Ok(1));
}

#[wasm_bindgen_test]
async fn an_app_that_listens_commits_what_is_under_way_before_a_newer_version_comes() {
    let ground = Browser::fresh("finish").await;
    let store = Rc::new(writer(&ground).await);
    let outcome = Rc::new(RefCell::new(None));
    store.events({
        let (store, outcome) = (Rc::clone(&store), Rc::clone(&outcome));
        move |event| {
            assert_eq!(event, Event::NewerVersionWaits);
            let (store, outcome) = (Rc::clone(&store), Rc::clone(&outcome));
            wasm_bindgen_futures::spawn_local(async move {
                let read = store.count(Shelf::Outbox).await;
                assert!(
                    matches!(read, Err(StoreError::NewerVersion { .. })),
                    "{read:?}"
                );
                outcome.replace(Some(store.commit(row(5)).await));
                store.close().await;
            });
        }
    });
    let newer = IndexedDbStore::open_as(next_release(ground.0, 5_000))
        .await
        .unwrap();
    assert_eq!(*outcome.borrow(), Some(Ok(())));
    assert_eq!(newer.read(Shelf::Outbox, &[5]).await, Ok(Some(vec![5])));
}

#[wasm_bindgen_test]
async fn an_app_that_listens_and_does_nothing_does_not_block_a_newer_version() {
    let ground = Browser::fresh("idle").await;
    let store = writer(&ground).await;
    let events = heard(&store);
    let newer = IndexedDbStore::open_as(next_release(ground.0, 5_000)).await;
    assert!(newer.is_ok());
    assert_eq!(*events.borrow(), [Event::NewerVersionWaits]);
    assert!(matches!(
        store.commit(row(1)).await,
        Err(StoreError::NewerVersion { .. })
    ));
}

#[wasm_bindgen_test]
async fn a_database_deleted_while_open_is_not_made_again() {
    let ground = Browser::fresh("deleted").await;
    let store = writer(&ground).await;
    store.commit(row(1)).await.unwrap();
    let events = heard(&store);
    remove(ground.0).await;
    assert_eq!(*events.borrow(), [Event::Deleted]);
    assert_eq!(store.commit(row(2)).await, Err(StoreError::Deleted));
    assert_eq!(
        store.read_all(Shelf::Outbox).await,
        Err(StoreError::Deleted)
    );
    assert_eq!(exists(ground.0).await, JsValue::FALSE);
}

#[wasm_bindgen_test]
async fn a_lost_connection_is_opened_again_and_the_batch_is_kept() {
    let ground = Browser::fresh("lost").await;
    let store = writer(&ground).await;
    watch();
    store.commit(row(1)).await.unwrap();
    store.count(Shelf::Outbox).await.unwrap();
    cut_connections();
    unwatch();
    store.commit(row(2)).await.unwrap();
    assert_eq!(store.count(Shelf::Outbox).await, Ok(2));
}

#[wasm_bindgen_test]
async fn a_lost_connection_is_opened_again_for_a_read() {
    let ground = Browser::fresh("lost-read").await;
    let store = writer(&ground).await;
    store.commit(row(1)).await.unwrap();
    watch();
    store.count(Shelf::Outbox).await.unwrap();
    cut_connections();
    unwatch();
    assert_eq!(store.read(Shelf::Outbox, &[1]).await, Ok(Some(vec![1])));
}

#[wasm_bindgen_test]
async fn a_writer_that_lost_its_connection_and_its_turn_stays_fenced() {
    let ground = Browser::fresh("lost-fenced").await;
    let store = writer(&ground).await;
    watch();
    store.commit(row(1)).await.unwrap();
    cut_connections();
    unwatch();
    let second = writer(&ground).await;
    assert_eq!(store.commit(row(2)).await, Err(StoreError::Fenced));
    assert_eq!(second.count(Shelf::Outbox).await, Ok(1));
}

#[wasm_bindgen_test]
async fn a_database_deleted_behind_a_lost_connection_is_not_made_again() {
    let ground = Browser::fresh("lost-deleted").await;
    let store = writer(&ground).await;
    watch();
    store.commit(row(1)).await.unwrap();
    store.count(Shelf::Outbox).await.unwrap();
    cut_connections();
    unwatch();
    remove(ground.0).await;
    assert_eq!(store.commit(row(2)).await, Err(StoreError::Deleted));
    assert_eq!(exists(ground.0).await, JsValue::FALSE);
}

#[wasm_bindgen_test]
async fn a_row_that_is_not_bytes_is_damaged_and_the_others_are_read() {
    let ground = Browser::fresh("damaged").await;
    let store = writer(&ground).await;
    store.commit(row(1)).await.unwrap();
    put_text(ground.0, "outbox", 2).await;
    assert_eq!(
        store.read_all(Shelf::Outbox).await,
        Err(StoreError::Damaged)
    );
    assert_eq!(
        store.read(Shelf::Outbox, &[2]).await,
        Err(StoreError::Damaged)
    );
    assert_eq!(store.read(Shelf::Outbox, &[1]).await, Ok(Some(vec![1])));
}

#[wasm_bindgen_test]
async fn a_browser_without_a_database_says_so() {
    hide_databases(true);
    let refused = IndexedDbStore::open("none").await.err();
    hide_databases(false);
    assert_eq!(refused, Some(StoreError::Unavailable));
}

#[wasm_bindgen_test]
async fn a_write_that_is_refused_at_once_takes_the_ones_before_it_back() {
    let ground = Browser::fresh("refused").await;
    let store = writer(&ground).await;
    refuse_second_put();
    let batch = Batch::new()
        .put(Shelf::Outbox, [1], [1])
        .put(Shelf::Stubs, [1], [1]);
    assert_eq!(store.commit(batch.clone()).await, Err(StoreError::Full));
    assert_eq!(store.count(Shelf::Outbox).await, Ok(0));
    assert_eq!(store.commit(batch).await, Ok(()));
}

#[wasm_bindgen_test]
async fn a_handle_on_a_deleted_database_does_not_write_into_its_successor() {
    let ground = Browser::fresh("successor").await;
    let told = writer(&ground).await;
    remove(ground.0).await;
    let successor = writer(&ground).await;
    assert_eq!(told.commit(row(1)).await, Err(StoreError::Deleted));
    assert_eq!(told.read_all(Shelf::Outbox).await, Err(StoreError::Deleted));
    assert_eq!(successor.count(Shelf::Outbox).await, Ok(0));
}

#[wasm_bindgen_test]
async fn a_lost_handle_does_not_take_a_successor_for_its_own_database() {
    let ground = Browser::fresh("successor-lost").await;
    let untold = writer(&ground).await;
    watch();
    untold.commit(row(1)).await.unwrap();
    untold.count(Shelf::Outbox).await.unwrap();
    cut_connections();
    unwatch();
    remove(ground.0).await;
    let successor = writer(&ground).await;
    assert_eq!(untold.commit(row(2)).await, Err(StoreError::Fenced));
    assert_eq!(successor.count(Shelf::Outbox).await, Ok(0));
}
