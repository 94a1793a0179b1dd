//! The connection to one database: rexie creates and upgrades, then this one listens, reads, and writes strictly.
//!
//! Not here: what is read or written. rexie's own connection is private: it cannot ask for
//! `durability: "strict"`, nor tell of `versionchange` and `close`, so it is closed once this one stands.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use idb::{DatabaseEvent as _, Event as _, Request as _};
use js_sys::{Array, Promise};
use rexie::Rexie;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise, spawn_local};
use web_sys::{IdbDatabase, IdbTransaction, IdbVersionChangeEvent};

use super::health::{Event, Health};
use super::ladder::{self, Ladder};
use super::{Opening, refusal};
use crate::StoreError;

/// How long the app gets to finish when a newer version waits; shorter than that one's patience.
const FINISH_MS: i32 = 1_500;

#[wasm_bindgen]
extern "C" {
    /// `IDBDatabase` with the third argument of `transaction`, which web-sys holds for unstable.
    #[wasm_bindgen(extends = IdbDatabase, js_name = IDBDatabase)]
    type StrictDatabase;

    #[wasm_bindgen(method, catch, js_name = transaction)]
    fn transaction_with(
        this: &StrictDatabase,
        stores: &Array,
        mode: &str,
        options: &Durability,
    ) -> Result<IdbTransaction, JsValue>;

    /// `IDBTransactionOptions`.
    #[wasm_bindgen(extends = js_sys::Object)]
    type Durability;

    #[wasm_bindgen(method, setter)]
    fn set_durability(this: &Durability, durability: &str);

    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &js_sys::Function, milliseconds: i32) -> JsValue;
}

/// An open database. Dropping it closes it, since a callback that outlived it would throw and leave
/// other windows blocked.
pub(super) struct Connection {
    database: StrictDatabase,
    /// Transactions that have not settled yet, as far as somebody waits for them.
    under_way: RefCell<Vec<IdbTransaction>>,
    /// Holds the callbacks of `database`.
    _listening: idb::Database,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.database.close();
    }
}

impl Connection {
    /// Opens the database, creating or upgrading it, or says `Blocked` when that takes too long.
    pub(super) async fn open(opening: &Opening, health: &Rc<Health>) -> Result<Self, StoreError> {
        within_patience(opening, health, true).await
    }

    /// Opens the database again after its connection went; never creates it, since an empty
    /// database would look like lost records.
    pub(super) async fn reopen(opening: &Opening, health: &Rc<Health>) -> Result<Self, StoreError> {
        within_patience(opening, health, false).await
    }

    /// A transaction that writes and is on the disk when it completes.
    pub(super) fn strict(&self, stores: &Array) -> Result<IdbTransaction, StoreError> {
        let options: Durability = js_sys::Object::new().unchecked_into();
        options.set_durability("strict");
        self.begun(
            self.database
                .transaction_with(stores, "readwrite", &options),
        )
    }

    /// A transaction that reads.
    pub(super) fn reading(&self, stores: &Array) -> Result<IdbTransaction, StoreError> {
        self.begun(self.database.transaction_with_str_sequence(stores))
    }

    fn begun(&self, begun: Result<IdbTransaction, JsValue>) -> Result<IdbTransaction, StoreError> {
        let transaction = begun.map_err(|value| refusal::thrown(&value))?;
        self.under_way.borrow_mut().push(transaction.clone());
        Ok(transaction)
    }

    /// It completed or was taken back.
    pub(super) fn settled(&self, transaction: &IdbTransaction) {
        self.under_way
            .borrow_mut()
            .retain(|one| !js_sys::Object::is(one, transaction));
    }

    /// Takes back what is under way and closes; what asked for its commit already goes on.
    pub(super) fn abandon(&self) {
        for transaction in self.under_way.take() {
            let _aborting = transaction.abort();
        }
        self.database.close();
    }
}

/// Races the opening against a timer. A blocked opening is left to finish and then closed: dropped
/// in the middle, its upgrade would run without the callback that makes the stores.
async fn within_patience(
    opening: &Opening,
    health: &Rc<Health>,
    create: bool,
) -> Result<Connection, StoreError> {
    let outcome = Rc::new(RefCell::new(None));
    let connecting = future_to_promise({
        let outcome = Rc::clone(&outcome);
        let (opening, health) = (opening.clone(), Rc::clone(health));
        async move {
            // When nobody waits any more, this is the last to let go of it, and so closes it.
            outcome.replace(Some(connect(&opening, &health, create).await));
            Ok(JsValue::UNDEFINED)
        }
    });
    let patience = i32::try_from(opening.patience.as_millis()).unwrap_or(i32::MAX);
    let race = Promise::race(&Array::of2(&connecting, &after(patience)));
    let _either = JsFuture::from(race).await;
    outcome.take().unwrap_or(Err(StoreError::Blocked))
}

