//! The store in a browser: IndexedDB, created and upgraded by rexie, read and strictly written by a
//! connection of its own.
//!
//! Not here: Web Locks and the talk between windows (the app's), and what rows mean. No JavaScript
//! value leaves this module.

mod connection;
mod device_key;
mod health;
mod ladder;
mod read;
mod refusal;
mod renewal;
mod write;

use core::time::Duration;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::JsValue;

use self::connection::Connection;
pub use self::device_key::DeviceKey;
pub use self::health::Event;
use self::health::Health;
pub use self::ladder::{LADDER, Ladder};
pub use self::renewal::renew_log;
use crate::{Batch, Fence, Row, Shelf, Store, StoreError};

/// What to open and how.
#[derive(Clone, Debug)]
pub struct Opening {
    /// The database's name; practice and real records have their own.
    pub name: String,
    /// What the database is created with and upgraded to.
    pub ladder: Ladder,
    /// How long an opening may take before it counts as [`StoreError::Blocked`].
    pub patience: Duration,
    /// The browser lists it in this version already: one request less. A list that is out of date does no harm.
    pub listed: bool,
}

impl Opening {
    /// The version that it is opened in.
    #[must_use]
    pub const fn version(&self) -> u32 {
        ladder::version(self.ladder)
    }

    /// The database as this program knows it.
    #[must_use]
    pub fn of(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ladder: LADDER,
            patience: Duration::from_secs(5),
            listed: false,
        }
    }
}

/// A handle on a database of the browser. It opens a lost connection again by itself, once a call.
pub struct IndexedDbStore {
    opening: Opening,
    health: Rc<Health>,
    fence: Cell<Option<Fence>>,
    connection: RefCell<Option<Rc<Connection>>>,
}

impl IndexedDbStore {
    /// Opens the database of this name, and creates or upgrades it first where needed.
    ///
    /// # Errors
    /// [`StoreError::Blocked`], [`StoreError::NewerVersion`], [`StoreError::Unavailable`],
    /// [`StoreError::Full`] or [`StoreError::Lost`].
    pub async fn open(name: &str) -> Result<Self, StoreError> {
        Self::open_as(Opening::of(name)).await
    }

    /// Opens a database with another ladder or another patience.
    ///
    /// # Errors
    /// As [`IndexedDbStore::open`].
    pub async fn open_as(opening: Opening) -> Result<Self, StoreError> {
        let health = Rc::new(Health::default());
        let connection = match Connection::open(&opening, &health).await {
            Err(StoreError::Lost) => Connection::open(&opening, &health).await?,
            other => other?,
        };
        Ok(Self {
            opening,
            health,
            fence: Cell::new(None),
            connection: RefCell::new(Some(Rc::new(connection))),
        })
    }

    /// Hears what happens to the database from outside; a later listener replaces an earlier one.
    pub fn events(&self, listener: impl Fn(Event) + 'static) {
        self.health.listen(Box::new(listener));
    }

    /// The page is left and may be kept as it stands, to be shown again: takes back what is under way and closes, at once.
    ///
    /// WebKit keeps such a page with its transactions, which then never end: every page that opens the
    /// database after it would wait for ever. What asked for its commit already is committed.
    pub fn leave(&self) {
        self.health.end(StoreError::Lost);
        if let Some(connection) = self.connection.take() {
            connection.abandon();
        }
    }

    async fn connection(&self) -> Result<Rc<Connection>, StoreError> {
        self.health.check()?;
        if let Some(connection) = self.connection.borrow().as_ref() {
            return Ok(Rc::clone(connection));
        }
        self.health.check_lasting()?;
        let opened = Rc::new(Connection::reopen(&self.opening, &self.health).await?);
        // It may have been closed meanwhile.
        self.health.check()?;
        self.connection.replace(Some(Rc::clone(&opened)));
        Ok(opened)
    }

    // One path each for all reads and all writes: every caller of its own would be a copy in the app.

