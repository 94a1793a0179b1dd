//! What can go wrong with the storage, by what the relay answers.
//!
//! Not here: the database's own words, which may hold what was stored.

/// A store's refusal. Of the change that failed nothing was written, unless the variant says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The disk or the database has no room.
    #[error("no room")]
    Full,
    /// Another one holds the lock, or the database is starting or stopping: the same again will do.
    #[error("the database is busy")]
    Busy,
    /// The connection went at the commit: nothing of the change was written, or all of it.
    #[error("the database was lost")]
    Lost,
    /// A row is not what was written.
    #[error("the database holds something unreadable: {0}")]
    Damaged(&'static str),
    /// Anything else, by the database's own name for it; never its message.
    #[error("the database refused: {0}")]
    Other(String),
}
