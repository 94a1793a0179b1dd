//! What the relay asks of its storage: rows of one region, read as they were at one moment, or changed in one transaction.
//!
//! Not here: any rule. A store knows no signature, no role and no limit; it keeps rows, and it keeps them whole.

mod error;
mod rows;

pub use error::StoreError;
pub use rows::{
    ActRow, Class, Content, DeviceRow, EntryRow, Interest, ItemRow, Life, Name, Of, Purposes,
    RegionRow, StreamRow, Volume,
};

use veldpost_domain::StreamId;
use veldpost_envelope::{ActHash, BlobId, DevicePublic, EntryHash, RegionId};

/// Where a relay keeps what it was given.
///
/// It is synchronous: SQLite and memory are, the simulator has no runtime, and a transaction never waits for a client,
/// since a body is read before it begins. A server calls from a thread that may block; a client that is asynchronous
/// itself (PostgreSQL) is waited for there.
pub trait RelayStore {
    /// One region as it was at one moment.
    type View<'s>: RegionView
    where
        Self: 's;
    /// One region, to be changed.
    type Change<'s>: RegionChange
    where
        Self: 's;

    /// Which life of the database this is; none while it is empty.
    ///
    /// # Errors
    /// Whatever keeps the store from answering; so do all of these.
    fn life(&self) -> Result<Option<Life>, StoreError>;

    /// Begins another life, durably. It touches no region.
    ///
    /// # Errors
    /// As [`RelayStore::life`].
    fn begin_life(&self, life: &Life) -> Result<(), StoreError>;

    /// Looks at a region, known or not. Everything that one view answers was true at one moment (SQLite: a read
    /// transaction; PostgreSQL: `REPEATABLE READ`), and no writer waits for it.
    ///
    /// # Errors
    /// As [`RelayStore::life`].
    fn view(&self, region: &RegionId) -> Result<Self::View<'_>, StoreError>;

    /// Takes the lock of a region, waiting for whoever has it, in this process or another, and begins to change it
    /// (SQLite: `BEGIN IMMEDIATE`; PostgreSQL: a lock on the region's id). Positions are given under it, so that none
    /// appears below one that was seen. One that is dropped without a commit has changed nothing.
    ///
    /// # Errors
    /// `Busy` when the lock did not come in time; as [`RelayStore::life`].
    fn change(&self, region: &RegionId) -> Result<Self::Change<'_>, StoreError>;

    /// Whether the database takes a write: what `/readyz` asks. Nothing stays of it that anybody reads.
    ///
    /// # Errors
    /// As [`RelayStore::life`].
    fn probe(&self) -> Result<(), StoreError>;
}

/// The rows of one region. In a [`RegionChange`] they are as they would be after the commit.
pub trait RegionView {
    /// How far the region is; none for one that is not known, of which nothing else is there either.
    ///
    /// # Errors
    /// Whatever keeps the store from answering; so do all of these.
    fn region(&self) -> Result<Option<RegionRow>, StoreError>;

    /// Acts from a height on, in their order: those that fit into `bytes` together, and one at least where there is one.
    ///
    /// # Errors
    /// As [`RegionView::region`].
    fn acts(&self, from: u64, bytes: usize) -> Result<Vec<ActRow>, StoreError>;

    /// Hash of the act at a height.
    ///
    /// # Errors
    /// As [`RegionView::region`].
    fn act_hash(&self, height: u64) -> Result<Option<ActHash>, StoreError>;

    /// A device that was heard of.
    ///
    /// # Errors
    /// As [`RegionView::region`].
    fn device(&self, device: &DevicePublic) -> Result<Option<DeviceRow>, StoreError>;

    /// A stream.
    ///
    /// # Errors
    /// As [`RegionView::region`].
    fn stream(&self, stream: &StreamId) -> Result<Option<StreamRow>, StoreError>;

    /// How many streams a device has.
    ///
    /// # Errors
    /// As [`RegionView::region`].
    fn number_of_streams(&self, device: &DevicePublic) -> Result<u64, StoreError>;

    /// Streams of these purposes behind `after`, by stream: at most so many.
    ///
    /// # Errors
    /// As [`RegionView::region`].
    fn streams(
        &self,
        purposes: Purposes,
        after: Option<&StreamId>,
        most: usize,
    ) -> Result<Vec<StreamRow>, StoreError>;

    /// Entries of a stream with `from <= seq < to`, in their order.
    ///
    /// # Errors
    /// As [`RegionView::region`].
    fn entries(&self, stream: &StreamId, from: u64, to: u64) -> Result<Vec<EntryRow>, StoreError>;