    async fn ask(
        &self,
        stores: &Array,
        requests: read::Requests<'_>,
    ) -> Result<Vec<JsValue>, StoreError> {
        self.health.check_lasting()?;
        self.trying(async |connection| read::asked(connection, stores, requests).await)
            .await
    }

    async fn change(&self, change: write::Change<'_>) -> Result<write::Changed, StoreError> {
        self.trying(async |connection| write::apply(connection, &change).await)
            .await
    }

    async fn many(&self, wanted: &[(Shelf, &[u8])]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let stores = write::names_of(wanted.iter().map(|(shelf, _)| shelf.name()));
        let answers = self
            .ask(&stores, &|transaction| read::many(transaction, wanted))
            .await?;
        read::values(&answers)
    }

    async fn rows(
        &self,
        shelf: Shelf,
        between: Option<(&[u8], &[u8])>,
    ) -> Result<Vec<Row>, StoreError> {
        let range = match between {
            // The browser refuses an empty range.
            Some((from, to)) if from >= to => return Ok(Vec::new()),
            Some((from, to)) => write::range(from, to)
                .map_err(|value| refusal::thrown(&value))?
                .into(),
            None => JsValue::UNDEFINED,
        };
        let answers = self
            .ask(&read::only(shelf.name()), &|transaction| {
                read::rows(transaction, shelf, &range)
            })
            .await?;
        read::pairs(&answers)
    }

    /// Tries once; after a lost connection, once more on a new one.
    async fn trying<T>(
        &self,
        attempt: impl AsyncFn(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut first = true;
        loop {
            let connection = self.connection().await?;
            match attempt(&connection).await {
                Err(StoreError::Lost) if first => {
                    first = false;
                    self.health.check_lasting()?;
                    self.forget(&connection);
                }
                answer => return answer,
            }
        }
    }

    /// Lets go of a lost connection, unless another call has put a new one in its place.
    fn forget(&self, lost: &Rc<Connection>) {
        let mut current = self.connection.borrow_mut();
        if current
            .as_ref()
            .is_some_and(|connection| Rc::ptr_eq(connection, lost))
        {
            current.take();
        }
    }
}

fn borrowed(wanted: &[(Shelf, Vec<u8>)]) -> Vec<(Shelf, &[u8])> {
    wanted
        .iter()
        .map(|(shelf, key)| (*shelf, key.as_slice()))
        .collect()
}

impl Store for IndexedDbStore {
    async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        self.health.check()?;
        let fence = self.fence.get().ok_or(StoreError::Fenced)?;
        self.change(write::Change::Batch(fence, &batch)).await?;
        Ok(())
    }

    async fn read(&self, shelf: Shelf, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.many(&[(shelf, key)]).await?.pop().flatten())
    }

    async fn read_all(&self, shelf: Shelf) -> Result<Vec<Row>, StoreError> {
        self.rows(shelf, None).await
    }

    async fn read_range(
        &self,
        shelf: Shelf,
        from: &[u8],
        to: &[u8],
    ) -> Result<Vec<Row>, StoreError> {
        self.rows(shelf, Some((from, to))).await
    }

    async fn read_many(
        &self,
        wanted: &[(Shelf, Vec<u8>)],
    ) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        self.many(&borrowed(wanted)).await
    }

    async fn count(&self, shelf: Shelf) -> Result<u64, StoreError> {
        let answers = self
            .ask(&read::only(shelf.name()), &|transaction| {
                read::count(transaction, shelf)
            })
            .await?;
        read::number(&answers)
    }

    async fn claim_reading(
        &self,
        wanted: &[(Shelf, Vec<u8>)],
    ) -> Result<(Fence, Vec<Option<Vec<u8>>>), StoreError> {
        self.health.check_lasting()?;
        let wanted = borrowed(wanted);
        let (fence, answers) = self.change(write::Change::Claim(&wanted)).await?;
        let rows = read::values(&answers)?;
        self.fence.set(Some(fence));
        Ok((fence, rows))
    }

    async fn close(&self) {
        self.health.end(StoreError::Lost);
        self.connection.take();
    }
}
