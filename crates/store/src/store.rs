//! The trait that the journal writes against.
//!
//! Not here: how a database is opened; each store says that itself.

use crate::{Batch, Shelf, StoreError};

/// A key and its value.
pub type Row = (Vec<u8>, Vec<u8>);

/// The number of a claim. Each claim raises it, and only the newest claimer can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fence(pub u64);

/// A handle on the rows of one device.
///
/// Safety comes from the fence, not from locks: several handles may be open on one database, and
/// the last one to [`claim`](Store::claim) is the writer. A handle reads without a claim.
#[expect(
    async_fn_in_trait,
    reason = "browser futures stay on one thread; a Send bound could not be kept"
)]
pub trait Store {
    /// Writes all of the batch, or nothing, in one durable transaction.
    ///
    /// The fence is checked first, in that same transaction. It returns only once the rows are
    /// safe against a crash of the browser. An empty batch still checks the fence.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when another handle claimed since, or this one never did; otherwise
    /// as [`StoreError`] says.
    async fn commit(&self, batch: Batch) -> Result<(), StoreError>;

    /// The row's value, if there is one.
    ///
    /// # Errors
    /// As [`StoreError`] says; never [`StoreError::Fenced`]. The same holds for all reads.
    async fn read(&self, shelf: Shelf, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// All rows of the shelf, in key order.
    ///
    /// # Errors
    /// As [`Store::read`].
    async fn read_all(&self, shelf: Shelf) -> Result<Vec<Row>, StoreError>;

    /// The rows with `from <= key < to`, in key order.
    ///
    /// # Errors
    /// As [`Store::read`].
    async fn read_range(
        &self,
        shelf: Shelf,
        from: &[u8],
        to: &[u8],
    ) -> Result<Vec<Row>, StoreError>;

    /// The wanted rows, in the order asked, all as of one moment: one transaction.
    ///
    /// # Errors
    /// As [`Store::read`].
    async fn read_many(
        &self,
        wanted: &[(Shelf, Vec<u8>)],
    ) -> Result<Vec<Option<Vec<u8>>>, StoreError>;

    /// How many rows the shelf holds.
    ///
    /// # Errors
    /// As [`Store::read`].
    async fn count(&self, shelf: Shelf) -> Result<u64, StoreError>;

    /// Makes this handle the writer: raises the fence, durably, and remembers its number. It answers the wanted
    /// rows too, in the order asked, as they stand at that moment: what no earlier writer can change any more.
    ///
    /// # Errors
    /// As [`StoreError`] says; then the writer is whoever it was.
    async fn claim_reading(
        &self,
        wanted: &[(Shelf, Vec<u8>)],
    ) -> Result<(Fence, Vec<Option<Vec<u8>>>), StoreError>;

    /// Makes this handle the writer.
    ///
    /// # Errors
    /// As [`Store::claim_reading`].
    async fn claim(&self) -> Result<Fence, StoreError> {
        Ok(self.claim_reading(&[]).await?.0)
    }

    /// Lets go of the database. Later calls on this handle answer [`StoreError::Lost`].
    async fn close(&self);
}
