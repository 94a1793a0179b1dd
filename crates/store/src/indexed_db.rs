//! The store in a browser: IndexedDB, created and read by rexie, written by strict transactions of
//! a second connection.
//!
//! Not here: Web Locks and the talk between windows (the app's), and what rows mean. No JavaScript
//! value leaves this module.

mod connection;
mod device_key;
mod health;
mod ladder;
mod read;
mod refusal;
mod write;

use core::time::Duration;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use self::connection::Connection;
pub use self::device_key::DeviceKey;
pub use self::health::Event;
use self::health::Health;
pub use self::ladder::{LADDER, Ladder};
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
}

impl Opening {
    /// The database as this program knows it.
    #[must_use]
    pub fn of(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ladder: LADDER,
            patience: Duration::from_secs(5),
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

    // One path each for rows and for ranges: every caller of its own would be a copy in the app.

    async fn many(&self, wanted: &[(Shelf, &[u8])]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        self.health.check_lasting()?;
        self.trying(async |connection| read::many(connection, wanted).await)
            .await
    }

    async fn rows(
        &self,
        shelf: Shelf,
        between: Option<(&[u8], &[u8])>,
    ) -> Result<Vec<Row>, StoreError> {
        self.health.check_lasting()?;
        self.trying(async |connection| read::rows(connection, shelf, between).await)
            .await
    }

    /// Tries once; after a lost connection, once more on a new one.
    async fn trying<T>(
        &self,
        attempt: impl AsyncFn(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let connection = self.connection().await?;
        match attempt(&connection).await {
            Err(StoreError::Lost) => {}
            answer => return answer,
        }
        self.health.check_lasting()?;
        self.forget(&connection);
        drop(connection);
        let connection = self.connection().await?;
        attempt(&connection).await
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

impl Store for IndexedDbStore {
    async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        self.health.check()?;
        let fence = self.fence.get().ok_or(StoreError::Fenced)?;
        self.trying(async |connection| write::commit(connection, fence, &batch).await)
            .await
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
        let wanted: Vec<_> = wanted
            .iter()
            .map(|(shelf, key)| (*shelf, key.as_slice()))
            .collect();
        self.many(&wanted).await
    }

    async fn count(&self, shelf: Shelf) -> Result<u64, StoreError> {
        self.health.check_lasting()?;
        self.trying(async |connection| read::count(connection, shelf).await)
            .await
    }

    async fn claim(&self) -> Result<Fence, StoreError> {
        self.health.check_lasting()?;
        let fence = self
            .trying(async |connection| write::claim(connection).await)
            .await?;
        self.fence.set(Some(fence));
        Ok(fence)
    }

    async fn close(&self) {
        self.health.end(StoreError::Lost);
        self.connection.take();
    }
}