async fn connect(
    opening: &Opening,
    health: &Rc<Health>,
    create: bool,
) -> Result<Connection, StoreError> {
    let Opening { name, ladder, .. } = opening;
    let there = if create && !opening.listed {
        None
    } else {
        Some(attach(name, ladder, health).await)
    };
    let connected = match there {
        // It was listed and has gone: what is made anew will be found empty.
        Some(attached) if !(create && matches!(attached, Err(StoreError::Deleted))) => attached,
        _ => make(name, ladder, health).await,
    };
    match connected {
        Err(StoreError::NewerVersion { .. }) => Err(StoreError::NewerVersion {
            found: version_on_disk(name).await.unwrap_or(0),
            known: ladder::version(ladder),
        }),
        connected => connected,
    }
}

/// The connection, to a database that is made or upgraded where it must be.
async fn make(name: &str, ladder: Ladder, health: &Rc<Health>) -> Result<Connection, StoreError> {
    let builder = build(name, ladder).await?;
    let attached = attach(name, ladder, health).await;
    builder.close();
    attached
}

/// rexie's connection, after it created or upgraded the database.
async fn build(name: &str, ladder: Ladder) -> Result<Rexie, StoreError> {
    let mut builder = Rexie::builder(name).version(ladder::version(ladder));
    for store in ladder.iter().copied().flatten() {
        builder = builder.add_object_store(rexie::ObjectStore::new(store));
    }
    builder.build().await.map_err(refusal::rexie)
}

/// The connection, to a database that must be there already.
async fn attach(name: &str, ladder: Ladder, health: &Rc<Health>) -> Result<Connection, StoreError> {
    let factory = idb::Factory::new().map_err(refusal::idb)?;
    let mut request = factory
        .open(name, Some(ladder::version(ladder)))
        .map_err(refusal::idb)?;
    let absent = Rc::new(Cell::new(false));
    request.on_upgrade_needed({
        let absent = Rc::clone(&absent);
        move |event| {
            absent.set(true);
            let transaction = event
                .target()
                .ok()
                .and_then(|request| request.transaction());
            let _aborting = transaction.map(idb::Transaction::abort);
        }
    });
    let opened = request.await;
    if absent.get() {
        return Err(StoreError::Deleted);
    }
    let database = IdbDatabase::from(opened.map_err(refusal::idb)?);
    let mut listening = idb::Database::from(database.clone());
    listening.on_close({
        let health = Rc::clone(health);
        move |_| {
            health.tell(Event::Lost);
        }
    });
    listening.on_version_change({
        let (health, known) = (Rc::clone(health), ladder::version(ladder));
        move |event| step_aside(&event, &health, known)
    });
    Ok(Connection {
        database: database.unchecked_into(),
        under_way: RefCell::default(),
        _listening: listening,
    })
}

/// Another window deletes or upgrades the database: let go, in time for it not to be blocked.
fn step_aside(event: &web_sys::Event, health: &Rc<Health>, known: u32) {
    let Ok(database) = event.database().map(IdbDatabase::from) else {
        return;
    };
    let newer = event
        .dyn_ref::<IdbVersionChangeEvent>()
        .and_then(IdbVersionChangeEvent::new_version);
    let Some(newer) = newer else {
        health.end(StoreError::Deleted);
        database.close();
        health.tell(Event::Deleted);
        return;
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a small version"
    )]
    health.finish(StoreError::NewerVersion {
        found: newer as u32,
        known,
    });
    if health.tell(Event::NewerVersionWaits) {
        spawn_local(async move {
            let _time = JsFuture::from(after(FINISH_MS)).await;
            database.close();
        });
    } else {
        database.close();
    }
}

/// Asks for the version without changing anything.
async fn version_on_disk(name: &str) -> Option<u32> {
    let database = idb::Factory::new()
        .ok()?
        .open(name, None)
        .ok()?
        .await
        .ok()?;
    let version = database.version().ok();
    database.close();
    version
}

fn after(milliseconds: i32) -> Promise {
    Promise::new(&mut |resolve, _| {
        set_timeout(&resolve, milliseconds);
    })
}