    /// Their hashes alone.
    ///
    /// # Errors
    /// As [`RegionView::region`].
    fn hashes(&self, stream: &StreamId, from: u64, to: u64) -> Result<Vec<EntryHash>, StoreError>;

    /// The item of that name.
    ///
    /// # Errors
    /// As [`RegionView::region`].
    fn item(&self, name: &Name) -> Result<Option<ItemRow>, StoreError>;

    /// Items of a class whose name says *of* this, by position: a stream's erasures, an invitation's joins.
    ///
    /// # Errors
    /// As [`RegionView::region`].
    fn items_of(&self, class: Class, of: &[u8; 16]) -> Result<Vec<ItemRow>, StoreError>;

    /// Items of a class whose name says *by* this, by position: a device's joins.
    ///
    /// # Errors
    /// As [`RegionView::region`].
    fn items_by(&self, class: Class, by: &[u8; 32]) -> Result<Vec<ItemRow>, StoreError>;

    /// Items that any of these interests takes, behind position `after`, by position: at most so many.
    ///
    /// # Errors
    /// As [`RegionView::region`].
    fn items(
        &self,
        interests: &[Interest],
        after: u64,
        most: usize,
    ) -> Result<Vec<ItemRow>, StoreError>;

    /// The position of the last item that any of these interests takes; 0 when there is none.
    ///
    /// # Errors
    /// As [`RegionView::region`].
    fn newest(&self, interests: &[Interest]) -> Result<u64, StoreError>;

    /// A sealed blob.
    ///
    /// # Errors
    /// As [`RegionView::region`].
    fn blob(&self, blob: &BlobId) -> Result<Option<Vec<u8>>, StoreError>;

    /// The welcome of an invitation.
    ///
    /// # Errors
    /// As [`RegionView::region`].
    fn welcome(&self, invitation: &[u8; 16]) -> Result<Option<Vec<u8>>, StoreError>;
}

/// One transaction on one region: all of it, or nothing.
pub trait RegionChange: RegionView {
    /// Sets how far the region is; a region begins with it.
    ///
    /// # Errors
    /// `Full`, or whatever keeps the store from writing: then it must not be committed; so do all of these.
    fn put_region(&mut self, row: &RegionRow) -> Result<(), StoreError>;

    /// Appends an act.
    ///
    /// # Errors
    /// As [`RegionChange::put_region`].
    fn put_act(&mut self, act: &ActRow) -> Result<(), StoreError>;

    /// Sets a device's row.
    ///
    /// # Errors
    /// As [`RegionChange::put_region`].
    fn put_device(&mut self, row: &DeviceRow) -> Result<(), StoreError>;

    /// Sets a stream's row.
    ///
    /// # Errors
    /// As [`RegionChange::put_region`].
    fn put_stream(&mut self, row: &StreamRow) -> Result<(), StoreError>;

    /// Puts entries of a stream in; one at a place that is taken takes that one's place (an erasure).
    ///
    /// # Errors
    /// As [`RegionChange::put_region`].
    fn put_entries(&mut self, stream: &StreamId, entries: &[EntryRow]) -> Result<(), StoreError>;

    /// Puts an item in; one of the same name goes, and with it its position.
    ///
    /// # Errors
    /// As [`RegionChange::put_region`].
    fn put_item(&mut self, item: &ItemRow) -> Result<(), StoreError>;

    /// Puts a blob in.
    ///
    /// # Errors
    /// As [`RegionChange::put_region`].
    fn put_blob(&mut self, blob: &BlobId, bytes: &[u8]) -> Result<(), StoreError>;

    /// Puts an invitation's welcome in; another one goes.
    ///
    /// # Errors
    /// As [`RegionChange::put_region`].
    fn put_welcome(&mut self, invitation: &[u8; 16], bytes: &[u8]) -> Result<(), StoreError>;

    /// Makes all of it durable, and then lets the region go. Nobody else sees a part of it.
    ///
    /// # Errors
    /// Any: of what was changed nothing may be there, or (`Lost`) all of it.
    fn commit(self) -> Result<(), StoreError>
    where
        Self: Sized;

    /// Lets the region go as it is, and waits until what was read of it is durable: a store may show a change that
    /// another's commit is still waiting for. An answer that says *held* is given behind this.
    ///
    /// # Errors
    /// Any: what was read may not be there.
    fn settle(self) -> Result<(), StoreError>
    where
        Self: Sized;
}
